"""A month of forum life on the fixture site, with the ground truth of every post and page.

What the site showed, to whom and when is written down by the site itself; what must have been
recorded follows from that and from the schedule, never from the spider's own memory.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from domain.clock import Clock
from tests.discuz_site import DiscuzSite, SitePost, SiteThread

AGEING_DAYS = (1, 3, 7, 30)
LIST_PAGES = 2
BLOCKED = "该帖被管理员或版主屏蔽"
PEOPLE = [f"{name}{n}" for n in range(1, 8) for name in ("老槐树下", "小桥", "云起", "北窗")]
SUBJECTS = ("地库漏水", "电梯停运", "外墙脱落", "物业收费", "交房延期", "学区承诺", "暖气不热")


class State(NamedTuple):
    """A post as a visitor sees it."""

    title: str
    text: str
    hidden: bool
    deleted: bool


GONE = State("", "", hidden=False, deleted=True)


class Truth:
    """Every state of every post with the moment it began."""

    def __init__(self) -> None:
        self.states: dict[str, list[tuple[datetime, State]]] = {}
        self.thread_of: dict[str, str] = {}

    def note(self, thread: SiteThread, now: datetime) -> None:
        for post in thread.posts:
            self.thread_of.setdefault(post.pid, thread.tid)
            self._set(post.pid, shown(thread, post), now)

    def gone(self, post: SitePost, now: datetime) -> None:
        self._set(post.pid, GONE, now)

    def at(self, pid: str, moment: datetime) -> State | None:
        """Return the state at a moment, None before the post was written."""
        found = None
        for since, state in self.states[pid]:
            if since <= moment:
                found = state
        return found

    def _set(self, pid: str, state: State, now: datetime) -> None:
        history = self.states.setdefault(pid, [])
        if not history or history[-1][1] != state:
            history.append((now, state))


def shown(thread: SiteThread, post: SitePost) -> State:
    title = thread.title if post is thread.posts[0] else ""
    if post.blocked:
        return State(title, "", hidden=True, deleted=False)
    return State(title, post.text, hidden=False, deleted=False)


class Row(NamedTuple):
    """What a list row tells of a thread."""

    replies: int | None
    last: datetime


class MonthSite(DiscuzSite):
    """The fixture site with an access log that knows which answers told anything new."""

    def __init__(self, clock: Clock, **facts: Any) -> None:
        DiscuzSite.__init__(self, clock=clock, **facts)
        self.truth = Truth()
        self.lock = threading.Lock()
        #: Called with each request before it is answered: the killer.
        self.on_request: Callable[[], None] = lambda: None
        #: Requests by kind; "thread" = changed + due + idle, "again" = asked twice in one visit.
        self.log: Counter[str] = Counter()
        #: (thread, page) → what was shown there last.
        self.last_shown: dict[tuple[str, int], tuple[Any, ...]] = {}
        #: (post, state, moment) that the site has shown.
        self.told: set[tuple[str, State, datetime]] = set()
        #: Of this visit: list pages and thread pages answered, and rows seen on lists.
        self.lists: set[int] = set()
        self.opened: set[tuple[str, int]] = set()
        self.rows: dict[str, Row] = {}
        self.due: set[str] = set()
        self.new_pages = 0

    def begin_visit(self, due: set[str]) -> None:
        self.lists, self.opened, self.rows, self.due = set(), set(), {}, due

    def answer(self, path: str) -> tuple[int, str, bytes] | str:
        with self.lock:
            self.on_request()
            if path == "/robots.txt":
                self.log["robots"] += 1
                return DiscuzSite.answer(self, path)
            what, tid, page = self._route(path)
            answer = DiscuzSite.answer(self, path)
            self._write_down(what, tid, page, answer)
            return answer

    def row_of(self, thread: SiteThread) -> Row:
        replies = len(thread.posts) - 1 + thread.comments
        return Row(None if thread.moved else replies, thread.last_at.replace(second=0))

    def pages_of(self, thread: SiteThread) -> int:
        return -(-len(thread.posts) // self.floors_a_page)

    def opened_whole(self, tid: str) -> bool:
        """Whether every page of a thread was opened in this visit."""
        pages = self.pages_of(self.threads[tid]) if tid in self.threads else 1
        return all((tid, number) in self.opened for number in range(1, pages + 1))

    def _write_down(self, what: str, tid: str, page: int, answer: object) -> None:
        if self.down:
            self.log["down"] += 1
        elif isinstance(answer, str):
            self.log["redirect"] += 1
        elif what == "board":
            self.log["list again" if page in self.lists else "list"] += 1
            self.lists.add(page)
            first = (page - 1) * self.rows_a_page
            if not self.board_message:
                for thread in self.order()[first : first + self.rows_a_page]:
                    self.rows[thread.tid] = self.row_of(thread)
        else:
            self._open(tid, page)

    def _open(self, tid: str, page: int) -> None:
        thread = self.threads.get(tid)
        if thread is None:
            page = 1
            content: tuple[tuple[str, State], ...] = ((tid, GONE),)
        else:
            page = min(max(page, 1), self.pages_of(thread))
            first = (page - 1) * self.floors_a_page
            floors = thread.posts[first : first + self.floors_a_page]
            content = tuple((post.pid, shown(thread, post)) for post in floors)
            for pid, state in content:
                self.told.add((pid, state, self.clock.now()))
        changed = self.last_shown.get((tid, page)) != content
        again = (tid, page) in self.opened
        why = "again" if again else "changed" if changed else "due" if tid in self.due else "idle"
        self.log[why] += 1
        self.new_pages += changed
        self.last_shown[tid, page] = content
        self.opened.add((tid, page))


class Life:
    """What people and moderators do; every deed is written into the truth."""

    def __init__(self, site: MonthSite, chance: random.Random) -> None:
        self.site, self.chance = site, chance
        self.done: Counter[str] = Counter()
        self._words = 0

    def deed(self) -> None:
        """Do one thing now."""
        kinds = ("open", "reply", "edit", "undo", "delete", "block", "show", "remove", "retitle",
                 "move", "unlist", "comment")  # fmt: skip
        weights = (10, 50, 12, 2, 10, 3, 2, 2, 3, 2, 1, 2)
        kind = self.chance.choices(kinds, weights)[0]
        thread = self._thread()
        if kind == "open" or thread is None:
            kind = "open"
            title = f"{self._subject()}（{self._word()}）"
            thread = self.site.open(self._who(), title, self._say())
        elif not self._do(kind, thread):
            return
        self.done[kind] += 1
        if thread.tid in self.site.threads:
            self.site.truth.note(thread, self.site.clock.now())

    def _do(self, kind: str, thread: SiteThread) -> bool:
        if kind == "unlist":
            thread = next((t for t in self.site.threads.values() if t.moved), thread)
        post = self.chance.choice(thread.posts)
        deeds: dict[str, Callable[[], bool]] = {
            "reply": lambda: self.reply(thread),
            "edit": lambda: self._edit(post, self._say()),
            "undo": lambda: self._undo(thread, post),
            "delete": lambda: self._delete(thread, post),
            "block": lambda: self._block(post, to=True),
            "show": lambda: self._block(self._hidden(thread) or post, to=False),
            "remove": lambda: self._remove(thread),
            "retitle": lambda: self._retitle(thread),
            "move": lambda: self._move(thread),
            "unlist": lambda: self._unlist(thread),
            "comment": lambda: self._comment(thread),
        }
        return deeds[kind]()

    def reply(self, thread: SiteThread, count: int = 0) -> bool:
        if thread.moved:
            return False
        many = count or (self.chance.randrange(12, 30) if self.chance.random() < 0.03 else 0)
        for _ in range(many or self.chance.randrange(1, 7)):
            quotes = self.chance.choice(thread.posts) if self.chance.random() < 0.2 else None
            self.site.reply(thread, self._who(), self._say(), quotes=quotes)
        return True

    def _edit(self, post: SitePost, text: str) -> bool:
        if post.blocked:
            return False
        self.site.edit(post, text)
        return True

    def _undo(self, thread: SiteThread, post: SitePost) -> bool:
        """Take an edit back: the post says again what it said before."""
        before = [s.text for _, s in self.site.truth.states[post.pid] if s.text]
        return len(before) > 1 and self._edit(post, before[-2])

    def _delete(self, thread: SiteThread, post: SitePost) -> bool:
        if post is thread.posts[0] or thread.moved:
            return False
        self.site.delete(thread, post)
        self.site.truth.gone(post, self.site.clock.now())
        return True

    def _block(self, post: SitePost, *, to: bool) -> bool:
        changed = post.blocked != to
        post.blocked = to
        return changed

    def _hidden(self, thread: SiteThread) -> SitePost | None:
        return next((post for post in thread.posts if post.blocked), None)

    def _remove(self, thread: SiteThread) -> bool:
        self.site.remove(thread)
        for post in thread.posts:
            self.site.truth.gone(post, self.site.clock.now())
        return True

    def _retitle(self, thread: SiteThread) -> bool:
        thread.title = f"{self._subject()}【{self._word()}】"
        return True

    def _move(self, thread: SiteThread) -> bool:
        """Move it to another board: a stub stays here, whose row changes no more."""
        if thread.moved or thread.sticky:
            return False
        thread.moved = True
        return True

    def _unlist(self, thread: SiteThread) -> bool:
        """Let a moved thread's stub end: the thread lives on elsewhere, no list tells of it."""
        if not thread.moved or thread.unlisted:
            return False
        thread.unlisted = True
        return True

    def _comment(self, thread: SiteThread) -> bool:
        """Comment on a floor (点评): counted as a reply, but no floor."""
        if thread.moved:
            return False
        thread.comments += 1
        return True

    def _thread(self) -> SiteThread | None:
        """Return a thread, mostly a lively one."""
        order = sorted(self.site.threads.values(), key=lambda t: t.last_at)
        if not order:
            return None
        return self.chance.choice(order[-8:] if self.chance.random() < 0.75 else order)

    def _who(self) -> str:
        return self.chance.choice(PEOPLE)

    def _subject(self) -> str:
        return self.chance.choice(SUBJECTS)

    def _word(self) -> str:
        self._words += 1
        return f"第{self._words}条"

    def _say(self) -> str:
        rare = "㙓" if self.chance.random() < 0.05 else ""
        return f"{self._subject()}{self._word()}，{self._who()}家也一样{rare}\n请尽快处理"


