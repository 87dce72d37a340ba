"""Channels: one sender a file, each told what to send and answering with a verdict."""

from pathlib import Path

from notify.base import Channel
from notify.console import ConsoleChannel


def channels(home: Path) -> dict[str, Channel]:
    """Return every channel by the name subscriptions use; a new channel is one more line."""
    return {"console": ConsoleChannel(home / "outbox.log")}
