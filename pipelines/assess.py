"""Assess step: a subject's findings, alerts, clocks and queued messages in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from alerts import clocks as clock_rules
from alerts.assess import assess, topic
from alerts.counts import VIEW, is_new
from alerts.lifecycle import absorb, after_dismissal, decide
from alerts.place import STREAM, in_order, place
from domain.alert import Decision, EventView, Finding, Rules, identity
from domain.level import Level
from domain.step import StepResult
from pipelines import detection, rulebook
from pipelines.wiring import App
from store import alerts, cases, clocks, events, sources, stats, triage, voices
from store.db import Connection

log = structlog.get_logger()

#: Dirty days of one transaction.
DAYS = 100
#: Home → grid point up to which all subjects were looked at; only a hint against looking again.
_LOOKED: dict[Path, datetime] = {}


def run(app: App, now: datetime) -> StepResult:
    """Assess every subject whose events changed, whose time has come, or that has new voices."""
    rules = rulebook.active_rules(app)
    _recount(app, rules)
    grid = floor_to(now, rules.detector.grid) if rules.detector else now
    work = _work(app, rules, grid, now)
    failed = sum(not _try_subject(app, item, rules, grid, now) for item in work)
    if not failed:  # what failed is tried again with the next pass
        _LOOKED[app.settings.home] = grid
    return StepResult(step="assess", done=len(work) - failed, failed=failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One subject to assess, and which of its events."""

    subject_id: int
    key: str
    name: str
    events: frozenset[int] = frozenset()
    #: Streams ("topic:…") whose alert wants to be looked at again.
    streams: frozenset[str] = frozenset()


def floor_to(moment: datetime, grid: timedelta) -> datetime:
    """Return the last grid point at or before a moment; the grid starts at midnight UTC."""
    return moment - (moment - datetime(2000, 1, 1, tzinfo=UTC)) % grid


def _work(app: App, rules: Rules, grid: datetime, now: datetime) -> list[_Work]:
    """Return the subjects to assess by key: an order all machines agree on."""
    new_grid = rules.detector is not None and _LOOKED.get(app.settings.home) != grid
    with app.db.read() as connection:
        dirty: dict[int, set[int]] = {}
        streams: dict[int, set[str]] = {}
        for event_id, subject_id in events.take_dirty(connection):
            dirty.setdefault(subject_id, set()).add(event_id)
        for subject_id, name, timed in alerts.to_check(connection, now):
            if timed is not None:
                dirty.setdefault(subject_id, set()).add(timed)
            else:
                streams.setdefault(subject_id, set()).add(name.split("|", 1)[1])
        return [
            _Work(
                subject_id=subject_id, key=key, name=name,
                events=frozenset(dirty.get(subject_id, ())),
                streams=frozenset(streams.get(subject_id, ())),
            )
            for subject_id, key, name in voices.subjects(connection)
            if subject_id in dirty
            or subject_id in streams
            or (new_grid and voices.waiting(connection, subject_id, grid - VIEW, grid))
        ]  # fmt: skip


def _try_subject(app: App, work: _Work, rules: Rules, grid: datetime, now: datetime) -> bool:
    """Assess one subject; one that breaks stays as it was, is told, and stops no other."""
    try:
        found = _find(app, work, rules, grid, now)
        with app.db.write() as connection:
            _assess(connection, work, found, rules, now)
    except Exception as error:
        log.exception("assessment failed", subject=work.key, events=sorted(work.events))
        with app.db.write() as connection:
            sources.raise_issue(
                connection,
                at=now,
                code="assess-failed",
                message=f"“{work.name}”研判出错（{type(error).__name__}），每轮重试：请报告",
            )
        return False
    return True


def _find(app: App, work: _Work, rules: Rules, grid: datetime, now: datetime) -> detection.Found:
    """Return what the statistics find; where they break, the rules still hold."""
    try:
        return detection.find(app, work.subject_id, work.key, work.name, rules, grid, now)
    except Exception as error:
        log.exception("detection failed", subject=work.key)
        with app.db.write() as connection:
            sources.raise_issue(
                connection,
                at=now,
                code="detection-failed",
                message=f"“{work.name}”统计检出出错（{type(error).__name__}），规则照常：请报告",
            )
        return detection.Found()


class _Outcome(NamedTuple):
    """A decision with what telling people about it needs."""

    alert_id: int
    number: str
    subject_id: int
    decision: Decision

    @property
    def object(self) -> str:
        """Name of the alert's clocks and audit chain."""
        return f"alert:{self.number}"


class _Place(NamedTuple):
    """An event, or a stream, of one subject with what was found there."""

    event_id: int | None
    view: EventView
    extra: Sequence[Finding]


def _assess(
    connection: Connection,
    work: _Work,
    found: detection.Found,
    rules: Rules,
    now: datetime,
) -> None:
    """Decide about all places of one subject in one transaction."""
    held = alerts.held(connection, work.subject_id, now - rules.calm)
    places, where = place(
        found.findings, held, lambda before, spot: _may_move(connection, work.key, before, spot)
    )
    for stream, spot in where.items():
        _move(connection, work, held.get(stream), spot, rules, now)
    for item in _places(connection, work, places):
        _decide(connection, work.subject_id, item, rules, now)
    if found.through is not None:
        voices.set_mark(connection, work.subject_id, found.through)


