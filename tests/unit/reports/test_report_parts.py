"""Pure parts of reports: period, share, texts, chart."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import FactsError
from reports.charts import negative_days
from reports.period import Cutoff, cutoff, last_week, name, week_until
from reports.share import say_change, say_share, wilson
from reports.text import clean_text, quote, web_address

FRIDAY = Cutoff(weekday=4, at=time(12))
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("周五 12:00", FRIDAY),
        ("周日 8:30", Cutoff(weekday=6, at=time(8, 30))),
        ("周天 08:30", Cutoff(weekday=6, at=time(8, 30))),
        ("周一00:00", Cutoff(weekday=0, at=time())),
    ],
)
def test_a_cutoff_is_read(text: str, wanted: Cutoff) -> None:
    assert cutoff(text) == wanted


@pytest.mark.parametrize("text", ["", "Friday 12:00", "周八 12:00", "周五 24:00", "周五 12:60"])
def test_a_wrong_cutoff_names_the_setting(text: str) -> None:
    with pytest.raises(FactsError, match="FENGHUO_WEEKLY_CUTOFF"):
        cutoff(text)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (NOON, NOON),
        (NOON - timedelta(seconds=1), NOON - timedelta(days=7)),
        (NOON + timedelta(days=3), NOON),
        (NOON + timedelta(days=6, hours=23), NOON),
    ],
)
def test_the_newest_complete_week(now: datetime, until: datetime) -> None:
    found = last_week(FRIDAY, now)
    assert (found.until, found.since) == (until, until - timedelta(days=7))


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_a_week_ends_within_seven_days_before_now(naive: datetime) -> None:
    now = naive.replace(tzinfo=UTC)
    found = last_week(FRIDAY, now)
    assert timedelta(0) <= now - found.until < timedelta(days=7)
    local = found.until + timedelta(hours=8)
    assert (local.weekday(), local.time()) == (4, time(12))


def test_an_unusual_cutoff_stands_in_the_name() -> None:
    assert name(week_until("2026-11-20T12:00", NOON), FRIDAY) == "2026-11-20"
    assert name(week_until("2026-11-19T09:30", NOON), FRIDAY) == "2026-11-19T0930"


def test_small_numbers_have_no_share() -> None:
    assert say_share(3, 7) == "样本不足"
    assert say_share(0, 0) == "—"
    assert say_share(4, 8) == "50%（22%–78%）"
    assert say_share(0, 8) == "0%（0%–32%）"


@given(st.integers(1, 5000), st.data())
def test_the_interval_holds_the_share(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    low, high = wilson(part, whole)
    assert 0 <= low <= part / whole + 1e-9
    assert part / whole - 1e-9 <= high <= 1


def test_changes_are_signed() -> None:
    assert [say_change(5, 2), say_change(2, 5), say_change(2, 2)] == ["+3", "−3", "持平"]


@given(st.text(alphabet=st.characters(codec=None)))
def test_clean_text_is_encodable_and_stays_clean(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert not set(cleaned) & set("\x00\x08\x0b\x1f\u202e")
    assert clean_text(cleaned) == cleaned


def test_a_quote_is_masked_before_it_is_cut() -> None:
    text = "电" * 33 + "13812345678，谢谢"
    assert len(quote(text)) == 40
    assert quote(text).endswith("138***…")
    assert quote("第一行\n第二行") == "第一行 第二行"


def test_only_web_addresses_become_links() -> None:
    assert web_address("https://a.example/1") == "https://a.example/1"
    for bad in (None, "", "javascript:alert(1)", "file:///etc/passwd", "http://", "https://[x"):
        assert web_address(bad) is None


def test_the_chart_draws_hanzi_without_a_missing_glyph() -> None:
    """Warnings are errors here, and matplotlib warns of every glyph its font lacks."""
    png = negative_days(["11-13\n周五", "11-14\n周六"], [3, 0], [1, 2])
    assert png.startswith(b"\x89PNG")
    assert len(png) > 5000
