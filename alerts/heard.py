"""Voices in time (声音的先后): who spoke when for the first time, and whether it grows."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alerts.counting import by_voice, counts_at, in_order, is_voice
from domain.alert import Counted
from domain.indicator import Heard, Part

#: Growth: at least so many new voices in a day, and so many times the day before.
GROWING_VOICES, GROWING_TIMES = 3, 2.0
DAY = timedelta(hours=24)


def once(posts: Iterable[Counted]) -> tuple[Counted, ...]:
    """Return each post once, in the one order that no input order changes."""
    return in_order({post.key: post for post in posts}.values())


def heard(posts: Iterable[Counted], *, joined: bool = False) -> tuple[Heard, ...]:
    """Return when each voice of complaint was first heard, at the site with most of them.

    That is the certain count the rules use (A12); `joined` takes all sites, the probable count.
    Copies, back-fill, articles and reports of our own staff are no voices.
    """
    ordered = once(
        post for post in posts if is_voice(post) and not post.duplicate and not post.backfill
    )
    first: dict[tuple[str, str], Heard] = {}
    for post, voice in zip(ordered, by_voice(ordered), strict=True):
        first.setdefault(voice, Heard(at=counts_at(post, DAY), key=post.key))
    if joined:
        return tuple(first.values())
    sites: dict[str, list[Heard]] = {}
    for (site, _), one in first.items():
        sites.setdefault(site, []).append(one)
    largest = max(sites, key=lambda site: len(sites[site]), default="")
    return tuple(sites.get(largest, ()))


def growing(said: Sequence[Heard], now: datetime) -> Part | None:
    """Return the growth of the last 24 hours over the 24 before, None where it does not grow."""
    last = between(said, now - DAY, now)
    before = between(said, now - 2 * DAY, now - DAY)
    if len(last) < GROWING_VOICES or len(last) < GROWING_TIMES * len(before):
        return None
    return Part(
        name=f"24 小时内新增 {len(last)} 个声音，前一日 {len(before)} 个",
        value=len(last) - len(before),
        keys=tuple(one.key for one in (*before, *last)),
        numbers={"last_24h": len(last), "before": len(before)},
    )


def between(said: Sequence[Heard], start: datetime, end: datetime) -> list[Heard]:
    """Return the voices first heard after `start` up to and including `end`."""
    return [one for one in said if start < one.at <= end]
