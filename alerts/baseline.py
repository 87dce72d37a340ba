"""Baseline: what is normal at a subject today; pure (D-C2, D-X1).

Rates are exponentially weighted means of days, each divided by what its weekday is worth, with
days of an outbreak capped and the last full day left out.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from alerts.share import usual_share
from domain.clock import SHANGHAI
from domain.detection import ALL, ANY, Baseline, Detector, History, Pooled

Floats = NDArray[np.float64]
#: Day → weekday it behaves like, 0 = Monday; a holiday is a Sunday (D-C2).
Weekday = Callable[[date], int]

#: A longer time without any post parts what is followed from what was found by chance.
_GAP = 14
#: A site silent for days on which it would have given so many posts was down, not quiet.
_SILENT = 10.0


def calendar(workday: Callable[[date], bool | None]) -> Weekday:
    """Return the weekday a day behaves like: days off are Sundays, worked week-ends Mondays."""
    known: dict[date, int] = {}

    def weekday(day: date) -> int:
        found = known.get(day)
        if found is None:
            own, working = day.weekday(), workday(day)
            found = 6 if own < 5 and working is False else 0 if own > 4 and working else own
            known[day] = found
        return found

    return weekday


# ---- one subject --------------------------------------------------------------------------------


def baseline(
    history: History, pooled: Pooled, detector: Detector, today: date, weekday: Weekday
) -> Baseline:
    """Return what is normal today; yesterday and today are left out (D-C2)."""
    topics = (*sorted(pooled.shares), ALL)
    days = days_before(history, detector, today)
    counts = matrix(history, topics, days)
    covered = coverage(history, days)
    found = rates(counts, covered, days, topics, pooled, detector, weekday)
    return Baseline(
        day=today, rates=dict(zip(topics, found.tolist(), strict=True)),
        days=max(0, (today - known_since(history)).days), pooled=pooled,
        share=usual_share([(history.voices.get((day, ALL), 0), history.voices.get((day, ANY), 0))
                           for day in [*days, today - timedelta(days=1)]]),
    )  # fmt: skip


def days_before(history: History, detector: Detector, today: date) -> list[date]:
    """Return the days that are looked at: up to the day before yesterday."""
    first = max(known_since(history), today - timedelta(days=detector.history_days + 1))
    return [first + timedelta(days=n) for n in range(max(0, (today - first).days - 1))]


def known_since(history: History) -> date:
    """Return the day from which the subject is followed: no gap of `_GAP` days since (D-X1).

    A few old threads in the first crawl are no history; an imported one without holes is.
    """
    days = sorted({day for day, _ in history.posts}, reverse=True)
    for later, day in pairwise(days):
        if (later - day).days > _GAP:
            return later
    return days[-1] if days else history.first


def matrix(history: History, topics: Sequence[str], days: Sequence[date]) -> Floats:
    """Return topics × days of distinct voices."""
    counts = np.zeros((len(topics), len(days)))
    if not days:
        return counts
    rows = {topic: n for n, topic in enumerate(topics)}
    first, length = days[0], len(days)
    for (day, topic), voices in history.voices.items():
        column = (day - first).days
        if 0 <= column < length and topic in rows:
            counts[rows[topic], column] = voices
    return counts


def rates(
    counts: Floats,
    covered: Floats,
    days: Sequence[date],
    topics: Sequence[str],
    pooled: Pooled,
    detector: Detector,
    weekday: Weekday,
) -> Floats:
    """Return mean voices a day by topic, `ALL` last: weighted by age, capped, drawn to a prior.

    All together is drawn to what an unknown subject has, a topic to its usual share of all.
    """
    prior_days = np.array(
        [detector.prior_days if t == ALL else detector.topic_days for t in topics]
    )
    shares = np.array([1.0 if t == ALL else pooled.shares.get(t, 0.0) for t in topics])
    means = detector.prior_rate * shares
    if not days:
        return means
    worth = day_worths(pooled.profile)[[weekday(day) for day in days]] * covered
    weights = 0.5 ** (np.arange(len(days), 0, -1) / detector.half_life_days)
    total = float((weights * worth).sum())
    noise = pooled.noise
    phi = np.array([_of_day(noise.every if topic == ALL else noise.topic) for topic in topics])
    capped, every = counts, detector.prior_rate
    for _ in range(3):
        heard = capped @ weights
        every = (heard[-1] + detector.prior_rate * detector.prior_days) / (
            total + detector.prior_days
        )
        prior = np.where(shares < 1.0, every * shares, detector.prior_rate)
        means = (heard + prior * prior_days) / (total + prior_days)
        expected = np.outer(means, worth)
        cap = expected + detector.winsor * np.sqrt(expected + phi[:, None] * expected**2)
        capped = np.minimum(counts, np.maximum(cap, 1.0))
    return means


def _of_day(phi: Mapping[int, float]) -> float:
    return phi.get(24, next(iter(phi.values())))


def coverage(history: History, days: Sequence[date]) -> Floats:
    """Return for each day the share of posts that came from sites that were not down (D-X1).

    A site is down over a silent run in which it would have given `_SILENT` posts or more.
    """
    covered = np.ones(len(days))
    sites = sorted({site for _, site in history.posts})
    if not days or not sites:
        return covered
    posts = np.array([[history.posts.get((day, site), 0) for day in days] for site in sites], float)
    usual = np.array([_usual(row) for row in posts])
    if not usual.sum():
        return covered
    for row, mean in zip(posts, usual, strict=True):
        for start, end in _silent_runs(row):
            if (end - start) * mean >= _SILENT:
                covered[start:end] -= mean / usual.sum()
    return np.clip(covered, 0.0, 1.0)


def _usual(row: Floats) -> float:
    spoken = row[row > 0]
    return float(np.median(spoken)) * len(spoken) / max(1, _span(row)) if len(spoken) else 0.0


def _span(row: Floats) -> int:
    """Return the days from the first to the last post, without silent runs of 3 days or more."""
    found = np.flatnonzero(row)
    inner = row[found[0] : found[-1] + 1]
    return len(inner) - sum(end - start for start, end in _silent_runs(inner) if end - start >= 3)


def _silent_runs(row: Floats) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (row == 0).astype(int), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


# ---- how many voices a window should hold -------------------------------------------------------


def day_worths(profile: Sequence[float]) -> Floats:
    """Return what each weekday is worth, 1 = a mean day."""
    worths: Floats = np.asarray(profile, dtype=float).reshape(7, 24).sum(axis=1)
    return worths


@lru_cache(maxsize=64)
def worths_of(profile: tuple[float, ...], weekday: Weekday) -> "Worths":
    """Return the worths of a profile; a profile serves for a week and many subjects."""
    return Worths(profile, weekday)


class Worths:
    """What stretches of time are worth in mean days, from one profile."""

    def __init__(self, profile: Sequence[float], weekday: Weekday) -> None:
        table = np.asarray(profile, dtype=float).reshape(7, 24)
        self._until = [[0.0, *np.cumsum(row).tolist()] for row in table]
        self._weekday = weekday

    def worth(self, start: datetime, end: datetime) -> float:
        """Return the worth of [start, end)."""
        start, end = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
        first, last = start.date(), end.date()
        if first == last:
            return self._part(last, end) - self._part(first, start)
        total: float = self._until[self._weekday(first)][24] - self._part(first, start)
        for n in range(1, (last - first).days):
            total += self._until[self._weekday(first + timedelta(days=n))][24]
        return total + self._part(last, end)

    def _part(self, day: date, moment: datetime) -> float:
        until = self._until[self._weekday(day)]
        hour, share = moment.hour, (moment.minute * 60 + moment.second) / 3600
        part: float = until[hour] + share * (until[hour + 1] - until[hour])
        return part
