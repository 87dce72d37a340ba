"""Time limits of the weekly report (周报): kept, broken, running; what merely ended is neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from store.tables import alert, audit, case, clock, complaint, media_enquiry

#: Audit actions of a case by which limits end that no longer apply (S-06, S-28).
_LET_GO = ("graded", "routine")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockItem:
    """A time limit that was kept or broken in the period, or runs at its end."""

    id: int
    object: str
    name: str
    definition: str
    due_at: datetime
    stopped_at: datetime | None
    #: attained | breached | running
    outcome: str


def clock_items(
    connection: Connection, ids: frozenset[int] | None, since: datetime, until: datetime
) -> tuple[ClockItem, ...]:
    """Return each clock once, in the period in which it was kept or broken, or still runs.

    Left out: clocks of what was registered by mistake, and clocks that ended before their due
    time without what they waited for (a new deadline, a shorter limit, a calm alert, a regraded
    case). A limit that had run out by then stays a breach (B-CL3).
    """
    objects = None if ids is None else _objects(connection, ids)
    withdrawn = _withdrawn(connection)
    rows = connection.execute(
        select(clock)
        .where(
            clock.c.started_at < until,
            or_(
                clock.c.due_at >= since,
                clock.c.stopped_at >= since,
                clock.c.stopped_at.is_(None),
            ),
        )
        .order_by(clock.c.due_at, clock.c.id)
    ).all()
    ends = _Ends(
        started=frozenset((row.object, row.definition, row.started_at) for row in rows),
        deadlines=_deadlines(connection),
        let_go=_let_go(connection, since),
    )
    items = []
    for row in rows:
        if row.object in withdrawn or (objects is not None and row.object not in objects):
            continue
        outcome = _outcome(row, since, until)
        if outcome is None or (outcome == "attained" and ends.without_doing(row)):
            continue
        items.append(
            ClockItem(
                id=row.id, object=row.object, name=row.name, definition=row.definition,
                due_at=row.due_at, stopped_at=row.stopped_at, outcome=outcome,
            )
        )  # fmt: skip
    return tuple(items)


def _outcome(row: Any, since: datetime, until: datetime) -> str | None:
    stopped = row.stopped_at if row.stopped_at is not None and row.stopped_at < until else None
    if stopped is not None and stopped <= row.due_at:
        return "attained" if stopped >= since else None
    if row.due_at < until:
        return "breached" if row.due_at >= since else None
    return "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """How a clock can end without what it waited for."""

    #: (object, definition, moment) of every start: a clock begun as another stops replaces it.
    started: frozenset[tuple[str, str, datetime]]
    #: Complaint object → the deadline that holds now.
    deadlines: Mapping[str, datetime | None]
    #: (case object, moment) of each grading and hand-over to the routine procedure.
    let_go: frozenset[tuple[str, datetime]]

    def without_doing(self, row: Any) -> bool:
        """Whether this stopped clock was replaced, moved, let go or ended by itself."""
        return (
            (row.object, row.definition, row.stopped_at) in self.started
            or self.deadlines.get(row.object, row.due_at) != row.due_at
            or (row.start_event == "graded" and (row.object, row.stopped_at) in self.let_go)
            or (row.object.startswith("alert:") and str(row.stopped_by).startswith("系统"))
        )


def _withdrawn(connection: Connection) -> frozenset[str]:
    return frozenset(
        f"{kind}:{number}"
        for kind, table in (("enquiry", media_enquiry), ("complaint", complaint))
        for number in connection.scalars(
            select(table.c.number).where(table.c.withdrawn_at.is_not(None))
        )
    )


def _deadlines(connection: Connection) -> dict[str, datetime | None]:
    return {
        f"complaint:{row.number}": row.reply_due_at
        for row in connection.execute(select(complaint.c.number, complaint.c.reply_due_at))
    }


def _let_go(connection: Connection, since: datetime) -> frozenset[tuple[str, datetime]]:
    rows: Sequence[Any] = connection.execute(
        select(audit.c.object, audit.c.at).where(
            audit.c.at >= since, audit.c.object.startswith("case:"), audit.c.action.in_(_LET_GO)
        )
    ).all()
    return frozenset((row.object, row.at) for row in rows)


def _objects(connection: Connection, ids: frozenset[int]) -> set[str]:
    return {
        f"{kind}:{number}"
        for kind, table in (
            ("alert", alert), ("case", case), ("enquiry", media_enquiry), ("complaint", complaint),
        )
        for number in connection.scalars(
            select(table.c.number).where(table.c.subject_id.in_(sorted(ids)))
        )
    }  # fmt: skip
