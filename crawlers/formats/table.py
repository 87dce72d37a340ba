"""CSV tables from anywhere: columns by synonym or by the operator's mapping (collection §5)."""

from collections.abc import Iterator, Mapping

from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.records import SYNONYMS, fields_of, post_of
from crawlers.formats.rows import csv_records, header_of
from crawlers.reader import TextReader
from domain.errors import ParseError
from domain.post import BadRecord, SourceKind

#: A table must have these; what each may be called is said when it is missing.
_NEEDED = {"text": "正文", "published_at": "时间"}


def looks_like(text: str) -> bool:
    """Whether the first line is a header of which at least text or title is understood."""
    fields = fields_of(header_of(text)[0])
    return "text" in fields or ("title" in fields and "published_at" in fields)


def read(
    text: TextReader, *, name: str, mapping: Mapping[str, str] | None = None, need_time: bool = True
) -> Opened:
    """Return the posts in file order; raise ParseError if a needed column is not there."""
    header, delimiter = header_of(text.head)
    fields = fields_in(header, mapping, name=name, need_time=need_time)

    def items() -> Iterator[Read]:
        for line, record in csv_records(text, name=name, delimiter=delimiter):
            if isinstance(record, BadRecord):
                yield record
                continue
            where = f"{name} 第 {line} 行"
            yield post_of(record, fields, where=where, line=line, need_time=need_time)

    return Opened(
        format="csv", site=None, kind=SourceKind.SOCIAL,
        items=some(items(), f"{name}：只有表头，没有数据行", name=name),
    )  # fmt: skip


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
