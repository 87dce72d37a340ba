"""Append-only audit: one hash chain per object, payload erasable apart (B-AU1)."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from domain.access import Actor
from domain.clock import iso_shanghai, say_time
from domain.errors import ConflictError
from store import access
from store.db import inserted_id
from store.tables import audit, audit_payload

GENESIS = "0" * 64
#: Entries held at once while chains are read.
_PART = 1000


#: Decisions of rules carry this actor.
RULE = Actor(name="系统", via="rule")


def append(
    connection: Connection,
    obj: str,
    action: str,
    *,
    actor: Actor,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
    reason: str = "",
    expected_seq: int | None = None,
) -> int:
    """Append one entry to the chain of `obj` and return its seq.

    `expected_seq` is the last seq the actor saw; raises ConflictError if the chain grew meanwhile,
    AccessError if the actor may not do this to this object (the one gate of all actions).
    """
    access.permit(connection, actor, obj, action)
    last = connection.execute(
        select(audit.c.seq, audit.c.hash, audit.c.actor, audit.c.at)
        .where(audit.c.object == obj)
        .order_by(audit.c.seq.desc())
        .limit(1)
    ).first()
    seq, prev = (last.seq + 1, last.hash) if last else (1, GENESIS)
    if expected_seq is not None and expected_seq != seq - 1:
        name, who = obj.partition(":")[2], f"（{last.actor} {say_time(last.at)}）" if last else ""
        raise ConflictError(f"{name} 已被他人更改{who}：请看过最新情况再定")
    body = dict(payload or {})
    digest = _digest(body)
    entry_hash = _chain(prev, obj, seq, at, actor, action, reason, digest)
    try:
        added = connection.execute(
            insert(audit).values(
                object=obj,
                seq=seq,
                at=at,
                actor=actor.name,
                via=actor.via,
                action=action,
                reason=reason,
                payload_digest=digest,
                prev_hash=prev,
                hash=entry_hash,
            )
        )
    except IntegrityError as clash:
        raise ConflictError(f"{obj} 正被他人更改，请刷新后重试") from clash
    connection.execute(insert(audit_payload).values(audit_id=inserted_id(added), payload=body))
    return seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Result of verifying one chain; `broken_at` is the first seq that does not fit."""

    object: str
    entries: int
    broken_at: int | None
    problem: str = ""


def verify(connection: Connection) -> Iterator[Verdict]:
    """Recompute every chain; an erased payload does not break it, a changed one does.

    A chain cut off at its end still fits together: only `compare` with heads kept elsewhere
    can tell.
    """
    rows = connection.execute(
        select(audit, audit_payload.c.payload, audit_payload.c.erased_at)
        .outerjoin(audit_payload, audit_payload.c.audit_id == audit.c.id)
        .order_by(audit.c.object, audit.c.seq)
        .execution_options(yield_per=_PART)
    )
    for obj, chain in groupby(rows, key=attrgetter("object")):
        yield _verify_chain(obj, list(chain))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry of a chain at one moment; its hash vouches for all before it."""

    object: str
    seq: int
    hash: str


def heads(connection: Connection) -> Iterator[Head]:
    """Yield the last entry of every chain; a copy kept elsewhere can prove what was cut off."""
    last = select(audit.c.object, func.max(audit.c.seq).label("seq")).group_by(audit.c.object)
    ends = last.subquery()
    for row in connection.execute(
        select(audit.c.object, audit.c.seq, audit.c.hash)
        .join(ends, (ends.c.object == audit.c.object) & (ends.c.seq == audit.c.seq))
        .order_by(audit.c.object)
    ):
        yield Head(object=row.object, seq=row.seq, hash=row.hash)


def compare(connection: Connection, kept: Iterable[Head]) -> Iterator[Verdict]:
    """Compare chains with heads kept earlier: none may be shorter or differ, all may be longer."""
    present = {head.object: head.seq for head in heads(connection)}
    for head in kept:
        length = present.get(head.object, 0)
        found = connection.scalar(
            select(audit.c.hash).where(audit.c.object == head.object, audit.c.seq == head.seq)
        )
        if length < head.seq:
            problem = f"起缺失：现有 {length} 步，留存的链头是第 {head.seq} 步"
            yield Verdict(object=head.object, entries=length, broken_at=length + 1, problem=problem)
        elif found != head.hash:
            problem = "与留存的链头不同"
            yield Verdict(object=head.object, entries=length, broken_at=head.seq, problem=problem)
        else:
            yield Verdict(object=head.object, entries=length, broken_at=None)


def _verify_chain(obj: str, chain: list[Any]) -> Verdict:
    prev = GENESIS
    for position, row in enumerate(chain, start=1):
        actor = Actor(name=row.actor, via=row.via)
        expected = _chain(
            prev, obj, row.seq, row.at, actor, row.action, row.reason, row.payload_digest
        )
        problem = (
            "缺少一步"
            if row.seq != position
            else "与前一步不衔接"
            if row.prev_hash != prev
            else "记录被改动"
            if row.hash != expected
            else "内容被改动"
            if _payload_changed(row)
            else ""
        )
        if problem:
            return Verdict(object=obj, entries=len(chain), broken_at=position, problem=problem)
        prev = row.hash
    return Verdict(object=obj, entries=len(chain), broken_at=None)


def _payload_changed(row: Any) -> bool:
    if row.erased_at is not None:
        return row.payload is not None
    return bool(_digest(row.payload or {}) != row.payload_digest)


def export(connection: Connection, obj: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the entries as JSON-able rows, chain by chain."""
    query = (
        select(audit, audit_payload.c.payload)
        .outerjoin(audit_payload, audit_payload.c.audit_id == audit.c.id)
        .order_by(audit.c.object, audit.c.seq)
    )
    if obj is not None:
        query = query.where(audit.c.object == obj)
    for row in connection.execute(query):
        yield {
            "object": row.object,
            "seq": row.seq,
            "at": iso_shanghai(row.at),
            "actor": row.actor,
            "via": row.via,
            "action": row.action,
            "reason": row.reason,
            "payload": row.payload,
            "payload_digest": row.payload_digest,
            "prev_hash": row.prev_hash,
            "hash": row.hash,
        }


def _digest(payload: Mapping[str, Any]) -> str:
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _chain(
    prev: str, obj: str, seq: int, at: datetime, actor: Actor, action: str, reason: str, digest: str
) -> str:
    moment = at.astimezone(UTC).isoformat()  # as it comes back from the store
    parts = (prev, obj, str(seq), moment, actor.name, actor.via, action, reason, digest)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
