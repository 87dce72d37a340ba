"""When a source is visited next: hot, normal or cold by what happens there, slower at a wall.

Pure decisions with a reason people can read. The pace is per source; politeness within a visit
is in the spider's settings.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.source import Source

#: No list is asked for more often than this, whatever happens there.
FASTEST = timedelta(minutes=2)
#: A visit that brought as many new posts says that there is something going on.
BUSY = 10
#: Nothing new for so long: a quiet place, visited at a sixth of its pace, at least every 6 hours.
QUIET_AFTER = timedelta(days=14)
SLOWEST_COLD = timedelta(hours=6)
#: A site that refuses us is asked again later and later, at least once a day.
SLOWEST_WALL = timedelta(days=1)


class Pace(StrEnum):
    """How often a source is visited."""

    HOT = "hot"
    NORMAL = "normal"
    COLD = "cold"
    WALL = "wall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What is known of a source when its next visit is decided."""

    #: Number of an open alert its posts or its subject are behind.
    open_alert: str | None = None
    #: New posts of the last visit, and when a visit last brought one.
    new_posts: int = 0
    newest: datetime | None = None
    #: When it was first visited; None = never.
    first: datetime | None = None
    #: Visits in a row that ended at a wall.
    walls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """How long until the next visit, and why."""

    pace: Pace
    every: timedelta
    reason: str


def next_visit(source: Source, activity: Activity, now: datetime) -> Visit:
    """Return pace, interval and reason; `options` may set hot_every and cold_every (seconds)."""
    if activity.walls:
        every = min(source.every * 2 ** min(activity.walls, 10), SLOWEST_WALL)
        reason = f"连续 {activity.walls} 次被网站拒绝，放慢再试"
        return Visit(pace=Pace.WALL, every=max(every, source.every), reason=reason)
    if activity.open_alert:
        return Visit(
            pace=Pace.HOT, every=_hot(source), reason=f"有未了结的预警 {activity.open_alert}"
        )
    if activity.new_posts >= BUSY:
        reason = f"上次访问有 {activity.new_posts} 条新帖"
        return Visit(pace=Pace.HOT, every=_hot(source), reason=reason)
    since = activity.newest or activity.first
    if since is not None and now - since >= QUIET_AFTER:
        return Visit(pace=Pace.COLD, every=_cold(source), reason=f"{(now - since).days} 天没有新帖")
    return Visit(pace=Pace.NORMAL, every=source.every, reason="")


def _hot(source: Source) -> timedelta:
    asked = source.options.get("hot_every")
    every = timedelta(seconds=float(asked)) if asked else source.every / 3
    return min(max(every, FASTEST), source.every)


def _cold(source: Source) -> timedelta:
    asked = source.options.get("cold_every")
    every = timedelta(seconds=float(asked)) if asked else min(source.every * 6, SLOWEST_COLD)
    return max(every, source.every)
