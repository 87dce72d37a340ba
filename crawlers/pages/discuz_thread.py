"""Discuz! X thread pages: who said what when on which floor (markup: collection §2)."""

import re
from collections import Counter
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.formats.records import count_of
from crawlers.pages import discuz_floor, discuz_text
from crawlers.pages.discuz_post import read_post
from crawlers.pages.forum import ThreadPage, unique
from crawlers.pages.links import joined
from crawlers.pages.tree import few, parse_html
from crawlers.pages.walls import NoPermissionError, refuse_message, refuse_wall
from domain.errors import ParseError

_TID = re.compile(r"(?:[?&;]tid=|thread-)(\d+)")
_PAGES = re.compile(r"共\s*(\d{1,9})\s*页")
_PAGE = re.compile(r"^[0-9]{1,9}$")
_GONE = re.compile(r"主题不存在|已被删除|正在被审核|没有找到帖子|已经被删除")
#: Where a floor starts; each is read by itself, so that broken HTML in one spoils no other.
_FLOOR_START = re.compile(r"<div\s[^<>]{0,300}\bid=[\"']?post_\d+[\"']?[\s>]", re.IGNORECASE)
_TABLE_START = re.compile(r"<table\s[^<>]{0,300}\bid=[\"']?pid\d+[\"']?[\s>]", re.IGNORECASE)
_AFTER_FLOORS = re.compile(
    r"<div\s[^<>]{0,300}\bid=[\"']?postlistreply|<form\s[^<>]{0,300}\bname=[\"']?modactions"
)
#: Where a thread tells its own number, most certain first.
_TID_SOURCES = (
    re.compile(r"<link[^<>]{0,500}(?:thread-|[?&;]tid=)(\d+)[^<>]{0,500}rel=[\"']canonical"),
    re.compile(r"rel=[\"']canonical[\"'][^<>]{0,500}(?:thread-|[?&;]tid=)(\d+)"),
    re.compile(r"\btid\s*=\s*parseInt\(['\"](\d+)"),
    re.compile(r"goto=findpost&(?:amp;)?ptid=(\d+)"),
    re.compile(r"action=(?:printable|reply)[^\"'<>]{0,200}?[&;]tid=(\d+)"),
)
_VIEWS = re.compile(r"查看\s*[:：]\s*([\d,.万+]+)")
_REPLIES = re.compile(r"回复\s*[:：]\s*([\d,.万+]+)")
#: Query keys of a thread's address; whatever else a link carries changes by the visit.
_ADDRESS = ("mod", "tid", "page")


