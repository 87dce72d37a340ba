"""What all chat exports share: the kind of a line and one way to build its post."""

import re
from datetime import UTC, datetime

from crawlers.times import read_time
from domain.clock import SHANGHAI
from domain.homes import home_in_name
from domain.post import MessageKind, ParsedPost, Precision, Quote

#: QQ's own sender of joins, file shares and notices.
SYSTEM_ID = "10000"
SYSTEM_NAME = "系统消息"
#: Other tools write [图片: ABC.jpg]; the file name says nothing and differs between tools.
_NAMED_MEDIA = re.compile(r"\[(图片|表情|动画表情|语音|视频|文件)[:：][^\]\n]*\]")
#: A line that is one picture or emoticon and nothing else.
_ALONE = {
    "[图片]": MessageKind.IMAGE,
    "[表情]": MessageKind.EMOJI,
    "[动画表情]": MessageKind.EMOJI,
}


_STAMP = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{2}):(\d{2})")


def stamp_of(text: str) -> datetime | None:
    """Return the moment of `2026-11-02 9:19:50`, as all these tools write it; None if none."""
    found = _STAMP.fullmatch(text.strip())
    if found is None:
        moment = read_time(text)
        return moment[0] if moment else None
    try:
        return datetime(*map(int, found.groups()), tzinfo=SHANGHAI).astimezone(UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return None


def message(
    *, at: datetime, author: str, author_id: str | None, text: str, line: int, system: bool = False,
    quote: Quote | None = None, deleted: bool = False,
) -> ParsedPost:  # fmt: skip
    """Return one chat line as a post; its id is derived by ingest, so that exports unite."""
    text = text.strip()
    if "[" in text:
        text = _NAMED_MEDIA.sub(r"[\1]", text).strip()
    return ParsedPost(
        native_id=None,
        text=text,
        author=SYSTEM_NAME if system else author,
        author_id=SYSTEM_ID if system else author_id,
        published_at=at,
        precision=Precision.SECOND,
        kind=MessageKind.SYSTEM if system else kind_of(text),
        line=line,
        quote=quote,
        deleted=deleted,
        household=None if system else home_in_name(author),
    )


def kind_of(text: str) -> MessageKind:
    """Return what a member's line is; anything beside one picture makes it text."""
    if not text.strip():
        return MessageKind.EMPTY
    return _ALONE.get(text.strip(), MessageKind.TEXT)
