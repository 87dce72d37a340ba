"""What C4 defines, computed: false alarms, recall, delay, lead and level error, with intervals.

Pure: alert rows and the truth in, figures out. Times are seconds of Shanghai's wall clock.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import median
from typing import NamedTuple

from scipy.stats import chi2

from tests.exams.detection_alarms import NONE, RANK, History, Rise
from tests.quality.crisis_posts import DAY, HOUR
from tests.quality.crisis_streams import MARGIN, Crisis, Project

WEEK = 7 * DAY
#: Within so many hours of the first crisis post an alarm counts as found.
WITHIN = {"fast": 48.0, "mid": 72.0, "slow": 168.0}
MODERATE = RANK["moderate"]
BANDS = ((0.0, 1.5, "<1.5"), (1.5, 6.0, "1.5-6"), (6.0, inf, ">=6"))


# ---- quiet time ---------------------------------------------------------------------------------


def quiet_spans(project: Project, crises: Iterable[Crisis]) -> list[tuple[float, float]]:
    """Return the project's quiet time: warmed up, and 7 days away from every crisis."""
    spans, at = [], project.ready
    for crisis in sorted(crises, key=lambda crisis: crisis.start):
        spans.append((at, crisis.start - MARGIN))
        at = max(at, crisis.end + MARGIN)
    spans.append((at, project.end))
    return [(start, end) for start, end in spans if end > start]


