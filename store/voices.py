"""Voices by day and topic, and the posts the statistics look at (D-C2, D-X1).

The in-memory counterpart of a replay is pipelines/subject_book.py; both feed the same pure
functions, and tests/acceptance/test_replay_is_line.py shows that they say the same.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from domain.alert import Counted
from domain.detection import History, Noise, Pooled, Pools, Spoken
from domain.post import Precision, SourceKind
from domain.voices import speaks, streams_of, topics_of, voice_of
from store.events import merges as merges_of
from store.events import natural_key, root, shown_revision
from store.tables import (
    analyser,
    analysis,
    event,
    mention,
    pooled_week,
    post,
    relation,
    revision,
    site_day,
    stream_mark,
    subject,
    topic_day,
)

DAY = timedelta(hours=24)


def subjects(connection: Connection) -> list[tuple[int, str, str]]:
    """Return (id, key, name) of all subjects by key."""
    rows = connection.execute(
        select(subject.c.id, subject.c.key, subject.c.name).order_by(subject.c.key)
    )
    return [(row.id, row.key, row.name) for row in rows]


# ---- days ---------------------------------------------------------------------------------------


def recompute_day(
    connection: Connection, day: int, subject_id: int, topics: Mapping[str, str]
) -> None:
    """Count one subject's day anew: distinct voices by topic, posts by site."""
    voices: dict[str, set[tuple[str, str]]] = {}
    posts: dict[str, int] = {}
    for row in connection.execute(_posts(subject_id).where(mention.c.day_cn == day)):
        counted = _counted(row)
        posts[counted.site] = posts.get(counted.site, 0) + 1
        for stream in streams_of(counted, topics):
            voices.setdefault(stream, set()).add(voice_of(counted))
    key = {"subject_id": subject_id, "day_cn": day}
    for table in (topic_day, site_day):
        connection.execute(
            delete(table).where(table.c.subject_id == subject_id, table.c.day_cn == day)
        )
    if voices:
        rows = [key | {"topic": topic, "voices": len(who)} for topic, who in voices.items()]
        connection.execute(insert(topic_day), rows)
    if posts:
        rows = [key | {"site": site, "posts": n} for site, n in posts.items()]
        connection.execute(insert(site_day), rows)


def history(connection: Connection, subject_id: int, since: date) -> History | None:
    """Return a subject's days from `since` on; None before its first post."""
    first = connection.scalar(
        select(func.min(site_day.c.day_cn)).where(site_day.c.subject_id == subject_id)
    )
    if first is None:
        return None
    from_day = _number(since)
    voices = connection.execute(
        select(topic_day.c.day_cn, topic_day.c.topic, topic_day.c.voices).where(
            topic_day.c.subject_id == subject_id, topic_day.c.day_cn >= from_day
        )
    )
    posts = connection.execute(
        select(site_day.c.day_cn, site_day.c.site, site_day.c.posts).where(
            site_day.c.subject_id == subject_id, site_day.c.day_cn >= from_day
        )
    )
    return History(
        first=_day(first),
        voices={(_day(row.day_cn), row.topic): row.voices for row in voices},
        posts={(_day(row.day_cn), row.site): row.posts for row in posts},
    )


# ---- posts --------------------------------------------------------------------------------------


def recent(
    connection: Connection, subject_id: int, since: datetime, grid: datetime
) -> list[tuple[int, Counted]]:
    """Return (relation id, post) of the subject's voices since then, oldest first, no back-fill.

    Only what was related by the grid point counts at it (B-EV1).
    """
    into = merges_of(connection)
    keys: dict[int, str] = {}
    found = []
    rows = connection.execute(
        _posts(subject_id)
        .where(
            mention.c.published_at >= since, mention.c.negative, relation.c.at <= grid,
            ~post.c.backfill,
        )
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    )  # fmt: skip
    for row in rows:
        top = root(into, row.event_id, subject_id)
        if top not in keys:
            keys[top] = connection.scalar(select(event.c.key).where(event.c.id == top)) or ""
        counted = _counted(row, keys[top])
        if speaks(counted):
            found.append((row.relation_id, counted))
    return found


def last_day(connection: Connection, subject_id: int, grid: datetime) -> list[Counted]:
    """Return the subject's posts of any tone of the day before the grid point, oldest first."""
    rows = connection.execute(
        _posts(subject_id)
        .where(mention.c.published_at >= grid - DAY, relation.c.at <= grid)
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    )
    return [_counted(row) for row in rows]


def spoken(
    connection: Connection, subject_id: int, since: datetime, until: datetime,
    topics: Mapping[str, str],
) -> list[Spoken]:  # fmt: skip
    """Return who spoke when in [since, until), oldest first, back-fill included."""
    rows = connection.execute(
        _posts(subject_id)
        .where(mention.c.published_at >= since, mention.c.published_at < until, mention.c.negative)
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    )
    counted = (_counted(row) for row in rows)
    return [
        Spoken(
            at=one.published_at, voice="|".join(voice_of(one)), kind=one.kind,
            topics=topics_of(one.categories, topics),
        )
        for one in counted
        if speaks(one)
    ]  # fmt: skip


