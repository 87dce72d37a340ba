"""Hindsight (追述): whether a text tells of what is long past, or of elsewhere.

A red line is about now and here: a death of years ago, a report quoted from the news or a danger
only feared is read, but alarms nobody (the red lines' false-alarm budget).
"""

import re
from datetime import date, timedelta

from nlp.dates import find_dates

#: Characters before and behind a word within which the date that governs it stands.
_BEFORE, _BEHIND = 70, 30
_END = re.compile("[。!?\n]")
_YEAR = re.compile(r"(?:19|20)\d\d年?[0-9.\-/]*")
#: Words that tell the past without a date; 前后 and 目前 do not.
_ONCE = re.compile(
    "以前|从前|当初|那时|那会|上个?月|曾[经有发出]?|之前|当年|那年|早年|[几多数]年前|年来|近年|历年|往年|上次|前几年|前些年"
    "|历史上|一二十年"
)
#: What happens again and again is a kind of thing, not a thing that happened.
_OFTEN = re.compile(
    "隔壁(?!邻居|家|栋|单元)|外省|外市|接二连三|频发|频频|屡屡|屡次|多起|多次|经常|时有|往往|各地|全国|网上|新闻里|外地|别的小区"
    "|其他小区|某地|例如|比如|譬如|诸如|像.{0,8}(?:一样|那样)|案例|事例"
)


def sentence(text: str, start: int, end: int, reach: int = 60) -> tuple[int, int]:
    """Return the stretch of the sentence around [start, end), at most `reach` to either side."""
    left = max(0, start - reach)
    for mark in _END.finditer(text, left, start):
        left = mark.end()
    stop = _END.search(text, end, end + reach)
    return left, stop.start() if stop else min(len(text), end + reach)


def long_past(text: str, start: int, end: int, day: date | None, within: timedelta) -> bool:
    """Whether what stands at [start, end) is dated longer ago than `within`, or told as past.

    The last date before it governs it, else the first behind it in its sentence; without a day
    of publishing a date with its year is history.
    """
    left, right = sentence(text, start, end)
    said = governing(text, start, end, day)
    if said is not None:
        return said < day - within if day is not None else True
    if day is None and _YEAR.search(text, max(0, start - _BEFORE), start):
        return True
    return _ONCE.search(text, left, min(right, end + 12)) is not None


def once(text: str, start: int, end: int) -> bool:
    """Whether it is told with a word of the past: 当初, 上个月, 以前."""
    left, _ = sentence(text, start, end, 24)
    return _ONCE.search(text, left, start) is not None


def governing(text: str, start: int, end: int, day: date | None) -> date | None:
    """Return the last day of the date that governs a place, None where none is told."""
    left = max(0, start - _BEFORE)
    left = max(left, text.rfind("\n", left, start) + 1)
    _, right = sentence(text, start, end, _BEHIND)
    dates = [
        (left + each.start, each.days[1])
        for each in find_dates(text[left:right], day)
        if each.days is not None
    ]
    before = [last for at, last in dates if at < start]
    behind = [last for at, last in dates if at >= end]
    found = before[-1] if before else behind[0] if behind else None
    return _as_date(found)


def _as_date(last: date | str | None) -> date | None:
    return date.fromisoformat(last) if isinstance(last, str) else last


def of_a_kind(text: str, start: int, end: int) -> bool:
    """Whether it is told as something that happens, here or elsewhere, again and again."""
    left, _ = sentence(text, start, end, 40)
    return _OFTEN.search(text, left, end) is not None
