"""The invented streams keep what C3 says of them; otherwise the exam measures something else."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from domain.post import SourceKind
from tests.quality.crisis_families import FAMILIES
from tests.quality.crisis_posts import DAY, FRESH, HOUR, SITE_KINDS, TOPICS, topic_codes
from tests.quality.crisis_rows import rows, write
from tests.quality.crisis_streams import (
    FREE_DAYS,
    MARGIN,
    SIZES,
    Spec,
    Stream,
    stream,
)
from tests.quality.crisis_traps import TRAPS, trapped

SPEC = Spec(seed=11, projects=40)


@pytest.fixture(scope="module")
def pilot() -> list[Stream]:
    return [stream(SPEC, number) for number in range(SPEC.projects)]


def of(family: str, count: int = 12, **changes: float) -> list[Stream]:
    spec = replace(SPEC, family=family, **changes)  # type: ignore[arg-type]
    return [stream(spec, number) for number in range(count)]


def voices(item: Stream) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Days with their number of background voices (first-hand, said once)."""
    posts = item.posts
    own = (posts.negative > 0) & (posts.copy_of < 0) & (posts.author < FRESH * 5)
    pairs = {
        (int((at - item.project.live) // DAY), who)
        for at, who in zip(posts.at[own], posts.author[own], strict=True)
    }
    days = Counter(day for day, _ in pairs)
    return np.array([days[day] for day in range(SPEC.weeks * 7)], dtype=np.float64)


def test_same_seed_same_stream_and_another_seed_another(pilot: list[Stream]) -> None:
    assert rows(stream(replace(SPEC, projects=3), 7)) == rows(pilot[7])
    assert rows(stream(replace(SPEC, seed=12), 7)) != rows(pilot[7])


def test_voices_a_day_follow_the_base_rate(pilot: list[Stream]) -> None:
    # The first weeks, before the drift has gone far; bursts and quarrels add a little.
    ratio = [voices(item)[:28].mean() / item.project.rate for item in pilot]
    assert 0.85 < np.median(ratio) < 1.2
    assert {item.project.rate < 1.5 for item in pilot} == {True, False}


def test_bursts_are_far_above_poisson_and_double_with_the_doubled_family(
    pilot: list[Stream],
) -> None:
    def dispersion(streams: list[Stream]) -> float:
        """Median of phi in variance = mean + phi mean², within weeks (drift left out)."""
        found = []
        for item in streams:
            weeks = voices(item)[:196].reshape(-1, 7)
            mean = weeks.mean(axis=1)
            spread = (weeks.var(axis=1, ddof=1) - mean).sum()
            found.append(spread / (mean**2).sum())
        return float(np.median(found))

    busy = [item for item in pilot if item.project.rate > 3]
    twice = [stream(replace(SPEC, family="doubled"), int(item.project.key[1:])) for item in busy]
    assert 0.2 < dispersion(busy) < 0.5
    assert 1.5 < dispersion(twice) / dispersion(busy) < 2.8


def test_each_crisis_has_its_authors_by_day_and_quiet_around_it(pilot: list[Stream]) -> None:
    crises = [crisis for item in pilot for crisis in item.crises]
    assert {crisis.n for crisis in crises} == set(SIZES)
    for crisis in crises:
        times = np.array(crisis.author_times)
        assert len(times) == crisis.n
        assert crisis.start == times.min()
        assert (np.diff(times) >= 0).all()
        assert (times % DAY >= 7 * HOUR).all()
        assert crisis.ingested >= crisis.start
    for item in pilot:
        ends = [item.project.ready, *(crisis.end for crisis in item.crises)]
        starts = [*(crisis.start for crisis in item.crises), item.project.end]
        gaps = np.array(starts) - np.array(ends)
        assert (gaps[1:-1] > MARGIN).all()
        assert gaps[-1] > (FREE_DAYS - 12) * DAY


def test_fast_mid_and_slow_last_as_the_pilot_says(pilot: list[Stream]) -> None:
    late: dict[str, list[float]] = {"fast": [], "mid": [], "slow": []}
    for item in [*pilot, *of("pilot", 40, seed=12)]:
        for crisis in item.crises:
            late[crisis.kind] += [(at - crisis.start) / HOUR for at in crisis.author_times]
    means = {kind: float(np.mean(hours)) for kind, hours in late.items()}
    assert 3 < means["fast"] < 9
    assert 14 < means["mid"] < 24
    assert 60 < means["slow"] < 110


def test_a_quarter_of_crisis_posts_has_a_wrong_topic(pilot: list[Stream]) -> None:
    names = [name for name, _ in topic_codes()]
    wrong = []
    for item in pilot:
        for number, crisis in enumerate(item.crises):
            mine = item.posts.author // 100 == FRESH * 5 // 100 + number
            wrong += list(item.posts.topic[mine] != names.index(crisis.topic))
    assert 0.2 < np.mean(wrong) < 0.3


def test_rows_keep_the_contract_and_come_as_fetched(
    pilot: list[Stream], tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = write(pilot[:4], tmp_path_factory.mktemp("streams"), parts=2)
    told = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    for read in told:
        assert [row["fetched_at"] for row in read] == sorted(row["fetched_at"] for row in read)
        by_id = {row["id"]: row for row in read}
        assert len(by_id) == len(read)
        for row in read:
            assert row["source_kind"] in set(SourceKind)
            assert row["published_at"] <= row["fetched_at"]
            assert ("outlet" in row) == (row["source_kind"] == "news")
            original = by_id[row.get("duplicate_of", row["id"])]
            assert original["project"] == row["project"]
    assert {row["project"] for row in told[0]} == {"p0000", "p0002"}
    codes = {row["category"] for read in told for row in read if row["negative"]}
    assert {code for name, some in topic_codes() if name for code in some} >= codes
    assert len(topic_codes()) == TOPICS + 1


def test_lag_is_up_to_six_hours_and_can_be_left_out() -> None:
    lagged, prompt = of("pilot", 2), of("pilot", 2, lag_hours=0.0)
    assert 5.9 < max((item.fetched - item.posts.at).max() for item in lagged) / HOUR <= 6
    assert max((item.fetched - item.posts.at).max() for item in prompt) <= 300


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_no_post_is_fetched_before_it_is_written_nor_copied_before_its_original(
    family: str,
) -> None:
    for item in of(family, 6):
        posts = item.posts
        copies = posts.copy_of >= 0
        assert (item.fetched >= posts.at).all()
        assert (posts.at[copies] >= posts.at[posts.copy_of[copies]]).all()
        assert (posts.topic[copies] == posts.topic[posts.copy_of[copies]]).all()


def test_imported_history_comes_at_once_and_new_projects_begin_mid_way() -> None:
    imported = of("backfill")
    assert {bool(item.backfill.any()) for item in imported} == {True, False}
    for item in imported:
        assert item.fetched.min() >= item.project.live
        assert item.posts.at.min() < item.project.live - 60 * DAY
    for item in of("newborn"):
        assert item.posts.at.min() >= item.project.live
        assert item.project.ready == item.project.live + 42 * DAY


def test_a_dead_board_is_silent_for_days_in_quiet_time_while_other_sites_go_on() -> None:
    dead = of("dead", 30)
    told = [(item, item.project.silent) for item in dead if item.project.silent]
    assert len(told) >= 20
    others = set()
    for item, (start, end) in told:
        assert 3 * DAY <= end - start <= 10 * DAY
        assert all(end < one.start or one.end + MARGIN <= start + DAY for one in item.crises)
        crawled = (item.fetched >= start + 6 * HOUR) & (item.fetched < end)
        others |= set(item.posts.site[crawled].tolist())
    assert SITE_KINDS.index("forum") not in others
    assert len(others) >= 3


def test_traps_add_no_three_voices_and_leave_their_twin_alone() -> None:
    streams, traps = trapped(3, len(TRAPS) * 2)
    by_key = {item.project.key: item for item in streams}
    assert {trap.kind for trap in traps} == set(TRAPS)
    for trap in traps:
        posts, fetched = by_key[trap.project].posts, by_key[trap.project].fetched
        plain = by_key[trap.twin]
        size = len(plain.posts.at)
        assert (posts.at[:size] == plain.posts.at).all()
        own = posts.copy_of[size:] < 0
        prompt = fetched[size:] - posts.at[size:] <= 3 * DAY
        heard = own & prompt & (posts.negative[size:] > 0)
        assert len(set(posts.author[size:][heard])) <= 2
        if trap.kind != "outage":
            assert len(posts.at) >= size + 12
            assert (fetched[:size] == plain.fetched).all()
        else:
            assert (fetched[:size] != plain.fetched).any()
