"""Actions: what a named person does to an alert or case, audited in the same transaction."""

from collections.abc import Sequence
from datetime import datetime

from alerts import cases as case_rules
from alerts import clocks as clock_rules
from config import facts
from config.calendar import workday
from domain.access import Actor
from domain.clock import say_time
from domain.errors import CaseError
from domain.label import Judgement
from domain.level import Level
from domain.telling import Matcher
from pipelines import rulebook
from pipelines.wiring import App
from store import (
    acknowledgements,
    alerts,
    audit,
    cases,
    clocks,
    complaints,
    labels,
    replies,
    silences,
    triage,
)
from store.cases import CaseRow
from store.db import Connection

#: Event of linking a customer to a case (AD-10).
LINKED = "contact_linked"


def confirm(
    app: App, number: str, actor: Actor, now: datetime, *, reason: str = "", seen: int | None = None
) -> None:
    """Say that an alert is real: stops its triage clock (AD-10).

    `seen` is the last audit step on the actor's screen; ConflictError if somebody acted since.
    """
    with app.db.write() as connection:
        triage.confirm(connection, number, actor=actor, now=now, reason=reason, seen=seen)


def dismiss(
    app: App, number: str, code: str, actor: Actor, now: datetime, *, reason: str = "",
    seen: int | None = None,
) -> None:  # fmt: skip
    """Close an alert as a false alarm for a reason of `store.triage.DISMISSALS` (S-02)."""
    with app.db.write() as connection:
        triage.dismiss(
            connection, number, code=code, actor=actor, now=now, reason=reason, seen=seen
        )


def undo_dismissal(app: App, number: str, actor: Actor, now: datetime) -> None:
    """Open a dismissed alert again."""
    with app.db.write() as connection:
        triage.undo_dismissal(connection, number, actor=actor, now=now)


def merge(
    app: App, number: str, into: str, actor: Actor, now: datetime, *, reason: str = "",
    seen: int | None = None,
) -> None:  # fmt: skip
    """Count an alert as part of another of the same subject (B-MS1)."""
    with app.db.write() as connection:
        triage.merge(connection, number, into, actor=actor, now=now, reason=reason, seen=seen)


def split(app: App, number: str, actor: Actor, now: datetime) -> None:
    """Take a merge back."""
    with app.db.write() as connection:
        triage.split(connection, number, actor=actor, now=now)


def acknowledge(app: App, number: str, version: int, actor: Actor, now: datetime) -> None:
    """Say that the push of this version arrived: stops repeats, not clocks (B-AK1)."""
    with app.db.write() as connection:
        item = alerts.by_number(connection, number)
        acknowledgements.add(connection, item, version=version, actor=actor, via="web", now=now)


def silence(
    app: App, matcher: Matcher, ends_at: datetime, actor: Actor, now: datetime, reason: str
) -> int:
    """Mute messages about what fits, seven days at most (B-SI1); return the silence's id."""
    with app.db.write() as connection:
        return silences.add(
            connection, matcher, ends_at=ends_at, reason=reason, actor=actor, now=now
        )


def unsilence(app: App, silence_id: int, actor: Actor, now: datetime) -> None:
    """End a silence before its time; what still fires is told again."""
    with app.db.write() as connection:
        silences.end(connection, silence_id, actor=actor, now=now)


def label_post(
    app: App, post_id: int, judgements: Sequence[Judgement], actor: Actor, now: datetime
) -> list[int]:
    """Label a post; return the label ids, which `undo_labels` takes back."""
    return label_posts(app, [post_id], judgements, actor, now)


def label_posts(
    app: App, post_ids: Sequence[int], judgements: Sequence[Judgement], actor: Actor,
    now: datetime,
) -> list[int]:  # fmt: skip
    """Label several posts alike, all or none; return the label ids."""
    with app.db.write() as connection:
        return [
            one
            for post_id in post_ids
            for one in labels.add(connection, post_id, judgements, actor=actor, now=now)
        ]


