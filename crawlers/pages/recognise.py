"""What an address is, from its answer: feed, forum board, sitemap, list of links, article.

Pure: the caller fetched the page. A guess is only a proposal; the preview shows what it would
collect before anything is saved.
"""

import json
import re

from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.guess import Choice, Guess, title_of
from crawlers.pages.links import joined, parts_of
from crawlers.pages.recognise_article import column_links, prose
from crawlers.pages.recognise_forum import by_interface, forum
from crawlers.pages.recognise_list import link_list
from crawlers.pages.text import visible_text
from crawlers.pages.tree import parse_html
from crawlers.pages.walls import refuse_wall
from domain.errors import BlockedError, ParseError
from domain.post import SourceKind

__all__ = ["Choice", "Guess", "recognise"]

_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_SITEMAP = re.compile(r"<(?:urlset|sitemapindex)[\s>]", re.IGNORECASE)
#: Letters in paragraphs that make a page something to read.
_PROSE = 60
#: Letters of running text that outweigh a list without and with dates (measured on 56 articles).
_SHORT_TEXT, _LONG_TEXT = 150, 600
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


def recognise(text: str, *, url: str) -> Guess:
    """Return what the page is; BlockedError at a wall, ParseError if nothing fits."""
    for look in (_feed, _json, _sitemap):
        found = look(text, url)
        if found is not None:
            return found
    refuse_wall(text, url=url)
    tree = parse_html(text, url=url)
    found = forum(tree, text, url) or _linked_feed(tree, url) or _list_or_article(tree, url)
    if found is not None:
        return found
    if tree.css_first("input[type='password']") is not None:
        raise BlockedError(f"{url}：网站要求登录才能看，已停止")
    raise ParseError(
        f"{url}：认不出这是什么页面（没有列表、没有订阅、没有主题），"
        "可能要运行脚本才有内容：请换栏目页、订阅地址，或改用文件导入"
    )


def _list_or_article(tree: LexborHTMLParser, url: str) -> Guess | None:
    """Weigh the best list of a page against its longest running text: articles have lists too."""
    found, letters = link_list(tree, url), prose(tree)
    if found is not None:
        dated = "time" in found.options["list"]["fields"]
        if letters < (_LONG_TEXT if dated else _SHORT_TEXT):
            return found
    told = letters >= _SHORT_TEXT or sum(len(visible_text(p)) for p in tree.css("p")) >= _PROSE
    if not told:
        return None
    columns = column_links(tree, url)
    todo = "请从下面它所在的栏目里选一个" if columns else "请给出它所在的栏目页、版块页或订阅地址"
    return Guess(
        what="article", url=url, title=title_of(tree), kind=SourceKind.NEWS, choices=columns,
        why=f"像一篇文章，不是列表：{todo}",
    )  # fmt: skip


def _feed(text: str, url: str) -> Guess | None:
    if not _FEED.search(text[:4000]):
        return None
    title = re.search(r"<title[^>]*>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</title>", text, re.DOTALL)
    return Guess(
        what="feed", url=url, title=title[1].strip() if title else "", kind=SourceKind.NEWS,
        why="是 RSS/Atom 订阅",
    )  # fmt: skip


def _json(text: str, url: str) -> Guess | None:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(told, dict) and "jsonfeed.org" in str(told.get("version", "")):
        return Guess(
            what="feed", url=url, title=str(told.get("title", "")), kind=SourceKind.NEWS,
            why="是 JSON Feed 订阅",
        )  # fmt: skip
    known = by_interface(text, url)
    if known is not None:
        return known
    raise ParseError(
        f"{url}：是 JSON 接口，字段要自己写明："
        "请用 fenghuo sources import 导入配置（list.mode: json）"
    )


def _sitemap(text: str, url: str) -> Guess | None:
    if not _SITEMAP.search(text[:4000]):
        return None
    return Guess(
        what="sitemap", url=url, title=parts_of(url).hostname or "", kind=SourceKind.NEWS,
        why="是网站地图（sitemap）",
    )  # fmt: skip


def _linked_feed(tree: LexborHTMLParser, url: str) -> Guess | None:
    """Prefer the feed a page names: it is meant for machines."""
    found = [
        Choice(title=link.attributes.get("title") or "", url=joined(url, href))
        for link in tree.css("link[rel~='alternate'][href]")
        if (link.attributes.get("type") or "").lower() in _FEED_TYPES
        and (href := link.attributes.get("href"))
    ]
    if not found:
        return None
    if len(found) == 1:
        return Guess(
            what="feed", url=found[0].url, title=found[0].title or title_of(tree),
            kind=SourceKind.NEWS, why="网页写明了自己的订阅地址",
        )  # fmt: skip
    return Guess(
        what="choices", url=url, title=title_of(tree), kind=SourceKind.NEWS, choices=tuple(found),
        why="网页写明了几个订阅地址：请选一个",
    )  # fmt: skip
