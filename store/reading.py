"""Reading (阅读): who opened the inbox when, who dealt with what, the daily log (T-28, T-30)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, func, insert, select, update

from domain.access import Act, Actor
from domain.clock import SHANGHAI, shanghai_day
from domain.label import Field
from store import access
from store.board import is_current
from store.tables import analysis, inbox_visit, label, mention, post, revision, subject

#: A visit after so long a pause is a new one.
PAUSE = timedelta(minutes=30)


# ---- visits ------------------------------------------------------------------------------------


def visit(connection: Connection, actor: Actor, now: datetime) -> None:
    """Note that this person looks at the inbox; a pause makes it a new visit."""
    row = connection.execute(select(inbox_visit).where(inbox_visit.c.who == actor.name)).first()
    if row is None:
        connection.execute(
            insert(inbox_visit).values(who=actor.name, opened_at=now, previous_at=None)
        )
        return
    values = {"opened_at": now}
    if now - row.opened_at > PAUSE:
        values["previous_at"] = row.opened_at
    connection.execute(update(inbox_visit).where(inbox_visit.c.who == actor.name).values(**values))


def last_visit(connection: Connection, actor: Actor) -> datetime | None:
    """Return when this person last left the inbox, None before the second visit."""
    found: datetime | None = connection.scalar(
        select(inbox_visit.c.previous_at).where(inbox_visit.c.who == actor.name)
    )
    return found


# ---- who dealt with what -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """One label somebody gave lately, for the strip below the inbox and for undo."""

    label_id: int
    post_id: int
    field: str
    value: str
    subject: str | None
    title: str
    by: str
    at: datetime


def handled(
    connection: Connection, actor: Actor, since: datetime, *, limit: int = 50
) -> list[Handled]:
    """Return what was dealt with since then, newest first, colleagues' work included."""
    access.require(actor, Act.READ_INBOX)
    ids = access.subject_ids(connection, actor)
    rows = connection.execute(
        select(
            label.c.id, label.c.field, label.c.value, label.c.by, label.c.at,
            revision.c.post_id, revision.c.title, revision.c.text, subject.c.name,
        )
        .join(revision, revision.c.id == label.c.revision_id)
        .join(post, post.c.id == revision.c.post_id)
        .outerjoin(subject, subject.c.id == label.c.subject_id)
        .where(label.c.at >= since, label.c.undone_at.is_(None), access.posts_of(ids))
        .order_by(label.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [
        Handled(
            label_id=row.id, post_id=row.post_id, field=row.field, value=row.value,
            subject=row.name, title=row.title or row.text[:40], by=row.by, at=row.at,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One person's reading of one subject on one day (T-28, T-30)."""

    day: date
    who: str
    subject: str
    posts: int
    first_at: datetime
    last_at: datetime


def reading_log(connection: Connection, actor: Actor, first: date, last: date) -> list[LogLine]:
    """Return who read what on which days, newest day first."""
    access.require(actor, Act.READ_INBOX)
    ids = access.subject_ids(connection, actor)
    rows = connection.execute(
        select(label.c.by, label.c.at, revision.c.post_id, subject.c.name, subject.c.id)
        .join(revision, revision.c.id == label.c.revision_id)
        .join(analysis, and_(analysis.c.revision_id == revision.c.id, is_current()))
        .outerjoin(mention, and_(mention.c.analysis_id == analysis.c.id, mention.c.relevant))
        .outerjoin(subject, subject.c.id == mention.c.subject_id)
        .where(label.c.undone_at.is_(None), label.c.at >= _midnight(first),
               label.c.at < _midnight(last + timedelta(days=1)))
        .order_by(label.c.at)
    )  # fmt: skip
    gathered: dict[tuple[date, str, str], tuple[set[int], list[datetime]]] = {}
    for row in rows:
        if ids is not None and row[4] not in ids:
            continue
        key = (shanghai_day(row.at), row.by, row[3] or "未归属")
        posts, times = gathered.setdefault(key, (set(), []))
        posts.add(row.post_id)
        times.append(row.at)
    lines = [
        LogLine(day=day, who=who, subject=name, posts=len(posts), first_at=times[0],
                last_at=times[-1])
        for (day, who, name), (posts, times) in gathered.items()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line.day.toordinal(), line.who, line.subject))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), SHANGHAI)


def watched(connection: Connection, actor: Actor) -> list[int]:
    """Return the ids of the posts under 关注, newest first."""
    access.require(actor, Act.READ_INBOX)
    ids = access.subject_ids(connection, actor)
    return list(
        connection.scalars(
            select(post.c.id)
            .join(revision, revision.c.post_id == post.c.id)
            .join(label, label.c.revision_id == revision.c.id)
            .where(label.c.field == Field.WATCH, label.c.undone_at.is_(None), access.posts_of(ids))
            .group_by(post.c.id)
            .order_by(func.max(label.c.at).desc())
        )
    )
