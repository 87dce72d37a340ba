"""The calendar behind the words (日历): months, weeks from Monday, Chinese feasts."""

from collections.abc import Callable
from datetime import date, timedelta

Days = tuple[date, date]

#: First day of the lunar year, 端午 and 中秋, as (month, day); from the public almanac.
_LUNAR: dict[int, tuple[tuple[int, int], tuple[int, int], tuple[int, int]]] = {
    2010: ((2, 14), (6, 16), (9, 22)),
    2011: ((2, 3), (6, 6), (9, 12)),
    2012: ((1, 23), (6, 23), (9, 30)),
    2013: ((2, 10), (6, 12), (9, 19)),
    2014: ((1, 31), (6, 2), (9, 8)),
    2015: ((2, 19), (6, 20), (9, 27)),
    2016: ((2, 8), (6, 9), (9, 15)),
    2017: ((1, 28), (5, 30), (10, 4)),
    2018: ((2, 16), (6, 18), (9, 24)),
    2019: ((2, 5), (6, 7), (9, 13)),
    2020: ((1, 25), (6, 25), (10, 1)),
    2021: ((2, 12), (6, 14), (9, 21)),
    2022: ((2, 1), (6, 3), (9, 10)),
    2023: ((1, 22), (6, 22), (9, 29)),
    2024: ((2, 10), (6, 10), (9, 17)),
    2025: ((1, 29), (5, 31), (10, 6)),
    2026: ((2, 17), (6, 19), (9, 25)),
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
}
#: Feasts of the sun: (month, day, days of holiday).
_SOLAR = {
    "国庆": (10, 1, 7),
    "十一": (10, 1, 7),
    "五一": (5, 1, 5),
    "劳动节": (5, 1, 5),
    "元旦": (1, 1, 1),
    "妇女节": (3, 8, 1),
    "儿童节": (6, 1, 1),
    "教师节": (9, 10, 1),
    "情人节": (2, 14, 1),
    "圣诞": (12, 25, 1),
    "平安夜": (12, 24, 1),
    "双十一": (11, 11, 1),
    "双11": (11, 11, 1),
    "双十二": (12, 12, 1),
    "双12": (12, 12, 1),
}


def day_of(year: int, month: int, day: int) -> Days | None:
    """Return one day as a stretch, None where there is no such day."""
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found, found


def year_days(year: int) -> Days:
    """Return the whole year."""
    return date(year, 1, 1), date(year, 12, 31)


def month_days(year: int, month: int) -> Days | None:
    """Return the whole month, None where there is none."""
    if not 1 <= month <= 12:
        return None
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def week_days(today: date, steps: int) -> Days:
    """Return Monday to Sunday of the week `steps` weeks away."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=steps)
    return monday, monday + timedelta(days=6)


def add_months(today: date, steps: int) -> tuple[int, int]:
    """Return (year, month) of the month `steps` months away."""
    months = today.year * 12 + today.month - 1 + steps
    return months // 12, months % 12 + 1


def part_of_month(word: str, year: int, month: int) -> Days | None:
    """初 and 上旬 = 1–10, 中 = 11–20, 下旬 from the 21st; 底 and 末 the last days from the 26th."""
    whole = month_days(year, month)
    if whole is None:
        return None
    if word[-1] == "初" or word == "上旬":
        return whole[0], date(year, month, 10)
    if word[-1] == "中" or word == "中旬":
        return date(year, month, 11), date(year, month, 20)
    if word == "下旬":
        return date(year, month, 21), whole[1]
    return date(year, month, min(26, whole[1].day - 4)), whole[1]


def part_of_year(word: str, year: int) -> Days:
    """年初 = January, 年中 = June and July, 年底 = December; halves and quarters."""
    if "季度" in word:
        number = "一二三四".find(word[-3]) + 1 or int(word[-3])
        last = month_days(year, number * 3) or year_days(year)
        return date(year, number * 3 - 2, 1), last[1]
    if word == "上半年":
        return date(year, 1, 1), date(year, 6, 30)
    if word == "下半年":
        return date(year, 7, 1), date(year, 12, 31)
    if word[-1] == "初":
        return date(year, 1, 1), date(year, 1, 31)
    if word[-1] == "中":
        return date(year, 6, 1), date(year, 7, 31)
    return date(year, 12, 1), date(year, 12, 31)


def nearest(today: date, days: Callable[[int], Days | None]) -> date:
    """Return the likeliest of last, this and next year's day.

    People tell of what was more than of what will be: a day ahead counts twice its distance.
    """
    options = [found[0] for step in (-1, 0, 1) if (found := days(today.year + step)) is not None]
    return min(options, key=lambda each: _distance(each, today), default=today)


def _distance(day: date, today: date) -> timedelta:
    return today - day if day <= today else 2 * (day - today)


def feast(name: str, year: int, *, whole: bool) -> Days | None:
    """Return the days of a feast; `whole` = with its holiday. None outside the lunar table."""
    solar = _SOLAR.get(name)
    if solar is not None:
        first = date(year, solar[0], solar[1])
        return first, first + timedelta(days=solar[2] - 1 if whole else 0)
    if name == "清明":
        short = year % 100
        first = date(year, 4, int(short * 0.2422 + 4.81) - short // 4)
        return first, first
    return _lunar(name, year, whole=whole)


def _lunar(name: str, year: int, *, whole: bool) -> Days | None:
    known = _LUNAR.get(year)
    if known is None:
        return None
    spring, dragon, moon = (date(year, month, day) for month, day in known)
    if name in ("端午", "中秋"):
        day = dragon if name == "端午" else moon
    elif name in ("除夕", "年三十"):
        day = spring - timedelta(days=1)
    elif name == "元宵":
        day = spring + timedelta(days=14)
    elif name.startswith("大年初"):
        day = spring + timedelta(days="一二三四五六七".find(name[-1]))
    else:
        return spring, spring + timedelta(days=6 if whole else 0)
    return day, day
