"""Excel tables of posts: the same columns and synonyms as CSV, every visible sheet."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import IO

from crawlers.formats.grid import (
    HEADER_WITHIN,
    Grid,
    find_header,
    named,
    read_sheets,
    refuse_old,
)
from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.records import SYNONYMS, post_of
from crawlers.formats.table import fields_in
from domain.errors import ParseError
from domain.post import SourceKind

_KNOWN = {name for names in SYNONYMS.values() for name in names}
_Rows = Iterator[tuple[int, tuple[str, ...]]]


def read(
    stream: IO[bytes],
    *,
    name: str,
    mapping: Mapping[str, str] | None = None,
    need_time: bool = True,
) -> Opened:
    """Return the posts in file order; reading raises ParseError if no sheet has the columns."""
    stream.seek(0)
    refuse_old(stream.read(8), name=name)
    stream.seek(0)
    wanted = _KNOWN | set((mapping or {}).values())

    def items() -> Iterator[Read]:
        headed = False
        for title, rows in read_sheets(stream, name=name):
            begin = tuple(islice(rows, HEADER_WITHIN))
            sheet = find_header(Grid(sheet=title, rows=begin), lambda c: c.lower() in wanted)
            if sheet is None:
                continue
            headed = True
            yield from _posts(
                title, sheet.header, _below(begin, sheet.header, rows), mapping, name=name,
                need_time=need_time,
            )  # fmt: skip
        if not headed:
            raise ParseError(f"{name}：没有一张工作表有认识的表头（正文、时间 …），请检查第一行")

    return Opened(
        format="xlsx", site=None, kind=SourceKind.SOCIAL,
        items=some(items(), f"{name}：只有表头，没有数据行", name=name),
    )  # fmt: skip


def header(stream: IO[bytes], *, name: str) -> tuple[str, ...]:
    """Return the header of the first sheet: its row with known columns, else its first row."""
    refuse_old(stream.read(8), name=name)
    stream.seek(0)
    for title, rows in read_sheets(stream, name=name):
        begin = tuple(islice(rows, HEADER_WITHIN))
        if begin:
            sheet = find_header(Grid(sheet=title, rows=begin), lambda c: c.lower() in _KNOWN)
            return sheet.header if sheet else begin[0][1]
    return ()


def _below(
    begin: tuple[tuple[int, tuple[str, ...]], ...], header: tuple[str, ...], rows: _Rows
) -> _Rows:
    """Return the rows below the header."""
    place = next(n for n, (_, cells) in enumerate(begin) if cells == header)
    return chain(begin[place + 1 :], rows)


def _posts(
    title: str, header: tuple[str, ...], rows: _Rows, mapping: Mapping[str, str] | None, *,
    name: str, need_time: bool,
) -> Iterator[Read]:  # fmt: skip
    where = f"{name} 工作表“{title}”"
    fields = fields_in(list(header), mapping, name=where, need_time=need_time)
    for number, cells in rows:
        yield post_of(
            named(header, cells), fields, where=f"{where} 第 {number} 行", line=number,
            need_time=need_time,
        )  # fmt: skip
