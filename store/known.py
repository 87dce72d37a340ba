"""What relate finds its candidates by, in the database: never read as a whole.

Three narrow kinds of rows: a dozen keys a post, what an event is about, and the relations
themselves; the texts of possible copies are read from their revisions. A worker starts at once and
holds nothing between batches.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Select,
    String,
    cast,
    delete,
    func,
    insert,
    select,
)

from domain.relation import Edge, Entry, Placed, Profile, RelateIn, Relation, Trace
from store import installation
from store.events import natural_key
from store.tables import event, event_profile, post, posting, relation, revision
from store.tables import installation as installation_table

#: What leads to an event need not be kept once nothing can open it again.
KEPT_FOR = timedelta(days=180)
#: Values of one IN list: SQLite takes 32,766 at most.
_PART = 10_000
#: A batch sweeps one of so many equal slices of the keys.
_SLICES, _KEYS = 4096, 1 << 63
#: In `installation`: how far relations of before these tables have got their keys.
_KEYED_THROUGH = "relate_keyed_through"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKnown:
    """Known of one transaction."""

    connection: Connection

    def last(self) -> Entry:
        """Return the highest ids of relations and events."""
        row = self.connection.execute(
            select(
                select(func.max(relation.c.id)).scalar_subquery(),
                select(func.max(event.c.id)).scalar_subquery(),
            )
        ).one()
        return Entry(row[0] or 0, row[1] or 0)

    def listed(self, keys: Collection[int], latest: int) -> Mapping[int, list[int]]:
        """Return what each key leads to: the `latest` relations or events, in order of listing."""
        rows = self.connection.execute(
            _latest(self.connection.dialect.name, sorted(keys), latest)
        ).all()
        return {key: list(map(int, listed.split(",")))[::-1] for key, listed in rows if listed}

    def traces(self, posts: Collection[int]) -> Iterator[Trace]:
        """Return these posts with the texts they were related by."""
        for part in _parts(posts):
            for row in self.connection.execute(_related().where(relation.c.id.in_(part))).all():
                name = natural_key(row.site, row.native_id)
                yield Trace(
                    number=row.id, id=name, root=_original(row) or name, at=row.published_at,
                    event=row.event_id, subjects=frozenset(row.subjects),
                    title=row.title, text=row.text,
                )  # fmt: skip

    def profiles(self, events: Collection[int]) -> Iterator[Profile]:
        """Return what these events are about."""
        wanted = select(event_profile, event.c.key, event.c.last_at).join(
            event, event.c.id == event_profile.c.event_id
        )
        for part in _parts(events):
            for row in self.connection.execute(
                wanted.where(event_profile.c.event_id.in_(part))
            ).all():
                codes = (pair.split(":") for pair in row.codes.split())
                yield Profile(
                    number=row.event_id, key=row.key, last=row.last_at, posts=row.posts,
                    subjects=frozenset(row.subjects.split()),
                    codes={code: int(number) for code, number in codes}, features=row.features,
                )  # fmt: skip


def keep(connection: Connection, placed: Sequence[tuple[Entry, Placed]]) -> None:
    """Store what later posts find these by, under the ids the store gave them."""
    profiles = {at.event: found.profile for at, found in placed}
    rows = [
        {"key": key, "relation_id": at.post, "target": target, "day": _day(found.at)}
        for at, found in placed
        for target, keys in ((at.post, found.to_post), (at.event, found.to_event))
        for key in keys
    ]
    if rows:
        connection.execute(insert(posting), sorted(rows, key=lambda row: row["key"]))
    _put_profiles(connection, profiles)
    _sweep(connection, placed)


def _put_profiles(connection: Connection, profiles: Mapping[int, Profile]) -> None:
    if not profiles:
        return
    connection.execute(delete(event_profile).where(event_profile.c.event_id.in_(list(profiles))))
    connection.execute(
        insert(event_profile),
        [
            {
                "event_id": event_id,
                "posts": profile.posts,
                "subjects": " ".join(sorted(profile.subjects)),
                "codes": " ".join(f"{code}:{n}" for code, n in profile.codes.items()),
                "features": profile.features,
            }
            for event_id, profile in profiles.items()
        ],
    )


def _sweep(connection: Connection, placed: Sequence[tuple[Entry, Placed]]) -> None:
    """Take out of one slice of the keys what leads to closed events; in turn, slice by slice."""
    if not placed:
        return
    start = placed[0][0].post % _SLICES * (_KEYS // _SLICES)
    oldest = _day(max(found.at for _, found in placed) - KEPT_FOR - timedelta(days=90))
    connection.execute(
        delete(posting).where(
            posting.c.key.between(start, start + _KEYS // _SLICES - 1),
            posting.c.day < oldest,
        )
    )


def _latest(dialect: str, keys: Sequence[int], latest: int) -> Select[Any]:
    """Select each key with what it leads to as one text "target,…", newest first."""
    if dialect == "sqlite":
        asked = func.json_each(json.dumps(keys)).table_valued("value", name="asked")
    else:
        asked = func.unnest(cast(keys, ARRAY(BigInteger))).table_valued("value", name="asked")
        asked = asked.render_derived()
    newest = (
        select(cast(posting.c.target, String).label("target"))
        .where(posting.c.key == asked.c.value)
        .order_by(posting.c.relation_id.desc())
        .limit(latest)
        .correlate(asked)
        .subquery()
    )
    listed = select(func.aggregate_strings(newest.c.target, ",")).scalar_subquery()
    return select(asked.c.value.label("key"), listed.label("listed"))


def _parts(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _PART):
        yield ordered[start : start + _PART]


def _related() -> Select[Any]:
    copy = post.alias("copy")
    return (
        select(
            relation.c.id, relation.c.event_id, relation.c.similarity, relation.c.edge,
            relation.c.subjects, relation.c.categories, revision.c.title, revision.c.text,
            post.c.site, post.c.native_id, post.c.published_at,
            copy.c.site.label("copy_site"), copy.c.native_id.label("copy_native_id"),
        )
        .join(post, post.c.id == relation.c.post_id)
        .join(revision, revision.c.id == relation.c.revision_id)
        .outerjoin(copy, copy.c.id == relation.c.duplicate_of)
    )  # fmt: skip


def _original(row: Any) -> str | None:
    return natural_key(row.copy_site, row.copy_native_id) if row.copy_site else None


def _day(moment: datetime) -> int:
    return (moment - _EPOCH).days


# ---- homes of before these tables --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Unkeyed:
    """A stored relation that cannot be found by keys yet."""

    at: Entry
    item: RelateIn
    relation: Relation


def owes_keys(connection: Connection) -> bool:
    """Whether relations of before these tables still have to get their keys."""
    return bool(installation.get(connection, _KEYED_THROUGH))


def unkeyed(connection: Connection, limit: int) -> list[Unkeyed]:
    """Return the next relations of before these tables whose event may still be open."""
    through = installation.get(connection, _KEYED_THROUGH, "0")
    newest = connection.scalar(select(func.max(event.c.last_at)))
    since = newest - KEPT_FOR if newest else _EPOCH
    rows = connection.execute(
        _related()
        .add_columns(event.c.key.label("event_key"))
        .join(event, event.c.id == relation.c.event_id)
        .where(relation.c.id > int(through), event.c.last_at >= since)
        .order_by(relation.c.id)
        .limit(limit)
    )
    return [_unkeyed(row) for row in rows]


def keyed_through(connection: Connection, relation_id: int | None) -> None:
    """Note how far the relations of before have got their keys; None = all have."""
    if relation_id is None:
        connection.execute(
            delete(installation_table).where(installation_table.c.key == _KEYED_THROUGH)
        )
    else:
        installation.put(connection, _KEYED_THROUGH, str(relation_id))


def _unkeyed(row: Any) -> Unkeyed:
    name = natural_key(row.site, row.native_id)
    return Unkeyed(
        at=Entry(row.id, row.event_id),
        item=RelateIn(
            id=name, title=row.title, text=row.text, published_at=row.published_at,
            subjects=tuple(row.subjects), categories=tuple(row.categories),
        ),
        relation=Relation(
            id=name, event=row.event_key, similarity=row.similarity, duplicate_of=_original(row),
            edge=Edge(row.edge) if row.edge else None,
        ),
    )  # fmt: skip
