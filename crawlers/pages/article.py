"""Article page of any news site: text, time, by-line (own rules, collection §1)."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from readability import Document
from resiliparse.extract.html2text import extract_plain_text
from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.text import visible_text
from crawlers.pages.walls import refuse_wall
from crawlers.times import Moment, read_time
from domain.errors import ParseError
from domain.post import Precision

#: Below this many characters the first extractor probably took the wrong block.
_SHORT = 60
_TIME_META = (
    "article:published_time", "og:published_time", "publishdate", "pubdate", "publish_time",
    "publish-date", "weibo:article:create_at", "datepublished", "dc.date",
)  # fmt: skip
_STAMP = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
)
_SITE_TAIL = re.compile(r"\s*[-_|–—]\s*[^-_|–—]{2,20}$")
_OUTLET = re.compile(r"(?:来源|稿源)\s*[:：]\s*([^\s|｜/，,。；;（）()<>]{2,20})")
_BY_LINE = re.compile(
    r"(?:作者|撰文|(?:本报|本网|首席|见习|实习|全媒体|融媒体|晚报)*记者)"
    r"\s*[:：/]?\s*(?P<name>[\u4e00-\u9fa5·]{2,4}(?:[ 、][\u4e00-\u9fa5·]{2,4}){0,3})"
)
#: Words that follow 记者 in a sentence and are no name.
_NO_NAME = re.compile(
    r"^(?:从|在|了解|获悉|采访|来到|看到|联系|致电|注意|走访|发现|就|向|今|昨|日前)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What an article page says; fields it does not tell are None."""

    title: str
    text: str
    published_at: datetime | None
    precision: Precision
    outlet: str | None
    author: str | None


def read_article(html: str, *, url: str, now: datetime) -> Article:
    """Return the article; raise BlockedError at a wall, ParseError if there is no body."""
    refuse_wall(html, url=url)
    tree = LexborHTMLParser(html)
    title = _title(tree)
    text = _text(html)
    if not text:
        raise ParseError(f"{url}：网页里没有找到正文，可能是视频、图集或需要脚本的页面")
    page = visible_text(tree.body) if tree.body is not None else ""
    moment = _published(tree, page, title=title, now=now)
    return Article(
        title=title,
        text=text,
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
        outlet=_first(_OUTLET, page) or _meta(tree, ("og:site_name", "mediaid", "source")),
        author=_author(tree, page),
    )


def _title(tree: LexborHTMLParser) -> str:
    named = _meta(tree, ("og:title", "articletitle"))
    heading = tree.css_first("h1")
    if heading is not None and visible_text(heading):
        return visible_text(heading)
    shown = tree.css_first("title")
    return named or (_SITE_TAIL.sub("", visible_text(shown)) if shown else "")


def _text(html: str) -> str:
    """Return the body by readability, by resiliparse where that finds almost nothing."""
    first = ""
    try:
        body = LexborHTMLParser(Document(html).summary(html_partial=True)).body
        first = visible_text(body) if body is not None else ""
    except (ValueError, TypeError, AssertionError) as error:
        # readability raises Unparseable(ValueError) on pages without any text block.
        del error
    if len(first) >= _SHORT:
        return first
    second = str(extract_plain_text(html, main_content=True)).strip()
    return second if len(second) > len(first) else first


def _published(tree: LexborHTMLParser, page: str, *, title: str, now: datetime) -> Moment | None:
    """Return the time by meta tag, JSON-LD, or the first date with minutes after the title."""
    for claim in (_meta(tree, _TIME_META), _linked(tree).get("datePublished")):
        found = read_time(claim, now=now)
        if found:
            return found
    after = page[max(page.find(title), 0) :] if title else page
    stamp = _STAMP.search(after) or _STAMP.search(page)
    return read_time(stamp[0], now=now) if stamp else None


def _author(tree: LexborHTMLParser, page: str) -> str | None:
    named = _meta(tree, ("author", "article:author"))
    if named:
        return named
    for found in _BY_LINE.finditer(page):
        if not _NO_NAME.match(found["name"]):
            return found["name"].strip()
    return None


def _meta(tree: LexborHTMLParser, names: tuple[str, ...]) -> str | None:
    told: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        key = node.attributes.get("property") or node.attributes.get("name") or ""
        told.setdefault(key.lower(), (node.attributes.get("content") or "").strip())
    return next((told[name] for name in names if told.get(name)), None)


def _linked(tree: LexborHTMLParser) -> dict[str, Any]:
    """Return the first JSON-LD object with a date, else nothing."""
    for node in tree.css("script[type='application/ld+json']"):
        try:
            data = json.loads(node.text_content or "")
        except ValueError:
            continue
        for item in data if isinstance(data, list) else [data]:
            if isinstance(item, dict) and "datePublished" in item:
                return item
    return {}


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
