"""Text export of QQ for PC (消息管理器 → 导出消息记录), the file members share most."""

import re
from collections.abc import Iterator

from crawlers.formats.chat import SYSTEM_ID, message, stamp_of
from crawlers.formats.outcome import Opened, Read, some
from crawlers.reader import TextReader
from domain.post import BadRecord, SourceKind

_HEAD = re.compile(
    r"(?P<at>\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}:\d{2}) "
    r"(?P<name>.*)(?:\((?P<number>\d{4,})\)|<(?P<mail>[^<>\s]+)>)\s*"
)
#: A head whose sender is missing altogether: 2026-11-02 21:03:12 or … ().
_NOBODY = re.compile(r"\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}:\d{2}\s*(?:\(\)|<>)?\s*")
_GROUP = re.compile(r"消息对象[:：](.*)")
_CENTURIES = ("19", "20")

Block = tuple[int, str, list[str]]


def looks_like(text: str) -> bool:
    """Whether the beginning is such an export (its header, or heads without one)."""
    head = text[:4000]
    return "消息记录（此消息记录为文本格式" in head or any(
        _HEAD.fullmatch(line.rstrip("\r")) for line in head.splitlines()[:60]
    )


def read(text: TextReader, *, name: str) -> Opened:
    """Return the messages in file order; reading raises ParseError if there is not one head."""
    items = (_message(number, head, body, name=name) for number, head, body in _blocks(text))
    problem = f"{name}：是 QQ 导出的格式，但一条消息也没有；请在消息管理器里选中群后重新导出"
    return Opened(
        format="qq_txt",
        site=_site(text.head),
        kind=SourceKind.GROUP,
        items=some(items, problem, name=name),
    )


def _blocks(text: TextReader) -> Iterator[Block]:
    """Yield (line number, head, body lines); what stands before the first head is the header."""
    current: Block | None = None
    for number, line in text.lines():
        # Looking at two characters first spares most lines the expressions.
        dated = line[:2] in _CENTURIES
        if dated and (_HEAD.fullmatch(line) or _NOBODY.fullmatch(line)):
            if current:
                yield current
            current = (number, line, [])
        elif current:
            current[2].append(line)
    if current:
        yield current


def _message(number: int, head: str, body: list[str], *, name: str) -> Read:
    where = f"{name} 第 {number} 行"
    found = _HEAD.fullmatch(head)
    if not found:
        return BadRecord(
            where=where, line=number, problem="没有发送人（应为 昵称(QQ号) 或 昵称<邮箱>），跳过"
        )
    at = stamp_of(found["at"])
    if at is None:
        return BadRecord(where=where, line=number, problem="时间不存在，跳过这条消息")
    return message(
        at=at,
        author=found["name"],
        author_id=found["number"] or found["mail"],
        # A lone CR is a line break the member typed; CRLF ends the lines of the file.
        text="\n".join(body).replace("\r", "\n"),
        line=number,
        system=found["number"] == SYSTEM_ID,
    )


def _site(head: str) -> str | None:
    for line in head.split("\n")[:12]:
        found = _GROUP.fullmatch(line.strip())
        if found and found[1].strip():
            return f"qq:{found[1].strip()}"
    return None
