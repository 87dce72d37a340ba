"""Weekly report (周报): read the numbers, make Word and annex, keep what was issued (P-03)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config import facts
from config.language import read_language
from domain.access import Act, Actor
from domain.errors import FenghuoError
from pipelines.wiring import App
from reports import annex, period, weekly, weekly_word
from reports.corrections import cells
from reports.period import Period
from reports.weekly import SECTIONS, Material
from store import access, enquiries, installation, packs, releases, report_edits
from store import weekly as numbers_of
from store import weekly_lists as lists_of
from store.db import Connection
from store.weekly import Numbers, Scope

#: What may be left out of a report: alert:<number>, enquiry:<number>, release:<id>.
_ITEMS = ("alert:", "enquiry:", "release:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """One report: the files, its id for edits, the summary, and all it was made from."""

    report: str
    docx: bytes
    annex: bytes
    summary: str
    material: Material
    #: Whether this was kept as an issue, against which later corrections are told.
    issued: bool


def prepare(
    app: App, *, until: str | None = None, actor: Actor, now: datetime, scope: Scope | None = None
) -> tuple[str, Material]:
    """Return the report's id and its material, for the editing page; nothing is written."""
    scope = scope or Scope()
    span = _period(app, until, now)
    report = _name(app, span, scope, actor)
    with app.db.read() as connection:
        return report, _material(app, connection, report, span, scope, actor, now)


def make(
    app: App, *, until: str | None = None, actor: Actor, now: datetime, scope: Scope | None = None
) -> Weekly:
    """Make the report of the week up to `until` (ISO; None = the last cut-off).

    An editor's report is kept as an issue; a viewer's copy is not. Raises FenghuoError where the
    scope or time is wrong, AccessError where the actor may not see.
    """
    report, material = prepare(app, until=until, actor=actor, now=now, scope=scope)
    context = weekly.context(material)
    made = Weekly(
        report=report,
        docx=weekly_word.render(context),
        annex=annex.workbook(material.numbers, material.lists),
        summary=context["summary"],
        material=material,
        issued=actor.may(Act.EDIT_REPORT) and actor.sees(None),
    )
    if made.issued:
        with app.db.write() as connection:
            report_edits.remember(connection, report, cells(material.numbers), actor=actor, now=now)
    return made


def list_item(
    app: App, report: str, item: str, *, included: bool, actor: Actor, now: datetime
) -> None:
    """List an item of a report or leave it out; kept when the report is made again."""
    if not item.startswith(_ITEMS):
        raise FenghuoError(f"“{item}”不能取舍：只有预警、媒体来访、自有发布可以")
    with app.db.write() as connection:
        report_edits.include(connection, report, item, included=included, actor=actor, now=now)


def write_note(
    app: App, report: str, section: str, text: str, *, actor: Actor, now: datetime
) -> None:
    """Keep the editor's note on a section; "" takes it away."""
    if section not in SECTIONS:
        raise FenghuoError(f"周报没有“{section}”这一节：可用 {'、'.join(SECTIONS)}")
    with app.db.write() as connection:
        report_edits.note(connection, report, section, text.strip(), actor=actor, now=now)


def _period(app: App, until: str | None, now: datetime) -> Period:
    rule = period.cutoff(app.settings.weekly_cutoff)
    return period.week_until(until, now) if until else period.last_week(rule, now)


def _name(app: App, span: Period, scope: Scope, actor: Actor) -> str:
    day = period.name(span, period.cutoff(app.settings.weekly_cutoff))
    part = [scope.region or "", scope.subject or ""]
    if not actor.trusted and actor.entities is not None:
        part += sorted(actor.entities)
    if not any(part):
        return f"weekly:{day}"
    return f"weekly:{day}@{hashlib.sha256('|'.join(part).encode()).hexdigest()[:8]}"


def _material(
    app: App, connection: Connection, report: str, span: Period, scope: Scope, actor: Actor,
    now: datetime,
) -> Material:  # fmt: skip
    access.require(actor, Act.VIEW)
    language = read_language().categories
    topics = {item.code: item.topic for item in language.categories if item.topic}
    numbers = numbers_of.numbers(
        connection, actor, span.since, span.until, scope=scope, topics=topics
    )
    lists = lists_of.lists(connection, actor, span.since, span.until, scope)
    ids = {item.id for item in numbers.subjects}
    every = not scope.words

    def mine(line: Any) -> bool:
        return every or line.subject_id in ids

    earlier = Period(since=span.since - period.WEEK, until=span.since)
    made_before = report_edits.made(connection, _name(app, earlier, scope, actor))
    return Material(
        company=installation.get(connection, "company"),
        scope=numbers.subjects[0].name if scope.subject else scope.words,
        numbers=numbers,
        lists=lists,
        enquiries=[
            line
            for line in enquiries.lines(connection, actor, since=span.since, until=span.until)
            if mine(line)
        ],
        releases=[
            line
            for line in releases.lines(connection, actor, since=span.since, until=span.until)
            if mine(line)
        ],
        edits=report_edits.load(connection, actor, report),
        made_before=made_before,
        counted_before=_again(connection, actor, earlier, scope) if made_before else None,
        made=report_edits.made(connection, report),
        levels=_levels(connection),
        topic_names={topic.key: topic.name for topic in language.topics},
        made_at=now,
        made_by=actor.name,
    )


def _again(
    connection: Connection, actor: Actor, span: Period, scope: Scope
) -> dict[str, dict[str, int]]:
    found: Numbers = numbers_of.numbers(connection, actor, span.since, span.until, scope=scope)
    return cells(found)


def _levels(connection: Connection) -> dict[str, str]:
    """Return level → name by the company's pack; nothing before a pack is chosen (LC-1)."""
    row = packs.active(connection, "procedure")
    if row is None:
        return {}
    return {level.value: name for level, name in facts.pack(row.yaml, row.name).levels.items()}
