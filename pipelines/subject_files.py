"""Subject files (监测对象表): watched subjects as Excel, CSV, YAML or JSONL, in and out (AD-9)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from crawlers.decode import decode
from crawlers.formats.grid import is_workbook
from domain.errors import FactsError, ParseError
from domain.source import KeyDate, Subject, SubjectKind
from pipelines.sheets import (
    Column,
    Problem,
    Record,
    Records,
    read_records,
    words,
    write_csv,
    write_workbook,
)

KIND_NAMES: dict[SubjectKind, str] = {
    SubjectKind.PROJECT: "项目",
    SubjectKind.GROUP: "集团",
    SubjectKind.REGION: "区域公司",
    SubjectKind.PROPERTY: "物业",
    SubjectKind.BRAND: "品牌",
    SubjectKind.OFFICE: "岗位",
    SubjectKind.COMPETITOR: "竞品",
    SubjectKind.POLICY: "政策",
}
_KINDS = {word: kind for kind, name in KIND_NAMES.items() for word in (name, kind.value)}

COLUMNS: tuple[Column, ...] = (
    Column(field="key", title="编号", synonyms=("id", "project", "项目编号"),
           hint="可不填，按名称生成；导出后请不要改"),
    Column(field="kind", title="类型", synonyms=("type", "对象类型"),
           choices=tuple(KIND_NAMES.values()), hint="不填 = 项目"),
    Column(field="name", title="名称", hint="必填，大家平时怎么叫", width=20, synonyms=(
        "项目名称", "项目名", "项目", "楼盘", "楼盘名称", "小区", "小区名称", "对象", "对象名称",
    )),
    Column(field="legal_entity", title="法人主体", width=24, synonyms=(
        "entity", "项目公司", "开发公司", "公司", "公司名称", "公司主体", "开发商", "建设单位",
    )),
    Column(field="city", title="城市", synonyms=("所属城市", "所在城市", "城市名称")),
    Column(field="region", title="区域", synonyms=("区域公司名称", "大区", "所属区域", "片区")),
    Column(field="filing_name", title="备案名", width=18,
           synonyms=("official_name", "登记名", "备案名称")),
    Column(field="promotion_name", title="推广名", width=18,
           synonyms=("案名", "推广案名", "推广名称", "marketing_name")),
    Column(field="aliases", title="别名", hint="用、分开", width=28, several=True, synonyms=(
        "alias", "简称", "别称", "又名", "俗称", "曾用名", "其他名称",
    )),
    Column(field="ambiguous", title="需语境的别名", synonyms=("歧义别名",), width=18,
           several=True,
           hint="常用词写在这里，同时出现语境词才算"),
    Column(field="context", title="语境词", hint="多个用、分开，如 云麓、江城", width=18),
    Column(field="phases", title="分期", synonyms=("期",)),
    Column(field="buildings", title="楼栋", synonyms=("楼号", "栋"), width=20),
    Column(field="households", title="总户数", synonyms=("户数", "总套数"), hint="整数"),
    Column(field="key_dates", title="关键日期", synonyms=("dates",), width=30,
           hint="如 交付 2026-12-20；开盘 2027-03-01"),
    Column(field="owner", title="负责人", synonyms=("项目负责人", "责任人", "联系人")),
    Column(field="owner_phone", title="负责人电话", synonyms=(
        "项目负责人电话", "联系方式", "联系电话", "电话", "手机", "手机号",
    )),
    Column(field="service", title="区域客服", synonyms=("客服",)),
    Column(field="service_phone", title="区域客服电话", synonyms=("客服电话",)),
)  # fmt: skip
TITLES = {column.field: column.title for column in COLUMNS}

EXAMPLE = {
    "kind": "项目", "name": "示例·云麓望江府", "legal_entity": "示例置业有限公司", "city": "江城",
    "region": "华东", "filing_name": "示例望江雅苑", "promotion_name": "望江府",
    "aliases": "望江、望江府小区",
    "ambiguous": "江府", "context": "云麓、江城", "phases": "一期、二期", "buildings": "1栋、2栋",
    "households": "1200", "key_dates": "交付 2026-12-20；开盘 2027-03-01", "owner": "示例张工",
    "owner_phone": "13800000000", "service": "示例李经理", "service_phone": "0510-80000000",
}  # fmt: skip

#: Longest values the store keeps.
_KEY, _NAME, _ALIAS = 50, 128, 64
_SUM = re.compile(r"(?:合|小|总|共)\s*计.*")
_DATE = re.compile(
    r"(?P<kind>[^\d:：\s]{1,12})[:：\s]*(?P<y>\d{4})[-/.年](?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?"
    r"(?:\s*00:00:00)?\s*(?:[(（](?P<note>[^)）]*)[)）])?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One subject of a file, or what is wrong with its row."""

    where: str
    name: str
    subject: Subject | None
    problems: tuple[Problem, ...] = ()
    #: Whether the row itself gives a key.
    keyed: bool = False
    #: Fields the file has a column for; the others keep what is stored.
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFile:
    """What a file of subjects says, row by row, and the warnings about its columns."""

    entries: tuple[Entry, ...]
    warnings: tuple[str, ...] = ()


