"""Files people hand in: format by content, the same for the drop folder, import and parse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from crawlers.decode import declared_charset, decode, unpack
from crawlers.formats import jsonl, memotrace, qce, qq_txt, table, weflow, xlsx
from crawlers.formats.grid import is_workbook
from domain.errors import ParseError
from domain.post import ParsedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format: how it is recognised and how it is read."""

    looks_like: Callable[[str], bool]
    parse: Callable[..., ParsedFile]
    #: Whether columns or keys may be mapped (--map field=column).
    mapped: bool = False


#: Name (as in `--format`) → format; detection asks them in this order.
FORMATS: dict[str, Format] = {
    "weflow_json": Format(looks_like=weflow.looks_like, parse=weflow.parse),
    "qce_json": Format(looks_like=qce.looks_like_json, parse=qce.parse_json),
    "qce_txt": Format(looks_like=qce.looks_like_txt, parse=qce.parse_txt),
    "memotrace_csv": Format(looks_like=memotrace.looks_like_csv, parse=memotrace.parse_csv),
    "qq_txt": Format(looks_like=qq_txt.looks_like, parse=qq_txt.parse),
    "memotrace_txt": Format(looks_like=memotrace.looks_like_txt, parse=memotrace.parse_txt),
    "jsonl": Format(looks_like=jsonl.looks_like, parse=jsonl.parse, mapped=True),
    "csv": Format(looks_like=table.looks_like, parse=table.parse, mapped=True),
}


def parse_file(
    data: bytes,
    *,
    name: str,
    format: str = "auto",  # noqa: A002 — the word of the command line
    mapping: Mapping[str, str] | None = None,
    need_time: bool = True,
) -> ParsedFile:
    """Return what a file says; raise ParseError when nothing of it can be read.

    `need_time=False` is for `analyse`, whose input may lack times (jsonl and csv only).
    """
    data = unpack(data, where=name)
    if not data.strip():
        raise ParseError(f"{name}：文件是空的，请重新导出")
    if is_workbook(data):
        return xlsx.parse(data, name=name, mapping=mapping, need_time=need_time)
    text = decode(data, where=name, declared=declared_charset("", data[:200]))
    chosen = _chosen(format, text, name=name, mapping=mapping)
    if chosen.mapped:
        return chosen.parse(text, name=name, mapping=mapping, need_time=need_time)
    return chosen.parse(text, name=name)


def _chosen(wanted: str, text: str, *, name: str, mapping: Mapping[str, str] | None) -> Format:
    """Return the format asked for or recognised; never a guess."""
    if wanted == "xlsx":
        raise ParseError(f"{name}：不是 Excel 工作簿（.xlsx），请去掉 --format 或重新另存")
    if wanted != "auto":
        if wanted not in FORMATS:
            raise ParseError(f"{name}：不认识的格式“{wanted}”，可用：auto、{'、'.join(FORMATS)}")
        return FORMATS[wanted]
    for known in FORMATS.values():
        if known.looks_like(text):
            return known
    if mapping or PurePath(name.removesuffix(".gz")).suffix.lower() in {".csv", ".tsv"}:
        return FORMATS["csv"]
    raise ParseError(f"{name}：认不出是哪种文件，请用 --format 指定（{'、'.join(FORMATS)}）")
