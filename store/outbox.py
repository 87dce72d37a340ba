"""Outbox: queued with the decision, accepted only after the channel's OK (B-NL1)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, insert, or_, select, update

from domain.level import Level
from store.db import inserted_id
from store.tables import alert, outbox, person, subject, subscription

#: A row claimed longer ago than this belongs to a killed worker and is sent again. Longer than
#: any channel takes with all its time-outs together, so that nobody sends what another still sends.
CLAIM_EXPIRES = timedelta(minutes=10)
#: End of the verdict of a message called back: what it told was settled before it went out.
CALLED_BACK = "，未发"
_SETTLED = {"dismissed": "已标误报", "merged": "已并入其他预警", "closed": "预警已关闭"}
#: Levels that go first and are never held back for others (B-NL3).
GRAVE = (Level.CRITICAL, Level.MAJOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who is to be told about a subject, and how."""

    key: str
    channel: str
    address: str
    min_level: Level
    name: str = ""
    post: str = ""


def recipients(connection: Connection, subject_id: int | None) -> list[Recipient]:
    """Return the people in force who subscribe to this subject, to its region or to all.

    One way to one person stands once, with the lowest level any subscription names; what has no
    subject goes to those who subscribe to all.
    """
    rows = connection.execute(_subscribed().where(concerns(subject_id)))
    return _once(_recipient(row) for row in rows)


def concerns(subject_id: int | None) -> ColumnElement[bool]:
    """Return the condition on `subscription` rows that are about this subject."""
    to_all = subscription.c.subject_id.is_(None) & subscription.c.region.is_(None)
    if subject_id is None:
        return to_all
    region = select(subject.c.region).where(subject.c.id == subject_id).scalar_subquery()
    return or_(
        to_all,
        subscription.c.subject_id == subject_id,
        subscription.c.subject_id.is_(None) & (subscription.c.region == region),
    )


def _subscribed() -> Select[Any]:
    return (
        select(
            person.c.key, person.c.name, person.c.post, subscription.c.channel,
            subscription.c.address, subscription.c.min_level, subscription.c.subject_id,
            subscription.c.region,
        )
        .join(person, person.c.id == subscription.c.person_id)
        .where(person.c.retired_at.is_(None))
        .order_by(person.c.key, subscription.c.channel, subscription.c.id)
    )  # fmt: skip


def _recipient(row: Any) -> Recipient:
    return Recipient(
        key=row.key, channel=row.channel, address=row.address, name=row.name, post=row.post,
        min_level=Level(row.min_level),
    )  # fmt: skip


