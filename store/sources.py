"""Sources, their crawl memory, their crawls and their issues."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from domain.errors import FactsError
from domain.post import Mark, SourceKind
from domain.source import Source
from store.db import Database, inserted_id
from store.tables import crawl, crawl_mark, issue, source, subject


def put(connection: Connection, item: Source, *, now: datetime | None = None) -> int:
    """Insert or update a source by name and return its id; a new one is due at once."""
    values = {
        "engine": item.engine,
        "kind": item.kind,
        "site": item.site,
        "url": item.url,
        "every_seconds": int(item.every.total_seconds()),
        "allow_private": item.allow_private,
        "subject_id": _subject_id(connection, item),
        "enabled": item.enabled,
        "min_posts": item.min_posts,
        "options": item.options,
        "provider": item.options.get("provider"),
        "basis": item.options.get("basis"),
        "ends_on": item.options.get("ends_on"),
    }
    known: int | None = connection.scalar(select(source.c.id).where(source.c.name == item.name))
    if known is not None:
        connection.execute(update(source).where(source.c.id == known).values(**values))
        return known
    row = connection.execute(insert(source).values(name=item.name, next_check_at=now, **values))
    return inserted_id(row)


def _subject_id(connection: Connection, item: Source) -> int | None:
    if item.subject is None:
        return None
    found: int | None = connection.scalar(select(subject.c.id).where(subject.c.key == item.subject))
    if found is None:
        raise FactsError(f"来源“{item.name}”指向的监测对象 {item.subject} 不存在：请先导入对象")
    return found


def get_id(connection: Connection, name: str) -> int:
    """Return the id of a source; raises FactsError naming it if it is unknown."""
    found: int | None = connection.scalar(select(source.c.id).where(source.c.name == name))
    if found is None:
        raise FactsError(f"没有名为“{name}”的来源：可用 fenghuo doctor 查看全部来源")
    return found


def find(connection: Connection, name: str) -> Source | None:
    """Return a source by name, None if there is none."""
    row = connection.execute(
        select(source, subject.c.key.label("subject_key"))
        .outerjoin(subject, subject.c.id == source.c.subject_id)
        .where(source.c.name == name)
    ).first()
    return None if row is None else _source(row)


def implied(connection: Connection, source_id: int) -> tuple[str, str] | None:
    """Return (subject key, via) where the board or group as a whole is about one subject."""
    row = connection.execute(
        select(subject.c.key, source.c.kind)
        .join(subject, subject.c.id == source.c.subject_id)
        .where(source.c.id == source_id)
    ).first()
    if row is None:
        return None
    return row.key, "group" if row.kind == SourceKind.GROUP else "board"


def all_sources(connection: Connection) -> list[Source]:
    """Return every enabled source that a spider can visit (engine other than "file")."""
    rows = connection.execute(
        select(source, subject.c.key.label("subject_key"))
        .outerjoin(subject, subject.c.id == source.c.subject_id)
        .where(source.c.enabled, source.c.engine != "file")
        .order_by(source.c.name)
    )
    return [_source(row) for row in rows]


def everything(connection: Connection) -> list[Source]:
    """Return every source, switched off and brought by hand included, by name."""
    rows = connection.execute(
        select(source, subject.c.key.label("subject_key"))
        .outerjoin(subject, subject.c.id == source.c.subject_id)
        .order_by(source.c.name)
    )
    return [_source(row) for row in rows]


def due(connection: Connection, now: datetime) -> list[Source]:
    """Return the sources to visit now."""
    names = set(connection.scalars(select(source.c.name).where(source.c.next_check_at <= now)))
    return [item for item in all_sources(connection) if item.name in names]


def _source(row: Any) -> Source:
    return Source(
        name=row.name,
        engine=row.engine,
        url=row.url,
        site=row.site,
        kind=SourceKind(row.kind),
        every=timedelta(seconds=row.every_seconds),
        subject=row.subject_key,
        allow_private=row.allow_private,
        enabled=row.enabled,
        min_posts=row.min_posts,
        options=dict(row.options),
    )


def start_crawl(connection: Connection, name: str, now: datetime) -> int:
    """Record a crawl and push the source's next visit; a crash is tried again after `every`."""
    source_id = get_id(connection, name)
    every = connection.scalar(select(source.c.every_seconds).where(source.c.id == source_id))
    connection.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(next_check_at=now + timedelta(seconds=every or 900))
    )
    row = connection.execute(
        insert(crawl).values(source_id=source_id, started_at=now, outcome="running")
    )
    return inserted_id(row)


def last_started(connection: Connection, source_id: int) -> datetime | None:
    """Return when the last visit of a source began."""
    found: datetime | None = connection.scalar(
        select(func.max(crawl.c.started_at)).where(crawl.c.source_id == source_id)
    )
    return found


def next_check(connection: Connection, source_id: int) -> datetime | None:
    """Return when a source is to be visited next."""
    found: datetime | None = connection.scalar(
        select(source.c.next_check_at).where(source.c.id == source_id)
    )
    return found


def running_crawl(connection: Connection, source_id: int) -> int | None:
    """Return the id of the crawl of this source that is under way, None if there is none."""
    found: int | None = connection.scalar(
        select(func.max(crawl.c.id)).where(
            crawl.c.source_id == source_id, crawl.c.outcome == "running"
        )
    )
    return found


