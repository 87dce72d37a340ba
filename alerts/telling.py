"""Telling: whether and when people are told of an open alert; pure (B-GR1, B-IN1, B-SI1).

Everything is decided anew from stored alerts, messages and silences, so a restart loses nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.level import Level
from domain.telling import GRAVE, Firing, Mute, Silence

#: Wait before the first message about a moderate alert: others of its project may join it.
WAIT = timedelta(minutes=5)
#: Least time between two messages of a project, unless a level rises.
INTERVAL = timedelta(minutes=30)
#: An alert nobody was told of for longer is no news: the brief lists it. Longer than any silence.
NEWS = timedelta(days=8)


def due_now(
    group: Sequence[Firing], told: Sequence[datetime], silences: Sequence[Silence], now: datetime
) -> list[Firing]:
    """Return the alerts of one project to tell of now in one message, gravest first.

    `told` says when the project's people were told something. Once one alert is due, all that
    wait and are not muted go with it.
    """
    waiting = [
        item
        for item in group
        if not item.told and now - item.reached_at < NEWS and not muted(item, group, silences, now)
    ]
    if not any(first_due(item, told) <= now for item in waiting):
        return []
    return sorted(waiting, key=lambda item: (-item.level.rank, item.number))


def first_due(item: Firing, told: Sequence[datetime]) -> datetime:
    """Return when an untold alert may be told of, after what its project was told (B-GR1).

    What opens at or rises to a grave level waits for nothing: its triage limit is shorter.
    """
    if item.level in GRAVE:
        return item.reached_at
    return max([item.reached_at + WAIT, *(at + INTERVAL for at in told)])


def repeat_due(told: Sequence[datetime], now: datetime) -> bool:
    """Whether a reminder may go: nothing of its project went in the last half hour (B-GR1)."""
    return all(now - at >= INTERVAL for at in told)


def muted(
    item: Firing, group: Sequence[Firing], silences: Sequence[Silence], now: datetime
) -> Mute | None:
    """Return why messages of this alert stay unsent now, None if nothing mutes them."""
    higher = inhibitor(item, group)
    if higher is not None:
        return Mute(kind="inhibited", by=higher.number)
    for silence in silences:
        if silence.starts_at <= now < silence.ends_at and covers(silence, item):
            return Mute(kind="silenced", by=f"静默 {silence.id}")
    return None


def inhibitor(item: Firing, group: Sequence[Firing]) -> Firing | None:
    """Return the gravest higher alert of the same project about the same thing (B-IN1)."""
    higher = [
        other for other in group if other.level.graver_than(item.level) and _same(item, other)
    ]
    return max(higher, key=lambda other: (other.level.rank, other.number), default=None)


def _same(one: Firing, other: Firing) -> bool:
    """Whether two alerts are about one event; a stream's alert is about all of its topic."""
    if one.subject != other.subject:
        return False
    if one.event_id is not None and other.event_id is not None:
        return one.event_id == other.event_id
    return one.topic is not None and one.topic == other.topic


def covers(silence: Silence, item: Firing) -> bool:
    """Whether a silence is about this alert at its level (B-SI1).

    What became major or critical after the silence began was not known to its author.
    """
    if item.level in GRAVE and item.reached_at >= silence.starts_at:
        return False
    want = silence.matcher
    parts = (
        want.subject in (None, item.subject),
        want.topic in (None, item.topic),
        want.alert in (None, item.number),
        want.rule is None or item.rules == {want.rule},
    )
    return all(parts)


def outlasted(item: Firing, silences: Sequence[Silence], now: datetime) -> Silence | None:
    """Return the silence that ended while this alert fires, if nobody has heard of it since."""
    return max(
        (
            silence
            for silence in silences
            if silence.ends_at <= now < silence.ends_at + NEWS
            and item.reached_at < silence.ends_at
            and (item.last_told_at is None or item.last_told_at < silence.ends_at)
            and covers(silence, item)
        ),
        key=lambda silence: silence.ends_at,
        default=None,
    )


def concerns(level: Level, minimum: Level) -> bool:
    """Whether somebody told from `minimum` on is told of this level; what is minor, nobody."""
    return level is not Level.MINOR and not minimum.graver_than(level)
