"""Inbox (今日待阅): relevant posts nobody has dealt with yet, by event and subject, grave first.

The inbox is the team's: what a colleague has dealt with leaves it for all who share the subject,
and everybody sees who did it. "New" is personal: fetched since this person's visit before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    true,
)

from domain.access import Act, Actor
from domain.clock import shanghai_day
from domain.level import Level
from store import access, events, reading
from store.board import day_number, is_current, of_subject
from store.tables import (
    alert,
    analysis,
    event,
    finding,
    finding_post,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """One subject an unread post mentions."""

    key: str
    name: str
    negative: bool
    via: str


#: Signals that are red lines (D-N1): without an anchor they push nobody and are read first.
RED_LINES = frozenset({"gathering", "media", "casualty", "litigation"})


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

    @property
    def red_lines(self) -> tuple[str, ...]:
        """Codes of red lines it names without a concrete anchor: a person reads these first."""
        bare = (signal for signal in self.details["signals"] if not signal.get("anchored"))
        codes = (str(signal["code"]) for signal in bare)
        return tuple(dict.fromkeys(code for code in codes if code in RED_LINES))


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
    def gravity(self) -> tuple[int, int, int, float, datetime]:
        """Order of reading: open alert, bare red line, complaint, severity, freshness."""
        return (
            self.level.rank + 1 if self.level else 0,
            int(any(item.red_lines for item in self.items)),
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
    since = reading.last_visit(connection, actor)
    rows = connection.execute(_gravest(ids, now, limit)).all()
    about = _about(connection, [row.analysis_id for row in rows], ids)
    texts = _texts(connection, [row.revision_id for row in rows])
    items = [
        _item(row, texts[row.revision_id], about.get(row.analysis_id, ()), since) for row in rows
    ]
    places = {row.id: (row.event_key, row.event_title) for row in rows}
    return Inbox(
        groups=_groups(items, places, _alerts(connection, ids)),
        hand_over=waiting(connection, ids, now),
        new=_new(connection, ids, now, since),
        since=since,
    )


def hand_over(connection: Connection, actor: Actor, now: datetime) -> HandOver:
    """Return the hand-over line alone: how many are unread and since when."""
    access.require(actor, Act.READ_INBOX)
    return waiting(connection, access.subject_ids(connection, actor), now)


def waiting(connection: Connection, ids: frozenset[int] | None, now: datetime) -> HandOver:
    """Return what stands unread about these subjects (None = all, and what has no subject)."""
    unread = (
        select(post.c.fetched_at, _named(ids).label("named"), _complains(ids).label("complains"))
        .select_from(_joined())
        .where(*_unread(ids, now))
        .subquery()
    )
    row = connection.execute(
        select(
            func.count().label("unread"),
            func.count(case((unread.c.complains, 1))).label("negative"),
            func.count(case((~unread.c.named, 1))).label("unassigned"),
            func.min(unread.c.fetched_at).label("oldest"),
        )
    ).one()
    return HandOver(
        unread=row.unread, negative=row.negative, unassigned=row.unassigned, oldest=row.oldest
    )


def _new(
    connection: Connection, ids: frozenset[int] | None, now: datetime, since: datetime | None
) -> int:
    query = select(func.count()).select_from(_joined()).where(*_unread(ids, now))
    if since is not None:
        query = query.where(post.c.fetched_at > since)
    return connection.scalar(query) or 0


def _joined() -> FromClause:
    return post.join(analysis, analysis.c.post_id == post.c.id)


def _unread(ids: frozenset[int] | None, now: datetime) -> list[ColumnElement[bool]]:
    """Return what makes a post unread: current, relevant, unlabelled, of the last days, ours."""
    # What people of another legal entity said is said for their subjects only.
    ours = true() if ids is None else or_(label.c.subject_id.is_(None), label.c.subject_id.in_(ids))
    dealt_with = (
        select(label.c.id)
        .where(label.c.revision_id == analysis.c.revision_id, label.c.undone_at.is_(None), ours)
        .exists()
    )
    first_day = day_number(shanghai_day(now - HORIZON - timedelta(days=3)))
    return [
        post.c.day_cn >= first_day,
        post.c.fetched_at >= now - HORIZON,
        ~post.c.backfill,
        post.c.deleted_at.is_(None),
        is_current(),
        or_(and_(analysis.c.relevant, analysis.c.noise.is_(None)), _named(None)),
        ~dealt_with,
        access.posts_of(ids),
    ]


def _named(ids: frozenset[int] | None) -> ColumnElement[bool]:
    """Say whether the text is about one of these subjects (None = any)."""
    return (
        select(mention.c.id)
        .where(
            mention.c.analysis_id == analysis.c.id, mention.c.relevant,
            of_subject(mention.c.subject_id, ids),
        )
        .correlate(analysis)
        .exists()
    )  # fmt: skip


def _complains(ids: frozenset[int] | None) -> ColumnElement[bool]:
    return (
        select(mention.c.id)
        .where(
            mention.c.analysis_id == analysis.c.id, mention.c.negative,
            of_subject(mention.c.subject_id, ids),
        )
        .correlate(analysis)
        .exists()
    )  # fmt: skip


def _gravest(ids: frozenset[int] | None, now: datetime, limit: int) -> Select[Any]:
    """Select the posts of one screen: complaints first, then by severity and freshness."""
    first = (
        select(post.c.id.label("post_id"), analysis.c.id.label("analysis_id"))
        .select_from(_joined())
        .where(*_unread(ids, now))
        .order_by(_complains(ids).desc(), analysis.c.severity.desc(), post.c.published_at.desc())
        .limit(limit)
        .subquery()
    )
    earlier = (
        select(label.c.id)
        .join(revision, revision.c.id == label.c.revision_id)
        .where(revision.c.post_id == post.c.id, label.c.undone_at.is_(None))
        .exists()
    )
    return (
        select(
            post.c.id, post.c.site, post.c.kind, post.c.url, post.c.published_at,
            post.c.published_precision, post.c.fetched_at, source.c.name.label("source"),
            analysis.c.id.label("analysis_id"), analysis.c.revision_id, analysis.c.severity,
            analysis.c.negativity, analysis.c.details, earlier.label("edited"),
            relation.c.duplicate_of, event.c.key.label("event_key"),
            event.c.title.label("event_title"),
        )
        .select_from(first)
        .join(post, post.c.id == first.c.post_id)
        .join(analysis, analysis.c.id == first.c.analysis_id)
        .join(source, source.c.id == post.c.source_id)
        .outerjoin(relation, relation.c.post_id == post.c.id)
        .outerjoin(event, event.c.id == relation.c.event_id)
    )  # fmt: skip


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
    places: dict[int, tuple[str | None, str | None]],
    open_alerts: dict[tuple[str, str], tuple[str, Level]],
) -> tuple[Group, ...]:
    gathered: dict[tuple[str | None, str | None], list[Item]] = {}
    names: dict[str | None, str | None] = {None: None}
    for item in items:
        first = item.about[0] if item.about else None
        key = first.key if first else None
        names[key] = first.name if first else None
        gathered.setdefault((key, places[item.post_id][0]), []).append(item)
    groups = []
    for (key, event_key), members in gathered.items():
        found = open_alerts.get((key or "", event_key or ""))
        title = places[members[0].post_id][1] or members[0].title or members[0].text[:40]
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
    """Return (subject key, event key) → open alert, also for events merged into its event."""
    rows = connection.execute(
        select(
            alert.c.number, alert.c.level, alert.c.subject_id, alert.c.event_id, subject.c.key,
            event.c.key.label("event_key"),
        )
        .join(subject, subject.c.id == alert.c.subject_id)
        .join(event, event.c.id == alert.c.event_id)
        .where(alert.c.status == "open", of_subject(alert.c.subject_id, ids))
    ).all()  # fmt: skip
    found = _counted(connection, ids)
    found |= {(row.key, row.event_key): (row.number, Level(row.level)) for row in rows}
    into = events.merges(connection)
    if not into:
        return found
    children = [child for child, _ in into]
    keys = dict(
        connection.execute(select(event.c.id, event.c.key).where(event.c.id.in_(children))).all()
    )
    at = {(row.event_id, row.subject_id): row for row in rows}
    for child, where in into:
        row = at.get((events.root(into, child, where), where))
        if row is not None:
            found[row.key, keys[child]] = (row.number, Level(row.level))
    return found


def _counted(
    connection: Connection, ids: frozenset[int] | None
) -> dict[tuple[str, str], tuple[str, Level]]:
    """Return the events whose posts made up an open alert of the statistics, with that alert."""
    rows = connection.execute(
        select(alert.c.number, alert.c.level, subject.c.key, event.c.key.label("event_key"))
        .join_from(alert, subject, subject.c.id == alert.c.subject_id)
        .join(finding, finding.c.alert_id == alert.c.id)
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .join(relation, relation.c.post_id == finding_post.c.post_id)
        .join(event, event.c.id == relation.c.event_id)
        .where(
            alert.c.status == "open", alert.c.event_id.is_(None),
            of_subject(alert.c.subject_id, ids),
        )
        .distinct()
    ).all()  # fmt: skip
    return {
        (row.key, row.event_key): (row.number, Level(row.level))
        for row in sorted(rows, key=lambda row: Level(row.level).rank)
    }
