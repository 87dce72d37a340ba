"""Actions: what a named person does to an alert or case, audited in the same transaction."""

from datetime import datetime

from alerts import cases as case_rules
from alerts import clocks as clock_rules
from config import facts
from config.calendar import workday
from domain.access import Actor
from domain.clock import say_time
from domain.errors import CaseError
from domain.level import Level
from pipelines import rulebook
from pipelines.wiring import App
from store import alerts, audit, cases, clocks


def register_case(app: App, number: str, actor: Actor, now: datetime, reason: str) -> str:
    """Open a case on an alert (S-04): stops its triage clock, freezes the pack; return its number.

    Raises CaseError if the alert is unknown, not open, or registered already.
    """
    with app.db.write() as connection:
        row = alerts.by_number(connection, number)
        if row.status != "open":
            raise CaseError(f"预警 {number} 已不在开放状态，不能登记个案")
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
        audit.append(
            connection, f"case:{case_number}", "registered", actor=actor, at=now, reason=reason,
            payload={"alert": number, **payload},
        )  # fmt: skip
        return case_number


def grade_case(
    app: App, case_number: str, level: Level, actor: Actor, now: datetime, reason: str
) -> None:
    """Set the level a person decided (S-05); the procedure clocks start here (AD-10)."""
    if not reason.strip():
        raise CaseError("定级须写明理由（S-05）")
    with app.db.write() as connection:
        row = cases.by_number(connection, case_number)
        move = case_rules.move(row.state, "graded")
        cases.grade(connection, row, level, by=actor.name, now=now)
        pack = facts.pack(row.pack_copy, "个案冻结的程序包")
        started = [
            clock
            for event in move.events
            for clock in clock_rules.start_for(pack, event, level, now, workday)
        ]
        for clock in started:
            clocks.start(connection, f"case:{case_number}", clock)
        audit.append(
            connection, f"case:{case_number}", "graded", actor=actor, at=now, reason=reason,
            payload={"level": level, "clocks": [clock.definition for clock in started]},
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
