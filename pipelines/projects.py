"""Projects (监测对象): plan what a file would change, show its traps, apply it in one go (AD-9)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import chain

from config.facts import parse, read_text
from domain.access import Act, Actor
from domain.errors import ConflictError, FactsError
from domain.source import Subject
from pipelines import subject_files
from pipelines.sheets import Problem
from pipelines.subject_files import TITLES, Entry, cells_of, merged
from pipelines.wiring import App
from store import access, audit, posts, subjects
from store.db import Connection

#: The dry run counts the posts of so many days, and at most so many posts a name.
LOOK_BACK = timedelta(days=90)
MOST_HITS = 1_000
#: Shorter names are homonyms by nature.
_SHORT = 2
#: How a subject is named to people of another legal entity.
_ELSEWHERE = "其他法人主体的对象"


class State(StrEnum):
    """What importing a row would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


STATE_NAMES = {
    State.NEW: "新增", State.CHANGED: "有改动", State.UNCHANGED: "无变化", State.WRONG: "有误",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One row of the file: its state and, where it changes something, which columns."""

    where: str
    name: str
    state: State
    #: Chinese titles of the columns that change.
    changes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    subject: Subject | None = None
    #: The stored subject the plan was made against, None for a new one.
    before: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How many stored posts of the last 90 days hold a name; MOST_HITS means so many or more."""

    subject: str
    name: str
    posts: int

    @property
    def shown(self) -> str:
        """The number as people read it."""
        return f"{self.posts} 帖以上" if self.posts >= MOST_HITS else f"{self.posts} 帖"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What a file would do; nothing is written before `apply`."""

    file: str
    rows: tuple[PlanRow, ...]
    #: Shared names and homonyms: importable, but somebody should look.
    warnings: tuple[str, ...]
    hits: tuple[Hits, ...]

    def of(self, state: State) -> list[PlanRow]:
        """Return the rows in this state."""
        return [row for row in self.rows if row.state is state]

    @property
    def summary(self) -> str:
        """Return the counts in one line."""
        return "，".join(f"{name} {len(self.of(state))}" for state, name in STATE_NAMES.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What an import changed."""

    new: int
    changed: int
    unchanged: int


def plan(
    app: App, data: bytes, *, name: str, now: datetime, actor: Actor | None = None
) -> ImportPlan:
    """Return what importing this file would do; ParseError or FactsError if it is unreadable.

    A column the file lacks leaves what is stored; an empty cell clears it. Subjects of legal
    entities the actor may not see are wrong rows and named nowhere; None = the command line.
    """
    if actor is not None:
        access.require(actor, Act.CONFIGURE)
    read = subject_files.read_file(data, name)
    with app.db.read() as connection:
        stored = {item.key: item for item in subjects.load(connection)}
        rows = _rows(read.entries, stored, actor)
        wanted = [row.subject for row in rows if row.subject is not None]
        together = {**stored, **{item.key: item for item in wanted}}
        return ImportPlan(
            file=name,
            rows=tuple(rows),
            warnings=(*read.warnings, *_warnings(wanted, together, actor)),
            hits=tuple(_hits(connection, wanted, now)),
        )


def apply(app: App, plan: ImportPlan, actor: Actor, now: datetime) -> Applied:
    """Store the new and changed subjects of a plan in one transaction; wrong rows stay out.

    Subjects that the file does not name stay as they are. Raises AccessError for another legal
    entity's subject, ConflictError if a subject was changed since the plan was made.
    """
    wanted = [row for row in plan.rows if row.state in (State.NEW, State.CHANGED)]
    with app.db.write(bulk=True) as connection:
        access.require(actor, Act.CONFIGURE)
        stored = {item.key: item for item in subjects.load(connection)}
        known = subjects.ids(connection)
        for row in wanted:
            item = row.subject
            assert item is not None
            if stored.get(item.key) != row.before:
                raise ConflictError(f"{row.where}：“{row.name}”在预演之后被他人更改，请重新预演")
            if row.before is not None:
                access.require_subject(connection, actor, Act.CONFIGURE, known[item.key])
            subjects.put(connection, [item], now)
            audit.append(
                connection, f"subject:{item.key}", "subject-saved", actor=actor, at=now,
                reason=f"导入 {plan.file}", payload={"changed": list(row.changes)},
            )  # fmt: skip
    return Applied(
        new=len(plan.of(State.NEW)), changed=len(plan.of(State.CHANGED)),
        unchanged=len(plan.of(State.UNCHANGED)),
    )  # fmt: skip


def export(app: App, name: str, actor: Actor) -> bytes:
    """Return the actor's subjects as .xlsx, .csv or .yml, by the suffix of `name`."""
    access.require(actor, Act.CONFIGURE)
    with app.db.read() as connection:
        return subject_files.write(subjects.load(connection, actor), name)


# ---- rows ---------------------------------------------------------------------------------------


def _rows(read: Sequence[Entry], stored: dict[str, Subject], actor: Actor | None) -> list[PlanRow]:
    by_name = {item.name: item for item in stored.values()}
    taken: dict[str, str] = {}
    found = []
    for entry in read:
        if entry.subject is None:
            found.append(_wrong(entry, *entry.problems))
            continue
        item = entry.subject
        namesake = by_name.get(item.name)
        if namesake is not None and not entry.keyed:
            item = replace(item, key=namesake.key)
        before = stored.get(item.key)
        if before is not None:
            item = merged(item, before, entry.given)
        problem = _foreign(entry, item, before, namesake, actor) or _clash(
            entry, item, namesake, taken
        )
        if problem is not None:
            found.append(_wrong(entry, problem))
            continue
        taken[f"编号 {item.key}"] = taken[f"名称 {item.name}"] = entry.where
        found.append(_row(entry, item, before))
    return found


def _wrong(entry: Entry, *problems: Problem) -> PlanRow:
    return PlanRow(where=entry.where, name=entry.name, state=State.WRONG, problems=problems)


def _foreign(
    entry: Entry, item: Subject, before: Subject | None, namesake: Subject | None,
    actor: Actor | None,
) -> Problem | None:  # fmt: skip
    """Return why the row is not this person's business, None if it is."""
    if actor is None:
        return None
    if any(one is not None and not actor.sees(one.legal_entity) for one in (before, namesake)):
        what, cure = "已是其他法人主体的对象", "请换名称、编号，或由全公司管理员导入"
        return Problem(where=entry.where, column=TITLES["name"], what=what, cure=cure)
    if not actor.sees(item.legal_entity):
        what = f"“{item.legal_entity}”不在您负责的范围" if item.legal_entity else "没有填"
        cure = "请写您负责的法人主体，或由全公司管理员导入"
        return Problem(where=entry.where, column=TITLES["legal_entity"], what=what, cure=cure)
    return None


def _clash(
    entry: Entry, item: Subject, namesake: Subject | None, taken: dict[str, str]
) -> Problem | None:
    """Return why a readable row cannot be imported beside the others, None if it can."""

    def wrong(field: str, what: str, cure: str) -> Problem:
        return Problem(where=entry.where, column=TITLES[field], what=what, cure=cure)

    if item.name.startswith("示例·"):
        return wrong("name", "是模板里的示例行", "请删除这一行或改成自己的")
    for label, field in ((f"名称 {item.name}", "name"), (f"编号 {item.key}", "key")):
        if label in taken:
            return wrong(field, f"{label} 与 {taken[label]} 重复", "请合并成一行")
    if namesake is not None and namesake.key != item.key:
        return wrong("key", f"同名对象已有编号 {namesake.key}", "请填这个编号，或换一个名称")
    return None


def _row(entry: Entry, item: Subject, before: Subject | None) -> PlanRow:
    old = cells_of(before) if before else {}
    new = cells_of(item)
    changes = tuple(TITLES[field] for field in new if new[field] != old.get(field, ""))
    state = State.NEW if before is None else State.CHANGED if changes else State.UNCHANGED
    return PlanRow(
        where=entry.where, name=item.name, state=state, changes=changes, subject=item,
        before=before,
    )  # fmt: skip


# ---- traps --------------------------------------------------------------------------------------


def names_of(item: Subject) -> list[str]:
    """Return every name that is looked for in texts, each once."""
    official = [name for name in (item.filing_name, item.promotion_name) if name]
    return list(dict.fromkeys((item.name, *official, *item.aliases, *item.ambiguous)))


def _warnings(
    wanted: Sequence[Subject], together: dict[str, Subject], actor: Actor | None
) -> Iterable[str]:
    everybody = list(together.values())
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for item in everybody:
        mine = actor is None or actor.sees(item.legal_entity)
        for name in names_of(item):
            owners[name].append(item.name if mine else _ELSEWHERE)
    places = {word for item in everybody for word in (item.city, item.region) if word}
    shared = {name for item in wanted for name in names_of(item) if len(owners[name]) > 1}
    yield from (
        f"“{name}”同时属于 {'、'.join(owners[name])}：各自要有语境词，否则都不算"
        for name in sorted(shared)
    )
    longer = _within(list(owners))
    for item in wanted:
        yield from chain(_homonyms(item, places, longer, owners), _without_context(item))


def _homonyms(
    item: Subject, places: set[str], longer: dict[str, str], owners: dict[str, list[str]]
) -> Iterable[str]:
    for name in names_of(item):
        if name in item.ambiguous:
            continue
        why = _why_homonym(name, places)
        host = longer.get(name)
        if why is None and host is not None and item.name not in owners[host]:
            longer_name = "更长的名称" if set(owners[host]) == {_ELSEWHERE} else host
            why = f"包含在“{'、'.join(owners[host])}”的“{longer_name}”里"
        if why is not None:
            yield f"“{item.name}”的“{name}”{why}：建议移到“需语境的别名”并加语境词"


def _why_homonym(name: str, places: set[str]) -> str | None:
    if name in common_words():
        return "是常用词"
    if name in places:
        return "与城市或区域同名"
    if len(name) <= _SHORT:
        return f"只有 {len(name)} 个字"
    return None


def _within(names: Sequence[str]) -> dict[str, str]:
    """Return name → a longer name that holds it, by the pieces of every name."""
    known = set(names)
    found: dict[str, str] = {}
    for name in names:
        for start in range(len(name)):
            for end in range(start + 1, len(name) + 1):
                piece = name[start:end]
                if piece != name and piece in known:
                    found.setdefault(piece, name)
    return found


def _without_context(item: Subject) -> Iterable[str]:
    if item.ambiguous and not item.context:
        named = "、".join(item.ambiguous)
        yield f"“{item.name}”的“{named}”需要语境，但没有写语境词：只有另一别名同时出现才算"


@cache
def common_words() -> frozenset[str]:
    """Return the words that are no name on their own (config/homonyms.yml)."""
    words = parse("homonyms.yml", read_text("homonyms.yml")).get("words")
    if not isinstance(words, list):
        raise FactsError("homonyms.yml 的 words 应当是词的列表")
    return frozenset(str(word) for word in words)


def _hits(connection: Connection, wanted: Sequence[Subject], now: datetime) -> Iterable[Hits]:
    since = now - LOOK_BACK
    counted: dict[str, int] = {}
    for item in wanted:
        for name in names_of(item):
            if name not in counted:
                counted[name] = posts.count_hits(connection, name, since, most=MOST_HITS)
            yield Hits(subject=item.name, name=name, posts=counted[name])
