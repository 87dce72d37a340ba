"""Channel: one way to reach people; returns its verdict or raises ChannelError (B-NL1)."""

from typing import Protocol


class Channel(Protocol):
    """A sender; `send` returns only after the channel accepted the message."""

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        """Send and return the channel's own words; raises ChannelError(permanent)."""
        ...
