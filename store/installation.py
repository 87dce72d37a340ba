"""Small facts of this installation and the simulated clock of a playback."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from store.tables import account, case, installation, sim_clock, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """A simulated clock that has not reached its end."""

    now: datetime
    until: datetime
    step: timedelta


def get(connection: Connection, key: str, default: str = "") -> str:
    """Return the stored value of `key`, `default` if there is none."""
    value: str | None = connection.scalar(
        select(installation.c.value).where(installation.c.key == key)
    )
    return default if value is None else value


def put(connection: Connection, key: str, value: str) -> None:
    """Store `value` under `key`."""
    connection.execute(delete(installation).where(installation.c.key == key))
    connection.execute(insert(installation).values(key=key, value=value))


def has_cases(connection: Connection) -> bool:
    """Whether a case was ever registered: its clocks follow the pack."""
    return connection.scalar(select(case.c.id).limit(1)) is not None


def count_sources(connection: Connection) -> int:
    """Return how many sources are in force."""
    return connection.scalar(select(func.count()).select_from(source).where(source.c.enabled)) or 0


def count_accounts(connection: Connection) -> int:
    """Return how many accounts may sign in."""
    wanted = select(func.count()).select_from(account).where(account.c.disabled_at.is_(None))
    return connection.scalar(wanted) or 0


def playback(connection: Connection) -> Playback | None:
    """Return the running playback, None when time is real."""
    row = connection.execute(select(sim_clock).where(sim_clock.c.finished_at.is_(None))).first()
    if row is None:
        return None
    return Playback(now=row.now, until=row.until, step=timedelta(seconds=row.step_seconds))


def start_playback(
    connection: Connection, start: datetime, until: datetime, step: timedelta
) -> None:
    """Put a simulated clock in force."""
    connection.execute(
        insert(sim_clock).values(now=start, until=until, step_seconds=int(step.total_seconds()))
    )


def move_playback(connection: Connection, now: datetime) -> None:
    """Advance the simulated clock."""
    connection.execute(update(sim_clock).where(sim_clock.c.finished_at.is_(None)).values(now=now))


def finish_playback(connection: Connection, now: datetime) -> None:
    """End the simulated clock: from now on time is real."""
    connection.execute(
        update(sim_clock).where(sim_clock.c.finished_at.is_(None)).values(finished_at=now)
    )
