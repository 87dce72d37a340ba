"""Discuz! X board pages: which threads there are and how they stand (markup: collection §2)."""

import re
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.formats.records import count_of
from crawlers.pages.discuz_text import lines_of, shown_text
from crawlers.pages.forum import BoardPage, ThreadRow
from crawlers.pages.links import joined
from crawlers.pages.tree import few, parse_html
from crawlers.pages.walls import NoPermissionError, refuse_message, refuse_wall
from crawlers.times import read_time
from domain.errors import ParseError

_TID = re.compile(r"(?:[?&;]tid=|thread-)(\d+)")
_UID = re.compile(r"(?:uid[=-]|/\?)(\d+)")
#: Words that mean another moment at each visit: no sign of a change.
_DRIFTS = re.compile(r"前|昨天|今天|前天|刚刚")


def read_board(html: str, *, url: str, now: datetime) -> BoardPage:
    """Return the rows; raise BlockedError at a wall, ParseError if it is no board."""
    tree = parse_html(html, url=url)
    table = tree.css_first("table#threadlisttableid, ul#waterfall") or tree.css_first("#threadlist")
    if table is None:
        _refuse(tree, html, url)
        raise ParseError(
            f"{url}：不像 Discuz 版块页（没有主题列表），请检查网址；"
            "网站改版则要改 pages/discuz_board.py"
        )
    node = tree.css_first("base[href]")
    base = joined(url, (node.attributes.get("href") or "") if node else "") or url
    rows: dict[str, ThreadRow] = {}
    found = tree.css("tbody[id^='normalthread_'], tbody[id^='stickthread_'], #waterfall > li")
    for body in few(found, url=url):
        row = _row(body, base=base, now=now)
        if row and (row.tid not in rows or rows[row.tid].replies is None):
            rows[row.tid] = row
    link = tree.css_first("div.pg a.nxt[href]")
    return BoardPage(
        rows=tuple(rows.values()),
        next_url=joined(base, link.attributes.get("href") or "") or None if link else None,
    )


def _refuse(tree: LexborHTMLParser, html: str, url: str) -> None:
    message = tree.css_first("#messagetext")
    if message is not None:
        refuse_message("\n".join(lines_of(message)), url=url)
    if tree.css_first("form[action*='pwverify'], form[id^='loginform']"):
        raise NoPermissionError(
            f"{url}：网站拒绝访问（需要登录或版块密码），已停止采集；需要登录或权限的版块不采集"
        )
    refuse_wall(html, url=url)


def _row(body: LexborNode, *, base: str, now: datetime) -> ThreadRow | None:
    """Return the row; None for a separator or an advertisement in a row's place."""
    link = body.css_first("a.xst") or body.css_first("h3 a[href*='tid='], h3 a[href*='thread-']")
    href = (link.attributes.get("href") or "") if link else ""
    tid = _TID.search(href)
    if link is None or tid is None:
        return None
    cells = body.css("td.by")
    last, last_at = _stamp(cells[-1].css_first("em") if cells else None, now)
    author, author_id = _author(cells[0] if cells else body.css_first("div.auth"))
    return ThreadRow(
        tid=tid[1],
        title=shown_text(link),
        url=joined(base, href),
        author=author,
        author_id=author_id,
        replies=_count(body.css_first("td.num a, div.auth cite a")),
        views=_count(body.css_first("td.num em")),
        last=last,
        last_at=last_at,
        sticky=(body.id or "").startswith("stickthread_"),
    )


def _author(cell: LexborNode | None) -> tuple[str | None, str | None]:
    if cell is None:
        return None, None
    cite = cell.css_first("cite")
    link = cell.css_first("a[href*='uid']") or (cite.css_first("a") if cite else None)
    uid = _UID.search((link.attributes.get("href") or "") if link else "")
    named = link if link is not None else cite
    return (shown_text(named) or None) if named is not None else None, uid[1] if uid else None


def _count(node: LexborNode | None) -> int | None:
    """Return a count; large ones stand in the title of a span (12345 as 1万), moved ones are -."""
    if node is None:
        return None
    span = node.css_first("span[title]")
    exact = span.attributes.get("title") if span else None
    return count_of(exact or shown_text(node))


def _stamp(node: LexborNode | None, now: datetime) -> tuple[str, datetime | None]:
    """Return the last-post time as shown (the title beside 3 天前) and as a moment."""
    if node is None:
        return "", None
    span = node.css_first("span[title]")
    shown = (((span.attributes.get("title") or "") if span else "") or shown_text(node)).strip()
    if _DRIFTS.search(shown):
        return "", None
    moment = read_time(shown, now=now)
    return shown, moment[0] if moment else None
