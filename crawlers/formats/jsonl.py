"""JSON Lines (and a plain JSON list): one post a line, the contract's "Post in"."""

from collections.abc import Iterator, Mapping

from crawlers.formats.outcome import Opened, Read, some
from crawlers.formats.records import fields_of, post_of
from crawlers.formats.rows import json_records
from crawlers.reader import TextReader
from domain.post import BadRecord, SourceKind


def looks_like(text: str) -> bool:
    """Whether the first line is a JSON object of its own, or the text is a list of them."""
    start = text.lstrip()
    if start.startswith("["):
        return start[1:].lstrip().startswith(("{", "]"))
    first = start.split("\n", 1)[0].strip()
    return first.startswith("{") and (first.endswith("}") or '"' in first)


def read(
    text: TextReader, *, name: str, mapping: Mapping[str, str] | None = None, need_time: bool = True
) -> Opened:
    """Return the posts in file order; a broken line is a BadRecord, the rest goes on."""
    # The records of a file mostly have the same keys; their fields are looked up once.
    known: dict[tuple[str, ...], dict[str, str]] = {}

    def items() -> Iterator[Read]:
        for number, record in json_records(text, name=name):
            if isinstance(record, BadRecord):
                yield record
                continue
            keys = tuple(record)
            fields = known.get(keys) or known.setdefault(keys, fields_of(record, mapping))
            where = f"{name} 第 {number} 行"
            yield post_of(record, fields, where=where, line=number, need_time=need_time)

    return Opened(
        format="jsonl", site=None, kind=SourceKind.SOCIAL,
        items=some(items(), f"{name}：没有一条记录，请检查文件", name=name),
    )  # fmt: skip
