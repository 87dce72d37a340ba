"""Ingest: a Page becomes posts, revisions, evidence and crawl memory in one transaction."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from config.settings import read_settings
from domain.clock import Clock
from domain.crawl import CrawlMemory
from domain.post import Page, ParsedPost
from pipelines import records
from pipelines.wiring import App, open_app
from store import evidence, posts, source_state, sources
from store.db import BULK_ROWS, SMALL_ROWS, Connection
from store.posts import PostRow, Stored

log = structlog.get_logger()

#: Posts of one transaction; each is a post, a revision and a post_seen row.
PAGE_POSTS = BULK_ROWS // 3

#: Pages that arrive together share a transaction: so many at most, for so long (seconds).
BATCH_PAGES, BATCH_SECONDS = 16, 0.2

#: Apps of this process by home, so that a spider in the same process shares clock and engine.
_APPS: dict[str, App] = {}


def store_page(
    app: App, page: Page, *, crawl_id: int | None = None, durable: bool = True
) -> Stored:
    """Store one Page; a long file is cut into transactions and settled with the last one.

    Raw bytes are kept only if they prove a new post or revision; `crawl_id` names the crawl whose
    manifest tells of them. `durable` False is for parts of a file whose end is stored durably.
    """
    parts = list(records.chunks(page.posts, PAGE_POSTS)) or [()]
    stored, proof = Stored(), _Proofs(app=app, crawl_id=crawl_id)
    ordinals: Counter[str] = Counter()
    with app.db.read() as connection:
        source_id = sources.get_id(connection, page.source)
        implied = sources.implied(connection, source_id)
    for number, part in enumerate(parts, start=1):
        # Hashing is done before the transaction: others get at the database meanwhile.
        rows = _rows(app, page, part, implied, ordinals)
        proof.add(page, rows)
        with app.db.write(bulk=len(part) > SMALL_ROWS, durable=durable) as connection:
            done = _store_rows(app, connection, [page], rows, source_id, proof)
            if number == len(parts):
                _settle(app, connection, page, source_id)
        stored = _add(stored, done)
    return stored


def store_pages(app: App, pages: Sequence[Page], *, crawl_id: int | None = None) -> Stored:
    """Store small Pages of one source in one transaction, none of whose posts comes twice."""
    with app.db.read() as connection:
        source_id = sources.get_id(connection, pages[0].source)
        implied = sources.implied(connection, source_id)
    rows, proof = [], _Proofs(app=app, crawl_id=crawl_id)
    for page in pages:
        made = _rows(app, page, page.posts, implied, Counter())
        proof.add(page, made)
        rows += made
    with app.db.write(bulk=len(rows) > SMALL_ROWS) as connection:
        done = _store_rows(app, connection, pages, rows, source_id, proof)
        settles = tuple(mark for page in pages for mark in page.settles)
        sources.settle(connection, source_id, settles, app.clock.now())
        for page in pages:
            _tell_bad(app, connection, page)
    return done


def store_in(app: App, connection: Connection, page: Page) -> Stored:
    """Store a small Page in the caller's transaction, with whatever else belongs to it."""
    source_id = sources.get_id(connection, page.source)
    implied = sources.implied(connection, source_id)
    rows = _rows(app, page, page.posts, implied, Counter())
    proof = _Proofs(app=app)
    proof.add(page, rows)
    done = _store_rows(app, connection, [page], rows, source_id, proof)
    _settle(app, connection, page, source_id)
    return done


@dataclass(slots=True, kw_only=True)
class _Proofs:
    """The evidence of Pages stored together; only of those that brought a revision it is kept."""

    app: App
    crawl_id: int | None = None
    #: (site, native id) → the Page that post came with.
    _pages: dict[tuple[str, str], Page] = field(default_factory=dict)

    def add(self, page: Page, rows: Sequence[PostRow]) -> None:
        """Remember which posts a Page brought; its digest is made before the transaction."""
        if page.evidence is not None:
            item = replace(page.evidence, sha256=evidence.digest_of(page.evidence))
            page = replace(page, evidence=item)
        self._pages |= {(row.site, row.native_id): page for row in rows}

    def keep(self, connection: Connection, changed: Sequence[PostRow]) -> list[int | None]:
        """Return the evidence's id for each changed post."""
        pages = [self._pages[row.site, row.native_id] for row in changed]
        items = {id(page): page.evidence for page in pages if page.evidence is not None}
        if not items:
            return [None] * len(changed)
        some = list(items.values())
        ids = evidence.keep_all(connection, some, self.app.evidence_folder, site=pages[0].site)
        if self.crawl_id is not None:
            evidence.enter(connection, self.crawl_id, some)
        found = dict(zip(items, ids, strict=True))
        return [found.get(id(page)) for page in pages]


def _rows(
    app: App, page: Page, part: Sequence[ParsedPost], implied: tuple[str, str] | None,
    ordinals: Counter[str],
) -> list[PostRow]:  # fmt: skip
    return records.post_rows(
        part, site=page.site, kind=page.kind, secret=app.secret, now=app.clock.now(),
        implied=implied, ordinals=ordinals,
    )  # fmt: skip


def _store_rows(
    app: App, connection: Connection, pages: Sequence[Page], rows: list[PostRow], source_id: int,
    proof: _Proofs,
) -> Stored:  # fmt: skip
    for page in pages:
        if counts := records.thread_counts(page.counts):
            posts.put_counts(connection, page.site, counts, app.clock.now())
    return posts.put(
        connection, rows, source_id=source_id, keep=lambda some: proof.keep(connection, some)
    )


