"""Level and time: comparing by name is refused; moments keep their instant."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import SHANGHAI, aware, iso_shanghai, say_span, say_time, shanghai_day
from domain.level import Level, gravest


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_levels_are_never_compared_by_their_letters(
    compare: Callable[[Level, Level], bool],
) -> None:
    with pytest.raises(TypeError, match="graver_than"):
        compare(Level.MINOR, Level.MAJOR)
    with pytest.raises(TypeError):
        sorted([Level.MINOR, Level.MAJOR])


def test_gravity_is_a_strict_order() -> None:
    order = [Level.MINOR, Level.MODERATE, Level.MAJOR, Level.CRITICAL]
    for at, a in enumerate(order):
        assert a.graver_than(None)
        assert not a.graver_than(a)
        assert [a.graver_than(b) for b in order] == [at > other for other in range(4)]
    assert gravest([Level.MODERATE, Level.CRITICAL, Level.MINOR]) is Level.CRITICAL
    assert gravest([]) is None


def test_levels_are_text_in_json_and_sql() -> None:
    assert [str(level) for level in Level] == ["minor", "moderate", "major", "critical"]


instants = st.datetimes(
    datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
offsets = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(moment=instants, zone=offsets)
def test_a_moment_is_the_same_in_whatever_zone_it_is_written(
    moment: datetime, zone: timezone
) -> None:
    elsewhere = moment.astimezone(zone)
    assert aware(elsewhere) == moment
    assert aware(elsewhere).tzinfo is UTC
    assert iso_shanghai(elsewhere) == iso_shanghai(moment)
    assert datetime.fromisoformat(iso_shanghai(moment)) == moment.replace(microsecond=0)
    assert iso_shanghai(moment).endswith("+08:00")


@given(moment=instants)
def test_a_naive_moment_means_shanghai(moment: datetime) -> None:
    naive = moment.astimezone(SHANGHAI).replace(tzinfo=None)
    assert aware(naive) == moment


def test_the_day_in_shanghai_begins_at_16_utc() -> None:
    last = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    assert shanghai_day(last).day == 20
    assert shanghai_day(last + timedelta(seconds=1)).day == 21
    assert say_time(last) == "2026-11-20 23:59"


@pytest.mark.parametrize(
    ("span", "want"),
    [
        (timedelta(minutes=30), "30分钟"), (timedelta(minutes=90), "90分钟"),
        (timedelta(hours=1), "1小时"), (timedelta(hours=12), "12小时"),
        (timedelta(hours=24), "1天"), (timedelta(hours=36), "36小时"), (timedelta(days=30), "30天"),
        (timedelta(0), "0分钟"),
    ],
)  # fmt: skip
def test_spans_as_people_say_them(span: timedelta, want: str) -> None:
    assert say_span(span) == want
