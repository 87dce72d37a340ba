"""Relations and events: whose copy a post is, and which problem at which place it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, ScalarSelect, func, insert, select, update

from domain.alert import Counted, EventView
from domain.analysis import Signal, Span
from domain.post import Precision, SourceKind
from domain.relation import Edge, RelateIn, Relation
from store import analyses
from store.db import inserted_id
from store.tables import (
    analyser,
    analysis,
    dirty_event,
    event,
    mention,
    post,
    relation,
    revision,
    subject,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrelated:
    """A read post that has no place yet."""

    post_id: int
    revision_id: int
    item: RelateIn


def shown_revision() -> ScalarSelect[int]:
    """Return the newest revision of a post that shows its text: a deletion hides, not erases."""
    return (
        select(func.max(revision.c.id))
        .where(revision.c.post_id == post.c.id, ~revision.c.deleted, revision.c.hidden.is_(None))
        .correlate(post)
        .scalar_subquery()
    )


def natural_key(site: str, native_id: str) -> str:
    """Return the key of a post that is the same on every machine and in a replay."""
    return f"{site}|{native_id}"


def earliest_unrelated(connection: Connection) -> datetime | None:
    """Return when the oldest read text post without a relation was published."""
    known = select(relation.c.id).where(relation.c.post_id == post.c.id)
    read = (
        select(analysis.c.id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .where(analysis.c.post_id == post.c.id, analysis.c.revision_id == shown_revision())
    )
    found: datetime | None = connection.scalar(
        select(func.min(post.c.published_at)).where(
            post.c.message_kind == "text", ~known.exists(), read.exists()
        )
    )
    return found


def unrelated(connection: Connection, analyser_id: int, limit: int) -> list[Unrelated]:
    """Return read text posts without a relation, in canonical order (published, natural key)."""
    known = select(relation.c.id).where(relation.c.post_id == post.c.id)
    key = post.c.site + "|" + post.c.native_id
    rows = connection.execute(
        select(
            post.c.id, post.c.site, post.c.native_id, post.c.published_at,
            analysis.c.id.label("analysis_id"), analysis.c.details, revision.c.title,
            revision.c.text, revision.c.id.label("revision_id"),
        )
        .join(analysis, (analysis.c.post_id == post.c.id) & (analysis.c.analyser_id == analyser_id))
        .join(revision, revision.c.id == analysis.c.revision_id)
        .where(
            post.c.message_kind == "text", ~known.exists(), revision.c.id == shown_revision()
        )
        .order_by(post.c.published_at, key)
        .limit(limit)
    ).all()  # fmt: skip
    subjects = _subjects(connection, [row.analysis_id for row in rows])
    return [
        Unrelated(
            post_id=row.id,
            revision_id=row.revision_id,
            item=RelateIn(
                id=natural_key(row.site, row.native_id), title=row.title, text=row.text,
                published_at=row.published_at, subjects=subjects.get(row.analysis_id, ()),
                categories=tuple(c["code"] for c in row.details["categories"]),
            ),
        )
        for row in rows
    ]  # fmt: skip


def _subjects(connection: Connection, analysis_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    rows = connection.execute(
        select(mention.c.analysis_id, subject.c.key)
        .join(subject, subject.c.id == mention.c.subject_id)
        .where(mention.c.analysis_id.in_(analysis_ids))
        .order_by(subject.c.key)
    )
    for row in rows:
        found[row.analysis_id] = (*found.get(row.analysis_id, ()), row.key)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A stored relation as the in-memory index needs it back."""

    id: int
    item: RelateIn
    relation: Relation


def decided(connection: Connection, after: int, since: datetime) -> list[Decided]:
    """Return relations after row id `after` of events still open at `since`, in that order."""
    copy = post.alias("copy")
    rows = connection.execute(
        select(
            relation.c.id, relation.c.similarity, relation.c.edge, relation.c.subjects,
            relation.c.categories, event.c.key, revision.c.title, revision.c.text, post.c.site,
            post.c.native_id, post.c.published_at, copy.c.site.label("copy_site"),
            copy.c.native_id.label("copy_native_id"),
        )
        .join(post, post.c.id == relation.c.post_id)
        .join(event, event.c.id == relation.c.event_id)
        .join(revision, revision.c.id == relation.c.revision_id)
        .outerjoin(copy, copy.c.id == relation.c.duplicate_of)
        .where(relation.c.id > after, event.c.last_at >= since)
        .order_by(relation.c.id)
    )  # fmt: skip
    found = []
    for row in rows:
        key = natural_key(row.site, row.native_id)
        original = natural_key(row.copy_site, row.copy_native_id) if row.copy_site else None
        found.append(
            Decided(
                id=row.id,
                item=RelateIn(
                    id=key, title=row.title, text=row.text, published_at=row.published_at,
                    subjects=tuple(row.subjects), categories=tuple(row.categories),
                ),
                relation=Relation(
                    id=key, event=row.key, similarity=row.similarity, duplicate_of=original,
                    edge=Edge(row.edge) if row.edge else None,
                ),
            )
        )  # fmt: skip
    return found


