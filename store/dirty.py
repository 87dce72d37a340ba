"""What must be counted or assessed again: (day, subject) and (event, subject) pairs (B-EV1)."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from store.tables import dirty_day, dirty_event, mention, relation


def mark_posts(connection: Connection, post_ids: Sequence[int]) -> None:
    """Days and events of all subjects these posts mention, before and after, are re-counted."""
    rows = connection.execute(
        select(mention.c.day_cn, mention.c.subject_id, relation.c.event_id)
        .outerjoin(relation, relation.c.post_id == mention.c.post_id)
        .where(mention.c.post_id.in_(post_ids))
        .distinct()
    ).all()
    add_days(connection, {(row.day_cn, row.subject_id) for row in rows})
    add_events(
        connection, {(row.event_id, row.subject_id) for row in rows if row.event_id is not None}
    )


def add_days(connection: Connection, pairs: set[tuple[int, int]]) -> None:
    """Ask for the statistics of (day, subject) to be recomputed."""
    for day, subject_id in sorted(pairs):
        key = dirty_day.c.day_cn == day, dirty_day.c.subject_id == subject_id
        if connection.scalar(select(dirty_day.c.day_cn).where(*key)) is None:
            connection.execute(insert(dirty_day).values(day_cn=day, subject_id=subject_id))


def add_events(connection: Connection, pairs: set[tuple[int, int]]) -> None:
    """Ask for (event, subject) to be assessed."""
    for event_id, subject_id in sorted(pairs):
        key = dirty_event.c.event_id == event_id, dirty_event.c.subject_id == subject_id
        if connection.scalar(select(dirty_event.c.event_id).where(*key)) is None:
            connection.execute(insert(dirty_event).values(event_id=event_id, subject_id=subject_id))
