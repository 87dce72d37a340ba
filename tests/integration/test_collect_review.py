"""Faults a reviewer found in collecting, each kept from coming back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from config.clock import FixedClock
from crawlers.logs import QuietLogFormatter
from crawlers.spiders.forum import ForumSpider
from domain.post import Page, ParsedPost, SourceKind, ThreadCount
from domain.source import Source
from pipelines import crawl, ingest, watch
from pipelines.wiring import App
from store import source_state, sources
from store import tables as t
from tests.conftest import NOON
from tests.integration.test_ingest_batches import Crawl
from tests.loopback import Answer, served

BOARD = Source(
    name="板块", engine="discuzx", url="http://f.example/", site="f.example",
    kind=SourceKind.FORUM, every=timedelta(minutes=30), allow_private=True,
)  # fmt: skip


@pytest.fixture(
    params=[(404, b""), (502, b""), (200, "<html><body>我们搬家了</body></html>".encode())]
)
def ruin(request: pytest.FixtureRequest) -> Iterator[str]:
    status, said = request.param

    def answer(path: str) -> Answer:
        robots = path == "/robots.txt"
        return 200 if robots else status, "text/html; charset=utf-8", b"" if robots else said

    with served(answer) as base:
        yield f"{base}/forum-2-1.html"


def test_a_site_that_is_down_or_moved_becomes_an_alert(app: App, ruin: str) -> None:
    assert isinstance(app.clock, FixedClock)
    with app.db.write() as connection:
        sources.put(connection, replace(BOARD, url=ruin), now=NOON)
        item = sources.find(connection, BOARD.name)
    assert item is not None
    for minutes in (0, 30, 60):
        now = NOON + timedelta(minutes=minutes)
        app.clock.move(now)
        crawl.visit(app, [item])
        watch.run(app, now)
    with app.db.read() as connection:
        codes = set(connection.scalars(select(t.issue.c.code)))
        reasons = connection.scalars(select(t.alert.c.reason_zh)).all()
    assert "no-data" in codes
    assert len(reasons) == 1
    assert "什么也读不到" in reasons[0]


def store(app: App, *posts: ParsedPost, counts: tuple[ThreadCount, ...] = ()) -> None:
    page = Page(
        source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=posts, counts=counts
    )
    ingest.store_page(app, page)


def rows(app: App, query: Any) -> list[tuple[Any, ...]]:
    with app.db.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def board(app: App) -> App:
    with app.db.write() as connection:
        sources.put(connection, BOARD, now=NOON)
    return app


def test_absurd_numbers_and_broken_characters_cost_no_post(board: App) -> None:
    huge = 99_999_999_999_999_999_999
    odd = ParsedPost(
        native_id="1", text="外墙渗水", published_at=NOON, floor=huge, views=huge, thread_id="7",
        url="http://f.example/\ud83d", outlet="晚报\ud83d",
    )  # fmt: skip
    store(board, odd, ParsedPost(native_id="2", text="第二层", published_at=NOON, floor=1,
                                 thread_id="8"))  # fmt: skip
    store(board, counts=(ThreadCount(thread_id="8", views=huge, replies=1),))
    assert rows(board, select(t.post.c.floor, t.post.c.views)) == [(None, None), (1, None)]


def test_a_database_error_does_not_quote_what_it_could_not_store(board: App) -> None:
    again = insert(t.source).values(
        name=BOARD.name, engine="file", kind="group", site="s", url="王小明家漏水",
        every_seconds=1, options={},
    )  # fmt: skip
    with board.db.write() as connection, pytest.raises(IntegrityError) as failed:
        connection.execute(again)
    assert "王小明" not in str(failed.value)


def collect(app: App, page: Page, outcome: str = "done") -> None:
    """Store one Page as a visit does that ends so."""
    with app.db.write() as connection:
        run = sources.start_crawl(connection, BOARD.name, NOON)
    Crawl(app).take([page])
    numbers = {"posts": len(page.posts)}
    with app.db.write() as connection:
        sources.finish_crawl(connection, run, NOON, outcome, numbers)


def test_what_a_first_visit_finds_undated_alarms_nobody(board: App) -> None:
    undated = ParsedPost(native_id="1", text="多年前的旧闻", published_at=None)
    page = Page(source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=(undated,))

    collect(board, page)
    with board.db.read() as connection:
        assert source_state.seen_before(connection, 1)
    new = ParsedPost(native_id="2", text="今天没有写日期的新帖", published_at=None)
    collect(board, Page(source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=(new,)))
    assert rows(board, select(t.post.c.native_id, t.post.c.backfill)) == [("1", True), ("2", False)]
    assert rows(board, select(func.count()).select_from(t.crawl)) == [(2,)]


def test_a_site_with_one_bad_page_is_not_new_for_ever(board: App) -> None:
    for number in ("1", "2"):
        undated = ParsedPost(native_id=number, text="没有写日期", published_at=None)
        page = Page(source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=(undated,))
        collect(board, page, outcome="failed")
    assert rows(board, select(t.post.c.native_id, t.post.c.backfill)) == [("1", True), ("2", False)]


def test_a_drop_folder_that_is_gone_is_no_data(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "投放"
    gone = replace(BOARD, engine="folder", url=str(folder))
    with app.db.write() as connection:
        sources.put(connection, gone, now=NOON)
    crawl.visit(app, [gone])
    assert "no-data" in open_codes(app)
    folder.mkdir()
    crawl.visit(app, [gone])
    assert open_codes(app) == set(), "an empty folder is a quiet one"


def open_codes(app: App) -> set[str]:
    wanted = select(t.issue.c.code).where(t.issue.c.closed_at.is_(None))
    return {code for (code,) in rows(app, wanted)}


def test_the_log_of_a_crawl_names_pages_and_not_what_owners_wrote() -> None:
    post = ParsedPost(native_id="1", text="三栋漏水没人管", author="王小明")
    page = Page(source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=(post,))
    formatter = QuietLogFormatter()
    for told in (
        formatter.item_error(page, ValueError("x"), None, None),
        formatter.scraped(page, None, None),
    ):
        line = told["msg"] % told["args"]
        assert BOARD.name in line
        assert "漏水" not in line
        assert "王小明" not in line


@pytest.mark.parametrize(
    ("asked", "private", "delay"), [(7, False, 7.0), (1, False, 2.0), (9999, False, 60.0),
                                    (7, True, 2.0), (None, False, 2.0)],
)  # fmt: skip
def test_a_sites_crawl_delay_slows_us_down_within_reason(
    asked: float | None, private: bool, delay: float
) -> None:
    spider = ForumSpider(source=replace(BOARD, allow_private=private))
    slot, throttle = SimpleNamespace(delay=2.0), SimpleNamespace(mindelay=2.0)
    spider.crawler = SimpleNamespace(  # type: ignore[assignment]
        settings={"USER_AGENT": "Fenghuo"}, get_extension=lambda _: throttle,
        engine=SimpleNamespace(downloader=SimpleNamespace(slots={"f.example": slot})),
    )  # fmt: skip
    spider.heed_crawl_delay(SimpleNamespace(crawl_delay=lambda _: asked))
    assert (slot.delay, throttle.mindelay) == (delay, delay)
