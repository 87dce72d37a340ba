"""Period of a weekly report: seven days up to a weekly cut-off such as 周五 12:00 (P-03)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from domain.clock import SHANGHAI, aware
from domain.errors import FactsError, FenghuoError

_DAYS = "一二三四五六日"
_CUTOFF = re.compile(r"周([一二三四五六日天])\s*(\d{1,2})[:：](\d{2})")
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """Day of the week (Monday = 0) and time of day in Asia/Shanghai."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Half-open [since, until), aware UTC."""

    since: datetime
    until: datetime


def cutoff(text: str) -> Cutoff:
    """Read “周五 12:00”; raises FactsError naming the setting."""
    found = _CUTOFF.fullmatch(text.strip())
    if found and int(found[2]) < 24 and int(found[3]) < 60:
        day = _DAYS.index(found[1].replace("天", "日"))
        return Cutoff(weekday=day, at=time(int(found[2]), int(found[3])))
    raise FactsError(f"环境变量 FENGHUO_WEEKLY_CUTOFF={text} 不对：请写成“周五 12:00”")


def last_week(rule: Cutoff, now: datetime) -> Period:
    """Return the newest complete week: its cut-off is not after `now`."""
    local = now.astimezone(SHANGHAI)
    day = local.date() - timedelta(days=(local.weekday() - rule.weekday) % 7)
    end = datetime.combine(day, rule.at, SHANGHAI)
    if end > local:
        end -= WEEK
    return _week(end)


def week_until(text: str, now: datetime) -> Period:
    """Return the seven days up to an ISO time (naive = Asia/Shanghai) that is not in the future."""
    try:
        end = aware(datetime.fromisoformat(text))
    except ValueError:
        raise FenghuoError(f"--until {text} 不是时间：请写成 2026-11-20T12:00") from None
    if end > now:
        raise FenghuoError(f"--until {text} 还没有到：请用已过去的截止时刻")
    return _week(end)


def name(period: Period, rule: Cutoff) -> str:
    """Return the name of the report: its cut-off day, with the time where it is not the usual."""
    end = period.until.astimezone(SHANGHAI)
    usual = (end.weekday(), end.time()) == (rule.weekday, rule.at)
    return f"{end:%Y-%m-%d}" if usual else f"{end:%Y-%m-%dT%H%M}"


def _week(end: datetime) -> Period:
    until = end.astimezone(UTC)
    return Period(since=until - WEEK, until=until)
