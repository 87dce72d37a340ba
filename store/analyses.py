"""Analyses and mentions: what nlp said of each revision, by analyser (design §4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, true, update

from domain.analysis import Analysis
from store import dirty, labels, search
from store.db import inserted_id
from store.labels import NEGATIVE_FROM
from store.tables import (
    analyser,
    analysis,
    mention,
    post,
    revision,
    subject,
)

#: Why a revision has no text any more (store/purge.py): nobody reads it again.
PURGED = "已按期清除"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A revision that the active analyser has not read yet."""

    revision_id: int
    post_id: int
    title: str
    text: str
    kind: str
    message_kind: str
    deleted: bool
    subject: str | None
    subject_via: str | None
    published_at: datetime
    day_cn: int


def activate(connection: Connection, version: str, parts: dict[str, Any], now: datetime) -> int:
    """Make `version` the one active analyser and return its id.

    What was said of purged revisions is taken over: their texts cannot be read again.
    """
    row = connection.execute(
        select(analyser.c.id, analyser.c.active).where(analyser.c.version == version)
    ).first()
    if row is not None and row.active:
        return int(row.id)
    connection.execute(update(analyser).where(analyser.c.active).values(active=False))
    if row is not None:
        connection.execute(update(analyser).where(analyser.c.id == row.id).values(active=True))
        carry_over(connection)
        return int(row.id)
    key = connection.execute(
        insert(analyser).values(version=version, parts=parts, created_at=now, active=True)
    )
    carry_over(connection)
    return inserted_id(key)


def carry_over(connection: Connection, post_ids: Sequence[int] | None = None) -> None:
    """Make the newest analysis of each purged revision the active analyser's, with its mentions.

    A re-scoring that cannot read them any more must not lose what they count. `post_ids` narrows
    it to these posts.
    """
    active = active_id(connection)
    if active is None:
        return
    old, done = analysis.alias("old"), analysis.alias("done")
    read = select(done.c.id).where(
        done.c.revision_id == old.c.revision_id, done.c.analyser_id == active
    )
    newest = (
        select(func.max(old.c.id))
        .join(revision, revision.c.id == old.c.revision_id)
        .where(
            revision.c.hidden == PURGED,
            ~read.exists(),
            true() if post_ids is None else revision.c.post_id.in_(post_ids),
        )
        .group_by(old.c.revision_id)
    )
    connection.execute(update(analysis).where(analysis.c.id.in_(newest)).values(analyser_id=active))


def active_id(connection: Connection) -> int | None:
    """Return the id of the active analyser, None before the first analysis."""
    found: int | None = connection.scalar(select(analyser.c.id).where(analyser.c.active))
    return found


def active_version(connection: Connection) -> str | None:
    """Return the version of the active analyser."""
    found: str | None = connection.scalar(select(analyser.c.version).where(analyser.c.active))
    return found


def pending(
    connection: Connection, analyser_id: int, limit: int, *, after: int = 0
) -> list[Pending]:
    """Return revisions with an id above `after` and no analysis by this analyser, oldest first.

    Purged ones are not read: there is nothing left to read.
    """
    done = select(analysis.c.revision_id).where(
        analysis.c.revision_id == revision.c.id, analysis.c.analyser_id == analyser_id
    )
    rows = connection.execute(
        select(
            revision.c.id, revision.c.post_id, revision.c.title, revision.c.text,
            revision.c.deleted, post.c.kind, post.c.message_kind, post.c.subject_via,
            post.c.published_at, post.c.day_cn, subject.c.key,
        )
        .join(post, post.c.id == revision.c.post_id)
        .outerjoin(subject, subject.c.id == post.c.subject_id)
        .where(
            revision.c.id > after, ~done.exists(), func.coalesce(revision.c.hidden, "") != PURGED
        )
        .order_by(revision.c.id)
        .limit(limit)
    )  # fmt: skip
    return [
        Pending(
            revision_id=row.id, post_id=row.post_id, title=row.title, text=row.text,
            kind=row.kind, message_kind=row.message_kind, deleted=row.deleted,
            subject=row.key, subject_via=row.subject_via, published_at=row.published_at,
            day_cn=row.day_cn,
        )
        for row in rows
    ]  # fmt: skip


def put(
    connection: Connection,
    analyser_id: int,
    results: Sequence[tuple[Pending, Analysis, dict[str, Any]]],
    subject_ids: dict[str, int],
    now: datetime,
) -> None:
    """Store a batch of analyses with mentions, search text and what became dirty by them."""
    dirty.mark_posts(connection, [item.post_id for item, _, _ in results])
    connection.execute(
        insert(analysis),
        [
            {
                "revision_id": item.revision_id, "analyser_id": analyser_id,
                "post_id": item.post_id, "negativity": result.negativity,
                "severity": result.severity, "label": result.label,
                "relevant": result.relevant, "noise": result.noise, "at": now,
                "details": details,
            }
            for item, result, details in results
        ],
    )  # fmt: skip
    ids = _ids(connection, analyser_id, [item.revision_id for item, _, _ in results])
    mentions = [
        row
        for item, result, _ in results
        for row in _mentions(ids[item.revision_id], item, result, subject_ids)
    ]
    if mentions:
        connection.execute(insert(mention), mentions)
    labels.apply(connection, labels.labelled(connection, list(ids)))
    search.index_posts(
        connection,
        {item.post_id: f"{item.title}\n{item.text}" for item, _, _ in results if not item.deleted},
    )
    dirty.mark_posts(connection, [item.post_id for item, _, _ in results])


def _ids(connection: Connection, analyser_id: int, revisions: list[int]) -> dict[int, int]:
    rows = connection.execute(
        select(analysis.c.revision_id, analysis.c.id).where(
            analysis.c.analyser_id == analyser_id, analysis.c.revision_id.in_(revisions)
        )
    )
    return {row.revision_id: row.id for row in rows}


def _mentions(
    analysis_id: int, item: Pending, result: Analysis, subject_ids: dict[str, int]
) -> Iterable[dict[str, Any]]:
    for found in result.mentions:
        if found.subject not in subject_ids:
            continue
        ours = result.relevant and result.noise is None
        yield {
            "analysis_id": analysis_id, "post_id": item.post_id,
            "subject_id": subject_ids[found.subject], "via": found.via,
            "alias": found.alias[:64], "field": found.span.field if found.span else "text",
            "start": found.span.start if found.span else None,
            "end": found.span.end if found.span else None,
            "negativity": found.negativity, "severity": found.severity, "label": result.label,
            "categories": list(found.categories),
            "relevant": ours,
            "negative": ours and found.negativity >= NEGATIVE_FROM,
            "published_at": item.published_at, "day_cn": item.day_cn,
        }  # fmt: skip
