"""Silences (静默): rows that mute messages for a while; every change is audited (B-SI1)."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.access import Actor
from domain.clock import say_time
from domain.errors import CaseError
from domain.telling import Matcher, Silence
from store import audit
from store.db import inserted_id
from store.tables import alert, silence, subject

#: The longest silence; whoever needs more says so again.
LONGEST = timedelta(days=7)


def add(
    connection: Connection,
    matcher: Matcher,
    *,
    ends_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Silence from now on; return the id. Raises CaseError for an empty matcher, reason or end."""
    _check(connection, matcher, ends_at, reason, now)
    key = connection.execute(
        insert(silence).values(
            matcher=_given(matcher), reason=reason.strip(), author=actor.name, starts_at=now,
            ends_at=ends_at,
        )
    )  # fmt: skip
    number = inserted_id(key)
    audit.append(
        connection, _object(matcher, number), "silenced", actor=actor, at=now,
        reason=reason.strip(),
        payload={"silence": number, "matcher": _given(matcher), "ends_at": ends_at.isoformat()},
    )  # fmt: skip
    return number


def end(connection: Connection, number: int, *, actor: Actor, now: datetime) -> None:
    """End a silence before its time; what still fires is told again."""
    row = connection.execute(select(silence).where(silence.c.id == number)).first()
    if row is None:
        raise CaseError(f"没有编号为 {number} 的静默：请核对编号")
    if row.ends_at <= now:
        raise CaseError(f"静默 {number} 已于 {say_time(row.ends_at)} 到期，无需解除")
    connection.execute(update(silence).where(silence.c.id == number).values(ends_at=now))
    audit.append(
        connection, _object(Matcher(**row.matcher), number), "unsilenced", actor=actor, at=now,
        payload={"silence": number},
    )  # fmt: skip


def since(connection: Connection, moment: datetime) -> list[Silence]:
    """Return the silences in force at some time since then, the earlier end first."""
    rows = connection.execute(
        select(silence).where(silence.c.ends_at > moment).order_by(silence.c.ends_at, silence.c.id)
    )
    return [
        Silence(
            id=row.id, matcher=Matcher(**row.matcher), reason=row.reason, author=row.author,
            starts_at=row.starts_at, ends_at=row.ends_at,
        )
        for row in rows
    ]  # fmt: skip


def _check(
    connection: Connection, matcher: Matcher, ends_at: datetime, reason: str, now: datetime
) -> None:
    if not _given(matcher):
        raise CaseError("静默须写明对象、专题、规则或预警编号中的至少一项")
    if not reason.strip():
        raise CaseError("静默须写明理由")
    if not now < ends_at <= now + LONGEST:
        raise CaseError(f"静默须在 {say_time(now)} 之后、{say_time(now + LONGEST)} 之前结束")
    for column, value, what in (
        (subject.c.key, matcher.subject, "对象"), (alert.c.number, matcher.alert, "预警"),
    ):  # fmt: skip
        if value is not None and connection.scalar(select(column).where(column == value)) is None:
            raise CaseError(f"没有{what} {value}：请在看板核对")


def _given(matcher: Matcher) -> dict[str, Any]:
    return {name: value for name, value in asdict(matcher).items() if value is not None}


def _object(matcher: Matcher, number: int) -> str:
    """Return whose business it is: without subject or alert that of the whole company."""
    if matcher.alert:
        return f"alert:{matcher.alert}"
    return f"subject:{matcher.subject}" if matcher.subject else f"silence:{number}"
