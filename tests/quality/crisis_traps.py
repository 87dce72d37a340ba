"""Benign traps (C4 set C): what looks like a crisis to a counter of posts and is none.

Each trap is put into a quiet stream of its own; beside it stands the same stream without the
trap, so that what chance does in the same hours is known too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tests.quality.crisis_families import Floats
from tests.quality.crisis_posts import (
    DAY,
    HOUR,
    NEWS,
    TOPICS,
    UNTOPICAL,
    Posts,
    columns,
    join,
    topic_codes,
)
from tests.quality.crisis_streams import Spec, Stream, stream

Rng = np.random.Generator
#: Accounts of traps: no other post has them.
_STRANGERS = 1_000_000
_WEEKS, _FIRST_DAY, _LAST_DAY = 6, 30, 36
#: After the last trap post an alarm still counts as the trap's.
AFTER = DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """One trap and its hours, as fetched; `twin` is the stream without it."""

    kind: str
    project: str
    twin: str
    start: float
    end: float


def _people(count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return _STRANGERS + np.arange(count)


def _topic(name: str) -> int:
    return [topic for topic, _ in topic_codes()].index(name)


def _spread(rng: Rng, size: int, hours: float) -> Floats:
    return np.sort(rng.uniform(0, hours * HOUR, size))


def quarrel(rng: Rng) -> Posts:
    """Two people shouting at each other for an evening (吵架)."""
    return columns(_spread(rng, 40, 4), _people(2)[np.arange(40) % 2], int(rng.integers(TOPICS)))


def own_pr(rng: Rng) -> Posts:
    """The company's own release under sixty names (通稿)."""
    posts = columns(_spread(rng, 60, 24), _people(60), UNTOPICAL, negative=0)
    return posts._replace(copy_of=np.where(np.arange(60) > 0, 0, -1))


def ads(rng: Rng) -> Posts:
    """Ten sellers of formaldehyde removal (除甲醛广告)."""
    topic = _topic("decoration")
    return columns(_spread(rng, 40, 48), _people(10)[np.arange(40) % 10], topic, negative=0)


def other_developer(rng: Rng) -> Posts:
    """Articles about another developer's stopped site (同行新闻)."""
    return columns(_spread(rng, 25, 36), _people(25), _topic("funds"), negative=0, site=NEWS)


def old_posts(rng: Rng) -> Posts:
    """Complaints of a month ago that a crawl meets today (旧帖重现)."""
    size = int(rng.integers(12, 31))
    posts = columns(-rng.uniform(10, 40, size) * DAY, _people(size), int(rng.integers(TOPICS)))
    return posts._replace(held=_spread(rng, size, 2) - posts.at)


def festival(rng: Rng) -> Posts:
    """Eighty neighbours wish each other well (节日祝福)."""
    return columns(_spread(rng, 80, 24), _people(80), UNTOPICAL, negative=0)


def price_talk(rng: Rng) -> Posts:
    """Sixty people talk about prices without complaint (聊房价)."""
    return columns(_spread(rng, 60, 30), _people(60), _topic("price"), negative=0)


def angry_owner(rng: Rng) -> Posts:
    """One owner, thirty posts in four days (一人刷屏)."""
    return columns(_spread(rng, 30, 96), _people(1).repeat(30), int(rng.integers(TOPICS)))


def one_text(rng: Rng) -> Posts:
    """One complaint copied by twenty to forty accounts within an hour (刷屏转发)."""
    size = int(rng.integers(20, 41))
    posts = columns(_spread(rng, size, 1), _people(size), int(rng.integers(TOPICS)))
    return posts._replace(copy_of=np.where(np.arange(size) > 0, 0, -1))


def outage(_rng: Rng) -> Posts:
    """Add nothing: two days' posts of every day are fetched at once (补采)."""
    return columns(np.zeros(0), _people(0), UNTOPICAL)


TRAPS: dict[str, Callable[[Rng], Posts]] = {
    made.__name__: made
    for made in (
        quarrel, own_pr, ads, other_developer, old_posts, festival, price_talk, angry_owner,
        one_text, outage,
    )
}  # fmt: skip


def trapped(seed: int, count: int = 240) -> tuple[list[Stream], list[Trap]]:
    """Return the streams with a trap and their twins, and the traps; kinds take turns."""
    spec = Spec(seed=seed, projects=count, weeks=_WEEKS, crises=False)
    kinds, streams, traps = list(TRAPS), [], []
    for number in range(count):
        rng = np.random.default_rng([seed, number, 1])
        plain = stream(spec, number)
        with_trap, trap = _put(rng, plain, kinds[number % len(kinds)])
        streams += [with_trap, _renamed(plain, trap.twin)]
        traps.append(trap)
    return streams, traps


def _put(rng: Rng, plain: Stream, kind: str) -> tuple[Stream, Trap]:
    """Return the stream with a trap of this kind set between nine and six o'clock."""
    day = int(rng.integers(_FIRST_DAY, _LAST_DAY))
    start = plain.project.live + day * DAY + rng.uniform(9, 18) * HOUR
    posts = TRAPS[kind](rng)
    posts = posts._replace(at=posts.at + start)
    lag = np.where(np.isnan(posts.held), rng.uniform(0, 6 * HOUR, len(posts.at)), posts.held)
    fetched = posts.at + lag
    old = plain.fetched
    if kind == "outage":
        lost = (plain.posts.at >= start - 2 * DAY) & (plain.posts.at < start)
        old = np.where(lost, start + (start - plain.posts.at) / 1000, old)
        fetched_span = (start, start + HOUR)
    else:
        fetched_span = (float(fetched.min()), float(fetched.max()))
    key = plain.project.key.replace("p", "t")
    trap = Trap(kind=kind, project=key, twin=key.replace("t", "u"),
                start=fetched_span[0], end=fetched_span[1] + AFTER)  # fmt: skip
    more = plain._replace(
        posts=join([plain.posts, posts]), fetched=np.concatenate([old, fetched]),
        backfill=np.concatenate([plain.backfill, np.zeros(len(fetched), dtype=bool)]),
    )  # fmt: skip
    return _renamed(more, key), trap


def _renamed(item: Stream, key: str) -> Stream:
    return item._replace(project=replace(item.project, key=key))
