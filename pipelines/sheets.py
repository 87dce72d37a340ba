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
_SPLIT = re.compile(r"[、，,;；|/／\n]+")
#: Columns that say nothing and need no word when they are not taken in.
_COUNTERS = {"序号", "行号", "no", "no."}
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
    #: Whether a cell holds several entries, so that columns of one field add up.
    several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row: field → cell (absent: the table has no such column), and where it stands."""

    where: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The rows of a table and the titles of its columns that nothing is known of."""

    rows: tuple[Record, ...]
    unknown: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """Tell which columns stay out, as a warning; empty if none does."""
        return (f"未认识的列：{'、'.join(self.unknown)}，不会导入",) if self.unknown else ()


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


def read_records(data: bytes, name: str, columns: Sequence[Column], *, needed: str) -> Records:
    """Return the rows of all visible sheets; ParseError if no sheet has the needed column."""
    by_name = {
        _plain(word): column
        for column in columns
        for word in (column.title, column.field, *column.synonyms)
    }
    found: list[Record] = []
    unknown: dict[str, None] = {}
    understood = False
    for grid in read_grids(data, name=name):
        sheet = find_header(grid, lambda cell: _column(cell, by_name) is not None)
        if sheet is None:
            continue
        known = {title: _column(title, by_name) for title in sheet.header if title}
        fields = {title: column for title, column in known.items() if column is not None}
        if needed not in {column.field for column in fields.values()}:
            continue
        understood = True
        place = f"{name} 工作表“{sheet.name}”" if sheet.name else name
        found += [_record(f"{place} 第 {line.row} 行", line, fields) for line in sheet.lines]
        unknown |= dict.fromkeys(
            title for title in known if title not in fields and _plain(title) not in _COUNTERS
        )
    if not understood:
        wanted = next(column.title for column in columns if column.field == needed)
        titles = "、".join(column.title for column in columns)
        raise ParseError(f"{name}：找不到表头“{wanted}”，请用模板填写；认识的列有：{titles}")
    rows = tuple(record for record in found if any(record.cells.values()))
    return Records(rows=rows, unknown=tuple(unknown))


def _column(title: str, by_name: Mapping[str, Column]) -> Column | None:
    """Return the column a header means; of "别名/案名" the first name that is known."""
    names = (_plain(title), *(_plain(part) for part in re.split(r"[/／、]", title)))
    return next((by_name[name] for name in names if name in by_name), None)


def _record(where: str, line: Line, fields: Mapping[str, Column]) -> Record:
    """Return the row; an empty cell is "", so that it is told from a column the table lacks."""
    cells = {column.field: "" for column in fields.values()}
    for title, column in fields.items():
        said = undo(line.cells.get(title, ""))
        if column.several and said and cells[column.field]:
            said = f"{cells[column.field]}、{said}"
        if column.several or not cells[column.field]:
            cells[column.field] = said or cells[column.field]
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