def _posts(subject_id: int) -> Select[Any]:
    """Select a subject's related posts by their newest shown revision, as the statistics count."""
    return (
        select(
            post.c.site, post.c.native_id, post.c.kind, post.c.author_key, post.c.household_key,
            post.c.published_at, post.c.published_precision, post.c.fetched_at, post.c.backfill,
            post.c.outlet, post.c.onsite, revision.c.id.label("revision_id"), mention.c.negative,
            mention.c.categories, mention.c.relevant, relation.c.duplicate_of, relation.c.event_id,
            relation.c.id.label("relation_id"),
        )
        .join_from(mention, analysis, analysis.c.id == mention.c.analysis_id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .join(post, post.c.id == mention.c.post_id)
        .join(revision, revision.c.id == analysis.c.revision_id)
        .join(relation, relation.c.post_id == post.c.id)
        .where(mention.c.subject_id == subject_id, analysis.c.revision_id == shown_revision())
    )  # fmt: skip


def _counted(row: Row[Any], event_key: str = "") -> Counted:
    return Counted(
        key=natural_key(row.site, row.native_id), revision=row.revision_id, site=row.site,
        kind=SourceKind(row.kind), author=row.author_key, household=row.household_key,
        published_at=row.published_at, precision=Precision(row.published_precision),
        fetched_at=row.fetched_at, backfill=row.backfill, negative=row.negative,
        relevant=row.relevant, duplicate=row.duplicate_of is not None, outlet=row.outlet,
        categories=tuple(row.categories), signals=(), onsite=row.onsite, event=event_key,
    )  # fmt: skip


# ---- how far the statistics have looked ---------------------------------------------------------


def mark(connection: Connection, subject_id: int) -> int:
    """Return the relation id up to which a subject's posts were looked at."""
    query = select(stream_mark.c.relation_id).where(stream_mark.c.subject_id == subject_id)
    return connection.scalar(query) or 0


def waiting(connection: Connection, subject_id: int, since: datetime, grid: datetime) -> bool:
    """Return whether a voice related by the grid point has not been looked at (B-EV1)."""
    query = _posts(subject_id).where(
        mention.c.published_at >= since, mention.c.negative, relation.c.at <= grid,
        ~post.c.backfill, relation.c.id > mark(connection, subject_id),
        relation.c.duplicate_of.is_(None), post.c.onsite.is_(None), post.c.kind != SourceKind.NEWS,
    )  # fmt: skip
    return connection.execute(query.limit(1)).first() is not None


def set_mark(connection: Connection, subject_id: int, relation_id: int) -> None:
    """Remember how far the statistics of a subject have looked."""
    moved = connection.execute(
        update(stream_mark)
        .where(stream_mark.c.subject_id == subject_id)
        .values(relation_id=relation_id)
    )
    if not moved.rowcount:
        connection.execute(
            insert(stream_mark).values(subject_id=subject_id, relation_id=relation_id)
        )


# ---- what subjects share ------------------------------------------------------------------------


def pools(connection: Connection, monday: date) -> Pools | None:
    """Return the estimates of a week, None before they were made."""
    raw = connection.scalar(
        select(pooled_week.c.estimates).where(pooled_week.c.monday == _number(monday))
    )
    if raw is None:
        return None
    return Pools(
        monday=monday, kinds=raw["kinds"],
        pooled={kind: _pooled(item) for kind, item in raw["pooled"].items()},
        own={key: _noise(item) for key, item in raw["own"].items()},
    )  # fmt: skip


def _pooled(raw: Mapping[str, Any]) -> Pooled:
    return Pooled(
        profile=tuple(raw["profile"]), noise=_noise(raw["noise"]), shares=raw["shares"],
        recount=_by_hours(raw["recount"]),
    )  # fmt: skip


def _noise(raw: Mapping[str, Any]) -> Noise:
    return Noise(
        topic=_by_hours(raw["topic"]), every=_by_hours(raw["every"]),
        shared=_by_hours(raw["shared"]),
    )  # fmt: skip


def _by_hours(raw: Mapping[str, float]) -> dict[int, float]:
    """Return hours → value; JSON has made the hours text."""
    return {int(hours): value for hours, value in raw.items()}


def put_pools(connection: Connection, found: Pools) -> None:
    """Keep the estimates of a week, in place of what was kept of it."""
    estimates = {
        "kinds": dict(found.kinds),
        "pooled": {kind: asdict(item) for kind, item in found.pooled.items()},
        "own": {key: asdict(item) for key, item in found.own.items()},
    }
    monday = _number(found.monday)
    connection.execute(delete(pooled_week).where(pooled_week.c.monday == monday))
    connection.execute(insert(pooled_week).values(monday=monday, estimates=estimates))


def _number(day: date) -> int:
    return int(f"{day:%Y%m%d}")


def _day(number: int) -> date:
    return date(number // 10000, number // 100 % 100, number % 100)
