"""A shorter past of the demo town, for tests that play it more than once."""

from datetime import UTC, datetime, timedelta
from typing import Any

#: 20:00 in Shanghai; fixed, so that two homes see the same town.
ANCHOR = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def shorten(demo_home: Any, playback: Any) -> None:
    """Play five days in coarse steps and the last hours in steps of forty minutes."""
    demo_home.PAST = timedelta(days=5)
    demo_home.STEP = timedelta(hours=12)
    playback.FINE_FROM = timedelta(hours=8)
    playback.FINE_STEP = timedelta(minutes=40)
