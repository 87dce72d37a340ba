"""Relations and events: whose copy a post is, and which problem at which place it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    ScalarSelect,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from domain.alert import Counted, EventView
from domain.analysis import Signal, Span
from domain.claims import stored
from domain.mask import mask
from domain.post import Precision, SourceKind
from domain.relation import Entry, Placed, RelateIn, Relation
from store import dirty
from store.analyses import PURGED
from store.labels import LEANS_FROM, NEGATIVE_FROM
from store.tables import (
    analyser,
    analysis,
    complaint,
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


def still_unrelated(connection: Connection, post_ids: Sequence[int]) -> set[int]:
    """Return those of the posts that nobody has related meanwhile."""
    done = connection.scalars(select(relation.c.post_id).where(relation.c.post_id.in_(post_ids)))
    return set(post_ids) - set(done)


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


def put(
    connection: Connection, decisions: Sequence[tuple[Unrelated, Placed]], now: datetime
) -> list[Entry]:
    """Store relations and their events, ask for the events to be assessed; return the numbers."""
    if not decisions:
        return []
    placed = [(source, decision.relation) for source, decision in decisions]
    event_ids = _events(connection, placed)
    named = {key for _, found in placed for key in (found.duplicate_of, found.hop)}
    originals = _post_ids(connection, named - {None})
    numbers = connection.scalars(
        insert(relation).returning(relation.c.id, sort_by_parameter_order=True),
        [
            {
                "post_id": source.post_id,
                "event_id": event_ids[found.event],
                "similarity": found.similarity,
                "duplicate_of": originals.get(found.duplicate_of or ""),
                "hop": originals.get(found.hop or ""),
                "edge": found.edge,
                "evidence": found.evidence,
                "revision_id": source.revision_id,
                "subjects": list(source.item.subjects),
                "categories": list(source.item.categories),
                "at": now,
            }
            for source, found in placed
        ],
    ).all()
    subject_ids = subjects_by_key(connection)
    _ask_for(
        connection,
        {
            (event_ids[found.event], subject_ids[key])
            for source, found in placed
            for key in source.item.subjects
        },
    )
    days = select(mention.c.day_cn, mention.c.subject_id).where(
        mention.c.post_id.in_([source.post_id for source, _ in placed])
    )  # a day counts related posts only (store/voices.py)
    dirty.add_days(connection, {(day, where) for day, where in connection.execute(days.distinct())})
    return [
        Entry(number, event_ids[found.event])
        for number, (_, found) in zip(numbers, placed, strict=True)
    ]


def _ask_for(connection: Connection, pairs: set[tuple[int, int]]) -> None:
    """Ask for (event, subject) pairs to be assessed, those not asked for already."""
    event_ids = {event_id for event_id, _ in pairs}
    asked = connection.execute(select(dirty_event).where(dirty_event.c.event_id.in_(event_ids)))
    fresh = pairs - {(row.event_id, row.subject_id) for row in asked}
    if fresh:
        connection.execute(
            insert(dirty_event),
            [{"event_id": event_id, "subject_id": where} for event_id, where in sorted(fresh)],
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
    if known:
        connection.execute(
            update(event)
            .where(event.c.id == bindparam("event_id"))
            .values(first_at=bindparam("first"), last_at=bindparam("last")),
            [
                {
                    "event_id": row.id,
                    "first": min(row.first_at, spans[key][0]),
                    "last": max(row.last_at, spans[key][1]),
                }
                for key, row in known.items()
            ],
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


def id_of(connection: Connection, key: str) -> int | None:
    """Return the id of an event by its key."""
    return connection.scalar(select(event.c.id).where(event.c.key == key))


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
            mention.c.categories, mention.c.relevant, mention.c.negativity, analysis.c.details,
            relation.c.duplicate_of, post.c.id.label("post_id"),
        )
        .join(post, post.c.id == relation.c.post_id)
        .join(revision, revision.c.id == shown_revision())
        .join(analysis, analysis.c.revision_id == revision.c.id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .join(mention, mention.c.analysis_id == analysis.c.id)
        .where(
            relation.c.event_id.in_(members(connection, event_id, subject_id)),
            # + 0: the event's few posts lead, never all mentions of the subject
            mention.c.subject_id + 0 == subject_id,
        )
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    ).all()  # fmt: skip
    linked = _linked_complaints(connection, event_id, subject_id)
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
                event=event_key, claims=stored(row.details["facts"]),
                complaints=linked.get(row.post_id, 0),
                leans=row.relevant and LEANS_FROM <= row.negativity < NEGATIVE_FROM,
            )
            for row in rows
        ),
    )  # fmt: skip


def _linked_complaints(connection: Connection, event_id: int, subject_id: int) -> dict[int, int]:
    """Return post id → complaints a person linked to the case of the post's complaint (X-03)."""
    own, other = complaint.alias("own"), complaint.alias("other")
    rows = connection.execute(
        select(own.c.post_id, func.count(other.c.id).label("n"))
        .join(other, other.c.case_id == own.c.case_id)
        .join(relation, relation.c.post_id == own.c.post_id)
        .where(
            relation.c.event_id.in_(members(connection, event_id, subject_id)),
            own.c.withdrawn_at.is_(None), other.c.withdrawn_at.is_(None),
        )
        .group_by(own.c.post_id)
    )  # fmt: skip
    return {row.post_id: row.n for row in rows}


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