def put(
    connection: Connection, placed: Sequence[tuple[Unrelated, Relation]], now: datetime
) -> None:
    """Store relations and their events, and ask for the events to be assessed."""
    dirty: set[tuple[int, int]] = set()
    subject_ids = {
        row.key: row.id for row in connection.execute(select(subject.c.key, subject.c.id))
    }
    for source, found in placed:
        event_id = _event(connection, source, found)
        connection.execute(
            insert(relation).values(
                post_id=source.post_id, event_id=event_id, similarity=found.similarity,
                duplicate_of=_post_id(connection, found.duplicate_of), edge=found.edge,
                revision_id=source.revision_id, subjects=list(source.item.subjects),
                categories=list(source.item.categories), at=now,
            )
        )  # fmt: skip
        dirty |= {(event_id, subject_ids[key]) for key in source.item.subjects}
    analyses.add_dirty_events(connection, dirty)


def _event(connection: Connection, source: Unrelated, found: Relation) -> int:
    at = source.item.published_at
    row = connection.execute(
        select(event.c.id, event.c.first_at, event.c.last_at).where(event.c.key == found.event)
    ).first()
    if row is not None:
        connection.execute(
            update(event)
            .where(event.c.id == row.id)
            .values(first_at=min(row.first_at, at), last_at=max(row.last_at, at))
        )
        return int(row.id)
    title = (source.item.title or source.item.text).strip().replace("\n", " ")[:60]
    new = connection.execute(
        insert(event).values(
            key=found.event, first_post_id=source.post_id, title=title, first_at=at, last_at=at
        )
    )
    return inserted_id(new)


def _post_id(connection: Connection, key: str | None) -> int | None:
    if key is None:
        return None
    site, native_id = key.split("|", 1)
    found: int | None = connection.scalar(
        select(post.c.id).where(post.c.site == site, post.c.native_id == native_id)
    )
    return found


def take_dirty(connection: Connection) -> list[tuple[int, int]]:
    """Return the (event id, subject id) pairs to assess, in an order all machines agree on."""
    rows = connection.execute(
        select(dirty_event.c.event_id, dirty_event.c.subject_id)
        .join(event, event.c.id == dirty_event.c.event_id)
        .join(subject, subject.c.id == dirty_event.c.subject_id)
        .order_by(event.c.key, subject.c.key)
    )
    return [(row.event_id, row.subject_id) for row in rows]


def clean(connection: Connection, event_id: int, subject_id: int) -> None:
    """Take a pair off the list, in the transaction that writes its outcome."""
    connection.execute(
        dirty_event.delete().where(
            dirty_event.c.event_id == event_id, dirty_event.c.subject_id == subject_id
        )
    )


def view(connection: Connection, event_id: int, subject_id: int) -> EventView:
    """Return all posts of an event that mention a subject, by their newest shown revision."""
    event_key = connection.execute(select(event.c.key).where(event.c.id == event_id)).scalar_one()
    watched = connection.execute(
        select(subject.c.key, subject.c.name).where(subject.c.id == subject_id)
    ).one()
    rows = connection.execute(
        select(
            post.c.site, post.c.native_id, post.c.kind, post.c.author_key, post.c.household_key,
            post.c.published_at, post.c.published_precision, post.c.fetched_at, post.c.backfill,
            post.c.outlet, revision.c.id.label("revision_id"), mention.c.negative,
            mention.c.categories, analysis.c.relevant, analysis.c.noise, analysis.c.details,
            relation.c.duplicate_of,
        )
        .join(post, post.c.id == relation.c.post_id)
        .join(revision, revision.c.id == shown_revision())
        .join(analysis, analysis.c.revision_id == revision.c.id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .join(mention, mention.c.analysis_id == analysis.c.id)
        .where(relation.c.event_id == event_id, mention.c.subject_id == subject_id)
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    )  # fmt: skip
    return EventView(
        subject=watched.key,
        subject_name=watched.name,
        event=event_key,
        posts=tuple(
            Counted(
                key=natural_key(row.site, row.native_id), revision=row.revision_id,
                site=row.site, kind=SourceKind(row.kind), author=row.author_key,
                household=row.household_key, published_at=row.published_at,
                precision=Precision(row.published_precision), fetched_at=row.fetched_at,
                backfill=row.backfill, negative=row.negative,
                relevant=row.relevant and row.noise is None,
                duplicate=row.duplicate_of is not None, outlet=row.outlet,
                categories=tuple(row.categories),
                signals=tuple(_signal(item) for item in row.details["signals"]),
            )
            for row in rows
        ),
    )  # fmt: skip


def _signal(raw: dict[str, object]) -> Signal:
    return Signal(
        code=str(raw["code"]),
        anchored=bool(raw.get("anchored")),
        anchor=str(raw.get("anchor", "")),
        span=Span(
            text=str(raw["text"]), start=int(str(raw["start"])), end=int(str(raw["end"])),
            field=str(raw.get("field", "text")),
        ),
    )  # fmt: skip


#: Events older than this are closed to new posts; an index need not hold them (B-ID2).
OPEN_FOR = timedelta(days=90)


def last_relation(connection: Connection) -> int:
    """Return the id of the newest relation."""
    return connection.scalar(select(func.max(relation.c.id))) or 0
