"""Charsets are claims to verify; times are read or None, never guessed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.decode import declared_charset, decode
from crawlers.times import read_time
from domain.clock import SHANGHAI
from domain.errors import ParseError
from domain.post import Precision

WORDS = "楼道里堆满了纸箱，消防通道都堵住了，找物业说过两次没有人管，希望尽快清理干净。"
NOW = datetime(2026, 11, 21, 16, 5, tzinfo=SHANGHAI)


@pytest.mark.parametrize("claim", [None, "utf-8", "gbk", "gb2312", "no-such-charset"])
@pytest.mark.parametrize("real", ["utf-8", "gbk", "gb18030"])
def test_text_is_right_whatever_the_claim(real: str, claim: str | None) -> None:
    assert decode(WORDS.encode(real), where="x", declared=claim) == WORDS


def test_utf8_wins_over_a_claim_of_big5() -> None:
    assert decode(WORDS.encode(), where="x", declared="big5") == WORDS


def test_one_broken_byte_is_survived_but_noise_is_refused() -> None:
    page = (WORDS * 40).encode()
    assert decode(page[:-1], where="x", declared="utf-8").startswith(WORDS)
    with pytest.raises(ParseError, match=r"看不出文字编码|不是文本"):
        decode(bytes([0x81, 0x20, 0xFF, 0xFE, 0xFD, 0xA0, 0x80, 0xFF] * 40), where="x")


def test_short_gbk_that_is_valid_utf8_by_chance_follows_the_claim() -> None:
    assert decode("联通".encode("gbk"), where="x", declared="gbk") == "联通"


def test_declared_charset_prefers_the_header() -> None:
    body = b'<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">'
    assert declared_charset("text/html; charset=UTF-8", body) == "utf-8"
    assert declared_charset("text/html", body) == "gb2312"
    assert declared_charset("", b'<?xml version="1.0" encoding="GBK"?>') == "gbk"
    assert declared_charset("", b"<p>") is None


@pytest.mark.parametrize(
    ("text", "day", "clock", "precision"),
    [
        ("3分钟前", 21, "16:02", Precision.MINUTE),
        ("半小时前", 21, "15:35", Precision.MINUTE),
        ("2 小时前", 21, "14:05", Precision.MINUTE),
        ("昨天 21:30", 20, "21:30", Precision.MINUTE),
        ("前天 08:00", 19, "08:00", Precision.MINUTE),
        ("3 天前", 18, "16:05", Precision.DAY),
        ("11-20 10:00", 20, "10:00", Precision.MINUTE),
        ("2026-11-2 9:05", 2, "09:05", Precision.MINUTE),
        ("2026年11月20日", 20, "00:00", Precision.DAY),
        ("Fri, 20 Nov 2026 10:00:00 CST", 20, "10:00", Precision.SECOND),
        ("Fri, 20 Nov 2026 02:00:00 GMT", 20, "10:00", Precision.SECOND),
    ],
)
def test_times_as_pages_write_them(text: str, day: int, clock: str, precision: Precision) -> None:
    found = read_time(text, now=NOW)
    assert found is not None
    local = found[0].astimezone(SHANGHAI)
    assert (local.day, local.strftime("%H:%M"), found[1]) == (day, clock, precision)
    assert found[0].tzinfo == UTC


@pytest.mark.parametrize(
    "text", ["", "明天吧", "2026-13-01", "2026-02-30 10:00", "25:00", "abc", None, True, "123", {}]
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert read_time(text, now=NOW) is None


def test_relative_words_need_a_now() -> None:
    assert read_time("3分钟前") is None


def test_december_seen_in_january_is_last_year() -> None:
    new_year = datetime(2027, 1, 2, 8, 0, tzinfo=SHANGHAI)
    found = read_time("12-31 10:00", now=new_year)
    assert found is not None
    assert found[0].year == 2026


@given(st.datetimes(min_value=datetime(2001, 9, 10), max_value=datetime(2099, 1, 1)))  # noqa: DTZ001
def test_every_spelling_of_a_moment_reads_back(naive: datetime) -> None:
    moment = naive.replace(microsecond=0, tzinfo=SHANGHAI)
    for text in (
        moment.isoformat(),
        moment.strftime("%Y-%m-%d %H:%M:%S"),
        f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}",
        f"{moment.year}/{moment.month}/{moment.day} {moment.hour}:{moment:%M:%S}",
        str(int(moment.timestamp())),
        str(int(moment.timestamp()) * 1000),
    ):
        found = read_time(text)
        assert found is not None, text
        assert abs(found[0] - moment) < timedelta(seconds=1), text
