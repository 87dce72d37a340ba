"""Times as Chinese pages and files write them; what is unclear is None, never a guess."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime

from domain.clock import SHANGHAI
from domain.post import Precision

Moment = tuple[datetime, Precision]
Reader = Callable[[str, tzinfo], Moment | None]

_FULL = re.compile(
    r"(?P<y>(?:19|20)\d\d)\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?"
    r"(?:[T\s,，]*(?P<H>\d{1,2})\s*[:：时]\s*(?P<M>\d{1,2})(?:\s*[:：分]\s*(?P<S>\d{1,2}))?"
    r"(?:[.,]\d+)?\s*秒?\s*(?P<z>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?"
)
_SHORT = re.compile(
    r"(?<!\d)(?P<m>\d{1,2})\s*[-/月]\s*(?P<d>\d{1,2})\s*日?\s+(?P<H>\d{1,2}):(?P<M>\d\d)"
)
_AGO = re.compile(r"(?P<n>\d+|半)\s*(?:个)?(?P<unit>秒|分钟|小时|天)前")
_DAY_WORD = re.compile(r"(?P<word>今天|昨天|前天)\s*(?P<H>\d{1,2}):(?P<M>\d\d)")
_SPAN = {"秒": 1, "分钟": 60, "小时": 3600, "天": 86400}
_BACK = {"今天": 0, "昨天": 1, "前天": 2}
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
#: Feeds of this field mean China Standard Time, not US Central (collection §3).
_CST = re.compile(r"\bCST\b|中国标准时间")


def read_time(
    value: object, *, zone: tzinfo = SHANGHAI, now: datetime | None = None
) -> Moment | None:
    """Return the moment in UTC with its precision; relative words need `now`, else None."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    if not text:
        return None
    for read in (_epoch, _absolute, _mail_date):
        moment = _tried(read, text, zone)
        if moment:
            return moment
    return None if now is None else _tried(lambda t, z: _relative(t, z, now), text, zone)


def _tried(read: Reader, text: str, zone: tzinfo) -> Moment | None:
    """Return what `read` says; an impossible date (13月, 25:00) is None."""
    try:
        found = read(text, zone)
    except (ValueError, OverflowError, OSError):
        return None
    return None if found is None else (found[0].astimezone(UTC), found[1])


def _epoch(text: str, _zone: tzinfo) -> Moment | None:
    if not _EPOCH.fullmatch(text):
        return None
    seconds = float(text)
    if seconds > 1e11:  # milliseconds, by magnitude
        seconds /= 1000
    return datetime.fromtimestamp(seconds, tz=UTC), Precision.SECOND


def _absolute(text: str, zone: tzinfo) -> Moment | None:
    found = _FULL.search(text)
    if not found:
        return None
    part = found.groupdict()
    moment = datetime(
        int(part["y"]), int(part["m"]), int(part["d"]),
        int(part["H"] or 0), int(part["M"] or 0), int(part["S"] or 0),
        tzinfo=_offset(part["z"]) or zone,
    )  # fmt: skip
    if part["H"] is None:
        return moment, Precision.DAY
    return moment, Precision.MINUTE if part["S"] is None else Precision.SECOND


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    return datetime.strptime(_plain_offset(text), "%z").tzinfo


def _plain_offset(text: str) -> str:
    return "+0000" if text in {"Z", "UTC", "GMT"} else text.replace(":", "")


def _mail_date(text: str, zone: tzinfo) -> Moment | None:
    """Read RFC 822 dates; CST means +08:00 and a missing zone the source's own."""
    moment = parsedate_to_datetime(_CST.sub("+0800", text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment, Precision.SECOND


def _relative(text: str, zone: tzinfo, now: datetime) -> Moment | None:
    """Read 刚刚, 3分钟前, 半小时前, 昨天 12:30, and 11-20 10:00 without its year."""
    here = now.astimezone(zone)
    if text.startswith("刚刚"):
        return here, Precision.MINUTE
    ago = _AGO.search(text)
    if ago:
        count = 0.5 if ago["n"] == "半" else int(ago["n"])
        unit = ago["unit"]
        moment = here - timedelta(seconds=count * _SPAN[unit])
        return moment, Precision.DAY if unit == "天" else Precision.MINUTE
    word = _DAY_WORD.search(text)
    if word:
        day = here - timedelta(days=_BACK[word["word"]])
        hour, minute = int(word["H"]), int(word["M"])
        return day.replace(hour=hour, minute=minute, second=0, microsecond=0), Precision.MINUTE
    return _without_year(text, zone, here)


def _without_year(text: str, zone: tzinfo, here: datetime) -> Moment | None:
    found = _SHORT.search(text)
    if not found:
        return None
    month, day, hour, minute = (int(found[name]) for name in "mdHM")
    moment = datetime(here.year, month, day, hour, minute, tzinfo=zone)
    if moment > here + timedelta(days=1):  # a list of last December seen in January
        moment = moment.replace(year=here.year - 1)
    return moment, Precision.MINUTE
