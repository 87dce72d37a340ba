"""Heat (舆情热度, D-H1): how loud a subject is, each text counted once; pure and decomposable.

H = Σ over texts [ base of its heaviest source + 0.5·ln(copies) per class of source + growth ]
× 0.5^(age / half-life). A text's age counts from when it last reached a new class of source: a
forum post the national press takes up is young again, one more copy in the forum is not.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log, log1p, sqrt
from typing import NamedTuple

from domain.alert import Counted
from domain.indicator import HeatFacts, Indicator, Part
from domain.post import SourceKind

#: What the r-th copy adds is the rise of 0.5·ln(r): each counts less than the one before.
_COPY = 0.5
#: After so many half-lives without a post a text is cold.
_FADED = 14
#: Readings a board's norm needs before growth says anything.
_NORM_READINGS = 8
#: Shown in the reason: so many of the loudest texts.
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One post as heat counts it."""

    key: str
    #: Key of the earliest copy of its text; its own where it is no copy.
    text: str
    #: Key of HeatFacts.weights.
    source: str
    at: datetime
    #: Deviation of its views and replies from the board's norm in sd; 0 where nobody counts them.
    growth: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """How views or replies on one board usually rise, in log-increments an hour."""

    mean: float
    sd: float
    readings: int


def sighting(
    post: Counted, *, original: str | None, outlet: str | None, growth: float = 0.0
) -> Sighting:
    """Return a post as heat counts it; `outlet` is the class of its outlet, `original` its source.

    Back-filled posts are for trend and baseline: leave them out (B-EV2).
    """
    kind = outlet if outlet not in (None, "other") else None
    source = kind or ("press" if post.kind is SourceKind.NEWS else post.kind.value)
    return Sighting(
        key=post.key, text=original or post.key, source=source, at=post.published_at, growth=growth
    )


def heat(
    sightings: Iterable[Sighting], history: Sequence[float], facts: HeatFacts, now: datetime
) -> Indicator:
    """Return the heat of a subject on 0–100; `history` holds one raw heat a day, at most 90.

    Posts of later than `now` are not seen.
    """
    texts = _texts(one for one in sightings if one.at <= now)
    found = (
        _part(text, seen, facts, now)
        for text, seen in texts.items()
        if now - seen[-1].at < _FADED * facts.half_life
    )
    parts = tuple(sorted(found, key=lambda part: (-part.value, part.name)))
    raw = sum(part.value for part in parts)
    absolute, relative = _absolute(raw, facts), _relative(raw, history, facts)
    value = absolute if relative is None else _within(relative, absolute, facts.band)
    keys = tuple(sorted(key for part in parts for key in part.keys))
    return Indicator(
        kind="heat", value=round(value, 1), parts=parts, keys=keys,
        reason_zh=_reason(value, parts, keys, relative, len(history)),
        numbers={
            "raw": raw, "absolute": absolute, "days": len(history),
            **({} if relative is None else {"relative": relative}),
        },
    )  # fmt: skip


def history(
    sightings: Iterable[Sighting], facts: HeatFacts, now: datetime, days: int = 90
) -> list[float]:
    """Return the raw heat at this hour of each of the last days, oldest first, today left out.

    Days before the first post are no history; what was not yet published does not count.
    """
    ends = [now - timedelta(days=ago) for ago in range(days, 0, -1)]
    raw = dict.fromkeys(ends, 0.0)
    texts = _texts(sightings)
    for seen in texts.values():
        last = seen[-1].at + _FADED * facts.half_life
        known, weighed = 0, _Weighed(0.0, 0.0, 0.0, now)
        for end in ends[bisect_left(ends, seen[0].at) : bisect_left(ends, last)]:
            upto = bisect_right(seen, end, key=lambda one: one.at)
            if upto != known:
                known, weighed = upto, _weigh(seen[:upto], facts)
            if end - seen[known - 1].at < _FADED * facts.half_life:
                raw[end] += weighed.total * _fade(weighed.since, facts, end)
    first = min((seen[0].at for seen in texts.values()), default=now)
    return [raw[end] for end in ends if end >= first]


def _texts(sightings: Iterable[Sighting]) -> dict[str, list[Sighting]]:
    """Return the posts by text, oldest first, each once."""
    texts: dict[str, list[Sighting]] = {}
    for one in sorted(set(sightings), key=lambda one: (one.at, one.key)):
        texts.setdefault(one.text, []).append(one)
    return texts


