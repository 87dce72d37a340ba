"""JSON Lines (and a plain JSON list): one post a line, the contract's "Post in"."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from crawlers.formats.outcome import Read, sort_out
from crawlers.formats.records import fields_of, post_of
from domain.errors import ParseError
from domain.post import BadRecord, ParsedFile, SourceKind


def looks_like(text: str) -> bool:
    """Whether the first line is a JSON object of its own, or the text is a list of them."""
    start = text.lstrip()
    if start.startswith("["):
        return start[1:].lstrip().startswith(("{", "]"))
    first = start.split("\n", 1)[0].strip()
    return first.startswith("{") and (first.endswith("}") or '"' in first)


def parse(
    text: str, *, name: str, mapping: Mapping[str, str] | None = None, need_time: bool = True
) -> ParsedFile:
    """Return the posts in file order; a broken line is a BadRecord, the rest goes on."""
    # The records of a file mostly have the same keys; their fields are looked up once.
    known: dict[tuple[str, ...], dict[str, str]] = {}

    def read(number: int, record: dict[str, Any] | str) -> Read:
        where = f"{name} 第 {number} 行"
        if isinstance(record, str):
            return BadRecord(where=where, problem=record)
        keys = tuple(record)
        fields = known.get(keys) or known.setdefault(keys, fields_of(record, mapping))
        return post_of(record, fields, where=where, line=number, need_time=need_time)

    posts, bad = sort_out(read(number, record) for number, record in _records(text, name=name))
    if not posts and not bad:
        raise ParseError(f"{name}：没有一条记录，请检查文件")
    return ParsedFile(format="jsonl", site=None, kind=SourceKind.SOCIAL, posts=posts, bad=bad)


def _records(text: str, *, name: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Yield (line or position, record), the record being a sentence where it is broken."""
    if text.lstrip().startswith("["):
        yield from _listed(text, name=name)
        return
    # Only \n ends a line: splitlines() would also cut at U+2028 inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, _record(line)


def _record(line: str) -> dict[str, Any] | str:
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        column = error.colno if isinstance(error, json.JSONDecodeError) else 1
        return f"不是完整的 JSON（第 {column} 列起读不懂），跳过这一行"
    return record if isinstance(record, dict) else "应是一个 JSON 对象 {…}，跳过这一行"


def _listed(text: str, *, name: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise ParseError(
            f"{name} 第 {error.lineno} 行第 {error.colno} 列：JSON 没有写完或有错误，"
            "请重新导出整个文件"
        ) from error
    for number, row in enumerate(rows, start=1):
        yield number, row if isinstance(row, dict) else "应是一个 JSON 对象 {…}，跳过"
