"""Times of the town's files, written relative to the anchor: d-19 20:13, h-6:40, h+0:12."""

import re
from datetime import datetime, timedelta

from domain.clock import SHANGHAI, aware
from domain.errors import FactsError

_DAY = re.compile(r"d([+-]\d+) (\d{1,2}):(\d{2})")
_HOURS = re.compile(r"h([+-])(\d+):(\d{2})")
_DATE = re.compile(r"\{d([+-]\d+)\}")


def moment(text: str, anchor: datetime) -> datetime:
    """Return the moment in UTC; raise FactsError for anything else."""
    day = _DAY.fullmatch(text.strip())
    if day:
        date = anchor.astimezone(SHANGHAI) + timedelta(days=int(day[1]))
        return aware(date.replace(hour=int(day[2]), minute=int(day[3]), second=0, microsecond=0))
    hours = _HOURS.fullmatch(text.strip())
    if hours:
        span = timedelta(hours=int(hours[2]), minutes=int(hours[3]))
        return anchor + span if hours[1] == "+" else anchor - span
    raise FactsError(f"小城时间“{text}”写法不对，应为 d-19 20:13 或 h-6:40")


def dated(text: str, anchor: datetime) -> str:
    """Return the text with {d+1} replaced by that day's date, e.g. 11月22日."""

    def name(found: re.Match[str]) -> str:
        day = anchor.astimezone(SHANGHAI) + timedelta(days=int(found[1]))
        return f"{day.month}月{day.day}日"

    return _DATE.sub(name, text)
