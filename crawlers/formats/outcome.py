"""What reading a file gives: its head, then posts and the reasons why not, one at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from domain.errors import ParseError
from domain.post import BadRecord, ParsedPost, SourceKind

Read = ParsedPost | BadRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file whose format is known: read its items once, in file order.

    Reading on may raise ParseError: the file breaks off there, or had nothing to give.
    """

    format: str
    #: Name of the group, board or table the file is an export of, where it says so.
    site: str | None
    kind: SourceKind
    items: Iterator[Read]


#: Half of a sign outside the basic plane: cannot be written as UTF-8, so nothing can store it.
_HALF = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Fields of a post that are one word; control characters in them are left out.
_WORDS = ("native_id", "url", "thread_id", "author_id", "outlet", "project", "site", "floor_label")
#: Field → what it is called in messages.
_TEXTS = {
    "text": "正文", "title": "标题", "author": "发送人", "hidden": "隐藏原因",
    "native_id": "编号 id", "url": "网址 url", "thread_id": "主题编号 thread_id",
    "author_id": "用户编号", "outlet": "媒体", "project": "项目", "site": "来源",
    "floor_label": "楼层",
}  # fmt: skip


def some(items: Iterator[Read], problem: str, *, name: str) -> Iterator[Read]:
    """Yield the items, each fit to be stored or refused; raise ParseError if there is not one."""
    empty = True
    for item in items:
        empty = False
        yield item if isinstance(item, BadRecord) else _storable(item, name=name)
    if empty:
        raise ParseError(problem)


def _storable(post: ParsedPost, *, name: str) -> Read:
    """Return the post with clean words, or why no database can take it."""
    for field, title in _TEXTS.items():
        value = getattr(post, field)
        if value and not value.isascii() and _HALF.search(value):
            where = f"{name} 第 {post.line} 行" if post.line else name
            return BadRecord(
                where=where, line=post.line,
                problem=f"{title}含有残缺字符（半个 UTF-16 代理对），请重新导出，跳过这一条",
            )  # fmt: skip
    quote = post.quote
    changed: dict[str, Any] = {
        field: _CONTROL.sub("", value).strip() or None
        for field in _WORDS
        if (value := getattr(post, field)) and not value.isprintable()
    }
    if quote and _HALF.search(f"{quote.author}{quote.post_id}{quote.text}"):
        changed["quote"] = None  # what others said elsewhere is no reason to lose the post
    return replace(post, **changed) if changed else post
