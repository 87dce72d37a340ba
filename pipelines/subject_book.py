"""Subject book: what the statistics remember of each subject in a replay (D-C2, D-C3).

What the line keeps in the store (store/voices.py), this keeps in dictionaries; both give the same
History, Sample and SubjectView to the same pure functions.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from alerts import baseline as normal
from alerts import pooled
from alerts.baseline import Weekday
from alerts.counts import VIEW
from alerts.detect import detect
from domain.alert import Counted, Finding, Rules, SubjectView
from domain.clock import shanghai_day
from domain.detection import Baseline, Detector, History, Pools, Sample, Spoken
from domain.voices import speaks, streams_of, topics_of, voice_of

DAY = timedelta(hours=24)


@dataclass(slots=True, kw_only=True)
class _Subject:
    name: str
    #: (published, key) in order, and the posts themselves.
    order: list[tuple[datetime, str]] = field(default_factory=list)
    posts: dict[str, Counted] = field(default_factory=dict)
    #: (day, topic) → voice → posts; (day, site) → posts.
    heard: dict[tuple[date, str], Counter[tuple[str, str]]] = field(default_factory=dict)
    sites: Counter[tuple[date, str]] = field(default_factory=Counter)
    first: date | None = None
    #: The baseline in use; dropped when a day it looked at changed.
    baseline: Baseline | None = None
    fresh: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class SubjectBook:
    """All subjects of a replay."""

    rules: Rules
    weekday: Weekday
    subjects: dict[str, _Subject] = field(default_factory=dict)
    pools: Pools | None = None

    def put(self, subject: str, name: str, post: Counted) -> None:
        """Take in a post, or what became of it by an edit."""
        kept = self.subjects.setdefault(subject, _Subject(name=name))
        old = kept.posts.get(post.key)
        if old is not None:
            self._count(kept, old, -1)
        else:
            insort(kept.order, (post.published_at, post.key))
            kept.fresh.add(post.key)
        kept.posts[post.key] = post
        self._count(kept, post, 1)

    def _count(self, kept: _Subject, post: Counted, by: int) -> None:
        day = shanghai_day(post.published_at)
        kept.first = day if kept.first is None else min(kept.first, day)
        kept.sites[day, post.site] += by
        if kept.baseline is not None and day < kept.baseline.day - timedelta(days=1):
            kept.baseline = None
        for stream in streams_of(post, self.rules.topics):
            voices = kept.heard.setdefault((day, stream), Counter())
            voices[voice_of(post)] += by
            if not voices[voice_of(post)]:
                del voices[voice_of(post)]

    def detect(self, subject: str, now: datetime, held: frozenset[str]) -> list[Finding]:
        """Return the findings of one subject now; its fresh posts are fresh no more."""
        detector, kept = self.rules.detector, self.subjects.get(subject)
        if detector is None or kept is None or kept.first is None:
            return []
        fresh, kept.fresh = frozenset(kept.fresh), set()
        if (shanghai_day(now) - kept.first).days < detector.warm_up_days:
            return []
        if not held and not any(speaks(kept.posts[key]) for key in fresh):
            return []
        view = SubjectView(
            subject=subject,
            subject_name=kept.name,
            posts=tuple(_recent(kept, now)),
            fresh=fresh,
            day=tuple(_since(kept, now - DAY)),
        )
        baseline = self._baseline(subject, kept, detector, now)
        return detect(view, baseline, self.rules, self.weekday, now, held)

    def _baseline(
        self, subject: str, kept: _Subject, detector: Detector, now: datetime
    ) -> Baseline:
        today = shanghai_day(now)
        pools = self._pools(detector, today)
        if kept.baseline is None or kept.baseline.day != today:
            shared = pools.of(subject) or pooled.assumed(detector, self.rules.topic_names)
            kept.baseline = normal.baseline(_history(kept), shared, detector, today, self.weekday)
        return kept.baseline

    def _pools(self, detector: Detector, today: date) -> Pools:
        """Return what subjects of a channel type share, estimated anew once a week (D-C3)."""
        monday = today - timedelta(days=today.weekday())
        if self.pools is None or self.pools.monday != monday:
            for kept in self.subjects.values():
                kept.baseline = None
                _forget(kept, monday - timedelta(days=detector.history_days + 7))
            samples = {
                name: Sample(history=_history(kept), spoken=self._spoken(kept, detector, monday))
                for name, kept in self.subjects.items()
                if kept.first is not None and kept.first < monday
            }
            self.pools = pooled.pools(
                samples, detector, self.rules.topic_names, monday, self.weekday
            )
        return self.pools

    def _spoken(self, kept: _Subject, detector: Detector, monday: date) -> list[Spoken]:
        since = monday - timedelta(weeks=detector.pooled_weeks)
        return [
            Spoken(
                at=post.published_at, voice="|".join(voice_of(post)), kind=post.kind,
                topics=topics_of(post.categories, self.rules.topics),
            )
            for post in (kept.posts[key] for _, key in kept.order)
            if speaks(post) and since <= shanghai_day(post.published_at) < monday
        ]  # fmt: skip


def _recent(kept: _Subject, now: datetime) -> list[Counted]:
    """Return the voices a view looks at, oldest first."""
    return [post for post in _since(kept, now - VIEW) if speaks(post) and not post.backfill]


def _since(kept: _Subject, start: datetime) -> Iterable[Counted]:
    """Return the posts published since then, oldest first."""
    return (kept.posts[key] for _, key in kept.order[bisect_left(kept.order, (start, "")) :])


def _history(kept: _Subject) -> History:
    assert kept.first is not None  # a subject begins with its first post
    return History(
        first=kept.first,
        voices={place: len(voices) for place, voices in kept.heard.items() if voices},
        posts=kept.sites,
    )


def _forget(kept: _Subject, before: date) -> None:
    """Drop what no baseline looks at any more."""
    gone = [key for at, key in kept.order if shanghai_day(at) < before]
    for key in gone:
        del kept.posts[key]
    kept.order = kept.order[len(gone) :]
    for place in [place for place in kept.heard if place[0] < before]:
        del kept.heard[place]
    for site in [site for site in kept.sites if site[0] < before]:
        del kept.sites[site]