def read(path: Path) -> list[Subject]:
    """Return the subjects of a file for --projects; FactsError naming the first wrong row."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ParseError(f"找不到监测对象文件 {path}：请核对路径") from None
    except OSError as error:
        raise ParseError(f"读不了监测对象文件 {path}：{error.strerror}") from None
    found = []
    for entry in read_file(data, path.name).entries:
        if entry.subject is None:
            raise FactsError(str(entry.problems[0]))
        found.append(entry.subject)
    return found


def read_file(data: bytes, name: str) -> SubjectFile:
    """Return what each row says; raises ParseError or FactsError if the file cannot be read."""
    suffix = Path(name).suffix.lower()
    if is_workbook(data) or suffix not in (".yml", ".yaml", ".jsonl", ".json"):
        found = read_records(data, name, COLUMNS, needed="name")
    else:
        rows = _structured(decode(data, where=name), name, jsonl=suffix == ".jsonl")
        found = Records(rows=tuple(rows))
    return SubjectFile(entries=tuple(entry_of(row) for row in found.rows), warnings=found.said)


def _structured(text: str, name: str, *, jsonl: bool) -> Iterator[Record]:
    try:
        raw = (
            [json.loads(line) for line in text.splitlines() if line.strip()]
            if jsonl
            else _listed(yaml.safe_load(text), name)
        )
    except json.JSONDecodeError as error:
        raise FactsError(f"{name}：{error.doc[:20]!r} 不是完整的 JSON，请检查这一行") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "开头"
        raise FactsError(f"{name} {where} 不是正确的 YAML：请检查缩进与冒号") from None
    for number, row in enumerate(raw, start=1):
        where = f"{name} 第 {number} 项"
        if not isinstance(row, dict):
            raise FactsError(f"{where}：应当是“键: 值”，每项有 key、name、aliases")
        cells = {field: _cell(row[field]) for field in TITLES if field in row}
        cells["name"] = cells.get("name") or cells.get("key", "")
        yield Record(where=where, cells=cells)


def _listed(raw: Any, name: str) -> list[Any]:
    if isinstance(raw, dict):
        raw = (
            raw.get("subjects")
            or raw.get("projects")
            or [{"key": key, **value} for key, value in raw.items() if isinstance(value, dict)]
        )
    if not isinstance(raw, list):
        raise FactsError(f"{name} 应当是监测对象的列表，每项有 key、name、aliases")
    return raw


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(_cell(item) for item in value)
    if isinstance(value, dict):  # a key date
        note = f"（{value['note']}）" if value.get("note") else ""
        return f"{value.get('kind', '')} {value.get('day', '')}{note}"
    return "" if value is None else str(value).strip()


def entry_of(record: Record) -> Entry:
    """Return one row as a subject, or its problems by column."""
    cells = {field: cell.strip() for field, cell in record.cells.items()}
    name = cells.get("name", "")
    problems = list(_problems(record.where, cells))
    dates, wrong_dates = _key_dates(record.where, cells.get("key_dates", ""))
    problems += wrong_dates
    if problems:
        return Entry(where=record.where, name=name, subject=None, problems=tuple(problems))
    official = [name, cells.get("filing_name", ""), cells.get("promotion_name", "")]
    ambiguous = words(cells.get("ambiguous", ""))
    taken = {*official, *ambiguous}
    subject = Subject(
        key=cells.get("key") or re.sub(r"\s+", "", name)[:_KEY], name=name,
        kind=_KINDS[cells.get("kind") or "项目"], city=cells.get("city") or None,
        legal_entity=cells.get("legal_entity") or None, region=cells.get("region") or None,
        filing_name=cells.get("filing_name") or None,
        promotion_name=cells.get("promotion_name") or None,
        aliases=tuple(word for word in words(cells.get("aliases", "")) if word not in taken),
        ambiguous=ambiguous, context=words(cells.get("context", "")),
        phases=words(cells.get("phases", "")), buildings=words(cells.get("buildings", "")),
        households=int(_count(cells["households"])) if cells.get("households") else None,
        key_dates=dates, owner=cells.get("owner") or None,
        owner_phone=cells.get("owner_phone") or None, service=cells.get("service") or None,
        service_phone=cells.get("service_phone") or None,
    )  # fmt: skip
    return Entry(
        where=record.where, name=name, subject=subject, keyed=bool(cells.get("key")),
        given=frozenset(cells),
    )  # fmt: skip


def merged(item: Subject, before: Subject, given: frozenset[str]) -> Subject:
    """Return a row's subject, with what is stored where the file has no such column."""
    kept = {
        field: getattr(before, field)
        for field in TITLES
        if field not in given and field not in ("key", "name")
    }
    whole = replace(item, **kept)
    taken = {whole.name, whole.filing_name, whole.promotion_name, *whole.ambiguous}
    return replace(whole, aliases=tuple(word for word in whole.aliases if word not in taken))


