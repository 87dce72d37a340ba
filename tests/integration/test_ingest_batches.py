"""Pages that arrive together share a transaction: none lost, none settled too early, none mixed."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from domain.post import EvidenceIn, Mark, Page, ParsedPost, SourceKind
from pipelines import ingest
from pipelines.wiring import App
from store import sources
from store import tables as t
from store.sources import StoredCrawlMemory
from tests.conftest import NOON
from tests.posts import prepare

BOARD, SITE = "板块", "bbs.example"


class Crawl:
    """A crawl as far as the pipeline sees it."""

    def __init__(self, app: App) -> None:
        self.errors: list[str] = []
        self.counted: dict[str, int] = {}
        crawler = SimpleNamespace(stats=self, spider=self)
        self.pipeline = ingest.IngestPipeline(app, crawler)

    def lost(self, error: Exception) -> None:
        self.errors.append(str(error))

    def inc_value(self, name: str, by: int) -> None:
        self.counted[name] = self.counted.get(name, 0) + by

    def take(self, pages: Sequence[Page], *, pause: float = 0.0, close: bool = True) -> None:
        async def arrive() -> None:
            for one in pages:
                self.pipeline.process_item(one)
            await asyncio.sleep(pause)

        asyncio.run(arrive())
        if close:
            self.pipeline.close_spider()


def page(number: int, *posts: tuple[str, str], **more: Any) -> Page:
    return Page(
        source=BOARD, site=SITE, kind=SourceKind.FORUM,
        posts=tuple(
            ParsedPost(native_id=key, text=text, published_at=NOON) for key, text in posts
        ),
        evidence=EvidenceIn(
            url=f"http://bbs.example/{number}", fetched_at=NOON, body=f"页 {number}".encode()
        ),
        settles=(Mark(key=f"thread:{number}", state={"n": number}),),
        **more,
    )  # fmt: skip


@pytest.fixture
def board(app: App) -> App:
    prepare(app)
    with app.db.write() as connection:
        sources.start_crawl(connection, BOARD, NOON)
    return app


def transactions(app: App, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the pages of each transaction from now on."""
    made: list[int] = []
    many, one = ingest.store_pages, ingest.store_page

    def store_pages(app: App, pages: Sequence[Page], **more: Any) -> Any:
        made.append(len(pages))
        return many(app, pages, **more)

    def store_page(app: App, page: Page, **more: Any) -> Any:
        made.append(1)
        return one(app, page, **more)

    monkeypatch.setattr(ingest, "store_pages", store_pages)
    monkeypatch.setattr(ingest, "store_page", store_page)
    return made


def stored(app: App) -> list[tuple[str, str, str]]:
    """Return (native id, text, address of its evidence) of each revision in order."""
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.post.c.native_id, t.revision.c.text, t.evidence.c.url)
            .join_from(t.revision, t.post)
            .join(t.evidence, t.evidence.c.id == t.revision.c.evidence_id)
            .order_by(t.revision.c.id)
        )
        return [(row.native_id, row.text, row.url[-1]) for row in rows]


def test_each_revision_is_proved_by_its_own_page(
    board: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, crawl = transactions(board, monkeypatch), Crawl(board)
    crawl.take([page(n, (f"a{n}", f"甲{n}"), (f"b{n}", f"乙{n}")) for n in range(1, 6)])
    assert made == [5]
    assert stored(board) == [
        (f"{key}{n}", f"{word}{n}", str(n)) for n in range(1, 6) for key, word in ("a甲", "b乙")
    ]
    assert crawl.counted == {"fenghuo/new_posts": 10, "fenghuo/new_revisions": 0}
    with board.db.read() as connection:
        links = connection.scalars(select(t.manifest.c.n).order_by(t.manifest.c.n)).all()
    assert links == [1, 2, 3, 4, 5]


def test_a_page_without_news_leaves_no_bytes(board: App) -> None:
    Crawl(board).take([page(1, ("a", "甲")), page(2, ("b", "乙"))])
    Crawl(board).take([page(3, ("a", "甲")), page(4, ("b", "乙，又来")), page(5, ("c", "丙"))])
    with board.db.read() as connection:
        urls = connection.scalars(select(t.evidence.c.url).order_by(t.evidence.c.id)).all()
        assert connection.scalar(select(func.count()).select_from(t.manifest)) == 4
    assert [url[-1] for url in urls] == ["1", "2", "4", "5"]


def test_a_post_on_two_pages_keeps_both_states(board: App, monkeypatch: pytest.MonkeyPatch) -> None:
    made = transactions(board, monkeypatch)
    Crawl(board).take([page(1, ("a", "甲")), page(2, ("a", "甲，改了"), ("b", "乙"))])
    assert made == [1, 1]
    assert stored(board) == [("a", "甲", "1"), ("a", "甲，改了", "2"), ("b", "乙", "2")]


def test_a_page_that_cannot_be_stored_takes_no_other_with_it(board: App) -> None:
    broken = Page(
        source=BOARD, site=SITE, kind=SourceKind.FORUM, settles=page(2).settles,
        posts=(ParsedPost(native_id="b", text="乙", views={"很": 1}),),  # type: ignore[arg-type]
    )  # fmt: skip
    crawl = Crawl(board)
    crawl.take([page(1, ("a", "甲")), broken, page(3, ("c", "丙")), page(2, ("d", "丁"))])
    assert len(crawl.errors) == 1
    assert [row[0] for row in stored(board)] == ["a", "c", "d"]
    memory = StoredCrawlMemory(board.db)
    assert memory.known(BOARD, "thread:1") == {"n": 1}
    # A later page of the lost page's thread must not settle it; others are settled as ever.
    assert memory.known(BOARD, "thread:2") is None
    assert memory.known(BOARD, "thread:3") == {"n": 3}


def test_a_page_alone_does_not_wait_for_others(board: App) -> None:
    crawl = Crawl(board)
    crawl.take([page(1, ("a", "甲"))], pause=2 * ingest.BATCH_SECONDS, close=False)
    assert [row[0] for row in stored(board)] == ["a"]


def test_a_batch_stays_within_what_one_transaction_may_hold(
    board: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = transactions(board, monkeypatch)
    posts = [[(f"{n}-{k}", "字") for k in range(40)] for n in range(9)]
    Crawl(board).take([page(n, *some) for n, some in enumerate(posts)])
    assert max(made) * 40 <= ingest.PAGE_POSTS
    with board.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(t.post)) == 360
