"""What a visit still owes: threads asked for but not settled, list pages wanted but not read.

A process that dies, a site that fails or a request limit must not lose a thread that has sunk out
of the lists by the next visit: a row is marked `asked` before its thread is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crawlers.pages.forum import ThreadRow
from crawlers.spiders.forum_reading import Reading, last_of
from domain.post import Mark

#: A thread whose pages fail is tried again after this long, then after twice as long, …
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(days=1)
_MOST_TRIES = 12
#: The mark of the list pages that a visit wanted and did not read.
LISTS = "lists"


def asked(row: ThreadRow, state: dict[str, Any] | None) -> dict[str, Any]:
    """Return the state of a thread about to be asked for; what was known of it stays."""
    state = state or {}
    told = {"replies": row.replies, "last": last_of(row)}
    tries = state.get("asked", {}).get("tries", 0)
    return {"title": row.title, **state, "url": row.url, "asked": {**told, "tries": tries}}


def mark(tid: str, state: dict[str, Any], now: datetime) -> Mark:
    """Return the mark of an asked thread: due at once, whatever happens to this visit."""
    return Mark(key=f"thread:{tid}", state=state, due_at=now)


def put_off(reading: Reading, *, now: datetime) -> Mark | None:
    """Return the mark of an asked thread that failed; None for one that is not owed."""
    if not reading.owed:
        return None
    tries = min(int(reading.owed["asked"].get("tries", 0)) + 1, _MOST_TRIES)
    state = {**reading.owed, "asked": {**reading.owed["asked"], "tries": tries}}
    wait = min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)
    return Mark(key=f"thread:{reading.tid}", state=state, due_at=now + wait)


@dataclass(slots=True, kw_only=True)
class Walk:
    """How far the lists are to be read because an earlier visit did not get so far."""

    #: The page an earlier visit wanted and did not read, 0 for none.
    owed: int = 0
    #: Rows new or moved in this visit: they pushed the others down.
    pushed: int = 0
    #: What the mark says now.
    marked: int = 0

    @classmethod
    def after(cls, state: dict[str, Any] | None) -> "Walk":
        """Return the walk that goes on where the mark says."""
        owed = int((state or {}).get("next", 0))
        return cls(owed=owed, marked=owed)

    def reach(self, rows: int) -> int:
        """Return the last list page owed, moved down by what came in above it."""
        return self.owed + -(-self.pushed // max(rows, 1)) if self.owed else 0

    def remember(self, number: int) -> Mark | None:
        """Return the mark of the page wanted next (0: all are read), None if it says so already."""
        if number == self.marked:
            return None
        self.marked = number
        return Mark(key=LISTS, state={"next": number})
