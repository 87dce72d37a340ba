"""Dates of orders (工单日期): as 12345 and hotline tables write them, and deadlines as spans."""

import re
from datetime import UTC, date, datetime, time, timedelta

from alerts.clocks import due as due_of
from config.calendar import workday
from crawlers.times import read_time
from domain.clock import SHANGHAI
from domain.post import Precision

_HALF = re.compile(r"(?P<half>[上下]午|凌晨|早上|中午|晚上)\s*(?P<H>\d{1,2})(?=\s*[:：点时])")
_HOURS = re.compile(r"(?P<H>\d{1,2})\s*[点时](?P<M>\d{1,2})?分?")
#: 20261120, 20261120 09:08:00, 20261120090800, 202611200908.
_PACKED = re.compile(
    r"(?P<y>20\d\d)(?P<m>\d\d)(?P<d>\d\d)"
    r"(?:\s*(?P<H>\d{2}):?(?P<M>\d{2})(?::?(?P<S>\d{2}))?(?:\.0+)?)?"
)
#: 46346.38: days since the last day of 1899, as Excel counts; 5 digits are of our century.
_SERIAL = re.compile(r"[3-6]\d{4}(?:\.\d+)?")
_ZERO = datetime(1899, 12, 30, tzinfo=SHANGHAI)
#: 11月25日, 11-25, with or without a clock.
_SHORT = re.compile(
    r"(?P<m>\d{1,2})[-/月.](?P<d>\d{1,2})日?(?:\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?)?"
)
_SPAN = re.compile(r"(?P<n>\d{1,3})(?:\s*个?(?P<unit>工作日|自然日|日|天|小时)(?:之?内.*)?)?")
_NUMBER = re.compile(r"[一二两三四五六七八九十]{1,3}(?=\s*个?(?:工作日|自然日|日|天|小时))")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


def moment(
    cell: str, *, now: datetime, after: datetime | None = None
) -> tuple[datetime, Precision] | None:
    """Return the moment in UTC a cell names, None if it is none.

    A day without its year is the last such day, or the first at or after `after`.
    """
    text = _HOURS.sub(_colon, _HALF.sub(_hour, cell.strip().replace("：", ":")))
    serial = _SERIAL.fullmatch(text)
    if serial:
        minutes = round(float(text) * 24 * 60)
        at = (_ZERO + timedelta(minutes=minutes)).astimezone(UTC)
        return at, Precision.MINUTE if "." in text else Precision.DAY
    packed, short = _PACKED.fullmatch(text), _SHORT.fullmatch(text)
    try:
        if packed:
            return _built(packed, int(packed["y"]))
        if short:
            return _yearless(short, now, after)
    except ValueError:
        return None
    return read_time(text, now=now)


def deadline(cell: str, *, start: datetime, now: datetime) -> datetime | None:
    """Read a deadline: a moment, the end of a day, or a span from `start`; None if none is set.

    A bare number is days. Raises ValueError for what is none of these.
    """
    if not cell.strip():
        return None
    span = _SPAN.fullmatch(_NUMBER.sub(_value, cell.strip()))
    if span is not None:
        unit = {"工作日": "wd", "小时": "h"}.get(span["unit"] or "", "d")
        return due_of(start, f"{int(span['n'])}{unit}", workday).at
    found = moment(cell, now=now, after=start)
    if found is None:
        raise ValueError(cell)
    at, precision = found
    if precision is Precision.DAY:
        day = at.astimezone(SHANGHAI).date() + timedelta(days=1)
        return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
    return at


def _built(found: re.Match[str], year: int) -> tuple[datetime, Precision]:
    at = datetime(
        year, int(found["m"]), int(found["d"]), int(found["H"] or 0), int(found["M"] or 0),
        int(found["S"] or 0), tzinfo=SHANGHAI,
    ).astimezone(UTC)  # fmt: skip
    if not found["H"]:
        return at, Precision.DAY
    return at, Precision.SECOND if found["S"] else Precision.MINUTE


def _yearless(
    found: re.Match[str], now: datetime, after: datetime | None
) -> tuple[datetime, Precision]:
    near = (after or now).astimezone(SHANGHAI)
    at, precision = _built(found, near.year)
    day: date = at.astimezone(SHANGHAI).date()
    if after is not None and day < near.date():
        return _built(found, near.year + 1)
    if after is None and day > near.date() + timedelta(days=1):
        return _built(found, near.year - 1)
    return at, precision


def _hour(found: re.Match[str]) -> str:
    hour = int(found["H"])
    late = found["half"] in ("下午", "晚上") or (found["half"] == "中午" and hour < 11)
    return f" {hour + 12 if late and hour < 12 else hour}"


def _colon(found: re.Match[str]) -> str:
    return f"{found['H']}:{int(found['M'] or 0):02d}"


def _value(found: re.Match[str]) -> str:
    """Return 五, 十五, 二十 in digits."""
    tens, ten, ones = found[0].rpartition("十")
    value = (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
    return str(value)
