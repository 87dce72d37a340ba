"""Relations and events: whose copy a post is, and which problem at which place it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    ScalarSelect,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from domain.alert import Counted, EventView
from domain.analysis import Signal, Span
from domain.mask import mask
from domain.post import Precision, SourceKind
from domain.relation import Edge, RelateIn, Relation
from store import dirty
from store.analyses import PURGED
from store.tables import (
    analyser,
    analysis,
    dirty_event,
    event,
    event_merge,
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
    """Return the newest revision of a post that shows its text: a deletion hides, not erases.

    A purged one still stands for what it said: counts outlive texts (A12).
    """
    shown = revision.c.hidden.is_(None) | (revision.c.hidden == PURGED)
    return (
        select(func.max(revision.c.id))
        .where(revision.c.post_id == post.c.id, ~revision.c.deleted, shown)
        .correlate(post)
        .scalar_subquery()
    )


def natural_key(site: str, native_id: str) -> str:
    """Return the key of a post that is the same on every machine and in a replay."""
    return f"{site}|{native_id}"


def unrelated(connection: Connection, *, after: int) -> tuple[list[tuple[int, datetime]], int]:
    """Return (post id, published) of read text posts without a relation, in canonical order.

    Only analyses with an id above `after` are looked at; the second value is the newest such id,
    to be passed the next time once all of these are related.
    """
    known = select(relation.c.id).where(relation.c.post_id == post.c.id)
    newest = connection.scalar(select(func.max(analysis.c.id))) or 0
    rows = connection.execute(
        select(post.c.id, post.c.published_at)
        .join(analysis, analysis.c.post_id == post.c.id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .where(
            analysis.c.id > after,
            analysis.c.revision_id == shown_revision(),
            post.c.message_kind == "text",
            ~known.exists(),
        )
        .order_by(post.c.published_at, post.c.site + "|" + post.c.native_id)
    )
    return [(row.id, row.published_at) for row in rows], newest


def to_place(connection: Connection, post_ids: Sequence[int]) -> list[Unrelated]:
    """Return these posts as relate sees them, in the given order, without those related since."""
    known = select(relation.c.id).where(relation.c.post_id == post.c.id)
    rows = connection.execute(
        select(
            post.c.id,
            post.c.site,
            post.c.native_id,
            post.c.published_at,
            analysis.c.id.label("analysis_id"),
            analysis.c.details,
            revision.c.title,
            revision.c.text,
            revision.c.id.label("revision_id"),
        )
        .join(revision, revision.c.id == shown_revision())
        .join(analysis, analysis.c.revision_id == revision.c.id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .where(post.c.id.in_(post_ids), ~known.exists())
    ).all()
    subjects = _subjects(connection, [row.analysis_id for row in rows])
    found = {
        row.id: Unrelated(
            post_id=row.id,
            revision_id=row.revision_id,
            item=RelateIn(
                id=natural_key(row.site, row.native_id),
                title=row.title,
                text=row.text,
                published_at=row.published_at,
                subjects=subjects.get(row.analysis_id, ()),
                categories=tuple(c["code"] for c in row.details["categories"]),
            ),
        )
        for row in rows
    }
    return [found[post_id] for post_id in post_ids if post_id in found]


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
    if not placed:
        return
    event_ids = _events(connection, placed)
    originals = _post_ids(connection, {found.duplicate_of for _, found in placed} - {None})
    connection.execute(
        insert(relation),
        [
            {
                "post_id": source.post_id,
                "event_id": event_ids[found.event],
                "similarity": found.similarity,
                "duplicate_of": originals.get(found.duplicate_of or ""),
                "edge": found.edge,
                "revision_id": source.revision_id,
                "subjects": list(source.item.subjects),
                "categories": list(source.item.categories),
                "at": now,
            }
            for source, found in placed
        ],
    )
    subject_ids = subjects_by_key(connection)
    dirty.add_events(
        connection,
        {
            (event_ids[found.event], subject_ids[key])
            for source, found in placed
            for key in source.item.subjects
        },
    )


def _events(connection: Connection, placed: Sequence[tuple[Unrelated, Relation]]) -> dict[str, int]:
    """Insert the new events, widen the known ones, and return key → id of all of them."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    first: dict[str, Unrelated] = {}
    for source, found in placed:
        at = source.item.published_at
        early, late = spans.get(found.event, (at, at))
        spans[found.event] = min(early, at), max(late, at)
        first.setdefault(found.event, source)
    known = _known_events(connection, list(spans))
    new = [
        {
            "key": key,
            "first_post_id": first[key].post_id,
            "title": _title(first[key].item),
            "first_at": spans[key][0],
            "last_at": spans[key][1],
        }
        for key in spans
        if key not in known
    ]
    if new:
        connection.execute(insert(event), new)
    for key, row in known.items():
        connection.execute(
            update(event)
            .where(event.c.id == row.id)
            .values(
                first_at=min(row.first_at, spans[key][0]), last_at=max(row.last_at, spans[key][1])
            )
        )
    return {key: row.id for key, row in _known_events(connection, list(spans)).items()}


