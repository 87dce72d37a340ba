"""What telling decides on: open alerts from moderate on, what was told, what waits unsent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from domain.level import Level
from domain.telling import Firing
from store.outbox import called_back
from store.tables import alert, alert_change, finding, outbox, subject

#: Verdicts of messages that wait unsent; who starts with what is said here.
HELD = {"inhibited": "已有更高级别预警 {by}，暂不发", "silenced": "{by} 生效中，暂不发"}
_ALONG = "随同一项目的消息一并发出"


def firing(connection: Connection, subject_id: int | None = None) -> dict[int, list[Firing]]:
    """Return subject id → its open alerts from moderate on; `subject_id` asks for one alone."""
    rise = (
        select(alert_change.c.alert_id, func.max(alert_change.c.version).label("version"))
        .where(alert_change.c.change.in_(("opened", "raised")))
        .group_by(alert_change.c.alert_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            alert.c.id, alert.c.number, alert.c.subject_id, alert.c.level, alert.c.version,
            alert.c.event_id, alert.c.topic, subject.c.key, alert_change.c.change,
            alert_change.c.at, alert_change.c.version.label("reached"),
        )
        .join(subject, subject.c.id == alert.c.subject_id)
        .join(rise, rise.c.alert_id == alert.c.id)
        .join(
            alert_change,
            and_(alert_change.c.alert_id == alert.c.id, alert_change.c.version == rise.c.version),
        )
        .where(
            alert.c.status == "open", alert.c.level != Level.MINOR, alert.c.source_id.is_(None),
            *([] if subject_id is None else [alert.c.subject_id == subject_id]),
        )
        .order_by(alert.c.number)
    ).all()  # fmt: skip
    ids = [row.id for row in rows]
    heard, rules = _heard(connection, ids), _rules(connection, ids)
    found: dict[int, list[Firing]] = {}
    for row in rows:
        version, last = heard.get(row.id, (0, None))
        found.setdefault(row.subject_id, []).append(
            Firing(
                id=row.id, number=row.number, subject=row.key, level=Level(row.level),
                version=row.version, event_id=row.event_id, topic=row.topic,
                rules=frozenset(rules.get(row.id, ())), change=row.change, reached_at=row.at,
                told=version >= row.reached, last_told_at=last,
            )
        )  # fmt: skip
    return found


def _heard(
    connection: Connection, alert_ids: Collection[int]
) -> dict[int, tuple[int, datetime | None]]:
    """Return alert → (highest version told, when it was last told of)."""
    rows = connection.execute(
        select(
            outbox.c.alert_id, func.max(outbox.c.version).label("version"),
            func.max(outbox.c.queued_at).label("last"),
        )
        .where(outbox.c.alert_id.in_(alert_ids), _tells(), ~called_back())
        .group_by(outbox.c.alert_id)
    )  # fmt: skip
    return {row.alert_id: (row.version, row.last) for row in rows}


def _rules(connection: Connection, alert_ids: Collection[int]) -> dict[int, set[str]]:
    rows = connection.execute(
        select(finding.c.alert_id, finding.c.rule).where(
            finding.c.alert_id.in_(alert_ids), finding.c.closed_at.is_(None)
        )
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row.alert_id, set()).add(row.rule)
    return found


def _tells() -> ColumnElement[bool]:
    """Say of `outbox`: it tells of an alert that opened, rose or goes on (no clock, no source)."""
    return outbox.c.reason.in_(("opened", "raised")) | outbox.c.reason.startswith("repeat-")


def told_since(connection: Connection, subject_id: int, moment: datetime) -> list[datetime]:
    """Return when a subject's people were told of its alerts after this moment."""
    return list(
        connection.scalars(
            select(outbox.c.queued_at)
            .join(alert, alert.c.id == outbox.c.alert_id)
            .where(
                alert.c.subject_id == subject_id, outbox.c.queued_at > moment, _tells(),
                ~called_back(),
            )
            .distinct()
        )
    )  # fmt: skip


# ---- messages that wait unsent ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued message about an open alert: on its way, or held (`held`), or going with another."""

    id: int
    alert_id: int
    subject_id: int
    held: bool
    along: bool
    #: It tells of a triage clock that ran out, which a silence does not stop.
    overdue: bool


def waiting(connection: Connection) -> list[Waiting]:
    """Return the queued messages that tell of an alert of a subject, open or not."""
    rows = connection.execute(
        select(outbox.c.id, outbox.c.alert_id, outbox.c.next_try_at, outbox.c.verdict,
               outbox.c.reason, alert.c.subject_id)
        .join(alert, alert.c.id == outbox.c.alert_id)
        .where(outbox.c.status == "queued", _told_of(), alert.c.subject_id.is_not(None))
        .order_by(outbox.c.id)
    )  # fmt: skip
    return [
        Waiting(
            id=row.id, alert_id=row.alert_id, subject_id=row.subject_id,
            held=row.next_try_at is None, along=row.verdict == _ALONG,
            overdue=row.reason == "overdue",
        )
        for row in rows
    ]  # fmt: skip


def _told_of() -> ColumnElement[bool]:
    return or_(_tells(), outbox.c.reason == "overdue")


def hold(connection: Connection, message_id: int, why: str) -> None:
    """Keep a queued message back; nobody claims it until it is let go."""
    _set(connection, message_id, next_try_at=None, verdict=why)


def let_go(connection: Connection, message_id: int, now: datetime) -> None:
    """Let a held message be sent."""
    _set(connection, message_id, next_try_at=now, verdict="")


def _set(connection: Connection, message_id: int, **values: Any) -> None:
    connection.execute(
        update(outbox)
        .where(outbox.c.id == message_id, outbox.c.status == "queued")
        .values(**values)
    )


def send_along(connection: Connection, alert_id: int, reason: str, now: datetime) -> None:
    """Hold what was just queued about an alert: another message of its project names it."""
    connection.execute(
        update(outbox)
        .where(
            outbox.c.alert_id == alert_id, outbox.c.reason == reason, outbox.c.queued_at == now,
            outbox.c.status == "queued", outbox.c.attempts == 0,
        )
        .values(next_try_at=None, verdict=_ALONG)
    )  # fmt: skip


def settle_along(connection: Connection, message: Waiting, now: datetime) -> None:
    """Follow the message that names this one: sent with it, or on its own where that failed."""
    mine = connection.execute(select(outbox).where(outbox.c.id == message.id)).one()
    leads = connection.execute(
        select(outbox.c.id, outbox.c.status)
        .join(alert, alert.c.id == outbox.c.alert_id)
        .where(
            outbox.c.recipient == mine.recipient, outbox.c.channel == mine.channel,
            outbox.c.address == mine.address, outbox.c.queued_at == mine.queued_at,
            alert.c.subject_id == message.subject_id, outbox.c.verdict != _ALONG, _tells(),
        )
        .order_by(outbox.c.id)
    ).all()  # fmt: skip
    sent = next((lead.id for lead in leads if lead.status == "accepted"), None)
    if sent is not None:
        _set(
            connection, message.id, status="accepted", accepted_at=now,
            verdict=f"已随消息 {sent} 送达",
        )  # fmt: skip
    elif all(lead.status == "failed" for lead in leads):
        let_go(connection, message.id, now)
