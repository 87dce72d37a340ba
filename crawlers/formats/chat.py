"""What all chat exports share: the kind of a line and one way to build its post."""

import re
from datetime import datetime

from domain.post import MessageKind, ParsedPost, Precision

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


def message(
    *, at: datetime, author: str, author_id: str | None, text: str, line: int, system: bool = False
) -> ParsedPost:
    """Return one chat line as a post; its id is derived by ingest, so that exports unite."""
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
    )


def kind_of(text: str) -> MessageKind:
    """Return what a member's line is; anything beside one picture makes it text."""
    if not text.strip():
        return MessageKind.EMPTY
    return _ALONE.get(text.strip(), MessageKind.TEXT)
