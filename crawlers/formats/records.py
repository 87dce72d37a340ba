"""One record of JSONL or a table as a post: the contract's "Post in" and its synonyms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crawlers.formats.chat import SYSTEM_ID, SYSTEM_NAME, kind_of
from crawlers.times import Moment, read_time
from domain.post import BadRecord, MessageKind, ParsedPost, Precision, Quote, SourceKind

#: Field → names it goes by in files of this field; the first present one wins (collection §5).
SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("id", "post_id", "native_id", "mid", "编号", "序号id"),
    "title": ("title", "subject", "标题", "主题"),
    "text": (
        "text", "content", "body", "msg", "message", "desc", "正文", "内容", "微博正文",
        "投诉内容", "留言内容", "消息内容",
    ),
    "published_at": (
        "published_at", "time", "create_time", "created_at", "publish_time", "pubdate",
        "pub_date", "date", "datetime", "timestamp", "时间", "发布时间", "发表时间",
        "投诉时间", "留言时间", "日期", "发布日期",
    ),
    "fetched_at": ("fetched_at", "crawled_at", "采集时间", "抓取时间"),
    "author": (
        "author", "user", "sender", "nickname", "username", "user_nickname", "screen_name",
        "作者", "昵称", "用户名", "用户昵称", "发布人", "发送人", "投诉人", "网友",
    ),
    "author_id": ("author_id", "sender_id", "user_id", "uid", "creator_hash", "用户id"),
    "url": ("url", "link", "note_url", "链接", "网址", "原文链接", "帖子链接"),
    "source": ("source", "site", "platform", "来源", "平台", "站点", "来源平台"),
    "source_kind": ("source_kind", "channel", "来源类型", "渠道"),
    "outlet": ("outlet", "media", "媒体"),
    "project": ("project", "subject_key", "项目", "楼盘", "项目名称"),
    "thread_id": ("thread_id", "tid", "主题id"),
    "floor": ("floor", "楼层"),
    "views": ("views", "阅读", "阅读数", "浏览", "浏览量"),
    "replies": ("replies", "comments_count", "comment_count", "评论", "评论数", "回复数"),
    "likes": ("likes", "liked_count", "like_count", "点赞", "点赞数"),
    "backfill": ("backfill",),
    "kind": ("kind",),
    "edited_at": ("edited_at", "编辑时间"),
    "quote": ("quote",),
    "hidden": ("hidden",),
    "deleted": ("deleted",),
    "floor_label": ("floor_label",),
}  # fmt: skip

#: A larger "count" is none, and no column of a database takes it.
_MOST = 2**53

_KINDS = {
    "论坛": SourceKind.FORUM, "业主论坛": SourceKind.FORUM, "群": SourceKind.GROUP,
    "业主群": SourceKind.GROUP, "qq群": SourceKind.GROUP, "微信群": SourceKind.GROUP,
    "新闻": SourceKind.NEWS, "媒体": SourceKind.NEWS, "微博": SourceKind.SOCIAL,
    "社交媒体": SourceKind.SOCIAL, "投诉": SourceKind.COMPLAINT, "现场": SourceKind.ONSITE,
}  # fmt: skip


def fields_of(
    columns: Mapping[str, Any] | list[str], mapping: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return field → column: the operator's mapping first, then the known synonyms."""
    names = {column.strip().lower(): column for column in columns}
    chosen = {field: column for field, column in (mapping or {}).items() if column in columns}
    for field, synonyms in SYNONYMS.items():
        if field not in chosen:
            column = next((names[name] for name in synonyms if name in names), None)
            if column is not None and column not in chosen.values():
                chosen[field] = column
    return chosen


