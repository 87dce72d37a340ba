"""Clocks: golden due dates over make-up days and holidays, and what holds for every limit."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.clocks import due, late, span, start, start_for, triage
from config.calendar import workday
from domain.alert import Rules
from domain.case import ClockDef, Pack
from domain.clock import SHANGHAI
from domain.errors import FactsError
from domain.level import Level


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


GOLDEN = [
    ("2026-11-20 12:00", "30m", "2026-11-20 12:30"),
    ("2026-11-20 12:00", "24h", "2026-11-21 12:00"),
    ("2026-11-20 23:45", "7d", "2026-11-27 23:45"),
    ("2026-11-20 12:00", "0m", "2026-11-20 12:00"),
    ("2026-11-20 12:00", "1wd", "2026-11-24 00:00"),  # Friday → Monday's end
    ("2026-11-22 12:00", "1wd", "2026-11-24 00:00"),  # Sunday → the same
    ("2026-09-18 10:00", "15wd", "2026-10-16 00:00"),  # over 中秋 and 国庆
    ("2026-02-13 10:00", "3wd", "2026-02-26 00:00"),  # over 春节 with a make-up Saturday
]


@pytest.mark.parametrize(("begin", "limit", "want"), GOLDEN)
def test_golden_due_times(begin: str, limit: str, want: str) -> None:
    assert due(shanghai(begin), limit, workday).at == shanghai(want)


def test_why_then_names_skipped_holidays_and_make_up_days() -> None:
    """T-23 of group-000 over the National Day of 2026 (B-CL6)."""
    found = due(shanghai("2026-09-18 10:00"), "15wd", workday)
    assert not found.provisional
    text = "\n".join(found.steps)
    assert "第 15 个工作日为 2026-10-15，当日 24:00 到期" in text
    assert "计入 2026-09-20（调休上班）" in text
    assert "计入 2026-10-10（调休上班）" in text
    skipped = ["2026-09-25", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"]
    assert [step[3:13] for step in found.steps if step.startswith("跳过")] == skipped


def test_the_day_of_start_is_shanghais_not_utcs() -> None:
    evening = datetime(2026, 11, 19, 17, 0, tzinfo=UTC)  # 01:00 of the 20th in Shanghai
    assert due(evening, "1wd", workday).at == shanghai("2026-11-24 00:00")


def test_an_unannounced_year_is_provisional_and_says_so() -> None:
    found = due(shanghai("2026-12-28 10:00"), "15wd", workday)
    assert found.provisional
    assert found.at == shanghai("2027-01-19 00:00")  # Monday to Friday counted
    assert "暂定" in found.steps[-1]
    assert not due(shanghai("2026-12-28 10:00"), "3wd", workday).provisional


@pytest.mark.parametrize("limit", ["", "m", "30", "1.5h", "-3h", "15 wd", "wd", "3w", "²h"])
def test_a_limit_in_no_known_form_is_refused(limit: str) -> None:
    with pytest.raises(FactsError, match="请写 30m、24h、7d 或 15wd"):
        due(shanghai("2026-11-20 12:00"), limit, workday)


def test_an_absurd_number_of_working_days_is_refused() -> None:
    with pytest.raises(FactsError, match="过长"):
        due(shanghai("2026-11-20 12:00"), "1001wd", workday)


def test_spans() -> None:
    assert [span(x) for x in ("30m", "24h", "7d")] == [
        timedelta(minutes=30), timedelta(hours=24), timedelta(days=7),
    ]  # fmt: skip


moments = st.datetimes(
    datetime(2004, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(begin=moments, count=st.integers(1, 60))
def test_working_days_equal_a_brute_force_count(begin: datetime, count: int) -> None:
    """Exactly `count` working days lie after the start's day and before the due moment."""
    found = due(begin, f"{count}wd", workday)
    first = begin.astimezone(SHANGHAI).date()
    last = (found.at - timedelta(seconds=1)).astimezone(SHANGHAI).date()
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(bool(workday(day)) for day in days) == count
    assert workday(last)
    assert found.at.astimezone(SHANGHAI).strftime("%H:%M:%S") == "00:00:00"


@settings(max_examples=100, deadline=None)
@given(begin=moments, number=st.integers(0, 400), unit=st.sampled_from(["m", "h", "d"]))
def test_wall_limits_are_exact_and_never_before_their_start(
    begin: datetime, number: int, unit: str
) -> None:
    found = due(begin, f"{number}{unit}", _never)
    assert found.at - begin == span(f"{number}{unit}")
    assert found.at >= begin


def _never(_day: date) -> bool:
    raise AssertionError("wall-clock limits must not ask the calendar")


def definition(name: str, *, event: str = "graded", levels: tuple[Level, ...] = ()) -> ClockDef:
    return ClockDef(
        id=name, name=f"时限{name}", role="客服部", start=event, stop="reported", limit="10h",
        calendar="wall", levels=levels or tuple(Level), source="样例",
    )  # fmt: skip


def test_warnings_come_at_50_80_and_100_percent() -> None:
    at = shanghai("2026-11-20 08:00")
    clock = start(definition("T"), at, workday)
    assert clock.warn_at == {
        50: at + timedelta(hours=5), 80: at + timedelta(hours=8), 100: at + timedelta(hours=10),
    }  # fmt: skip
    assert clock.due.at == clock.warn_at[100]


def test_an_event_starts_the_clocks_of_its_level_only() -> None:
    pack = Pack(
        name="样例", version=1, title="", numbering="descending", levels={},
        clocks=(
            definition("T-1"), definition("T-2", levels=(Level.CRITICAL,)),
            definition("T-3", event="closed"),
        ),
    )  # fmt: skip
    at = shanghai("2026-11-20 08:00")
    assert [c.definition for c in start_for(pack, "graded", Level.MINOR, at, workday)] == ["T-1"]
    both = start_for(pack, "graded", Level.CRITICAL, at, workday)
    assert [c.definition for c in both] == ["T-1", "T-2"]


def test_triage_takes_its_limit_from_the_rules() -> None:
    rules = Rules(
        version=1, rules=(), calm=timedelta(hours=24),
        triage={Level.MAJOR: timedelta(minutes=30), Level.MINOR: timedelta(hours=72)},
    )  # fmt: skip
    at = shanghai("2026-11-20 23:50")
    clock = triage(rules, Level.MAJOR, at)
    assert (clock.definition, clock.stop_event, clock.calendar) == ("triage", "triaged", "wall")
    assert clock.due.at == at + timedelta(minutes=30)
    assert triage(rules, Level.MINOR, at).due.at == at + timedelta(hours=72)


def test_late_means_beyond_the_tolerance() -> None:
    at = shanghai("2026-11-20 08:00")
    minute = timedelta(minutes=1)
    assert not late(at, at + 2 * minute, 2 * minute)
    assert late(at, at + 2 * minute + timedelta(seconds=1), 2 * minute)
