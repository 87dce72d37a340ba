"""JSON export of WeFlow (WeChat), collection §5."""

from collections.abc import Iterator
from typing import Any

from crawlers.formats.chat import message
from crawlers.formats.document import Document, part
from crawlers.formats.outcome import Opened, Read, some
from crawlers.reader import TextReader
from crawlers.times import read_time
from domain.post import BadRecord, SourceKind

_SYSTEM = 10000
_MEDIA = {3: "[图片]", 34: "[语音]", 43: "[视频]", 47: "[表情]", 48: "[位置]", 42: "[名片]"}


def looks_like(text: str) -> bool:
    """Whether the beginning is such a JSON document."""
    return '"weflow"' in text[:500]


def read(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; raise ParseError for a cut or foreign document."""
    document = Document(text, name=name)
    head = document.head("messages")
    session = part(head, "session")
    title = str(session.get("displayName") or session.get("nickname") or "").strip()
    return Opened(
        format="weflow_json", site=f"wx:{title}" if title else None, kind=SourceKind.GROUP,
        items=some(
            _messages(document, name=name), f"{name}：消息列表是空的，请重新导出", name=name
        ),
    )  # fmt: skip


def _messages(document: Document, *, name: str) -> Iterator[Read]:
    for number, row in enumerate(document.rows(), start=1):
        yield _message(number, row, name=name)
    document.rest()


def _message(number: int, row: Any, *, name: str) -> Read:
    where = f"{name} 第 {number} 条消息"
    if not isinstance(row, dict):
        return BadRecord(where=where, line=number, problem="不是一条消息（应为 JSON 对象），跳过")
    own_id = str(row.get("localId") or "") or None
    moment = read_time(row.get("createTime")) or read_time(row.get("formattedTime"))
    if moment is None:
        problem = "没有可读的时间（createTime），跳过"
        return BadRecord(where=where, line=number, problem=problem, record_id=own_id)
    system = row.get("localType") == _SYSTEM or row.get("type") == "系统消息"
    author_id = str(row.get("senderUsername") or "") or None
    author = str(row.get("senderDisplayName") or author_id or "")
    if not system and not author:
        problem = "没有发送人（senderUsername），跳过"
        return BadRecord(where=where, line=number, problem=problem, record_id=own_id)
    text = _MEDIA.get(row.get("localType", 0)) or str(row.get("content") or "")
    return message(
        at=moment[0], author=author, author_id=author_id, text=text, line=number, system=system
    )
