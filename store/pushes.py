"""What a push is made of, read from the rows as they stand (W-08)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, true

from domain.homes import households
from domain.level import Level
from store.tables import (
    alert,
    case,
    case_alert,
    complaint,
    finding,
    finding_post,
    media_enquiry,
    outbox,
    person,
    post,
    subject,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The subject of a push: where it is and whom to phone there."""

    id: int | None
    name: str
    city: str = ""
    region: str = ""
    legal_entity: str = ""
    owner: str = ""
    owner_phone: str = ""
    service: str = ""
    service_phone: str = ""


#: What belongs to nobody yet is the whole company's business.
UNASSIGNED = Place(id=None, name="未归属")


def place(connection: Connection, subject_id: int | None) -> Place:
    """Return what is known of a subject; UNASSIGNED for none."""
    row = connection.execute(select(subject).where(subject.c.id == subject_id)).first()
    if row is None:
        return UNASSIGNED
    details: dict[str, Any] = row.details or {}
    known = {
        key: str(details.get(key) or "")
        for key in ("owner", "owner_phone", "service", "service_phone")
    }
    return Place(
        id=row.id, name=row.name, city=row.city or "", region=row.region or "",
        legal_entity=row.legal_entity or "", **known,
    )  # fmt: skip


def reason(connection: Connection, alert_id: int) -> str:
    """Return why an alert stands where it stands, in the words of its findings."""
    return connection.scalar(select(alert.c.reason_zh).where(alert.c.id == alert_id)) or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many speak, how certain, since when: of the posts behind an alert's findings."""

    certain: int
    probable: int
    households: int
    sites: int
    first_at: datetime | None
    revisions: tuple[int, ...]


def scale(connection: Connection, alert_id: int) -> Scale:
    """Count the voices behind an alert; a rule's own bounds win over a bare count of accounts."""
    rows = connection.execute(
        select(
            finding.c.snapshot, finding.c.closed_at, finding_post.c.revision_id, post.c.site,
            post.c.author_key, post.c.household_key, post.c.published_at,
        )
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .join(post, post.c.id == finding_post.c.post_id)
        .where(finding.c.alert_id == alert_id)
        .order_by(finding_post.c.revision_id)
    ).all()  # fmt: skip
    rows = [row for row in rows if row.closed_at is None] or rows
    accounts: dict[str, set[str]] = {}
    for row in rows:
        accounts.setdefault(row.site, set()).add(row.author_key or "匿名")
    sizes = [len(found) for found in accounts.values()]
    bounds = [row.snapshot for row in rows if "certain" in (row.snapshot or {})]
    return Scale(
        certain=max((int(b["certain"]) for b in bounds), default=max(sizes, default=0)),
        probable=max((int(b["probable"]) for b in bounds), default=sum(sizes)),
        households=households((row.site, row.author_key, row.household_key) for row in rows),
        sites=len(accounts),
        first_at=min((row.published_at for row in rows), default=None),
        revisions=tuple(dict.fromkeys(row.revision_id for row in rows)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What a clock hangs on when it is no alert: a case, a complaint, an enquiry."""

    number: str
    title: str
    subject_id: int | None
    level: Level | None = None


def thing(connection: Connection, obj: str) -> Thing | None:
    """Return the case, complaint or enquiry an object name means, None for anything else."""
    kind, _, number = obj.partition(":")
    if kind == "case":
        row = connection.execute(select(case).where(case.c.number == number)).first()
        return None if row is None else Thing(
            number=number, title=f"个案 {row.title}", subject_id=row.subject_id,
            level=Level(row.level) if row.level else None,
        )  # fmt: skip
    if kind == "complaint":
        row = connection.execute(select(complaint).where(complaint.c.number == number)).first()
        order = f"，{row.channel}工单 {row.order_no}" if row is not None and row.order_no else ""
        return (
            None
            if row is None
            else Thing(
                number=number, title=f"客户投诉（{row.category}{order}）", subject_id=row.subject_id
            )
        )
    if kind == "enquiry":
        row = connection.execute(
            select(media_enquiry).where(media_enquiry.c.number == number)
        ).first()
        return (
            None
            if row is None
            else Thing(number=number, title=f"媒体来访（{row.outlet}）", subject_id=row.subject_id)
        )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """An open grave alert nobody judged: when people were last told, how often reminded."""

    id: int
    number: str
    subject_id: int | None
    level: Level
    version: int
    reminders: int
    last_told_at: datetime


def unanswered(
    connection: Connection, levels: Sequence[Level], *, number: str | None = None
) -> list[Unanswered]:
    """Return the open alerts of these levels nobody judged or registered, by number.

    `number` asks about one alert alone.
    """
    registered = select(case_alert.c.alert_id).where(case_alert.c.alert_id == alert.c.id)
    told = (
        select(
            outbox.c.alert_id,
            outbox.c.version,
            func.max(outbox.c.queued_at).label("last"),
        )
        .where(outbox.c.reason.in_(("opened", "raised")) | outbox.c.reason.startswith("repeat-"))
        .group_by(outbox.c.alert_id, outbox.c.version)
        .subquery()
    )
    rows = connection.execute(
        select(
            alert.c.id, alert.c.number, alert.c.subject_id, alert.c.level, alert.c.version,
            func.coalesce(told.c.last, alert.c.changed_at).label("last"),
        )
        .outerjoin(
            told, (told.c.alert_id == alert.c.id) & (told.c.version == alert.c.version)
        )
        .where(
            alert.c.status == "open", alert.c.verdict.is_(None), alert.c.level.in_(levels),
            ~registered.exists(), true() if number is None else alert.c.number == number,
        )
        .order_by(alert.c.number)
    ).all()  # fmt: skip
    return [
        Unanswered(
            id=row.id, number=row.number, subject_id=row.subject_id, level=Level(row.level),
            version=row.version, last_told_at=row.last,
            reminders=_reminders(connection, row.id, row.version),
        )
        for row in rows
    ]  # fmt: skip


def _reminders(connection: Connection, alert_id: int, version: int) -> int:
    return (
        connection.scalar(
            select(func.count(outbox.c.reason.distinct())).where(
                outbox.c.alert_id == alert_id, outbox.c.version == version,
                outbox.c.reason.startswith("repeat-"),
            )
        )
        or 0
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldPerson:
    """Somebody a message was queued for, in words for the next message."""

    name: str
    post: str
    channels: tuple[str, ...]


def told(connection: Connection, alert_id: int) -> list[ToldPerson]:
    """Return who was told of an alert so far and by which channels."""
    rows = connection.execute(
        select(person.c.name, person.c.post, outbox.c.channel)
        .join(person, person.c.key == outbox.c.recipient)
        .where(outbox.c.alert_id == alert_id, outbox.c.status != "failed")
        .distinct()
        .order_by(person.c.name, outbox.c.channel)
    )
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.name, row.post), []).append(row.channel)
    return [
        ToldPerson(name=name, post=post_, channels=tuple(channels))
        for (name, post_), channels in found.items()
    ]
