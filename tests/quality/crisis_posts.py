"""Posts as columns, and a project's ordinary weeks: voices, repetitions, quarrels, floods.

Times are seconds of Shanghai's wall clock since 1970.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from tests.quality.crisis_families import Family, Floats, Habits

Ints = NDArray[np.int64]

HOUR, DAY = 3600.0, 86400.0
#: Benign bursts a week (C3): quarrels of two, floods of reposts.
_QUARRELS, _FLOODS = 0.15, 0.15
#: Site of an author by his number: forum, group, complaint, public account.
_SITES = np.array([0] * 13 + [1] * 5 + [2] + [3])
SITE_KINDS = ("forum", "group", "complaint", "social", "news")
NEWS = 4
NOBODY = -1
FRESH = 100_000  # authors from here on are seen for the first time

CATEGORIES = Path(__file__).resolve().parents[2] / "config" / "categories.yml"


@cache
def topic_codes() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (topic, its K-codes) in the file's order, then ("", the codes without a topic)."""
    found: dict[str, list[str]] = {}
    for row in yaml.safe_load(CATEGORIES.read_text())["categories"]:
        if row["severity"]:
            found.setdefault(row["topic"] or "", []).append(row["code"])
    names = [*sorted(name for name in found if name), ""]
    return tuple((name, tuple(found[name])) for name in names)


TOPICS = 12
UNTOPICAL = TOPICS


class Posts(NamedTuple):
    """Columns of posts; `copy_of` counts inside the same columns, -1 = none."""

    at: Floats
    author: Ints
    site: Ints
    topic: Ints
    negative: Ints
    copy_of: Ints
    #: Seconds from publishing to fetching where something else than the crawl decides, else nan.
    held: Floats


def columns(
    at: Floats, author: Ints, topic: Ints | int, *, negative: int = 1, site: int | None = None
) -> Posts:
    """Return posts; the site is the author's own unless given."""
    size = len(at)
    return Posts(
        at=at, author=author,
        site=_SITES[author % len(_SITES)] if site is None else np.full(size, site),
        topic=np.broadcast_to(np.asarray(topic), size).astype(np.int64),
        negative=np.full(size, negative), copy_of=np.full(size, -1), held=np.full(size, np.nan),
    )  # fmt: skip


def join(parts: list[Posts]) -> Posts:
    """Return the parts one after the other, `copy_of` moved along."""
    offsets = np.cumsum([0, *(len(part.at) for part in parts[:-1])])
    moved = [
        part._replace(copy_of=np.where(part.copy_of >= 0, part.copy_of + offset, -1))
        for part, offset in zip(parts, offsets, strict=True)
    ]
    return Posts._make(np.concatenate(column) for column in zip(*moved, strict=True))


def background(
    rng: np.random.Generator, habits: Habits, family: Family, bursty: Floats, shares: Floats,
    zero: float,
) -> Posts:  # fmt: skip
    """Return everything that is no crisis: voices, what they say again, bursts, other posts."""
    counts = rng.poisson(habits.rate / 24 * bursty)
    at = zero + (np.repeat(np.arange(len(bursty)), counts) + rng.random(counts.sum())) * HOUR
    size = len(at)
    pool = max(8, int(habits.rate * 15))
    known = (pool * rng.random(size) ** 2).astype(np.int64)
    author = np.where(rng.random(size) < 0.35, known, FRESH + np.arange(size))
    topic = rng.choice(TOPICS, size, p=shares)
    topic[rng.random(size) < family.untopical] = UNTOPICAL
    voices = columns(at, author, topic)
    news = rng.random(size) < 0.01
    voices.site[news] = NEWS
    calm = habits.others / 24 * bursty**0.5
    counts = rng.poisson(calm)
    other_at = zero + (np.repeat(np.arange(len(calm)), counts) + rng.random(counts.sum())) * HOUR
    size = len(other_at)
    others = columns(
        other_at, FRESH * 2 + (size * rng.random(size) ** 1.3).astype(np.int64),
        np.where(rng.random(size) < 0.3, rng.integers(0, TOPICS, size), UNTOPICAL), negative=0,
    )  # fmt: skip
    others.site[rng.random(size) < 0.08] = NEWS
    weeks = (bursty > 0).sum() / 168
    parts = [voices, again(rng, voices, 0.25), others]
    parts += [_quarrel(rng, voices, pool) for _ in range(rng.poisson(_QUARRELS * weeks))]
    posts = join(parts)
    floods = [_flood(rng, posts, len(voices.at), k) for k in range(rng.poisson(_FLOODS * weeks))]
    # Copies point into `posts`, which stays first.
    return Posts._make(np.concatenate(c) for c in zip(posts, *floods, strict=True))


def again(rng: np.random.Generator, posts: Posts, share: float) -> Posts:
    """Return what a share of the authors says once or more again within hours: no new voices."""
    times = np.where(rng.random(len(posts.at)) < share, rng.geometric(0.5, len(posts.at)), 0)
    repeated = Posts._make(np.repeat(column, times) for column in posts)
    at = repeated.at + rng.exponential(2 * HOUR, len(repeated.at))
    return repeated._replace(at=at)


def _quarrel(rng: np.random.Generator, voices: Posts, pool: int) -> Posts:
    """Return two people shouting at each other for three hours."""
    if not len(voices.at):
        return voices
    at, size = rng.choice(voices.at), int(rng.integers(10, 31))
    pair = rng.integers(0, pool, 2)
    topic = int(rng.choice(voices.topic))
    return columns(at + rng.uniform(0, 3 * HOUR, size), pair[np.arange(size) % 2], topic)


def _flood(rng: np.random.Generator, posts: Posts, voices: int, number: int) -> Posts:
    """Return copies of one complaint under many names: one voice (D-C1)."""
    size = int(rng.integers(5, 26)) if voices else 0
    original = int(rng.integers(0, max(voices, 1)))
    at = posts.at[original : original + 1] + rng.uniform(HOUR, 12 * HOUR, size)
    author = FRESH * 3 + number * 100 + np.arange(size)
    copies = columns(at, author, posts.topic[original : original + 1] if size else 0)
    return copies._replace(copy_of=np.full(size, original))
