"""Deliver step: claim, send, record the channel's verdict; a refusal is tried again (B-NL1/2/3).

What a channel will not take goes to the recipient's other channels: at once when the refusal is
final, and when a grave alert would otherwise wait beyond its triage limit.
"""

import traceback
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from domain.errors import ChannelError
from domain.step import StepResult
from notify import channels
from notify.base import Channel
from pipelines import push
from pipelines.wiring import App
from store import clocks, outbox, sources
from store.db import Connection
from store.outbox import Message

log = structlog.get_logger()

#: Wait before the n-th retry; afterwards the message is failed and visible as such.
BACKOFF = tuple(timedelta(seconds=s) for s in (15, 60, 300, 900, 1800, 3600))
#: Messages a robot takes in a minute, before it shuts its door for ten (DingTalk) (B-NL3).
PER_MINUTE = {"wecom": 20, "dingtalk": 20, "feishu": 100}
#: Of these, kept free for grave alerts.
RESERVED = 5
#: Channels many people read: the same message goes there once.
GROUPS = ("wecom", "dingtalk", "feishu")


def run(app: App, now: datetime) -> StepResult:
    """Send everything that was due at `now`, each at its own moment (channels may be slow).

    The row is accepted only after the channel's OK.
    """
    known = channels(app.settings.home)
    done = failed = skipped = 0
    while True:
        moment = max(now, app.clock.now())
        with app.db.write() as connection:
            message = outbox.claim(connection, moment, due=now)
            if message is not None and _settled(connection, message, moment):
                skipped += 1
                continue
        if message is None:
            return StepResult(step="deliver", done=done, skipped=skipped, failed=failed)
        if _send(app, known.get(message.channel), message, now):
            done += 1
        else:
            failed += 1


def _settled(connection: Connection, message: Message, now: datetime) -> bool:
    """Settle without sending: nothing left to tell, the group has it, or its minute is full."""
    if message.settled is not None:
        outbox.call_back(connection, message, message.settled)
        return True
    if message.channel in GROUPS:
        twin = outbox.sent_to_group(connection, message)
        if twin is not None:
            outbox.share(connection, message, twin, now)
            return True
    cap = PER_MINUTE.get(message.channel)
    if cap is None:
        return False
    minute = timedelta(minutes=1)
    tried, first = outbox.tried_since(connection, message, now - minute)
    if first is None or tried < (cap if message.grave else cap - RESERVED):
        return False
    outbox.postpone(
        connection, message, max(first + minute, now + timedelta(seconds=1)),
        f"该群每分钟至多 {cap} 条，稍后发出",
    )  # fmt: skip
    return True


def _send(app: App, channel: Channel | None, message: Message, start: datetime) -> bool:
    try:
        if channel is None:
            raise ChannelError(f"没有名为 {message.channel} 的渠道", permanent=True)
        verdict = channel.send(
            address=message.address, subject_line=message.subject_line, body=message.body
        )
    except ChannelError as error:
        _refused(app, message, error, start)
        return False
    except Exception as error:  # one broken sender or odd letter must not hold up all the others
        _refused(app, message, _broken(message, error), start)
        return False
    with app.db.write() as connection:
        outbox.accept(connection, message, verdict, max(start, app.clock.now()))
    return True


def _broken(message: Message, error: Exception) -> ChannelError:
    """Log where a channel broke and return it as a temporary refusal."""
    _log("channel broke", message, error)
    return ChannelError(f"渠道程序出错（{type(error).__name__}）：请检查 channels.yml 并报告")


def _log(what: str, message: Message, error: Exception) -> None:
    """Log type and place alone: the words of an error may hold a robot's secret address."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        what, channel=message.channel, message=message.id, error=type(error).__name__,
        at=f"{Path(frame.filename).name}:{frame.lineno}",
    )  # fmt: skip


def _refused(app: App, message: Message, error: ChannelError, start: datetime) -> None:
    """Record a refusal; what goes another way instead is due in this very pass."""
    retry = None if error.permanent else _retry_at(message.attempts, max(start, app.clock.now()))
    try:
        with app.db.write() as connection:
            outbox.fail(connection, message, str(error), retry)
            if _too_late(connection, message, retry):
                _fall_back(app, connection, message, start, given_up=retry is None)
    except Exception as broken:  # without the other way then, but recorded and told
        _log("fall-back broke", message, broken)
        with app.db.write() as connection:
            outbox.fail(connection, message, str(error), retry)
            if retry is None:
                _unsent(connection, message, start)


def _retry_at(attempts: int, now: datetime) -> datetime | None:
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None


def _too_late(connection: Connection, message: Message, retry: datetime | None) -> bool:
    """Whether the next try comes never, or after the limit of a grave alert's triage."""
    if retry is None:
        return True
    limit = clocks.running(connection, message.object, "triage")
    return message.grave and limit is not None and retry >= limit


def _fall_back(
    app: App, connection: Connection, message: Message, now: datetime, *, given_up: bool
) -> None:
    if push.fall_back(app, connection, message, now) or not given_up:
        return
    _unsent(connection, message, now)


def _unsent(connection: Connection, message: Message, now: datetime) -> None:
    sources.raise_issue(
        connection, at=now, code="message-unsent",
        message=(
            f"{message.subject_line} 未能送达 {message.recipient}，且没有其他渠道："
            "请电话告知，并检查 channels.yml 与收件人表"
        ),
    )  # fmt: skip