class Schedule:
    """When a thread ought to be opened, by what lists showed and by its ageing moments."""

    def __init__(self, site: MonthSite) -> None:
        self.site = site
        self.rows: dict[str, Row] = {}
        self.moved: dict[str, datetime] = {}
        #: When the thread was read whole, by this schedule.
        self.read: dict[str, datetime] = {}

    def due(self, now: datetime) -> set[str]:
        """Return the threads with an ageing moment since they were last due or seen to move.

        Each move starts the ageing anew, but a thread that moves after a day or more without a
        whole reading is due too: a busy thread is read whole once a day.
        """
        aged = {
            tid
            for tid, moved in self.moved.items()
            if any(
                max(self.read[tid], moved) < moved + timedelta(days=day) <= now
                for day in AGEING_DAYS
            )
        }
        fresh = now - timedelta(days=AGEING_DAYS[0])
        busy = {tid for tid in self.moving() if tid in self.read and self.read[tid] <= fresh}
        return aged | busy

    def moving(self) -> list[str]:
        """Return the threads whose changed rows stand on the lists that are to be read."""
        reach = self.lists_needed() * self.site.rows_a_page
        return [t.tid for t in self.site.order()[:reach] if self._changed(t)]

    def lists_needed(self) -> int:
        """Return how many list pages reach every row that changed, two at least."""
        order = self.site.order()
        total = max(1, -(-len(order) // self.site.rows_a_page))
        deepest = 0
        for place, thread in enumerate(order):
            page = place // self.site.rows_a_page + 1
            if page > max(deepest + 1, LIST_PAGES):
                break  # beyond a list page without any change nobody looks
            if self._changed(thread):
                deepest = max(deepest, page)
        return max(min(LIST_PAGES, total), deepest)

    def seen(self, now: datetime, due: set[str]) -> set[str]:
        """Take note of a visit that was made; return the threads whose rows had changed."""
        changed = {tid for tid, row in self.site.rows.items() if self.rows.get(tid) != row}
        self.rows.update(self.site.rows)
        for tid in changed:
            self.moved[tid] = now
            if tid not in self.read or self.site.opened_whole(tid):
                self.read[tid] = now
        for tid in due:
            self.read[tid] = now
            if tid not in self.site.threads:
                self.moved.pop(tid, None)  # deleted: nothing to come back for
        return changed

    def _changed(self, thread: SiteThread) -> bool:
        return self.rows.get(thread.tid) != self.site.row_of(thread)