class _Weighed(NamedTuple):
    """What one text with its copies is worth before it fades, and since when it does."""

    base: float
    spread: float
    growth: float
    since: datetime

    @property
    def total(self) -> float:
        """Return the worth of the text."""
        return self.base + self.spread + self.growth


def _weigh(seen: Sequence[Sighting], facts: HeatFacts) -> _Weighed:
    """Return the worth of one text; `seen` in order of time."""
    copies = Counter(one.source for one in seen)
    new = {one.source: one for one in reversed(seen)}  # first of its class
    return _Weighed(
        base=max(facts.weights[source] for source in copies),
        spread=sum(_COPY * log(number) for number in copies.values()),
        growth=max(min(max(one.growth, 0.0), facts.growth_cap) for one in seen),
        since=max(one.at for one in new.values()),
    )


def _fade(since: datetime, facts: HeatFacts, now: datetime) -> float:
    return float(0.5 ** ((now - since) / facts.half_life))


def _part(text: str, seen: Sequence[Sighting], facts: HeatFacts, now: datetime) -> Part:
    """Return what one text with its copies adds; `seen` in order of time."""
    worth = _weigh(seen, facts)
    fade = _fade(worth.since, facts, now)
    return Part(
        name=text,
        value=worth.total * fade,
        keys=tuple(one.key for one in seen),
        numbers={
            "base": worth.base, "spread": worth.spread, "growth": worth.growth,
            "age_hours": (now - worth.since).total_seconds() / 3600, "fade": fade,
            "copies": len(seen),
        },
    )  # fmt: skip


# ---- the scale ----------------------------------------------------------------------------------


def _absolute(raw: float, facts: HeatFacts) -> float:
    """Return points by the anchors, straight between two of them."""
    anchors = facts.anchors
    above = bisect_left(anchors, (raw, 0.0))
    if above == 0:
        return anchors[0][1]
    if above == len(anchors):
        return anchors[-1][1]
    (low, start), (high, end) = anchors[above - 1], anchors[above]
    return start + (end - start) * (raw - low) / (high - low)


def _relative(raw: float, history: Sequence[float], facts: HeatFacts) -> float | None:
    """Return the share of days not louder than now in percent; None with too few days."""
    if len(history) < max(facts.history, 1):
        return None
    ordered = sorted(history)
    return 50 * (bisect_left(ordered, raw) + bisect_right(ordered, raw)) / len(ordered)


def _within(relative: float, absolute: float, band: float) -> float:
    """Keep a quiet project's loudest day from being a crisis, and a loud one's crisis one."""
    return min(max(relative, absolute - band, 0.0), absolute + band, 100.0)


def _reason(
    value: float, parts: Sequence[Part], keys: Sequence[str], relative: float | None, days: int
) -> str:
    if not parts:
        return "热度 0：没有相关的帖子。"
    louder = (
        f"历史只有 {days} 天，按绝对刻度"
        if relative is None
        else f"高于近 {days} 天中 {relative:.0f} % 的日子"
    )
    total = sum(part.value for part in parts)
    top = sum(part.value for part in parts[:_SHOWN])
    share = f"，最热的 {_SHOWN} 篇占 {top / total:.0%}" if len(parts) > _SHOWN and total else ""
    return (
        f"热度 {value:.0f}（满分 100）：{len(parts)} 篇不同的文字，连转载共 {len(keys)} 帖"
        f"{share}；{louder}。"
    )


# ---- growth of views and replies ----------------------------------------------------------------


def increment(before: int, after: int, hours: float) -> float | None:
    """Return the log-increment an hour between two readings; None where it tells nothing."""
    if hours < 0.25 or min(before, after) < 0:
        return None
    return (log1p(after) - log1p(before)) / hours


def norm(increments: Sequence[float]) -> Norm | None:
    """Return how counts of one board usually rise; None with too few readings."""
    number = len(increments)
    if number < _NORM_READINGS:
        return None
    mean = sum(increments) / number
    spread = sum((one - mean) ** 2 for one in increments) / (number - 1)
    return Norm(mean=mean, sd=sqrt(spread), readings=number)


def growth(rise: float | None, usual: Norm | None) -> float:
    """Return by how many sd a post's counts rise faster than usual; 0 where nobody knows."""
    if rise is None or usual is None or usual.sd <= 0:
        return 0.0
    return (rise - usual.mean) / usual.sd
