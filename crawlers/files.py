"""Files people hand in: format by content, the same for the drop folder, import and parse.

A file is read as a stream: `open_stream` tells its head at once and gives its posts one by one, so
a million lines need no more memory than a thousand. `parse_file` is the same for bytes in hand.
"""

import hashlib
import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import PurePath
from typing import IO

from crawlers.decode import CHUNK, DamagedError, declared_charset, decoded, unpacked
from crawlers.formats import (
    jsonl,
    mediacrawler,
    memotrace,
    qce,
    qq_mht,
    qq_txt,
    table,
    weflow,
    weibo_search,
    xlsx,
)
from crawlers.formats.grid import is_workbook
from crawlers.formats.outcome import Opened, Read
from crawlers.formats.rows import header_of, is_json
from crawlers.ordinals import numbered
from crawlers.reader import TextReader
from domain.errors import ParseError
from domain.post import BadRecord, ParsedFile, ParsedPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format: how it is recognised and how it is read."""

    looks_like: Callable[[str], bool]
    read: Callable[..., Opened]
    #: Whether columns or keys may be mapped (--map field=column).
    mapped: bool = False
    #: Whether the file must end with the bracket it began with.
    bracketed: bool = False


#: Name (as in `--format`) → format; detection asks them in this order.
FORMATS: dict[str, Format] = {
    "weflow_json": Format(looks_like=weflow.looks_like, read=weflow.read, bracketed=True),
    "qce_json": Format(looks_like=qce.looks_like_json, read=qce.read_json, bracketed=True),
    "qce_jsonl": Format(looks_like=qce.looks_like_jsonl, read=qce.read_jsonl),
    "qce_txt": Format(looks_like=qce.looks_like_txt, read=qce.read_txt),
    "memotrace_csv": Format(looks_like=memotrace.looks_like_csv, read=memotrace.read_csv),
    "qq_mht": Format(looks_like=qq_mht.looks_like, read=qq_mht.read),
    "qq_txt": Format(looks_like=qq_txt.looks_like, read=qq_txt.read),
    "memotrace_txt": Format(looks_like=memotrace.looks_like_txt, read=memotrace.read_txt),
    "mediacrawler": Format(looks_like=mediacrawler.looks_like, read=mediacrawler.read),
    "weibo_search": Format(looks_like=weibo_search.looks_like, read=weibo_search.read),
    "jsonl": Format(looks_like=jsonl.looks_like, read=jsonl.read, mapped=True),
    "csv": Format(looks_like=table.looks_like, read=table.read, mapped=True),
}
XLSX = "xlsx"
#: A longer file is proved by its hash alone; the raw bytes of shorter public ones are kept.
MOST_RAW = 16 << 20
#: Refused records a file with nothing else may have before it is given up on.
_PATIENCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file seen once from end to end: whole as an archive, and what it is known by."""

    sha256: str
    size: int
    #: The last bytes, unpacked.
    tail: bytes


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of an open file in parts."""
    while part := stream.read(CHUNK):
        yield part


def check(stream: IO[bytes], *, name: str) -> Checked:
    """Read a file from end to end; raise ParseError if it is empty or its archive is broken."""
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for part in chunks(stream):
            digest.update(part)
            size += len(part)
            yield part

    tail = b""
    for part in unpacked(counted(), where=name):
        tail = (tail + part[-256:])[-256:]
    deque(counted(), maxlen=0)  # whatever stands behind an archive belongs to the file
    if not tail.strip() and size < CHUNK:
        raise ParseError(f"{name}：文件是空的，请重新导出")
    return Checked(sha256=digest.hexdigest(), size=size, tail=tail)


def open_stream(
    stream: IO[bytes],
    *,
    name: str,
    format: str = "auto",  # noqa: A002 — the word of the command line
    mapping: Mapping[str, str] | None = None,
    need_time: bool = True,
    tail: bytes | None = None,
) -> Opened:
    """Return a file's head and its posts as a stream; raise ParseError when it cannot be read.

    `tail`, where the caller has it, tells a cut document beforehand.
    `need_time=False` is for `analyse`, whose input may lack times (jsonl, csv and xlsx only).
    """
    parts = unpacked(chunks(stream), where=name)
    first = next((part for part in parts if part.strip()), b"")
    if not first:
        raise ParseError(f"{name}：文件是空的，请重新导出")
    if is_workbook(first):
        whole = stream if first[:4] == b"PK\x03\x04" and _rewound(stream) else io.BytesIO(
            b"".join(chain([first], parts))
        )  # fmt: skip
        opened = xlsx.read(whole, name=name, mapping=mapping, need_time=need_time)
    else:
        text = TextReader(
            decoded(chain([first], parts), where=name, declared=declared_charset("", first[:200])),
            name=name,
        )
        opened = _opened(text, format, name=name, mapping=mapping, need_time=need_time, tail=tail)
    return replace(opened, items=numbered(_until_damage(opened.items, name=name)))


def _rewound(stream: IO[bytes]) -> bool:
    """Set a plain workbook on disk back to its begin; False for an archive or a pipe."""
    if not stream.seekable():
        return False
    stream.seek(0)
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return not packed


def _opened(
    text: TextReader, wanted: str, *, name: str, mapping: Mapping[str, str] | None,
    need_time: bool, tail: bytes | None,
) -> Opened:  # fmt: skip
    chosen = _chosen(wanted, text.head, name=name, mapping=mapping)
    if chosen.bracketed and tail is not None and not tail.rstrip(b" \t\r\n\0").endswith(b"}"):
        raise ParseError(f"{name}：JSON 没有写完（可能还在导出或复制中断），请重新导出整个文件")
    if chosen.mapped:
        return chosen.read(text, name=name, mapping=mapping, need_time=need_time)
    return chosen.read(text, name=name)


def parse_file(
    data: bytes,
    *,
    name: str,
    format: str = "auto",  # noqa: A002 — the word of the command line
    mapping: Mapping[str, str] | None = None,
    need_time: bool = True,
) -> ParsedFile:
    """Return what a file says; raise ParseError when nothing of it can be read."""
    return gather(
        open_stream(
            io.BytesIO(data), name=name, format=format, mapping=mapping, need_time=need_time
        )
    )


def gather(opened: Opened) -> ParsedFile:
    """Return a whole file in memory, for the callers that need it so."""
    posts: list[ParsedPost] = []
    bad: list[BadRecord] = []
    for item in opened.items:
        if isinstance(item, BadRecord):
            bad.append(item)
        else:
            posts.append(item)
    return ParsedFile(
        format=opened.format, site=opened.site, kind=opened.kind, posts=tuple(posts),
        bad=tuple(bad),
    )  # fmt: skip


def _until_damage(items: Iterator[Read], *, name: str) -> Iterator[Read]:
    """Yield the items; where the encoding breaks off, say so and end with what was read."""
    try:
        yield from items
    except DamagedError as error:
        problem = str(error).removeprefix(f"{name} 第 {error.line} 行：")
        yield BadRecord(where=f"{name} 第 {error.line} 行", line=error.line, problem=problem)


def worthwhile(items: Iterator[Read], *, name: str) -> Iterator[Read]:
    """Hold back refused records until one post was read; NothingReadError if there is none.

    For those who store: a file of which every record lacks time or sender is refused as a whole.
    """
    held: list[Read] = []
    for item in items:
        held.append(item)
        if not isinstance(item, BadRecord):
            yield from held
            yield from items
            return
        if len(held) > _PATIENCE:
            break
    if held:
        raise NothingReadError(name, [item for item in held if isinstance(item, BadRecord)])


class NothingReadError(ParseError):
    """Not one record of the file could be used; says why the first could not."""

    def __init__(self, name: str, bad: list[BadRecord]) -> None:
        #: What was refused, up to the point where it was given up.
        self.bad = tuple(bad)
        first = bad[0]
        super().__init__(
            f"{name}：没有一条记录能用，整个文件未导入。{first.where}：{first.problem}；"
            "请确认文件带有时间与发送人，或用 --format、--map 指定格式和列"
        )


def _chosen(wanted: str, head: str, *, name: str, mapping: Mapping[str, str] | None) -> Format:
    """Return the format asked for or recognised; never a guess."""
    if wanted == XLSX:
        raise ParseError(f"{name}：不是 Excel 工作簿（.xlsx），请去掉 --format 或重新另存")
    if wanted != "auto":
        if wanted not in FORMATS:
            known = "、".join((*FORMATS, XLSX))
            raise ParseError(f"{name}：不认识的格式“{wanted}”，可用：auto、{known}")
        return FORMATS[wanted]
    for known_format in FORMATS.values():
        if known_format.looks_like(head):
            return known_format
    if mapping or PurePath(name.removesuffix(".gz")).suffix.lower() in {".csv", ".tsv"}:
        return FORMATS["csv"]
    raise ParseError(f"{name}：认不出是哪种文件，请用 --format 指定（{'、'.join(FORMATS)}）")


def columns_of(stream: IO[bytes], *, name: str) -> tuple[str, ...]:
    """Return the header of a table people made, () for everything else; reads the beginning."""
    first = next((part for part in unpacked(chunks(stream), where=name) if part.strip()), b"")
    if is_workbook(first):
        return xlsx.header(stream, name=name) if _rewound(stream) else ()
    head = TextReader(decoded([first], where=name), name=name).head
    known = next((form for form in FORMATS.values() if form.looks_like(head)), FORMATS["csv"])
    if known.mapped and not is_json(head):
        return tuple(header_of(head)[0])
    return ()
