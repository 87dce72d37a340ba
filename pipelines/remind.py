"""Remind step: handles every stored due time once, also those missed while down (B-CL2, B-CL3)."""

from datetime import datetime, timedelta

from alerts.clocks import late
from domain.clock import say_time
from domain.step import StepResult
from notify.messages import overdue_message
from pipelines.wiring import App
from store import alerts, audit, clocks, installation, outbox
from store.clocks import DueRow
from store.db import Connection

#: Handled later than this after the due time = a catch-up, and people are told so.
TOLERANCE = timedelta(minutes=2)


def run(app: App, now: datetime) -> StepResult:
    """Handle due times in order, each in its own transaction."""
    with app.db.read() as connection:
        rows = clocks.due(connection, now)
        playing = installation.playback(connection)
    # A simulated clock jumps; that is no downtime.
    tolerance = max(TOLERANCE, playing.step) if playing else TOLERANCE
    for row in rows:
        with app.db.write() as connection:
            _handle(connection, row, now, is_late=late(row.due_at, now, tolerance))
    return StepResult(step="remind", done=len(rows))


def _handle(connection: Connection, row: DueRow, now: datetime, *, is_late: bool) -> None:
    if not clocks.handle(connection, row, now, late=is_late):
        return
    audit.append(
        connection, row.object, "clock-overdue" if row.percent == 100 else "clock-warning",
        actor=audit.RULE, at=now, reason=_reason(row, now, is_late=is_late),
        payload={"clock": row.definition, "percent": row.percent, "late": is_late},
    )  # fmt: skip
    if row.percent == 100 and row.definition == "triage":
        _tell(connection, row, now, is_late=is_late)


def _reason(row: DueRow, now: datetime, *, is_late: bool) -> str:
    catch_up = f"，补发(系统停机 {say_time(row.due_at)}–{say_time(now)})" if is_late else ""
    state = "已超时" if row.percent == 100 else f"时限已过 {row.percent}%"
    return f"{row.name}（{row.definition}）{state}，应于 {say_time(row.clock_due_at)} 前{catch_up}"


def _tell(connection: Connection, row: DueRow, now: datetime, *, is_late: bool) -> None:
    item = alerts.by_number(connection, row.object.removeprefix("alert:"))
    subject_line, body = overdue_message(
        level=item.level, subject=item.subject, number=item.number, version=item.version,
        limit=say_time(row.clock_due_at), late="【补发】" if is_late else "",
    )  # fmt: skip
    for recipient in outbox.recipients(connection, item.subject_id):
        if not recipient.min_level.graver_than(item.level):
            outbox.queue(
                connection, recipient, alert_id=item.id, version=item.version,
                reason="overdue", subject_line=subject_line, body=body, now=now,
            )  # fmt: skip
