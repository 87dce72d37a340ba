"""Health of collecting: which sources are overdue, failing or have open issues."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from store.tables import issue, source


def sources(connection: Connection, now: datetime) -> tuple[int, list[str]]:
    """Return (number of sources, names of the ill ones): overdue by two intervals, or an error."""
    rows = connection.execute(
        select(source.c.id, source.c.name, source.c.every_seconds, source.c.next_check_at).where(
            source.c.enabled
        )
    ).all()
    failing = set(
        connection.scalars(
            select(issue.c.source_id).where(issue.c.closed_at.is_(None), issue.c.level == "error")
        )
    )
    ill = [
        row.name
        for row in rows
        if row.id in failing
        or (
            row.next_check_at is not None
            and row.next_check_at + timedelta(seconds=2 * row.every_seconds) < now
        )
    ]
    return len(rows), ill
