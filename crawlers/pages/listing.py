"""List → detail pages by configuration: message boards, bureaus, courts, 12345 (issue 4).

    list:   {rows: "ul.msg li", fields: {title: "a", url: "a @href", time: ".date"},
             next: "a.next @href"}
    detail: {fields: {text: ".content", answer: ".reply", answer_by: ".dept", answer_at: ".rtime"}}

Selectors are written as in pages/selectors.py; `mode: json` takes dotted paths instead;
`detail: article` reads any article page; without `detail` the row is the whole item.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote

from selectolax.lexbor import LexborNode

from crawlers.pages.links import joined
from crawlers.pages.selectors import check, json_value, nodes, value
from crawlers.pages.text import visible_text
from crawlers.pages.tree import few, parse_html
from crawlers.pages.walls import refuse_wall
from crawlers.times import Moment, read_time
from domain.clock import SHANGHAI
from domain.errors import FactsError, ParseError
from domain.post import Answer, ParsedPost, Precision

_MODES = ("html", "json")
#: Fields of which every match counts, line by line.
_LONG = ("text", "answer")
#: Fields of a row and of a detail page.
FIELDS = (
    "id", "url", "title", "text", "author", "author_id", "time", "state", "answer", "answer_by",
    "answer_at", "outlet", "views", "replies",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one kind of page is read."""

    mode: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A source's configuration, checked."""

    rows: str
    row: Part
    #: Address of the next list page: a field of the page, or a template with {page}.
    next: str | None
    page_url: str | None
    first_page: int
    #: Template of an item's address where the row has none: https://…/detail?id={id}.
    item_url: str | None
    detail: Part | None
    #: The detail page is an article anywhere.
    article: bool
    zone: tzinfo = SHANGHAI


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row of a list: what it says by itself, and where the rest stands."""

    id: str
    url: str | None
    said: Mapping[str, str]
    #: Changes when the row changes (state, title, count of replies).
    digest: str

    def moment(self, zone: tzinfo) -> Moment | None:
        """Return the time the row tells by itself; 3 小时前 is none."""
        return read_time(self.said.get("time"), zone=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list; items are unique by id."""

    items: tuple[Item, ...]
    next_url: str | None


def configured(options: Mapping[str, Any], *, name: str, zone: tzinfo = SHANGHAI) -> Listing:
    """Return the listing a source's options describe; raises FactsError naming what is wrong."""
    told = options.get("list")
    if not isinstance(told, Mapping) or not told.get("rows"):
        raise FactsError(f"来源“{name}”缺少 list.rows：请写明列表里每一条的选择器")
    row = _part_of(told, f"来源“{name}”的 list")
    if not {"url", "id", "text"} & set(row.fields):
        raise FactsError(f"来源“{name}”的 list.fields 至少要有 url、id 或 text 之一")
    detail = options.get("detail")
    next_page, css = told.get("next"), row.mode == "html"
    return Listing(
        rows=_checked(str(told["rows"]), f"来源“{name}”的 list.rows", css=css),
        row=row,
        next=_checked(str(next_page), f"来源“{name}”的 list.next", css=css) if next_page else None,
        page_url=told.get("page_url"),
        first_page=int(told.get("first_page", 1)),
        item_url=told.get("item_url"),
        detail=_part_of(detail, f"来源“{name}”的 detail") if isinstance(detail, Mapping) else None,
        article=detail == "article",
        zone=zone,
    )


def _part_of(told: Mapping[str, Any], where: str) -> Part:
    mode = str(told.get("mode", "html"))
    if mode not in _MODES:
        raise FactsError(f"{where}.mode 应为 html 或 json，不是“{mode}”")
    said = told.get("fields")
    if not isinstance(said, Mapping) or not said:
        raise FactsError(f"{where}.fields 没有写：请写明各字段的选择器")
    unknown = sorted(set(said) - set(FIELDS))
    if unknown:
        raise FactsError(f"{where}.fields 有不认识的字段 {'、'.join(unknown)}")
    return Part(
        mode=mode,
        fields={
            key: _checked(str(text), f"{where}.fields 的 {key}", css=mode == "html")
            for key, text in said.items()
            if text
        },
    )


def _checked(selector: str, where: str, *, css: bool) -> str:
    try:
        check(selector, css=css)
    except FactsError as error:
        raise FactsError(f"{where}：{error}") from error
    return selector


def read_list(text: str, config: Listing, *, url: str, number: int = 1) -> ListPage:
    """Return the items of a list page; BlockedError at a wall, ParseError if there is none."""
    page = _root(text, config.row.mode, url=url)
    rows = few(_rows(page, config.rows), url=url)
    if not rows and number == 1:
        refuse_wall(text, url=url)
        raise ParseError(
            f"{url}：列表里一条也没有读到（{config.rows}），网站可能改版，请核对选择器"
        )
    items: dict[str, Item] = {}
    for row in rows:
        item = _item(row, config, base=url)
        if item is not None:
            items.setdefault(item.id, item)
    return ListPage(items=tuple(items.values()), next_url=_next(page, config, url, number, rows))


