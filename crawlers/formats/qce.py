"""Exports of QQChatExporter V5: JSON and TXT (collection §5)."""

import re
from collections.abc import Iterator
from typing import Any

from crawlers.formats.chat import SYSTEM_NAME, message
from crawlers.formats.document import load_document, messages_of
from crawlers.formats.outcome import Read, sort_out
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import BadRecord, ParsedFile, SourceKind

_TITLE = re.compile(r"^聊天名称[:：]\s*(.+)$", re.MULTILINE)
_FOOT = re.compile(r"^={20,}\s*\n\s*导出完成", re.MULTILINE)
#: A block: sender, time, content up to the next sender or the end.
_BLOCK = re.compile(
    r"^(?P<name>[^\n]*?)[:：]\n时间[:：] (?P<at>[^\n]*)\n内容[:：] ?(?P<text>.*?)"
    r"(?=\n\n+[^\n]*[:：]\n时间[:：] |\Z)",
    re.MULTILINE | re.DOTALL,
)
_FILES = re.compile(r"\n资源[:：] \d+ 个文件(?:\n\s+- [^\n]*)*\s*\Z")


def looks_like_json(text: str) -> bool:
    """Whether the beginning is such a JSON document."""
    head = text[:3000]
    return '"chatInfo"' in head or ("QQChatExporter" in head and head.lstrip().startswith("{"))


def looks_like_txt(text: str) -> bool:
    """Whether the beginning is such a text file."""
    return "QQChatExporter" in text[:300] or "QQ聊天记录导出文件" in text[:600]


def parse_json(text: str, *, name: str) -> ParsedFile:
    """Return the messages in file order; raise ParseError for a cut or foreign document."""
    document = load_document(text, name=name)
    rows = messages_of(document, name=name)
    posts, bad = sort_out(
        _from_json(number, row, name=name) for number, row in enumerate(rows, start=1)
    )
    title = str(_part(document, "chatInfo").get("name") or "").strip()
    return ParsedFile(
        format="qce_json", site=f"qq:{title}" if title else None, kind=SourceKind.GROUP,
        posts=posts, bad=bad,
    )  # fmt: skip


def _from_json(number: int, row: Any, *, name: str) -> Read:
    where = f"{name} 第 {number} 条消息"
    if not isinstance(row, dict):
        return BadRecord(where=where, problem="不是一条消息（应为 JSON 对象），跳过")
    own_id = str(row.get("id") or "") or None
    moment = read_time(row.get("timestamp")) or read_time(row.get("time"))
    if moment is None:
        problem = "没有可读的时间（timestamp、time），跳过"
        return BadRecord(where=where, problem=problem, record_id=own_id)
    sender, content = _part(row, "sender"), _part(row, "content")
    number_id = str(sender.get("uin") or sender.get("uid") or "")
    system = bool(row.get("system")) or row.get("type") == "system" or number_id == "0"
    author = str(sender.get("groupCard") or sender.get("name") or sender.get("nickname") or "")
    if not system and not (author or number_id):
        return BadRecord(where=where, problem="没有发送人（sender），跳过", record_id=own_id)
    return message(
        at=moment[0], author=author or number_id, author_id=number_id or None,
        text=_text(content), line=number, system=system,
    )  # fmt: skip


def _text(content: dict[str, Any]) -> str:
    """Return the text with media as words, so that all exports of a group agree."""
    parts = content.get("elements")
    if not isinstance(parts, list) or not parts:
        return str(content.get("text") or "")
    return "".join(_element(part) for part in parts if isinstance(part, dict))


def _element(part: dict[str, Any]) -> str:
    kind = str(part.get("type") or "")
    if kind in _MEDIA:
        return _MEDIA[kind]
    return str(_part(part, "data").get("text") or "")


def _part(record: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an inner object, empty where the file has something else there."""
    inner = record.get(key)
    return inner if isinstance(inner, dict) else {}


_MEDIA = {
    "image": "[图片]",
    "face": "[表情]",
    "market_face": "[表情]",
    "video": "[视频]",
    "audio": "[语音]",
    "file": "[文件]",
}


def parse_txt(text: str, *, name: str) -> ParsedFile:
    """Return the messages in file order; only display names are known in this format."""
    text = text.replace("\r\n", "\n")
    foot = _FOOT.search(text)
    body = text[: foot.start()] if foot else text
    title = _TITLE.search(text)
    posts, bad = sort_out(
        _from_txt(found, where=f"{name} 第 {number} 行", line=number)
        for number, found in _blocks(body)
    )
    if not posts and not bad:
        raise ParseError(f"{name}：是 QQChatExporter 的 TXT 格式，但一条消息也没有，请重新导出")
    return ParsedFile(
        format="qce_txt", site=f"qq:{title[1].strip()}" if title else None,
        kind=SourceKind.GROUP, posts=posts, bad=bad,
    )  # fmt: skip


def _from_txt(found: re.Match[str], *, where: str, line: int) -> Read:
    moment = read_time(found["at"])
    author = found["name"].strip()
    if moment is None or not author:
        problem = "没有发送人" if moment else f"时间“{found['at']}”读不懂"
        return BadRecord(where=where, problem=f"{problem}，跳过这条消息")
    return message(
        at=moment[0], author=author, author_id=None,
        text=_FILES.sub("", found["text"].rstrip()), line=line,
        system=author in {"0", SYSTEM_NAME},
    )  # fmt: skip


def _blocks(body: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield each block with the number of its first line."""
    line, seen = 1, 0
    for found in _BLOCK.finditer(body):
        line += body.count("\n", seen, found.start())
        seen = found.start()
        yield line, found
