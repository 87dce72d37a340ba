"""Play the simulated month: a visit every three hours, the crawling process killed again and again.

python -m tests.acceptance.month_run SEED [gbk|utf-8]      prints the figures of one month
"""

import multiprocessing
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sqlalchemy import func, select

from config.clock import FixedClock
from domain.post import SourceKind
from domain.source import Source
from pipelines import home
from pipelines.wiring import App, open_app
from store import evidence, sources
from store import tables as t
from tests.acceptance.forum_month import GONE, Life, MonthSite, Schedule, State
from tests.acceptance.month_child import POINTS, SOURCE, Order, die, work
from tests.conftest import NOON, settings_for
from tests.loopback import served

DAYS, EVERY, DEATHS = 30, timedelta(hours=3), 20
DOWN_AT, DOWN_FOR = timedelta(days=12), timedelta(hours=6)
WALL_AT, WALL_FOR = timedelta(days=19), timedelta(days=1)
#: (point, n-th passing) armed at a visit.
Kill = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Month:
    """What a month came to; every list is empty when all is well."""

    seed: int
    threads: int = 0
    posts: int = 0
    visits: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    log: Counter[str] = field(default_factory=Counter)
    lists_needed: int = 0
    revisions: int = 0
    evidence: int = 0
    manifest: int = 0
    new_pages: int = 0
    #: Pages that proved a revision.
    proving: int = 0
    shown: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def needed(self) -> int:
        """Return the requests nobody could do without: lists, changed pages, due re-visits."""
        return self.lists_needed + self.log["changed"] + self.log["due"]

    @property
    def requests(self) -> int:
        """Return all lines of the site's access log but robots.txt."""
        return sum(self.log.values()) - self.log["robots"]

    @property
    def ratio(self) -> float:
        """Return requests made for each one needed."""
        return self.requests / self.needed

    def line(self) -> str:
        return (
            f"seed {self.seed}: {self.threads} threads, {self.posts} posts, {self.visits} visits, "
            f"{self.deaths.total()} killed {dict(self.deaths)}; {self.revisions} revisions; "
            f"{self.shown} states shown; "
            f"requests {self.requests} / needed {self.needed} = {self.ratio:.3f} "
            f"(with robots.txt {(self.requests + self.log['robots']) / self.needed:.3f}); "
            f"log {dict(self.log)}, lists needed {self.lists_needed}; evidence {self.evidence}, "
            f"manifest {self.manifest}, proving {self.proving}, pages with news {self.new_pages}; "
            f"deeds {dict(self.deeds)}; problems {len(self.problems)} {self.problems[:5]}"
        )


