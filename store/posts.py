"""Posts, revisions and what is seen of them; a batch is stored with a fixed number of queries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, func, insert, select, text, update

from domain.post import Answer, ThreadCount
from store import search, subjects
from store.tables import post, post_count, post_seen, public_reply, revision, source
from store.types import UtcDateTime

#: Parameters of one IN list; SQLite's limit is far higher, readability of logs is not.
_CHUNK = 400
#: Engines that read files: their `now` says when a file was read, not when its text was shown.
_FILES = ("file", "folder")


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
    #: HMAC(subject, phase, building, unit, room), where the member's name or record says so.
    household_key: str | None
    #: Kind of an on-site report (AD-11), else None.
    onsite: str | None
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
    syndicated_from: str | None = None
    attachments: tuple[str, ...] = ()
    state: str | None = None
    answer: Answer | None = None
    #: Whether the record itself says when it was fetched (else `fetched_at` is ingest's now).
    says_when: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What storing a batch changed."""

    new_posts: int = 0
    new_revisions: int = 0
    unchanged: int = 0


def put(
    connection: Connection,
    rows: Sequence[PostRow],
    *,
    source_id: int,
    keep: Callable[[Sequence[PostRow]], Sequence[int | None]],
) -> Stored:
    """Store posts and revisions; known posts with the same content change nothing (B-ID2).

    `keep` stores the evidence of the posts that have a revision to prove, and returns the id for
    each of them; it is not asked when there is none.

    A content the post never had is a new revision. One it had before is news only when it was
    fetched after the last revision, as when an author takes an edit back; a line of a file that
    does not say when it was fetched never is, so any files may be imported again in any order.
    """
    rows = list({(row.site, row.native_id): row for row in rows}.values())
    dated = _is_dated(connection, source_id)
    known = _known(connection, rows)
    new = [row for row in rows if (row.site, row.native_id) not in known]
    if new:
        known_subjects = subjects.ids(connection)
        connection.execute(
            insert(post), _lean([_post_values(row, source_id, known_subjects) for row in new])
        )
        known |= {key: _Kept(id=i) for i, key in _ids(connection, new).items()}
    changed = [
        row
        for row in rows
        if _is_news(row, known[row.site, row.native_id], dated=dated or row.says_when)
    ]
    if changed:
        connection.execute(
            insert(revision),
            _lean(
                [
                    _revision_values(row, known[row.site, row.native_id], evidence_id)
                    for row, evidence_id in zip(changed, keep(changed), strict=True)
                ]
            ),
        )
    fresh = {(row.site, row.native_id) for row in new}
    _see(connection, rows, known, fresh, source_id)
    _count(connection, rows, known)
    _official(connection, rows, known)
    _renumber(connection, [row for row in rows if (row.site, row.native_id) not in fresh], known)
    for row in changed:
        if (row.site, row.native_id) not in fresh:
            gone = row.fetched_at if row.deleted else None  # a post that is back is not deleted
            connection.execute(
                update(post)
                .where(post.c.id == known[row.site, row.native_id].id)
                .values(deleted_at=gone)
            )
    return Stored(
        new_posts=len(new),
        new_revisions=len(changed) - len(new),
        unchanged=len(rows) - len(changed),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A stored post: its last revision and the content of all."""

    id: int
    n: int = 0
    head: str | None = None
    head_at: datetime | None = None
    contents: frozenset[str] = field(default_factory=frozenset)


def _is_news(row: PostRow, kept: _Kept, *, dated: bool) -> bool:
    if row.content_hash not in kept.contents:
        return True
    later = kept.head_at is not None and row.fetched_at > kept.head_at
    return dated and later and row.content_hash != kept.head


def _is_dated(connection: Connection, source_id: int) -> bool:
    """Whether ingest's now is when the text was shown: on a visited site, not in a file."""
    return connection.scalar(select(source.c.engine).where(source.c.id == source_id)) not in _FILES


def _known(connection: Connection, rows: Sequence[PostRow]) -> dict[tuple[str, str], _Kept]:
    """Return (site, native id) → the stored post."""
    ids = _ids(connection, rows)
    found = {key: _Kept(id=i) for i, key in ids.items()}
    numbers = list(ids)
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        for last in connection.execute(_REVISIONS, {"ids": part}):
            key = ids[last.post_id]
            found[key] = _Kept(
                id=last.post_id, n=last.n, head=last.content_hash, head_at=last.fetched_at,
                contents=found[key].contents | {last.content_hash},
            )  # fmt: skip
    return found


_NUMBERS = ("views", "likes", "replies")
#: Built once: making a statement of 400 pairs anew took longer than asking it.
_IDS = select(post.c.id, post.c.native_id).where(
    post.c.site == bindparam("of_site"), post.c.native_id.in_(bindparam("keys", expanding=True))
)
_REVISIONS = (
    select(revision.c.post_id, revision.c.n, revision.c.content_hash, revision.c.fetched_at)
    .where(revision.c.post_id.in_(bindparam("ids", expanding=True)))
    .order_by(revision.c.post_id, revision.c.n)
)
_FLOORS = select(post.c.id, post.c.floor).where(post.c.id.in_(bindparam("ids", expanding=True)))
_NEWEST = (
    select(post_count.c.post_id, func.max(post_count.c.at).label("at"))
    .where(post_count.c.post_id.in_(bindparam("ids", expanding=True)))
    .group_by(post_count.c.post_id)
    .subquery()
)
_COUNTS = select(
    post_count.c.post_id, post_count.c.at, post_count.c.views, post_count.c.likes,
    post_count.c.replies,
).join(
    _NEWEST, (_NEWEST.c.post_id == post_count.c.post_id) & (_NEWEST.c.at == post_count.c.at)
)  # fmt: skip
_LISTED = select(
    post.c.id,
    post.c.thread_id,
    post.c.views,
    post.c.replies,
    select(func.max(post_count.c.at))
    .where(post_count.c.post_id == post.c.id)
    .scalar_subquery()
    .label("last_at"),
).where(
    post.c.site == bindparam("of_site"),
    post.c.thread_id.in_(bindparam("threads", expanding=True)),
    post.c.floor == 1,
)
_SEEN_FRESH = insert(post_seen).from_select(
    ["post_id", "source_id", "first_at"],
    select(post.c.id, bindparam("of", type_=Integer), post.c.fetched_at).where(
        post.c.id.in_(bindparam("ids", expanding=True))
    ),
)


def _ids(connection: Connection, rows: Sequence[PostRow]) -> dict[int, tuple[str, str]]:
    """Return post id → (site, native id) of those that are stored."""
    by_site: dict[str, list[str]] = {}
    for row in rows:
        by_site.setdefault(row.site, []).append(row.native_id)
    return {
        found.id: (site, found.native_id)
        for site, keys in by_site.items()
        for start in range(0, len(keys), _CHUNK)
        for found in connection.execute(
            _IDS, {"of_site": site, "keys": keys[start : start + _CHUNK]}
        )
    }


def _lean(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the columns that are empty in every row: binding them took half of the time."""
    used = [name for name in rows[0] if any(row[name] not in (None, []) for row in rows)]
    return [{name: row[name] for name in used} for row in rows]


def _post_values(row: PostRow, source_id: int, subject_ids: dict[str, int]) -> dict[str, Any]:
    return {
        "site": row.site, "native_id": row.native_id, "source_id": source_id, "kind": row.kind,
        "message_kind": row.message_kind, "thread_id": row.thread_id, "floor": row.floor,
        "url": row.url, "outlet": row.outlet, "author_key": row.author_key,
        "syndicated_from": row.syndicated_from, "state": row.state,
        "household_key": row.household_key, "onsite": row.onsite,
        "subject_id": subject_ids.get(row.subject_key or ""),
        "subject_via": row.subject_via if row.subject_key in subject_ids else None,
        "published_at": row.published_at, "published_precision": row.published_precision,
        "fetched_at": row.fetched_at, "backfill": row.backfill, "day_cn": row.day_cn,
        "reply_to": row.reply_to, "views": row.views, "likes": row.likes, "replies": row.replies,
        "deleted_at": row.fetched_at if row.deleted else None,
    }  # fmt: skip


def _revision_values(row: PostRow, kept: _Kept, evidence_id: int | None) -> dict[str, Any]:
    return {
        "post_id": kept.id, "n": kept.n + 1, "title": row.title, "text": row.text,
        "content_hash": row.content_hash, "edited_at": row.edited_at,
        "fetched_at": row.fetched_at, "deleted": row.deleted, "hidden": row.hidden,
        "attachments": list(row.attachments), "evidence_id": evidence_id,
    }  # fmt: skip


def _see(
    connection: Connection,
    rows: Sequence[PostRow],
    known: dict[tuple[str, str], _Kept],
    fresh: set[tuple[str, str]],
    source_id: int,
) -> None:
    if fresh:  # one statement: what is new was seen when it was fetched
        connection.execute(_SEEN_FRESH, {"of": source_id, "ids": [known[key].id for key in fresh]})
    old = {
        known[row.site, row.native_id].id: row.fetched_at
        for row in rows
        if (row.site, row.native_id) not in fresh
    }
    if not old:
        return
    seen = set(
        connection.scalars(
            select(post_seen.c.post_id).where(
                post_seen.c.post_id.in_(old), post_seen.c.source_id == source_id
            )
        )
    )
    missing = [
        {"post_id": i, "source_id": source_id, "first_at": at}
        for i, at in old.items()
        if i not in seen
    ]
    if missing:
        connection.execute(insert(post_seen), missing)


def _count(
    connection: Connection,
    rows: Sequence[PostRow],
    known: dict[tuple[str, str], _Kept],
) -> None:
    """Keep views, likes and replies as a time series: a row only when a number changed."""
    counted = {
        known[row.site, row.native_id].id: row
        for row in rows
        if not (row.views is None and row.likes is None and row.replies is None)
    }
    if not counted:
        return
    last = {found.post_id: found for found in connection.execute(_COUNTS, {"ids": list(counted)})}
    changed = []
    for post_id, row in counted.items():
        now, before = (row.views, row.likes, row.replies), last.get(post_id)
        # What was fetched no later than the last numbers (an old file again) tells nothing new.
        if before is None or (before.at < row.fetched_at and tuple(before)[2:] != now):
            numbers = dict(zip(_NUMBERS, now, strict=True))
            changed.append({"post_id": post_id, "at": row.fetched_at, **numbers})
    if changed:
        connection.execute(insert(post_count), changed)
        connection.execute(
            update(post)
            .where(post.c.id == bindparam("of_post"))
            .values({name: bindparam(name) for name in _NUMBERS}),
            [
                {"of_post": one["post_id"], **{name: one[name] for name in _NUMBERS}}
                for one in changed
            ],
        )


def put_counts(
    connection: Connection, site: str, counts: Sequence[ThreadCount], at: datetime
) -> int:
    """Keep what a list tells of its threads' counts at their first posts; return the rows added."""
    told = {item.thread_id: item for item in counts}
    rows = connection.execute(_LISTED, {"of_site": site, "threads": list(told)}).all()
    changed = [
        {"post_id": row.id, "at": at, "views": item.views, "replies": item.replies}
        for row in rows
        for item in (told[row.thread_id],)
        if (row.views, row.replies) != (item.views, item.replies)
        and (row.last_at is None or row.last_at < at)
    ]
    if changed:
        connection.execute(insert(post_count), changed)
        connection.execute(
            update(post)
            .where(post.c.id == bindparam("post_id"))
            .values(views=bindparam("views"), replies=bindparam("replies")),
            [{key: item[key] for key in ("post_id", "views", "replies")} for item in changed],
        )
    return len(changed)


def _renumber(
    connection: Connection, rows: Sequence[PostRow], known: dict[tuple[str, str], _Kept]
) -> None:
    """Let known posts stand at the floor where they were seen last: floors move (collection §0)."""
    floors = {known[row.site, row.native_id].id: row.floor for row in rows if row.floor}
    if not floors:
        return
    moved = [
        {"of_post": found.id, "now_at": floors[found.id]}
        for found in connection.execute(_FLOORS, {"ids": list(floors)})
        if found.floor != floors[found.id]
    ]
    if moved:
        connection.execute(
            update(post).where(post.c.id == bindparam("of_post")).values(floor=bindparam("now_at")),
            moved,
        )


def _official(
    connection: Connection, rows: Sequence[PostRow], known: dict[tuple[str, str], _Kept]
) -> None:
    """Keep how far the authority is, and each different answer it gave in public (AD-11)."""
    for row in rows:
        post_id = known[row.site, row.native_id].id
        if row.state is not None:
            connection.execute(
                update(post)
                .where(post.c.id == post_id, post.c.state.is_distinct_from(row.state))
                .values(state=row.state)
            )
        if row.answer is None:
            continue
        same = select(public_reply.c.id).where(
            public_reply.c.post_id == post_id, public_reply.c.text == row.answer.text
        )
        if connection.scalar(same) is None:
            connection.execute(
                insert(public_reply).values(
                    post_id=post_id,
                    author=row.answer.author[:128],
                    text=row.answer.text,
                    url=row.url,
                    at=row.answer.at or row.fetched_at,
                    entered_by="采集",
                )
            )


def since(connection: Connection, site: str, prefix: str, at: datetime) -> int | None:
    """Return the id of a post of this site whose native id begins so, fetched at `at` or later."""
    found: int | None = connection.scalar(
        select(post.c.id)
        .where(
            post.c.site == site,
            post.c.native_id.startswith(prefix, autoescape=True),
            post.c.fetched_at >= at,
        )
        .order_by(post.c.id)
        .limit(1)
    )
    return found


def id_of(connection: Connection, site: str, native_id: str) -> int | None:
    """Return the id of a post by its natural key."""
    found: int | None = connection.scalar(
        select(post.c.id).where(post.c.site == site, post.c.native_id == native_id)
    )
    return found


def subject_of(connection: Connection, post_id: int) -> int | None:
    """Return the subject a post was stored for, None if for none."""
    found: int | None = connection.scalar(select(post.c.subject_id).where(post.c.id == post_id))
    return found


def text_of(connection: Connection, post_id: int) -> str:
    """Return the newest text of a post, "" if it has none."""
    found: str | None = connection.scalar(
        select(revision.c.text)
        .where(revision.c.post_id == post_id)
        .order_by(revision.c.n.desc())
        .limit(1)
    )
    return found or ""


def any_stored(connection: Connection) -> bool:
    """Whether a single post is stored."""
    return connection.scalar(select(post.c.id).limit(1)) is not None


def count_hits(connection: Connection, name: str, since_at: datetime, *, most: int) -> int:
    """Return how many posts published since then hold `name`, counted up to `most`.

    Only the newest 5 × `most` posts that hold it are looked at: a common word costs no more.
    """
    wanted = search.phrase(name)
    if not wanted:
        return 0
    if connection.dialect.name == "sqlite":
        found = "SELECT rowid AS id FROM post_fts WHERE post_fts MATCH :q ORDER BY rowid DESC"
    else:
        wanted = wanted.replace(" AND ", " ")
        found = (
            "SELECT post_id AS id FROM search_text WHERE to_tsvector('simple', bigrams) @@ "
            "websearch_to_tsquery('simple', :q) ORDER BY post_id DESC"
        )
    statement = text(
        f"SELECT count(*) FROM (SELECT 1 FROM ({found} LIMIT :look) AS newest "  # noqa: S608
        "JOIN post p ON p.id = newest.id WHERE p.published_at >= :at LIMIT :most) AS hit"
    ).bindparams(bindparam("at", type_=UtcDateTime()))
    values = {"q": wanted, "at": since_at, "most": most, "look": 5 * most}
    return int(connection.scalar(statement, values) or 0)
