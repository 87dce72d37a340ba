"""Exports of MemoTrace 留痕 (WeChat): CSV and TXT (collection §5)."""

import re
from collections.abc import Iterator

from crawlers.formats.chat import SYSTEM_NAME, message, stamp_of
from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.rows import csv_records
from crawlers.reader import TextReader
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import BadRecord, Quote, SourceKind

_COLUMNS = ("localId", "Type", "CreateTime", "StrContent", "StrTime")
_TEXT, _SYSTEM = "1", "10000"
#: Contents of other types are XML; the reader needs only what it was.
_MEDIA = {
    "3": "[图片]", "34": "[语音]", "42": "[名片]", "43": "[视频]", "47": "[表情]", "48": "[位置]",
    "50": "[通话]",
}  # fmt: skip
#: Shared things (type 49) whose words the tool left packed: only what they are is known.
_SHARED = {"3": "[音乐]", "5": "[链接]", "6": "[文件]", "33": "[小程序]", "36": "[小程序]"}
_HEAD = re.compile(r"(?P<at>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (?P<rest>.*)")
#: A system notice stands on the head line itself, where otherwise the name stands.
_NOTICE = re.compile(
    r".*(?:加入了?(?:本群|群聊)|撤回了一条消息|(?:分享文件|发表动态) [\d:]+|移出了?群聊?"
    r"|修改群名为.*)"
)
#: How this tool writes an emoticon; other exports of the same group write [表情].
_STICKER = "[表情包]"
_QUOTED = re.compile(r"(?P<text>.+?)\n引用:(?:未知|(?P<who>[^:\n]{1,60}):(?P<said>.*))", re.DOTALL)
#: A withdrawn message as the program keeps it, with a link to write it anew.
_RECALL = re.compile(
    r"^(?:<revokemsg>)?(?:<!\[CDATA\[)?(.*?)(?: ?<a href=.*?</a>)?(?:\]\]>)?(?:</revokemsg>)?$",
    re.DOTALL,
)
_XML_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def looks_like_csv(text: str) -> bool:
    """Whether the header row has this tool's columns."""
    head = text.split("\n", 1)[0]
    return all(column in head for column in _COLUMNS)


def looks_like_txt(text: str) -> bool:
    """Whether the file is blocks of `time name`, text, empty line."""
    lines = text[:3000].splitlines()
    return bool(lines) and _HEAD.fullmatch(lines[0].strip()) is not None


def read_csv(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; raise ParseError for another table."""
    if not looks_like_csv(text.head):
        raise ParseError(f"{name} 第 1 行：表头不是留痕的列（应有 {'、'.join(_COLUMNS)}）")
    items = (
        _row(row, where=f"{name} 第 {line} 行", line=line) if isinstance(row, dict) else row
        for line, row in csv_records(text, name=name, delimiter=",", ragged=True)
    )
    problem = f"{name}：只有表头，没有消息，请重新导出"
    return Opened(
        format="memotrace_csv",
        site=None,
        kind=SourceKind.GROUP,
        items=some(items, problem, name=name),
    )


def _row(row: dict[str, str | None], *, where: str, line: int) -> Read:
    own_id = row.get("localId") or None
    moment = read_time(row.get("CreateTime")) or read_time(row.get("StrTime"))
    if moment is None:
        return BadRecord(
            where=where,
            line=line,
            problem="没有可读的时间（CreateTime、StrTime），跳过",
            record_id=own_id,
        )
    kind = row.get("Type") or _TEXT
    author = row.get("Remark") or row.get("NickName") or row.get("Sender") or ""
    if kind != _SYSTEM and not author:
        problem = "没有发送人（NickName、Sender），跳过"
        return BadRecord(where=where, line=line, problem=problem, record_id=own_id)
    text = _content(kind, row.get("SubType") or "", row.get("StrContent") or "")
    return message(
        at=moment[0], author=author, author_id=row.get("Sender") or None,
        text=text, line=line, system=kind == _SYSTEM,
    )  # fmt: skip


def _content(kind: str, sub: str, content: str) -> str:
    if kind in _MEDIA:
        return _MEDIA[kind]
    if kind == "49" and not content.strip():
        return _SHARED.get(sub, "")
    if content.lstrip().startswith(("<?xml", "<msg")):
        title = _XML_TITLE.search(content)
        return title[1].strip() if title else "[文件]"
    return _RECALL.sub(r"\1", content) if kind == _SYSTEM else content


def read_txt(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; only display names are known in this format."""
    speakers: set[str] = set()
    items = (
        _block(number, head, body, speakers, name=name) for number, head, body in _blocks(text)
    )
    problem = f"{name}：没有“时间 昵称”开头的消息，请确认是留痕导出的 TXT"
    return Opened(
        format="memotrace_txt",
        site=None,
        kind=SourceKind.GROUP,
        items=some(items, problem, name=name),
    )


def _blocks(text: TextReader) -> Iterator[tuple[int, str, list[str]]]:
    """Yield (line number, head, body); a head counts only after an empty line."""
    current: tuple[int, str, list[str]] | None = None
    after_gap = True
    for number, line in text.lines():
        if after_gap and line[:1].isdigit() and _HEAD.fullmatch(line):
            if current:
                yield current
            current = (number, line, [])
        elif current:
            current[2].append(line)
        after_gap = not line.strip()
    if current:
        yield current


def _block(number: int, head: str, body: list[str], speakers: set[str], *, name: str) -> Read:
    where = f"{name} 第 {number} 行"
    found = _HEAD.fullmatch(head)
    at = stamp_of(found["at"]) if found else None
    if found is None or at is None:
        problem = "时间不存在，跳过这条消息"
        return BadRecord(where=where, line=number, problem=problem)
    rest, text = found["rest"].strip(), "\n".join(body)
    if not rest:
        return BadRecord(where=where, line=number, problem="没有发送人，跳过这条消息")
    # A notice has no body line; a message that says nothing has an empty one, and its gap.
    bare = len(body) == 1 and not body[0] and rest not in speakers
    if _NOTICE.fullmatch(rest) or rest == SYSTEM_NAME or bare:
        words = text if rest == SYSTEM_NAME else f"{rest}\n{text}"
        return message(
            at=at, author=SYSTEM_NAME, author_id=None, text=words, line=number, system=True
        )
    speakers.add(rest)
    text, quote = _unquoted(text.replace(_STICKER, "[表情]"))
    return message(at=at, author=rest, author_id=None, text=text, line=number, quote=quote)


def _unquoted(text: str) -> tuple[str, Quote | None]:
    """Return what the member says and what the reply quotes, which stands behind it."""
    if "引用:" not in text:
        return text, None
    found = _QUOTED.fullmatch(text.rstrip())
    if found is None:
        return text, None
    return found["text"], Quote(author=found["who"] or None, text=found["said"] or "")
