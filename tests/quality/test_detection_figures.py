"""The exam's figures against cases worked by hand, and the peers against plain counting."""

from typing import Any

import numpy as np
import pytest

from tests.exams.detection_alarms import RANK, histories, wall
from tests.exams.detection_figures import (
    Crises,
    Rate,
    Share,
    fast,
    grown,
    judged,
    quiet,
    quiet_spans,
)
from tests.exams.detection_lines import Line
from tests.exams.peers_detection import (
    PEERS,
    alarms,
    calibrate,
    ears_c1,
    scored,
    spike,
    voices_24h,
)
from tests.quality.crisis_posts import DAY, HOUR
from tests.quality.crisis_rows import iso
from tests.quality.crisis_streams import Crisis, Project, Spec, stream

ZERO = wall("2026-03-02T00:00:00+08:00")
MINOR, MODERATE, MAJOR = RANK["minor"], RANK["moderate"], RANK["major"]


def row(hours: float, event: str, level: str = "moderate", number: str = "1") -> dict[str, Any]:
    at = iso(np.array([ZERO + hours * HOUR]))[0]
    return {
        "at": f"{at}+08:00", "event": event, "alert_id": number, "project": "p", "level": level,
        "rule": "count", "topic": "quality", "post_ids": ["a"],
    }  # fmt: skip


def crisis(start: float = 0, *, kind: str = "fast", n: int = 12, gap: float = 1.0) -> Crisis:
    times = tuple(ZERO + (start + gap * k) * HOUR for k in range(n))
    return Crisis(
        project="p", kind=kind, n=n, topic="quality", level="critical", start=times[0],
        end=times[-1], ingested=times[0] + HOUR, author_times=times, rate=1.0,
        author_fetched=tuple(time + HOUR for time in times),
    )  # fmt: skip


def project(weeks: float = 10) -> Project:
    return Project(
        key="p", rate=1.0, live=ZERO - 42 * DAY, ready=ZERO, end=ZERO + weeks * 7 * DAY, habits={}
    )


def test_times_are_shanghais_wall_clock() -> None:
    assert wall("1970-01-02T00:00:00+08:00") == DAY
    assert wall("1970-01-01T16:00:00+00:00") == 16 * HOUR


def test_an_alarm_counts_for_each_level_it_newly_reaches() -> None:
    told = [
        row(1, "opened", "minor"),
        row(2, "raised", "major"),
        row(3, "lowered", "minor"),
        row(4, "raised", "moderate"),
        row(5, "suppressed", "critical"),
        row(6, "closed"),
        row(7, "opened", "moderate"),
        row(8, "opened", "minor", "2"),
    ]
    found = quiet([project()], [], histories(told))
    assert found.weeks == pytest.approx(10)
    assert [found.rate(rank).events for rank in (MINOR, MODERATE, MAJOR)] == [3, 3, 1]
    assert found.merged(MODERATE).events == 1


def test_quiet_is_warmed_up_and_a_week_from_every_crisis() -> None:
    spans = quiet_spans(project(4), [crisis(14 * 24, n=25)])
    assert [((a - ZERO) / DAY, (b - ZERO) / DAY) for a, b in spans] == [(0, 7), (22, 28)]
    near = [row(24 * day, "opened", number=str(day)) for day in (-1, 5, 8, 14, 21, 23, 40)]
    found = quiet([project(4)], [crisis(14 * 24, n=25)], histories(near))
    assert [rise.alert for rise in found.rises] == ["5", "23"]


def test_intervals_are_exact_poisson_and_wilson() -> None:
    assert Rate(0, 1).interval == pytest.approx((0, 3.689), abs=1e-3)
    assert Rate(10, 100).interval == pytest.approx((0.04795, 0.18390), abs=1e-5)
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "within"), [("fast", 48), ("mid", 72), ("slow", 168)]
)  # fmt: skip
def test_recall_ends_with_the_time_allowed(kind: str, within: float) -> None:
    def recall(hours: float) -> int:
        told = histories([row(hours, "opened")])
        return judged([crisis(kind=kind)], told).recall.k

    assert [recall(hours) for hours in (-0.5, 0.5, within, within + 0.5)] == [0, 1, 1, 0]


