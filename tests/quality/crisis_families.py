"""How the invented streams differ: one family is a range to draw each project's habits from.

`pilot` is the noise model of the pilot (C3). The others change one thing each, `hidden` changes
all of them at random: what the sealed family might do, without knowing it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_EVENING = (
    *(0.35, 0.2, 0.12, 0.1, 0.1, 0.15, 0.3, 0.6, 0.9, 1.1, 1.2, 1.2),
    *(1.3, 1.1, 1.0, 1.0, 1.1, 1.2, 1.4, 1.8, 2.2, 2.2, 1.7, 0.9),
)
_TWO_PEAKS = (
    *(0.1, 0.05, 0.05, 0.05, 0.05, 0.1, 0.5, 1.6, 2.4, 2.0, 1.0, 0.8),
    *(0.8, 0.7, 0.7, 0.8, 0.9, 1.2, 2.0, 2.6, 2.4, 1.6, 0.8, 0.3),
)
_WEEKDAYS = {
    "evening": (1.0, 1.0, 1.0, 1.0, 1.05, 1.2, 1.15),
    "two_peaks": (1.3, 1.2, 1.1, 1.1, 1.0, 0.6, 0.7),
    "flat": (1.0,) * 7,
}
_HOURS = {"evening": _EVENING, "two_peaks": _TWO_PEAKS, "flat": (1.0,) * 24}

#: First Monday 00:00 of the clock (Asia/Shanghai); no long holiday in 30 weeks but May Day.
START = "2026-02-23"
#: Start of the clock → first day and length of the long holiday it runs into.
HOLIDAYS = {"2024-12-02": ("2025-01-28", 8), "2025-06-16": ("2025-10-01", 8)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Ranges a project's habits are drawn from; shares are probabilities per project."""

    name: str
    #: Shape of the gamma day and hour effects: smaller is more bursty.
    k_day: tuple[float, ...] = (4.0,)
    k_hour: tuple[float, ...] = (3.0,)
    profiles: tuple[str, ...] = ("evening",)
    #: Shape of the gamma delays inside fast and mid crises.
    crisis_shapes: tuple[float, ...] = (1.5,)
    #: Share of negative voices whose category has no topic.
    untopical: float = 0.0
    #: Whether crises prefer the topics people talk about anyway (harder).
    common_topics: bool = False
    holiday: float = 0.0
    dead_board: float = 0.0
    backfill: float = 0.0
    newborn: float = 0.0
    growth: float = 0.0
    #: Share of projects crawled in batches (all posts of a source at once).
    batches: float = 0.0


FAMILIES = {
    family.name: family
    for family in (
        Family(name="pilot"),
        Family(name="doubled", k_day=(2.0,), k_hour=(1.5,)),
        Family(name="bursty", k_day=(1.5,), k_hour=(1.5,)),
        Family(name="calm", k_day=(8.0,), k_hour=(8.0,)),
        Family(name="profiles", profiles=("two_peaks", "flat", "evening")),
        Family(name="holiday", holiday=1.0),
        Family(name="dead", dead_board=1.0),
        Family(name="backfill", backfill=1.0),
        Family(name="newborn", newborn=1.0),
        Family(name="growth", growth=1.0),
        Family(name="batches", batches=1.0),
        Family(
            name="hidden",
            k_day=(1.5, 5.0, 8.0),
            k_hour=(1.5, 5.0, 8.0),
            profiles=("evening", "two_peaks", "flat"),
            crisis_shapes=(1.0, 1.5, 2.5),
            untopical=0.1,
            common_topics=True,
            holiday=1.0,
            dead_board=0.3,
            backfill=0.2,
            newborn=0.2,
            growth=0.2,
            batches=0.4,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What one project does, drawn from its family; days count from the start of the clock."""

    #: Negative voices a day (base rate), other posts a day.
    rate: float
    others: float
    k_day: float
    k_hour: float
    profile: str
    crisis_shape: float
    #: Factor on everything during the long holiday.
    holiday: float
    #: (first day, days, whether its posts are caught up afterwards) of a silent board.
    dead: tuple[float, float, bool] | None
    #: Factor reached at the end of the clock, in even steps of the logarithm.
    growth: float
    #: First day with posts; first day that is fetched as it is published.
    born: float
    live: float
    #: Whether imported posts are flagged; otherwise only their late fetching tells.
    flagged: bool
    #: Hours between two crawls of a source, 0 = each post has its own lag.
    batch_hours: float


def draw(rng: np.random.Generator, family: Family, days: int) -> Habits:
    """Draw one project's habits; the draws are the same in number for every family."""
    rate = float(np.exp(rng.uniform(np.log(0.3), np.log(20.0))))
    total = float(np.exp(rng.uniform(np.log(2.0), np.log(60.0))))
    chance = rng.random(6)
    born = float(rng.integers(4, 13) * 7)
    imported = chance[2] < family.backfill
    new = not imported and chance[3] < family.newborn
    dead_from, dead_days = rng.uniform(0.3, 0.9) * days, rng.uniform(3, 10)
    holiday = float(rng.choice((0.4, 0.4, 1.5)))
    return Habits(
        rate=rate, others=max(0.3, total - 1.5 * rate),
        k_day=float(rng.choice(family.k_day)), k_hour=float(rng.choice(family.k_hour)),
        profile=str(rng.choice(family.profiles)),
        crisis_shape=float(rng.choice(family.crisis_shapes)),
        holiday=holiday if chance[0] < family.holiday else 1.0,
        dead=(dead_from, dead_days, bool(rng.random() < 0.5))
        if chance[1] < family.dead_board
        else None,
        growth=float(rng.uniform(2.0, 4.0)) if chance[4] < family.growth else 1.0,
        born=born if new else 0.0, live=90.0 if imported else (born if new else 0.0),
        flagged=bool(rng.random() < 0.5),
        batch_hours=float(rng.choice((1.0, 3.0, 6.0))) if chance[5] < family.batches else 0.0,
    )  # fmt: skip


def start_of(family: Family, seed: int) -> str:
    """Return the first day of the clock: before a long holiday where the family has one."""
    return sorted(HOLIDAYS)[seed % 2] if family.holiday else START


def hour_factors(
    rng: np.random.Generator, habits: Habits, first_day: str, hours: int
) -> tuple[Floats, Floats]:
    """Return factors per hour: what is steady (profile, drift, growth), and with bursts."""
    days = np.arange(hours) // 24
    profile = np.outer(_WEEKDAYS[habits.profile], _HOURS[habits.profile]).ravel()
    drift = np.cumsum(rng.normal(0.0, 0.12, hours // 168 + 1))[np.arange(hours) // 168]
    steady = np.tile(profile / profile.mean(), hours // 168 + 1)[:hours] * np.exp(drift)
    steady *= habits.growth ** (np.arange(hours) / hours)
    if first_day in HOLIDAYS:
        first, length = HOLIDAYS[first_day]
        off = int((np.datetime64(first) - np.datetime64(first_day)).astype(int))
        steady[(days >= off) & (days < off + length)] *= habits.holiday
    steady[days < habits.born] = 0.0
    by_day = rng.gamma(habits.k_day, 1 / habits.k_day, hours // 24 + 1)[days]
    by_hour = rng.gamma(habits.k_hour, 1 / habits.k_hour, hours)
    return steady, steady * by_day * by_hour
