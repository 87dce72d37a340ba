"""Inbox (今日待阅): relevant posts nobody has dealt with yet, by event and subject, grave first.

The inbox is the team's: what a colleague has dealt with leaves it for all who share the subject,
and everybody sees who did it. "New" is personal: fetched since this person's visit before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from domain.access import Act, Actor
from domain.clock import SHANGHAI, shanghai_day
from domain.label import Field
from domain.level import Level
from store import access
from store.board import day_number, is_current
from store.tables import (
    alert,
    analysis,
    event,
    inbox_visit,
    label,
    mention,
    post,
    relation,
    revision,
    source,
    subject,
)

#: Unread texts older than this are history: found by search, not by the inbox.
HORIZON = timedelta(days=7)
#: A visit after so long a pause is a new one.
PAUSE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One subject an unread post mentions."""

    key: str
    name: str
    negative: bool
    via: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One unread post; `new` = fetched since this person's visit before."""

    post_id: int
    title: str
    text: str
    site: str
    kind: str
    source: str
    url: str | None
    published_at: datetime
    precision: str
    fetched_at: datetime
    severity: float
    negativity: float
    about: tuple[About, ...]
    details: dict[str, Any]
    new: bool
    #: Dealt with before, then edited by its author.
    edited: bool
    copy_of: int | None

    @property
    def negative(self) -> bool:
        """Whether it complains about any subject."""
        return any(one.negative for one in self.about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Unread posts on one problem at one place; `subject` is None for 未归属."""

    subject: str | None
    subject_key: str | None
    event: str | None
    title: str
    #: Open alert on it, with its level.
    alert: str | None
    level: Level | None
    items: tuple[Item, ...]

    @property
    def gravity(self) -> tuple[int, int, float, datetime]:
        """Order of reading: open alert, complaint, severity, freshness."""
        return (
            self.level.rank + 1 if self.level else 0,
            int(any(item.negative for item in self.items)),
            max(item.severity for item in self.items),
            max(item.published_at for item in self.items),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """The hand-over line: 未阅 N 条, 最早 08:12 (T-28)."""

    unread: int
    negative: int
    unassigned: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """What the page shows; `groups` are cut at `limit` posts, the counts are not."""

    groups: tuple[Group, ...]
    hand_over: HandOver
    new: int
    since: datetime | None


def read(connection: Connection, actor: Actor, now: datetime, *, limit: int = 300) -> Inbox:
    """Return the inbox of this person, gravest group first; raises AccessError without the role."""
    access.require(actor, Act.READ_INBOX)
    ids = access.subject_ids(connection, actor)
    since = _since(connection, actor)
    rows = connection.execute(_unread(ids, now)).all()
    about = _about(connection, [row.analysis_id for row in rows], ids)
    ranked = sorted(
        rows, key=lambda row: _order(row, about.get(row.analysis_id, ())), reverse=True
    )[:limit]
    texts = _texts(connection, [row.revision_id for row in ranked])
    items = [_item(row, texts[row.revision_id], about.get(row.analysis_id, ()), since)
             for row in ranked]  # fmt: skip
    events = {row.id: (row.event_key, row.event_title) for row in ranked}
    return Inbox(
        groups=_groups(items, events, _alerts(connection, ids)),
        hand_over=_count(rows, about),
        new=sum(since is None or row.fetched_at > since for row in rows),
        since=since,
    )


def hand_over(connection: Connection, actor: Actor, now: datetime) -> HandOver:
    """Return the hand-over line alone: how many are unread and since when."""
    access.require(actor, Act.READ_INBOX)
    return waiting(connection, access.subject_ids(connection, actor), now)


def waiting(connection: Connection, ids: frozenset[int] | None, now: datetime) -> HandOver:
    """Return what stands unread about these subjects (None = all, and what has no subject)."""
    rows = connection.execute(_unread(ids, now)).all()
    return _count(rows, _about(connection, [row.analysis_id for row in rows], ids))


def _unread(ids: frozenset[int] | None, now: datetime) -> Any:
    """Select current, relevant, unlabelled posts of the last days that this person may see."""
    dealt_with = (
        select(label.c.id)
        .where(
            label.c.revision_id == analysis.c.revision_id, label.c.undone_at.is_(None),
        )
        .exists()
    )  # fmt: skip
    named = (
        select(mention.c.id)
        .where(mention.c.analysis_id == analysis.c.id, mention.c.relevant)
        .exists()
    )
    earlier = (
        select(label.c.id)
        .join(revision, revision.c.id == label.c.revision_id)
        .where(revision.c.post_id == post.c.id, label.c.undone_at.is_(None))
        .exists()
    )
    own = event.alias("own")
    first_day = day_number(shanghai_day(now - HORIZON - timedelta(days=3)))
    return (
        select(
            post.c.id, post.c.site, post.c.kind, post.c.url, post.c.published_at,
            post.c.published_precision, post.c.fetched_at, source.c.name.label("source"),
            analysis.c.id.label("analysis_id"), analysis.c.revision_id, analysis.c.severity,
            analysis.c.negativity, analysis.c.details, earlier.label("edited"),
            relation.c.duplicate_of, event.c.key.label("event_key"),
            event.c.title.label("event_title"),
        )
        .select_from(post)
        .join(analysis, analysis.c.post_id == post.c.id)
        .join(source, source.c.id == post.c.source_id)
        .outerjoin(relation, relation.c.post_id == post.c.id)
        .outerjoin(own, own.c.id == relation.c.event_id)
        .outerjoin(event, event.c.id == func.coalesce(own.c.merged_into, own.c.id))
        .where(
            post.c.day_cn >= first_day, post.c.fetched_at >= now - HORIZON, ~post.c.backfill,
            post.c.deleted_at.is_(None), is_current(),
            or_(and_(analysis.c.relevant, analysis.c.noise.is_(None)), named),
            ~dealt_with, access.posts_of(ids),
        )
        .order_by(post.c.published_at.desc(), post.c.id)
    )  # fmt: skip


def _order(row: Any, about: Iterable[About]) -> tuple[int, float, datetime]:
    return (int(any(one.negative for one in about)), row.severity, row.published_at)


def _about(
    connection: Connection, analysis_ids: Sequence[int], ids: frozenset[int] | None
) -> dict[int, tuple[About, ...]]:
    found: dict[int, tuple[About, ...]] = {}
    for start in range(0, len(analysis_ids), 500):
        rows = connection.execute(
            select(
                mention.c.analysis_id, mention.c.subject_id, mention.c.negative, mention.c.via,
                subject.c.key, subject.c.name,
            )
            .join(subject, subject.c.id == mention.c.subject_id)
            .where(
                mention.c.analysis_id.in_(analysis_ids[start : start + 500]), mention.c.relevant
            )
            .order_by(mention.c.negative.desc(), mention.c.severity.desc(), subject.c.key)
        )  # fmt: skip
        for row in rows:
            if ids is None or row.subject_id in ids:
                one = About(key=row.key, name=row.name, negative=row.negative, via=row.via)
                found[row.analysis_id] = (*found.get(row.analysis_id, ()), one)
    return found


def _texts(connection: Connection, revision_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    rows = connection.execute(
        select(revision.c.id, revision.c.title, revision.c.text).where(
            revision.c.id.in_(revision_ids)
        )
    )
    return {row.id: (row.title, row.text) for row in rows}


def _item(
    row: Any, said: tuple[str, str], about: tuple[About, ...], since: datetime | None
) -> Item:
    return Item(
        post_id=row.id, title=said[0], text=said[1], site=row.site, kind=row.kind,
        source=row.source, url=row.url, published_at=row.published_at,
        precision=row.published_precision, fetched_at=row.fetched_at, severity=row.severity,
        negativity=row.negativity, about=about, details=row.details,
        new=since is None or row.fetched_at > since, edited=bool(row.edited),
        copy_of=row.duplicate_of,
    )  # fmt: skip


def _groups(
    items: Iterable[Item],
    events: dict[int, tuple[str | None, str | None]],
    open_alerts: dict[tuple[str, str], tuple[str, Level]],
) -> tuple[Group, ...]:
    gathered: dict[tuple[str | None, str | None], list[Item]] = {}
    names: dict[str | None, str | None] = {None: None}
    for item in items:
        first = item.about[0] if item.about else None
        key = first.key if first else None
        names[key] = first.name if first else None
        gathered.setdefault((key, events[item.post_id][0]), []).append(item)
    groups = []
    for (key, event_key), members in gathered.items():
        found = open_alerts.get((key or "", event_key or ""))
        title = events[members[0].post_id][1] or members[0].title or members[0].text[:40]
        groups.append(
            Group(
                subject=names[key], subject_key=key, event=event_key, title=title,
                alert=found[0] if found else None, level=found[1] if found else None,
                items=tuple(sorted(members, key=lambda item: item.published_at)),
            )
        )  # fmt: skip
    return tuple(sorted(groups, key=lambda group: group.gravity, reverse=True))


def _alerts(
    connection: Connection, ids: frozenset[int] | None
) -> dict[tuple[str, str], tuple[str, Level]]:
    rows = connection.execute(
        select(alert.c.number, alert.c.level, alert.c.subject_id, subject.c.key, event.c.key)
        .join(subject, subject.c.id == alert.c.subject_id)
        .join(event, event.c.id == alert.c.event_id)
        .where(alert.c.status == "open")
    )
    return {
        (row[3], row[4]): (row.number, Level(row.level))
        for row in rows
        if ids is None or row.subject_id in ids
    }


def _count(rows: Sequence[Any], about: dict[int, tuple[About, ...]]) -> HandOver:
    return HandOver(
        unread=len(rows),
        negative=sum(any(one.negative for one in about.get(row.analysis_id, ())) for row in rows),
        unassigned=sum(row.analysis_id not in about for row in rows),
        oldest=min((row.fetched_at for row in rows), default=None),
    )


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


def _since(connection: Connection, actor: Actor) -> datetime | None:
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
