"""Lifecycle: raise at once, lower only after a calm day, one version a change."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lifecycle import FLAP_WITHIN, FLAPS, decide, remember, repeat_after
from domain.alert import AlertState, Decision, Finding
from domain.level import Level, gravest

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
CALM = timedelta(hours=24)
LEVELS = list(Level)


def finding(level: Level, *, rule: str = "voices", leaves: timedelta = CALM * 3) -> Finding:
    return Finding(
        rule=rule, rule_version=1, level=level, observed=3, reason_zh=f"因为{rule}。", posts=(),
        snapshot={}, changes_at=NOW + leaves,
    )  # fmt: skip


def state(level: Level, *, version: int = 1, below: timedelta | None = None) -> AlertState:
    since = None if below is None else NOW - below
    return AlertState(level=level, version=version, below_since=since)


def test_nothing_holds_and_nothing_is_open_so_nothing_happens() -> None:
    assert decide(None, [], CALM, NOW) is None


def test_the_first_finding_opens_version_one() -> None:
    found = decide(None, [finding(Level.MINOR, leaves=CALM)], CALM, NOW)
    assert found is not None
    assert (found.change, found.level, found.version) == ("opened", Level.MINOR, 1)
    assert found.next_check_at == NOW + CALM
    assert found.reason_zh == "因为voices。"


ROWS: list[tuple[str, AlertState, Level | None, tuple[str | None, Level, int]]] = [
    ("graver raises at once", state(Level.MINOR), Level.MAJOR, ("raised", Level.MAJOR, 2)),
    ("same level keeps", state(Level.MAJOR, version=4), Level.MAJOR, (None, Level.MAJOR, 4)),
    ("lower waits from now on", state(Level.MAJOR), Level.MINOR, (None, Level.MAJOR, 1)),
    ("lower for 23:59 still waits", state(Level.MAJOR, below=CALM - timedelta(minutes=1)),
     Level.MINOR, (None, Level.MAJOR, 1)),
    ("lower for 24:00 is lowered", state(Level.MAJOR, below=CALM), Level.MINOR,
     ("lowered", Level.MINOR, 2)),
    ("nothing for 23:59 stays open", state(Level.MAJOR, below=CALM - timedelta(minutes=1)), None,
     (None, Level.MAJOR, 1)),
    ("nothing for 24:00 closes", state(Level.MAJOR, below=CALM), None, ("closed", Level.MAJOR, 2)),
    ("a rise after a calm day raises", state(Level.MINOR, below=CALM), Level.CRITICAL,
     ("raised", Level.CRITICAL, 2)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "level", "want"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_becomes_of_an_alert(
    known: AlertState, level: Level | None, want: tuple[str | None, Level, int]
) -> None:
    found = decide(known, [finding(level)] if level else [], CALM, NOW)
    assert found is not None
    assert (found.change, found.level, found.version) == want


def test_waiting_remembers_since_when_and_looks_again_when_the_calm_is_over() -> None:
    first = decide(state(Level.MAJOR), [], CALM, NOW)
    assert first is not None
    assert (first.below_since, first.next_check_at) == (NOW, NOW + CALM)
    sooner = decide(state(Level.MAJOR), [finding(Level.MINOR, leaves=CALM / 2)], CALM, NOW)
    assert sooner is not None
    assert sooner.next_check_at == NOW + CALM / 2


def test_a_return_to_the_level_starts_the_calm_anew() -> None:
    back = decide(state(Level.MAJOR, below=CALM * 2), [finding(Level.MAJOR)], CALM, NOW)
    assert back is not None
    assert (back.change, back.below_since) == (None, None)


def test_the_reason_joins_all_findings_and_closing_says_how_long_it_was_calm() -> None:
    both = [finding(Level.MAJOR, rule="聚集"), finding(Level.MINOR, rule="声音")]
    opened = decide(None, both, CALM, NOW)
    closed = decide(state(Level.MAJOR, below=CALM), [], CALM, NOW)
    assert opened is not None
    assert closed is not None
    assert opened.reason_zh == "因为聚集。因为声音。"
    assert "1天" in closed.reason_zh
    assert (closed.lead, closed.next_check_at) == (None, None)


walks = st.lists(
    st.tuples(st.sampled_from([None, *LEVELS]), st.integers(1, 40)), min_size=1, max_size=40
)


@settings(max_examples=300, deadline=None)
@given(walk=walks)
def test_random_walks_never_flap(walk: list[tuple[Level | None, int]]) -> None:
    """Never below what holds; falls only after 24 calm hours; versions count changes."""
    known: AlertState | None = None
    now, calm_since, falls = NOW, NOW, []
    for level, hours in walk:
        now += timedelta(hours=hours)
        found = decide(known, [finding(level)] if level else [], CALM, now)
        if found is None:
            assert known is None
            assert level is None
            continue
        before = known
        if before is None or (level is not None and not before.level.graver_than(level)):
            calm_since = now
        if level is not None:
            assert not level.graver_than(found.level)
        assert found.version == (before.version if before else 0) + (found.change is not None)
        if found.change in ("lowered", "closed"):
            assert now - calm_since >= CALM
            falls.append(now)
            calm_since = now
        known = None if found.change == "closed" else _as_state(found)
    assert all(b - a >= CALM for a, b in itertools.pairwise(falls))


def _as_state(found: Decision) -> AlertState:
    return AlertState(level=found.level, version=found.version, below_since=found.below_since)


@settings(max_examples=100, deadline=None)
@given(levels=st.lists(st.sampled_from(LEVELS), min_size=1, max_size=30))
def test_the_level_never_falls_while_the_findings_do_not(levels: list[Level]) -> None:
    rising = sorted(levels, key=lambda level: level.rank)
    known, now = None, NOW
    for level in rising:
        now += CALM * 2
        found = decide(known, [finding(level)], CALM, now)
        assert found is not None
        assert found.level is gravest([level, found.level])
        assert known is None or not known.level.graver_than(found.level)
        known = _as_state(found)


def test_repeats_wait_twice_as_long_each_time_up_to_four_hours() -> None:
    hours = [repeat_after(n) / timedelta(hours=1) for n in (0, 1, 2, 3, 50)]
    assert hours == [1, 2, 4, 4, 4]


# ---- E-HY1: hysteresis and flapping -------------------------------------------------------------

#: Score → level it raises to, and the score each level is held up from (its reset condition).
RAISE = ((80, Level.CRITICAL), (70, Level.MAJOR), (60, Level.MODERATE), (50, Level.MINOR))
RESET = ((70, Level.CRITICAL), (60, Level.MAJOR), (50, Level.MODERATE), (40, Level.MINOR))


def scored(score: int, at: datetime) -> list[Finding]:
    """What a detector finds at a score: the level it raises to, and the one it still holds up."""
    level = next((level for least, level in RAISE if score > least), None)
    keeps = next((level for least, level in RESET if score >= least), None)
    if level is None and keeps is None:
        return []
    return [
        Finding(
            rule="count", rule_version=1, level=level or Level.MINOR, observed=score,
            reason_zh="计数。", posts=(), snapshot={}, changes_at=at + CALM, keeps=keeps,
            opens=level is not None, stream="quality",
        )
    ]  # fmt: skip


class Walk:
    """An alert led through a series of scores, as the line and the replay lead it."""

    def __init__(self, calm: timedelta) -> None:
        self.calm = calm
        self.state: AlertState | None = None
        self.log: list[tuple[datetime, Decision]] = []

    def step(self, score: int, at: datetime) -> Level | None:
        found = decide(self.state, scored(score, at), self.calm, at)
        if found is None:
            return None
        if found.change:
            self.log.append((at, found))
        changes = remember(self.state.changes if self.state else (), found.change, at)
        self.state = None if found.change == "closed" else AlertState(
            level=found.level, version=found.version, below_since=found.below_since,
            changes=changes,
        )  # fmt: skip
        return self.state.level if self.state else None


def test_levels_rise_at_the_threshold_and_fall_at_the_reset_only() -> None:
    """Kapacitor's sequence of values and resets, its levels one rung of ours each; no calm asked.

    At 62 Kapacitor falls from critical to info; ours stays at the rung whose reset is not reached.
    """
    walk = Walk(calm=timedelta(0))
    day = timedelta(hours=25)
    wanted = [
        (61, Level.MODERATE), (73, Level.MAJOR), (64, Level.MAJOR), (85, Level.CRITICAL),
        (70, Level.CRITICAL), (62, Level.MAJOR), (56, Level.MODERATE), (50, Level.MODERATE),
        (47, Level.MINOR), (40, Level.MINOR), (39, None),
    ]  # fmt: skip
    assert [(score, walk.step(score, NOW + n * day)) for n, (score, _) in enumerate(wanted)] == (
        wanted
    )


def test_below_the_reset_a_level_falls_only_after_a_calm_day() -> None:
    walk = Walk(calm=CALM)
    hour = timedelta(hours=1)
    walk.step(85, NOW)
    levels = [walk.step(45, NOW + n * hour) for n in range(1, 30)]
    assert levels[:24] == [Level.CRITICAL] * 24
    assert set(levels[24:]) == {Level.MINOR}
    back = [walk.step(score, NOW + (30 + n) * hour) for n, score in enumerate((85, 45, 71, 45))]
    assert back == [Level.CRITICAL] * 4, "one hour above starts the calm anew"


def test_four_changes_in_a_day_freeze_the_higher_level_and_say_so() -> None:
    walk, hour = Walk(calm=timedelta(0)), timedelta(hours=1)
    seen = [walk.step(score, NOW + n * hour) for n, score in enumerate((61, 39, 61, 39, 75, 45))]
    assert seen == [
        Level.MODERATE, None, Level.MODERATE, None, Level.MAJOR, Level.MINOR,
    ], "a closed alert is no more: a new one begins"  # fmt: skip
    walk = Walk(calm=timedelta(0))
    scores = (61, 85, 62, 85, 45, 39)  # opened, raised, lowered, raised: four changes
    seen = [walk.step(score, NOW + n * hour) for n, score in enumerate(scores)]
    assert seen == [Level.MODERATE, Level.CRITICAL, Level.MAJOR, *[Level.CRITICAL] * 3]
    assert "只升不降" in walk.log[-1][1].reason_zh
    assert walk.step(39, NOW + FLAP_WITHIN - timedelta(minutes=1)) is Level.CRITICAL
    assert walk.step(39, NOW + FLAP_WITHIN) is None, "the first change is a day old"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(5, 900)), min_size=5, max_size=60),
    st.sampled_from([0, 1, 6, 24]),
)
def test_a_random_walk_never_flaps_more_than_allowed(
    steps: list[tuple[int, int]], calm_hours: int
) -> None:
    walk, at = Walk(calm=timedelta(hours=calm_hours)), NOW
    for score, minutes in steps:
        at += timedelta(minutes=minutes)
        known = walk.state
        level = walk.step(score, at)
        floor = next((level for least, level in RAISE if score > least), None)
        assert floor is None or (level is not None and not floor.graver_than(level))
        keeps = next((level for least, level in RESET if score >= least), None)
        if known and keeps and level != known.level and not known.level.graver_than(keeps):
            assert level is not None
            assert level.graver_than(known.level), "never lowered above the reset"
    episode: list[datetime] = []
    for moment, decision in walk.log:
        if decision.change in ("lowered", "closed"):
            recent = [one for one in episode if moment - one < FLAP_WITHIN]
            assert len(recent) < FLAPS, "lowered while its level flapped"
        episode = [] if decision.change == "closed" else [*episode, moment]
