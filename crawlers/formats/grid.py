"""Grid (表格): an Excel workbook or CSV as rows of text, every cell as the office wrote it.

Phone and order numbers stay text; a number of more than 15 digits that Excel has already rounded
is given as 1.23457E+19, so that nobody takes it for the real one.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any
from xml.etree.ElementTree import ParseError as XmlError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from crawlers.decode import decode
from domain.errors import ParseError

#: Old .xls files and encrypted workbooks begin so.
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
#: Guard against a decompression bomb (bytes) and against sheets formatted down to the last row.
_MAX_UNPACKED = 300_000_000
_MAX_GAP = 1_000
#: Excel keeps 15 digits of a number.
_EXACT = 10**15
_DELIMITERS = (",", "\t", ";")
#: The header stands within the first rows, below a merged title at most.
HEADER_WITHIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of data: header → cell, with its row number as Excel shows it."""

    row: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One visible sheet; `sheet` is "" for a CSV file."""

    sheet: str
    #: Row number and cells, empty rows left out.
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet whose header was found."""

    name: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are an Excel file, old ones included."""
    return data.startswith((_ZIP, _OLE))


def read_grids(data: bytes, *, name: str) -> list[Grid]:
    """Return the visible sheets of a workbook, or the one grid of a CSV; ParseError naming it."""
    if not data.strip():
        raise ParseError(f"{name}：文件是空的，请重新导出")
    refuse_old(data, name=name)
    if data.startswith(_ZIP):
        return _workbook(data, name)
    text = decode(data, where=name)
    return [Grid(sheet="", rows=tuple(_csv_rows(text, name)))]


def refuse_old(data: bytes, *, name: str) -> None:
    """Raise ParseError for the kind of workbook nobody here can read."""
    if data.startswith(_OLE):
        raise ParseError(
            f"{name}：是旧版 .xls 或加了密码的工作簿，读不了；"
            "请在 Excel 里去掉密码，另存为“Excel 工作簿(*.xlsx)”再导入"
        )


def find_header(grid: Grid, known: Callable[[str], bool], *, least: int = 1) -> Sheet | None:
    """Return the sheet below its header: the early row with most known cells; None if none."""
    best = max(
        enumerate(grid.rows[:HEADER_WITHIN]),
        key=lambda item: (sum(known(cell) for cell in item[1][1]), -item[0]),
        default=None,
    )
    if best is None or sum(known(cell) for cell in best[1][1]) < least:
        return None
    place, (_, header) = best
    lines = tuple(
        Line(row=number, cells=named(header, cells)) for number, cells in grid.rows[place + 1 :]
    )
    return Sheet(name=grid.sheet, header=header, lines=lines)


def named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Return header → cell; a header that stands twice keeps its first cell that says something."""
    found: dict[str, str] = {}
    for title, cell in zip(header, cells, strict=False):
        if title and not found.get(title):
            found[title] = cell
    return found


def _workbook(data: bytes, name: str) -> list[Grid]:
    return [
        Grid(sheet=title, rows=tuple(rows))
        for title, rows in read_sheets(io.BytesIO(data), name=name)
    ]


def read_sheets(
    stream: IO[bytes], *, name: str
) -> Iterator[tuple[str, Iterator[tuple[int, tuple[str, ...]]]]]:
    """Yield (title, rows) of each visible sheet, to be read in this order; ParseError naming it."""
    broken = f"{name}：不是文本，也不是完整的 Excel 工作簿（.xlsx），请用 Excel 重新另存后再导入"
    try:
        with zipfile.ZipFile(stream) as packed:
            if sum(item.file_size for item in packed.infolist()) > _MAX_UNPACKED:
                raise ParseError(f"{name}：解开后超过 300 MB，请分成几个文件再导入")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles we never look at
            book = load_workbook(stream, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    if sheet.sheet_state == "visible":
                        yield sheet.title, _sheet_rows(sheet)
            finally:
                book.close()
    except (
        zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, XmlError, EOFError,
        TypeError, AttributeError, OSError,
    ) as error:  # fmt: skip
        raise ParseError(broken) from error


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, tuple[str, ...]]]:
    sheet.reset_dimensions()  # other programs write a wrong size there
    last = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = _trimmed(_text(value) for value in row)
        if cells:
            last = number
            yield number, cells
        elif number - last > _MAX_GAP:
            return


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    first = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    start = 1
    try:
        for row in reader:
            cells = _trimmed(cell.strip() for cell in row)
            if cells:
                yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise ParseError(
            f"{name} 第 {start} 行：表格在此断开（{error}），请检查引号后再导入"
        ) from error


def _trimmed(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the cells without the empty ones at the end."""
    found = list(cells)
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _text(value: object) -> str:
    """Return a cell as people read it; error values such as #REF! are empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        shape = "%Y-%m-%d" if value.time() == time() else "%Y-%m-%d %H:%M:%S"
        return value.strftime(shape)
    if isinstance(value, date):
        return value.isoformat()
    said = str(value).strip()
    return "" if said.startswith("#") and said.rstrip("!?").isupper() else said


def _number(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.5E}"
    return str(int(value)) if value == int(value) else repr(value)
