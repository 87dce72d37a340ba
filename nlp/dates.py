"""Dates a text states (日期): days, weeks, months, feasts, resolved against the day of the post.

A date is a stretch of days: 去年6月 is its whole month. Without the post's day a relative date
keeps its place in the text and has no days.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from nlp.calendar_cn import Days, add_months, day_of, month_days, nearest, week_days, year_days
from nlp.date_parts import AFTER_YEAR, MONTHS, NUMBER, Dated, in_month, in_year, small
from nlp.date_words import find_words

_CLOCK = re.compile(
    r"[的, ]?(?:[上下]午|早上|晚上|中午|凌晨|傍晚|清晨|夜里|半夜|深夜|夜间|早晨|早|晚)?"
    rf"(?:{NUMBER}{{1,3}}(?:点(?:半|整|一刻|{NUMBER}{{1,3}}分?)?|:\d\d|时(?!候|间|期|代)))?"
)
_NUMERIC = re.compile(
    rf"(?P<n>{NUMBER}{NUMBER}{{0,3}}+)(?:"
    r"(?P<iso>(?<=[12]\d{3})[-/.]\d{1,2}(?:[-/.]\d{1,2}(?![\d.%])|(?![\d\-/.%万亿元块平户人])))"
    r"|(?P<short>[/.\-]\d{1,2}(?=\s?(?:[上下]午|晚上|早上|中午|\d{1,2}:\d\d|\d{1,2}点)))"
    r"|(?P<year>年(?![代来级限多以轮纪龄检费卡]|[之]?[前后内]|以[前后]))"
    r"|(?P<month>月份?(?!份?[以之]?[内供子饼嫂薪租均台票饭费亮经球])(?!份?[以之]?后))"
    r"|(?P<day>[日号])"
    r"|(?P<ago>(?:个?(?:多)?(?:月|星期|礼拜)|天|日|周|年|周年|小时)(?:[之以]?[前后]))"
    r")"
)
#: 18年买的房: two digits are a year before a deed, a duration after 住了.
_SAID_YEAR = re.compile(
    "[就才]?(?:买|交|签|入住|拿地|开盘|收房|购|认购|开工|动工|竣工|建成|办|搬|装修|网签|贷)"
)
_LASTED = tuple("了满等过近第住还用共约")
_JOIN = re.compile(r"\s?(?:至|到|-|~|—{1,2})\s?")
#: Bare day numbers are dates only away from addresses: 22号楼, 人民路22号, 3号线.
_NO_DAY_AFTER = re.compile(
    r"[楼栋房院门线铺店地机厂井桩电车位库商段街路铁坑墙户室柱梯塔台馆厅令仓会码文公岛球桌型院点站]"
    r"|单元|入口|出口|业主群|群|通知|文件"
)
_NO_DAY_BEFORE = re.compile(
    r"[路街道巷弄村段组栋楼区园苑城第每座院馆厂门单元室房尾编案文件\da-z/.\-:]$"
)


def find_dates(text: str, today: date | None) -> list[Dated]:
    """Return the dates of a normal text in order; `today` is the post's day in Asia/Shanghai."""
    found: list[Dated] = []
    told = 0
    for match in _NUMERIC.finditer(text):
        if match.start() < told:  # the month of a year already read
            continue
        hit = _NUMBERED[match.lastgroup or ""](text, match, today)
        if hit is not None:
            found.append(_with_clock(text, hit))
            told = found[-1].end
    worded = find_words(text, today)
    if worded:
        found = _apart([*found, *(_with_clock(text, hit) for hit in worded)])
    return _joined(text, found) if len(found) > 1 else found


def _apart(found: list[Dated]) -> list[Dated]:
    """Keep the longer of two overlapping dates: 去年6月, not 6月."""
    kept: list[Dated] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _joined(text: str, found: list[Dated]) -> list[Dated]:
    """12月1日至12月5日 is one stretch."""
    kept = found[:1]
    for one in found[1:]:
        last = kept[-1]
        if one.start - last.end <= 4 and _JOIN.fullmatch(text, last.end, one.start):
            days = None
            if last.days and one.days and last.days[0] <= one.days[1]:
                days = (last.days[0], one.days[1])
            kept[-1] = Dated(start=last.start, end=one.end, days=days)
        else:
            kept.append(one)
    return kept


def _with_clock(text: str, hit: Dated) -> Dated:
    clock = _CLOCK.match(text, hit.end)
    if clock is None or clock.end() - clock.start() < 1 or not clock.group().strip(" ,的"):
        return hit
    return Dated(start=hit.start, end=clock.end(), days=hit.days)


