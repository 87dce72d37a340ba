"""Looks: one stream of voices in one sliding window, and how rare by chance it is (D-C1).

What one topic should hold is judged with the other topics of the subject at hand: a lively evening
moves them all, a trouble only its own. The noise topics share is a gamma factor, so the other
topics' count updates it exactly: mean and overdispersion of the topic are those given the others.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from alerts.baseline import Worths
from alerts.counting import counts_at
from alerts.tail import rarity, score
from domain.alert import Counted
from domain.detection import ALL, Baseline, Detector, Window
from domain.voices import voice_of

#: Posts older than this are back-fill and judge nothing (B-EV2).
LATE = timedelta(hours=72)
#: The least overdispersion of its own that a topic is given.
_OWN = 0.02
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The voices of one topic, or of all, and the other topics' beside them."""

    name: str
    #: Voices of a mean day, here and in the other topics.
    rate: float
    others_rate: float
    posts: Sequence[Counted]
    others: Sequence[Counted] = ()

    def least(self, window: Window) -> int:
        """Return the fewest voices that may alarm in a window."""
        return window.least_all if self.name == ALL else window.least_topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One window as it was looked at."""

    window: Window
    start: datetime
    end: datetime
    posts: Sequence[Counted]
    voices: int
    #: Voices the baseline gives, given how lively the other topics were: `factor` × usual.
    expected: float
    factor: float
    phi: float
    score: float
    #: −log10 of how often a week chance completes such a window.
    rarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What looking at a subject needs besides its posts."""

    baseline: Baseline
    worths: Worths
    detector: Detector
    now: datetime

    def looks(self, stream: Stream, window: Window, fresh: frozenset[str]) -> list[Look]:
        """Return the looks at one stream whose window ends now or holds what is fresh."""
        if len(stream.posts) < stream.least(window):
            return []
        timed = _timed(stream.posts, window)
        times = [at for at, _ in timed]
        news = [at for at, post in timed if post.key in fresh and self.now - at <= LATE]
        others = _timed(stream.others, window)
        found = (
            self._look(stream, window, timed, times, others, end)
            for end in self._ends(times, news, window)
        )
        return [look for look in found if look is not None]

    def _ends(
        self, times: Sequence[datetime], news: Sequence[datetime], window: Window
    ) -> list[datetime]:
        """Return now, and the grid point behind each voice a fresh one may stand with."""
        ends, done = {self.now}, 0
        for new in news:  # in order, so that no voice is looked at twice
            until = min(new + window.length, self.now)
            low, high = max(done, bisect_left(times, new)), bisect_left(times, until)
            ends.update(min(_next_grid(at, self.detector.grid), self.now) for at in times[low:high])
            done = max(done, high)
        return sorted(ends)

    def _look(
        self,
        stream: Stream,
        window: Window,
        timed: Sequence[tuple[datetime, Counted]],
        times: Sequence[datetime],
        others: Sequence[tuple[datetime, Counted]],
        end: datetime,
    ) -> Look | None:
        start = end - window.length
        low, high = bisect_left(times, start), bisect_left(times, end)
        if high - low < stream.least(window):
            return None
        posts = [post for _, post in timed[low:high]]
        voices = len({voice_of(post) for post in posts})
        if voices < stream.least(window):
            return None
        worth = self.worths.worth(start, end) * self.baseline.pooled.recount[window.hours]
        beside = {voice_of(post) for at, post in others if start <= at < end}
        factor, phi = self._given(stream, window, len(beside), stream.others_rate * worth)
        expected = max(stream.rate * worth * factor, 1e-6)
        overlap = window.overlap_all if stream.name == ALL else window.overlap_topic
        return Look(
            window=window, start=start, end=end, posts=posts, voices=voices, expected=expected,
            factor=factor, phi=phi, score=score(voices, expected, phi),
            rarity=rarity(voices, expected, phi, 7 * stream.rate) + overlap,
        )  # fmt: skip

    def _given(
        self, stream: Stream, window: Window, beside: int, usual: float
    ) -> tuple[float, float]:
        """Return (factor, φ) of a stream given the other topics' voices and their usual number."""
        noise = self.baseline.pooled.noise
        if stream.name == ALL:
            return 1.0, noise.every[window.hours]
        shared = noise.shared[window.hours]
        size = 1 / shared + beside
        own = max(noise.topic[window.hours] - shared, _OWN) / (1 + shared)
        return size / (1 / shared + usual), 1 / size + own * (1 + 1 / size)


def _timed(posts: Sequence[Counted], window: Window) -> list[tuple[datetime, Counted]]:
    """Return the posts with the time each counts at, in that order; a view is in it already."""
    timed = [(counts_at(post, window.length), post) for post in posts]
    in_order = all(one[0] <= other[0] for one, other in pairwise(timed))
    return timed if in_order else sorted(timed, key=lambda pair: (pair[0], pair[1].key))


def _next_grid(moment: datetime, grid: timedelta) -> datetime:
    """Return the first grid point after a moment: windows are half-open (B-EV3)."""
    return moment + grid - (moment - _EPOCH) % grid