def _settle(app: App, connection: Connection, page: Page, source_id: int) -> None:
    """Remember what the Page settles and tell what it had to refuse."""
    sources.settle(connection, source_id, page.settles, app.clock.now())
    _tell_bad(app, connection, page)


def _tell_bad(app: App, connection: Connection, page: Page) -> None:
    for bad in page.bad:
        sources.raise_issue(
            connection,
            at=app.clock.now(),
            code="bad-record",
            level="warning",
            message=f"{bad.where}：{bad.problem}",
            source_name=page.source,
        )


def _add(a: Stored, b: Stored) -> Stored:
    return Stored(
        new_posts=a.new_posts + b.new_posts,
        new_revisions=a.new_revisions + b.new_revisions,
        unchanged=a.unchanged + b.unchanged,
    )


def share(app: App) -> None:
    """Let spiders of this process use this App (playback on a simulated clock, tests)."""
    _APPS[str(app.settings.home)] = app


def _app(settings: Mapping[str, Any]) -> App:
    home = str(settings.get("FENGHUO_HOME") or read_settings().home)
    if home not in _APPS:
        _APPS[home] = open_app(read_settings())
    return _APPS[home]


def crawl_memory(settings: Mapping[str, Any]) -> CrawlMemory:
    """Return the memory spiders ask (named as text in the Scrapy settings)."""
    return sources.StoredCrawlMemory(_app(settings).db)


def crawl_clock(settings: Mapping[str, Any]) -> Clock:
    """Return the clock spiders read (named as text in the Scrapy settings)."""
    return _app(settings).clock


class IngestPipeline:
    """The Scrapy item pipeline: stores the Pages of one crawl, those that arrive together at once.

    What a crash finds waiting here was settled nowhere either: the next crawl reads it again.
    """

    def __init__(self, app: App, crawler: Any) -> None:
        self._app = app
        self._crawler = crawler
        self._crawls: dict[str, int | None] = {}
        self._waiting: list[Page] = []
        #: Native ids of the posts that wait; one that comes again ends the batch.
        self._ids: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        #: Threads, files and entries of which a page of this crawl was not stored.
        self._lost: set[str] = set()
        #: Whether this is the source's first visit; None = not looked up yet.
        self._first: bool | None = None

    @classmethod
    def from_crawler(cls, crawler: Any) -> "IngestPipeline":
        """Build the pipeline for one crawl."""
        return cls(_app(crawler.settings), crawler)

    def process_item(self, item: Page) -> Page:
        """Take a Page; it is stored at once if it is long, else with its neighbours."""
        if self._is_first(item.source):
            item = replace(item, posts=tuple(_undated_is_old(post) for post in item.posts))
        ids = {post.native_id for post in item.posts if post.native_id}
        posts_waiting = sum(len(page.posts) for page in self._waiting)
        if ids & self._ids or posts_waiting + len(item.posts) > PAGE_POSTS:
            self.flush()
        self._waiting.append(item)
        self._ids |= ids
        if len(item.posts) > SMALL_ROWS or len(self._waiting) >= BATCH_PAGES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self.flush)
        return item

    def close_spider(self) -> None:
        """Store what still waits."""
        self.flush()

    def flush(self) -> None:
        """Store the waiting Pages together; if that fails each by itself, so that one is lost."""
        pages, self._waiting, self._ids = self._waiting, [], set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if len(pages) > 1 and not self._lost:
            try:
                self._tell(store_pages(self._app, pages, crawl_id=self._crawl(pages[0].source)))
            except Exception:  # told below, by the page that does it
                log.warning("batch not stored", pages=len(pages))
            else:
                return
        for page in pages:
            self._store(page)

    def _store(self, page: Page) -> None:
        """Store one Page; an error fails this Page only, and is told.

        A thread or file of several pages is settled with its last one: once a page of it was
        lost, it is not settled in this crawl, so that the next one reads it again.
        """
        if self._lost:
            kept = (mark for mark in page.settles if _thing(mark.key) not in self._lost)
            page = replace(page, settles=tuple(kept))
        try:
            self._tell(store_page(self._app, page, crawl_id=self._crawl(page.source)))
        except Exception as error:
            self._lost |= _things(page)
            self._crawler.spider.lost(error)

    def _tell(self, stored: Stored) -> None:
        self._crawler.stats.inc_value("fenghuo/new_posts", stored.new_posts)
        self._crawler.stats.inc_value("fenghuo/new_revisions", stored.new_revisions)

    def _is_first(self, source: str) -> bool:
        if self._first is None:
            with self._app.db.read() as connection:
                source_id = sources.get_id(connection, source)
                self._first = not source_state.seen_before(connection, source_id)
        return self._first

    def _crawl(self, source: str) -> int | None:
        if source not in self._crawls:
            with self._app.db.read() as connection:
                source_id = sources.get_id(connection, source)
                self._crawls[source] = sources.running_crawl(connection, source_id)
        return self._crawls[source]


def _undated_is_old(post: ParsedPost) -> ParsedPost:
    """Take what a first visit finds without a date for history: it may be years old (B-EV2)."""
    if post.published_at is not None or post.backfill is not None or post.deleted:
        return post
    return replace(post, backfill=True)


def _thing(key: str) -> str:
    """Return the thread, file or entry a mark is about."""
    return key.partition(":")[2]


def _things(page: Page) -> set[str]:
    """Return the threads, files and entries of which a Page is a part."""
    found = {_thing(mark.key) for mark in page.settles}
    found |= {post.thread_id for post in page.posts if post.thread_id}
    if page.evidence is not None:
        found.add(_thing(page.evidence.url))
    return found
