"""Discuz! X3.4 and X3.5: board pages and thread pages (markup: collection §2)."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.formats.records import count_of
from crawlers.pages.text import visible_text
from crawlers.pages.walls import refuse_wall
from crawlers.times import Moment, read_time
from domain.errors import BlockedError, ParseError
from domain.post import ParsedPost, Precision, Quote

_TID = re.compile(r"(?:[?&;]tid=|thread-)(\d+)")
_PID = re.compile(r"[?&;]pid=(\d+)")
_UID = re.compile(r"uid[=-](\d+)")
_AUTHOR_ID = re.compile(r"authorid=(\d+)")
_SAID_AT = re.compile(r"(?P<name>.*?)\s*发表于\s*(?P<at>.+)", re.DOTALL)
_EDITED = re.compile(r"本帖最后由 .* 于 (?P<at>.+?) 编辑")
_PAGES = re.compile(r"共\s*(\d+)\s*页")
_GONE = re.compile(r"主题不存在|已被删除|正在被审核|没有找到帖子|版块不存在")
#: Random words and machinery inside a body that the author did not write.
_NOISE = (
    ".jammer, i.pstatus, div.quote, .attach_nopermission, .tip, ignore_js_op, .sign, "
    "script, style, div.locked, span[style*='display:none'], span[style*='display: none']"
)
_FLOOR_NAMES = {"楼主": 1, "沙发": 2, "板凳": 3, "地板": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRow:
    """One row of a board page: what the list tells about a thread without opening it."""

    tid: str
    title: str
    url: str
    author: str | None
    replies: int
    views: int
    #: Text of the last-post time as shown; compared, never computed with.
    last: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """One page of a board; rows are unique by thread."""

    rows: tuple[ThreadRow, ...]
    next_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """One page of a thread; `gone` when the forum says that the thread no longer exists."""

    tid: str
    title: str
    posts: tuple[ParsedPost, ...]
    page: int
    pages: int
    next_url: str | None
    gone: bool = False


def read_board(html: str, *, url: str, now: datetime) -> BoardPage:
    """Return the rows; raise BlockedError at a wall, ParseError if it is no board."""
    tree = LexborHTMLParser(html)
    message = _message(tree)
    if message is not None:
        _refuse(message, url=url)
    refuse_wall(html, url=url)
    table = tree.css_first("table#threadlisttableid") or tree.css_first("#threadlist")
    if table is None:
        raise ParseError(
            f"{url}：不像 Discuz 版块页（没有主题列表），请检查网址；网站改版则要改 pages/discuz.py"
        )
    base = _base(tree, url)
    rows: dict[str, ThreadRow] = {}
    for body in table.css("tbody[id^='normalthread_'], tbody[id^='stickthread_']"):
        row = _row(body, base=base, now=now)
        if row:
            rows.setdefault(row.tid, row)
    return BoardPage(rows=tuple(rows.values()), next_url=_next(tree, base))


def read_thread(html: str, *, url: str, now: datetime) -> ThreadPage:
    """Return the floors; raise BlockedError at a wall, ParseError if it is no thread."""
    tree = LexborHTMLParser(html)
    tid = _first(_TID, url) or ""
    message = _message(tree)
    if message is not None:
        if _GONE.search(message):
            return ThreadPage(
                tid=tid, title="", posts=(), page=1, pages=1, next_url=None, gone=True
            )
        _refuse(message, url=url)
    refuse_wall(html, url=url)
    tables = [node for node in tree.css("table[id^='pid']") if (node.id or "")[3:].isdigit()]
    if not tables:
        raise ParseError(
            f"{url}：不像 Discuz 主题页（没有楼层），请检查网址；网站改版则要改 pages/discuz.py"
        )
    subject = tree.css_first("#thread_subject")
    title = visible_text(subject) if subject else ""
    posts = (_post(node, tid=tid, title=title, url=url, now=now) for node in tables)
    page, pages = _position(tree)
    return ThreadPage(
        tid=tid, title=title, posts=tuple(posts), page=page, pages=pages,
        next_url=_next(tree, _base(tree, url)),
    )  # fmt: skip


def _message(tree: LexborHTMLParser) -> str | None:
    """Return the text of a 提示信息 page or a bare login form, None on a normal page."""
    node = tree.css_first("#messagetext")
    if node is not None:
        return visible_text(node)
    if tree.css_first("form[id^='loginform']") and not tree.css_first("#threadlist, #postlist"):
        return "需要登录"
    return None


def _refuse(message: str, *, url: str) -> None:
    words = message.split("\n", 1)[0].strip() or "提示信息"
    raise BlockedError(f"{url}：网站拒绝访问（{words}），已停止采集；需要登录或权限的版块不采集")


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return urljoin(url, (node.attributes.get("href") or "") if node else "")


def _row(body: LexborNode, *, base: str, now: datetime) -> ThreadRow | None:
    """Return the row; None for a separator or an advertisement in a row's place."""
    link = body.css_first("a.xst")
    href = (link.attributes.get("href") or "") if link else ""
    tid = _first(_TID, href)
    if link is None or tid is None:
        return None
    cells = body.css("td.by")
    last = _stamp(cells[-1].css_first("em")) if cells else ""
    moment = read_time(last, now=now)
    author = cells[0].css_first("cite") if cells else None
    return ThreadRow(
        tid=tid,
        title=visible_text(link),
        url=urljoin(base, href),
        author=visible_text(author) or None if author else None,
        replies=_count(body.css_first("td.num a")),
        views=_count(body.css_first("td.num em")),
        last=last,
        last_at=moment[0] if moment else None,
    )