class Player:
    """One month of one site and the process that visits it."""

    def __init__(self, folder: Path, seed: int, *, charset: str, rewritten: bool) -> None:
        self.chance = random.Random(seed)
        random.seed(seed)  # the fixture site's noise
        settings = home.create(
            settings_for(folder), None, company="云麓地产", procedure="group-000"
        )
        self.clock = FixedClock(NOON)
        self.app: App = open_app(settings, clock=self.clock)
        self.site = MonthSite(self.clock, charset=charset, rewritten=rewritten)
        self.site.on_request = self._request
        self.life = Life(self.site, self.chance)
        self.schedule = Schedule(self.site)
        self.month = Month(seed=seed)
        self._folder = folder
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.acceptance.month_child"])
        self._child: Any = None
        self._pipe: Connection | None = None
        #: Deaths that ought to have come by now, and the next one: told to the child, or counted
        #: by the site in requests (0 = none).
        self._planned = 0
        self._kill: Kill | None = None
        self._told = False
        self._requests_left = 0

    def play(self) -> Month:
        """Play all of it; return what it came to."""
        with served(self.site.answer) as base:
            source = Source(
                name=SOURCE, engine="discuzx", url=base + self.site.board_path(),
                site="bbs.example", kind=SourceKind.FORUM, allow_private=True,
            )  # fmt: skip
            with self.app.db.write() as connection:
                sources.put(connection, source, now=NOON)
            try:
                self._live()
            finally:
                if self._child is not None:
                    self._child.kill()
        self._count()
        self.app.db.dispose()
        return self.month

    def _live(self) -> None:
        self._found()
        begun = self.clock.now()
        visits = int(timedelta(days=DAYS) / EVERY)
        dying = {0, visits, *self.chance.sample(range(1, visits), DEATHS - 2)}
        for number in range(visits + 1):
            at = begun + number * EVERY
            self._between(at)
            since = at - begun
            self.site.down = DOWN_AT <= since < DOWN_AT + DOWN_FOR
            walled = WALL_AT <= since < WALL_AT + WALL_FOR
            self.site.board_message = "抱歉，您需要登录后才能继续浏览" if walled else ""
            self._planned += number in dying
            self._visit(sweep=number == visits)

    def _found(self) -> None:
        """Fill the board as it stands when the month begins: small threads and some long ones."""
        for number in range(84):
            self.clock.move(self.clock.now() + timedelta(minutes=self.chance.randrange(5, 300)))
            facts = {"sticky": True} if number < 2 else {}
            thread = self.site.open("老槐树下", f"往事{number}", f"开头{number}", **facts)
            long = self.chance.randrange(45, 118) if number % 11 == 5 else 0
            self.life.reply(thread, long or self.chance.randrange(1, 9))
            self.site.truth.note(thread, self.clock.now())

    def _between(self, until: datetime) -> None:
        """Let things happen at odd minutes until the next visit."""
        start, span = self.clock.now(), until - self.clock.now()
        moments = sorted(self.chance.random() for _ in range(self.chance.randrange(0, 7)))
        for moment in moments if span else ():
            whole = timedelta(seconds=int(span.total_seconds() * moment))
            self.clock.move(start + whole)
            self.life.deed()
        self.clock.move(until)

    # ---- visits -------------------------------------------------------------------------------

    def _arm(self, *, last: bool) -> None:
        """Choose where the child dies next, in this visit or a later one; in the last, at once."""
        if self._planned <= self.month.deaths.total() or (self._kill is not None and not last):
            return
        point = "request" if last else self.chance.choice(("request", "request", *POINTS))
        self._kill, self._told = (point, self.chance.randrange(1, 12)), False
        self._requests_left = self._kill[1] if point == "request" else 0

    def _visit(self, *, sweep: bool) -> None:
        now = self.clock.now()
        due = self.schedule.due(now) if not sweep else {*self.schedule.moved, *self.site.threads}
        self.site.begin_visit(due)
        shut = self.site.down or bool(self.site.board_message)
        pages = max(1, -(-len(self.site.order()) // self.site.rows_a_page))
        wanted = 1 if shut else pages if sweep else self.schedule.lists_needed()
        outcome = self._ask(now, sweep=sweep)
        self.month.visits += 1
        self.month.lists_needed += wanted
        if shut:
            said = outcome["blocked"] if self.site.board_message else outcome["errors"]
            self._expect(bool(said), f"{now}: a shut site was not told of: {outcome}")
            return
        self._expect(
            outcome["finished"] and not outcome["blocked"] and not outcome["errors"],
            f"{now}: visit ended badly: {outcome}",
        )
        changed = self.schedule.seen(now, due)
        self._check_visit(now, whole=due, moved=changed)

    def _last_words(self) -> str:
        """Return what a child that was not killed said before it ended."""
        assert self._child is not None
        log = self._folder / "child.log"
        said = (
            log.read_text(encoding="utf-8", errors="replace") if log.exists() else "it never began"
        )
        return f"child ended with {self._child.exitcode}: {said[-3000:]}"

    def _ask(self, now: datetime, *, sweep: bool) -> dict[str, Any]:
        """Have the visit made, by the next child if this one is killed in the middle of it."""
        while True:
            self._arm(last=sweep)
            if self._child is None:
                self._start()
            assert self._pipe is not None
            point, number = self._kill or ("", 0)
            in_child = point in POINTS and not self._told
            try:
                self._pipe.send(Order(now, sweep, *((point, number) if in_child else ("", 0))))
                self._told |= in_child
                outcome: dict[str, Any] = self._pipe.recv()
            except (EOFError, ConnectionResetError, BrokenPipeError):
                self._child.join(10)
                assert self._child.exitcode == -9, self._last_words()
                self.month.deaths[point] += 1
                self._child, self._kill, self._told = None, None, False
            else:
                return outcome

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._child = self._context.Process(target=work, args=(theirs, str(self._folder)))
        # Streamlit's AppTest leaves the page it ran as __main__; a child would run it again.
        with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            self._child.start()
        theirs.close()

    def _request(self) -> None:
        if self._requests_left:
            self._requests_left -= 1
            if not self._requests_left:
                die(self._child.pid)

    # ---- what must have been recorded ---------------------------------------------------------

    def _expect(self, fact: bool, problem: str) -> None:
        if not fact:
            self.month.problems.append(problem)

    def _heads(self) -> dict[str, State]:
        """Return pid → its last recorded state."""
        newest = (
            select(t.revision.c.post_id, func.max(t.revision.c.n).label("n"))
            .group_by(t.revision.c.post_id)
            .subquery()
        )
        query = (
            select(t.post.c.native_id, t.revision.c.title, t.revision.c.text, t.revision.c.hidden,
                   t.revision.c.deleted)
            .join(t.revision, t.revision.c.post_id == t.post.c.id)
            .join(newest, (newest.c.post_id == t.revision.c.post_id)
                  & (newest.c.n == t.revision.c.n))
        )  # fmt: skip
        with self.app.db.read() as connection:
            return {row.native_id: recorded(row) for row in connection.execute(query)}

    def _check_visit(self, now: datetime, *, whole: set[str], moved: set[str]) -> None:
        """Hold what is recorded against the truth, for the threads this visit was to open."""
        heads, truth = self._heads(), self.site.truth
        for pid, tid in truth.thread_of.items():
            if tid not in whole and tid not in moved:
                continue
            state, head = truth.at(pid, now), heads.get(pid)
            if state == GONE:
                self._expect(head in (None, GONE), f"{now}: {pid} of {tid} deleted, not recorded")
            elif head is None or head == GONE:
                self._expect(False, f"{now}: {pid} of {tid} is there, recorded {head}")
            elif tid in whole:
                self._expect(head == state, f"{now}: {pid} of {tid}: {head} recorded, is {state}")

    def _count(self) -> None:
        """Hold all revisions against all that was ever shown."""
        month, site = self.month, self.site
        month.threads, month.posts = len(set(site.truth.thread_of.values())), len(site.truth.states)
        month.deeds, month.log, month.new_pages = self.life.done, site.log, site.new_pages
        with self.app.db.read() as connection:
            rows = connection.execute(
                select(
                    t.post.c.native_id, t.revision.c.n, t.revision.c.title, t.revision.c.text,
                    t.revision.c.hidden, t.revision.c.deleted, t.revision.c.fetched_at,
                    t.revision.c.evidence_id, t.post.c.floor,
                )
                .join(t.revision, t.revision.c.post_id == t.post.c.id)
                .order_by(t.post.c.id, t.revision.c.n)
            ).all()  # fmt: skip
            month.evidence = connection.scalar(select(func.count()).select_from(t.evidence)) or 0
            month.manifest, broken = evidence.verify(connection)
            proving = {row.evidence_id for row in rows if row.evidence_id}
            kept = {i: evidence.read(connection, i, self.app.evidence_folder) for i in proving}
        month.revisions, month.proving = len(rows), len(proving)
        month.shown = len({(pid, state) for pid, state, _ in site.told})
        self._expect(not broken, f"manifest broken: {broken[:3]}")
        self._revisions(rows)
        self._proofs(rows, kept)
        self._floors(rows)

    def _revisions(self, rows: Any) -> None:
        truth = self.site.truth
        before: Any = None
        said: set[tuple[str, State]] = set()
        for row in rows:
            state = recorded(row)
            said.add((row.native_id, state))
            if before is not None and before.native_id == row.native_id:
                self._expect(recorded(before) != state, f"{row.native_id} n {row.n}: twice")
                self._expect(before.fetched_at <= row.fetched_at, f"{row.native_id}: out of order")
                self._expect(row.n == before.n + 1, f"{row.native_id}: numbers have a gap")
            is_so = truth.at(row.native_id, row.fetched_at)
            self._expect(
                is_so == state, f"{row.native_id} n {row.n}: {state} recorded when it was {is_so}"
            )
            before = row
        for pid, state, moment in self.site.told:
            self._expect((pid, state) in said, f"{pid}: shown at {moment}, never recorded: {state}")

    def _proofs(self, rows: Any, kept: dict[int, bytes | None]) -> None:
        for row in rows:
            state = recorded(row)
            if state == GONE or state.hidden:
                continue
            body = (kept.get(row.evidence_id) or b"").decode(self.site.charset)
            first = state.text.split("\n")[-1]
            self._expect(first in body, f"{row.native_id} n {row.n}: not in its evidence")

    def _floors(self, rows: Any) -> None:
        """Floors renumber: after the sweep each stored one is as the site shows it."""
        floors = {row.native_id: row.floor for row in rows}
        for thread in self.site.threads.values():
            for number, post in enumerate(thread.posts, start=1):
                stored = floors.get(post.pid)
                self._expect(stored == number, f"floor of {post.pid}: {stored}, is {number}")


def recorded(row: Any) -> State:
    if row.deleted:
        return GONE
    return State(row.title, row.text, hidden=row.hidden is not None, deleted=False)


def play(folder: Path, seed: int, *, charset: str, rewritten: bool) -> Month:
    """Play one month in a new home."""
    return Player(folder, seed, charset=charset, rewritten=rewritten).play()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        kind = sys.argv[2] if len(sys.argv) > 2 else "gbk"
        print(
            play(Path(name) / "var", int(sys.argv[1]), charset=kind, rewritten=kind == "gbk").line()
        )
