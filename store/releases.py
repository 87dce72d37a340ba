"""Own releases (自有发布): what the company itself published, entered by hand (AD-1)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.access import Act, Actor
from domain.errors import CaseError
from store import access
from store.db import inserted_id
from store.tables import own_release, subject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLine:
    """One release."""

    id: int
    subject_id: int | None
    subject: str
    at: datetime
    outlet: str
    title: str
    url: str | None
    note: str
    entered_by: str
    withdrawn_at: datetime | None


def add(connection: Connection, **values: Any) -> int:
    """Insert a release and return its id."""
    return inserted_id(connection.execute(insert(own_release).values(**values)))


def withdraw(connection: Connection, release_id: int, now: datetime) -> None:
    """Take a release back; raises CaseError if there is none or it was taken back already."""
    done = connection.execute(
        update(own_release)
        .where(own_release.c.id == release_id, own_release.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    if not done.rowcount:
        raise CaseError(f"没有编号为 {release_id} 的自有发布，或它已撤回：请刷新后核对")


def lines(
    connection: Connection,
    actor: Actor,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    withdrawn: bool = False,
    limit: int = 500,
) -> list[ReleaseLine]:
    """Return the releases about subjects the actor may see, newest first."""
    access.require(actor, Act.VIEW)
    query = (
        select(own_release, subject.c.name)
        .join_from(own_release, subject, subject.c.id == own_release.c.subject_id, isouter=True)
        .order_by(own_release.c.at.desc(), own_release.c.id.desc())
        .limit(limit)
    )
    seen = access.subject_ids(connection, actor)
    if seen is not None:
        query = query.where(own_release.c.subject_id.in_(sorted(seen)))
    if since is not None:
        query = query.where(own_release.c.at >= since)
    if until is not None:
        query = query.where(own_release.c.at < until)
    if not withdrawn:
        query = query.where(own_release.c.withdrawn_at.is_(None))
    return [
        ReleaseLine(
            id=row.id, subject_id=row.subject_id, subject=row.name or "", at=row.at,
            outlet=row.outlet, title=row.title, url=row.url, note=row.note,
            entered_by=row.entered_by, withdrawn_at=row.withdrawn_at,
        )
        for row in connection.execute(query)
    ]  # fmt: skip
