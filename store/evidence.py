"""Evidence (取证): raw response bytes by SHA-256; private material as hash and size only (A12)."""

import gzip
import hashlib
import os
from pathlib import Path

from sqlalchemy import Connection, insert, select

from domain.post import EvidenceIn
from store.db import inserted_id
from store.tables import evidence


def keep(connection: Connection, item: EvidenceIn, folder: Path) -> int:
    """Write the bytes (unless private), insert the row, return its id; known content is shared.

    The file is complete before the row exists, so a crash leaves at most an unreferenced file.
    """
    digest = hashlib.sha256(item.body).hexdigest()
    known: int | None = connection.scalar(select(evidence.c.id).where(evidence.c.sha256 == digest))
    if known is not None:
        return known
    path = None if item.private else _write(folder, digest, item.body)
    key = connection.execute(
        insert(evidence).values(
            sha256=digest,
            url=item.url,
            fetched_at=item.fetched_at,
            status=item.status,
            content_type=item.content_type[:128],
            headers=item.headers,
            size=len(item.body),
            path=path,
            private=item.private,
        )
    )
    return inserted_id(key)


def _write(folder: Path, digest: str, body: bytes) -> str:
    relative = f"{digest[:2]}/{digest}.gz"
    target = folder / relative
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(gzip.compress(body, mtime=0))
        part.replace(target)
    return relative


def read(connection: Connection, evidence_id: int, folder: Path) -> bytes | None:
    """Return the kept bytes, None for private evidence."""
    path: str | None = connection.scalar(
        select(evidence.c.path).where(evidence.c.id == evidence_id)
    )
    return None if path is None else gzip.decompress((folder / path).read_bytes())