def test_only_moderate_and_above_is_an_alarm_and_a_rise_is_one() -> None:
    assert judged([crisis()], histories([row(1, "opened", "minor")])).recall.k == 0
    rises = [row(-80, "opened", "minor"), row(3, "raised", "moderate")]
    assert judged([crisis()], histories(rises)).recall.k == 1


def test_an_episode_open_the_day_before_sets_the_crisis_apart() -> None:
    told = [row(-60, "opened"), row(-20, "closed"), row(1, "opened", number="2")]
    found = judged([crisis()], histories(told))
    assert [found.covered.k, found.recall.n] == [1, 0]
    long_closed = [row(-60, "opened"), row(-30, "closed"), row(1, "opened", number="2")]
    assert judged([crisis()], histories(long_closed)).recall.n == 1


def test_delay_voices_and_lead_of_one_crisis() -> None:
    found = judged([crisis(gap=2.0)], histories([row(5, "opened")]))
    delays = [*found.delays(lambda one: one.start), *found.delays(lambda one: one.ingested)]
    assert delays == [5, 5, 4, 4]
    assert [*found.voices, *found.known, *found.lead, found.early.k] == [3, 3, 3, 3, 13, 13, 1]


def test_what_is_missed_or_late_was_not_before_the_tenth_author() -> None:
    told = histories(
        [row(5, "opened"), row(50, "closed"), row(400, "opened", number="2"),
         row(500, "closed", number="2")]
    )  # fmt: skip
    some = [crisis(gap=2.0), crisis(390, gap=0.5), crisis(800), crisis(900, n=8)]
    found = judged(some, told)
    assert (found.early.k, found.early.n) == (1, 3)
    assert (found.early_if_found.k, found.early_if_found.n) == (1, 2)


def test_level_is_compared_with_the_truth_table() -> None:
    told = [row(1, "opened", "moderate"), row(30, "raised", "major")]
    assert judged([crisis(gap=2.0)], histories(told)).level_close.k == 1
    assert judged([crisis(gap=2.0)], histories(told[:1])).level_close.k == 0


def test_groups_of_crises_are_those_of_the_exam() -> None:
    assert fast(crisis(n=20))
    assert not fast(crisis(n=8))
    assert fast(crisis(n=8), 8)
    assert grown(crisis(kind="mid", n=12))
    assert not grown(crisis(kind="slow", n=12))
    assert not grown(crisis(n=40))
    assert Crises(verdicts=()).recall.value == 0


def test_a_line_compares_the_point_with_must_and_aim() -> None:
    line = Line(name="x", measured=0.9, shown="", must=0.9, aim=0.96, at_most=False)
    assert (line.ok, line.reaches(line.aim)) == (True, False)
    assert str(line).startswith("ok  ")
    assert not Line(name="x", measured=0.31, shown="", must=0.3, aim=0.2).ok


# ---- peers --------------------------------------------------------------------------------------

SPEC = Spec(seed=21, projects=12, weeks=14)


def test_voices_of_a_day_are_what_plain_counting_gives() -> None:
    item = stream(SPEC, 1)
    zero, counts = voices_24h(item)
    posts = item.posts
    for hour in (200, 777, 1500, 2000):
        now = zero + hour * HOUR
        seen = (posts.negative > 0) & (posts.copy_of < 0) & (item.fetched <= now)
        seen &= (posts.at > now - DAY) & (item.fetched - posts.at < DAY)
        assert counts[hour] == len(set(posts.author[seen].tolist()))


def test_peers_score_as_their_definitions_say() -> None:
    counts = np.repeat([0.0, 2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 3.0, 9.0], 24)
    assert spike(counts)[-1] == 3
    before = np.array([2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 3.0])
    assert ears_c1(counts)[-1] == pytest.approx((9 - before.mean()) / before.std(ddof=1))


@pytest.mark.parametrize("name", PEERS)
def test_calibrated_peers_raise_no_more_false_alarms_than_asked(name: str) -> None:
    streams = [stream(SPEC, number) for number in range(SPEC.projects)]
    found = scored(streams, PEERS[name])
    threshold = calibrate(streams, found, 0.1)

    def far(at: float) -> float:
        crises = [one for item in streams for one in item.crises]
        told = histories(alarms(found, at))
        return quiet([item.project for item in streams], crises, told).rate(MODERATE).value

    assert far(threshold) <= 0.1 < far(threshold * 0.7)
