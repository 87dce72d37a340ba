"""Article page of any news site: text, title, time, by-line, outlet (own rules, ADR 0009)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from config.outlets import outlets
from crawlers.pages.article_body import Body, find_body
from crawlers.pages.article_lines import read_lines
from crawlers.pages.article_meta import Head, Places, flat, read_head, read_published, read_title
from crawlers.pages.article_words import HEAD_LINE
from crawlers.pages.by_line import joined, read_by_line
from crawlers.pages.tree import parse_html
from crawlers.pages.walls import refuse_wall
from domain.errors import ParseError
from domain.post import Precision

_SOURCE = re.compile(
    r"(?:文章来源|本文来源|信息来源|新闻来源|稿件来源|内容来源|来源|稿源|来自|转自|转载自|据)\s*[:：]\s*"
    r"[\[【《“]?\s*([^\s|｜/，,。；;（）()<>\[\]【】《》“”]{2,20})"
)
_OWN = re.compile(r"^(?:本站|本网|本报|原创|转载|网络|互联网|自媒体|综合|未知|不详|\d)")
_SITE_NAME = re.compile(
    r"^[\u4e00-\u9fa5A-Za-z0-9]{2,10}(?:网|报|社|台|在线|新闻|资讯|热线|论坛|门户)$"
)
_SOURCE_META = ("mediaid", "contentsource", "source", "article:source")
_AUTHOR_META = (
    "citation_author", "author", "article:author", "og:article:author", "og:author", "dc.creator",
    "byl",
)  # fmt: skip
_MARKED_AUTHORS = (
    ".author, .post-author, .article-author, .author-name, .byline, [rel='author'], "
    "[itemprop='author'], #author_baidu, #author, .writer"
)
#: Kinds by what the address or page says of itself.
_VIDEO_TYPE = re.compile(r"^video", re.IGNORECASE)
_FORUM_PAGE = re.compile(
    r"/(?:thread-\d+|forum\.php|viewthread|viewtopic|showthread|topic/\d+|bbs/|p/\d{6,})"
    r"|[?&](?:tid|mod=viewthread)="
)
#: Below this confidence the page is called a list if it is full of links.
_DOUBT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What an article page says; fields it does not tell are None."""

    title: str
    text: str
    published_at: datetime | None
    precision: Precision
    #: Who publishes this page.
    outlet: str | None
    author: str | None
    #: Another outlet it says the article is from (来源：…).
    syndicated_from: str | None = None
    #: article | list | video | forum
    kind: str = "article"
    #: 0-1; below about 0.5 somebody should look.
    confidence: float = 1.0
    #: Host of the page, by its address or its own claim.
    site: str | None = None
    #: Address of the article's next page, None on the last.
    next_url: str | None = None


def read_article(html: str, *, url: str, now: datetime) -> Article:
    """Return the article; raise BlockedError at a wall, ParseError if there is no body."""
    found = inspect_article(html, url=url, now=now)
    if not found.text or found.confidence == 0:
        raise ParseError(f"{url}：网页里没有找到正文，可能是视频、图集或需要脚本的页面")
    return found


def inspect_article(
    html: str, *, url: str, now: datetime, seen_at: datetime | None = None
) -> Article:
    """Return what the page says, with text "" if it has no body.

    `seen_at`, if not now, is when the page was saved: relative times count from it. Raises
    BlockedError at a wall, ParseError for a page made to break parsers.
    """
    refuse_wall(html, url=url)
    tree = parse_html(html.replace("\0", ""), url=url)
    head = read_head(tree)
    lines, elements = read_lines(tree.root) if tree.root is not None else ([], [])
    title = read_title(head, [line.text for line in lines])
    body = find_body(lines, elements, html, title=title)
    if not title:
        title = _title_above(body.above)
    host = _host(url) or _host(head.canonical or "")
    outlet = _outlet(head, host)
    origin = _syndicated(head, body, outlet)
    if outlet is None and not (host and origin and outlets().by_name(origin)):
        # Nothing tells whose page it is: the source it names is the best guess, but a known
        # outlet has a host of its own.
        outlet, origin = origin, None
    places = Places(head=body.above, foot=body.below, page=body.page)
    moment = read_published(head, places, html, url=url, now=now, seen_at=seen_at)
    return Article(
        title=title,
        text=body.text,
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
        outlet=outlet,
        author=_author(tree, head, body),
        syndicated_from=origin,
        kind=_kind(head, body, url or head.canonical or ""),
        confidence=body.confidence,
        site=host or None,
        next_url=next_page(tree, url),
    )


def _title_above(lines: Sequence[str]) -> str:
    """Return the last line before the one that tells time or source: pages without any <title>."""
    told = next((n for n, line in enumerate(lines) if HEAD_LINE.search(line)), len(lines))
    fit = [line for line in lines[:told] if 6 <= len(line) <= 60]
    return fit[-1] if fit else ""


# ---- who ----------------------------------------------------------------------------------------


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _outlet(head: Head, host: str) -> str | None:
    """Return who publishes the page: by its host, by its own name, by its title's tail."""
    known = outlets().by_host(host) if host else None
    if known:
        return known.name
    named = (head.meta[name] for name in ("og:site_name", "sitename") if head.meta.get(name))
    return next(named, None) or _site_in_title(head.title, host)


