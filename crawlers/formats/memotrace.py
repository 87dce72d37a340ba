"""Exports of MemoTrace 留痕 (WeChat): CSV and TXT (collection §5)."""

import csv
import io
import re
from collections.abc import Iterator

from crawlers.formats.chat import SYSTEM_NAME, message
from crawlers.formats.outcome import Read, sort_out
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import BadRecord, ParsedFile, SourceKind

_COLUMNS = ("localId", "Type", "CreateTime", "StrContent", "StrTime")
_TEXT, _SYSTEM = "1", "10000"
#: Contents of other types are XML; the reader needs only what it was.
_MEDIA = {"3": "[图片]", "34": "[语音]", "43": "[视频]", "47": "[表情]", "48": "[位置]"}
_HEAD = re.compile(r"(?P<at>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (?P<rest>.*)")
#: A system notice stands on the head line itself, where otherwise the name stands.
_NOTICE = re.compile(
    r".*(?:加入了?(?:本群|群聊)|撤回了一条消息|(?:分享文件|发表动态) [\d:]+|移出了?群聊?"
    r"|修改群名为.*)"
)
#: How this tool writes an emoticon; other exports of the same group write [表情].
_STICKER = "[表情包]"
_XML_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


def looks_like_csv(text: str) -> bool:
    """Whether the header row has this tool's columns."""
    head = text.split("\n", 1)[0]
    return all(column in head for column in _COLUMNS)


def looks_like_txt(text: str) -> bool:
    """Whether the file is blocks of `time name`, text, empty line."""
    lines = text[:3000].splitlines()
    return bool(lines) and _HEAD.fullmatch(lines[0].strip()) is not None


def parse_csv(text: str, *, name: str) -> ParsedFile:
    """Return the messages in file order; raise ParseError for another table."""
    if not looks_like_csv(text):
        raise ParseError(f"{name} 第 1 行：表头不是留痕的列（应有 {'、'.join(_COLUMNS)}）")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    posts, bad = sort_out(
        _row(row, where=f"{name} 第 {reader.line_num} 行", line=reader.line_num) for row in reader
    )
    if not posts and not bad:
        raise ParseError(f"{name}：只有表头，没有消息，请重新导出")
    return ParsedFile(
        format="memotrace_csv", site=None, kind=SourceKind.GROUP,
        posts=posts, bad=bad,
    )  # fmt: skip


def _row(row: dict[str, str | None], *, where: str, line: int) -> Read:
    own_id = row.get("localId") or None
    moment = read_time(row.get("CreateTime")) or read_time(row.get("StrTime"))
    if moment is None:
        return BadRecord(
            where=where, problem="没有可读的时间（CreateTime、StrTime），跳过", record_id=own_id
        )
    kind = row.get("Type") or _TEXT
    author = row.get("Remark") or row.get("NickName") or row.get("Sender") or ""
    if kind != _SYSTEM and not author:
        problem = "没有发送人（NickName、Sender），跳过"
        return BadRecord(where=where, problem=problem, record_id=own_id)
    return message(
        at=moment[0], author=author, author_id=row.get("Sender") or None,
        text=_content(kind, row.get("StrContent") or ""), line=line, system=kind == _SYSTEM,
    )  # fmt: skip


def _content(kind: str, content: str) -> str:
    if kind in _MEDIA:
        return _MEDIA[kind]
    if content.lstrip().startswith(("<?xml", "<msg")):
        title = _XML_TITLE.search(content)
        return title[1].strip() if title else "[文件]"
    return content


def parse_txt(text: str, *, name: str) -> ParsedFile:
    """Return the messages in file order; only display names are known in this format."""
    lines = text.replace("\r\n", "\n").split("\n")
    posts, bad = sort_out(
        _block(number, head, body, name=name) for number, head, body in _blocks(lines)
    )
    if not posts and not bad:
        raise ParseError(f"{name}：没有“时间 昵称”开头的消息，请确认是留痕导出的 TXT")
    return ParsedFile(
        format="memotrace_txt", site=None, kind=SourceKind.GROUP,
        posts=posts, bad=bad,
    )  # fmt: skip


def _blocks(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Yield (line number, head, body); a head counts only after an empty line."""
    current: tuple[int, str, list[str]] | None = None
    after_gap = True
    for number, line in enumerate(lines, start=1):
        if after_gap and _HEAD.fullmatch(line):
            if current:
                yield current
            current = (number, line, [])
        elif current:
            current[2].append(line)
        after_gap = not line.strip()
    if current:
        yield current


def _block(number: int, head: str, body: list[str], *, name: str) -> Read:
    where = f"{name} 第 {number} 行"
    found = _HEAD.fullmatch(head)
    moment = read_time(found["at"]) if found else None
    if found is None or moment is None:
        return BadRecord(where=where, problem=f"时间“{head[:19]}”不存在，跳过这条消息")
    rest, text = found["rest"].strip(), "\n".join(body)
    if not rest:
        return BadRecord(where=where, problem="没有发送人，跳过这条消息")
    if _NOTICE.fullmatch(rest) or rest == SYSTEM_NAME:
        words = text if rest == SYSTEM_NAME else f"{rest}\n{text}"
        return message(
            at=moment[0], author=SYSTEM_NAME, author_id=None, text=words, line=number, system=True
        )
    text = text.replace(_STICKER, "[表情]")
    return message(at=moment[0], author=rest, author_id=None, text=text, line=number)