def _count(node: LexborNode | None) -> int:
    """Return a count; large ones stand in the title of a span (12345 as 1万), moved ones are -."""
    if node is None:
        return 0
    span = node.css_first("span[title]")
    exact = span.attributes.get("title") if span else None
    return count_of(exact or visible_text(node)) or 0


def _stamp(node: LexborNode | None) -> str:
    """Return a time as text: the title beside 3 天前 where there is one."""
    if node is None:
        return ""
    span = node.css_first("span[title]")
    return ((span.attributes.get("title") or "") if span else visible_text(node)).strip()


def _post(table: LexborNode, *, tid: str, title: str, url: str, now: datetime) -> ParsedPost:
    pid = (table.id or "")[3:]
    at, precision = _published(table, pid, now)
    body = table.css_first(f"#postmessage_{pid}")
    edited = _edited(table)
    hidden = _hidden(table, body)
    quote = _quote(body)
    if body is not None:
        for node in body.css(_NOISE):
            node.decompose()
    label, floor = _floor(table, pid)
    author, author_id = _author(table)
    return ParsedPost(
        native_id=pid,
        text=visible_text(body) if body is not None else "",
        title=title if floor == 1 else "",
        url=f"{_plain(url)}#pid{pid}",
        author=author,
        author_id=author_id,
        published_at=at,
        precision=precision,
        edited_at=edited,
        thread_id=tid,
        floor=floor,
        floor_label=label,
        quote=quote,
        hidden=hidden,
    )


def _published(table: LexborNode, pid: str, now: datetime) -> tuple[datetime | None, Precision]:
    text = _stamp(table.css_first(f"#authorposton{pid}"))
    moment: Moment | None = read_time(text.removeprefix("发表于").strip(), now=now)
    return moment or (None, Precision.NONE)


def _edited(table: LexborNode) -> datetime | None:
    node = table.css_first("i.pstatus")
    found = _EDITED.search(visible_text(node)) if node else None
    moment = read_time(found["at"]) if found else None
    return moment[0] if moment else None


def _hidden(table: LexborNode, body: LexborNode | None) -> str | None:
    """Return the reason when the body, or part of it, is not shown."""
    node = (body or table).css_first("div.locked")
    if node is None:
        return None
    return visible_text(node).removeprefix("提示:").strip()


def _quote(body: LexborNode | None) -> Quote | None:
    block = body.css_first("div.quote blockquote") if body is not None else None
    if block is None:
        return None
    link = block.css_first("a[href*='pid=']")
    text = visible_text(block)
    head, _, rest = text.partition("\n")
    said = _SAID_AT.fullmatch(head.strip())
    return Quote(
        author=said["name"] if said else None,
        post_id=_first(_PID, link.attributes.get("href") or "") if link else None,
        text=rest.strip() if said else text,
    )


def _floor(table: LexborNode, pid: str) -> tuple[str | None, int | None]:
    """Return the label as shown (楼主, 沙发, 12#) and its number."""
    node = table.css_first(f"#postnum{pid}")
    if node is None:
        return None, None
    label = visible_text(node)
    digits = re.sub(r"\D", "", label)
    return label or None, int(digits) if digits else _FLOOR_NAMES.get(label)


def _author(table: LexborNode) -> tuple[str | None, str | None]:
    """Return name and uid; guests and deleted users have no link, anonymous ones no uid."""
    link = table.css_first("td.pls .authi a[href*='uid']")
    if link is not None:
        return visible_text(link) or None, _first(_UID, link.attributes.get("href") or "")
    bare = table.css_first("td.pls .authi") or table.css_first("td.pls .pi")
    name = visible_text(bare).split("\n", 1)[0].strip() if bare is not None else ""
    only = table.css_first("a[href*='authorid=']")
    uid = _first(_AUTHOR_ID, only.attributes.get("href") or "") if only else None
    return name.removesuffix("该用户已被删除").strip() or None, uid if uid != "0" else None


def _position(tree: LexborHTMLParser) -> tuple[int, int]:
    """Return (page, pages) of a thread; a thread of one page shows no pager."""
    current = tree.css_first("div.pg strong")
    total = tree.css_first("div.pg label span[title]")
    page = count_of(visible_text(current)) if current else None
    pages = _first(_PAGES, (total.attributes.get("title") or "") if total else "")
    return page or 1, int(pages) if pages else page or 1


def _next(tree: LexborHTMLParser, base: str) -> str | None:
    link = tree.css_first("div.pg a.nxt[href]")
    return urljoin(base, link.attributes.get("href") or "") if link else None


#: Query keys of a thread's address; whatever else a link carries changes by the visit.
_ADDRESS = ("mod", "tid", "page")


def _plain(url: str) -> str:
    """Return the address by what says which page it is: no extra=, no noise, no fragment."""
    parts = urlsplit(url)
    query = "&".join(
        f"{key}={values[0]}" for key, values in parse_qs(parts.query).items() if key in _ADDRESS
    )
    return parts._replace(query=query, fragment="").geturl()


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
