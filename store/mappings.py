"""Column maps (列对应): what the columns of a table people bring again and again mean."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from store.tables import column_map


def header_key(header: Sequence[str]) -> str:
    """Return the hash of a header row: the same table next week has the same."""
    return hashlib.blake2b("\0".join(header).encode(), digest_size=16).hexdigest()


def find(connection: Connection, kind: str, header: Sequence[str]) -> dict[str, str] | None:
    """Return the remembered field → column of this header, None if it is new."""
    found = connection.scalar(
        select(column_map.c.mapping).where(
            column_map.c.kind == kind, column_map.c.header == header_key(header)
        )
    )
    return None if found is None else dict(found)


def remember(
    connection: Connection,
    kind: str,
    header: Sequence[str],
    mapping: Mapping[str, str],
    *,
    by: str,
    now: datetime,
) -> None:
    """Store what a person said the columns mean; the last word wins."""
    key = header_key(header)
    same = (column_map.c.kind == kind) & (column_map.c.header == key)
    connection.execute(delete(column_map).where(same))
    connection.execute(
        insert(column_map).values(kind=kind, header=key, mapping=dict(mapping), by=by, at=now)
    )
