"""Stretches of a text (区间): whether one overlaps any of many, in logarithmic time."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the stretches in order, those that overlap made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def overlaps(spans: Sequence[Span], start: int, end: int) -> bool:
    """Whether [start, end) shares a character with one of the merged stretches."""
    at = bisect_left(spans, (end,)) - 1
    return at >= 0 and spans[at][1] > start
