"""Excel tables of posts: the same columns and synonyms as CSV, every visible sheet."""

from collections.abc import Iterator, Mapping

from crawlers.formats.grid import Sheet, find_header, read_grids
from crawlers.formats.outcome import Read, sort_out
from crawlers.formats.records import SYNONYMS, post_of
from crawlers.formats.table import fields_in
from domain.errors import ParseError
from domain.post import ParsedFile, SourceKind

_KNOWN = {name for names in SYNONYMS.values() for name in names}


def parse(
    data: bytes, *, name: str, mapping: Mapping[str, str] | None = None, need_time: bool = True
) -> ParsedFile:
    """Return the posts in file order; raise ParseError if no sheet has the needed columns."""
    wanted = _KNOWN | set((mapping or {}).values())
    grids = read_grids(data, name=name)
    sheets = [
        found for grid in grids if (found := find_header(grid, lambda c: c.lower() in wanted))
    ]
    if not sheets:
        raise ParseError(f"{name}：没有一张工作表有认识的表头（正文、时间 …），请检查第一行")

    def rows() -> Iterator[Read]:
        for sheet in sheets:
            yield from _posts(sheet, mapping, name=name, need_time=need_time)

    posts, bad = sort_out(rows())
    if not posts and not bad:
        raise ParseError(f"{name}：只有表头，没有数据行")
    return ParsedFile(format="xlsx", site=None, kind=SourceKind.SOCIAL, posts=posts, bad=bad)


def _posts(
    sheet: Sheet, mapping: Mapping[str, str] | None, *, name: str, need_time: bool
) -> Iterator[Read]:
    where = f"{name} 工作表“{sheet.name}”"
    fields = fields_in(list(sheet.header), mapping, name=where, need_time=need_time)
    for line in sheet.lines:
        yield post_of(
            line.cells, fields, where=f"{where} 第 {line.row} 行", line=line.row,
            need_time=need_time,
        )  # fmt: skip