def read_thread(html: str, *, url: str, now: datetime, per_page: int | None = None) -> ThreadPage:
    """Return the floors; raise BlockedError at a wall, ParseError if it is no thread."""
    starts = [found.start() for found in _FLOOR_START.finditer(html)]
    starts = starts or [found.start() for found in _TABLE_START.finditer(html)]
    frame = parse_html(html[: starts[0]] if starts else html, url=url)
    tid = thread_id(html, url) or ""
    if not starts:
        if _is_gone(frame, url):
            return ThreadPage(
                tid=tid, title="", posts=(), page=1, pages=1, next_url=None, gone=True
            )
        _refuse(frame, html, url)
    subject = frame.css_first("#thread_subject")
    title = discuz_text.shown_text(subject) if subject else _page_title(frame)
    starts = few(starts, url=url)
    parts = [html[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    read = (read_post(part, tid=tid, url=plain_url(url), now=now) for part in parts)
    posts = unique(post for post in read if post is not None)
    if not posts:
        raise ParseError(_strange(url))
    page, pages, next_url = _position(frame, html, parts[-1], base=_base(frame, url))
    head = _counts(frame)
    posts = discuz_floor.numbered(posts, page=page, per_page=len(posts) if next_url else per_page)
    return ThreadPage(
        tid=tid, title=title, page=page, pages=pages, next_url=next_url, views=head[0],
        replies=head[1], reversed=discuz_floor.is_reversed(posts),
        posts=discuz_floor.titled(posts, title=title, views=head[0], replies=head[1]),
    )  # fmt: skip


def thread_id(html: str, url: str = "") -> str | None:
    """Return the thread's id from its address or, for a saved page, from the page itself."""
    found = _TID.search(url)
    if found:
        return found[1]
    for pattern in _TID_SOURCES:
        found = pattern.search(html)
        if found:
            return found[1]
    named = Counter(_TID.findall(html)).most_common(1)
    return named[0][0] if named else None


def page_url(url: str, number: int) -> str:
    """Return the address of a thread's page, rewritten or dynamic."""
    rewritten = re.sub(r"(thread-\d+-)\d+(-\d+)", rf"\g<1>{number}\g<2>", url)
    if rewritten != url or "thread-" in urlsplit(url).path:
        return rewritten
    address = re.sub(r"[?&]page=\d+", "", plain_url(url))
    return address if number == 1 else f"{address}&page={number}"


def plain_url(url: str) -> str:
    """Return the address by what says which page it is: no extra=, no noise, no fragment."""
    parts = urlsplit(url)
    query = "&".join(
        f"{key}={values[0]}" for key, values in parse_qs(parts.query).items() if key in _ADDRESS
    )
    return parts._replace(query=query, fragment="").geturl()


def _is_gone(frame: LexborHTMLParser, url: str) -> bool:
    """Whether the message page says the thread is gone; any other message refuses us."""
    node = frame.css_first("#messagetext")
    if node is None:
        return False
    message = "\n".join(discuz_text.lines_of(node))
    if _GONE.search(message):
        return True
    refuse_message(message, url=url)
    return False


def _refuse(frame: LexborHTMLParser, html: str, url: str) -> None:
    """Raise the reason why a page without floors is none of a thread."""
    refuse_wall(html, url=url)
    if frame.css_first("#threadlist, form[action*='pwverify'], form[id^='loginform']"):
        raise NoPermissionError(
            f"{url}：主题打不开，网站转到了版块、密码或登录页（需要登录或密码），不采集这个主题"
        )
    raise ParseError(_strange(url))


def _strange(url: str) -> str:
    return (
        f"{url}：不像 Discuz 主题页（没有楼层），请检查网址；网站改版则要改 pages/discuz_thread.py"
    )


def _page_title(frame: LexborHTMLParser) -> str:
    """Return the subject from the window's title, where a theme has dropped the heading."""
    node = frame.css_first("title")
    return discuz_text.shown_text(node).split(" - ")[0].strip() if node else ""


def _base(frame: LexborHTMLParser, url: str) -> str:
    node = frame.css_first("base[href]")
    return joined(url, (node.attributes.get("href") or "") if node else "") or url


def _counts(frame: LexborHTMLParser) -> tuple[int | None, int | None]:
    """Return (views, replies) of page 1's corner; other pages show the starter there."""
    node = frame.css_first("#postlist td.pls")
    text = discuz_text.shown_text(node) if node else ""
    views, replies = _VIEWS.search(text), _REPLIES.search(text)
    return (
        count_of(views[1]) if views else None,
        count_of(replies[1]) if replies else None,
    )


def _position(
    frame: LexborHTMLParser, html: str, last: str, *, base: str
) -> tuple[int, int, str | None]:
    """Return (page, pages, address of the next) of a thread; one page shows no pager."""
    pager = _pager(frame)
    if pager is None:
        after = _AFTER_FLOORS.search(html)
        pager = _pager(parse_html(html[after.start() :] if after else last, url=base))
    if pager is None:
        return 1, 1, None
    current = pager.css_first("strong")
    page = count_of(discuz_text.shown_text(current)) if current else None
    total = pager.css_first("label span[title]")
    pages = _PAGES.search((total.attributes.get("title") or "") if total else "")
    shown = [int(text) for text in map(discuz_text.shown_text, pager.css("a")) if _PAGE.match(text)]
    link = pager.css_first("a.nxt[href]")
    page = page or 1
    return (
        page,
        int(pages[1]) if pages else max([page, *shown]),
        joined(base, link.attributes.get("href") or "") or None if link else None,
    )


def _pager(tree: LexborHTMLParser) -> LexborNode | None:
    """Return the thread's own pager, not the one of comments or ratings inside a floor."""
    for node in tree.css("div.pg"):
        links = node.css("a[href]")
        if not any("javascript" in (link.attributes.get("href") or "") for link in links):
            return node
    return None
