"""Dates said in words (相对日期): 明天, 上周三, 下个月初, 年底, 国庆期间."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from nlp.calendar_cn import (
    add_months,
    feast,
    month_days,
    nearest,
    part_of_month,
    part_of_year,
    week_days,
)
from nlp.date_parts import (
    AFTER_YEAR,
    FEAST,
    FEAST_TAIL,
    FIRST_DAY,
    MONTH_TAIL,
    Dated,
    in_month,
    in_year,
)

_WORDS = re.compile(
    r"今[天日晨早晚年夜儿]|明[天日晨早晚年儿](?!白)|昨[天日晨晚夜儿]|后[天年](?!性|井)|大[前后]天"
    r"|前[天日晚年]"
    r"|去年|上一年|半(?:个月|年)[之以]?[前后]"
    r"|次日|当[日晚月](?!子)"
    r"|上上?个?月(?!份?球)|下下?个?月|本月|这个?月|这年(?!头)|本年度?"
    r"|月[底初末中](?![国心])|年[底初末中](?![国心])|上半年|下半年"
    r"|第[一二三四1-4]季度|一季度|二季度|三季度|四季度"
    r"|上上?个?(?:周|星期|礼拜)(?!边|围|期|转|年)|下下?个?(?:周|星期|礼拜)(?!边|围|期|转|年)"
    r"|本个?(?:周|星期)(?!边|围|期|转|年)|这个?(?:周|星期|礼拜)(?!边|围|期|转|年)"
    r"|周[一二三四五六日天末](?!福|次|遍|年|个|圈|回|天|生生|大|千|万|百|十|点)"
    r"|星期[一二三四五六日天](?!次)|礼拜[一二三四五六日天](?!次)"
    r"|国庆|五一|元旦|春节|过年|大年初|年三十|除夕|清明|端午|中秋|元宵|双十|双1|劳动节"
    r"|妇女节|儿童节|教师节|情人节|圣诞|平安夜|十一(?=假期|长假|期间|黄金周|小长假)"
)
_DAY_WORDS = {"今": 0, "明": 1, "昨": -1, "后": 2, "前": -2, "当": 0, "次": 1}
_YEAR_STEP = {"去": -1, "上": -1, "明": 1, "前": -2, "后": 2}
_WEEKDAY = re.compile("[一二三四五六日天末]")
_FEASTS = re.compile(
    rf"(?P<feast>{FEAST})(?P<tail>{FEAST_TAIL})"
    r"(?!路|街|广场|大道|村|北路|南路|小区|公园|社区|乐|歌|老人)"
)
_NUMERALS = tuple("块点毛元十百千万亿第一二三四五六七八九")
_HABIT = re.compile("[每逢]个?$")


def find_words(text: str, today: date | None) -> list[Dated]:
    """Return the dates a normal text says in words; they may overlap those with numbers."""
    found = []
    for match in _WORDS.finditer(text):
        if not _HABIT.search(text[max(0, match.start() - 2) : match.start()]):
            hit = _worded(text, match, today)
            if hit is not None:
                found.append(hit)
    return found


def _worded(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    word = match.group()
    find = next((find for shape, find in _SHAPES if shape.match(word)), _feast)
    return find(text, match, today)


def _near_year(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    start, end = match.span()
    year = None if today is None else today.year + _YEAR_STEP.get(match.group()[0], 0)
    return in_year(text, start, end, year, today, AFTER_YEAR.match(text, end))


def _part_of_month(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    start, end = match.span()
    if text[max(0, start - 1) : start] in tuple("个整满每跨几数半"):
        return None
    days = None if today is None else part_of_month(match.group(), today.year, today.month)
    return Dated(start=start, end=end, days=days)


def _half(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    """半个月前, 半年后: the month that was or will be."""
    word, (start, end) = match.group(), match.span()
    if today is None:
        return Dated(start=start, end=end, days=None)
    near = today + timedelta(days=(15 if "月" in word else 182) * (-1 if word[-1] == "前" else 1))
    return Dated(start=start, end=end, days=month_days(near.year, near.month))


def _part_of_year(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    word, (start, end) = match.group(), match.span()
    if word[0] == "年" and text[max(0, start - 1) : start] in tuple("个每多几青中老少"):
        return None
    return Dated(
        start=start, end=end, days=None if today is None else part_of_year(word, today.year)
    )


def _near_day(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    word, (start, end) = match.group(), match.span()
    if today is None or word[0] in "当次":
        return Dated(start=start, end=end, days=None)
    steps = {"大前": -3, "大后": 3}.get(word[:2], _DAY_WORDS.get(word[0], 0))
    day = today + timedelta(days=steps)
    return Dated(start=start, end=end, days=(day, day))


def _week(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    word, (start, end) = match.group(), match.span()
    steps = word.count("下") - word.count("上")
    prefixed = word[0] in "上下本这"
    named = word[-1] if not prefixed else ""
    if prefixed:
        weekday = _WEEKDAY.match(text, end)
        if weekday is not None:
            named, end = weekday.group(), end + 1
    elif text[max(0, start - 1) : start] in tuple("一二两三四五六每几个"):
        return None
    if today is None:
        return Dated(start=start, end=end, days=None)
    days = week_days(today, steps)
    if not named:
        return Dated(start=start, end=end, days=days)
    first = 5 if named == "末" else "一二三四五六".find(named) % 7
    low = days[0] + timedelta(days=first)
    high = days[1] if named == "末" else low
    if not prefixed and high < today:  # 周六 is the coming one
        low, high = low + timedelta(days=7), high + timedelta(days=7)
    return Dated(start=start, end=end, days=(low, high))


def _relative_month(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    word, (start, end) = match.group(), match.span()
    if today is None:
        tail = MONTH_TAIL.match(text, end)
        return Dated(start=start, end=tail.end() if tail else end, days=None)
    year, month = add_months(today, word.count("下") - word.count("上"))
    return in_month(text, start, end, year, month, today)


def _feast(text: str, said: re.Match[str], today: date | None) -> Dated | None:
    start = said.start()
    match = _FEASTS.match(text, start)
    if match is None or text[max(0, start - 1) : start] in _NUMERALS:
        return None
    days = None
    if today is not None:
        name, whole = match["feast"], not FIRST_DAY.search(match["tail"])
        near = nearest(today, lambda year: feast(name, year, whole=whole))
        days = feast(name, near.year, whole=whole) or (near, near)
    return Dated(start=start, end=match.end(), days=days)


_Finder = Callable[[str, re.Match[str], date | None], Dated | None]
#: The shape of the word, and who reads it; a feast is what is left.
_SHAPES: tuple[tuple[re.Pattern[str], _Finder], ...] = (
    (re.compile("[今去明前后本这]年|上一年"), _near_year),
    (re.compile(".*(?:周|星期|礼拜)"), _week),
    (re.compile("[上下本这当].*月"), _relative_month),
    (re.compile("月"), _part_of_month),
    (re.compile("半"), _half),
    (re.compile("年[底初末中]|.*(?:季度|半年)"), _part_of_year),
    (re.compile("[今明昨后前当次]|大[前后]"), _near_day),
)
