"""Telling: who hears of which open alerts now, in one message a project (B-GR1, B-IN1, B-SI1).

Decided each pass from the stored alerts, after all of them were assessed and before anything is
sent: what waits, is inhibited or silenced needs no timer, and a restart loses nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from alerts import telling as decide
from domain.level import Level
from domain.telling import Firing, Mute, Silence
from notify.content import REASON_WORDS
from pipelines import push
from pipelines.wiring import App
from store import outbox, silences, sources
from store import telling as stored
from store.db import Connection
from store.outbox import Recipient

log = structlog.get_logger()

#: Numbers a message names beside its own.
_NAMED = 3
_OVER = "静默已到期，预警仍未解除"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be said of one alert: why (`reason`), and by which row it is said once."""

    alert_id: int
    number: str
    level: Level
    reason: str
    row: str
    heading: str = ""


def run(app: App, now: datetime) -> int:
    """Tell of what is due, subject by subject, then hold or let go what waits; return how many."""
    with app.db.read() as connection:
        groups = stored.firing(connection)
        due = [subject_id for subject_id in groups if _notices(connection, subject_id, now)]
    told = sum(_try_subject(app, subject_id, now) for subject_id in due)
    _mind(app, now)
    return told


def _try_subject(app: App, subject_id: int, now: datetime) -> int:
    """Tell of one subject; one that breaks is told as an issue and stops no other."""
    try:
        with app.db.write() as connection:
            notices = _notices(connection, subject_id, now)
            return spread(app, connection, subject_id, notices, now)
    except Exception as error:
        log.exception("telling failed", subject=subject_id)
        with app.db.write() as connection:
            sources.raise_issue(
                connection, at=now, code="telling-failed",
                message=f"有预警通知没有生成（{type(error).__name__}），每轮重试：请报告",
            )  # fmt: skip
        return 0


def _notices(connection: Connection, subject_id: int, now: datetime) -> list[Notice]:
    """Return what is to be said of a project's alerts now, gravest first."""
    group = stored.firing(connection, subject_id).get(subject_id, [])
    quiet = silences.since(connection, now - decide.NEWS)
    told = stored.told_since(connection, subject_id, now - decide.INTERVAL)
    fresh = decide.due_now(group, told, quiet, now)
    over = any(decide.outlasted(item, quiet, now) for item in fresh)
    notices = [_notice(item, _OVER if over else "") for item in fresh]
    if notices or decide.repeat_due(told, now):
        notices += _outlasting(group, quiet, now)
    return sorted(notices, key=lambda one: (-one.level.rank, one.number))


def _outlasting(
    group: Sequence[Firing], quiet: Sequence[Silence], now: datetime
) -> Iterator[Notice]:
    """Yield a notice for each alert people knew that still fires after its silence (B-SI1)."""
    for item in group:
        silence = decide.outlasted(item, quiet, now)
        if silence and item.told and not decide.muted(item, group, quiet, now):
            row = f"repeat-s{silence.id}"
            yield replace(_notice(item, _OVER), reason="repeat", row=row)


def _notice(item: Firing, heading: str) -> Notice:
    return Notice(
        alert_id=item.id, number=item.number, level=item.level, reason=item.change,
        row=item.change, heading=heading,
    )  # fmt: skip


def spread(
    app: App,
    connection: Connection,
    subject_id: int | None,
    notices: Sequence[Notice],
    now: datetime,
) -> int:
    """Queue one message for each recipient: the first notice speaks, the others are named in it.

    Those wait beside it: each is sent by itself where the message that names it fails. Returns
    how many notices were spread, 0 if nobody is to be told.
    """
    people: dict[tuple[Notice, ...], list[Recipient]] = {}
    for recipient in outbox.recipients(connection, subject_id):
        own = tuple(one for one in notices if decide.concerns(one.level, recipient.min_level))
        if own:
            people.setdefault(own, []).append(recipient)
    for (first, *others), told in people.items():
        for one in others:
            _queue(app, connection, one, told, now)
            stored.send_along(connection, one.alert_id, one.row, now)
        _queue(app, connection, replace(first, heading=_naming(first, others)), told, now)
    return len(notices) if people else 0


def _queue(
    app: App, connection: Connection, one: Notice, told: Sequence[Recipient], now: datetime
) -> None:
    push.tell_alert(
        app, connection, number=one.number, reason=one.reason, row_reason=one.row, now=now,
        told=told, notice=one.heading,
    )  # fmt: skip


def _naming(first: Notice, others: Sequence[Notice]) -> str:
    """Return the heading of a message that is about other alerts of its project too."""
    if not others:
        return first.heading
    names = "、".join(one.number for one in others[:_NAMED])
    more = f" 等 {len(others)} 条" if len(others) > _NAMED else ""
    return f"{first.heading or REASON_WORDS[first.reason]}（同一项目另有 {names}{more}）"


def mute(connection: Connection, number: str, subject_id: int | None, now: datetime) -> Mute | None:
    """Return what mutes an alert's messages now, None for nothing."""
    if subject_id is None:
        return None
    group = stored.firing(connection, subject_id).get(subject_id, [])
    quiet = silences.since(connection, now)
    item = next((item for item in group if item.number == number), None)
    return None if item is None else decide.muted(item, group, quiet, now)


def _mind(app: App, now: datetime) -> None:
    """Hold queued messages whose alert is muted now; let go those that are muted no more."""
    with app.db.read() as connection:
        if not stored.waiting(connection):
            return
    with app.db.write() as connection:
        groups = stored.firing(connection)
        quiet = silences.since(connection, now)
        for message in stored.waiting(connection):
            group = groups.get(message.subject_id, [])
            item = next((item for item in group if item.id == message.alert_id), None)
            why = decide.muted(item, group, quiet, now) if item is not None else None
            if why is not None and not (message.overdue and why.kind == "silenced"):
                if not message.held or message.along:
                    stored.hold(connection, message.id, stored.HELD[why.kind].format(by=why.by))
            elif message.along:
                stored.settle_along(connection, message, now)
            elif message.held:
                stored.let_go(connection, message.id, now)
