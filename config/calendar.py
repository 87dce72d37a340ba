"""Chinese working days (调休): chinesecalendar for the years it knows, None beyond (B-CL5)."""

from datetime import date

import chinese_calendar


def workday(day: date) -> bool | None:
    """Return whether `day` is a working day in China; None = the year is not announced."""
    try:
        known: bool = chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None
    return known
