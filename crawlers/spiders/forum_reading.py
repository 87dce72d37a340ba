"""Which pages of a thread to open, and what an absent floor means: decisions without a network.

Floors shift over page breaks when an earlier one is deleted, so a page that still begins with the
floor it began with proves that nothing before it has changed.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile
from typing import Any

from crawlers.pages.forum import ThreadPage, ThreadRow, deletion
from domain.post import Mark, ParsedPost

#: Edits never show in the list, so a quiet thread is opened again this long after it moved.
AGEING_DAYS = (1.0, 3.0, 7.0, 30.0)
#: Upper bound of one visit of one thread, so that a broken pager cannot loop.
MAX_THREAD_PAGES = 200
#: The due time of threads past their last ageing visit: only a sweep opens them.
SWEEP_ONLY = datetime(9999, 1, 1, tzinfo=UTC)
#: A thread whose page is plainly not found is asked for once more before it counts as deleted.
MISSING_TWICE = 2


@dataclass(slots=True, kw_only=True)
class Reading:
    """One visit of one thread: why, what was remembered, what has been read so far."""

    tid: str
    url: str
    reason: str
    state: dict[str, Any]
    row: ThreadRow | None = None
    #: Page number → ids of its floors, read in this visit.
    read: dict[int, tuple[str, ...]] = field(default_factory=dict)
    pages: int = 1
    #: Replies as the thread itself tells them.
    replies: int | None = None
    #: Read every page from the first on: new, ageing, sweep, newest-first threads.
    forward: bool = False
    #: Floors whose place says that they are deleted.
    removed: set[str] = field(default_factory=set)
    #: Floor numbers as the site labels them.
    labels: dict[str, int] = field(default_factory=dict)
    #: The mark's state while the thread is asked for and not settled (forum_asked), {} for none.
    owed: dict[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> list[list[str]]:
        """Return the remembered floors, page by page."""
        return [list(page) for page in self.state.get("pages", ())]

    @property
    def known_pids(self) -> set[str]:
        """Return all remembered floors, those of unclear whereabouts included."""
        loose = {*self.state.get("pending", ()), *self.state.get("pids", ())}
        return {pid for page in self.known for pid in page} | loose


def why_visit(
    row: ThreadRow, state: dict[str, Any] | None, *, now: datetime, ageing: tuple[float, ...],
    sweep: bool = False,
) -> str | None:  # fmt: skip
    """Return why to open the thread: new, moved, upgraded, retitled, ageing, sweep; None for none.

    A mark of the first release knew its floors (`pids`) but no pages: read whole once (upgraded).
    """
    if state is None or state.get("gone") or "fetched" not in state:
        return "new"
    if row.replies is None and not row.last:
        return "sweep" if sweep else None
    if (state.get("replies"), state.get("last")) != (row.replies, last_of(row)):
        return "moved"
    if sweep or ("pids" in state and "pages" not in state):
        return "sweep" if sweep else "upgraded"
    due = next_due(state, ageing)
    if due is not None and due <= now:
        return "ageing"
    return None if state.get("title") in (None, row.title) else "retitled"


def is_overdue(state: dict[str, Any] | None, *, now: datetime, ageing: tuple[float, ...]) -> bool:
    """Whether a thread that moved is to be read whole for edits, not from its end only.

    Each move starts the ageing clock anew: a busy thread would else never be read whole again.
    """
    if not state or not ageing or "fetched" not in state:
        return False
    due = next_due(state, ageing)
    full = datetime.fromisoformat(state.get("full", state["fetched"]))
    return (due is not None and due <= now) or full + timedelta(days=min(ageing)) <= now


def unswept(state: dict[str, Any] | None, sweep: object) -> bool:
    """Whether a sweep still has to open the thread.

    `sweep` may be the moment the sweep began, so that one cut off by a limit goes on next time.
    """
    if state is None or "fetched" not in state or not isinstance(sweep, str):
        return True
    return datetime.fromisoformat(state["fetched"]) < datetime.fromisoformat(sweep)


def next_due(state: dict[str, Any], ageing: tuple[float, ...]) -> datetime | None:
    """Return the first ageing moment after the last full reading, None when all are past."""
    moved = datetime.fromisoformat(state["moved"])
    fetched = datetime.fromisoformat(state["fetched"])
    moments = (moved + timedelta(days=day) for day in sorted(ageing))
    return next((moment for moment in moments if moment > fetched), None)


def last_of(row: ThreadRow) -> str:
    """Return the last-post time of a row in a form that compares."""
    return row.last_at.isoformat() if row.last_at else row.last


def begin(
    row: ThreadRow | None, state: dict[str, Any] | None, *, tid: str, url: str, reason: str,
    whole: bool = False,
) -> Reading:  # fmt: skip
    """Return a visit before its first page; `whole` asks for every page."""
    state = dict(state or {})
    owed = dict(state) if "asked" in state else {}
    if state.get("gone"):
        state = {key: state[key] for key in ("pending", "asked") if key in state}
    pages_known = bool(state.get("per")) and row is not None and row.replies is not None
    return Reading(
        tid=tid, url=url, reason=reason, state=state, row=row, owed=owed,
        forward=whole or not (reason == "moved" and pages_known),
    )  # fmt: skip


def first_page(reading: Reading) -> int:
    """Return the page to open first: a moved thread is read from its end."""
    if reading.forward or reading.row is None or reading.row.replies is None:
        return 1
    return max(1, -(-(reading.row.replies + 1) // int(reading.state["per"])))


def absorb(reading: Reading, thread: ThreadPage) -> None:
    """Take in one answer; a page that was read before counts as it is now."""
    reading.read[thread.page] = thread.pids
    reading.pages = max(thread.pages, thread.page)
    reading.removed |= set(thread.removed)
    reading.labels |= {
        post.native_id: post.floor
        for post in thread.posts
        if post.native_id and post.floor and post.floor_label
    }
    if thread.page == 1 and thread.replies is not None:
        reading.replies = thread.replies
    if thread.page < reading.pages and (thread.page > 1 or "per" not in reading.state):
        reading.state["per"] = len(thread.posts) + len(thread.removed)
    reading.forward |= thread.reversed


def next_page(reading: Reading) -> int | None:
    """Return the page to open next, None when enough of the thread is known."""
    if reading.reason == "retitled" or len(reading.read) >= MAX_THREAD_PAGES:
        return None
    wanted = range(1, reading.pages + 1)
    for number in wanted if reading.forward else reversed(wanted):
        if number not in reading.read:
            return number
        if not reading.forward and _begins_as_known(reading, number):
            return None
    return None


def _begins_as_known(reading: Reading, number: int) -> bool:
    known, pids = reading.known, reading.read[number]
    return (
        number <= len(known)
        and bool(known[number - 1] and pids)
        and (known[number - 1][0] == pids[0])
    )


def assembled(reading: Reading) -> list[list[str]]:
    """Return the thread page by page: what was read now, else what was known before."""
    known = reading.known
    return [
        list(reading.read.get(number, known[number - 1] if number <= len(known) else ()))
        for number in range(1, reading.pages + 1)
    ]


def offset(reading: Reading, pages: list[list[str]]) -> int | None:
    """Return how many more floors the site counts than were seen; None where it does not say."""
    told = reading.replies
    if told is None and reading.row is not None:
        told = reading.row.replies
    seen = {pid for page in pages for pid in page} | reading.removed
    return None if told is None else told + 1 - len(seen)


def fits(reading: Reading, pages: list[list[str]]) -> bool:
    """Whether the floors seen are all there are: no gap, no floor twice, the count as expected.

    A site may count comments (点评) among the replies: that surplus is learnt and stays the same.
    """
    if not all(pages):
        return False
    flat = [pid for page in pages for pid in page]
    if len(flat) != len(set(flat)):
        return False
    surplus = offset(reading, pages)
    return surplus in (None, 0, reading.state.get("extra", 0))


def absent(reading: Reading, pages: list[list[str]], missing: set[str]) -> set[str]:
    """Return the missing floors that are gone although the count does not fit (a new 点评).

    The page says so; or what stood around them now stands side by side on one page; or a second
    whole reading misses them too. Labels with a gap mean a floor that we could not read.
    """
    gone = set(reading.removed)
    beside = _neighbours(reading)
    order = [pid for page in reading.known for pid in page]
    for start, pid in enumerate(order):
        if pid in missing or start + 1 == len(order) or order[start + 1] not in missing:
            continue
        run = list(takewhile(missing.__contains__, order[start + 1 :]))
        rest = order[start + 1 + len(run) :]
        if pid in beside and (beside[pid] == rest[0] if rest else beside[pid] not in order):
            gone |= set(run)
    flat = [pid for page in pages for pid in page]
    numbers = sorted(reading.labels.values())
    full = len(reading.read) >= reading.pages and len(flat) == len(set(flat))
    if full and numbers in ([], list(range(1, len(flat) + 1))):
        gone |= set(reading.state.get("pending", ()))
    return gone


def _neighbours(reading: Reading) -> dict[str, str | None]:
    """Return floor → the next one on its page by label, None for the last floor of the thread."""
    labels, last = reading.labels, reading.read.get(reading.pages, ())[-1:]
    return {pid: None for pid in last if pid in labels} | {
        pid: after
        for pids in reading.read.values()
        for pid, after in pairwise(pids)
        if labels.get(pid, -1) + 1 == labels.get(after)
    }


def settle(
    reading: Reading, *, now: datetime, ageing: tuple[float, ...]
) -> tuple[Mark, tuple[ParsedPost, ...]]:
    """Return what to remember of the thread and the deletions this visit has shown."""
    pages = assembled(reading)
    seen = {pid for page in pages for pid in page}
    missing = reading.known_pids - seen
    whole = fits(reading, pages)
    gone = missing if whole else missing & absent(reading, pages, missing)
    state = _standing(reading, now=now)
    full = len(reading.read) >= reading.pages
    if not full and reading.reason != "moved":
        state["fetched"] = reading.state.get("fetched", now.isoformat())
    if full:
        state["full"] = now.isoformat()
    surplus = offset(reading, pages)
    if full and surplus and surplus > 0 and missing <= gone:
        state["extra"] = surplus
    state["pages"] = pages
    state["pending"] = sorted(missing - gone)
    due = next_due(state, ageing) or SWEEP_ONLY
    told = tuple(deletion(pid, reading.tid) for pid in sorted(gone))
    return Mark(key=f"thread:{reading.tid}", state=state, due_at=due), told


def settle_gone(reading: Reading, *, now: datetime) -> tuple[Mark, tuple[ParsedPost, ...]]:
    """Return the mark of a deleted thread and the deletion of all its known floors."""
    state = _standing(reading, now=now) | {"gone": True, "pages": [], "pending": []}
    gone = tuple(deletion(pid, reading.tid) for pid in sorted(reading.known_pids))
    return Mark(key=f"thread:{reading.tid}", state=state), gone


def settle_unread(
    reading: Reading, *, now: datetime, ageing: tuple[float, ...], missing: bool = False
) -> Mark:
    """Return the mark of a thread that did not open: it keeps its floors and waits its turn."""
    state = {"pages": []} | reading.state | _standing(reading, now=now)
    state.pop("asked", None)
    due = next_due(state, ageing) or SWEEP_ONLY
    if missing:
        state["missing"] = int(reading.state.get("missing", 0)) + 1
        due = now + timedelta(days=1)
    return Mark(key=f"thread:{reading.tid}", state=state, due_at=due)


def _standing(reading: Reading, *, now: datetime) -> dict[str, Any]:
    """Return the thread as its list row shows it; `moved` starts the ageing clock anew."""
    old, row = reading.state, reading.row
    told = old.get("asked", old) if row is None else old
    replies, last = told.get("replies"), told.get("last")
    if row is not None and (row.replies is not None or row.last):
        replies, last = row.replies, last_of(row)
    same = "moved" in old and (old.get("replies"), old.get("last")) == (replies, last)
    state = {
        "url": row.url if row else reading.url,
        "title": row.title if row else old.get("title"),
        "replies": replies,
        "last": last,
        "moved": old["moved"] if same else now.isoformat(),
        "fetched": now.isoformat(),
    }
    return state | {key: old[key] for key in ("per", "extra", "full") if key in old}


def with_title(posts: tuple[ParsedPost, ...], title: str) -> tuple[ParsedPost, ...]:
    """Return the posts, the opening one named as the list names the thread if it has no title."""
    return tuple(
        replace(post, title=title) if post.floor == 1 and not post.title else post for post in posts
    )
