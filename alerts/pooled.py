"""Pooled estimates: what the subjects of a channel type share, from their last weeks (D-C2, D-C3).

Profile, topic shares, the recount of people who speak twice, and the overdispersion: shared by
all, and each subject's own where it has spoken enough to show one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from alerts.baseline import (
    Floats,
    Weekday,
    Worths,
    coverage,
    days_before,
    known_since,
    matrix,
    rates,
)
from domain.clock import SHANGHAI
from domain.detection import (
    ALL,
    Detector,
    History,
    Noise,
    Pooled,
    Pools,
    Sample,
    Spoken,
    Window,
)
from domain.post import SourceKind

#: Hours of a day as people post, before the data say otherwise; 0:00 first.
_HOURS = (1.5, 0.8, 0.5, 0.3, 0.3, 0.4, 1.0, 2.2, 3.8, 5.0, 5.5, 5.2, 5.0, 5.0, 4.8, 4.8, 4.8, 5.0,
          5.6, 6.8, 8.0, 8.6, 7.0, 4.0)  # fmt: skip
#: Voices the assumed hours, weekdays and hours of the week are worth.
_HOURS_WORTH, _DAYS_WORTH, _CELLS_WORTH = 50.0, 50.0, 500.0
#: A stretch counts at most this many standard deviations above its mean, else φ learns crises.
_CAP = 4.0
#: Expected voices the assumed overdispersion and recount are worth.
_PHI_WORTH, _RECOUNT_WORTH = 60.0, 100.0
_PHI_RANGE, _RECOUNT_RANGE = (0.02, 3.0), (0.4, 1.3)
#: Days between two looks at the past when overdispersion is estimated.
_LOOK_EVERY = 2


def assumed(detector: Detector, topics: Iterable[str]) -> Pooled:
    """Return what is taken for normal before there are any data."""
    hours = np.array(_HOURS)
    known = sorted(set(topics) - {ALL})
    phi = {window.hours: window.phi for window in detector.windows}
    return Pooled(
        profile=tuple(np.tile(hours / hours.sum(), 7).tolist()),
        noise=Noise(topic=phi, every=phi, shared=phi),
        recount={window.hours: 1.0 for window in detector.windows},
        shares=dict.fromkeys(known, 1 / len(known)) if known else {},
    )  # fmt: skip


def pools(
    samples: Mapping[str, Sample],
    detector: Detector,
    topics: Iterable[str],
    monday: date,
    weekday: Weekday,
) -> Pools:
    """Return what the subjects of each channel type share from `monday` on (D-C3)."""
    kinds = {name: _kind(samples[name].spoken) for name in sorted(samples)}
    topics = tuple(topics)
    pooled: dict[str, Pooled] = {}
    own: dict[str, Noise] = {}
    for kind in sorted(set(kinds.values())):
        names = [name for name in kinds if kinds[name] == kind]
        found = _pool([samples[name] for name in names], detector, topics, monday, weekday)
        pooled[kind] = found[0]
        own |= dict(zip(names, found[1], strict=True))
    return Pools(monday=monday, kinds=kinds, pooled=pooled, own=own)


def _kind(spoken: Sequence[Spoken]) -> str:
    kinds = Counter(one.kind for one in spoken)
    return min(kinds, key=lambda kind: (-kinds[kind], kind), default=SourceKind.FORUM.value)


def _pool(
    samples: Sequence[Sample],
    detector: Detector,
    topics: Iterable[str],
    today: date,
    weekday: Weekday,
) -> tuple[Pooled, list[Noise]]:
    """Return what these subjects share, and the noise of each, from the weeks before `today`."""
    start = assumed(detector, topics)
    names = tuple(sorted(start.shares))
    first = today - timedelta(weeks=detector.pooled_weeks)
    heard = [_heard(sample.spoken, names, first, today) for sample in samples]
    shared = replace(start, profile=_profile(heard, first, weekday), shares=_shares(heard, names))
    worths = Worths(shared.profile, weekday)
    expected = [
        _expected(sample.history, names, shared, detector, first, today, weekday)
        for sample in samples
    ]
    recount: dict[int, float] = {}
    noise = _Noises(samples=len(samples))
    for window in detector.windows:
        pairs = [
            _stretches(one, table, window.hours, first, worths)
            for one, table in zip(heard, expected, strict=True)
        ]
        recount[window.hours] = _recount(pairs)
        noise.add(window, [(seen, mean * recount[window.hours]) for seen, mean in pairs])
    return replace(shared, recount=recount, noise=noise.pooled()), noise.own()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Who spoke when, as arrays: hour since the first day, stream number, voice number."""

    hour: NDArray[np.int64]
    stream: NDArray[np.int64]
    voice: NDArray[np.int64]
    streams: int
    days: int


