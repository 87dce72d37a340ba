"""Times of pasted chats (粘贴群聊): days and clocks as WeChat and QQ show them."""

import re
from datetime import UTC, date, datetime, time, timedelta

from domain.clock import SHANGHAI
from domain.post import Precision

_WEEKDAY = r"(?:星期|周|礼拜)[一二三四五六日天]"
#: Patterns of a day, a clock, and a clock with or without its day.
DAY = (
    rf"(?:(?:\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?|\d{{1,2}}[-/月]\d{{1,2}}日?)"
    rf"(?:\s*[(（]?{_WEEKDAY}[)）]?)?|今天|昨天|前天|{_WEEKDAY})"
)
CLOCK = r"(?:[上下]午|凌晨|早上|中午|晚上)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
WHEN = rf"(?:{DAY}\s*)?{CLOCK}"
_PARTS = re.compile(
    r"(?P<half>[上下]午|凌晨|早上|中午|晚上)?\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?$"
)
_DATE = re.compile(r"(?:(?P<y>\d{4})[-/.年])?(?P<m>\d{1,2})[-/.月](?P<d>\d{1,2})日?")
_BACK = {"今天": 0, "昨天": 1, "前天": 2}
_WEEK = "一二三四五六日"


def moment(when: str, now: datetime, day: date | None = None) -> tuple[datetime, Precision] | None:
    """Read a chat's time; a bare clock means `day`, else today or yesterday if still to come."""
    text = when.replace("：", ":").strip()
    parts = _PARTS.search(text)
    if parts is None:
        return None
    hour, half = int(parts["H"]), parts["half"] or ""
    late = half in ("下午", "晚上") or (half == "中午" and hour < 11)
    hour += 12 if late and hour < 12 else 0
    written = text[: parts.start()].strip()
    named = date_of(written, now) if written else day
    if written and named is None:
        return None
    try:
        clock = time(hour, int(parts["M"]), int(parts["S"] or 0))
    except ValueError:
        return None
    here = now.astimezone(SHANGHAI)
    at = datetime.combine(named or here.date(), clock, SHANGHAI)
    if at > here and (named is None or re.fullmatch(_WEEKDAY, written)):
        at -= timedelta(days=7 if named else 1)
    if at > now + timedelta(days=1):
        return None
    return at.astimezone(UTC), Precision.SECOND if parts["S"] else Precision.MINUTE


def date_of(text: str, now: datetime) -> date | None:
    """Read a day as chats write it; a weekday is the last such day, a day without year the last."""
    today = now.astimezone(SHANGHAI).date()
    if text in _BACK:
        return today - timedelta(days=_BACK[text])
    found = _DATE.match(text)
    if found is None:
        day = _WEEK.find(text[-1:].replace("天", "日")) if re.fullmatch(_WEEKDAY, text) else -1
        return today - timedelta(days=(today.weekday() - day) % 7) if day >= 0 else None
    try:
        day_of = date(int(found["y"] or today.year), int(found["m"]), int(found["d"]))
        if not found["y"] and day_of > today + timedelta(days=1):
            return day_of.replace(year=today.year - 1)
    except ValueError:
        return None
    return day_of