def _once(found: Iterable[Recipient]) -> list[Recipient]:
    """Keep one row per person, channel and address: the one that tells most."""
    kept: dict[tuple[str, str, str], Recipient] = {}
    for item in found:
        way = (item.key, item.channel, item.address)
        if way not in kept or kept[way].min_level.graver_than(item.min_level):
            kept[way] = item
    return list(kept.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefed:
    """Who gets the daily brief, about which subjects; None = all, and what has no subject."""

    recipient: Recipient
    subjects: frozenset[int] | None


def briefed(connection: Connection) -> list[Briefed]:
    """Return everybody in force with what they subscribe to, one row per way to them."""
    regions: dict[str, set[int]] = {}
    for row in connection.execute(select(subject.c.id, subject.c.region)):
        regions.setdefault(row.region or "", set()).add(row.id)
    people: dict[tuple[str, str, str], Briefed] = {}
    for row in connection.execute(_subscribed()):
        item = _recipient(row)
        seen: frozenset[int] | None = None
        if row.subject_id is not None:
            seen = frozenset({row.subject_id})
        elif row.region is not None:
            seen = frozenset(regions.get(row.region, ()))
        way = (item.key, item.channel, item.address)
        known = people.get(way)
        if known is None:
            people[way] = Briefed(recipient=item, subjects=seen)
        elif known.subjects is not None:
            people[way] = replace(known, subjects=None if seen is None else known.subjects | seen)
    return list(people.values())


def other_ways(
    connection: Connection, message: "Message", subject_id: int | None
) -> list[Recipient]:
    """Return the recipient's channels this message was not queued for, robots included (B-NL2).

    The minimum level of a way is lifted, its scope is not: only ways subscribed to this subject,
    for a group of another project or region has no business with it.
    """
    queued = connection.execute(
        select(outbox.c.channel, outbox.c.address).where(
            outbox.c.object == message.object, outbox.c.version == message.version,
            outbox.c.recipient == message.recipient, outbox.c.reason == message.reason,
        )
    )  # fmt: skip
    used = {(row.channel, row.address) for row in queued}
    rows = connection.execute(
        _subscribed().where(person.c.key == message.recipient, concerns(subject_id))
    )
    return [
        item for item in _once(_recipient(row) for row in rows)
        if (item.channel, item.address) not in used
    ]  # fmt: skip


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
    obj: str,
    version: int,
    reason: str,
    subject_line: str,
    body: str,
    now: datetime,
    alert_id: int | None = None,
) -> bool:
    """Queue a message in the decision's transaction; False if it was queued before."""
    unique = {
        "object": obj, "version": version, "recipient": recipient.key,
        "channel": recipient.channel, "address": recipient.address, "reason": reason,
    }  # fmt: skip
    known = select(outbox.c.id).where(*(outbox.c[name] == value for name, value in unique.items()))
    if connection.scalar(known) is not None:
        return False
    connection.execute(
        insert(outbox).values(
            **unique, alert_id=alert_id, subject_line=subject_line, body=body, status="queued",
            queued_at=now, next_try_at=now,
        )
    )  # fmt: skip
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A claimed outbox row."""

    id: int
    object: str
    version: int
    reason: str
    channel: str
    address: str
    recipient: str
    subject_line: str
    body: str
    attempts: int
    #: Level of the alert as it stands now; None when the message is about no alert.
    level: Level | None
    #: Status of the alert as it stands now; None when the message is about no alert.
    alert_status: str | None = None

    @property
    def settled(self) -> str | None:
        """Why it need not go out any more: the alert it tells of is dismissed, merged or closed."""
        return _SETTLED.get(self.alert_status or "")

    @property
    def grave(self) -> bool:
        """Whether it goes first and is never held back: grave alerts and clocks that ran out."""
        return self.level in GRAVE or (self.level is None and not self.object.startswith("brief:"))


def claim(connection: Connection, now: datetime, *, due: datetime | None = None) -> Message | None:
    """Claim the next message to send: queued and due, or left behind by a killed worker.

    What is grave goes first, the brief last, the older first among equals (B-NL3). Only what was
    due at `due` (else now) is taken, so that one pass tries a message once.
    """
    waiting = (outbox.c.status == "queued") & (outbox.c.next_try_at <= (due or now))
    stuck = (outbox.c.status == "sending") & (outbox.c.claimed_at <= now - CLAIM_EXPIRES)
    urgency = case(
        (outbox.c.object.startswith("brief:"), 2),
        (alert.c.level.in_(GRAVE) | outbox.c.alert_id.is_(None), 0),
        else_=1,
    )
    row = connection.execute(
        select(outbox, alert.c.level, alert.c.status.label("alert_status"))
        .outerjoin(alert, alert.c.id == outbox.c.alert_id)
        .where(waiting | stuck)
        .order_by(urgency, outbox.c.id)
        .limit(1)
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
        id=row.id, object=row.object, version=row.version, reason=row.reason,
        channel=row.channel, address=row.address, recipient=row.recipient,
        subject_line=row.subject_line, body=row.body, attempts=row.attempts + 1,
        level=Level(row.level) if row.level else None, alert_status=row.alert_status,
    )  # fmt: skip


def release_claims(connection: Connection) -> int:
    """At start-up of the only worker: what was being sent when it was killed is sent again."""
    freed = connection.execute(
        update(outbox).where(outbox.c.status == "sending").values(status="queued")
    )
    return freed.rowcount


def tried_since(
    connection: Connection, message: Message, since: datetime
) -> tuple[int, datetime | None]:
    """Return how many other messages went to this address after `since`, and when the first did."""
    row = connection.execute(
        select(func.count(), func.min(outbox.c.claimed_at)).where(
            outbox.c.channel == message.channel, outbox.c.address == message.address,
            outbox.c.claimed_at > since, outbox.c.id != message.id, outbox.c.attempts > 0,
        )
    ).one()  # fmt: skip
    return row[0], row[1]


def sent_to_group(connection: Connection, message: Message) -> int | None:
    """Return the row by which the same group has this very message already, None if it has not."""
    found: int | None = connection.scalar(
        select(outbox.c.id).where(
            outbox.c.object == message.object, outbox.c.version == message.version,
            outbox.c.reason == message.reason, outbox.c.channel == message.channel,
            outbox.c.address == message.address, outbox.c.body == message.body,
            outbox.c.status == "accepted",
        ).limit(1)
    )  # fmt: skip
    return found


def postpone(connection: Connection, message: Message, until: datetime, why: str) -> None:
    """Put a claimed message back: it was not tried, the address has had enough for now."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(
            status="queued", next_try_at=until, attempts=message.attempts - 1, claimed_at=None,
            verdict=why,
        )
    )  # fmt: skip


def accept(connection: Connection, message: Message, verdict: str, now: datetime) -> None:
    """Record the channel's OK."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(status="accepted", accepted_at=now, verdict=verdict)
    )


def share(connection: Connection, message: Message, sent: int, now: datetime) -> None:
    """Record that the group has this message by another row: nothing was sent for this one."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(
            status="accepted", accepted_at=now, claimed_at=None, attempts=0,
            verdict=f"同一群已送达（消息 {sent}）",
        )
    )  # fmt: skip


def call_back(connection: Connection, message: Message, why: str) -> None:
    """Settle a claimed message without sending: nobody failed, there is nothing left to tell."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message.id)
        .values(
            status="failed", next_try_at=None, claimed_at=None, attempts=message.attempts - 1,
            verdict=why + CALLED_BACK,
        )
    )  # fmt: skip


def called_back() -> ColumnElement[bool]:
    """Say of `outbox`: it was called back, which is no failure of a channel."""
    return (outbox.c.status == "failed") & outbox.c.verdict.endswith(CALLED_BACK)


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
