"""Intake keys (接入密钥): by which other systems hand in complaints, and what they were answered.

Of a key only its SHA-256 is kept: it is 256 random bits, so nothing slower is needed.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.access import Actor
from domain.errors import CaseError
from store import audit
from store.tables import intake_key, intake_request, source

_PREFIX = "fh_"
_NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeKey:
    """A key as lists show it: never the key itself."""

    id: int
    name: str
    source: str
    created_at: datetime
    created_by: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an earlier request under this idempotency key held and was answered."""

    body_sha256: str
    answer: dict[str, Any]


def make(connection: Connection, name: str, *, source_id: int, actor: Actor, now: datetime) -> str:
    """Make a key and return it, the only time it is seen; CaseError for a name in use."""
    if not _NAME.fullmatch(name):
        raise CaseError(f"密钥名“{name}”不行：请用文字、数字、点、横线，最多 64 个")
    if connection.scalar(select(intake_key.c.id).where(intake_key.c.name == name)) is not None:
        raise CaseError(f"已有名为“{name}”的密钥：请换一个名字；作废的名字不再使用")
    key = _PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        insert(intake_key).values(
            name=name,
            source_id=source_id,
            key_hash=_hash(key),
            created_at=now,
            created_by=actor.name,
        )
    )
    audit.append(connection, _object(name), "intake-key-made", actor=actor, at=now)
    return key


def revoke(connection: Connection, name: str, *, actor: Actor, now: datetime) -> None:
    """Take a key out of use for good; CaseError if there is none in use."""
    changed = connection.execute(
        update(intake_key)
        .where(intake_key.c.name == name, intake_key.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if not changed.rowcount:
        raise CaseError(f"没有在用的密钥“{name}”：可用 fenghuo keys list 查看")
    audit.append(connection, _object(name), "intake-key-revoked", actor=actor, at=now)


def listing(connection: Connection) -> list[IntakeKey]:
    """Return all keys by name, revoked ones included."""
    rows = connection.execute(_shown().order_by(intake_key.c.name))
    return [_key(row) for row in rows]


def find(connection: Connection, key: str) -> IntakeKey | None:
    """Return the key in use that this is, None for any other.

    It is looked up by its hash: how long that takes tells nothing of a random key.
    """
    row = connection.execute(
        _shown().where(intake_key.c.key_hash == _hash(key), intake_key.c.revoked_at.is_(None))
    ).first()
    return None if row is None else _key(row)


def answered(connection: Connection, key_id: int, idempotency_key: str) -> Answered | None:
    """Return what an earlier request was answered, None for a new one."""
    row = connection.execute(
        select(intake_request.c.body_sha256, intake_request.c.answer).where(
            intake_request.c.key_id == key_id,
            intake_request.c.idempotency_key == idempotency_key,
        )
    ).first()
    return None if row is None else Answered(body_sha256=row.body_sha256, answer=dict(row.answer))


def remember(
    connection: Connection, key_id: int, idempotency_key: str, *, body_sha256: str,
    answer: dict[str, Any], now: datetime,
) -> None:  # fmt: skip
    """Keep the answer in the transaction that stores what was handed in."""
    connection.execute(
        insert(intake_request).values(
            key_id=key_id,
            idempotency_key=idempotency_key,
            body_sha256=body_sha256,
            answer=answer,
            at=now,
        )
    )


def _shown() -> Any:
    return select(
        intake_key.c.id, intake_key.c.name, source.c.name.label("source"), intake_key.c.created_at,
        intake_key.c.created_by, intake_key.c.revoked_at,
    ).join(source, source.c.id == intake_key.c.source_id)  # fmt: skip


def _key(row: Any) -> IntakeKey:
    return IntakeKey(
        id=row.id, name=row.name, source=row.source, created_at=row.created_at,
        created_by=row.created_by, revoked_at=row.revoked_at,
    )  # fmt: skip


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _object(name: str) -> str:
    return f"intake-key:{name}"[:64]
