"""A Discuz!-like site in both encodings and URL styles, crawled through the real line."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from config.clock import FixedClock
from crawlers.run import CrawlOutcome
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import NOON
from tests.discuz_site import DiscuzSite, SiteThread
from tests.loopback import Answer, served


class Told(NamedTuple):
    """One revision as stored."""

    pid: str
    n: int
    text: str
    deleted: bool
    floor: int | None


class Rig:
    """A served site, an app and a source of its board."""

    def __init__(self, app: App, stack: ExitStack, **facts: Any) -> None:
        assert isinstance(app.clock, FixedClock)
        self.app, self.clock = app, app.clock
        self.site = DiscuzSite(clock=app.clock, **facts)
        base = stack.enter_context(served(self._answer))
        self.source = Source(
            name="示例版块", engine="discuzx", url=base + self.site.board_path(),
            site="bbs.example", kind=SourceKind.FORUM, allow_private=True,
        )  # fmt: skip
        with app.db.write() as connection:
            sources.put(connection, self.source, now=NOON)

    def _answer(self, path: str) -> Answer:
        """Ask the site anew each time: tests replace what it answers."""
        return self.site.answer(path)

    def visit(self, **options: Any) -> CrawlOutcome:
        self.site.asked.clear()
        self.site.paths.clear()
        item = replace(self.source, options=options)
        return crawl.visit(self.app, [item])[item.name]

    def later(self, **span: float) -> None:
        self.clock.move(self.clock.now() + timedelta(**span))

    def told(self) -> list[Told]:
        """Return every revision, oldest first."""
        with self.app.db.read() as connection:
            rows = connection.execute(
                select(
                    t.post.c.native_id, t.revision.c.n, t.revision.c.text, t.revision.c.deleted,
                    t.post.c.floor,
                )
                .join_from(t.revision, t.post)
                .order_by(t.revision.c.id)
            )  # fmt: skip
            return [Told(*row) for row in rows]

    def fill(self, *, replies: int, title: str = "地库漏水") -> SiteThread:
        thread = self.site.open("老槐树下", title, "负二层积水到脚踝")
        for number in range(replies):
            self.later(minutes=1)
            self.site.reply(thread, f"业主{number % 7}", f"第{number + 1}条回复，情况属实")
        self.later(minutes=1)
        return thread


MakeRig = Callable[..., Rig]


@pytest.fixture
def make_rig(app: App) -> Iterator[MakeRig]:
    with ExitStack() as stack:
        yield lambda **facts: Rig(app, stack, **facts)


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
@pytest.mark.parametrize("rewritten", [False, True])
def test_the_whole_board_comes_as_written(
    make_rig: MakeRig, charset: str, *, rewritten: bool
) -> None:
    rig = make_rig(charset=charset, rewritten=rewritten)
    thread = rig.fill(replies=23)
    answer = rig.site.reply(thread, "小桥", "是的，㙓水泵坏了", quotes=thread.posts[3])
    outcome = rig.visit()
    assert (outcome.errors, outcome.blocked, outcome.finished) == ((), None, True)
    told = rig.told()
    assert [row.pid for row in told] == [post.pid for post in thread.posts]
    assert [row.text for row in told] == [post.text for post in thread.posts]
    assert [row.floor for row in told] == list(range(1, 26))
    with rig.app.db.read() as connection:
        stored = connection.execute(
            select(t.post.c.published_at, t.post.c.reply_to).where(t.post.c.native_id == answer.pid)
        ).one()
    assert abs(stored.published_at - answer.at) < timedelta(minutes=1)
    assert stored.reply_to == thread.posts[3].pid
    assert rig.site.asked == {"board": 1, "thread": 3}


def test_floors_are_numbered_where_the_site_shows_crawlers_no_labels(make_rig: MakeRig) -> None:
    rig = make_rig(labelled=False)
    thread = rig.fill(replies=22)
    rig.visit()
    assert [row.floor for row in rig.told()] == list(range(1, 24))
    rig.later(hours=1)
    rig.site.reply(thread, "小桥", "第二十四层")
    rig.visit()
    assert rig.told()[-1].floor == 24


def test_an_unchanged_board_costs_its_lists_only(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.fill(replies=12)
    rig.visit()
    before = rig.told()
    rig.later(minutes=15)
    rig.visit()
    assert rig.site.asked == {"board": 1}
    assert rig.told() == before


def test_a_new_reply_costs_the_last_page_only(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=46)
    rig.visit()
    rig.later(hours=1)
    new = rig.site.reply(thread, "小桥", "今天又漏了")
    rig.visit()
    assert rig.site.asked == {"board": 1, "thread": 1}
    assert "page=5" in rig.site.paths[-1]
    assert [row.pid for row in rig.told()][-1] == new.pid


def test_a_reply_that_opens_a_page_and_several_pages_at_once(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=9)
    rig.visit()
    for number in range(25):
        rig.later(minutes=1)
        rig.site.reply(thread, "小桥", f"补充{number}")
    rig.visit()
    assert len({row.pid for row in rig.told()}) == 35
    rig.visit()
    assert rig.site.asked == {"board": 1}


def test_a_deletion_is_found_and_floors_are_numbered_anew(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=34)
    rig.visit()
    gone = thread.posts[14]
    rig.later(hours=1)
    rig.site.delete(thread, gone)
    rig.visit()
    told = rig.told()
    assert [(row.pid, row.n) for row in told if row.deleted] == [(gone.pid, 2)]
    # Pages 4, 3 and 2; page 2 begins as it did, so page 1 needs no look.
    assert rig.site.asked == {"board": 1, "thread": 3}
    rig.later(hours=1)
    rig.visit()
    assert len(rig.told()) == len(told)


def test_an_edit_is_found_at_the_next_ageing_visit(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=12)
    rig.visit()
    rig.later(hours=5)
    rig.site.edit(thread.posts[4], "改过：已经修好")
    rig.visit()
    assert rig.site.asked == {"board": 1}
    rig.later(hours=20)
    rig.visit()
    assert rig.site.asked == {"board": 1, "thread": 2}
    assert [(row.pid, row.text) for row in rig.told() if row.n == 2] == [
        (thread.posts[4].pid, "改过：已经修好")
    ]


def test_ageing_reaches_threads_that_sank_out_of_the_lists(make_rig: MakeRig) -> None:
    rig = make_rig(rows_a_page=2)
    old = rig.fill(replies=2, title="最早的主题")
    rig.visit()
    for number in range(9):
        rig.later(minutes=5)
        rig.site.open("小桥", f"新主题{number}", "内容")
    rig.visit()
    rig.site.edit(old.posts[0], "改过的开头")
    rig.later(days=1)
    rig.visit()
    assert [row.text for row in rig.told() if row.n == 2] == ["改过的开头"]


def test_ageing_comes_at_its_days_and_then_only_a_sweep(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=1)
    rig.visit()
    visits = []
    for day in range(40):
        rig.later(days=1, minutes=1)
        rig.visit()
        if rig.site.asked["thread"]:
            visits.append(day + 1)
    assert visits == [1, 3, 7, 30]
    rig.site.edit(thread.posts[0], "很久以后的改动")
    rig.visit()
    assert not rig.site.asked["thread"]
    rig.visit(sweep=True)
    assert rig.told()[-1].text == "很久以后的改动"


def test_a_deleted_thread_takes_its_floors_with_it(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=3)
    rig.fill(replies=1, title="另一个主题")
    rig.visit()
    rig.site.remove(thread)
    rig.later(days=1)
    outcome = rig.visit()
    assert {row.pid for row in rig.told() if row.deleted} == {post.pid for post in thread.posts}
    assert outcome.rejected == {"gone": 1}
    rig.later(days=2)
    rig.visit()
    assert len([row for row in rig.told() if row.deleted]) == 4


def test_a_retitled_thread_is_read_for_its_title(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=12)
    rig.visit()
    thread.title = "地库漏水（已解决）"
    rig.later(hours=1)
    rig.visit()
    assert rig.site.asked == {"board": 1, "thread": 1}
    with rig.app.db.read() as connection:
        titles = connection.scalars(
            select(t.revision.c.title).join(t.post).where(
                t.post.c.native_id == thread.posts[0].pid
            ).order_by(t.revision.c.n)
        ).all()  # fmt: skip
    assert titles == ["地库漏水", "地库漏水（已解决）"]


def test_comments_counted_as_replies_do_not_hide_a_deletion(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=14)
    thread.comments = 3
    rig.visit()
    gone = thread.posts[12]
    rig.later(hours=1)
    rig.site.delete(thread, gone)
    rig.visit()
    assert [row.pid for row in rig.told() if row.deleted] == [gone.pid]


def test_a_blocked_post_is_a_revision_and_a_moved_stub_is_no_change(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=3)
    rig.visit()
    thread.posts[2].blocked = True
    thread.moved = True
    rig.later(days=1)
    rig.visit()
    assert [(row.pid, row.text) for row in rig.told() if row.n == 2] == [(thread.posts[2].pid, "")]


def test_one_closed_thread_is_counted_and_the_rest_is_read(make_rig: MakeRig) -> None:
    rig = make_rig()
    closed = rig.fill(replies=1, title="内部主题")
    closed.readperm = True
    rig.fill(replies=1, title="公开主题")
    outcome = rig.visit()
    assert (outcome.blocked, outcome.errors) == (None, ())
    assert outcome.rejected == {"no-permission": 1}
    assert len(rig.told()) == 2
    rig.later(minutes=15)
    rig.visit()
    assert rig.site.asked == {"board": 1}


@pytest.mark.parametrize(
    "message", ["抱歉，您尚未登录，没有权限访问该版块", "本版块需要密码，您必须输入正确的密码"]
)
def test_a_closed_board_stops_the_crawl(make_rig: MakeRig, message: str) -> None:
    rig = make_rig()
    rig.fill(replies=1)
    rig.site.board_message = message
    outcome = rig.visit()
    assert outcome.blocked is not None
    assert message[:6] in outcome.blocked
    assert rig.site.asked == {"board": 1}


def test_an_anti_crawl_page_stops_the_crawl_and_loses_nothing(make_rig: MakeRig) -> None:
    rig = make_rig()
    rig.fill(replies=1)
    rig.site.wall = "<html><title>安全验证</title><body>请完成验证</body></html>"
    outcome = rig.visit()
    assert outcome.blocked is not None
    assert "安全验证" in outcome.blocked
    rig.site.wall = ""
    rig.later(minutes=15)
    rig.visit()
    assert len(rig.told()) == 2


def test_a_site_that_is_down_loses_nothing(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=1)
    rig.visit()
    rig.site.down = True
    rig.site.reply(thread, "小桥", "停站期间的话")
    assert rig.visit().errors
    rig.site.down = False
    rig.later(hours=6)
    rig.visit()
    assert rig.told()[-1].text == "停站期间的话"


def test_a_busy_thread_is_read_whole_once_a_day(make_rig: MakeRig) -> None:
    """Each reply starts the ageing anew: without this an edit on page 1 would never be seen."""
    rig = make_rig()
    thread = rig.fill(replies=25)
    rig.visit()
    rig.site.edit(thread.posts[3], "第四层改了口")
    whole = 0
    for number in range(8):
        rig.later(hours=6)
        rig.site.reply(thread, "小桥", f"又一条{number}")
        rig.visit()
        whole += rig.site.asked["thread"] >= 3
    assert ("第四层改了口", False) in {(row.text, row.deleted) for row in rig.told()}
    assert whole == 2


def test_a_sweep_reads_a_thread_whole_also_when_it_has_moved(make_rig: MakeRig) -> None:
    rig = make_rig()
    thread = rig.fill(replies=25)
    rig.visit()
    rig.later(hours=1)
    rig.site.edit(thread.posts[0], "负二层水已退")
    rig.site.reply(thread, "小桥", "看到了")
    rig.visit(sweep=True)
    assert "负二层水已退" in [row.text for row in rig.told()]


def test_a_deletion_is_seen_beside_a_new_comment(make_rig: MakeRig) -> None:
    """Discuz! counts a comment (点评) as a reply, so the count alone hides the deletion."""
    rig = make_rig()
    thread = rig.fill(replies=25)
    rig.visit()
    gone = thread.posts[17]
    rig.later(hours=1)
    rig.site.delete(thread, gone)
    thread.comments += 1
    rig.site.reply(thread, "小桥", "楼上说得对")
    rig.visit()
    assert [row.pid for row in rig.told() if row.deleted] == [gone.pid]
    last = thread.posts[-1]
    rig.later(hours=1)
    rig.site.delete(thread, last)
    thread.comments += 1
    thread.last_at = rig.clock.now()
    rig.visit()
    assert [row.pid for row in rig.told() if row.deleted] == [gone.pid, last.pid]


def test_a_deletion_that_nothing_proves_waits_for_a_second_whole_reading(
    make_rig: MakeRig,
) -> None:
    """The first floor of page 2 may have slipped to page 1 between the two requests."""
    rig = make_rig()
    thread = rig.fill(replies=25)
    rig.visit()
    gone = thread.posts[10]
    rig.later(hours=1)
    rig.site.delete(thread, gone)
    thread.comments += 1
    rig.site.reply(thread, "小桥", "楼上说得对")
    rig.visit()
    assert not any(row.deleted for row in rig.told())
    rig.later(days=1)
    rig.visit()
    assert [row.pid for row in rig.told() if row.deleted] == [gone.pid]


def stored(rig: Rig) -> set[str]:
    return {row.pid for row in rig.told()}


def sunk(rig: Rig, *threads: SiteThread) -> None:
    """Open so many threads that these stand on no list page that is always read."""
    for number in range(2 * rig.site.rows_a_page + 2):
        rig.later(seconds=10)
        rig.site.open("小桥", f"新主题{number}", "内容")
    listed = sorted(rig.site.threads.values(), key=lambda item: item.last_at, reverse=True)
    assert not {item.tid for item in threads} & {
        item.tid for item in listed[: 2 * rig.site.rows_a_page]
    }


def test_a_first_visit_cut_off_by_its_limit_goes_on_to_the_end(make_rig: MakeRig) -> None:
    rig = make_rig(rows_a_page=4)
    threads = [rig.fill(replies=0, title=f"主题{number}") for number in range(24)]
    costs: list[int] = []
    for _ in range(7):
        rig.visit(max_requests=10)
        costs.append(sum(rig.site.asked.values()))
        rig.later(minutes=15)
    assert stored(rig) == {thread.posts[0].pid for thread in threads}
    assert costs[-1] == 2  # when all is read, the two lists only


def test_a_catch_up_broken_off_by_an_outage_loses_no_reply(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(rows_a_page=4)
    threads = [rig.fill(replies=0, title=f"主题{number}") for number in range(24)]
    rig.visit()
    rig.later(hours=1)
    for thread in threads:
        rig.later(seconds=10)
        rig.site.reply(thread, "小桥", "停机期间的回复")
    real, deep = DiscuzSite.answer, [f"tid={thread.tid}" for thread in threads[:12]]

    def fails_deep(site: DiscuzSite, path: str) -> tuple[int, str, bytes] | str:
        if any(path.endswith(tid) for tid in deep):
            return 502, "text/html", b"<h1>x</h1>"
        return real(site, path)

    monkeypatch.setattr(DiscuzSite, "answer", fails_deep)
    rig.visit()
    assert sum(row.text == "停机期间的回复" for row in rig.told()) == 12
    monkeypatch.setattr(DiscuzSite, "answer", real)
    for _ in range(3):
        rig.later(minutes=15)
        rig.visit()
    assert {post.pid for thread in threads for post in thread.posts} <= stored(rig)
    rig.later(minutes=15)
    rig.visit()
    assert rig.site.asked == {"board": 2}


def test_a_new_thread_with_one_failing_page_is_completed_after_it_sank(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(rows_a_page=3)
    bad = rig.fill(replies=12, title="第二页坏了")
    real = DiscuzSite.answer

    def second_page_fails(site: DiscuzSite, path: str) -> tuple[int, str, bytes] | str:
        if bad.tid in path and "page=2" in path:
            return 500, "text/html", b"<h1>x</h1>"
        return real(site, path)

    monkeypatch.setattr(DiscuzSite, "answer", second_page_fails)
    rig.visit()
    sunk(rig, bad)
    rig.visit()
    monkeypatch.setattr(DiscuzSite, "answer", real)
    rig.later(hours=1)
    rig.visit()
    assert {post.pid for post in bad.posts} <= stored(rig)


def test_an_asked_thread_keeps_its_floors_and_still_shows_a_deletion(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(rows_a_page=3)
    thread = rig.fill(replies=12)
    rig.visit()
    rig.later(hours=1)
    gone = thread.posts[3]
    rig.site.delete(thread, gone)
    rig.site.reply(thread, "小桥", "楼上呢")
    real = DiscuzSite.answer
    monkeypatch.setattr(
        DiscuzSite, "answer",
        lambda site, path: (500, "text/html", b"") if thread.tid in path else real(site, path),
    )  # fmt: skip
    rig.visit()
    sunk(rig, thread)
    rig.visit()
    monkeypatch.setattr(DiscuzSite, "answer", real)
    rig.later(hours=1)
    rig.visit()
    assert [row.pid for row in rig.told() if row.deleted] == [gone.pid]
    assert thread.posts[-1].pid in stored(rig)
