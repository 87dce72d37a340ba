"""Acknowledgements (已知悉, B-AK1): stop repeats, not clocks; each covers its level and below."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from domain.access import Actor, Role
from domain.errors import CaseError
from domain.level import Level
from store import audit, outbox
from store.alerts import AlertRow
from store.tables import acknowledgement, alert_change, person, subject, subscription

#: An acknowledgement nobody acted on is worth nothing after this long (B-AK1, 2X).
EXPIRES = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who said that the message arrived, about which version, from where."""

    by: str
    via: str  # web | link | group
    at: datetime
    version: int
    level: Level


def add(
    connection: Connection,
    item: AlertRow,
    *,
    version: int,
    actor: Actor,
    via: str,
    now: datetime,
) -> tuple[Acknowledgement, bool]:
    """Record that `version` is known; return (the one in force, whether it is this one).

    A second one changes nothing and gives the first back. Raises CaseError for a version that
    never was, AccessError when the actor may not acknowledge for this subject.
    """
    level = level_of(connection, item, version)
    first = covered(connection, item.id, level, now)
    if first is not None:
        return first, False
    audit.append(
        connection, f"alert:{item.number}", "acknowledged", actor=actor, at=now,
        payload={"version": version, "level": level, "via": via},
    )  # fmt: skip
    mine = Acknowledgement(by=actor.name, via=via, at=now, version=version, level=level)
    connection.execute(
        insert(acknowledgement).values(
            alert_id=item.id, version=version, level=level, by=actor.name, via=via, at=now
        )
    )
    return mine, True


def level_of(connection: Connection, item: AlertRow, version: int) -> Level:
    """Return the level a version was told with; raises CaseError for one that never was."""
    found = connection.scalar(
        select(alert_change.c.level).where(
            alert_change.c.alert_id == item.id, alert_change.c.version == version
        )
    )
    if found is None:
        raise CaseError(f"预警 {item.number} 没有第 {version} 版：请用最新消息中的链接")
    return Level(found)


def covered(
    connection: Connection, alert_id: int, level: Level, now: datetime
) -> Acknowledgement | None:
    """Return the first acknowledgement in force that covers this level; a graver one is not."""
    return next(
        (
            item
            for item in of_alert(connection, alert_id)
            if not level.graver_than(item.level) and now - item.at < EXPIRES
        ),
        None,
    )


def of_alert(connection: Connection, alert_id: int) -> list[Acknowledgement]:
    """Return all acknowledgements of an alert, oldest first."""
    rows = connection.execute(
        select(acknowledgement)
        .where(acknowledgement.c.alert_id == alert_id)
        .order_by(acknowledgement.c.id)
    )
    return [
        Acknowledgement(
            by=row.by, via=row.via, at=row.at, version=row.version, level=Level(row.level)
        )
        for row in rows
    ]


def by_person(
    connection: Connection, subject_id: int | None, *, key: str = "", name: str = ""
) -> Actor | None:
    """Return the subscriber with this key or name as an actor for that subject alone.

    The subscription is the right: whoever is told may say that the message arrived.
    """
    who = person.c.key == key if key else person.c.name == name
    entity = connection.scalar(select(subject.c.legal_entity).where(subject.c.id == subject_id))
    row = connection.execute(
        select(person.c.name)
        .join(subscription, subscription.c.person_id == person.c.id)
        .where(
            who,
            person.c.retired_at.is_(None),
            outbox.concerns(subject_id),
        )
        .limit(1)
    ).first()
    if row is None:
        return None
    return Actor(
        name=row.name, via="link", roles=frozenset({Role.MONITOR}),
        entities=frozenset({entity}) if entity else None,
    )  # fmt: skip
