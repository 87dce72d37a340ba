"""Packs: immutable versions of the facts, the active one a row (design §4 "Packs")."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from store.db import inserted_id
from store.tables import pack, pack_active


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """One stored version."""

    id: int
    kind: str
    name: str
    version: int
    yaml: str


def seed(
    connection: Connection, kind: str, name: str, yaml: str, *, author: str, now: datetime
) -> PackRow:
    """Store a text as the next version unless the newest one is identical; return the row."""
    digest = hashlib.sha256(yaml.encode()).hexdigest()
    row = connection.execute(
        select(pack)
        .where(pack.c.kind == kind, pack.c.name == name)
        .order_by(pack.c.version.desc())
        .limit(1)
    ).first()
    if row is not None and row.sha256 == digest:
        return PackRow(id=row.id, kind=kind, name=name, version=row.version, yaml=row.yaml)
    version = (row.version if row else 0) + 1
    key = connection.execute(
        insert(pack).values(
            kind=kind, name=name, version=version, yaml=yaml, sha256=digest, author=author,
            created_at=now,
        )
    )  # fmt: skip
    return PackRow(id=inserted_id(key), kind=kind, name=name, version=version, yaml=yaml)


def activate(connection: Connection, row: PackRow) -> None:
    """Make this version the one in force for its kind."""
    changed = connection.execute(
        update(pack_active).where(pack_active.c.kind == row.kind).values(pack_id=row.id)
    )
    if not changed.rowcount:
        connection.execute(insert(pack_active).values(kind=row.kind, pack_id=row.id))


def active(connection: Connection, kind: str) -> PackRow | None:
    """Return the version in force of a kind."""
    row = connection.execute(
        select(pack)
        .join(pack_active, pack_active.c.pack_id == pack.c.id)
        .where(pack_active.c.kind == kind)
    ).first()
    if row is None:
        return None
    return PackRow(id=row.id, kind=row.kind, name=row.name, version=row.version, yaml=row.yaml)


def count(connection: Connection) -> int:
    """Return the number of stored versions."""
    return connection.scalar(select(func.count()).select_from(pack)) or 0
