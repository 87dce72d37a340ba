"""The parts of a date (日期的组成): a year or a month and what narrows it."""

import re
from dataclasses import dataclass
from datetime import date

from nlp.calendar_cn import (
    Days,
    day_of,
    feast,
    month_days,
    nearest,
    part_of_month,
    part_of_year,
    year_days,
)
from nlp.numerals import parse_number

#: A digit of a date.
NUMBER = r"[\d〇零一二两三四五六七八九十]"
_PART = r"(?:上旬|中旬|下旬|月?初|月?底|月?末|中(?![国午心间山学介秋]))"
FEAST = (
    "国庆|五一|元旦|春节|过年|大年初[一二三四五六七]|年三十|除夕|清明|端午|中秋|元宵|双十一|双11|双十二"
    "|双12|劳动节|妇女节|儿童节|教师节|情人节|圣诞|平安夜|十一(?=假期|长假|期间|黄金周|小长假)"
)
FEAST_TAIL = r"(?:小?长假|黄金周|假期|期间|当[天日]|节|的?第一天|首日)*"
_YEAR_PART = r"(?:年?底|年?末|年?初|年?中(?![国午心间])|[上下]半年|第?[一二三四1-4]季度)"
#: What narrows a month, and what narrows a year.
MONTH_TAIL = re.compile(
    rf"[的 ]?(?:(?P<d>{NUMBER}{{1,3}}+)(?:[-~至到—]+(?P<d2>{NUMBER}{{1,3}}+))?[日号]"
    rf"(?:[-~至到—]+(?P<d3>{NUMBER}{{1,3}}+)[日号])?|(?P<part>{_PART}))"
)
AFTER_YEAR = re.compile(
    rf"[的 ]?(?:(?P<m>{NUMBER}{{1,2}})月(?:份(?!额))?"
    rf"|(?P<feast>{FEAST}){FEAST_TAIL}|(?P<part>{_YEAR_PART}))"
)
MONTHS = range(1, 13)
FIRST_DAY = re.compile("当[天日]|第一天|首日")
#: 3月15日投诉到现在: a date the text looks back to.
_SINCE = re.compile(r"[^,。;!?\n]{0,10}?(?:到现在|至今|以来|到今天|起就|就已|已经)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A date in a normal text; `days` is None where it depends on an unknown day."""

    start: int
    end: int
    days: Days | None


def in_year(
    text: str, start: int, end: int, year: int | None, today: date | None,
    after: re.Match[str] | None,
) -> Dated | None:  # fmt: skip
    """Return a year and what narrows it: 去年6月, 2025年国庆, 明年上半年."""
    if after is None:
        return Dated(start=start, end=end, days=None if year is None else year_days(year))
    if after["m"]:
        month = small(after["m"])
        return in_month(text, start, after.end(), year, month, today) if month in MONTHS else None
    if year is None:
        return Dated(start=start, end=after.end(), days=None)
    if after["feast"]:
        days = feast(after["feast"], year, whole=not FIRST_DAY.search(after.group()))
    else:
        days = part_of_year(after["part"], year)
    return Dated(start=start, end=after.end(), days=days)


def in_month(
    text: str, start: int, end: int, year: int | None, month: int, today: date | None
) -> Dated | None:
    """Return a month and what narrows it: 12月5日, 10月初, 3月1日-7日."""
    tail = MONTH_TAIL.match(text, end)
    told = tail.end() if tail else end
    if year is None and today is None:
        return Dated(start=start, end=told, days=None)
    sure = year or _likely_year(text, told, month, tail, today)
    if tail is None:
        return Dated(start=start, end=end, days=month_days(sure, month))
    if tail["part"]:
        return Dated(start=start, end=told, days=part_of_month(tail["part"], sure, month))
    days = _day_in(tail, sure, month)
    if days is None:  # 2月30日: at most the month is meant
        return Dated(start=start, end=end, days=month_days(sure, month)) if year else None
    return Dated(start=start, end=told, days=days)


def _likely_year(
    text: str, told: int, month: int, tail: re.Match[str] | None, today: date | None
) -> int:
    if today is None:
        return 0
    number = small(tail["d"]) if tail and tail["d"] else 15
    near = nearest(today, lambda year: day_of(year, month, min(max(number, 1), 28)))
    return near.year - 1 if near > today and _SINCE.match(text, told) else near.year


def _day_in(tail: re.Match[str], year: int, month: int) -> Days | None:
    """5日, or 5日至7日."""
    first = day_of(year, month, small(tail["d"]))
    later = tail["d2"] or tail["d3"]
    last = day_of(year, month, small(later)) if later else first
    return (first[0], last[1]) if first and last and first[0] <= last[1] else None


def small(text: str) -> int:
    """Return a small numeral in digits or Chinese, 0 where it is none."""
    if text.isascii():
        return int(text)
    value = parse_number(text)
    return 0 if value is None or value[0] != value[1] else int(value[0])
