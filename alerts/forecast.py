"""Forecast and counterfactual (AD-8, D-E1): when at this pace, and what would raise the level.

The pace is that of the last voices, at most `_VOICES` of the last week. If voices come at a steady
but unknown rate, the wait for r more after k in time T is T·B/(1-B), B ~ Beta(r, k), whose
distribution is a binomial tail: exact, and wide where little is known. Time may run by the hours
in which a board is awake (`busy`), so that a night does not look like calm.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from math import ceil, comb, floor

from domain.alert import Step
from domain.clock import SHANGHAI
from domain.indicator import LEVEL_NAMES, Forecast, Heard, More
from domain.level import Level

#: The pace is that of at most so many voices, and of at least so many within a week.
_VOICES, _LEAST = 7, 4
_RECENT = timedelta(days=7)
#: After so long without a voice there is no pace.
_SILENT = timedelta(hours=48)
#: Beyond this nobody can tell.
_HORIZON = timedelta(days=14)
#: The range holds in 8 of 10 cases, if the pace stays.
_EARLY, _LATE = 0.1, 0.9
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
#: Relative activity of each hour of the week, Monday 0:00 Asia/Shanghai first.
FLAT = (1.0,) * 168


def reach(
    voices: Sequence[Heard], target: int, now: datetime, *, busy: Sequence[float] = FLAT
) -> Forecast:
    """Return when the count of voices may reach `target`, or why nobody can tell."""
    said = sorted((one for one in voices if one.at <= now), key=lambda one: (one.at, one.key))
    missing = target - len(said)
    recent = [one for one in said if now - _RECENT < one.at][-_VOICES:]
    refused, why = _refusal(len(said), recent, missing, target, now)
    if refused:
        return _refused(target, refused, why, recent)
    pace, worked = len(recent) - 1, _awake(recent[0].at, now, busy)
    early, late = (_wait(now, worked * _odds(missing, pace, q), busy) for q in (_EARLY, _LATE))
    if early is None:
        why = f"按最近的速度，{_HORIZON.days} 天内未必达到 {target} 户。"
        return _refused(target, "slow", why, recent)
    return Forecast(
        target=target, soon=early, late=late, refused="",
        reason_zh=(
            f"按此速度{_say(early, late)}达 {target} 户（按不同账号计；依据最近 {len(recent)} 个"
            "新声音，八成把握的范围）。"
        ),
        keys=tuple(one.key for one in recent),
        numbers={"voices": len(said), "missing": missing, "pace": pace, "hours": worked},
    )  # fmt: skip


def _refusal(
    number: int, recent: Sequence[Heard], missing: int, target: int, now: datetime
) -> tuple[str, str]:
    if missing <= 0:
        return "reached", f"已达 {target} 户（现有 {number} 个不同账号）。"
    if len(recent) < _LEAST:
        return "few", f"近 7 天只有 {len(recent)} 个新声音，太少，不作预测。"
    silent = now - recent[-1].at
    if silent > _SILENT:
        hours = int(silent / _HOUR)
        return "silent", f"已 {hours} 小时没有新声音，不作预测。"
    return "", ""


def _refused(target: int, refused: str, why: str, recent: Sequence[Heard]) -> Forecast:
    return Forecast(
        target=target, soon=None, late=None, refused=refused, reason_zh=why,
        keys=tuple(one.key for one in recent),
    )  # fmt: skip


def _odds(missing: int, pace: int, chance: float) -> float:
    """Return by which factor of the time seen the wait stays below, with this chance."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        if _tail(missing, missing + pace - 1, middle) < chance:
            low = middle
        else:
            high = middle
    return low / (1 - low)


def _tail(least: int, of: int, share: float) -> float:
    """Return P(X >= least) of X ~ Binomial(of, share)."""
    return sum(comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(least, of + 1))


# ---- hours in which a board is awake ------------------------------------------------------------


def _awake(start: datetime, end: datetime, busy: Sequence[float]) -> float:
    """Return the hours between two moments, each weighted by the hour of the week."""
    total = 0.0
    while start < end:
        until = min(_next_hour(start), end)
        total += (until - start) / _HOUR * _weight(start, busy)
        start = until
    return total


def _wait(start: datetime, wanted: float, busy: Sequence[float]) -> timedelta | None:
    """Return after how long so many weighted hours have passed; None beyond the horizon."""
    at = start
    while at - start < _HORIZON:
        until = _next_hour(at)
        gained = (until - at) / _HOUR * _weight(at, busy)
        if gained >= wanted and gained > 0:
            return at - start + (until - at) * (wanted / gained)
        wanted -= gained
        at = until
    return None


def _next_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0) + _HOUR


def _weight(at: datetime, busy: Sequence[float]) -> float:
    local = at.astimezone(SHANGHAI)
    return busy[local.weekday() * 24 + local.hour]


def _say(early: timedelta, late: timedelta | None) -> str:
    if late is None:
        soonest = f"{early // _DAY} 天" if early >= 2 * _DAY else f"{max(1, early // _HOUR)} 小时"
        return f"最快约 {soonest}后、也可能 {_HORIZON.days} 天内都不"
    if early >= _DAY and late > 3 * _DAY:
        return f"约 {floor(early / _DAY)}–{ceil(late / _DAY)} 天后"
    low, high = floor(early / _HOUR), max(1, ceil(late / _HOUR))
    return f"约 {high} 小时内" if low == 0 else f"约 {low}–{high} 小时后"


# ---- what would raise the level (counterfactual) ------------------------------------------------


def next_step(ladder: Sequence[Step], voices: int, level: Level | None) -> More | None:
    """Return what a ladder of voices needs for the next graver level; None at its top."""
    above = [s for s in ladder if s.voices > voices and s.level.graver_than(level)]
    if not above:
        return None
    step = min(above, key=lambda s: s.voices)
    missing = step.voices - voices
    return More(
        missing=missing, level=step.level,
        reason_zh=f"再有 {missing} 户将升为{LEVEL_NAMES[step.level]}。",
    )  # fmt: skip


def next_score(
    score: Callable[[int], float],
    count: int,
    grades: Sequence[tuple[float, int, Level]],
    level: Level | None,
    most: int = 60,
) -> More | None:
    """Return how many voices more in the window suggest a graver level by the statistics.

    `score(c)` rises with c (the detector's, of the window that leads); `grades` are (least score,
    fewest voices, level). None where `most` more do not suffice.
    """
    graver = [grade for grade in grades if grade[2].graver_than(level)]
    for missing in range(1, most + 1):
        reached = score(count + missing)
        met = [g[2] for g in graver if reached >= g[0] and count + missing >= g[1]]
        if met:
            wanted = min(met, key=lambda one: one.rank)
            return More(
                missing=missing, level=wanted,
                reason_zh=f"再有 {missing} 个声音，数量异常将达到{LEVEL_NAMES[wanted]}。",
            )  # fmt: skip
    return None
