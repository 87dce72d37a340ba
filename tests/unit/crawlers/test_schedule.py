"""Pace of a source: hot where something burns, cold where nothing happens, slower at a wall."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.schedule import Activity, Pace, next_visit
from domain.post import SourceKind
from domain.source import Source
from pipelines.crawl import lost_fields

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SOURCE = Source(
    name="板块", engine="discuzx", url="http://f.example/", site="f.example",
    kind=SourceKind.FORUM, every=timedelta(minutes=15),
)  # fmt: skip
SEEN = Activity(first=NOW - timedelta(days=40), newest=NOW - timedelta(hours=3))


@pytest.mark.parametrize(
    ("activity", "pace", "minutes"),
    [
        (Activity(), Pace.NORMAL, 15),
        (SEEN, Pace.NORMAL, 15),
        (replace(SEEN, open_alert="W-20261122-0001"), Pace.HOT, 5),
        (replace(SEEN, new_posts=10), Pace.HOT, 5),
        (replace(SEEN, new_posts=9), Pace.NORMAL, 15),
        (replace(SEEN, newest=NOW - timedelta(days=14)), Pace.COLD, 90),
        (replace(SEEN, newest=NOW - timedelta(days=14) + timedelta(seconds=1)), Pace.NORMAL, 15),
        # A place that never gave anything is quiet since its first visit.
        (Activity(first=NOW - timedelta(days=15)), Pace.COLD, 90),
        # An open alert beats silence, a wall beats everything.
        (replace(SEEN, newest=None, open_alert="W-1"), Pace.HOT, 5),
        (replace(SEEN, open_alert="W-1", walls=1), Pace.WALL, 30),
        (replace(SEEN, walls=3), Pace.WALL, 120),
        (replace(SEEN, walls=40), Pace.WALL, 1440),
    ],
)
def test_pace_follows_what_happens(activity: Activity, pace: Pace, minutes: float) -> None:
    visit = next_visit(SOURCE, activity, NOW)
    assert (visit.pace, visit.every) == (pace, timedelta(minutes=minutes))
    assert bool(visit.reason) == (pace is not Pace.NORMAL)


@pytest.mark.parametrize(
    ("every", "hot", "cold"),
    [(3, 2, 18), (2, 2, 12), (1, 1, 6), (240, 80, 360), (600, 200, 600)],
)
def test_hot_is_never_impolite_and_cold_never_more_often(
    every: float, hot: float, cold: float
) -> None:
    source = replace(SOURCE, every=timedelta(minutes=every))
    assert next_visit(source, replace(SEEN, open_alert="W"), NOW).every == timedelta(minutes=hot)
    quiet = replace(SEEN, newest=NOW - timedelta(days=99))
    assert next_visit(source, quiet, NOW).every == timedelta(minutes=cold)


def test_a_source_may_set_its_own_paces_within_politeness() -> None:
    source = replace(SOURCE, options={"hot_every": 30, "cold_every": 7200})
    hot = next_visit(source, replace(SEEN, open_alert="W"), NOW)
    assert hot.every == timedelta(minutes=2)
    cold = next_visit(source, replace(SEEN, newest=NOW - timedelta(days=99)), NOW)
    assert cold.every == timedelta(hours=2)


FULL = {"posts": 100, "text": 100, "author": 90, "time": 100, "title": 10, "floor": 100}


@pytest.mark.parametrize(
    ("now", "crawls", "lost"),
    [
        ({"posts": 10, "text": 10, "author": 9, "time": 10, "floor": 10}, 5, []),
        ({"posts": 10, "text": 10, "author": 0, "time": 10, "floor": 10}, 5, ["author"]),
        ({"posts": 10, "text": 10, "floor": 10}, 5, ["author", "time"]),
        # Titles were rare before: their absence says nothing.
        ({"posts": 10, "text": 10, "author": 9, "time": 10, "floor": 10, "title": 0}, 5, []),
        # Too few posts, or too short a history.
        ({"posts": 4, "text": 4}, 5, []),
        ({"posts": 10, "text": 10}, 2, []),
    ],
)
def test_a_field_that_most_had_and_hardly_any_has_is_lost(
    now: dict[str, int], crawls: int, lost: list[str]
) -> None:
    assert lost_fields(now, FULL, crawls) == lost
