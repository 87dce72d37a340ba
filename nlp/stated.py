"""What a text states (事实): numbers, dates, names and rooms in one list (design §5).

A span has one meaning: what is part of a room is no date, what is part of a date no count, and
the people of a casualty are not counted again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.clock import aware, shanghai_day
from domain.homes import Home
from nlp.casualties import find_casualties
from nlp.counts import Count
from nlp.date_parts import Dated
from nlp.dates import find_dates
from nlp.names import NameTable, find_names
from nlp.own_home import home_at
from nlp.spans import Span, merged, overlaps

ROOM, DATE = "room", "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A fact of a normal text; low = high where it is exact.

    Numbers are floats (money in yuan), dates ISO days; a name, a room or a date that cannot be
    resolved has neither. A room (房号) must be keyed before anything is stored or shown.
    """

    #: household | person | money | casualty | date | place | media | authority | room
    kind: str
    low: float | str | None
    high: float | str | None
    unit: str
    start: int
    end: int
    #: The home a room names, None where it names no building.
    home: Home | None = field(default=None, repr=False)


def find_stated(
    text: str,
    rooms: Sequence[Span],
    counted: Sequence[Count],
    published: datetime | None,
    names: NameTable,
) -> list[Stated]:
    """Return the facts of a normal text in order of place.

    `rooms` is what find_rooms says of it, `counted` what find_counts says.
    """
    today = None if published is None else _day(published)
    found = [_room(text, start, end) for start, end in rooms]
    taken = list(rooms)
    for dated in find_dates(text, today):
        if not overlaps(rooms, dated.start, dated.end):
            taken.append((dated.start, dated.end))
            found.append(_dated(dated))
    casualties = [one for one in find_casualties(text) if not overlaps(rooms, one.start, one.end)]
    taken = merged([*taken, *((one.start, one.end) for one in casualties)])
    counts = [one for one in counted if not overlaps(taken, one.start, one.end)]
    found.extend(map(_counted, (*casualties, *counts)))
    found.extend(
        Stated(kind=name.kind, low=None, high=None, unit="", start=name.start, end=name.end)
        for name in find_names(text, names)
        if not overlaps(rooms, name.start, name.end)
    )
    found.sort(key=_place)
    return found


def _room(text: str, start: int, end: int) -> Stated:
    home = home_at(text, start, end)
    return Stated(kind=ROOM, low=None, high=None, unit="", start=start, end=end, home=home)


def _day(published: datetime) -> date | None:
    """Return the post's day; a broken year is no day at all."""
    return shanghai_day(aware(published)) if 1900 < published.year < 2200 else None


def _dated(dated: Dated) -> Stated:
    low, high = (None, None) if dated.days is None else map(date.isoformat, dated.days)
    return Stated(kind=DATE, low=low, high=high, unit="", start=dated.start, end=dated.end)


def _counted(count: Count) -> Stated:
    return Stated(
        kind=count.kind, low=count.low, high=count.high, unit=count.unit,
        start=count.start, end=count.end,
    )  # fmt: skip


def _place(one: Stated) -> tuple[int, int, str]:
    return one.start, one.end, one.kind
