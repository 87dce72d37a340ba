"""day_stat: recomputed for every dirty (day, subject), never incremented (design §4)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, delete, distinct, func, insert, select

from store import voices
from store.events import shown_revision
from store.tables import analyser, analysis, day_stat, dirty_day, mention, post


def recompute(connection: Connection, limit: int, topics: Mapping[str, str]) -> int:
    """Recompute up to `limit` dirty (day, subject) pairs and return how many there were."""
    pairs = connection.execute(select(dirty_day).order_by(dirty_day.c.day_cn).limit(limit)).all()
    for day, subject_id in pairs:
        key = dirty_day.c.day_cn == day, dirty_day.c.subject_id == subject_id
        connection.execute(
            delete(day_stat).where(day_stat.c.day_cn == day, day_stat.c.subject_id == subject_id)
        )
        rows = _count(connection, day, subject_id)
        if rows:
            connection.execute(insert(day_stat), rows)
        voices.recompute_day(connection, day, subject_id, topics)
        connection.execute(delete(dirty_day).where(*key))
    return len(pairs)


def _count(connection: Connection, day: int, subject_id: int) -> list[dict[str, object]]:
    voice = func.coalesce(post.c.author_key, "匿名@" + post.c.site)
    negative = select(
        post.c.kind, func.count().label("n"), func.count(distinct(voice)).label("voices")
    )
    every = select(post.c.kind, func.count().label("n"))
    negatives = {
        row.kind: row
        for row in connection.execute(
            _of_day(negative, day, subject_id).where(mention.c.negative).group_by(post.c.kind)
        )
    }
    return [
        {
            "day_cn": day,
            "subject_id": subject_id,
            "kind": row.kind,
            "posts": row.n,
            "negative": negatives[row.kind].n if row.kind in negatives else 0,
            "voices": negatives[row.kind].voices if row.kind in negatives else 0,
        }
        for row in connection.execute(_of_day(every, day, subject_id).group_by(post.c.kind))
    ]


def _of_day(query: Select[Any], day: int, subject_id: int) -> Select[Any]:
    return (
        query.select_from(mention)
        .join(analysis, analysis.c.id == mention.c.analysis_id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .join(post, post.c.id == mention.c.post_id)
        .where(
            mention.c.day_cn == day,
            mention.c.subject_id == subject_id,
            mention.c.relevant,
            analysis.c.revision_id == shown_revision(),
        )
    )
