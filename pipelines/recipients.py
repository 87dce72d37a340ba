"""Recipients (收件人表): who is told what by which way; a subject that reaches nobody is named."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from domain.access import Actor
from domain.errors import ConflictError, FactsError
from domain.level import Level
from domain.source import Subject
from notify.messages import LEVEL_WORDS
from pipelines.projects import State
from pipelines.sheets import Column, Problem, Record, read_records, write_csv, write_workbook
from pipelines.wiring import App
from store import audit, people, subjects
from store.people import Person, Way

CHANNEL_NAMES = {
    "console": "控制台", "email": "邮件", "wecom": "企业微信", "dingtalk": "钉钉", "feishu": "飞书",
}  # fmt: skip
_CHANNELS = {word: key for key, name in CHANNEL_NAMES.items() for word in (key, name)} | {
    "邮箱": "email", "企微": "wecom", "微信": "wecom", "看板": "console",
}  # fmt: skip
_LEVELS = {word: level for level in Level for word in (LEVEL_WORDS[level], level.value)}
#: What an empty level means: tell everything but the slightest.
_DEFAULT_LEVEL = Level.MODERATE
_ALL = ("", "全部", "所有", "all")
_REGION = ("区域:", "区域：")

COLUMNS: tuple[Column, ...] = (
    Column(field="name", title="姓名", synonyms=("收件人", "person"), hint="必填；一人可写多行"),
    Column(field="post", title="角色", synonyms=("职务", "岗位", "role", "角色/职务"), width=18),
    Column(field="phone", title="电话", synonyms=("手机", "联系电话")),
    Column(field="scope", title="范围", synonyms=("对象", "subject"), width=22,
           hint="全部，或对象名称，或 区域:华东"),
    Column(field="level", title="最低级别", synonyms=("级别", "min_level"),
           choices=("轻微", "一般", "较大", "重大"), hint="不填 = 一般"),
    Column(field="channel", title="渠道", synonyms=("方式",),
           choices=tuple(CHANNEL_NAMES.values()), hint="一行一种"),
    Column(field="address", title="地址", synonyms=("邮箱地址", "机器人"), width=28,
           hint="邮件写邮箱；企业微信、钉钉、飞书写 channels.yml 里的机器人名；控制台不填"),
    Column(field="legal_entity", title="法人主体", synonyms=("entity",), width=24),
)  # fmt: skip
TITLES = {column.field: column.title for column in COLUMNS}

EXAMPLE = {
    "name": "示例·张工", "post": "客服负责人", "phone": "13800000000", "scope": "区域:华东",
    "level": "较大", "channel": "邮件", "address": "zhang@example.com",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPlan:
    """What the file would do to one person."""

    name: str
    state: State
    person: Person
    before: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientPlan:
    """What a recipients file would do; nothing is written before `apply`."""

    file: str
    people: tuple[PersonPlan, ...]
    problems: tuple[Problem, ...]
    #: With --replace: names of people the file does not name, who would be told nothing more.
    retired: tuple[Person, ...]
    #: Subjects nobody would be told about at level 重大 afterwards.
    deaf: tuple[str, ...]
    #: Columns that stay out, and namesakes taken for two people.
    warnings: tuple[str, ...] = ()


def plan(
    app: App, data: bytes, *, name: str, replace_all: bool = False, actor: Actor | None = None
) -> RecipientPlan:
    """Return what importing this file would do; ParseError if it cannot be read.

    Raises AccessError for an actor who may not configure the whole company; None = command line.
    """
    records = read_records(data, name, COLUMNS, needed="name")
    with app.db.read() as connection:
        stored = people.load(connection, actor)
        gone = people.load(connection, actor, retired=True)
        watched = subjects.load(connection)
    read, problems, warnings = _people(records.rows, watched, _Known(stored, gone))
    known = {item.key: item for item in stored}
    plans = tuple(_plan(item, known.get(item.key)) for item in read)
    absent = tuple(item for item in stored if item.key not in {one.key for one in read})
    staying = () if replace_all else absent
    return RecipientPlan(
        file=name, people=plans, problems=tuple(problems),
        retired=absent if replace_all else (),
        deaf=tuple(_deaf(watched, (*read, *staying))),
        warnings=(*records.said, *warnings),
    )  # fmt: skip


def apply(app: App, plan: RecipientPlan, actor: Actor, now: datetime) -> int:
    """Store the plan in one transaction, audited per person; return how many were written.

    Raises AccessError without the right, ConflictError if somebody changed a person meanwhile.
    """
    wanted = [item for item in plan.people if item.state is not State.UNCHANGED]
    with app.db.write(bulk=True) as connection:
        stored = {item.key: item for item in people.load(connection, actor)}
        _require_apart(plan)
        for item in wanted:
            if stored.get(item.person.key) != item.before:
                raise ConflictError(f"“{item.name}”在预演之后被他人更改，请重新预演")
            people.put(connection, [item.person])
            audit.append(
                connection, f"person:{item.person.key}", "recipients-saved", actor=actor, at=now,
                reason=f"导入 {plan.file}", payload={"ways": len(item.person.ways)},
            )  # fmt: skip
        for gone in plan.retired:
            people.retire(connection, gone.key, now)
            audit.append(
                connection, f"person:{gone.key}", "recipients-saved", actor=actor, at=now,
                reason=f"{plan.file} 里没有此人", payload={"retired": True},
            )  # fmt: skip
    return len(wanted) + len(plan.retired)


def export(app: App, name: str, actor: Actor) -> bytes:
    """Return the recipients as .xlsx or .csv, by the suffix of `name`."""
    with app.db.read() as connection:
        told = people.load(connection, actor)
        names = {one.key: one.name for one in subjects.load(connection)}
    rows = [row for item in told for row in _cells(item, names)]
    suffix = Path(name).suffix.lower()
    if suffix == ".csv":
        return write_csv(COLUMNS, rows)
    if suffix == ".xlsx":
        return write_workbook(COLUMNS, rows, sheet="收件人")
    raise FactsError(f"{name}：导出格式由扩展名决定，请用 .xlsx 或 .csv")


def template() -> bytes:
    """Return an empty workbook with one example row to write over."""
    return write_workbook(COLUMNS, [EXAMPLE], sheet="收件人")


def _cells(item: Person, names: Mapping[str, str]) -> list[dict[str, str]]:
    who = {
        "name": item.name, "post": item.post, "phone": item.phone,
        "legal_entity": item.legal_entity or "",
    }  # fmt: skip
    return [
        {
            **who, "level": LEVEL_WORDS[way.min_level], "address": way.address,
            "scope": names.get(way.subject, way.subject) if way.subject
            else f"区域:{way.region}" if way.region else "全部",
            "channel": CHANNEL_NAMES.get(way.channel, way.channel),
        }
        for way in item.ways
    ]  # fmt: skip


# ---- rows → people ------------------------------------------------------------------------------


class _Known:
    """Who is known by which key, and which keys this plan has given away."""

    def __init__(self, stored: Sequence[Person], gone: Sequence[Person]) -> None:
        self._stored, self._gone = stored, gone
        self._keys = {item.key for item in (*stored, *gone)}
        self._claimed: set[str] = set()

    def find(self, name: str, entity: str, *, alone: bool) -> Person | None:
        """Return the same person, None for somebody new; FactsError if it may be either of two.

        That is one of this entity, or the only one of the name if one side says no entity and
        the file has one person of this name.
        """
        for pool in (self._stored, self._gone):
            same = [one for one in pool if one.name == name and one.key not in self._claimed]
            exact = next((one for one in same if (one.legal_entity or "") == entity), None)
            unsaid = [one for one in same if not entity or not one.legal_entity]
            if exact is not None:
                return exact
            if alone and len(unsaid) > 1:
                raise FactsError(f"已有 {len(unsaid)} 个“{name}”")
            if alone and unsaid:
                return unsaid[0]
        return None

    def claim(self, person: Person | None, name: str, entity: str) -> str:
        """Return the key of this person, a free one for somebody new."""
        key = person.key if person else name[:40]
        base, number = f"{key}@{entity}"[:56], 1
        while person is None and key in self._keys | self._claimed:
            key, number = base if number == 1 else f"{base}#{number}", number + 1
        self._claimed.add(key)
        return key

    def namesake(self, name: str) -> bool:
        """Whether somebody of this name is known."""
        return any(item.name == name for item in self._stored)


def _people(
    records: Sequence[Record], watched: Sequence[Subject], known: _Known
) -> tuple[list[Person], list[Problem], list[str]]:
    """Return the people of the file, what is wrong, and what to look at.

    A wrong row leaves its person untouched; two people of one name differ by legal entity.
    """
    names = {word: item.key for item in watched for word in (item.key, item.name)}
    regions = {item.region for item in watched if item.region}
    grouped, problems = _grouped(records)
    found: list[Person] = []
    warnings: list[str] = []
    for (name, entity), rows in grouped.items():
        wrong = [bad for row in rows if (bad := _wrong(row, names, regions)) is not None]
        wrong = wrong or _contradictions(rows)
        try:
            alone = sum(one == name for one, _ in grouped) == 1
            before = known.find(name, entity, alone=alone)
        except FactsError as several:
            cure = "请填法人主体，写明是哪一位"
            wrong.append(_problem(rows[0], "legal_entity", str(several), cure))
        problems += wrong
        if wrong:
            continue
        if before is None and known.namesake(name):
            warnings.append(f"“{name}”已有同名收件人，法人主体不同，按两人处理")
        found.append(
            Person(
                key=known.claim(before, name, entity), name=name,
                post=_said(rows, "post", before.post if before else ""),
                phone=_said(rows, "phone", before.phone if before else ""),
                legal_entity=_said(
                    rows, "legal_entity", before.legal_entity or "" if before else ""
                ) or None,
                ways=tuple(_way(row, names) for row in rows),
            )
        )  # fmt: skip
    return found, problems, warnings


def _grouped(
    records: Sequence[Record],
) -> tuple[dict[tuple[str, str], list[Record]], list[Problem]]:
    """Return the rows of each person by name and legal entity, and the rows without a name."""
    grouped: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    problems = []
    for record in records:
        cells = record.cells
        if not cells.get("name") or cells["name"].startswith("示例·"):
            what = "没有填" if not cells.get("name") else "是模板里的示例行"
            problems.append(_problem(record, "name", what, "请写收件人姓名或删除这一行"))
            continue
        grouped[cells["name"], cells.get("legal_entity", "")].append(record)
    return grouped, problems


def _require_apart(plan: RecipientPlan) -> None:
    """Refuse a plan that would write two people under one key."""
    keys = [item.person.key for item in plan.people]
    twice = sorted({item.name for item in plan.people if keys.count(item.person.key) > 1})
    if twice:
        raise FactsError(f"{plan.file}：{'、'.join(twice)} 会互相覆盖，请各填法人主体后重新预演")


def _problem(record: Record, field: str, what: str, cure: str) -> Problem:
    return Problem(where=record.where, column=TITLES[field], what=what, cure=cure)


def _said(rows: Sequence[Record], field: str, before: str) -> str:
    """Return what the rows say; what is stored if the table has no such column."""
    if not any(field in row.cells for row in rows):
        return before
    return next((row.cells[field] for row in rows if row.cells.get(field)), "")


def _wrong(record: Record, names: Mapping[str, str], regions: set[str]) -> Problem | None:
    cells = record.cells
    channel = cells.get("channel", "").lower()
    if channel not in _CHANNELS:
        what = f"“{cells.get('channel', '')}”不认识" if channel else "没有填"
        return _problem(record, "channel", what, f"请写 {'、'.join(CHANNEL_NAMES.values())} 之一")
    if cells.get("level") and cells["level"] not in _LEVELS:
        return _problem(
            record, "level", f"“{cells['level']}”不认识", "请写 轻微、一般、较大 或 重大"
        )
    return _wrong_address(record, _CHANNELS[channel]) or _wrong_scope(record, names, regions)


def _wrong_address(record: Record, channel: str) -> Problem | None:
    address = record.cells.get("address", "")
    if channel == "console":
        return None
    if not address:
        return _problem(record, "address", f"{CHANNEL_NAMES[channel]}没有地址", "请补填")
    if channel == "email" and ("@" not in address or " " in address):
        return _problem(record, "address", f"“{address}”不是邮箱地址", "请写 某人@某处")
    return None


def _wrong_scope(record: Record, names: Mapping[str, str], regions: set[str]) -> Problem | None:
    scope = record.cells.get("scope", "")
    if scope.lower() in _ALL or scope in names:
        return None
    if scope.startswith(_REGION):
        if scope[3:].strip() in regions:
            return None
        known = "、".join(sorted(regions)) or "还没有"
        return _problem(record, "scope", f"没有区域“{scope[3:].strip()}”", f"已有区域：{known}")
    cure = "请写 全部、对象名称，或 区域:华东；新对象先用 fenghuo projects import 导入"
    return _problem(record, "scope", f"没有名为“{scope}”的对象", cure)


def _contradictions(rows: Sequence[Record]) -> list[Problem]:
    """Name rows of one person that cannot both be true."""
    found, seen = [], set()
    phones = {row.cells["phone"] for row in rows if row.cells.get("phone")}
    if len(phones) > 1:
        cure = "如是同名两人，请各填法人主体；否则统一电话"
        found.append(_problem(rows[-1], "phone", f"{rows[-1].cells['name']} 写了两个电话", cure))
    for row in rows:
        scope = row.cells.get("scope", "")
        way = ("" if scope.lower() in _ALL else scope, _CHANNELS[row.cells["channel"].lower()])
        if way in seen:
            cure = "同一范围同一渠道只能写一行，请合并"
            found.append(_problem(row, "channel", "与前面的行重复", cure))
        seen.add(way)
    return found


def _way(record: Record, names: Mapping[str, str]) -> Way:
    cells = record.cells
    scope = cells.get("scope", "")
    region = scope[3:].strip() if scope.startswith(_REGION) else None
    return Way(
        subject=None if region or scope.lower() in _ALL else names[scope], region=region,
        min_level=_LEVELS[cells["level"]] if cells.get("level") else _DEFAULT_LEVEL,
        channel=_CHANNELS[cells["channel"].lower()], address=cells.get("address", ""),
    )  # fmt: skip


def _plan(item: Person, before: Person | None) -> PersonPlan:
    state = State.NEW if before is None else State.CHANGED
    if before is not None and _same(item, before):
        state = State.UNCHANGED
    return PersonPlan(name=item.name, state=state, person=item, before=before)


def _same(a: Person, b: Person) -> bool:
    """Whether two states of a person say the same, in whatever order."""
    return replace(a, ways=()) == replace(b, ways=()) and set(a.ways) == set(b.ways)


def _deaf(watched: Sequence[Subject], told: Sequence[Person]) -> list[str]:
    """Return the subjects for which not even 重大 reaches anybody."""
    ways = [way for item in told for way in item.ways]
    if any(way.subject is None and way.region is None for way in ways):
        return []
    heard = {way.subject for way in ways}
    regions = {way.region for way in ways if way.region}
    return [item.name for item in watched if item.key not in heard and item.region not in regions]