class Rate(NamedTuple):
    """Events in project-weeks with the exact Poisson 95 % interval."""

    events: int
    weeks: float

    @property
    def value(self) -> float:
        """Return events per project-week."""
        return self.events / self.weeks if self.weeks else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the exact (Garwood) interval."""
        if not self.weeks:
            return 0.0, inf
        low = chi2.ppf(0.025, 2 * self.events) / 2 if self.events else 0.0
        return float(low) / self.weeks, float(chi2.ppf(0.975, 2 * self.events + 2)) / 2 / self.weeks

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}-{high:.3f}]"


class Share(NamedTuple):
    """k of n with the Wilson 95 % interval."""

    k: int
    n: int

    @property
    def value(self) -> float:
        """Return k / n, 0 of nothing."""
        return self.k / self.n if self.n else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the Wilson score interval."""
        if not self.n:
            return 0.0, 1.0
        z, p, n = 1.959964, self.value, self.n
        middle, half = p + z * z / 2 / n, z * sqrt(p * (1 - p) / n + z * z / 4 / n / n)
        return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.2f}-{high:.2f}] of {self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Quiet project-weeks and what rose in them."""

    weeks: float
    rises: tuple[Rise, ...]

    def rate(self, rank: int) -> Rate:
        """Return FAR of alarms that newly reach the rank."""
        return Rate(sum(rise.reaches(rank) for rise in self.rises), self.weeks)

    def merged(self, rank: int, within: float = DAY) -> Rate:
        """Return FAR with a project's alarms within a day of each other taken as one."""
        last: dict[str, float] = {}
        events = 0
        for rise in sorted(self.rises, key=lambda rise: rise.at):
            if rise.reaches(rank):
                events += rise.at - last.get(rise.project, -inf) > within
                last[rise.project] = rise.at
        return Rate(events, self.weeks)

    def about(self, part: str) -> Rate:
        """Return FAR, any level, of rules whose id holds `part`."""
        told = sum(rise.before == NONE and part in rise.rule for rise in self.rises)
        return Rate(told, self.weeks)


def quiet(
    projects: Sequence[Project], crises: Sequence[Crisis], found: dict[str, History]
) -> Quiet:
    """Return the quiet time of all projects and the alarms in it."""
    weeks, rises = 0.0, []
    by_project = defaultdict(list)
    for crisis in crises:
        by_project[crisis.project].append(crisis)
    for project in projects:
        spans = quiet_spans(project, by_project[project.key])
        weeks += sum(end - start for start, end in spans) / WEEK
        rises += [
            rise
            for rise in found.get(project.key, History()).rises
            if any(start <= rise.at < end for start, end in spans)
        ]
    return Quiet(weeks=weeks, rises=tuple(rises))


# ---- crises -------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """What became of one crisis; without an alarm in time `at` is None."""

    crisis: Crisis
    #: An episode at the level stood open in the 24 h before: left out of recall.
    covered: bool
    at: float | None
    #: Highest rank any alert of the project had from the start to a day after the end.
    reached: int
    #: Whether the first alarm names the crisis's topic (or the project as a whole).
    on_topic: bool

    @property
    def voices(self) -> int:
        """Return how many authors of the crisis had written when the alarm came (delay_p)."""
        return sum(time <= (self.at or -inf) for time in self.crisis.author_times)

    @property
    def known(self) -> int:
        """Return how many of them had been fetched when the alarm came."""
        return sum(time <= (self.at or -inf) for time in self.crisis.author_fetched)

    @property
    def lead(self) -> float | None:
        """Return hours from the alarm to the tenth author (negative = too late)."""
        if self.at is None or self.crisis.n < 10:
            return None
        return (self.crisis.author_times[9] - self.at) / HOUR


def judge(crisis: Crisis, history: History, *, rank: int = MODERATE) -> Verdict:
    """Return whether the crisis was found in time at this rank or above (C4)."""
    end = crisis.start + WITHIN[crisis.kind] * HOUR
    hits = [
        rise
        for rise in history.rises
        if crisis.start <= rise.at <= end and rise.after >= rank and rise.after > rise.before
    ]
    first = min(hits, default=None, key=lambda rise: rise.at)
    return Verdict(
        crisis=crisis, covered=history.highest(crisis.start - DAY, crisis.start) >= rank,
        at=first.at if first else None,
        reached=history.highest(crisis.start, crisis.end + DAY),
        on_topic=first is not None and first.topic in {crisis.topic, "", "all", "None"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Crises:
    """Verdicts over a selection of crises."""

    verdicts: tuple[Verdict, ...]

    def of(self, wanted: Callable[[Crisis], bool]) -> "Crises":
        """Return the verdicts of the crises wanted."""
        return Crises(verdicts=tuple(one for one in self.verdicts if wanted(one.crisis)))

    @property
    def fair(self) -> list[Verdict]:
        """Return those without an episode open before: the ones recall is about."""
        return [one for one in self.verdicts if not one.covered]

    @property
    def covered(self) -> Share:
        """Return the share of crises with an episode open before."""
        return Share(len(self.verdicts) - len(self.fair), len(self.verdicts))

    @property
    def recall(self) -> Share:
        """Return the share found in time."""
        return Share(sum(one.at is not None for one in self.fair), len(self.fair))

    def delays(self, since: Callable[[Crisis], float]) -> tuple[float, float]:
        """Return median and p90 of the hours from `since` to the alarm, of those found."""
        return _spread([(one.at - since(one.crisis)) / HOUR for one in self.fair if one.at])

    @property
    def voices(self) -> tuple[float, float]:
        """Return median and p90 of the distinct authors who had written (delay_p)."""
        return _spread([float(one.voices) for one in self.fair if one.at])

    @property
    def known(self) -> tuple[float, float]:
        """Return median and p90 of the distinct authors fetched by then."""
        return _spread([float(one.known) for one in self.fair if one.at])

    @property
    def early(self) -> Share:
        """Return the share alarmed before the tenth author; what was missed was not early."""
        ten = [one for one in self.fair if one.crisis.n >= 10]
        return Share(sum((one.lead or -1.0) > 0 for one in ten), len(ten))

    @property
    def early_if_found(self) -> Share:
        """Return the share alarmed before the tenth author among those found at all."""
        leads = [one.lead for one in self.fair if one.lead is not None]
        return Share(sum(lead > 0 for lead in leads), len(leads))

    @property
    def lead(self) -> tuple[float, float]:
        """Return median and lowest tenth of the lead in hours, of those found."""
        leads = sorted(one.lead for one in self.fair if one.lead is not None)
        return (median(leads), leads[len(leads) // 10]) if leads else (0.0, 0.0)

    @property
    def level_close(self) -> Share:
        """Return the share of alarms whose level came within one of the truth table."""
        found = [one for one in self.fair if one.at is not None]
        near = (abs(one.reached - RANK[one.crisis.level]) <= 1 for one in found)
        return Share(sum(near), len(found))

    @property
    def on_topic(self) -> Share:
        """Return the share of first alarms about the crisis's own topic or the whole project."""
        found = [one for one in self.fair if one.at is not None]
        return Share(sum(one.on_topic for one in found), len(found))


def _spread(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    if not ordered:
        return inf, inf
    return median(ordered), ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]


def judged(crises: Iterable[Crisis], found: dict[str, History], *, rank: int = MODERATE) -> Crises:
    """Return the verdicts on all crises."""
    empty = History()
    return Crises(
        verdicts=tuple(judge(one, found.get(one.project, empty), rank=rank) for one in crises)
    )


def fast(crisis: Crisis, *sizes: int) -> bool:
    """Whether it is a fast crisis of one of the sizes, of 12 or more by default."""
    return crisis.kind == "fast" and (crisis.n in sizes if sizes else crisis.n >= 12)


def grown(crisis: Crisis) -> bool:
    """Whether it is one E-D6 asks for: mid from 12, slow from 20 authors."""
    return crisis.n >= {"mid": 12, "slow": 20}.get(crisis.kind, 10**9)
