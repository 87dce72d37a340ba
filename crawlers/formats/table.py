"""CSV tables from anywhere: columns by synonym or by the operator's mapping (collection §5)."""

import csv
import io
from collections.abc import Iterator, Mapping

from crawlers.formats.outcome import Read, sort_out
from crawlers.formats.records import SYNONYMS, fields_of, post_of
from domain.errors import ParseError
from domain.post import BadRecord, ParsedFile, SourceKind

_DELIMITERS = (",", "\t", ";", "|")
#: A table must have these; what each may be called is said when it is missing.
_NEEDED = {"text": "正文", "published_at": "时间"}


def looks_like(text: str) -> bool:
    """Whether the first line is a header of which at least text or title is understood."""
    fields = fields_of(_header(text)[0])
    return "text" in fields or ("title" in fields and "published_at" in fields)


def parse(
    text: str, *, name: str, mapping: Mapping[str, str] | None = None, need_time: bool = True
) -> ParsedFile:
    """Return the posts in file order; raise ParseError if a needed column is not there."""
    header, delimiter = _header(text)
    fields = fields_in(header, mapping, name=name, need_time=need_time)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    def read(row: list[str], line: int) -> Read:
        where = f"{name} 第 {line} 行"
        if len(row) != len(header):
            problem = f"有 {len(row)} 列，表头是 {len(header)} 列，可能少了引号，跳过"
            return BadRecord(where=where, problem=problem)
        record = dict(zip(header, row, strict=True))
        return post_of(record, fields, where=where, line=line, need_time=need_time)

    def rows() -> Iterator[Read]:
        next(reader)
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield read(row, reader.line_num)
        except csv.Error as error:
            where = f"{name} 第 {reader.line_num} 行"
            yield BadRecord(where=where, problem=f"表格在此断开，后面读不了：{error}")

    posts, bad = sort_out(rows())
    if not posts and not bad:
        raise ParseError(f"{name}：只有表头，没有数据行")
    return ParsedFile(format="csv", site=None, kind=SourceKind.SOCIAL, posts=posts, bad=bad)


def _header(text: str) -> tuple[list[str], str]:
    """Return the column names and the delimiter that splits the first line into most cells."""
    first = text.lstrip("\ufeff\r\n").split("\n", 1)[0].strip("\r")
    delimiter = max(_DELIMITERS, key=first.count)
    row = next(csv.reader([first], delimiter=delimiter), [])
    return [cell.strip() for cell in row], delimiter


def fields_in(
    header: list[str], mapping: Mapping[str, str] | None, *, name: str, need_time: bool
) -> dict[str, str]:
    """Return field → column; raise ParseError if a needed or mapped column is not there."""
    for field, column in (mapping or {}).items():
        if field not in SYNONYMS:
            raise ParseError(f"{name}：--map 里的字段“{field}”不认识，可用：{'、'.join(SYNONYMS)}")
        if column not in header:
            raise ParseError(f"{name}：--map 指定的列“{column}”不存在，表里有：{'、'.join(header)}")
    fields = fields_of(header, mapping)
    needed = [field for field in _NEEDED if need_time or field != "published_at"]
    if "title" in fields:
        needed = [field for field in needed if field != "text"]
    missing = [field for field in needed if field not in fields]
    if missing:
        words = "、".join(f"{_NEEDED[field]}（{field}）" for field in missing)
        example = " ".join(f"--map {field}=列名" for field in missing)
        raise ParseError(
            f"{name} 第 1 行：找不到{words}列，表里有：{'、'.join(header)}；请用 {example} 指定"
        )
    return fields
