"""What is said beside an alert, as it is stored: a subject's posts, an alert's texts, its kin."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from domain.alert import Counted
from domain.level import Level
from domain.post import Precision, SourceKind
from domain.source import Subject
from store import events, subjects
from store.board import of_subject
from store.events import natural_key, shown_revision
from store.tables import (
    alert,
    analyser,
    analysis,
    case,
    case_alert,
    event,
    finding,
    finding_post,
    media_enquiry,
    mention,
    post,
    relation,
    revision,
    site_day,
    subject,
)

#: Texts of one event that are read for its words: what many say, so many say.
MOST_TEXTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One post of a subject as the indicators count it."""

    id: int
    post: Counted
    #: Natural key of the post it is a copy of, None for an original.
    original: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The open statistical finding of an alert: what was counted and against what."""

    stream: str
    observed: int
    score: float
    #: Window, expected, phi, rate, rarity …: whatever re-computes the numbers.
    snapshot: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An alert as its facts are computed: which subject, which event, how grave."""

    alert_id: int
    number: str
    subject_id: int
    subject: Subject
    level: Level
    status: str
    event_id: int | None
    topic: str | None
    counts: tuple[Count, ...]
    #: When a case was registered on it; None = nobody handles it yet.
    handled_at: datetime | None
    enquiries: int
    #: First day anything is known of the subject.
    known_since: date | None