def _root(text: str, mode: str, *, url: str) -> Any:
    """Return the page as an HTML tree or a JSON value."""
    if mode == "html":
        return parse_html(text, url=url).root
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{url}：返回的不是 JSON（{error}），接口可能改了，请核对网址") from error


def _rows(page: Any, path: str) -> list[Any]:
    if isinstance(page, LexborNode):
        return nodes(page, path)
    found = json_value(page, path)
    return found if isinstance(found, list) else []


def _pick(node: Any, name: str, selector: str) -> str | None:
    if isinstance(node, LexborNode):
        if name in _LONG and not set(selector) & set("@~"):
            lines = (visible_text(found) for found in nodes(node, selector))
            return "\n".join(line for line in lines if line) or None
        return value(node, selector)
    found = json_value(node, selector)
    return None if found is None or isinstance(found, dict | list) else str(found).strip() or None


def _item(row: Any, config: Listing, *, base: str) -> Item | None:
    """Return the row as an item; None for a heading or an advertisement in a row's place."""
    said = {
        name: value
        for name, where in config.row.fields.items()
        if (value := _pick(row, name, where)) is not None
    }
    url = said.get("url")
    if url is None and config.item_url and "id" in said:
        url = config.item_url.replace("{id}", quote(said["id"], safe=""))
    if url is not None:
        url = joined(base, url)
        if not url.startswith(("http://", "https://")):
            return None
    key = said.get("id") or url or _digest({"text": said.get("text", "")})
    if not said.get("id") and url is None and not said.get("text"):
        return None
    return Item(id=key, url=url, said=said, digest=_digest(said))


def _digest(said: Mapping[str, str]) -> str:
    # Views grow and 3 小时前 drifts without anything having been said.
    drifts = {"views"} if read_time(said.get("time")) else {"views", "time"}
    words = "\0".join(f"{name}={said[name]}" for name in sorted(said) if name not in drifts)
    return hashlib.blake2b(words.encode(), digest_size=12).hexdigest()


def _next(page: Any, config: Listing, url: str, number: int, rows: list[Any]) -> str | None:
    if config.page_url and rows:
        return joined(url, config.page_url.replace("{page}", str(config.first_page + number)))
    found = _pick(page, "next", config.next) if config.next else None
    return joined(url, found) or None if found else None


def read_item(
    item: Item, config: Listing, *, now: datetime, text: str | None = None, url: str = ""
) -> ParsedPost:
    """Return the item as a post: its row, and its own page where it has one (`text`).

    Raises BlockedError at a wall, ParseError if the page has no body.
    """
    said = dict(item.said)
    if text is not None:
        said |= _detail(text, config, url=url)
    body = said.get("text", "")
    if not body and text is not None and not said.get("title"):
        raise ParseError(f"{url}：没有读到正文，网站可能改版，请核对 detail 的选择器")
    moment = read_time(said.get("time"), zone=config.zone, now=now)
    return ParsedPost(
        native_id=item.id, title=said.get("title", ""), text=body or said.get("title", ""),
        url=item.url, author=said.get("author"), author_id=said.get("author_id"),
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
        outlet=said.get("outlet"), state=(said.get("state") or "")[:32] or None,
        answer=_answer(said, config, now=now), views=_count(said.get("views")),
        replies=_count(said.get("replies")),
    )  # fmt: skip


def _detail(text: str, config: Listing, *, url: str) -> dict[str, str]:
    if config.detail is None:
        return {}
    page = _root(text, config.detail.mode, url=url)
    said = {
        name: value
        for name, where in config.detail.fields.items()
        if (value := _pick(page, name, where)) is not None
    }
    if not said:
        refuse_wall(text, url=url)
    if config.detail.mode == "json":
        for name in ("text", "answer", "title"):
            if "<" in said.get(name, ""):
                said[name] = _words(said[name], url=url)
    return said


def _words(markup: str, *, url: str) -> str:
    body = parse_html(markup, url=url).body
    return visible_text(body) if body is not None else ""


def _answer(said: Mapping[str, str], config: Listing, *, now: datetime) -> Answer | None:
    if not said.get("answer"):
        return None
    moment: Moment | None = read_time(said.get("answer_at"), zone=config.zone, now=now)
    return Answer(
        author=said.get("answer_by") or "官方答复", text=said["answer"],
        at=moment[0] if moment else None,
    )  # fmt: skip


def _count(text: str | None) -> int | None:
    digits = "".join(char for char in text or "" if char.isdecimal())
    return int(digits) if digits and len(digits) < 10 else None
