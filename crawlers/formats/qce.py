"""Exports of QQChatExporter V5: JSON and TXT (collection §5)."""

import re
from collections.abc import Iterator
from typing import Any

from crawlers.formats.chat import SYSTEM_NAME, message, stamp_of
from crawlers.formats.document import Document, part
from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.rows import json_lines
from crawlers.reader import TextReader
from crawlers.times import read_time
from domain.post import BadRecord, Quote, SourceKind

_TITLE = re.compile(r"^聊天名称[:：]\s*(.+)$", re.MULTILINE)
_FOOT = "导出完成"
_RULE = re.compile(r"={20,}\s*")
#: A time begins with its year; "时间: 八点" is what somebody says.
_AT = re.compile(r"时间[:：] (?P<at>\d{4}\D.*)")
_KIND = re.compile(r"类型[:：] .*")
_TEXT = re.compile(r"内容[:：] ?(?P<text>.*)", re.DOTALL)
#: What the tool writes below a message, in this order.
_BELOW = re.compile(
    r"(?P<files>\n资源[:：] \d+ 个文件(?:\n\s+- [^\n]*)*)?"
    r"(?P<named>\n提及[:：] [^\n]*)?"
    r"(?:\n回复[:：] (?:\d\d-\d\d \d\d:\d\d ?)?(?P<who>[^\n]{0,60}?) - (?P<said>.*))?\Z",
    re.DOTALL,
)
#: What it writes in place of a text there is none of.
_NONE = {"[无文本内容]": "", "[表情消息]": "[表情]", "[系统消息]": ""}
_RESOURCES = {"image": "[图片]", "video": "[视频]", "audio": "[语音]", "file": "[文件]"}
_RESOURCE = re.compile(r"\[((?:image|video|audio|file)(?:、(?:image|video|audio|file))*)消息\]")
_MEDIA = {
    "image": "[图片]",
    "face": "[表情]",
    "market_face": "[表情]",
    "video": "[视频]",
    "audio": "[语音]",
    "file": "[文件]",
}

Block = tuple[int, str, str, list[str]]


def looks_like_json(text: str) -> bool:
    """Whether the beginning is such a JSON document."""
    head = text[:3000]
    return '"chatInfo"' in head or ("QQChatExporter" in head and head.lstrip().startswith("{"))


def looks_like_txt(text: str) -> bool:
    """Whether the beginning is such a text file."""
    return "QQChatExporter" in text[:300] or "QQ聊天记录导出文件" in text[:600]


def looks_like_jsonl(text: str) -> bool:
    """Whether the lines are this tool's messages without the document around them."""
    line = text.lstrip().split("\n", 1)[0]
    return all(f'"{key}"' in line for key in ("sender", "content", "timestamp")) and (
        re.search(r'"sender"\s*:\s*\{', line) is not None
    )


