"""Deliver step: claim, send, record the channel's verdict; a refusal is tried again (B-NL1/2)."""

from datetime import datetime, timedelta

from domain.errors import ChannelError
from domain.step import StepResult
from notify import channels
from notify.base import Channel
from pipelines.wiring import App
from store import outbox
from store.outbox import Message

#: Wait before the n-th retry; afterwards the message is failed and visible as such.
BACKOFF = tuple(timedelta(seconds=s) for s in (15, 60, 300, 900, 1800, 3600))


def run(app: App, now: datetime) -> StepResult:
    """Send everything that is due; the row is accepted only after the channel's OK."""
    known = channels(app.settings.home)
    done = failed = 0
    while True:
        with app.db.write() as connection:
            message = outbox.claim(connection, now)
        if message is None:
            return StepResult(step="deliver", done=done, failed=failed)
        if _send(app, known.get(message.channel), message, now):
            done += 1
        else:
            failed += 1


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
        return False
    with app.db.write() as connection:
        outbox.accept(connection, message, verdict, now)
    return True


def _retry_at(attempts: int, now: datetime) -> datetime | None:
    return now + BACKOFF[attempts - 1] if attempts <= len(BACKOFF) else None
