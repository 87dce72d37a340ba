"""The only reader of the time."""

from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands where it is put: replay, demo playback and tests."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the moment it was put at."""
        return self.moment

    def move(self, moment: datetime) -> None:
        """Put the clock at `moment`."""
        self.moment = moment
