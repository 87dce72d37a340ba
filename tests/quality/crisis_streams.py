"""Invented streams of judged posts with crises put in (C3, C4 set A); every draw from a seed.

`stream(spec, number)` is one project; crisis_rows writes them as files. Times inside are seconds
of Shanghai's wall clock since 1970.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.quality.crisis_families import (
    FAMILIES,
    Family,
    Floats,
    Habits,
    draw,
    hour_factors,
    start_of,
)
from tests.quality.crisis_posts import (
    DAY,
    FRESH,
    HOUR,
    TOPICS,
    Ints,
    Posts,
    again,
    background,
    columns,
    join,
    topic_codes,
)

SIZES = (5, 8, 12, 20, 40)
KINDS = ("fast", "mid", "slow")
_MEAN_HOURS = {"fast": 6.0, "mid": 20.0}
_RAMP_DAYS = 6.0
#: One crisis in six weeks, in its first four: at least 8 days of quiet before and after.
SLOT_DAYS, FREE_DAYS = 42.0, 14.0
#: Days before and after a crisis that are not quiet (C4).
MARGIN = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What to generate; the same spec is the same stream, project by project."""

    seed: int
    projects: int = 350
    weeks: int = 30
    family: str = "pilot"
    #: Crawl lag is uniform from 0 to this many hours.
    lag_hours: float = 6.0
    #: Share of crisis posts that are given a wrong topic.
    noise: float = 0.25
    crises: bool = True
    warm_up_weeks: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Crisis:
    """One injected crisis; author_times = first post of each author, in order."""

    project: str
    kind: str
    n: int
    topic: str
    level: str
    start: float
    end: float
    ingested: float
    author_times: tuple[float, ...]
    #: When each of these posts was fetched.
    author_fetched: tuple[float, ...]
    #: Negative voices a day the project had then.
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One stream: when it is watched (live … end) and from when it counts as warmed up."""

    key: str
    rate: float
    live: float
    ready: float
    end: float
    habits: dict[str, Any]
    #: When its forum was not crawled, though other sites were.
    silent: tuple[float, float] | None = None


class Stream(NamedTuple):
    """One project's posts with when they were fetched, and what is true of it."""

    project: Project
    posts: Posts
    fetched: Floats
    backfill: NDArray[np.bool_]
    crises: tuple[Crisis, ...]


def level_of(voices: int) -> str:
    """Return the truth table: the level the documents give to so many voices (L-03, L-04, LC-2)."""
    ladder = ((10, "critical"), (8, "major"), (5, "moderate"))
    return next((level for least, level in ladder if voices >= least), "minor")


def stream(spec: Spec, number: int) -> Stream:
    """Return one project's stream; it depends on the seed and its own number only."""
    rng = np.random.default_rng([spec.seed, number])
    family = FAMILIES[spec.family]
    habits = draw(rng, family, spec.weeks * 7)
    first_day = start_of(family, spec.seed)
    zero = float(np.datetime64(first_day).astype("datetime64[s]").astype(int))
    ready = habits.live + 7 if habits.live and not habits.born else habits.born
    ready += 0 if habits.live and not habits.born else spec.warm_up_weeks * 7
    project = Project(
        key=f"p{number:04d}", rate=habits.rate, live=zero + habits.live * DAY,
        ready=zero + ready * DAY, end=zero + spec.weeks * 7 * DAY, habits=asdict(habits),
    )  # fmt: skip
    steady, bursty = hour_factors(rng, habits, first_day, spec.weeks * 168)
    shares = 1 / np.arange(1, TOPICS + 1)
    shares = rng.permutation(shares / shares.sum())
    quiet = background(rng, habits, family, bursty, shares, zero)
    plan = _plan(rng, spec, family, project, shares)
    posts = [quiet]
    made: list[tuple[str, int, int, int]] = []
    for kind, n, start, topic in plan:
        crisis = _crisis_posts(rng, habits, kind, n, start, FRESH * 5 + len(made) * 100)
        told = np.where(rng.random(len(crisis.at)) < spec.noise, _other(rng, topic, crisis), topic)
        posts.append(crisis._replace(topic=told))
        made.append((kind, n, topic, len(crisis.at)))
    silent = _silent(habits, plan, project)
    held = _hold(join(posts), silent, habits)
    fetched, backfill = _fetch(rng, spec, habits, held, project.live)
    crises = _truths(held, fetched, made, project, steady, zero)
    kept = (held.held < np.inf) | np.isnan(held.held)
    return Stream(replace(project, silent=silent), *_only(held, fetched, backfill, kept), crises)


# ---- crises -------------------------------------------------------------------------------------


