"""Telling: grouping, inhibition and silence decided from values alone (B-GR1, B-IN1, B-SI1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.telling import covers, due_now, inhibitor, muted, outlasted
from domain.level import Level
from domain.telling import Firing, Matcher, Silence

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOW, HIGH, TOP = Level.MODERATE, Level.MAJOR, Level.CRITICAL


def alert(
    n: int, level: Level = LOW, *, ago: int = 0, change: str = "opened", told: bool = False,
    event: int | None = 0, topic: str | None = "quality", rule: str = "voices",
) -> Firing:  # fmt: skip
    at = NOW - ago * MINUTE
    return Firing(
        id=n, number=f"W-{n}", subject="wangjiangfu", level=level, version=1,
        event_id=n if event == 0 else event, topic=topic, rules=frozenset({rule}), change=change,
        reached_at=at, told=told, last_told_at=at if told else None,
    )  # fmt: skip


def silence(
    *, begun: int = 60, left: int = 60, subject: str | None = None, topic: str | None = None,
    rule: str | None = None, number: str | None = None,
) -> Silence:  # fmt: skip
    return Silence(
        id=1, matcher=Matcher(subject=subject, topic=topic, rule=rule, alert=number),
        reason="检修", author="王敏", starts_at=NOW - begun * MINUTE, ends_at=NOW + left * MINUTE,
    )  # fmt: skip


GROUPS: list[tuple[str, list[Firing], list[int], list[int]]] = [
    ("a grave one at once", [alert(1, HIGH)], [], [1]),
    ("a moderate one waits for others", [alert(1, ago=4)], [], []),
    ("after five minutes it goes", [alert(1, ago=5)], [], [1]),
    ("and takes the younger along", [alert(1, ago=5), alert(2)], [], [1, 2]),
    ("a grave one takes the waiting along, itself first", [alert(1, ago=1), alert(2, TOP)], [],
     [2, 1]),
    ("then nothing for half an hour", [alert(2, ago=20)], [29], []),
    ("then the next", [alert(2, ago=20)], [30], [2]),
    ("what opens graver breaks the half hour", [alert(2, TOP)], [1], [2]),
    ("a rise to grave does", [alert(2, HIGH, change="raised")], [1], [2]),
    ("a rise to moderate does not", [alert(2, change="raised", ago=6)], [10], []),
    ("what was told is not told again", [alert(1, TOP, ago=99, told=True)], [], []),
    ("what nobody was told for eight days is no news", [alert(1, TOP, ago=8 * 24 * 60)], [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("group", "told", "want"), [row[1:] for row in GROUPS], ids=[row[0] for row in GROUPS]
)
def test_a_project_is_told_in_one_message_at_its_time(
    group: list[Firing], told: list[int], want: list[int]
) -> None:
    """`told`: so many minutes ago the project's people were told something."""
    at = [NOW - ago * MINUTE for ago in told]
    assert [item.id for item in due_now(group, at, [], NOW)] == want


@pytest.mark.parametrize(
    ("other", "mutes"),
    [
        (alert(2, TOP, event=1), True),
        (alert(2, TOP, event=None), True),
        (alert(2, TOP, event=None, topic="delay"), False),
        (alert(2, TOP), False),
        (alert(2, HIGH, event=1), False),
        (replace(alert(2, TOP, event=1), subject="xinghewanli"), False),
    ],
    ids=["same event", "stream of its topic", "stream of another topic", "another event",
         "no higher", "another project"],
)  # fmt: skip
def test_a_higher_alert_about_the_same_mutes_a_lower_one(other: Firing, mutes: bool) -> None:
    low = alert(1, HIGH)
    assert (inhibitor(low, [low, other]) is not None) == mutes
    assert inhibitor(other, [low, other]) is None


def test_two_streams_without_a_topic_are_not_the_same() -> None:
    low, high = alert(1, event=None, topic=None), alert(2, TOP, event=None, topic=None)
    assert inhibitor(low, [low, high]) is None


@pytest.mark.parametrize(
    ("matcher", "want"),
    [
        ({"subject": "wangjiangfu"}, True), ({"subject": "xinghewanli"}, False),
        ({"topic": "quality"}, True), ({"topic": "delay"}, False), ({"rule": "voices"}, True),
        ({"rule": "red"}, False), ({"number": "W-1"}, True), ({"number": "W-2"}, False),
        ({"subject": "wangjiangfu", "topic": "delay"}, False),
    ],
)  # fmt: skip
def test_every_given_part_of_a_matcher_must_fit(matcher: dict[str, str], want: bool) -> None:
    assert covers(silence(**matcher), alert(1, ago=5)) == want  # type: ignore[arg-type]


def test_a_rule_is_silenced_only_where_no_other_holds() -> None:
    both = replace(alert(1, ago=5), rules=frozenset({"voices", "red"}))
    assert not covers(silence(rule="voices"), both)


def test_a_silence_never_mutes_what_rose_to_grave_after_it_began() -> None:
    quiet = silence(topic="quality", begun=60)
    for change in ("opened", "raised"):
        for level in (HIGH, TOP):
            assert muted(alert(1, level, ago=60, change=change), [], [quiet], NOW) is None
            known = muted(alert(1, level, ago=61, change=change), [], [quiet], NOW)
            assert known is not None
            assert known.kind == "silenced"
    assert muted(alert(1, LOW, ago=3, change="raised"), [], [quiet], NOW) is not None
    assert muted(alert(1, LOW), [], [silence(topic="quality", left=0)], NOW) is None, "half-open"


def test_what_outlasts_a_silence_is_told_once() -> None:
    over = silence(topic="quality", begun=300, left=-5)
    before = alert(1, TOP, ago=400, told=True)
    assert outlasted(before, [over], NOW) == over
    assert outlasted(replace(before, last_told_at=NOW - MINUTE), [over], NOW) is None
    assert outlasted(alert(1, ago=4), [over], NOW) is None, "opened after it"
    assert outlasted(before, [silence(topic="quality")], NOW) is None, "still silent"