def _known_events(connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
    rows = connection.execute(
        select(event.c.key, event.c.id, event.c.first_at, event.c.last_at).where(
            event.c.key.in_(keys)
        )
    )
    return {row.key: row for row in rows}


def _title(item: RelateIn) -> str:
    return mask(" ".join((item.title or item.text).split()))[:60]


def _post_ids(connection: Connection, keys: set[str | None]) -> dict[str, int]:
    pairs = [tuple(key.split("|", 1)) for key in sorted(key for key in keys if key)]
    rows = connection.execute(
        select(post.c.id, post.c.site, post.c.native_id).where(
            tuple_(post.c.site, post.c.native_id).in_(pairs)
        )
    )
    return {natural_key(row.site, row.native_id): row.id for row in rows}


def subjects_by_key(connection: Connection) -> dict[str, int]:
    """Return subject key → id."""
    return {row.key: row.id for row in connection.execute(select(subject.c.key, subject.c.id))}


def take_dirty(connection: Connection) -> list[tuple[int, int]]:
    """Return the (event id, subject id) pairs to assess, in an order all machines agree on.

    What was merged is assessed as the event it was merged into.
    """
    rows = connection.execute(
        select(dirty_event.c.event_id, dirty_event.c.subject_id)
        .join(event, event.c.id == dirty_event.c.event_id)
        .join(subject, subject.c.id == dirty_event.c.subject_id)
        .order_by(event.c.key, subject.c.key)
    )
    into = merges(connection)
    pairs = ((root(into, row.event_id, row.subject_id), row.subject_id) for row in rows)
    return list(dict.fromkeys(pairs))


#: (event id, subject id) → event it counts as part of.
Merges = dict[tuple[int, int], int]


def merges(connection: Connection) -> Merges:
    """Return all merges that people made; there are few."""
    rows = connection.execute(
        select(event_merge.c.event_id, event_merge.c.subject_id, event_merge.c.into_id)
    )
    return {(row.event_id, row.subject_id): row.into_id for row in rows}


def root(into: Merges, event_id: int, subject_id: int) -> int:
    """Return the event that this one counts as part of at a subject, through all merges."""
    while (event_id, subject_id) in into:
        event_id = into[event_id, subject_id]
    return event_id


def members(connection: Connection, event_id: int, subject_id: int) -> list[int]:
    """Return the ids of an event and of all that count as part of it at this subject."""
    into = merges(connection)
    own = (child for child, where in into if where == subject_id)
    return [event_id, *(child for child in own if root(into, child, subject_id) == event_id)]


def merge(
    connection: Connection, event_id: int, subject_id: int, into: int, by: str, now: datetime
) -> None:
    """Count an event as part of another at one subject (B-MS1); taking it back is `split`."""
    connection.execute(
        insert(event_merge).values(
            event_id=event_id, subject_id=subject_id, into_id=into, at=now, by=by
        )
    )


def split(connection: Connection, event_id: int, subject_id: int) -> None:
    """Let an event stand alone again at this subject; what was merged into it stays with it."""
    connection.execute(
        delete(event_merge).where(
            event_merge.c.event_id == event_id, event_merge.c.subject_id == subject_id
        )
    )


def clean(connection: Connection, event_id: int, subject_id: int) -> None:
    """Take a pair off the list, in the transaction that writes its outcome."""
    connection.execute(
        dirty_event.delete().where(
            dirty_event.c.event_id.in_(members(connection, event_id, subject_id)),
            dirty_event.c.subject_id == subject_id,
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
            post.c.outlet, post.c.onsite, revision.c.id.label("revision_id"), mention.c.negative,
            mention.c.categories, mention.c.relevant, analysis.c.details,
            relation.c.duplicate_of,
        )
        .join(post, post.c.id == relation.c.post_id)
        .join(revision, revision.c.id == shown_revision())
        .join(analysis, analysis.c.revision_id == revision.c.id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .join(mention, mention.c.analysis_id == analysis.c.id)
        .where(
            relation.c.event_id.in_(members(connection, event_id, subject_id)),
            mention.c.subject_id == subject_id,
        )
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
                relevant=row.relevant,
                duplicate=row.duplicate_of is not None, outlet=row.outlet, onsite=row.onsite,
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
