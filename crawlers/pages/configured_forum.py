"""Forums described by selectors or JSON paths (config/engines/*.yml): a new one is one file."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborNode

from crawlers.formats.records import count_of
from crawlers.pages.discuz_text import body_text, lines_of
from crawlers.pages.forum import BoardPage, ThreadPage, ThreadRow
from crawlers.pages.links import joined
from crawlers.pages.selectors import json_value, nodes, value, values
from crawlers.pages.tree import few, parse_html
from crawlers.pages.walls import NoPermissionError, refuse_wall
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import ParsedPost, Precision, Quote

_LOGIN = "input[type='password']"

_COUNT = re.compile(r"\d[\d,.]*\s*[万wW]?")


class ConfiguredForum:
    """A forum engine made of selectors; raises what every engine raises."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._board: Mapping[str, Any] = spec["board"]
        self._thread: Mapping[str, Any] = spec["thread"]
        self._json = spec.get("format") == "json"
        self._name = str(spec.get("name", "configured"))
        self._zone = ZoneInfo(str(spec.get("time_zone", "Asia/Shanghai")))

    def read_board(self, html: str, *, url: str, now: datetime) -> BoardPage:
        """Return the rows of one list page."""
        page = self._page(html, url)
        found = [
            self._row(_Item(item, self._board), url, now)
            for item in few(page.items(self._board), url=url)
        ]
        rows = {row.tid: row for row in reversed(found) if row is not None}
        if not rows and not page.says(self._board, "row"):
            self._refuse(page, html, url, "列表")
        return BoardPage(rows=tuple(reversed(rows.values())), next_url=self._next(page, url))

    def read_thread(
        self, html: str, *, url: str, now: datetime, per_page: int | None = None
    ) -> ThreadPage:
        """Return the floors of one thread page."""
        page = self._page(html, url)
        spec = self._thread
        head = _Item(page.root, spec)
        tid = head.text("tid") or self._tid_in(url)
        number = head.count("page") or _page_of(url, spec)
        size = int(spec.get("page_size", 0)) or per_page
        items = few(page.items(spec), url=url)
        if not items:
            self._refuse(page, html, url, "楼层")
        posts = [
            self._post(_Item(item, spec), tid=tid, url=url, now=now, at=place, number=number,
                       size=size or len(items))
            for place, item in enumerate(items, start=1)
        ]  # fmt: skip
        replies, pages = _replies(head), self._pages(page, head, number, size)
        title, views = head.text("title") or "", head.count("views")
        return ThreadPage(
            tid=tid, title=title, page=number, pages=pages, replies=replies, views=views,
            posts=tuple(post for post in posts if post is not None),
            next_url=self.page_url(url, number + 1) if number < pages else None,
            removed=tuple(head.all("removed")),
        )  # fmt: skip

    def page_url(self, url: str, number: int) -> str:
        """Return the address of a thread's page; the first is the thread's own."""
        if number == 1:
            return url
        size = int(self._thread.get("page_size", 0))
        return str(self._thread["page_url"]).format(url=url, n=number, start=(number - 1) * size)

    def _tid_in(self, url: str) -> str:
        """Return the thread's id from its address, by the expression that lists use."""
        found = re.search(str(self._board["tid"]).partition("~")[2].strip() or "(?!)", url)
        return found[1] if found else ""

    def _page(self, html: str, url: str) -> "_Page":
        if not self._json:
            return _Page(parse_html(html, url=url).root)
        try:
            return _Page(json.loads(html))
        except (ValueError, RecursionError) as error:
            refuse_wall(html, url=url)
            problem = f"{url}：应当是 {self._name} 的 JSON 接口，读到的不是（{error}）"
            raise ParseError(problem) from error

    def _refuse(self, page: "_Page", html: str, url: str, what: str) -> None:
        refuse_wall(html, url=url)
        if isinstance(page.root, LexborNode) and page.root.css_first(_LOGIN):
            raise NoPermissionError(f"{url}：网站要求登录，已停止采集；需要登录的版块不采集")
        raise ParseError(
            f"{url}：不像 {self._name} 的页面（没有{what}），请检查网址；"
            "网站改版则要改 config/engines 里的选择器"
        )

    def _row(self, item: "_Item", url: str, now: datetime) -> ThreadRow | None:
        tid, link = item.text("tid"), item.text("url")
        base, suffix = str(self._board.get("base", "")), str(self._board.get("suffix", ""))
        address = joined(url, f"{base}{link}{suffix}").split("#")[0]
        if not tid or not link or not address:
            return None
        last = item.text("last") or ""
        moment = read_time(last, zone=self._zone)
        return ThreadRow(
            tid=tid,
            title=item.text("title") or "",
            url=address,
            author=item.text("author"),
            author_id=item.text("author_id"),
            replies=_replies(item),
            views=item.count("views"),
            # Words without a time of their own (3 小时前) drift and tell nothing.
            last=last if moment else "",
            last_at=moment[0] if moment else None,
        )

    def _post(
        self, item: "_Item", *, tid: str, url: str, now: datetime, at: int, number: int, size: int
    ) -> ParsedPost | None:
        pid = item.text("id")
        if not pid or item.flag("deleted"):
            return None
        moment = read_time(item.text("time"), zone=self._zone, now=now)
        edited = read_time(item.text("edited"), zone=self._zone, now=now)
        if edited and moment and edited[0] <= moment[0]:
            edited = None
        quote, text = item.body()
        return ParsedPost(
            native_id=pid,
            text=text,
            url=f"{url.split('#', maxsplit=1)[0]}#{pid}",
            author=item.text("author"),
            author_id=item.text("author_id"),
            published_at=moment[0] if moment else None,
            precision=moment[1] if moment else Precision.NONE,
            edited_at=edited[0] if edited else None,
            thread_id=tid or None,
            floor=item.floor() or (number - 1) * size + at,
            quote=quote,
            hidden=item.text("hidden"),
            attachments=tuple(item.all("attachments")),
        )

    def _pages(self, page: "_Page", head: "_Item", number: int, size: int | None) -> int:
        told = [found for text in head.all("pages") if (found := _plain_number(text))]
        replies = _replies(head)
        if not told and size and replies is not None:
            told = [-(-(replies + 1) // size)]
        return max([number, *told])

    def _next(self, page: "_Page", url: str) -> str | None:
        head = _Item(page.root, self._board)
        link = head.text("next")
        if link:
            target = joined(url, link)
            # The last button of a pager may lead back.
            forward = _number(target) > _number(url) or "page=" not in target
            return target if target and forward else None
        number, pages = head.count("page"), head.count("pages")
        if number and pages and number < pages and self._board.get("page_url"):
            address = str(self._board["page_url"])
            return address.format(url=url.split("?", maxsplit=1)[0], n=number + 1)
        return None


class _Page:
    """A response: an HTML tree or a JSON value."""

    def __init__(self, root: Any) -> None:
        self.root = root

    def items(self, spec: Mapping[str, Any]) -> list[Any]:
        """Return the rows or floors."""
        if isinstance(self.root, LexborNode):
            return nodes(self.root, spec.get("row") or spec.get("post") or spec.get("rows"))
        found = json_value(self.root, spec.get("rows"))
        return found if isinstance(found, list) else []

    def says(self, spec: Mapping[str, Any], key: str) -> bool:
        """Whether the JSON has the list at all: an empty board is no error."""
        return not isinstance(self.root, LexborNode) and isinstance(
            json_value(self.root, spec.get("rows")), list
        )


class _Item:
    """A row, a floor or a whole page, asked by the names of its selectors."""

    def __init__(self, item: Any, spec: Mapping[str, Any]) -> None:
        self._item = item
        self._spec = spec

    def text(self, key: str) -> str | None:
        """Return the first value under the key."""
        selector = self._spec.get(key)
        if isinstance(self._item, LexborNode):
            return value(self._item, selector)
        found = json_value(self._item, selector)
        return None if found is None or found == "" else str(found)

    def all(self, key: str) -> list[str]:
        """Return every value under the key."""
        if isinstance(self._item, LexborNode):
            return list(values(self._item, self._spec.get(key)))
        found = self.text(key)
        return [found] if found else []

    def count(self, key: str) -> int | None:
        """Return a count such as 12, 1,234 or 1.2万, with or without a word beside it."""
        found = _COUNT.search(self.text(key) or "")
        return count_of(found[0]) if found else None

    def flag(self, key: str) -> bool:
        """Whether the value is there and not false."""
        return (self.text(key) or "0").lower() not in {"0", "false", "none"}

    def floor(self) -> int | None:
        """Return the floor as the site numbers it, from 1."""
        floor, index = self.count("floor"), self.count("index")
        return floor if floor is not None else None if index is None else index + 1

    def body(self) -> tuple[Quote | None, str]:
        """Return the quote and the author's own words."""
        if isinstance(self._item, LexborNode):
            body = next(iter(nodes(self._item, self._spec.get("text"))), None)
        else:
            body = parse_html(f"<div>{self.text('html') or ''}</div>", url="帖子正文").body
        if body is None:
            return None, ""
        quote = self._quote(body)
        noise = [self._spec.get("noise"), self._spec.get("quote")]
        for selector in filter(None, noise):
            for node in body.css(str(selector)):
                node.decompose()
        return quote, body_text(body)

    def _quote(self, body: LexborNode) -> Quote | None:
        block = next(iter(nodes(body, self._spec.get("quote"))), None)
        json_id = None if isinstance(self._item, LexborNode) else self.text("quote_id")
        if block is None:
            return Quote(post_id=json_id) if json_id else None
        html = isinstance(self._item, LexborNode)
        author = value(body, self._spec.get("quote_author"))
        post_id = value(body, self._spec.get("quote_id")) if html else json_id
        for cite in block.css("cite"):
            cite.decompose()
        return Quote(author=author, post_id=post_id, text="\n".join(lines_of(block)).strip())


def _replies(item: _Item) -> int | None:
    """Return replies: told as such, or as all floors with the opening one."""
    replies, floors = item.count("replies"), item.count("floors")
    if replies is not None:
        return replies
    return floors - 1 if floors else None


def _page_of(url: str, spec: Mapping[str, Any]) -> int:
    size = int(spec.get("page_size", 0))
    start = url.rpartition("start=")[2].split("&")[0] if "start=" in url else ""
    if size and _plain_number(start) is not None:
        return (_plain_number(start) or 0) // size + 1
    return _number(url)


def _number(url: str) -> int:
    found = url.rpartition("page=")[2].split("&")[0] if "page=" in url else ""
    return _plain_number(found) or 1


def _plain_number(text: str) -> int | None:
    """Return a number of a page, None for what is none or too long to be one."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None