def read_json(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; raise ParseError for a cut or foreign document."""
    document = Document(text, name=name)
    title = str(part(document.head("messages"), "chatInfo").get("name") or "").strip()

    def items() -> Iterator[Read]:
        for number, row in enumerate(document.rows(), start=1):
            yield _from_json(number, row, where=f"{name} 第 {number} 条消息")
        document.rest()

    return Opened(
        format="qce_json", site=f"qq:{title}" if title else None, kind=SourceKind.GROUP,
        items=some(items(), f"{name}：消息列表是空的，请重新导出", name=name),
    )  # fmt: skip


def read_jsonl(text: TextReader, *, name: str) -> Opened:
    """Return the messages of one chunk (c000001.jsonl); its group stands in another file."""
    items = (
        _from_json(line, row, where=f"{name} 第 {line} 行") if isinstance(row, dict) else row
        for line, row in json_lines(text, name=name)
    )
    return Opened(
        format="qce_jsonl", site=None, kind=SourceKind.GROUP,
        items=some(items, f"{name}：没有一条消息，请重新导出", name=name),
    )  # fmt: skip


def _from_json(number: int, row: Any, *, where: str) -> Read:
    if not isinstance(row, dict):
        return BadRecord(where=where, line=number, problem="不是一条消息（应为 JSON 对象），跳过")
    own_id = str(row.get("id") or "") or None
    moment = read_time(row.get("timestamp")) or read_time(row.get("time"))
    if moment is None:
        problem = "没有可读的时间（timestamp、time），跳过"
        return BadRecord(where=where, line=number, problem=problem, record_id=own_id)
    sender, content = part(row, "sender"), part(row, "content")
    number_id = str(sender.get("uin") or sender.get("uid") or "")
    system = bool(row.get("system")) or row.get("type") == "system" or number_id == "0"
    author = str(sender.get("groupCard") or sender.get("name") or sender.get("nickname") or "")
    if not system and not (author or number_id):
        return BadRecord(
            where=where, line=number, problem="没有发送人（sender），跳过", record_id=own_id
        )
    return message(
        at=moment[0], author=author or number_id, author_id=number_id or None,
        text=_text(content), line=number, system=system, quote=_quote(content),
        deleted=row.get("recalled") is True,
    )  # fmt: skip


def _text(content: dict[str, Any]) -> str:
    """Return the text with media as words, so that all exports of a group agree."""
    pieces = content.get("elements")
    if not isinstance(pieces, list) or not pieces:
        return _words(str(content.get("text") or "").strip())
    return "".join(_element(piece) for piece in pieces if isinstance(piece, dict))


def _element(piece: dict[str, Any]) -> str:
    kind = str(piece.get("type") or "")
    if kind in _MEDIA:
        return _MEDIA[kind]
    if kind == "reply":
        return ""  # what is quoted is not what the member says
    data = part(piece, "data")
    if kind == "at":
        name = str(data.get("name") or data.get("text") or data.get("uid") or "").lstrip("@")
        return f"@{name}" if name else ""
    return str(data.get("text") or data.get("summary") or data.get("title") or "")


def _quote(content: dict[str, Any]) -> Quote | None:
    pieces = content.get("elements")
    for piece in pieces if isinstance(pieces, list) else ():
        if isinstance(piece, dict) and piece.get("type") == "reply":
            data = part(piece, "data")
            return Quote(
                author=str(data.get("senderName") or "") or None,
                text=str(data.get("content") or "").strip(),
            )
    return None


def read_txt(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; only display names are known in this format."""
    title = _TITLE.search(text.head)
    items = (_from_txt(*block, name=name) for block in _blocks(text))
    problem = f"{name}：是 QQChatExporter 的 TXT 格式，但一条消息也没有，请重新导出"
    return Opened(
        format="qce_txt", site=f"qq:{title[1].strip()}" if title else None,
        kind=SourceKind.GROUP, items=some(items, problem, name=name),
    )  # fmt: skip


def _blocks(text: TextReader) -> Iterator[Block]:
    """Yield (line, name, time, further lines); a block begins after a gap with `name:`, `时间:`."""
    current: Block | None = None
    held: list[str] = []  # lines since the block's time; the last one may name the next speaker
    for number, line in text.lines():
        if _AT.fullmatch(line) and held and _begins(held, current):
            name = held.pop()
            if current:
                yield (*current[:3], held)
            current, held = (number - 1, name[:-1], line, []), []
        elif line.strip() == _FOOT and held and _RULE.fullmatch(held[-1]):
            held.pop()
            break
        else:
            held.append(line)
            if current is None:
                del held[:-2]
    if current:
        yield (*current[:3], held)


def _begins(held: list[str], current: Block | None) -> bool:
    """Whether the line before this time names a speaker, and what is before it is complete."""
    if not held[-1].endswith((":", "：")):
        return False
    return current is None or (len(held) > 1 and not held[-2])


def _from_txt(line: int, author: str, stamp: str, lines: list[str], *, name: str) -> Read:
    where = f"{name} 第 {line} 行"
    said = _AT.fullmatch(stamp)
    at = stamp_of(said["at"]) if said else None
    if at is None:
        return BadRecord(where=where, line=line, problem="时间读不懂，跳过这条消息")
    author = author.strip()
    if not author:
        return BadRecord(where=where, line=line, problem="没有发送人，跳过这条消息")
    if lines and _KIND.fullmatch(lines[0]):
        lines = lines[1:]
    found = _TEXT.fullmatch("\n".join(lines).rstrip())
    if found is None:
        return BadRecord(where=where, line=line, problem="时间下面没有“内容:”一行，跳过这条消息")
    below = _BELOW.search(found["text"])
    assert below is not None  # it also fits the empty end
    text = found["text"][: below.start()].strip()
    return message(
        at=at, author=author, author_id=None, text=_words(text), line=line,
        system=author in {"0", SYSTEM_NAME} or text == "[系统消息]",
        quote=Quote(author=below["who"] or None, text=below["said"].strip())
        if below["said"] else None,
    )  # fmt: skip


def _words(text: str) -> str:
    """Return the text, the tool's stand-ins for media in the words of all exports."""
    if text in _NONE:
        return _NONE[text]
    found = _RESOURCE.fullmatch(text)
    return "".join(_RESOURCES[kind] for kind in found[1].split("、")) if found else text