def _heard(spoken: Sequence[Spoken], names: Sequence[str], first: date, today: date) -> _Heard:
    """Return one entry a (post, stream); the last stream is all of them together."""
    midnight = datetime.combine(first, datetime.min.time(), SHANGHAI)
    numbers = {name: n for n, name in enumerate(names)}
    voices: dict[str, int] = {}
    rows = []
    for one in spoken:
        hour = int((one.at - midnight).total_seconds() // 3600)
        voice = voices.setdefault(one.voice, len(voices))
        rows.append((hour, len(names), voice))
        rows.extend((hour, numbers[topic], voice) for topic in one.topics if topic in numbers)
    days = (today - first).days
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    table = table[(table[:, 0] >= 0) & (table[:, 0] < days * 24)]
    return _Heard(
        hour=table[:, 0], stream=table[:, 1], voice=table[:, 2], streams=len(names) + 1, days=days
    )


def _counts(heard: _Heard, hours: int) -> Floats:
    """Return distinct voices by stream and stretch of so many hours."""
    stretches = heard.days * 24 // hours
    block = heard.hour // hours
    inside = block < stretches
    voices = int(heard.voice.max()) + 1 if len(heard.voice) else 1
    keys = (heard.stream[inside] * stretches + block[inside]) * voices + heard.voice[inside]
    cells = np.unique(keys) // voices
    return (
        np.bincount(cells, minlength=heard.streams * stretches)
        .reshape(heard.streams, -1)
        .astype(float)
    )


def _profile(heard: Sequence[_Heard], first: date, weekday: Weekday) -> tuple[float, ...]:
    """Return the hour-of-week shares: the cells' own, drawn to hours × weekdays."""
    table = np.zeros((7, 24))
    for one in heard:
        hourly = _counts(one, 1)[-1].reshape(-1, 24)
        for n, row in enumerate(hourly):
            table[weekday(first + timedelta(days=n))] += row
    days = np.zeros(7)
    for n in range(heard[0].days if heard else 0):
        days[weekday(first + timedelta(days=n))] += len(heard)
    assumed_hours = np.array(_HOURS) / sum(_HOURS)
    hours = table.sum(axis=0) + _HOURS_WORTH * assumed_hours
    hours /= hours.sum()
    mean = (table.sum() + _DAYS_WORTH) / (days.sum() + _DAYS_WORTH)
    worth = (table.sum(axis=1) + _DAYS_WORTH / 7 * mean) / (days + _DAYS_WORTH / 7) / mean
    apart = np.outer(worth, hours)
    seen = mean * np.maximum(days, 1e-9)[:, None]
    cells = (table + apart * _CELLS_WORTH / 7) / (seen + _CELLS_WORTH / 7)
    return tuple((cells * 7 / cells.sum()).ravel().tolist())


def _shares(heard: Sequence[_Heard], names: Sequence[str]) -> dict[str, float]:
    """Return each topic's share of all voices, drawn to equal shares."""
    if not names:
        return {}
    total = np.ones(len(names))
    for one in heard:
        total += np.bincount(one.stream, minlength=len(names) + 1)[: len(names)]
    every = len(names) + sum(int((one.stream == len(names)).sum()) for one in heard)
    return dict(zip(names, (total / every).tolist(), strict=True))


def _expected(
    history: History,
    names: Sequence[str],
    shared: Pooled,
    detector: Detector,
    first: date,
    today: date,
    weekday: Weekday,
) -> Floats:
    """Return streams × days: the rate the detector would have used that day, 0 where it was new."""
    topics = (*names, ALL)
    length = (today - first).days
    table = np.zeros((len(topics), length))
    days = days_before(history, detector, today)
    counts, covered = matrix(history, topics, days), coverage(history, days)
    since = known_since(history)
    for n in range(0, length, _LOOK_EVERY):
        day = first + timedelta(days=n)
        if not days or (day - since).days < detector.warm_up_days:
            continue
        upto = max(0, (day - days[0]).days - 1)
        found = rates(
            counts[:, :upto], covered[:upto], days[:upto], topics, shared, detector, weekday
        )
        table[:, n : n + _LOOK_EVERY] = found[:, None]
    return table


def _stretches(
    heard: _Heard, rates: Floats, hours: int, first: date, worths: Worths
) -> tuple[Floats, Floats]:
    """Return (seen, expected) of all stretches of so many hours that have an expectation."""
    seen = _counts(heard, hours)
    midnight = datetime.combine(first, datetime.min.time(), SHANGHAI)
    length = timedelta(hours=hours)
    worth = np.array(
        [
            worths.worth(midnight + n * length, midnight + (n + 1) * length)
            for n in range(seen.shape[1])
        ]
    )
    day = np.minimum(np.arange(seen.shape[1]) * hours // 24, rates.shape[1] - 1)
    mean = rates[:, day] * worth
    known = mean[-1] > 0
    return seen[:, known], mean[:, known]


#: (seen, expected) of each sample.
Pairs = Sequence[tuple[Floats, Floats]]
_Estimate = Callable[[Floats, Floats, float], float]


def _recount(pairs: Pairs) -> float:
    """Return distinct voices seen / expected from days; crises are capped."""
    seen = np.concatenate([pair[0][-1] for pair in pairs])
    mean = np.concatenate([pair[1][-1] for pair in pairs])
    capped = np.minimum(seen, mean + _CAP * np.sqrt(mean + mean**2))
    found = (capped.sum() + _RECOUNT_WORTH) / (mean.sum() + _RECOUNT_WORTH)
    return float(np.clip(found, *_RECOUNT_RANGE))


class _Noises:
    """Overdispersion by window: shared by all samples, and each one's own drawn to it."""

    def __init__(self, samples: int) -> None:
        self._pooled: list[dict[int, float]] = [{}, {}, {}]
        self._own: list[list[dict[int, float]]] = [[{}, {}, {}] for _ in range(samples)]

    def add(self, window: Window, pairs: Pairs) -> None:
        """Take in the stretches of one window: topics first, all together last."""
        topics = [(seen[:-1].ravel(), mean[:-1].ravel()) for seen, mean in pairs]
        every = [(seen[-1], mean[-1]) for seen, mean in pairs]
        for part, rows in enumerate((topics, every)):
            self._estimate(part, window, rows, _phi)
        self._estimate(2, window, pairs, _shared)

    def _estimate(self, part: int, window: Window, pairs: Pairs, estimate: _Estimate) -> None:
        seen = np.concatenate([pair[0] for pair in pairs], axis=-1)
        mean = np.concatenate([pair[1] for pair in pairs], axis=-1)
        pooled = estimate(seen, mean, window.phi)
        self._pooled[part][window.hours] = pooled
        for own, (one, other) in zip(self._own, pairs, strict=True):
            own[part][window.hours] = estimate(one, other, pooled)

    def pooled(self) -> Noise:
        """Return the noise all share."""
        return Noise(topic=self._pooled[0], every=self._pooled[1], shared=self._pooled[2])

    def own(self) -> list[Noise]:
        """Return each sample's own noise."""
        return [Noise(topic=one, every=every, shared=both) for one, every, both in self._own]


def _shared(seen: Floats, mean: Floats, before: float) -> float:
    """Return the part of φ that moves a topic and all others together, from their covariance."""
    every, expected = seen[-1], mean[-1]
    topics, means = seen[:-1], mean[:-1]
    one = _capped(topics, means, before) - means
    other_mean = np.maximum(expected - means, 0.0)
    other = _capped(every - topics, other_mean, before) - other_mean
    square = float((means * other_mean).sum())
    own = float((one * other).sum()) / square if square else before
    weight = float(means.sum())
    phi = (max(own, _PHI_RANGE[0]) * weight + before * _PHI_WORTH) / (weight + _PHI_WORTH)
    return float(np.clip(phi, *_PHI_RANGE))


def _capped(seen: Floats, mean: Floats, phi: float) -> Floats:
    """Return what was seen, at most so far above its mean: outbreaks teach no noise."""
    return np.minimum(seen, mean + _CAP * np.sqrt(mean + phi * mean**2))


def _phi(seen: Floats, mean: Floats, before: float) -> float:
    """Return the overdispersion by moments; outbreaks are capped (D-C3, Farrington's idea)."""
    phi = before
    square = float((mean**2).sum())
    weight = float(mean.sum())
    for _ in range(4):
        capped = _capped(seen, mean, phi)
        own = float(((capped - mean) ** 2 - mean).sum()) / square if square else before
        own = max(own, _PHI_RANGE[0])
        phi = (own * weight + before * _PHI_WORTH) / (weight + _PHI_WORTH)
    return float(np.clip(phi, *_PHI_RANGE))
