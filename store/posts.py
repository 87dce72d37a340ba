"""Posts, revisions and what is seen of them; a batch is stored with a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, tuple_, update

from store import subjects
from store.tables import post, post_count, post_seen, revision

#: Parameters of one IN list; SQLite's limit is far higher, readability of logs is not.
_CHUNK = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """One post ready to be stored: pseudonymised, checked, timed."""

    site: str
    native_id: str
    kind: str
    message_kind: str
    title: str
    text: str
    content_hash: str
    author_key: str | None
    published_at: datetime
    published_precision: str
    fetched_at: datetime
    backfill: bool
    day_cn: int
    #: Key of the subject that board, group or record implies, and by which of these.
    subject_key: str | None
    subject_via: str | None
    thread_id: str | None = None
    floor: int | None = None
    url: str | None = None
    outlet: str | None = None
    reply_to: str | None = None
    views: int | None = None
    likes: int | None = None
    replies: int | None = None
    edited_at: datetime | None = None
    deleted: bool = False
    hidden: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What storing a batch changed."""

    new_posts: int = 0
    new_revisions: int = 0
    unchanged: int = 0


def put(
    connection: Connection, rows: Sequence[PostRow], *, source_id: int, evidence_id: int | None
) -> Stored:
    """Store posts and revisions; known posts with the same content change nothing (B-ID2)."""
    rows = list({(row.site, row.native_id): row for row in rows}.values())
    known = _known(connection, rows)
    new = [row for row in rows if (row.site, row.native_id) not in known]
    if new:
        known_subjects = subjects.ids(connection)
        connection.execute(
            insert(post), [_post_values(row, source_id, known_subjects) for row in new]
        )
        known |= {key: (i, 0, None) for key, (i, _, _) in _known(connection, new).items()}
    changed = [row for row in rows if known[row.site, row.native_id][2] != row.content_hash]
    if changed:
        connection.execute(
            insert(revision),
            [_revision_values(row, known[row.site, row.native_id], evidence_id) for row in changed],
        )
    fresh = {(row.site, row.native_id) for row in new}
    _see(connection, rows, known, source_id)
    _count(connection, rows, known)
    for row in changed:
        if row.deleted and (row.site, row.native_id) not in fresh:
            post_id = known[row.site, row.native_id][0]
            connection.execute(
                update(post).where(post.c.id == post_id).values(deleted_at=row.fetched_at)
            )
    return Stored(
        new_posts=len(new),
        new_revisions=len(changed) - len(new),
        unchanged=len(rows) - len(changed),
    )


def _known(
    connection: Connection, rows: Sequence[PostRow]
) -> dict[tuple[str, str], tuple[int, int, str | None]]:
    """Return (site, native id) → (post id, last revision's n, its content hash)."""
    found: dict[tuple[str, str], tuple[int, int, str | None]] = {}
    keys = [(row.site, row.native_id) for row in rows]
    for start in range(0, len(keys), _CHUNK):
        ids = {
            (row.site, row.native_id): row.id
            for row in connection.execute(
                select(post.c.id, post.c.site, post.c.native_id).where(
                    tuple_(post.c.site, post.c.native_id).in_(keys[start : start + _CHUNK])
                )
            )
        }
        last = (
            select(revision.c.post_id, func.max(revision.c.n).label("n"))
            .where(revision.c.post_id.in_(ids.values()))
            .group_by(revision.c.post_id)
            .subquery()
        )
        heads = {
            row.post_id: (row.n, row.content_hash)
            for row in connection.execute(
                select(revision.c.post_id, revision.c.n, revision.c.content_hash).join(
                    last, (last.c.post_id == revision.c.post_id) & (last.c.n == revision.c.n)
                )
            )
        }
        found |= {key: (i, *heads.get(i, (0, None))) for key, i in ids.items()}
    return found


def _post_values(row: PostRow, source_id: int, subject_ids: dict[str, int]) -> dict[str, Any]:
    return {
        "site": row.site, "native_id": row.native_id, "source_id": source_id, "kind": row.kind,
        "message_kind": row.message_kind, "thread_id": row.thread_id, "floor": row.floor,
        "url": row.url, "outlet": row.outlet, "author_key": row.author_key,
        "subject_id": subject_ids.get(row.subject_key or ""),
        "subject_via": row.subject_via if row.subject_key in subject_ids else None,
        "published_at": row.published_at, "published_precision": row.published_precision,
        "fetched_at": row.fetched_at, "backfill": row.backfill, "day_cn": row.day_cn,
        "reply_to": row.reply_to, "views": row.views, "likes": row.likes, "replies": row.replies,
        "deleted_at": row.fetched_at if row.deleted else None,
    }  # fmt: skip


def _revision_values(
    row: PostRow, head: tuple[int, int, str | None], evidence_id: int | None
) -> dict[str, Any]:
    post_id, n, _ = head
    return {
        "post_id": post_id, "n": n + 1, "title": row.title, "text": row.text,
        "content_hash": row.content_hash, "edited_at": row.edited_at,
        "fetched_at": row.fetched_at, "deleted": row.deleted, "hidden": row.hidden,
        "evidence_id": evidence_id,
    }  # fmt: skip


def _see(
    connection: Connection,
    rows: Sequence[PostRow],
    known: dict[tuple[str, str], tuple[int, int, str | None]],
    source_id: int,
) -> None:
    ids = {known[row.site, row.native_id][0]: row.fetched_at for row in rows}
    if not ids:
        return
    seen = set(
        connection.scalars(
            select(post_seen.c.post_id).where(
                post_seen.c.post_id.in_(ids), post_seen.c.source_id == source_id
            )
        )
    )
    missing = [
        {"post_id": i, "source_id": source_id, "first_at": at}
        for i, at in ids.items()
        if i not in seen
    ]
    if missing:
        connection.execute(insert(post_seen), missing)


def _count(
    connection: Connection,
    rows: Sequence[PostRow],
    known: dict[tuple[str, str], tuple[int, int, str | None]],
) -> None:
    """Keep views, likes and replies as a time series: a row only when a number changed."""
    for row in rows:
        if row.views is None and row.likes is None and row.replies is None:
            continue
        post_id = known[row.site, row.native_id][0]
        last = connection.execute(
            select(post_count.c.views, post_count.c.likes, post_count.c.replies, post_count.c.at)
            .where(post_count.c.post_id == post_id)
            .order_by(post_count.c.at.desc())
            .limit(1)
        ).first()
        now = (row.views, row.likes, row.replies)
        # What was fetched no later than the last numbers (an old file again) tells nothing new.
        if last is None or (last.at < row.fetched_at and tuple(last)[:3] != now):
            numbers = {"views": row.views, "likes": row.likes, "replies": row.replies}
            connection.execute(
                insert(post_count).values(post_id=post_id, at=row.fetched_at, **numbers)
            )
            connection.execute(update(post).where(post.c.id == post_id).values(**numbers))
