"""Clocks say what is left or how late; marks come from what nlp found."""

from datetime import timedelta

import pytest

from dashboard import cards, words
from store.board import Clock
from tests.builders import NOW


def clock(**more: object) -> Clock:
    values: dict[str, object] = {
        "object": "alert:W-1",
        "name": "研判",
        "role": "",
        "started_at": NOW - timedelta(hours=1),
        "due_at": NOW + timedelta(hours=2),
        "calendar": "wall",
        "steps": (),
        "provisional": False,
        "stopped_at": None,
        "stopped_by": None,
        "breached_at": None,
        **more,
    }
    return Clock(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "says", "css"),
    [
        ({}, "研判 剩余 2小时", "fh-run"),
        ({"due_at": NOW + timedelta(minutes=10)}, "研判 剩余 10分钟", "fh-soon"),
        ({"due_at": NOW}, "研判 已超时 0秒", "fh-over"),
        ({"due_at": NOW - timedelta(hours=30)}, "研判 已超时 1天6小时", "fh-over"),
        ({"stopped_at": NOW}, "研判 已完成", "fh-ok"),
        (
            {"stopped_at": NOW, "breached_at": NOW - timedelta(minutes=1)},
            "研判 超时后完成",
            "fh-bad",
        ),
    ],
)
def test_a_clock_says_how_it_stands(given: dict[str, object], says: str, css: str) -> None:
    shown = cards.clock_chip(clock(**given), NOW)
    assert says in shown
    assert css in shown


def test_a_breach_stays_visible_after_a_later_stop() -> None:
    stopped = clock(due_at=NOW - timedelta(hours=1), stopped_at=NOW)
    assert words.CLOCK_DONE_LATE.format(name="研判") in cards.clock_chip(stopped, NOW)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (0, "0秒"),
        (59, "59秒"),
        (60, "1分钟"),
        (3600, "1小时"),
        (3900, "1小时5分"),
        (90000, "1天1小时"),
    ],
)
def test_spans_as_people_say_them(seconds: int, says: str) -> None:
    assert words.ago(seconds) == says


def test_levels_are_suggestions_in_words() -> None:
    assert [words.suggested(level) for level in ("critical", "major", "moderate", "minor")] == [
        "疑似重大",
        "疑似较大",
        "疑似一般",
        "疑似轻微",
    ]


def test_voices_of_several_sites_are_a_range() -> None:
    assert words.voices(17, 23) == "17–23 个账号"
    assert words.voices(5, 5) == "5 个账号"


def test_only_reasons_towards_negative_are_marked() -> None:
    details = {
        "why": [
            {"text": "漏水", "start": 0, "end": 2, "weight": 1.4},
            {"text": "谢谢", "start": 3, "end": 5, "weight": -0.9},
            {"text": "题", "start": 0, "end": 1, "weight": 1.0, "field": "title"},
        ]
    }
    assert [(m.start, m.kind) for m in cards.marks_of(details, (), field="text")] == [(0, "why2")]


def test_every_place_of_a_word_is_marked() -> None:
    marks = cards.word_marks("停工，又停工。Wifi", "停工 WIFI")
    assert [(m.start, m.end) for m in marks] == [(0, 2), (4, 6), (7, 11)]


def test_a_table_shows_hostile_cells_as_letters() -> None:
    shown = cards.table(["列"], [["<img src=x>"]])
    assert "<img" not in shown
