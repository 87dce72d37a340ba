"""Real Scrapy against the demo town on loopback, with a fake memory and a collecting pipeline."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawlers.run import CrawlOutcome, crawl
from domain.clock import aware
from domain.post import Mark, MessageKind, Page, ParsedPost, SourceKind
from domain.source import Source
from pipelines.town import RunningTown, Town, serve_town, town_sources

ANCHOR = aware(datetime.fromisoformat("2026-11-21T16:00:00+08:00"))
BBS, NEWS, GROUP = "bbs.jiangcheng.example", "news.jiangcheng.example", "qq:星河湾里业主群"


class HandClock:
    """A clock that the test moves."""

    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment


class FakeMemory:
    """Crawl memory in a dict; a Page's marks arrive through the pipeline, as in the product."""

    def __init__(self) -> None:
        self.marks: dict[tuple[str, str], dict[str, Any]] = {}
        self.due_at: dict[tuple[str, str], datetime | None] = {}

    def due(self, source: str, now: datetime) -> bool:
        return True

    def known(self, source: str, key: str) -> dict[str, Any] | None:
        return self.marks.get((source, key))

    def settle(self, source: str, marks: tuple[Mark, ...], now: datetime) -> None:
        self.marks.update({(source, mark.key): mark.state for mark in marks})
        self.due_at.update({(source, mark.key): mark.due_at for mark in marks})

    def due_marks(
        self, source: str, prefix: str, now: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        return [
            (key, self.marks[name, key])
            for (name, key), due in self.due_at.items()
            if name == source and key.startswith(prefix) and due is not None and due <= now
        ]


class Rig:
    """One served town with everything a crawl needs; what was collected is in `pages`."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.clock = HandClock(now)
        self.memory = FakeMemory()
        self.pages: list[Page] = []
        self.fail_on: str | None = None
        self.town: RunningTown = serve_town(Town.load(ANCHOR), self.clock, port=0, folder=folder)
        self.sources = town_sources(self.town.base_url, folder)

    def crawl(self, *names: str, sources: list[Source] | None = None) -> dict[str, CrawlOutcome]:
        """Crawl afresh: `pages` holds only what this crawl brought."""
        self.pages.clear()
        chosen = sources or [s for s in self.sources if not names or s.name in names]
        rig = self

        class Collect:
            def process_item(self, item: Page) -> Page:
                if rig.fail_on and any(rig.fail_on in post.text for post in item.posts):
                    raise RuntimeError("disk full")
                rig.pages.append(item)
                rig.memory.settle(item.source, item.settles, rig.clock.now())
                return item

        settings = {
            "FENGHUO_MEMORY": lambda _settings: self.memory,
            "FENGHUO_CLOCK": lambda _settings: self.clock,
            "ITEM_PIPELINES": {Collect: 1},
        }
        return asyncio.run(crawl(chosen, settings=settings))

    def posts(self, site: str | None = None) -> list[ParsedPost]:
        return [post for page in self.pages if site in {None, page.site} for post in page.posts]

    def move(self, **span: float) -> None:
        self.clock.moment += timedelta(**span)
        self.town.write_exports(self.clock.moment)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "exports", ANCHOR)
    yield made
    made.town.stop()


def test_first_crawl_brings_the_whole_town_as_written(rig: Rig) -> None:
    outcomes = rig.crawl()
    assert all(o.finished and not o.errors and not o.blocked for o in outcomes.values()), outcomes
    expected = rig.town.town.posts_until(ANCHOR)
    blocked = {p.native_id for p in expected if p.blocked_at}
    for site in (BBS, NEWS):
        got = {p.native_id: p for p in rig.posts(site)}
        want = {p.native_id: p for p in expected if p.site == site}
        assert got.keys() == want.keys()
        for native_id, post in want.items():
            if native_id not in blocked and site == BBS:
                assert got[native_id].text == post.text
                assert got[native_id].author == post.author
            assert got[native_id].published_at is not None
            assert abs(got[native_id].published_at - post.at) < timedelta(minutes=1)  # type: ignore[operator]
    assert {rig_post.hidden for rig_post in rig.posts(BBS) if rig_post.native_id in blocked} == {
        "该帖被管理员或版主屏蔽"
    }


def test_group_exports_unite_to_the_messages_sent(rig: Rig) -> None:
    rig.crawl("星河湾里业主群")
    pages = [page for page in rig.pages if page.site == GROUP]
    assert {page.kind for page in pages} == {SourceKind.GROUP}
    assert all(page.evidence and page.evidence.private for page in pages)
    got = {(p.published_at, p.author, p.text) for p in rig.posts(GROUP)}
    last = max(export.latest(ANCHOR) for export in rig.town.town.exports)  # type: ignore[type-var]
    want = {
        (p.at, p.author, p.text)
        for p in rig.town.town.messages
        if p.at <= last  # type: ignore[operator]
    }
    assert got == want
    assert len(rig.posts(GROUP)) > len(got), "the two exports overlap"
    assert {p.kind for p in rig.posts(GROUP)} == {
        MessageKind.TEXT, MessageKind.IMAGE, MessageKind.SYSTEM,
    }  # fmt: skip


def test_second_crawl_without_change_fetches_lists_only(rig: Rig) -> None:
    first = rig.crawl()
    second = rig.crawl()
    assert rig.posts() == []
    assert sum(o.requests for o in first.values()) > 30
    boards = [s.name for s in rig.sources if s.engine == "discuzx"]
    assert all(second[name].requests <= 2 for name in boards)
    assert second["江城晚报网"].requests == 1


def test_new_posts_appear_when_the_clock_moves(rig: Rig) -> None:
    rig.crawl()
    known = {p.native_id for p in rig.posts(BBS)}
    rig.crawl()
    rig.move(hours=1, minutes=30)
    rig.crawl()
    fresh = {p.native_id for p in rig.posts(BBS)} - known
    want = {
        p.native_id
        for p in rig.town.town.posts
        if p.site == BBS and ANCHOR < p.at <= rig.clock.moment
    }
    assert fresh == want
    assert len(fresh) >= 5
    assert [p.native_id for p in rig.posts(NEWS)] == ["jcwb-1008"]
    assert any("15栋" not in p.text and "52户" in p.text for p in rig.posts(GROUP))


def test_edited_post_is_read_again_by_ageing(tmp_path: Path) -> None:
    # The edit comes 9 h after the last reply; the list shows nothing of it.
    before_edit = ANCHOR - timedelta(days=11) + timedelta(hours=7)
    rig = Rig(tmp_path / "exports", before_edit)
    try:
        rig.crawl()
        old = next(p for p in rig.posts(BBS) if "每次报修都录个音" in p.text)
        assert old.edited_at is None
        rig.move(hours=2)
        rig.crawl()
        assert not any(p.native_id == old.native_id for p in rig.posts(BBS))
        rig.move(days=1)
        rig.crawl()
        new = next(p for p in rig.posts(BBS) if p.native_id == old.native_id)
        assert "更正" in new.text
        assert new.edited_at is not None
        assert (new.published_at, new.author_id) == (old.published_at, old.author_id)
    finally:
        rig.town.stop()


def test_deleted_floor_is_told_and_a_redirect_to_itself_is_followed(tmp_path: Path) -> None:
    before = ANCHOR - timedelta(days=15) + timedelta(hours=6)  # d-15 22:00
    rig = Rig(tmp_path / "exports", before)
    try:
        rig.crawl()
        old = next(p for p in rig.posts(BBS) if "转让的次卡" in p.text)
        rig.move(days=1)
        outcomes = rig.crawl()
        assert not any(o.errors for o in outcomes.values())
        told = [p for p in rig.posts(BBS) if p.native_id == old.native_id]
        assert [p.deleted for p in told] == [True]
        # Floors are numbered anew after the deletion; the key stays.
        last = next(p for p in rig.posts(BBS) if "早上人少" in p.text)
        assert (last.floor, last.floor_label) == (3, "板凳")
    finally:
        rig.town.stop()


def test_wall_is_reported_and_the_others_go_on(rig: Rig) -> None:
    closed = replace(
        rig.sources[0],
        name="内部版块",
        url=f"{rig.town.base_url}/forum.php?mod=forumdisplay&fid=99",
    )
    outcomes = rig.crawl(sources=[closed, rig.sources[0], rig.sources[3]])
    assert outcomes["内部版块"].blocked is not None
    assert "登录" in (outcomes["内部版块"].blocked or "")
    assert outcomes["内部版块"].posts == 0
    assert outcomes[rig.sources[0].name].finished
    assert outcomes[rig.sources[3].name].posts > 0


def test_loopback_is_refused_unless_the_source_allows_it(rig: Rig) -> None:
    port = rig.town.base_url.rsplit(":", 1)[1]
    hosts = ["127.0.0.1", "localhost", "127.1", "2130706433", "[::ffff:127.0.0.1]"]
    sources = [
        replace(
            rig.sources[3], name=host, site=host, allow_private=False,
            url=f"http://{host}:{port}/news/rss.xml",
        )
        for host in hosts
    ]  # fmt: skip
    outcomes = rig.crawl(sources=sources)
    assert rig.pages == []
    assert all(o.errors for o in outcomes.values()), outcomes
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        assert "内网或本机" in outcomes[host].errors[0]
    assert all(o.requests == 0 for o in outcomes.values())


def test_page_that_is_not_stored_comes_again(rig: Rig) -> None:
    board = rig.sources[0].name
    rig.fail_on = "傍晚的江面"
    outcome = rig.crawl(board)[board]
    assert any("没有存下" in error for error in outcome.errors)
    assert len(rig.pages) > 5
    rig.fail_on = None
    rig.crawl(board)
    assert {p.thread_id for p in rig.posts()} == {
        p.thread_id for p in rig.town.town.posts if "傍晚的江面" in p.text
    }


def test_every_crawl_keeps_its_own_count(rig: Rig) -> None:
    outcomes = rig.crawl()
    handed = Counter(page.source for page in rig.pages)
    assert {name: outcome.pages for name, outcome in outcomes.items()} == dict(handed)
    assert sum(o.posts for o in outcomes.values()) == len(rig.posts())