def place(connection: Connection, number: str) -> Place | None:
    """Return where an alert about posts stands; None for one about a source, or none at all."""
    row = connection.execute(
        select(alert, subject.c.key).join(subject, subject.c.id == alert.c.subject_id)
        .where(alert.c.number == number, alert.c.source_id.is_(None))
    ).first()  # fmt: skip
    watched = subjects.by_id(connection, row.subject_id) if row is not None else None
    if row is None or watched is None:
        return None
    first = connection.scalar(
        select(func.min(site_day.c.day_cn)).where(site_day.c.subject_id == row.subject_id)
    )
    return Place(
        alert_id=row.id, number=row.number, subject_id=row.subject_id, subject=watched,
        level=Level(row.level), status=row.status, event_id=row.event_id, topic=row.topic,
        counts=_counts(connection, row.id), handled_at=_handled(connection, row.id),
        enquiries=connection.scalar(
            select(func.count()).where(
                media_enquiry.c.subject_id == row.subject_id,
                media_enquiry.c.received_at >= row.opened_at,
                media_enquiry.c.withdrawn_at.is_(None),
            )
        ) or 0,
        known_since=None if first is None
        else date(first // 10000, first // 100 % 100, first % 100),
    )  # fmt: skip


def _counts(connection: Connection, alert_id: int) -> tuple[Count, ...]:
    rows = connection.execute(
        select(finding.c.stream, finding.c.observed, finding.c.score, finding.c.snapshot)
        .where(
            finding.c.alert_id == alert_id, finding.c.stream != "", finding.c.closed_at.is_(None)
        )
        .order_by(finding.c.score.desc(), finding.c.stream)
    )
    return tuple(
        Count(
            stream=row.stream, observed=int(row.observed), score=row.score or 0.0,
            snapshot=dict(row.snapshot),
        )
        for row in rows
    )  # fmt: skip


def _handled(connection: Connection, alert_id: int) -> datetime | None:
    found: datetime | None = connection.scalar(
        select(func.min(case.c.registered_at))
        .join(case_alert, case_alert.c.case_id == case.c.id)
        .where(case_alert.c.alert_id == alert_id)
    )
    return found


# ---- posts --------------------------------------------------------------------------------------


def of_alert(connection: Connection, where: Place) -> tuple[Counted, ...]:
    """Return the posts an alert is about: its event's, or those its findings counted."""
    if where.event_id is not None:
        return events.view(connection, where.event_id, where.subject_id).posts
    rows = connection.execute(
        select(post.c.site, post.c.native_id, relation.c.event_id)
        .join(finding_post, finding_post.c.post_id == post.c.id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .join(relation, relation.c.post_id == post.c.id)
        .where(finding.c.alert_id == where.alert_id)
    ).all()
    wanted = {natural_key(row.site, row.native_id) for row in rows}
    into = events.merges(connection)
    places = {events.root(into, row.event_id, where.subject_id) for row in rows}
    found = (
        one
        for event_id in places
        for one in events.view(connection, event_id, where.subject_id).posts
        if one.key in wanted
    )
    return tuple(sorted(found, key=lambda one: (one.published_at, one.key)))


def of_subject_since(connection: Connection, subject_id: int, since: datetime) -> list[Seen]:
    """Return a subject's relevant posts since then, oldest first, back-fill included."""
    rows = connection.execute(
        _posts(subject_id).where(mention.c.published_at >= since, mention.c.relevant)
    )
    return [_seen(row) for row in rows]


_FIRST = post.alias("first")


def _posts(subject_id: int) -> Select[Any]:
    """Select a subject's related posts by their newest shown revision, oldest first."""
    return (
        select(
            post.c.id, post.c.site, post.c.native_id, post.c.kind, post.c.author_key,
            post.c.household_key, post.c.published_at, post.c.published_precision,
            post.c.fetched_at, post.c.backfill, post.c.outlet, post.c.onsite,
            revision.c.id.label("revision_id"), mention.c.negative, mention.c.categories,
            mention.c.relevant, _FIRST.c.site.label("first_site"),
            _FIRST.c.native_id.label("first_id"),
        )
        .join_from(mention, analysis, analysis.c.id == mention.c.analysis_id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .join(post, post.c.id == mention.c.post_id)
        .join(revision, revision.c.id == analysis.c.revision_id)
        .join(relation, relation.c.post_id == post.c.id)
        .outerjoin(_FIRST, _FIRST.c.id == relation.c.duplicate_of)
        .where(mention.c.subject_id == subject_id, analysis.c.revision_id == shown_revision())
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    )  # fmt: skip


def _seen(row: Any) -> Seen:
    original = None if row.first_site is None else natural_key(row.first_site, row.first_id)
    return Seen(
        id=row.id, original=original,
        post=Counted(
            key=natural_key(row.site, row.native_id), revision=row.revision_id, site=row.site,
            kind=SourceKind(row.kind), author=row.author_key, household=row.household_key,
            published_at=row.published_at, precision=Precision(row.published_precision),
            fetched_at=row.fetched_at, backfill=row.backfill, negative=row.negative,
            relevant=row.relevant, duplicate=original is not None, outlet=row.outlet,
            categories=tuple(row.categories), signals=(), onsite=row.onsite,
        ),
    )  # fmt: skip


def texts(connection: Connection, revisions: Iterable[int]) -> dict[int, tuple[int, str, str]]:
    """Return revision → (post id, title, text) of those that may still be read."""
    rows = connection.execute(
        select(revision.c.id, revision.c.post_id, revision.c.title, revision.c.text).where(
            revision.c.id.in_(list(revisions)), revision.c.hidden.is_(None),
            revision.c.deleted.is_(False),
        )
    )  # fmt: skip
    return {row.id: (row.post_id, row.title or "", row.text) for row in rows}


def ids(connection: Connection, revisions: Collection[int]) -> dict[int, int]:
    """Return revision → post id."""
    rows = connection.execute(
        select(revision.c.id, revision.c.post_id).where(revision.c.id.in_(list(revisions)))
    )
    return {row.id: row.post_id for row in rows}


# ---- kin ----------------------------------------------------------------------------------------


def open_elsewhere(
    connection: Connection, seen: frozenset[int] | None, own: Place, most: int
) -> list[str]:
    """Return numbers of other subjects' open alerts, those of the same topic first, then fresh."""
    rows = connection.execute(
        select(alert.c.number)
        .join(event, event.c.id == alert.c.event_id)
        .where(
            alert.c.status == "open", alert.c.subject_id != own.subject_id,
            of_subject(alert.c.subject_id, seen),
        )
        .order_by((alert.c.topic == own.topic).desc(), alert.c.changed_at.desc(), alert.c.id)
        .limit(most)
    )  # fmt: skip
    return [row.number for row in rows]
