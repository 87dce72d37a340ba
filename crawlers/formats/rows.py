"""Rows (记录): a long CSV, JSON list or JSONL file as one record after the other."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from crawlers.formats.document import Document
from crawlers.reader import TextReader
from domain.post import BadRecord

_DELIMITERS = (",", "\t", ";", "|")
#: A cell may be an article; the module's own limit is 128 KB.
csv.field_size_limit(16 << 20)
Row = tuple[int, dict[str, Any] | BadRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records of a file, and their columns where it has a header."""

    #: [] for JSON, where each record names its own.
    columns: list[str]
    rows: Iterator[Row]


def header_of(head: str) -> tuple[list[str], str]:
    """Return the column names and the delimiter that splits the first line into most cells."""
    first = head.lstrip("\ufeff\r\n").split("\n", 1)[0].strip("\r")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        row = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        row = []
    return [cell.strip() for cell in row], delimiter


def is_json(head: str) -> bool:
    """Whether the text begins as JSON does."""
    return head.lstrip()[:1] in ("{", "[")


def records(text: TextReader, *, name: str) -> Records:
    """Return the records of a CSV, a JSON list or a JSONL file."""
    if is_json(text.head):
        return Records(columns=[], rows=json_records(text, name=name))
    header, delimiter = header_of(text.head)
    return Records(columns=header, rows=csv_records(text, name=name, delimiter=delimiter))


def csv_records(
    text: TextReader, *, name: str, delimiter: str, ragged: bool = False
) -> Iterator[Row]:
    """Yield (line of the file, record); `ragged` takes rows shorter or longer than the header."""
    reader = csv.reader(text.records(), delimiter=delimiter)
    header: list[str] | None = None
    start = 1
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            if not any(cell and not cell.isspace() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
            elif ragged or len(row) == len(header):
                yield line, dict(zip(header, row, strict=False))
            else:
                problem = f"有 {len(row)} 列，表头是 {len(header)} 列，可能少了引号，跳过"
                yield line, _bad(name, line, problem)
    except csv.Error as error:
        yield start, _bad(name, start, f"表格在此断开，后面读不了：{error}")


def json_records(text: TextReader, *, name: str) -> Iterator[Row]:
    """Yield (position or line, record) of a JSON list or of JSONL."""
    if not text.head.lstrip().startswith("["):
        yield from json_lines(text, name=name)
        return
    for number, row in enumerate(Document(text, name=name).rows(), start=1):
        if isinstance(row, dict):
            yield number, row
        else:
            where = f"{name} 第 {number} 条"
            problem = "应是一个 JSON 对象 {…}，跳过"
            yield number, BadRecord(where=where, line=number, problem=problem)


def json_lines(text: TextReader, *, name: str) -> Iterator[Row]:
    """Yield (line, record); a broken line is a BadRecord, the rest goes on."""
    for number, line in text.lines():
        if line and not line.isspace():
            yield number, _record(line, number, name=name)


def _record(line: str, number: int, *, name: str) -> dict[str, Any] | BadRecord:
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        column = error.colno if isinstance(error, json.JSONDecodeError) else 1
        problem = f"不是完整的 JSON（第 {column} 列起读不懂），跳过这一行"
        return _bad(name, number, problem)
    if isinstance(record, dict):
        return record
    return _bad(name, number, "应是一个 JSON 对象 {…}，跳过这一行")


def _bad(name: str, line: int, problem: str) -> BadRecord:
    return BadRecord(where=f"{name} 第 {line} 行", line=line, problem=problem)