def finish_crawl(
    connection: Connection, crawl_id: int, now: datetime, outcome: str, numbers: dict[str, Any]
) -> None:
    """Record how a crawl ended: done, blocked or failed, with its counts and message."""
    connection.execute(
        update(crawl)
        .where(crawl.c.id == crawl_id)
        .values(finished_at=now, outcome=outcome, **numbers)
    )


def posts_since(connection: Connection, name: str, since: datetime) -> int:
    """Return how many posts the visits of a source since then handed over, known ones included."""
    found: int | None = connection.scalar(
        select(func.sum(crawl.c.posts)).where(
            crawl.c.source_id == get_id(connection, name), crawl.c.started_at > since
        )
    )
    return found or 0


def abandon_crawls(connection: Connection, now: datetime) -> int:
    """Mark crawls left "running" by a killed process; their sources become due again."""
    stuck = connection.execute(
        select(crawl.c.id, crawl.c.source_id).where(crawl.c.outcome == "running")
    ).all()
    for row in stuck:
        connection.execute(
            update(crawl)
            .where(crawl.c.id == row.id)
            .values(outcome="failed", finished_at=now, message="进程中断，已重新排队")
        )
        connection.execute(
            update(source).where(source.c.id == row.source_id).values(next_check_at=now)
        )
    return len(stuck)


def fail_running(connection: Connection, name: str, now: datetime, message: str) -> None:
    """End the running crawl of a source whose process is gone, and wait one interval."""
    source_id = get_id(connection, name)
    every = connection.scalar(select(source.c.every_seconds).where(source.c.id == source_id))
    connection.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(next_check_at=now + timedelta(seconds=every or 900))
    )
    connection.execute(
        update(crawl)
        .where(crawl.c.source_id == get_id(connection, name), crawl.c.outcome == "running")
        .values(outcome="failed", finished_at=now, message=message)
    )


def raise_issue(
    connection: Connection,
    *,
    at: datetime,
    code: str,
    message: str,
    source_name: str | None = None,
    level: str = "error",
    data: dict[str, Any] | None = None,
) -> None:
    """Open an issue unless the same one is open already."""
    source_id = get_id(connection, source_name) if source_name else None
    same = select(issue.c.id).where(
        issue.c.code == code,
        issue.c.message == message,
        issue.c.source_id.is_(None) if source_id is None else issue.c.source_id == source_id,
        issue.c.closed_at.is_(None),
    )
    if connection.scalar(same) is None:
        connection.execute(
            insert(issue).values(
                source_id=source_id,
                at=at,
                level=level,
                code=code,
                message=message,
                data=data or {},
            )
        )


def close_issues(connection: Connection, source_name: str, code: str, now: datetime) -> None:
    """Close the open issues of one kind: the source works again."""
    connection.execute(
        update(issue)
        .where(
            issue.c.source_id == get_id(connection, source_name),
            issue.c.code == code,
            issue.c.closed_at.is_(None),
        )
        .values(closed_at=now)
    )


def settle(connection: Connection, source_id: int, marks: Sequence[Mark], now: datetime) -> None:
    """Remember marks in the caller's transaction, replacing what was known under their keys."""
    told = {mark.key[:256]: mark for mark in marks}
    if not told:
        return
    known = set(
        connection.scalars(
            select(crawl_mark.c.key).where(
                crawl_mark.c.source_id == source_id, crawl_mark.c.key.in_(told)
            )
        )
    )
    values = {
        key: {"state": mark.state, "settled_at": now, "due_at": mark.due_at}
        for key, mark in told.items()
    }
    if known:
        connection.execute(
            update(crawl_mark).where(
                crawl_mark.c.source_id == source_id, crawl_mark.c.key == bindparam("of_key")
            ),
            [{"of_key": key, **values[key]} for key in told if key in known],
        )
    if new := [key for key in told if key not in known]:
        connection.execute(
            insert(crawl_mark),
            [{"source_id": source_id, "key": key, **values[key]} for key in new],
        )


class StoredCrawlMemory:
    """domain.crawl.CrawlMemory over the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def due(self, source: str, now: datetime) -> bool:
        """Whether the source should be visited now."""
        with self._db.read() as connection:
            return source in {item.name for item in due(connection, now)}

    def known(self, source: str, key: str) -> dict[str, Any] | None:
        """Return the state remembered under `key`, None if never settled."""
        with self._db.read() as connection:
            state: dict[str, Any] | None = connection.scalar(
                select(crawl_mark.c.state).where(
                    crawl_mark.c.source_id == get_id(connection, source),
                    crawl_mark.c.key == key[:256],
                )
            )
        return state

    def due_marks(
        self, source: str, prefix: str, now: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        """Return (key, state) of the marks under `prefix` whose `due_at` has come, oldest first."""
        with self._db.read() as connection:
            rows = connection.execute(
                select(crawl_mark.c.key, crawl_mark.c.state)
                .where(
                    crawl_mark.c.source_id == get_id(connection, source),
                    crawl_mark.c.due_at <= now,
                    crawl_mark.c.key.startswith(prefix, autoescape=True),
                )
                .order_by(crawl_mark.c.due_at, crawl_mark.c.key)
            ).all()
        return [(row.key, row.state) for row in rows]

    def settle(self, source: str, marks: tuple[Mark, ...], now: datetime) -> None:
        """Remember marks of a page that brought no posts."""
        with self._db.write() as connection:
            settle(connection, get_id(connection, source), marks, now)