def _site_in_title(title: str, host: str) -> str | None:
    """Return the site that signs the title ("…_新华网"): a known one, or one named like a site.

    On a host that is not its own, a known outlet in the title is a quotation.
    """
    parts = [part.strip() for part in re.split(r"[-_|–—]", title)[1:] if part.strip()]
    found = [(part, outlets().by_name(part)) for part in reversed(parts)]
    known = next((outlet.name for _, outlet in found if outlet), None)
    if known and not host:
        return known
    return next((part for part, outlet in found if not outlet and _SITE_NAME.match(part)), None)


def _syndicated(head: Head, body: Body, outlet: str | None) -> str | None:
    """Return the outlet named as the origin, None if it is the page's own."""
    around = joined((*body.above, *body.text.split("\n")[-2:], *body.below))
    told = [found[1] for line in around if (found := _SOURCE.search(line))]
    told += [head.meta[name] for name in _SOURCE_META if head.meta.get(name)]
    for name in told:
        if len(name) > 20 or _OWN.match(name) or name == outlet:
            continue
        if outlet is None or not _same(name, outlet):
            return name
    return None


def _same(name: str, outlet: str) -> bool:
    """Whether two names mean one house: 示例日报 and 示例日报网, 新华社 and 新华网."""
    if name.startswith(outlet) or outlet.startswith(name):
        return True
    one, other = outlets().by_name(name), outlets().by_name(outlet)
    return one is not None and other is not None and one.name == other.name


def _author(tree: LexborHTMLParser, head: Head, body: Body) -> str | None:
    marked = [text for node in tree.css(_MARKED_AUTHORS)[:5] if 2 <= len(text := flat(node)) <= 20]
    claims = [head.meta.get(name, "") for name in _AUTHOR_META]
    linked = head.linked.get("author")
    if isinstance(linked, dict) and isinstance(linked.get("name"), str):
        claims.append(linked["name"])
    return read_by_line(
        body.above,
        body.text.split("\n"),
        body.below,
        claimed=[claim for claim in (*claims, *marked) if claim],
    )


# ---- what kind ----------------------------------------------------------------------------------


def _kind(head: Head, body: Body, url: str) -> str:
    """Return what the page is; lists and forums are read elsewhere, here they only say so."""
    if _FORUM_PAGE.search(url) or "Discuz" in head.meta.get("generator", ""):
        return "forum"
    if _VIDEO_TYPE.match(head.meta.get("og:type", "")) and body.confidence < 1:
        return "video"
    return "list" if body.confidence < _DOUBT else "article"


# ---- further pages ------------------------------------------------------------------------------


def join_pages(parts: Sequence[Article]) -> Article:
    """Return an article's pages as one; lines that every page repeats are taken once."""
    first = parts[0]
    lines = first.text.split("\n")
    seen = set(lines)
    for part in parts[1:]:
        lines += [line for line in part.text.split("\n") if line not in seen]
        seen.update(part.text.split("\n"))
    author = first.author or next((part.author for part in parts if part.author), None)
    return replace(first, text="\n".join(lines), author=author, next_url=None)


_NEXT_WORDS = re.compile(r"^[\W_]*(?:下一?页|后一?页|next(?:\s*page)?)[\W_]*$", re.IGNORECASE)
_SUFFIX = re.compile(r"\.(?:s?html?|php|aspx?|jsp)$")
_PAGE_IN_NAME = re.compile(r"[_-](\d{1,3})$")
_PAGE_AS_FOLDER = re.compile(r"/(\d{1,2})/?$")
_PAGE_IN_QUERY = re.compile(
    r"(?:^|&)(?:page|p|pn|pageno|page_no|pageindex)=(\d{1,3})(?=&|$)", re.IGNORECASE
)


def next_page(tree: LexborHTMLParser, url: str) -> str | None:
    """Return the address of the article's next page: same host, same article, page + 1."""
    following = {(stem, number + 1) for stem, number in _pages(url)}
    if not following:
        return None
    for node in tree.css("a[href]"):
        if not _NEXT_WORDS.match(flat(node)[:20]):
            continue
        target = _joined(url, (node.attributes.get("href") or "").strip())
        if target and any(page[1] > 1 and page in following for page in _pages(target)):
            return target
    return None


def _joined(url: str, href: str) -> str | None:
    try:
        return urljoin(url, href).partition("#")[0]
    except ValueError:
        return None


def _pages(url: str) -> list[tuple[str, int]]:
    """Return what the address can mean: the article's address and the number of its page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return []
    if parts.scheme not in ("http", "https"):
        return []
    query = _PAGE_IN_QUERY.search(parts.query)
    rest = _PAGE_IN_QUERY.sub("", parts.query).strip("&")
    suffix = _SUFFIX.search(parts.path)
    end = suffix[0] if suffix else ""
    path = parts.path[: len(parts.path) - len(end)]
    if query:
        return [(f"{parts.netloc}{path}{end}?{rest}", int(query[1]))]
    found = [(f"{parts.netloc}{path.rstrip('/')}{end}?{rest}", 1)]
    for pattern in (_PAGE_IN_NAME, *(() if end else (_PAGE_AS_FOLDER,))):
        number = pattern.search(path)
        if number and int(number[1]) >= 1:
            found.append((f"{parts.netloc}{path[: number.start()]}{end}?{rest}", int(number[1])))
    return found
