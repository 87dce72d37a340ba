"""People who are told (收件人): persons with what they subscribe to, by subject, region or all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from domain.access import Act, Actor
from domain.level import Level
from store import access, outbox, subjects
from store.db import inserted_id
from store.tables import person, subject, subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One subscription: at least this level of this subject, region or all, by this channel."""

    #: Key of a subject; None with `region` None = everything.
    subject: str | None
    region: str | None
    min_level: Level
    channel: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who is told; `key` stays the same however often the table is imported."""

    key: str
    name: str
    post: str
    phone: str
    legal_entity: str | None
    ways: tuple[Way, ...]


def load(
    connection: Connection, actor: Actor | None = None, *, retired: bool = False
) -> list[Person]:
    """Return everybody in force with all their subscriptions, by key; `retired` = those alone.

    Names, phones and addresses are of the whole company: an actor needs the right to configure
    it and the sight of all of it, else AccessError. None = the program itself.
    """
    if actor is not None:
        access.require_subject(connection, actor, Act.CONFIGURE, None)
    ways: dict[int, list[Way]] = {}
    for row in connection.execute(
        select(subscription, subject.c.key)
        .outerjoin(subject, subject.c.id == subscription.c.subject_id)
        .order_by(subscription.c.id)
    ):
        ways.setdefault(row.person_id, []).append(
            Way(
                subject=row.key, region=row.region, min_level=Level(row.min_level),
                channel=row.channel, address=row.address,
            )
        )  # fmt: skip
    rows = connection.execute(
        select(person)
        .where(person.c.retired_at.is_not(None) if retired else person.c.retired_at.is_(None))
        .order_by(person.c.key)
    )
    return [
        Person(
            key=row.key, name=row.name, post=row.post, phone=row.phone,
            legal_entity=row.legal_entity, ways=tuple(ways.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip


def put(connection: Connection, people: Sequence[Person]) -> None:
    """Insert or update people by key; their subscriptions become exactly the given ones."""
    subject_ids = subjects.ids(connection)
    for item in people:
        values = {
            "name": item.name, "post": item.post, "phone": item.phone,
            "legal_entity": item.legal_entity, "retired_at": None,
        }  # fmt: skip
        known: int | None = connection.scalar(select(person.c.id).where(person.c.key == item.key))
        if known is None:
            known = inserted_id(connection.execute(insert(person).values(key=item.key, **values)))
        else:
            connection.execute(update(person).where(person.c.id == known).values(**values))
            connection.execute(delete(subscription).where(subscription.c.person_id == known))
        rows = [
            {
                "person_id": known, "subject_id": subject_ids[way.subject] if way.subject else None,
                "region": way.region, "min_level": way.min_level, "channel": way.channel,
                "address": way.address,
            }
            for way in item.ways
        ]  # fmt: skip
        if rows:
            connection.execute(insert(subscription), rows)


def retire(connection: Connection, key: str, now: datetime) -> None:
    """Tell this person nothing more; the row stays for what they were told."""
    connection.execute(update(person).where(person.c.key == key).values(retired_at=now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom an alert on a subject reaches."""

    subject: str
    people: int
    #: People reached by something other than the console.
    outside: int


def reach(connection: Connection, level: Level) -> list[Reach]:
    """Return for every subject in force how many people an alert of this level reaches."""
    found = []
    ids = subjects.ids(connection)
    for item in subjects.load(connection):
        told = [
            one for one in outbox.recipients(connection, ids[item.key])
            if not one.min_level.graver_than(level)
        ]  # fmt: skip
        found.append(
            Reach(
                subject=item.name, people=len({one.key for one in told}),
                outside=len({one.key for one in told if one.channel != "console"}),
            )
        )  # fmt: skip
    return found
