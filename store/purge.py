"""Purge (到期清除): private texts without a basis, or past their end date, are erased (A12, N-06).

Rows, counts and the audit chain stay; what owners wrote, and the keys of who wrote it, do not.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from store import search
from store.tables import analysis, daily, event, label, mention, post, revision, source

#: Private material without provider and basis is kept for so long (A12 privacy 2).
WITHOUT_BASIS = timedelta(days=30)
PURGED = "已按期清除"
NAME = "purge"


def due(connection: Connection, day: int) -> bool:
    """Whether nobody has purged on this day yet; looking is a scan, so it is done once a day."""
    done = select(daily.c.at).where(daily.c.name == NAME, daily.c.day_cn == day)
    return connection.scalar(done) is None


def mark(connection: Connection, day: int, now: datetime) -> None:
    """Note that this day's purge is done."""
    if due(connection, day):
        connection.execute(insert(daily).values(name=NAME, day_cn=day, at=now))


def overdue(
    connection: Connection, now: datetime, today: date, limit: int
) -> list[tuple[int, str]]:
    """Return (post id, source name) of group posts whose time is over and that still have text."""
    no_basis = or_(source.c.provider.is_(None), source.c.basis.is_(None))
    over = or_(
        no_basis & (post.c.fetched_at <= now - WITHOUT_BASIS),
        source.c.ends_on < today.isoformat(),
    )
    kept = (
        select(revision.c.id)
        .where(
            revision.c.post_id == post.c.id,
            or_(revision.c.hidden.is_(None), revision.c.hidden != PURGED),
        )
        .exists()
    )
    rows = connection.execute(
        select(post.c.id, source.c.name)
        .join(source, source.c.id == post.c.source_id)
        .where(source.c.kind == "group", over, kept)
        .order_by(post.c.id)
        .limit(limit)
    )
    return [(row.id, row.name) for row in rows]


def erase(connection: Connection, post_ids: list[int]) -> None:
    """Erase the texts of these posts everywhere they stand, and the keys of their authors."""
    revisions = select(revision.c.id).where(revision.c.post_id.in_(post_ids)).scalar_subquery()
    connection.execute(update(label).where(label.c.revision_id.in_(revisions)).values(note=None))
    connection.execute(
        update(revision)
        .where(revision.c.post_id.in_(post_ids))
        .values(text="", title="", hidden=PURGED)
    )
    connection.execute(
        update(analysis)
        .where(analysis.c.post_id.in_(post_ids))
        .values(details={"categories": [], "facts": [], "signals": [], "why": []})
    )
    connection.execute(
        update(mention)
        .where(mention.c.post_id.in_(post_ids))
        .values(alias="", start=None, end=None)
    )
    connection.execute(update(event).where(event.c.first_post_id.in_(post_ids)).values(title=""))
    connection.execute(
        update(post).where(post.c.id.in_(post_ids)).values(author_key=None, household_key=None)
    )
    search.index_posts(connection, dict.fromkeys(post_ids, ""))
