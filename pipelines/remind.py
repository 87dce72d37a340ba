"""Remind step: people told of what is new, due times handled once, grave alerts repeated.

Stored due times are handled also when they were missed while down (B-CL2, B-CL3); repeats follow
B-GR1: critical and major, 60 minutes after the last message, then doubling up to 4 hours. Messages
of an alert that is inhibited or silenced stay unsent (B-IN1, B-SI1); its clocks run on.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.clocks import late
from alerts.lifecycle import repeat_after
from alerts.telling import INTERVAL, repeat_due
from domain.clock import say_time
from domain.step import StepResult
from pipelines import push, telling
from pipelines.wiring import App
from store import acknowledgements, alerts, audit, clocks, installation, outbox, pushes
from store.clocks import DueRow
from store.db import Connection
from store.pushes import Unanswered
from store.telling import told_since

#: Handled later than this after the due time = a catch-up, and people are told so.
TOLERANCE = timedelta(minutes=2)


def run(app: App, now: datetime) -> StepResult:
    """Tell, handle due times in order, each in its own transaction, repeat what is unanswered."""
    told = telling.run(app, now)
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
    for group in _by_subject(silent):
        with app.db.write() as connection:
            repeated += _repeat(app, connection, group, now)
    return StepResult(step="remind", done=told + len(rows) + repeated)


def _by_subject(items: Iterable[Unanswered]) -> list[list[Unanswered]]:
    """Return the alerts of each project together; what has no subject stands alone."""
    groups: dict[int | str, list[Unanswered]] = {}
    for item in items:
        groups.setdefault(item.subject_id or item.number, []).append(item)
    return list(groups.values())


def _handle(app: App, connection: Connection, row: DueRow, now: datetime, *, is_late: bool) -> None:
    if not clocks.handle(connection, row, now, late=is_late):
        return
    audit.append(
        connection, row.object, "clock-overdue" if row.percent == 100 else "clock-warning",
        actor=audit.RULE, at=now, reason=_reason(row, now, is_late=is_late),
        payload={"clock": row.definition, "percent": row.percent, "late": is_late},
    )  # fmt: skip
    if row.percent == 100 and not _inhibited(connection, row, now):
        push.tell_overdue(app, connection, row, now, catch_up=is_late)


def _inhibited(connection: Connection, row: DueRow, now: datetime) -> bool:
    """Whether a higher alert speaks for this one; a silence stops no overdue notice."""
    kind, _, number = row.object.partition(":")
    if kind != "alert":
        return False
    subject_id = alerts.by_number(connection, number).subject_id
    mute = telling.mute(connection, number, subject_id, now)
    return mute is not None and mute.kind == "inhibited"


def _reason(row: DueRow, now: datetime, *, is_late: bool) -> str:
    catch_up = f"，补发(系统停机 {say_time(row.due_at)}–{say_time(now)})" if is_late else ""
    state = "已超时" if row.percent == 100 else f"时限已过 {row.percent}%"
    return f"{row.name}（{row.definition}）{state}，应于 {say_time(row.clock_due_at)} 前{catch_up}"


def _is_due(connection: Connection, item: Unanswered, now: datetime) -> bool:
    if now < item.last_told_at + repeat_after(item.reminders):
        return False
    if acknowledgements.covered(connection, item.id, item.level, now) is not None:
        return False
    if item.subject_id is None:
        return True
    told = told_since(connection, item.subject_id, now - INTERVAL)
    return (
        repeat_due(told, now)
        and telling.mute(connection, item.number, item.subject_id, now) is None
    )


def _repeat(app: App, connection: Connection, seen: Sequence[Unanswered], now: datetime) -> int:
    """Tell of a project's alerts again, once more counted, unless settled or answered meanwhile."""
    items = [
        item
        for one in seen
        for item in pushes.unanswered(connection, outbox.GRAVE, number=one.number)
        if _is_due(connection, item, now)
    ]
    items.sort(key=lambda item: (-item.level.rank, item.number))
    notices = [
        telling.Notice(
            alert_id=item.id, number=item.number, level=item.level, reason="repeat",
            row=f"repeat-{item.reminders + 1}",
            heading=f"第 {item.reminders + 1} 次提醒（至今无人确认已知悉）",
        )
        for item in items
    ]  # fmt: skip
    return telling.spread(app, connection, seen[0].subject_id, notices, now)
