"""What a backtest of the rules reads: events with recent posts, and what people said of alerts."""

from datetime import datetime

from sqlalchemy import Connection, select

from store.events import Merges, merges, root
from store.tables import alert, mention, relation

#: Verdicts that say an alert was right, and the one that says it was not.
RIGHT, WRONG = ("confirmed", "registered"), "false_alarm"


def pairs(connection: Connection, since: datetime) -> list[tuple[int, int]]:
    """Return (event id, subject id) of what has a post published since then, merges followed."""
    rows = connection.execute(
        select(relation.c.event_id, mention.c.subject_id)
        .join(mention, mention.c.post_id == relation.c.post_id)
        .where(mention.c.published_at >= since)
        .distinct()
    )
    into: Merges = merges(connection)
    found = {(root(into, row.event_id, row.subject_id), row.subject_id) for row in rows}
    return sorted(found)


def verdicts(connection: Connection, since: datetime) -> dict[str, bool]:
    """Return identity → whether people found its newest judged alert right."""
    rows = connection.execute(
        select(alert.c.identity, alert.c.verdict)
        .where(alert.c.verdict.in_((*RIGHT, WRONG)), alert.c.opened_at >= since)
        .order_by(alert.c.id)
    )
    return {row.identity: row.verdict != WRONG for row in rows}
