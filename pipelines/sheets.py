"""Sheets (表格): the company's facts as Excel or CSV, read by Chinese and English headers.

What is written can be read back. A cell that a spreadsheet would run as a formula gets a leading
apostrophe on the way out and loses it on the way in (design §9: never a formula).
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from crawlers.formats.grid import Line, find_header, read_grids
from domain.errors import ParseError

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_SPLIT = re.compile(r"[、，,;；|\n]+")
#: Rows of an empty template that carry a drop-down.
_TEMPLATE_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a company table."""

    field: str
    title: str
    #: Other names it goes by, lower case.
    synonyms: tuple[str, ...] = ()
    #: What to write, shown in the template.
    hint: str = ""
    #: The only values allowed, as a drop-down.
    choices: tuple[str, ...] = ()
    width: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row: field → cell, and where it stands for messages."""

    where: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong with one cell and what to do: sheet and row, column, what, cure."""

    where: str
    column: str
    what: str
    cure: str

    def __str__(self) -> str:
        column = f" “{self.column}”列" if self.column else ""
        return f"{self.where}{column}：{self.what}，{self.cure}"


def read_records(data: bytes, name: str, columns: Sequence[Column], *, needed: str) -> list[Record]:
    """Return the rows of all visible sheets; ParseError if no sheet has the needed column."""
    by_name = {
        _plain(word): column.field
        for column in columns
        for word in (column.title, column.field, *column.synonyms)
    }
    found: list[Record] = []
    understood = False
    for grid in read_grids(data, name=name):
        sheet = find_header(grid, lambda cell: _plain(cell) in by_name)
        if sheet is None:
            continue
        fields = {
            title: by_name[_plain(title)] for title in sheet.header if _plain(title) in by_name
        }
        if needed not in fields.values():
            continue
        understood = True
        place = f"{name} 工作表“{sheet.name}”" if sheet.name else name
        found += [_record(f"{place} 第 {line.row} 行", line, fields) for line in sheet.lines]
    if not understood:
        wanted = next(column.title for column in columns if column.field == needed)
        titles = "、".join(column.title for column in columns)
        raise ParseError(f"{name}：找不到表头“{wanted}”，请用模板填写；认识的列有：{titles}")
    return [record for record in found if any(record.cells.values())]


def _record(where: str, line: Line, fields: Mapping[str, str]) -> Record:
    cells = {fields[title]: undo(cell) for title, cell in line.cells.items() if title in fields}
    return Record(where=where, cells=cells)


def _plain(title: str) -> str:
    """Return a header without its remarks in brackets, spaces and stars."""
    return re.sub(r"[(（][^)）]*[)）]|[\s*＊:：]", "", title).lower()


def words(cell: str) -> tuple[str, ...]:
    """Return the entries of a cell that holds several, each once."""
    return tuple(dict.fromkeys(item.strip() for item in _SPLIT.split(cell) if item.strip()))


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def undo(cell: str) -> str:
    """Return a cell as it was before `safe`."""
    return (
        cell[1:] if cell[:1] == "'" and cell[1:2] and cell[1:].startswith(_RUNS) else cell.strip()
    )


def write_csv(columns: Sequence[Column], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Return a CSV with BOM, which Excel opens without garbling."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.title for column in columns])
    writer.writerows([safe(row.get(column.field, "")) for column in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def write_workbook(
    columns: Sequence[Column], rows: Sequence[Mapping[str, str]], *, sheet: str
) -> bytes:
    """Return a workbook with header, hints as comments, drop-downs, all cells as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet(sheet)
    head = book.add_format({"bold": True, "bg_color": "#F3E3D3", "border": 1})
    as_text = book.add_format({"num_format": "@"})
    for place, column in enumerate(columns):
        page.set_column(place, place, column.width, as_text)
        page.write_string(0, place, column.title, head)
        if column.hint:
            page.write_comment(0, place, column.hint)
        if column.choices:
            last = max(len(rows), _TEMPLATE_ROWS)
            page.data_validation(
                1, place, last, place, {"validate": "list", "source": list(column.choices)}
            )
    for number, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            page.write_string(number, place, safe(row.get(column.field, "")), as_text)
    page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()
