"""Forum boards of any engine: lists say which threads moved, only those are opened (§0 #4)."""

from collections.abc import Iterator
from typing import Any

from scrapy.http import Request, Response

from crawlers.engines import engine_of
from crawlers.pages.forum import BoardPage, ForumEngine, ThreadPage, ThreadRow
from crawlers.pages.walls import NoPermissionError
from crawlers.spiders import forum_asked as asked
from crawlers.spiders import forum_reading as visits
from crawlers.spiders.base import Found, SourceSpider
from crawlers.spiders.forum_reading import Reading
from domain.errors import ParseError
from domain.post import Mark, ThreadCount
from domain.source import Source

#: List pages always read; further ones only while they hold something to fetch.
LIST_PAGES = 2
#: Upper bound of one visit; a sweep reads on to the end of the board.
MAX_LIST_PAGES, MAX_SWEEP_PAGES = 50, 1000
#: Answers of a thread that say something although they are errors: it may be deleted.
_NOT_FOUND = (404, 410)


class ForumSpider(SourceSpider):
    """Board → changed threads → changed pages; a thread is settled with its last page."""

    name = "forum"

    def __init__(self, source: Source | None = None, source_json: str = "", **kwargs: Any) -> None:
        super().__init__(source=source, source_json=source_json, **kwargs)
        self.engine: ForumEngine = engine_of(self.source)
        #: Threads asked for in this crawl; global stickies stand on every list page.
        self._visited: set[str] = set()
        self._walk = asked.Walk()

    def read_start(self, response: Response, number: int = 1) -> Iterator[Found]:
        """Read one list page; ask for its changed threads and for the next page."""
        board = self.engine.read_board(self.text(response), url=response.url, now=self.clock.now())
        yield self.page((), counts=counts(board))
        if number == 1:
            self._walk = asked.Walk.after(self.state(asked.LISTS))
        visited = [reading for row in board.rows if (reading := self._visit_of(row))]
        goes_on = self._note_owed(board, visited, number)
        for reading in visited:
            yield self._ask(reading, visits.first_page(reading))
        if goes_on and board.next_url:
            yield self.request(board.next_url, self.read_start, number=number + 1)
        else:
            yield from self._open_due()

    def failed(self, failure: Any) -> Iterator[Found]:
        """Note the failure; a thread is put off, a list page keeps no due thread waiting."""
        super().failed(failure)
        told = failure.request.cb_kwargs["told"]
        if "reading" in told:
            self._remember(asked.put_off(told["reading"], now=self.clock.now()))
        return filter(self.within_limit, self._open_due() if "number" in told else ())

    def read_floors(self, response: Response, reading: Reading) -> Iterator[Found]:
        """Read one thread page; the last one settles the thread and tells vanished floors."""
        try:
            thread = self.engine.read_thread(
                self.text(response), url=response.url, now=self.clock.now(),
                per_page=reading.state.get("per"),
            )  # fmt: skip
        except NoPermissionError as error:
            yield from self._closed(reading, str(error), response)
            return
        except ParseError as error:
            if response.status not in _NOT_FOUND:
                self._remember(asked.put_off(reading, now=self.clock.now()))
                raise
            yield from self._not_found(reading, str(error), response)
            return
        if thread.gone:
            yield from self._gone(reading, response)
            return
        yield from self._take(reading, thread, response)

    def _take(self, reading: Reading, thread: ThreadPage, response: Response) -> Iterator[Found]:
        visits.absorb(reading, thread)
        posts = visits.with_title(thread.posts, reading.row.title if reading.row else "")
        number = visits.next_page(reading)
        if number is None:
            mark, gone = visits.settle(reading, now=self.clock.now(), ageing=self._ageing())
            yield self.page((*posts, *gone), response=response, settles=(mark,))
            return
        yield self.page(posts, response=response)
        yield self._ask(reading, number)

    def _gone(self, reading: Reading, response: Response) -> Iterator[Found]:
        self.reject("gone", response.url, "主题已不存在")
        mark, gone = visits.settle_gone(reading, now=self.clock.now())
        yield self.page(gone, response=response, settles=(mark,))

    def _closed(self, reading: Reading, problem: str, response: Response) -> Iterator[Found]:
        """Leave a thread that wants a right; it is asked for again when it moves."""
        self.reject("no-permission", response.url, problem)
        mark = visits.settle_unread(reading, now=self.clock.now(), ageing=self._ageing())
        yield self.page((), settles=(mark,))

    def _not_found(self, reading: Reading, problem: str, response: Response) -> Iterator[Found]:
        """Count a plain 404 as a deletion only when it comes twice, and for the first page."""
        if not reading.forward:
            reading.forward = True
            yield self._ask(reading, 1)
            return
        if int(reading.state.get("missing", 0)) + 1 >= visits.MISSING_TWICE:
            yield from self._gone(reading, response)
            return
        self.reject(f"http-{response.status}", response.url, problem)
        mark = visits.settle_unread(
            reading, now=self.clock.now(), ageing=self._ageing(), missing=True
        )
        yield self.page((), settles=(mark,))

    def _note_owed(self, board: BoardPage, visited: list[Reading], number: int) -> bool:
        """Settle what is now owed before any of it is asked for; return whether to read on."""
        now, walk = self.clock.now(), self._walk
        moved = [item for item in visited if item.reason in {"new", "moved"}]
        walk.pushed += len(moved)
        reach = walk.reach(len(board.rows))
        goes_on = bool(board.next_url) and self._reads_on(number, opened=len(moved), reach=reach)
        wanted = max(number + 1, reach) if goes_on and (walk.pushed or walk.owed) else 0
        self._remember(
            *(asked.mark(item.tid, item.owed, now) for item in moved),
            None if self._sweeps else walk.remember(wanted),
        )
        return goes_on

    def _visit_of(self, row: ThreadRow) -> Reading | None:
        """Return the visit that a row asks for, None to leave its thread."""
        if row.tid in self._visited:
            return None
        state = self.state(f"thread:{row.tid}")
        now, ageing = self.clock.now(), self._ageing()
        swept = self._sweeps and visits.unswept(state, self.source.options.get("sweep"))
        reason = visits.why_visit(row, state, now=now, ageing=ageing, sweep=swept)
        if reason is None:
            return None
        whole = swept or visits.is_overdue(state, now=now, ageing=ageing)
        if reason in {"new", "moved"}:
            state = asked.asked(row, state)
        return visits.begin(row, state, tid=row.tid, url=row.url, reason=reason, whole=whole)

    def _open_due(self) -> Iterator[Found]:
        """Ask for the threads that have sunk out of the lists and are due for a re-visit."""
        until = visits.SWEEP_ONLY if self._sweeps else self.clock.now()
        for key, state in self.memory.due_marks(self.source.name, "thread:", until):
            tid = key.removeprefix("thread:")
            if tid in self._visited or not state.get("url"):
                continue
            if self._sweeps and not visits.unswept(state, self.source.options.get("sweep")):
                continue
            reason = "sweep" if self._sweeps else "resumed" if "asked" in state else "ageing"
            yield self._ask(
                visits.begin(None, state, tid=tid, url=str(state["url"]), reason=reason), 1
            )

    def _ask(self, reading: Reading, number: int) -> Request:
        self._visited.add(reading.tid)
        url = self.engine.page_url(reading.url, number)
        request = self.request(url, self.read_floors, reading=reading)
        request.meta["handle_httpstatus_list"] = list(_NOT_FOUND)
        return request

    def _remember(self, *marks: Mark | None) -> None:
        """Settle marks at once, before what they tell of is asked for."""
        if told := tuple(mark for mark in marks if mark is not None):
            self.memory.settle(self.source.name, told, self.clock.now())

    def _reads_on(self, number: int, *, opened: int, reach: int) -> bool:
        if self._sweeps:
            return number < MAX_SWEEP_PAGES
        wanted = int(self.source.options.get("list_pages", LIST_PAGES))
        return number < MAX_LIST_PAGES and (bool(opened) or number < max(wanted, reach))

    @property
    def _sweeps(self) -> bool:
        return bool(self.source.options.get("sweep"))

    def _ageing(self) -> tuple[float, ...]:
        days: Any = self.source.options.get("ageing_days", visits.AGEING_DAYS)
        return tuple(float(day) for day in days)


def counts(board: BoardPage) -> tuple[ThreadCount, ...]:
    """Return the counts of a list page's threads: their time series needs no thread opened."""
    return tuple(
        ThreadCount(thread_id=row.tid, views=row.views, replies=row.replies)
        for row in board.rows
        if row.views is not None or row.replies is not None
    )