def _iso(text: str, match: re.Match[str], _today: date | None) -> Dated | None:
    numbers = [int(each) for each in re.split(r"[-/.]", match.group()) if each.isdecimal()]
    if len(match["n"]) != 4 or not 1990 <= numbers[0] <= 2100 or _cut(text, match):
        return None
    days = day_of(*numbers) if len(numbers) == 3 else month_days(*numbers)
    return None if days is None else Dated(start=match.start(), end=match.end(), days=days)


def _short(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    """11/25 14:00: month and day where a time of day follows."""
    month, day = int(match["n"]) if match["n"].isascii() else 0, int(match["short"][1:])
    if not (1 <= month <= 12 and 1 <= day <= 31) or _cut(text, match):
        return None
    days = None
    if today is not None:
        near = nearest(today, lambda each: day_of(each, month, min(day, 28)))
        days = day_of(near.year, month, day)
    return Dated(start=match.start(), end=match.end(), days=days)


def _year(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    number = _year_number(match["n"])
    if number is None or _cut(text, match):
        return None
    after = AFTER_YEAR.match(text, match.end())
    if len(match["n"]) == 2 and after is None and not _SAID_YEAR.match(text, match.end()):
        return None  # 20年 is a duration as often as a year
    if len(match["n"]) == 2 and text[max(0, match.start() - 1) : match.start()] in _LASTED:
        return None
    return in_year(text, match.start(), match.end(), number, today, after)


def _month(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    month = small(match["n"])
    if month not in MONTHS or len(match["n"]) > 2 or _cut(text, match):
        return None
    return in_month(text, match.start(), match.end(), None, month, today)


def _day(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    """22号: the nearest such day, away from addresses."""
    number = small(match["n"])
    if not 1 <= number <= 31 or not match["n"].isdecimal() or not match["n"].isascii():
        return None
    before = text[max(0, match.start() - 2) : match.start()]
    if _NO_DAY_AFTER.match(text, match.end()) or _NO_DAY_BEFORE.search(before):
        return None
    if match["day"] == "日" and text[match.end() : match.end() + 1] in tuple("内均常报元起"):
        return None
    return Dated(start=match.start(), end=match.end(), days=_nearest_day(number, today))


def _nearest_day(number: int, today: date | None) -> Days | None:
    if today is None:
        return None
    options = [
        days[0] for step in (-1, 0, 1)
        if (days := day_of(*add_months(today, step), number)) is not None
    ]  # fmt: skip
    best = min(options, key=lambda each: abs(each - today), default=None)
    return None if best is None else (best, best)


def _ago(text: str, match: re.Match[str], today: date | None) -> Dated | None:
    """3天前, 两个月前: as exact as its unit."""
    number, said = small(match["n"]), match["ago"]
    if number < 1 or "多" in said or _cut(text, match):
        return None
    sign = -1 if said.endswith("前") else 1
    return Dated(start=match.start(), end=match.end(), days=_shifted(today, sign * number, said))


def _shifted(today: date | None, steps: int, unit: str) -> Days | None:
    if today is None or abs(steps) > 1200:
        return None
    if "月" in unit:
        return month_days(*add_months(today, steps))
    if unit[0] == "年" or unit.startswith("周年"):
        return year_days(today.year + steps)
    if "周" in unit or "星期" in unit or "礼拜" in unit:
        return week_days(today, steps)
    day = today + timedelta(days=0 if "小时" in unit else steps)
    return day, day


def _cut(text: str, match: re.Match[str]) -> bool:
    """Whether the numeral is the tail of a longer number or code."""
    before = text[max(0, match.start() - 1) : match.start()]
    return bool(before) and (before.isdecimal() or before in ".-/第" or before in "百千几数")


#: 二〇二六: the digits of a year said one by one.
_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")


def _year_number(text: str) -> int | None:
    if len(text) not in (2, 4):
        return None
    digits = text if text.isascii() else text.translate(_DIGITS)
    if not (digits.isascii() and digits.isdecimal()):
        return None
    year = int(digits) + (2000 if len(digits) == 2 else 0)
    return year if 1949 <= year <= 2060 else None


_NUMBERED: dict[str, Callable[[str, re.Match[str], date | None], Dated | None]] = {
    "iso": _iso,
    "short": _short,
    "year": _year,
    "month": _month,
    "day": _day,
    "ago": _ago,
}