def _plan(
    rng: np.random.Generator, spec: Spec, family: Family, project: Project, shares: Floats
) -> list[tuple[str, int, float, int]]:
    """Return (kind, authors, start, topic) of each crisis, one a slot."""
    days = (project.end - project.ready) / DAY
    starts = np.arange(0, days - SLOT_DAYS + 1 if spec.crises else 0, SLOT_DAYS).tolist()
    weights = shares if family.common_topics else None
    return [
        (
            str(rng.choice(KINDS)), int(rng.choice(SIZES)),
            project.ready + (first + rng.uniform(7, SLOT_DAYS - FREE_DAYS)) * DAY,
            int(rng.choice(TOPICS, p=weights)),
        )
        for first in starts
    ]  # fmt: skip


def _crisis_posts(
    rng: np.random.Generator, habits: Habits, kind: str, n: int, start: float, first: int
) -> Posts:
    """Return n authors' posts, first ones first; nobody writes at night, but in the morning."""
    if kind == "slow":
        delays = _RAMP_DAYS * DAY * np.sqrt(rng.random(n))
    else:
        shape = habits.crisis_shape
        delays = rng.gamma(shape, _MEAN_HOURS[kind] * HOUR / shape, n)
    at = start + delays
    night = at % DAY < 7 * HOUR
    at = np.sort(np.where(night, at - at % DAY + rng.uniform(7, 10, n) * HOUR, at))
    posts = columns(at, first + rng.permutation(n), 0)
    return join([posts, again(rng, posts, 0.25)])


def _other(rng: np.random.Generator, topic: int, posts: Posts) -> Ints:
    return (topic + rng.integers(1, TOPICS, len(posts.at))) % TOPICS


def _truths(
    posts: Posts, fetched: Floats, made: list[tuple[str, int, int, int]], project: Project,
    steady: Floats, zero: float,
) -> tuple[Crisis, ...]:  # fmt: skip
    """Return the truth list; the crises' posts stand last, each with its n first ones first."""
    at, found = len(posts.at) - sum(size for *_, size in made), []
    for kind, n, topic, size in made:
        times, end = posts.at[at : at + n], float(posts.at[at : at + size].max())
        hour = int((times[0] - zero) // HOUR) // 168 * 168
        rate = project.rate * float(steady[hour : hour + 168].mean())
        found.append(
            Crisis(
                project=project.key, kind=kind, n=n, topic=topic_codes()[topic][0],
                level=level_of(n), start=float(times[0]), end=end,
                ingested=float(fetched[at : at + size].min()),
                author_times=tuple(times.tolist()),
                author_fetched=tuple(fetched[at : at + n].tolist()), rate=rate,
            )
        )  # fmt: skip
        at += size
    return tuple(found)


# ---- crawling -----------------------------------------------------------------------------------


def _silent(
    habits: Habits, plan: list[tuple[str, int, float, int]], project: Project
) -> tuple[float, float] | None:
    """Return when the forum is silent: in quiet time, a week and a half before any crisis."""
    if habits.dead is None:
        return None
    wanted, days, _ = habits.dead
    starts = [project.ready - MARGIN, *(at + MARGIN for _, _, at, _ in plan)]
    ends = [*(at for _, _, at, _ in plan), project.end]
    free = [
        start + MARGIN
        for start, end in zip(starts, ends, strict=True)
        if end - start - MARGIN > (days + 10) * DAY
    ]
    start = min(free, key=lambda at: abs(at - project.live - wanted * DAY), default=None)
    return None if start is None else (start, start + days * DAY)


def _hold(posts: Posts, silent: tuple[float, float] | None, habits: Habits) -> Posts:
    """Hold back what the silent forum says until it speaks again, or lose it (held = inf)."""
    if silent is None or habits.dead is None:
        return posts
    start, end = silent
    mute = (posts.site == 0) & (posts.at >= start) & (posts.at < end)
    later = end - posts.at if habits.dead[2] else np.inf
    return posts._replace(held=np.where(mute, later, posts.held))


def _fetch(
    rng: np.random.Generator, spec: Spec, habits: Habits, posts: Posts, live: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return when each post was fetched and whether it is flagged as imported history."""
    size = len(posts.at)
    lag = rng.uniform(0, max(spec.lag_hours * HOUR, 300), size)
    fetched = posts.at + lag
    if habits.batch_hours and spec.lag_hours:
        step = habits.batch_hours * HOUR
        fetched = np.ceil((posts.at + posts.site * 600) / step) * step + 60
    fetched = np.where(np.isfinite(posts.held), posts.at + posts.held + lag / 100, fetched)
    imported = fetched < live
    fetched = np.where(imported, live + lag / 100, fetched)
    return fetched, imported & habits.flagged & (live - posts.at > 3 * DAY)


def _only(
    posts: Posts, fetched: Floats, backfill: NDArray[np.bool_], kept: NDArray[np.bool_]
) -> tuple[Posts, Floats, NDArray[np.bool_]]:
    """Return the posts that were ever fetched; copies of lost ones stay copies."""
    if kept.all():
        return posts, fetched, backfill
    new = np.cumsum(kept) - 1
    original = np.where(posts.copy_of >= 0, new[posts.copy_of], -1)
    moved = posts._replace(copy_of=original)
    return Posts._make(column[kept] for column in moved), fetched[kept], backfill[kept]
