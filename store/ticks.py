"""Ticks: what the scheduler asks the worker for, and when it was last done."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from store.tables import tick


def ask(connection: Connection, name: str, now: datetime) -> None:
    """Ask for a piece of work; asking again before it is done changes nothing but the time."""
    changed = connection.execute(update(tick).where(tick.c.name == name).values(asked_at=now))
    if not changed.rowcount:
        connection.execute(insert(tick).values(name=name, asked_at=now))


def asked(connection: Connection) -> list[str]:
    """Return what was asked for and not done since."""
    rows = connection.scalars(
        select(tick.c.name)
        .where((tick.c.done_at.is_(None)) | (tick.c.done_at < tick.c.asked_at))
        .order_by(tick.c.asked_at)
    )
    return list(rows)


def done(connection: Connection, name: str, now: datetime, message: str = "") -> None:
    """Record that the work was done."""
    ask_first = connection.scalar(select(tick.c.name).where(tick.c.name == name))
    if ask_first is None:
        connection.execute(insert(tick).values(name=name, asked_at=now))
    connection.execute(update(tick).where(tick.c.name == name).values(done_at=now, message=message))
