"""Clocks as stored due times; the tick scans only what is due and not handled (B-CL1, B-CL2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.case import StartedClock
from store.db import inserted_id
from store.tables import clock, clock_due


def start(connection: Connection, obj: str, item: StartedClock) -> None:
    """Store a started clock with the times at which people are warned; starting twice is once."""
    known = connection.scalar(
        select(clock.c.id).where(
            clock.c.object == obj,
            clock.c.definition == item.definition,
            clock.c.started_at == item.started_at,
        )
    )
    if known is not None:
        return
    key = connection.execute(
        insert(clock).values(
            object=obj, definition=item.definition, name=item.name, role=item.role,
            started_at=item.started_at, start_event=item.start_event,
            stop_event=item.stop_event, due_at=item.due.at, calendar=item.calendar,
            steps=list(item.due.steps), provisional=item.due.provisional,
        )
    )  # fmt: skip
    connection.execute(
        insert(clock_due),
        [
            {"clock_id": inserted_id(key), "percent": percent, "due_at": at}
            for percent, at in sorted(item.warn_at.items())
        ],
    )


def stop(connection: Connection, obj: str, event: str, by: str, now: datetime) -> list[str]:
    """Stop the running clocks of `obj` that this event stops; return their names.

    A stop after the due time leaves the breach standing beside it (B-CL3).
    """
    running = connection.execute(
        select(clock.c.id, clock.c.name, clock.c.due_at).where(
            clock.c.object == obj, clock.c.stop_event == event, clock.c.stopped_at.is_(None)
        )
    ).all()
    for row in running:
        _stop_one(connection, row, by, now)
    return [row.name for row in running]


def stop_others(
    connection: Connection, obj: str, start_event: str, keep: Sequence[str], by: str, now: datetime
) -> list[str]:
    """Stop what this event started and what no longer applies (S-28); return the ids.

    A limit that ran out stays a breach (B-CL3).
    """
    rows = connection.execute(
        select(clock.c.id, clock.c.definition, clock.c.due_at).where(
            clock.c.object == obj, clock.c.start_event == start_event,
            clock.c.stopped_at.is_(None), clock.c.definition.not_in(keep),
        )
    ).all()  # fmt: skip
    for row in rows:
        _stop_one(connection, row, by, now)
    return [row.definition for row in rows]


def ever(connection: Connection, obj: str, definition: str) -> bool:
    """Whether this clock was ever started on this object."""
    found = select(clock.c.id).where(clock.c.object == obj, clock.c.definition == definition)
    return connection.scalar(found.limit(1)) is not None


def _stop_one(connection: Connection, row: Any, by: str, now: datetime) -> None:
    values = {"stopped_at": now, "stopped_by": by}
    if now > row.due_at:
        values["breached_at"] = row.due_at
    connection.execute(update(clock).where(clock.c.id == row.id).values(**values))
    connection.execute(
        update(clock_due)
        .where(clock_due.c.clock_id == row.id, clock_due.c.handled_at.is_(None))
        .values(handled_at=now)
    )


def resume(connection: Connection, obj: str, event: str, stopped_at: datetime) -> None:
    """Let the clocks that this event stopped at that moment run on, with their old due times.

    A breach stays a fact (B-CL3); a due time that passed meanwhile is handled by the next tick.
    """
    stopped = connection.scalars(
        select(clock.c.id).where(
            clock.c.object == obj, clock.c.stop_event == event, clock.c.stopped_at == stopped_at
        )
    ).all()
    connection.execute(
        update(clock).where(clock.c.id.in_(stopped)).values(stopped_at=None, stopped_by=None)
    )
    connection.execute(
        update(clock_due)
        .where(clock_due.c.clock_id.in_(stopped), clock_due.c.handled_at == stopped_at)
        .values(handled_at=None)
    )


def running(connection: Connection, obj: str, definition: str) -> datetime | None:
    """Return when the running clock of this definition is due, None if none runs."""
    found: datetime | None = connection.scalar(
        select(clock.c.due_at).where(
            clock.c.object == obj,
            clock.c.definition == definition,
            clock.c.stopped_at.is_(None),
        )
    )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """A due time that nobody handled yet."""

    id: int
    clock_id: int
    object: str
    definition: str
    name: str
    role: str
    percent: int
    due_at: datetime
    clock_due_at: datetime


def due(connection: Connection, now: datetime) -> list[DueRow]:
    """Return what is due and not handled, in order of due time."""
    rows = connection.execute(
        select(
            clock_due.c.id, clock_due.c.clock_id, clock.c.object, clock.c.definition,
            clock.c.name, clock.c.role, clock_due.c.percent, clock_due.c.due_at,
            clock.c.due_at.label("clock_due_at"),
        )
        .join(clock, clock.c.id == clock_due.c.clock_id)
        .where(clock_due.c.handled_at.is_(None), clock_due.c.due_at <= now)
        .order_by(clock_due.c.due_at, clock_due.c.id)
    )  # fmt: skip
    return [DueRow(**row._mapping) for row in rows]


def handle(connection: Connection, row: DueRow, now: datetime, *, late: bool) -> bool:
    """Claim a due time; False if another worker handled it meanwhile."""
    claimed = connection.execute(
        update(clock_due)
        .where(clock_due.c.id == row.id, clock_due.c.handled_at.is_(None))
        .values(handled_at=now, late=late)
    )
    if claimed.rowcount and row.percent == 100:
        connection.execute(
            update(clock)
            .where(clock.c.id == row.clock_id, clock.c.breached_at.is_(None))
            .values(breached_at=row.clock_due_at)
        )
    return bool(claimed.rowcount)