def post_of(
    record: Mapping[str, Any],
    fields: Mapping[str, str],
    *,
    where: str,
    line: int,
    need_time: bool = True,
) -> ParsedPost | BadRecord:
    """Return one record as a post; what it lacks or garbles is said in a BadRecord."""
    value = {field: record.get(column) for field, column in fields.items()}
    own_id = _word(value.get("id"))
    problem = _problem(value, fields, need_time=need_time)
    if problem:
        return BadRecord(where=where, problem=problem, record_id=own_id)
    at, precision = read_time(value.get("published_at")) or (None, Precision.NONE)
    text = _word(value.get("text")) or ""
    return ParsedPost(
        native_id=own_id,
        text=text,
        title=_word(value.get("title")) or "",
        url=_word(value.get("url")),
        author=_word(value.get("author")),
        author_id=_word(value.get("author_id")),
        published_at=at,
        precision=precision,
        fetched_at=_moment(value.get("fetched_at")),
        edited_at=_moment(value.get("edited_at")),
        thread_id=_word(value.get("thread_id")),
        floor=count_of(value.get("floor")),
        floor_label=_word(value.get("floor_label")),
        kind=_message_kind(value, text),
        quote=_quote(value.get("quote")),
        hidden=_word(value.get("hidden")),
        deleted=_truth(value.get("deleted")) or False,
        outlet=_word(value.get("outlet")),
        project=_word(value.get("project")),
        views=count_of(value.get("views")),
        replies=count_of(value.get("replies")),
        likes=count_of(value.get("likes")),
        backfill=_truth(value.get("backfill")),
        source_kind=_source_kind(value.get("source_kind")),
        site=_word(value.get("source")),
        line=line,
    )


def _problem(value: Mapping[str, Any], fields: Mapping[str, str], *, need_time: bool) -> str | None:
    """Return why the record cannot be used, None if it can."""
    if not (_word(value.get("text")) or _word(value.get("title")) or _is_media(value)):
        return "没有正文（text），跳过"
    stamp = value.get("published_at")
    if need_time and _word(stamp) is None:
        return "没有时间（published_at），跳过"
    if _word(stamp) is not None and _read(stamp) is None:
        column = fields.get("published_at", "published_at")
        return f"{column} 字段的时间读不懂，应写成 2026-11-21 08:05 这样，跳过"
    kind = _word(value.get("source_kind"))
    if kind and _source_kind(kind) is None:
        return f"source_kind 字段的值不认识，应为 {'、'.join(SourceKind)} 之一，跳过"
    chat = _source_kind(kind) is SourceKind.GROUP
    if chat and not (_word(value.get("author")) or _word(value.get("author_id"))):
        return "群消息没有发送人（author），跳过"
    return None


def _read(value: Any) -> Moment | None:
    return read_time(value)


def _is_media(value: Mapping[str, Any]) -> bool:
    """Whether an empty text is meant: the record calls itself an empty or media line."""
    return value.get("kind") in {kind.value for kind in MessageKind if kind != MessageKind.TEXT}


def _word(value: Any) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    text = str(value).strip()
    return text if text and text != "None" else None


def _moment(value: Any) -> datetime | None:
    found = read_time(value)
    return found[0] if found else None


def count_of(value: Any) -> int | None:
    """Read a count as sites write it: 12, "1,234", "1.2万", "10+"; else None."""
    text = (_word(value) or "").replace(",", "").rstrip("+").strip()
    factor = 10_000 if text.endswith(("万", "w", "W")) else 1
    try:
        number = round(float(text.rstrip("万wW")) * factor)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) <= _MOST else None


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = (_word(value) or "").lower()
    return {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}.get(word)


def _source_kind(value: Any) -> SourceKind | None:
    word = (_word(value) or "").lower()
    try:
        return SourceKind(word)
    except ValueError:
        return _KINDS.get(word)


def _message_kind(value: Mapping[str, Any], text: str) -> MessageKind:
    word = _word(value.get("kind"))
    if word in {kind.value for kind in MessageKind}:
        return MessageKind(word)
    if value.get("author_id") == SYSTEM_ID and value.get("author") == SYSTEM_NAME:
        return MessageKind.SYSTEM
    return kind_of(text) if text else MessageKind.TEXT


def _quote(value: Any) -> Quote | None:
    if not isinstance(value, dict):
        return None
    return Quote(
        author=_word(value.get("author")),
        post_id=_word(value.get("post_id")),
        text=_word(value.get("text")) or "",
    )
