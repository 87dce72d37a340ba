"""Deliver step: claim, send, record the channel's verdict; a refusal is tried again (B-NL1/2/3).

What a channel will not take goes to the recipient's other channels: at once when the refusal is
final, and when a grave alert would otherwise wait beyond its triage limit.
"""

from datetime import datetime, timedelta

from domain.errors import ChannelError
from domain.step import StepResult
from notify import channels
from notify.base import Channel
from pipelines import push
from pipelines.wiring import App
from store import clocks, outbox, sources
from store.db import Connection
from store.outbox import Message

#: Wait before the n-th retry; afterwards the message is failed and visible as such.
BACKOFF = tuple(timedelta(seconds=s) for s in (15, 60, 300, 900, 1800, 3600))
#: Messages a robot takes in a minute, before it shuts its door for ten (DingTalk) (B-NL3).
PER_MINUTE = {"wecom": 20, "dingtalk": 20, "feishu": 100}
#: Of these, kept free for grave alerts.
RESERVED = 5
#: Channels many people read: the same message goes there once.
GROUPS = ("wecom", "dingtalk", "feishu")


def run(app: App, now: datetime) -> StepResult:
    """Send everything that is due; the row is accepted only after the channel's OK."""
    known = channels(app.settings.home)
    done = failed = skipped = 0
    while True:
        with app.db.write() as connection:
            message = outbox.claim(connection, now)
            if message is not None and _settled(connection, message, now):
                skipped += 1
                continue
        if message is None:
            return StepResult(step="deliver", done=done, skipped=skipped, failed=failed)
        if _send(app, known.get(message.channel), message, now):
            done += 1
        else:
            failed += 1


def _settled(connection: Connection, message: Message, now: datetime) -> bool:
    """Settle without sending: the group has it already, or its minute is full."""
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


def _send(app: App, channel: Channel | None, message: Message, now: datetime) -> bool:
    try:
        if channel is None:
            raise ChannelError(f"没有名为 {message.channel} 的渠道", permanent=True)
        verdict = channel.send(
            address=message.address, subject_line=message.subject_line, body=message.body
        )
    except ChannelError as error:
        retry = None if error.permanent else _retry_at(message.attempts, now)
        with app.db.write() as connection:
            outbox.fail(connection, message, str(error), retry)
            if _too_late(connection, message, retry):
                _fall_back(app, connection, message, now, given_up=retry is None)
        return False
    with app.db.write() as connection:
        outbox.accept(connection, message, verdict, now)
    return True


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
    sources.raise_issue(
        connection, at=now, code="message-unsent",
        message=(
            f"{message.subject_line} 未能送达 {message.recipient}，且没有其他渠道："
            "请电话告知，并检查 channels.yml 与收件人表"
        ),
    )  # fmt: skip
