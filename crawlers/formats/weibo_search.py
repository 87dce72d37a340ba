"""Tables of weibo-search (collection §5): one Weibo a row, old and new column sets."""

from collections.abc import Iterator, Mapping
from typing import Any

from crawlers.formats.chat import kind_of
from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.records import count_of
from crawlers.formats.rows import header_of, records
from crawlers.reader import TextReader
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import BadRecord, ParsedPost, Quote, SourceKind

SITE = "weibo.com"
#: Field → column in the CSV, column in the tool's databases.
_COLUMNS = {
    "text": ("微博正文", "text"),
    "author": ("用户昵称", "screen_name"),
    "author_id": ("user_id",),
    "at": ("发布时间", "created_at"),
    "reposts": ("转发数", "reposts_count"),
    "replies": ("评论数", "comments_count"),
    "likes": ("点赞数", "attitudes_count"),
    "retweet": ("retweet_id",),
}


def looks_like(text: str) -> bool:
    """Whether the header has this tool's columns."""
    names = set(header_of(text)[0])
    return {"id", "bid", "user_id", "retweet_id"} <= names and (
        {"微博正文", "发布时间"} <= names or {"text", "created_at"} <= names
    )


def read(text: TextReader, *, name: str) -> Opened:
    """Return the posts in file order; raise ParseError for another table."""
    if not looks_like(text.head):
        raise ParseError(f"{name} 第 1 行：列不是 weibo-search 的输出，请去掉 --format 再试")
    found = records(text, name=name)

    def items() -> Iterator[Read]:
        for line, row in found.rows:
            yield row if isinstance(row, BadRecord) else _post(row, line, name=name)

    return Opened(
        format="weibo_search", site=SITE, kind=SourceKind.SOCIAL,
        items=some(items(), f"{name}：只有表头，没有数据行", name=name),
    )  # fmt: skip


def _post(row: Mapping[str, Any], line: int, *, name: str) -> Read:
    where = f"{name} 第 {line} 行"
    own_id = str(row.get("id") or "").strip() or None
    moment = read_time(_of(row, "at"))
    text = _of(row, "text") or ""
    problem = (
        "没有编号（id），跳过" if own_id is None
        else "没有可读的时间（发布时间），跳过" if moment is None
        else "没有正文（微博正文），跳过" if not text
        else None
    )  # fmt: skip
    if problem or moment is None:
        return BadRecord(where=where, line=line, problem=problem or "", record_id=own_id)
    user, bid = _of(row, "author_id"), str(row.get("bid") or "").strip()
    retweet = _of(row, "retweet")
    return ParsedPost(
        native_id=own_id, text=text, author=_of(row, "author"), author_id=user,
        url=f"https://weibo.com/{user}/{bid}" if user and bid else None,
        published_at=moment[0], precision=moment[1], thread_id=own_id,
        quote=Quote(post_id=retweet) if retweet else None, kind=kind_of(text),
        likes=count_of(_of(row, "likes")), replies=count_of(_of(row, "replies")),
        source_kind=SourceKind.SOCIAL, site=SITE, line=line,
    )  # fmt: skip


def _of(row: Mapping[str, Any], field: str) -> str | None:
    value = next((row[column] for column in _COLUMNS[field] if row.get(column)), None)
    text = "" if value is None else str(value).strip()
    return text or None
