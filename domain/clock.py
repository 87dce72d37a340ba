"""Time: the shape of a clock and the one zone shown to people (Asia/Shanghai)."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Whatever tells the time; only the shell asks it, decisions get `now` as an argument."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


def aware(value: datetime) -> datetime:
    """Return `value` in UTC; a naive value means Asia/Shanghai (design §5)."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=SHANGHAI)
    return value.astimezone(UTC)


def shanghai_day(value: datetime) -> date:
    """Return the calendar day in Asia/Shanghai of an aware moment."""
    return value.astimezone(SHANGHAI).date()


def iso_shanghai(value: datetime) -> str:
    """Return ISO 8601 with +08:00, seconds precision (the JSONL contract)."""
    return value.astimezone(SHANGHAI).isoformat(timespec="seconds")


def say_time(value: datetime) -> str:
    """Return a moment as an office writes it: 2026-11-21 08:05."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def say_span(span: timedelta) -> str:
    """Return a duration as people say it: 30分钟, 12小时, 30天."""
    minutes = int(span.total_seconds() // 60)
    if minutes % 1440 == 0 and minutes >= 1440:
        return f"{minutes // 1440}天"
    if minutes % 60 == 0 and minutes >= 60:
        return f"{minutes // 60}小时"
    return f"{minutes}分钟"
