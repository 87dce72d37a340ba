"""Import files (导入记录): who gave which file, on what basis, for how long (A12, N-06)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from store.db import inserted_id
from store.tables import crawl_mark, import_file, source


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """One file people brought; `finished_at` None = it broke off and should come again."""

    id: int
    source: str
    name: str
    sha256: str
    format: str
    provider: str
    basis: str
    retention: str
    ends_on: str | None
    by: str
    at: datetime
    messages: int
    new_posts: int
    refused: int
    finished_at: datetime | None


def begin(
    connection: Connection,
    *,
    source_id: int,
    name: str,
    sha256: str,
    format_name: str,
    provider: str,
    basis: str,
    retention: str,
    ends_on: str | None,
    by: str,
    now: datetime,
) -> int:
    """Note that a file is being imported; return the id of its record.

    The same file again on the same terms is the same import: it goes on where it broke off.
    """
    known: int | None = connection.scalar(
        select(import_file.c.id)
        .where(
            import_file.c.source_id == source_id,
            import_file.c.sha256 == sha256,
            import_file.c.provider == provider[:128],
            import_file.c.basis == basis,
            import_file.c.retention == retention,
        )
        .order_by(import_file.c.id.desc())
        .limit(1)
    )
    if known is not None:
        return known
    row = connection.execute(
        insert(import_file).values(
            source_id=source_id,
            name=name[:256],
            sha256=sha256,
            format=format_name,
            provider=provider[:128],
            basis=basis,
            retention=retention,
            ends_on=ends_on,
            by=by[:128],
            at=now,
        )
    )
    return inserted_id(row)


def finish(
    connection: Connection,
    import_id: int,
    *,
    messages: int,
    new_posts: int,
    refused: int,
    now: datetime,
) -> None:
    """Note that the whole file is stored, and what it came to; only the first time."""
    connection.execute(
        update(import_file)
        .where(import_file.c.id == import_id, import_file.c.finished_at.is_(None))
        .values(messages=messages, new_posts=new_posts, refused=refused, finished_at=now)
    )


def unrecorded(connection: Connection, source_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Return (name, state) of the files a drop folder's visits read to the end, not yet here."""
    done = set(
        connection.scalars(select(import_file.c.sha256).where(import_file.c.source_id == source_id))
    )
    rows = connection.execute(
        select(crawl_mark.c.key, crawl_mark.c.state)
        .where(crawl_mark.c.source_id == source_id, crawl_mark.c.key.startswith("file:"))
        .order_by(crawl_mark.c.key)
    )
    return [
        (row.key.removeprefix("file:"), dict(row.state))
        for row in rows
        if "messages" in row.state and row.state.get("sha256") not in done
    ]


def listing(
    connection: Connection, *, source_name: str | None = None, limit: int = 100
) -> list[ImportFile]:
    """Return the imports, newest first."""
    wanted = (
        select(import_file, source.c.name.label("source_name"))
        .join(source, source.c.id == import_file.c.source_id)
        .order_by(import_file.c.id.desc())
        .limit(limit)
    )
    if source_name is not None:
        wanted = wanted.where(source.c.name == source_name)
    return [
        ImportFile(
            id=row.id, source=row.source_name, name=row.name, sha256=row.sha256, format=row.format,
            provider=row.provider, basis=row.basis, retention=row.retention, ends_on=row.ends_on,
            by=row.by, at=row.at, messages=row.messages, new_posts=row.new_posts,
            refused=row.refused, finished_at=row.finished_at,
        )
        for row in connection.execute(wanted)
    ]  # fmt: skip
