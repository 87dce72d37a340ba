"""What the daily brief counts: rows as they stand, for the subjects one recipient is told of."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import Connection, func, insert, select

from domain.level import Level
from store import pushes
from store.outbox import called_back
from store.tables import alert, clock, daily, outbox, silence, source, subject

NAME = "brief"
Item = TypeVar("Item", "AlertItem", "ClockItem")


def last(connection: Connection) -> tuple[int, datetime] | None:
    """Return (Shanghai day as 20261121, moment) of the newest brief, None before the first."""
    row = connection.execute(
        select(daily.c.day_cn, daily.c.at)
        .where(daily.c.name == NAME)
        .order_by(daily.c.day_cn.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.day_cn, row.at)


def mark(connection: Connection, day: date, now: datetime) -> None:
    """Record that the brief of this day is done; a second one of the day is refused by its key."""
    connection.execute(insert(daily).values(name=NAME, day_cn=number(day), at=now))


def number(day: date) -> int:
    """Return a day as the tables keep it: 20261121."""
    return int(f"{day:%Y%m%d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertItem:
    """An open alert in a brief."""

    number: str
    version: int
    subject_id: int | None
    subject: str
    level: Level
    verdict: str | None
    opened_at: datetime
    alert_id: int


def open_alerts(connection: Connection) -> list[AlertItem]:
    """Return all open alerts, the grave first, then the newer."""
    rows = connection.execute(
        select(alert, subject.c.name, source.c.name.label("source"))
        .outerjoin(subject, subject.c.id == alert.c.subject_id)
        .outerjoin(source, source.c.id == alert.c.source_id)
        .where(alert.c.status == "open")
    )
    found = [
        AlertItem(
            number=row.number, version=row.version, subject_id=row.subject_id,
            subject=f"{row.source}（数据中断）" if row.source else row.name or "未归属",
            level=Level(row.level), verdict=row.verdict,
            opened_at=row.opened_at, alert_id=row.id,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda a: (-a.level.rank, -a.opened_at.timestamp(), a.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockItem:
    """A running clock in a brief."""

    object: str
    name: str
    due_at: datetime
    subject_id: int | None
    subject: str


def clocks_due(connection: Connection, before: datetime) -> list[ClockItem]:
    """Return the running clocks due before this moment, those already overdue included."""
    rows = connection.execute(
        select(clock.c.object, clock.c.name, clock.c.due_at)
        .where(clock.c.stopped_at.is_(None), clock.c.due_at < before)
        .order_by(clock.c.due_at, clock.c.id)
    ).all()
    return [_clock(connection, row.object, row.name, row.due_at) for row in rows]


def _clock(connection: Connection, obj: str, name: str, due_at: datetime) -> ClockItem:
    kind, _, label = obj.partition(":")
    if kind == "alert":
        subject_id = connection.scalar(select(alert.c.subject_id).where(alert.c.number == label))
    else:
        thing = pushes.thing(connection, obj)
        subject_id = thing.subject_id if thing else None
    return ClockItem(
        object=label, name=name, due_at=due_at, subject_id=subject_id,
        subject=pushes.place(connection, subject_id).name,
    )  # fmt: skip


def unsent(connection: Connection, since: datetime) -> dict[str, int]:
    """Return channel → messages that failed since then or still wait."""
    rows = connection.execute(
        select(outbox.c.channel, func.count().label("n"))
        .where(
            ((outbox.c.status == "failed") & (outbox.c.queued_at >= since) & ~called_back())
            | ((outbox.c.status == "queued") & (outbox.c.attempts > 0))
        )
        .group_by(outbox.c.channel)
        .order_by(outbox.c.channel)
    )
    return {row.channel: row.n for row in rows}


def silences(
    connection: Connection, since: datetime, now: datetime
) -> list[tuple[str, str, datetime]]:
    """Return (reason, author, end) of the silences in force at some time since then (B-SI1)."""
    rows = connection.execute(
        select(silence.c.reason, silence.c.author, silence.c.ends_at)
        .where(silence.c.starts_at <= now, silence.c.ends_at > since)
        .order_by(silence.c.ends_at, silence.c.id)
    )
    return [(row.reason, row.author, row.ends_at) for row in rows]


def seen_by(items: Collection[Item], subjects: frozenset[int] | None) -> list[Item]:
    """Return the items of these subjects; None sees all, and what has no subject."""
    return [item for item in items if subjects is None or item.subject_id in subjects]
