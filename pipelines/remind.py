"""Remind step: due times handled once, and grave alerts repeated until somebody answers.

Stored due times are handled also when they were missed while down (B-CL2, B-CL3); repeats follow
B-GR1: critical and major, 60 minutes after the last message, then doubling up to 4 hours.
"""

from datetime import datetime, timedelta

from alerts.clocks import late
from alerts.lifecycle import repeat_after
from domain.clock import say_time
from domain.step import StepResult
from pipelines import push
from pipelines.wiring import App
from store import acknowledgements, audit, clocks, installation, outbox, pushes
from store.clocks import DueRow
from store.db import Connection
from store.pushes import Unanswered

#: Handled later than this after the due time = a catch-up, and people are told so.
TOLERANCE = timedelta(minutes=2)


def run(app: App, now: datetime) -> StepResult:
    """Handle due times in order, each in its own transaction, then repeat what is unanswered."""
    with app.db.read() as connection:
        rows = clocks.due(connection, now)
        playing = installation.playback(connection)
        silent = [
            item
            for item in pushes.unanswered(connection, outbox.GRAVE)
            if _is_due(connection, item, now)
        ]
    # A simulated clock jumps; that is no downtime.
    tolerance = max(TOLERANCE, playing.step) if playing else TOLERANCE
    for row in rows:
        with app.db.write() as connection:
            _handle(app, connection, row, now, is_late=late(row.due_at, now, tolerance))
    repeated = 0
    for item in silent:
        with app.db.write() as connection:
            repeated += _repeat(app, connection, item, now)
    return StepResult(step="remind", done=len(rows) + repeated)


def _handle(app: App, connection: Connection, row: DueRow, now: datetime, *, is_late: bool) -> None:
    if not clocks.handle(connection, row, now, late=is_late):
        return
    audit.append(
        connection, row.object, "clock-overdue" if row.percent == 100 else "clock-warning",
        actor=audit.RULE, at=now, reason=_reason(row, now, is_late=is_late),
        payload={"clock": row.definition, "percent": row.percent, "late": is_late},
    )  # fmt: skip
    if row.percent == 100:
        push.tell_overdue(app, connection, row, now, catch_up=is_late)


def _reason(row: DueRow, now: datetime, *, is_late: bool) -> str:
    catch_up = f"，补发(系统停机 {say_time(row.due_at)}–{say_time(now)})" if is_late else ""
    state = "已超时" if row.percent == 100 else f"时限已过 {row.percent}%"
    return f"{row.name}（{row.definition}）{state}，应于 {say_time(row.clock_due_at)} 前{catch_up}"


def _is_due(connection: Connection, item: Unanswered, now: datetime) -> bool:
    if now < item.last_told_at + repeat_after(item.reminders):
        return False
    return acknowledgements.covered(connection, item.id, item.level, now) is None


def _repeat(app: App, connection: Connection, seen: Unanswered, now: datetime) -> bool:
    """Tell again, once more counted, unless it was settled or answered since it was looked at."""
    found = pushes.unanswered(connection, outbox.GRAVE, number=seen.number)
    if not found or not _is_due(connection, found[0], now):
        return False
    item = found[0]
    n = item.reminders + 1
    push.tell_alert(
        app, connection, number=item.number, reason="repeat", row_reason=f"repeat-{n}", now=now,
        told=push.concerned(connection, item.subject_id, item.level),
        notice=f"第 {n} 次提醒（至今无人确认已知悉）",
    )  # fmt: skip
    return True