def reply_publicly(
    app: App, post_id: int, *, office: str, text: str, url: str | None, at: datetime,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Keep the authority's or our own public reply beside the post it answers (AD-11)."""
    with app.db.write() as connection:
        replies.add(
            connection, post_id, office=office, text=text, url=url, at=at, actor=actor, now=now
        )


def undo_labels(app: App, ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """Take labels back; what counts follows at once."""
    with app.db.write() as connection:
        labels.undo(connection, ids, actor=actor, now=now)


def register_case(
    app: App, number: str, actor: Actor, now: datetime, reason: str, *, seen: int | None = None,
    level: Level | None = None,
) -> str:  # fmt: skip
    """Open a case on an alert (S-04): stops its triage clock, freezes the pack; return its number.

    With a level it is graded in the same transaction. Raises CaseError if the alert is unknown,
    not open, or registered already; ConflictError if somebody acted since step `seen`.
    """
    with app.db.write() as connection:
        row = alerts.by_number(connection, number)
        if row.status != "open":
            raise CaseError(f"预警 {number} 已不在开放状态，不能登记个案")
        if row.source is not None or row.subject_id is None:
            raise CaseError(f"预警 {number} 说的是数据中断，不是舆情：请管理员恢复来源，不登记个案")
        triage.check_seen(connection, number, seen)
        pack_id, text, pack = rulebook.procedure(connection)
        case_number = cases.register(
            connection, alert_id=row.id, subject_id=row.subject_id,
            title=f"{row.subject} {say_time(row.opened_at)} 起的预警 {number}",
            pack_id=pack_id, pack_copy=text, by=actor.name, now=now,
        )  # fmt: skip
        clocks.stop(connection, f"alert:{number}", "triaged", actor.name, now)
        payload = {"case": case_number, "pack": pack.name, "pack_version": pack.version}
        audit.append(
            connection, f"alert:{number}", "registered", actor=actor, at=now, reason=reason,
            payload=payload,
        )  # fmt: skip
        triage.mark_registered(connection, row, actor, now)
        audit.append(
            connection, f"case:{case_number}", "registered", actor=actor, at=now, reason=reason,
            payload={"alert": number, **payload},
        )  # fmt: skip
        if level is not None:
            _grade(connection, case_number, level, actor, now, reason)
        return case_number


def grade_case(
    app: App, case_number: str, level: Level, actor: Actor, now: datetime, reason: str
) -> None:
    """Set the level a person decided (S-05); the procedure clocks start here (AD-10)."""
    with app.db.write() as connection:
        _grade(connection, case_number, level, actor, now, reason)


def _grade(
    connection: Connection, case_number: str, level: Level, actor: Actor, now: datetime,
    reason: str,
) -> None:  # fmt: skip
    if not reason.strip():
        raise CaseError("定级须写明理由（S-05）")
    row = cases.by_number(connection, case_number)
    move = case_rules.move(row.state, "graded")
    cases.grade(connection, row, level, by=actor.name, now=now)
    events = [*move.events, *([LINKED] if complaints.has_contact(connection, row.id) else [])]
    stopped = clocks.stop_others(
        connection, f"case:{case_number}", "graded", _ids(row, "graded", level), actor.name, now
    )
    started = [name for event in events for name in _start(connection, row, event, level, now)]
    audit.append(
        connection, f"case:{case_number}", "graded", actor=actor, at=now, reason=reason,
        payload={"level": level, "before": row.level, "clocks": started, "stopped": stopped},
    )  # fmt: skip


def _ids(row: CaseRow, event: str, level: Level) -> list[str]:
    """Return the limits of the frozen pack that this event starts at this level."""
    pack = facts.pack(row.pack_copy, "个案冻结的程序包")
    return [one.id for one in pack.clocks if one.start == event and level in one.levels]


def _start(
    connection: Connection, row: CaseRow, event: str, level: Level, now: datetime
) -> list[str]:
    """Start the clocks of the frozen pack that this event starts; one that runs, runs on."""
    pack = facts.pack(row.pack_copy, "个案冻结的程序包")
    name = f"case:{row.number}"
    started = [
        one
        for one in clock_rules.start_for(pack, event, level, now, workday)
        if clocks.running(connection, name, one.definition) is None
        and not (event == LINKED and clocks.ever(connection, name, one.definition))
    ]
    for one in started:
        clocks.start(connection, name, one)
    return [one.definition for one in started]


def link_contact(
    app: App, case_number: str, complaint: str, actor: Actor, now: datetime
) -> list[str]:
    """Link a complaint, and so a customer, to a case: the customer clocks start (AD-10).

    Returns the ids of the clocks; none before the case is graded, they start with the grading.
    """
    with app.db.write() as connection:
        row = cases.by_number(connection, case_number)
        complaints.link_case(connection, complaint, row.id, row.subject_id)
        started = _start(connection, row, LINKED, row.level, now) if row.level else []
        audit.append(
            connection, f"case:{case_number}", "contact-linked", actor=actor, at=now,
            payload={"complaint": complaint, "clocks": started},
        )  # fmt: skip
        return started


def customer_contacted(
    app: App, case_number: str, actor: Actor, now: datetime, note: str
) -> list[str]:
    """Record that the customer was spoken to: stops the contact clocks (T-07, T-14, T-37)."""
    with app.db.write() as connection:
        row = cases.by_number(connection, case_number)
        stopped = clocks.stop(
            connection, f"case:{case_number}", "customer_contacted", actor.name, now
        )
        if not stopped and not complaints.has_contact(connection, row.id):
            raise CaseError(
                f"个案 {case_number} 还没有关联投诉单：没有联系人时请走公开回应或媒体口径"
            )
        audit.append(
            connection, f"case:{case_number}", "customer-contacted", actor=actor, at=now,
            reason=note, payload={"stopped": stopped},
        )  # fmt: skip
        return stopped


def route_routine(app: App, case_number: str, actor: Actor, now: datetime, reason: str) -> None:
    """Hand a case over to the ordinary complaint procedure (S-06); its own clocks stop."""
    with app.db.write() as connection:
        row = cases.by_number(connection, case_number)
        move = case_rules.move(row.state, "routine")
        cases.move(connection, row, move.new)
        name = f"case:{case_number}"
        stopped = clocks.stop_others(connection, name, "graded", [], actor.name, now)
        audit.append(
            connection, name, "routine", actor=actor, at=now, reason=reason,
            payload={"stopped": stopped},
        )  # fmt: skip


def report_case(app: App, case_number: str, actor: Actor, now: datetime, reason: str) -> None:
    """Record that the case was reported upward (S-07): stops the reporting clock."""
    with app.db.write() as connection:
        row = cases.by_number(connection, case_number)
        move = case_rules.move(row.state, "reported")
        cases.move(connection, row, move.new)
        stopped = [
            name
            for event in move.events
            for name in clocks.stop(connection, f"case:{case_number}", event, actor.name, now)
        ]
        audit.append(
            connection,
            f"case:{case_number}",
            "reported",
            actor=actor,
            at=now,
            reason=reason,
            payload={"stopped": stopped},
        )