def _count(cell: str) -> str:
    """Return a number of households without the ways people dress it up: 1,200户."""
    return re.sub(r"[,，\s户套]|\.0+$", "", cell)


def _problems(where: str, cells: Mapping[str, str]) -> Iterator[Problem]:
    def wrong(field: str, what: str, cure: str) -> Problem:
        return Problem(where=where, column=TITLES[field], what=what, cure=cure)

    if not cells.get("name"):
        yield wrong("name", "没有填（name 不能空）", "请写对象名称")
    elif _SUM.fullmatch(cells["name"]) or not re.search(r"[^\W\d_]", cells["name"]):
        yield wrong("name", f"“{cells['name'][:20]}”不是名称", "合计行、空行请删除，对象请写名称")
    for field, most in (("key", _KEY), ("name", _NAME), ("filing_name", _NAME)):
        if len(cells.get(field, "")) > most:
            yield wrong(field, f"超过 {most} 字", "请缩短")
    if (cells.get("kind") or "项目") not in _KINDS:
        kinds = "、".join(KIND_NAMES.values())
        yield wrong("kind", f"“{cells['kind']}”不认识（kind 不对）", f"请写 {kinds} 之一")
    yield from _wrong_values(where, cells)


def _wrong_values(where: str, cells: Mapping[str, str]) -> Iterator[Problem]:
    def wrong(field: str, what: str, cure: str) -> Problem:
        return Problem(where=where, column=TITLES[field], what=what, cure=cure)

    count = _count(cells.get("households", ""))
    if cells.get("households") and not (count.isdecimal() and int(count) > 0):
        yield wrong("households", f"“{cells['households']}”不是整数", "请写整数，如 1200")
    for field in ("aliases", "ambiguous"):
        for word in words(cells.get(field, "")):
            if len(word) > _ALIAS:
                yield wrong(field, f"“{word[:12]}…”超过 {_ALIAS} 字", "请检查分隔符，多个用、分开")
    for field in ("owner_phone", "service_phone"):
        phone = cells.get(field, "")
        if "E+" in phone or (phone and not re.search(r"\d{5,}", phone.replace("-", ""))):
            yield wrong(field, "不像电话号码", "请把单元格设为文本后重新填写")


def _key_dates(where: str, cell: str) -> tuple[tuple[KeyDate, ...], list[Problem]]:
    found, wrong = [], []
    for part in re.split(r"[；;、\n]+", cell):
        if not part.strip():
            continue
        match = _DATE.fullmatch(part.strip())
        try:
            if match is None:
                raise ValueError(part)
            day = date(int(match["y"]), int(match["m"]), int(match["d"]))
            found.append(KeyDate(kind=match["kind"], day=day, note=match["note"] or ""))
        except ValueError:
            cure = "请写成：交付 2026-12-20；开盘 2027-03-01"
            what = f"“{part.strip()}”读不懂"
            wrong.append(Problem(where=where, column=TITLES["key_dates"], what=what, cure=cure))
    return tuple(found), wrong


# ---- out ----------------------------------------------------------------------------------------


def cells_of(item: Subject) -> dict[str, str]:
    """Return a subject as the cells of its row; what `entry_of` reads back."""
    dates = [
        f"{day.kind} {day.day}" + (f"（{day.note}）" if day.note else "") for day in item.key_dates
    ]
    official = {item.name, item.filing_name, item.promotion_name}
    cells = {
        "key": item.key, "kind": KIND_NAMES[item.kind], "name": item.name, "city": item.city,
        "legal_entity": item.legal_entity, "region": item.region, "filing_name": item.filing_name,
        "promotion_name": item.promotion_name,
        "aliases": "、".join(word for word in item.aliases if word not in official),
        "ambiguous": "、".join(item.ambiguous), "context": "、".join(item.context),
        "phases": "、".join(item.phases), "buildings": "、".join(item.buildings),
        "households": str(item.households) if item.households else "",
        "key_dates": "；".join(dates), "owner": item.owner, "owner_phone": item.owner_phone,
        "service": item.service, "service_phone": item.service_phone,
    }  # fmt: skip
    return {field: cell or "" for field, cell in cells.items()}


def write(items: Sequence[Subject], name: str) -> bytes:
    """Return the subjects as the file `name` asks for by its suffix; FactsError for another."""
    rows = [cells_of(item) for item in items]
    suffix = Path(name).suffix.lower()
    if suffix == ".xlsx":
        return write_workbook(COLUMNS, rows, sheet="监测对象")
    if suffix == ".csv":
        return write_csv(COLUMNS, rows)
    if suffix in (".yml", ".yaml"):
        several = ("aliases", "ambiguous", "context", "phases", "buildings")
        plain = [
            {f: (list(words(c)) if f in several else c) for f, c in row.items() if c}
            for row in rows
        ]
        return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False).encode()
    raise FactsError(f"{name}：导出格式由扩展名决定，请用 .xlsx、.csv 或 .yml")


def template() -> bytes:
    """Return an empty workbook with one example row to write over."""
    return write_workbook(COLUMNS, [EXAMPLE], sheet="监测对象")