def _may_move(connection: Connection, subject: str, before: str, spot: str) -> bool:
    """Return whether an alert may go there: never into a milder one, nor out of its case."""
    known = alerts.open_alert(connection, identity(subject, before))
    target = alerts.open_alert(connection, identity(subject, spot))
    if known is None or target is None:
        return True
    milder = known.state.level.graver_than(target.state.level)
    return not milder and not cases.of_alert(connection, known.id)


def _places(
    connection: Connection, work: _Work, places: Mapping[str, Sequence[Finding]]
) -> list[_Place]:
    views: dict[str, tuple[int | None, EventView]] = {
        view.event: (event_id, view)
        for event_id in sorted(work.events)
        if (view := events.view(connection, event_id, work.subject_id))
    }
    for spot in places:
        event_id = None if spot.startswith(STREAM) else events.id_of(connection, spot)
        if event_id is not None and spot not in views:
            views[spot] = event_id, events.view(connection, event_id, work.subject_id)
    empty = EventView(subject=work.key, subject_name=work.name, event="", posts=())
    found = []
    for spot in sorted({*views, *places, *work.streams}):
        event_id, view = views.get(spot) or (None, replace(empty, event=spot))
        found.append(_Place(event_id, view, places.get(spot, ())))
    return found


def _decide(
    connection: Connection, subject_id: int, item: _Place, rules: Rules, now: datetime
) -> None:
    view = item.view
    known = alerts.open_alert(connection, identity(view.subject, view.event))
    found = assess(view, rules, now)
    findings: Sequence[Finding] = in_order([*found, *item.extra])
    if known is None:
        findings = _after_dismissal(connection, subject_id, item, found, rules, now)
    decision = decide(known.state if known else None, findings, rules.calm, now)
    if decision is not None:
        alert_id, number = alerts.save(
            connection,
            view,
            (item.event_id, subject_id),
            known,
            decision,
            findings,
            now,
            topic=_topic(view, decision, rules),
        )
        outcome = _Outcome(alert_id, number, subject_id, decision)
        _run_triage(connection, outcome, rules, now)
    if item.event_id is not None and all(post.published_at <= now for post in view.posts):
        # else a clock stepped back: look again later
        events.clean(connection, item.event_id, subject_id)


def _topic(view: EventView, decision: Decision, rules: Rules) -> str | None:
    """Return the topic an alert is shown under: its stream's, or its posts' main one."""
    lead = decision.lead
    if view.event.startswith(STREAM):
        return view.event.removeprefix(STREAM)
    return topic(view, lead, rules) if lead is None or lead.posts else None


def _move(
    connection: Connection,
    work: _Work,
    before: str | None,
    spot: str,
    rules: Rules,
    now: datetime,
) -> None:
    """Let a topic's alert become the alert of the event that explains it (B-ID1)."""
    if before is None or before == spot:
        return
    known = alerts.open_alert(connection, identity(work.key, before))
    if known is None:
        return
    target = alerts.open_alert(connection, identity(work.key, spot))
    if target is None:
        event_id = events.id_of(connection, spot)
        alerts.rename(connection, known, identity(work.key, spot), event_id, now)
        return
    view = EventView(subject=work.key, subject_name=work.name, event=before, posts=())
    decision = absorb(known.state, target.number)
    alert_id, number = alerts.save(
        connection, view, (None, work.subject_id), known, decision, (), now, topic=None
    )
    _run_triage(connection, _Outcome(alert_id, number, work.subject_id, decision), rules, now)


def _after_dismissal(
    connection: Connection,
    subject_id: int,
    item: _Place,
    found: Sequence[Finding],
    rules: Rules,
    now: datetime,
) -> Sequence[Finding]:
    """Leave a false alarm at rest until something graver or new is found (S-02).

    What a person judged under one name does not come back under another: of the statistics only
    findings count whose voices are mostly new since any dismissal of late.
    """
    view = item.view
    judged = triage.judged(connection, subject_id, now - VIEW)
    extra = [one for one in item.extra if not judged or is_new(one, judged)]
    last = triage.last_dismissed(connection, identity(view.subject, view.event))
    if last is None:
        return in_order([*found, *extra])
    fresh = tuple(post for post in view.posts if post.key not in last.posts)
    on_new = in_order([*assess(replace(view, posts=fresh), rules, now), *extra])
    return after_dismissal(Level(last.level), in_order([*found, *item.extra]), on_new)


def _run_triage(connection: Connection, outcome: _Outcome, rules: Rules, now: datetime) -> None:
    """Start the triage clock, the only one an alert starts; a rise may only shorten it (AD-10)."""
    change = outcome.decision.change
    if change == "closed":
        clocks.stop(connection, outcome.object, "triaged", "系统（预警关闭）", now)
    if change not in ("opened", "raised") or cases.of_alert(connection, outcome.alert_id):
        return
    fresh = clock_rules.triage(rules, outcome.decision.level, now)
    due = clocks.running(connection, outcome.object, fresh.definition)
    if due is not None and now < due <= fresh.due.at:
        return
    clocks.stop(connection, outcome.object, "triaged", "系统（级别上升，时限缩短）", now)
    clocks.start(connection, outcome.object, fresh)


def _recount(app: App, rules: Rules) -> None:
    """Count the dirty days first: baselines are made from them."""
    while True:
        with app.db.write() as connection:
            if stats.recompute(connection, DAYS, rules.topics) < DAYS:
                return
