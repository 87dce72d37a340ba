"""Discuz! boards: the list says which threads moved, only those are opened (collection §0 #4)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from scrapy.http import Response

from crawlers.pages.discuz import ThreadPage, ThreadRow, read_board, read_thread
from crawlers.spiders.base import Found, SourceSpider
from domain.post import Mark, ParsedPost, Precision

#: Edits never show in the list, so a quiet thread is opened again this long after it moved.
AGEING_DAYS = (1, 3, 7, 30)
#: List pages always read; further ones only while they hold something to fetch.
LIST_PAGES = 2
#: Upper bounds of one visit, so that a broken pager cannot loop.
MAX_LIST_PAGES, MAX_THREAD_PAGES = 50, 100


class DiscuzSpider(SourceSpider):
    """Board → changed threads → all their floors; a thread is settled with its last page."""

    name = "discuzx"

    def read_start(self, response: Response, number: int = 1) -> Iterator[Found]:
        """Read one list page; ask for its changed threads and for the next page."""
        now = self.clock.now()
        board = read_board(self.text(response), url=response.url, now=now)
        moved = 0
        for row in board.rows:
            state = self.state(f"thread:{row.tid}")
            reason = why_visit(row, state, now=now, ageing=self._ageing())
            moved += reason in {"new", "moved"}
            if reason:
                yield self.request(row.url, self.read_floors, row=row, state=state or {}, seen=())
        more = moved or number < int(self.source.options.get("list_pages", LIST_PAGES))
        if board.next_url and more and number < MAX_LIST_PAGES:
            yield self.request(board.next_url, self.read_start, number=number + 1)

    def read_floors(
        self, response: Response, row: ThreadRow, state: dict[str, Any], seen: tuple[str, ...]
    ) -> Iterator[Found]:
        """Read one thread page; the last one settles the thread and tells vanished floors."""
        now = self.clock.now()
        thread = read_thread(self.text(response), url=response.url, now=now)
        seen += tuple(post.native_id for post in thread.posts if post.native_id)
        if thread.next_url and thread.page < MAX_THREAD_PAGES:
            yield self.page(thread.posts, response=response)
            yield self.request(thread.next_url, self.read_floors, row=row, state=state, seen=seen)
            return
        gone = vanished(thread, row, state, seen=seen)
        mark = thread_mark(row, state, now=now, pids=seen)
        yield self.page((*thread.posts, *gone), response=response, settles=(mark,))

    def _ageing(self) -> tuple[float, ...]:
        days = self.source.options.get("ageing_days", AGEING_DAYS)
        return tuple(float(day) for day in days)


def why_visit(
    row: ThreadRow, state: dict[str, Any] | None, *, now: datetime, ageing: tuple[float, ...]
) -> str | None:
    """Return why the thread is to be opened: new, moved, ageing; None to leave it."""
    if state is None:
        return "new"
    if (state.get("replies"), state.get("last")) != (row.replies, _last(row)):
        return "moved"
    moved = datetime.fromisoformat(state["moved"])
    fetched = datetime.fromisoformat(state["fetched"])
    due = (moved + timedelta(days=day) for day in ageing)
    return "ageing" if any(fetched < moment <= now for moment in due) else None


def thread_mark(
    row: ThreadRow, state: dict[str, Any], *, now: datetime, pids: tuple[str, ...]
) -> Mark:
    """Return what to remember; `moved` starts the ageing clock anew, a mere re-visit does not."""
    same = (state.get("replies"), state.get("last")) == (row.replies, _last(row))
    return Mark(
        key=f"thread:{row.tid}",
        state={
            "replies": row.replies,
            "last": _last(row),
            "moved": state["moved"] if same else now.isoformat(),
            "fetched": now.isoformat(),
            # Unexplained absentees stay listed, so that the next visit decides about them.
            "pids": sorted({*pids} if _complete(row, pids) else {*pids, *state.get("pids", ())}),
        },
    )


def vanished(
    thread: ThreadPage, row: ThreadRow, state: dict[str, Any], *, seen: tuple[str, ...]
) -> tuple[ParsedPost, ...]:
    """Return a deletion for each floor seen before and missing from a complete reading."""
    if not thread.gone and not _complete(row, seen):
        return ()
    missing = sorted(set(state.get("pids", ())) - set(seen))
    return tuple(_deletion(pid, row) for pid in missing)


def _complete(row: ThreadRow, pids: tuple[str, ...]) -> bool:
    """Whether as many floors were read as the list counts; a pager can shift under the reader."""
    return len(set(pids)) == row.replies + 1


def _deletion(pid: str, row: ThreadRow) -> ParsedPost:
    return ParsedPost(
        native_id=pid, text="", deleted=True, thread_id=row.tid, precision=Precision.NONE
    )


def _last(row: ThreadRow) -> str:
    return row.last_at.isoformat() if row.last_at else row.last
