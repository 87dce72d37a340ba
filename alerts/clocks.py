"""Clocks: when a limit is due, and why then; pure functions of start, limit, calendar (B-CL*)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from domain.alert import Rules
from domain.case import ClockDef, Due, Pack, StartedClock
from domain.clock import SHANGHAI, say_span, say_time
from domain.errors import FactsError
from domain.level import Level

#: Whether a day is a working day in China; None = the year is not announced yet.
Workday = Callable[[date], bool | None]

#: Shares of the limit at which people are warned (TP-8).
WARN_AT = (50, 80, 100)

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
#: Unknown calendar years count Monday to Friday and say so; further than this is a mistake.
_MAX_WORKING_DAYS = 1000


def span(limit: str) -> timedelta:
    """Return the length of a wall-clock limit such as 30m, 24h, 7d; FactsError otherwise."""
    number, unit = limit[:-1], limit[-1:]
    if number.isdecimal() and unit in _UNITS:
        return timedelta(**{_UNITS[unit]: int(number)})
    raise FactsError(f"时限“{limit}”写法不对：请写 30m、24h、7d 或 15wd")


def due(start: datetime, limit: str, workday: Workday) -> Due:
    """Return when `limit` from `start` is over: wall time, or Chinese working days for "15wd"."""
    if limit.endswith("wd") and limit[:-2].isdecimal():
        return _working_days(start, int(limit[:-2]), workday)
    length = span(limit)
    end = start + length
    return Due(at=end, steps=(f"自 {say_time(start)} 起{say_span(length)}（日历时间，不停表）",))


def _working_days(start: datetime, count: int, workday: Workday) -> Due:
    """Count from the day after the start; due at 24:00 of the last day (B-CL5)."""
    if count > _MAX_WORKING_DAYS:
        raise FactsError(f"时限 {count} 个工作日过长：请检查程序包")
    day, left, provisional = start.astimezone(SHANGHAI).date(), count, False
    steps = [f"自 {say_time(start)} 起，次日为第 1 个工作日"]
    while left:
        day += timedelta(days=1)
        known = workday(day)
        provisional = provisional or known is None
        working = day.weekday() < 5 if known is None else known
        if working:
            left -= 1
        elif day.weekday() < 5:
            steps.append(f"跳过 {day:%Y-%m-%d}（放假）")
        if working and day.weekday() >= 5:
            steps.append(f"计入 {day:%Y-%m-%d}（调休上班）")
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI)
    steps.append(f"第 {count} 个工作日为 {day:%Y-%m-%d}，当日 24:00 到期")
    if provisional:
        steps.append("年历未公布，暂按周一至周五计，公布后重算（暂定）")
    return Due(at=end.astimezone(start.tzinfo), steps=tuple(steps), provisional=provisional)


def start(definition: ClockDef, at: datetime, workday: Workday) -> StartedClock:
    """Return the clock of one pack limit, started at `at`."""
    end = due(at, definition.limit, workday)
    return _started(
        definition.id, definition.name, definition.role, at, definition.start, definition.stop,
        definition.calendar, end,
    )  # fmt: skip


def start_for(
    pack: Pack, event: str, level: Level, at: datetime, workday: Workday
) -> list[StartedClock]:
    """Return all clocks that `event` starts at this level (AD-10: grading starts the procedure)."""
    return [
        start(definition, at, workday)
        for definition in pack.clocks
        if definition.start == event and level in definition.levels
    ]


def triage(rules: Rules, level: Level, at: datetime) -> StartedClock:
    """Return the triage clock (研判) of an alert: the only clock an alert starts (AD-10)."""
    length = rules.triage[level]
    end = Due(
        at=at + length, steps=(f"自 {say_time(at)} 系统预警起{say_span(length)}内须有人研判",)
    )
    return _started(
        "triage", "研判", "客服监测员", at, "opened", "triaged", "wall", end,
    )  # fmt: skip


def _started(
    definition: str,
    name: str,
    role: str,
    at: datetime,
    start_event: str,
    stop_event: str,
    calendar: str,
    end: Due,
) -> StartedClock:
    length = end.at - at
    return StartedClock(
        definition=definition, name=name, role=role, started_at=at, start_event=start_event,
        stop_event=stop_event, calendar=calendar, due=end,
        warn_at={percent: at + length * percent / 100 for percent in WARN_AT},
    )  # fmt: skip


def late(due_at: datetime, handled_at: datetime, tolerance: timedelta) -> bool:
    """Whether a due time is handled so late that people must be told it is a catch-up (B-CL2)."""
    return handled_at - due_at > tolerance
