"""Outbox: queued with the decision, accepted only after the channel's OK (B-NL1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, or_, select, update

from domain.level import Level
from store.db import inserted_id
from store.tables import outbox, person, subscription

#: A row claimed longer ago than this belongs to a killed worker and is sent again.
CLAIM_EXPIRES = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is to be told about a subject, and how."""

    key: str
    channel: str
    address: str
    min_level: Level


def recipients(connection: Connection, subject_id: int | None) -> list[Recipient]:
    """Return the people in force who subscribe to this subject or to all."""
    rows = connection.execute(
        select(
            person.c.key, subscription.c.channel, subscription.c.address,
            subscription.c.min_level,
        )
        .join(person, person.c.id == subscription.c.person_id)
        .where(
            person.c.retired_at.is_(None),
            or_(subscription.c.subject_id.is_(None), subscription.c.subject_id == subject_id),
        )
        .order_by(person.c.key, subscription.c.channel)
    )  # fmt: skip
    return [
        Recipient(
            key=row.key, channel=row.channel, address=row.address, min_level=Level(row.min_level)
        )
        for row in rows
    ]


def add_person(
    connection: Connection, *, key: str, name: str, channel: str, min_level: Level
) -> None:
    """Add a person told about every subject by one channel; adding again changes nothing."""
    if connection.scalar(select(person.c.id).where(person.c.key == key)) is not None:
        return
    row = connection.execute(insert(person).values(key=key, name=name))
    connection.execute(
        insert(subscription).values(
            person_id=inserted_id(row), min_level=min_level, channel=channel
        )
    )


def queue(
    connection: Connection,
    recipient: Recipient,
    *,
    alert_id: int,
    version: int,
    reason: str,
    subject_line: str,
    body: str,
    now: datetime,
) -> bool:
    """Queue a message in the decision's transaction; False if it was queued before."""
    unique = {
        "object": f"alert:{alert_id}", "version": version, "recipient": recipient.key,
        "channel": recipient.channel, "reason": reason,
    }  # fmt: skip
    known = select(outbox.c.id).where(*(outbox.c[name] == value for name, value in unique.items()))
    if connection.scalar(known) is not None:
        return False
    connection.execute(
        insert(outbox).values(
            **unique, alert_id=alert_id, address=recipient.address,
            subject_line=subject_line, body=body,
            status="queued", queued_at=now, next_try_at=now,
        )
    )  # fmt: skip
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A claimed outbox row."""

    id: int
    channel: str
    address: str
    recipient: str
    subject_line: str
    body: str
    attempts: int


def claim(connection: Connection, now: datetime) -> Message | None:
    """Claim the next message to send: queued and due, or left behind by a killed worker."""
    waiting = (outbox.c.status == "queued") & (outbox.c.next_try_at <= now)
    stuck = (outbox.c.status == "sending") & (outbox.c.claimed_at <= now - CLAIM_EXPIRES)
    row = connection.execute(
        select(outbox).where(waiting | stuck).order_by(outbox.c.id).limit(1)
    ).first()
    if row is None:
        return None
    claimed = connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.attempts == row.attempts)
        .values(status="sending", claimed_at=now, attempts=row.attempts + 1)
    )
    if not claimed.rowcount:
        return None
    return Message(
        id=row.id, channel=row.channel, address=row.address, recipient=row.recipient,
        subject_line=row.subject_line, body=row.body, attempts=row.attempts + 1,
    )  # fmt: skip


def release_claims(connection: Connection) -> int:
    """At start-up of the only worker: what was being sent when it was killed is sent again."""
    freed = connection.execute(
        update(outbox).where(outbox.c.status == "sending").values(status="queued")
    )
    return freed.rowcount


def accept(connection: Connection, message: Message, verdict: str, now: datetime) -> None:
    """Record the channel's OK."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(status="accepted", accepted_at=now, verdict=verdict)
    )


def fail(
    connection: Connection, message: Message, verdict: str, next_try_at: datetime | None
) -> None:
    """Record a refusal: tried again at `next_try_at`, given up when it is None (B-NL2)."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(
            status="queued" if next_try_at else "failed", next_try_at=next_try_at, verdict=verdict
        )
    )


def counts(connection: Connection) -> dict[str, int]:
    """Return status → number of messages."""
    rows = connection.execute(
        select(outbox.c.status, func.count().label("n")).group_by(outbox.c.status)
    )
    return {row.status: row.n for row in rows}
