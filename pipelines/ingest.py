"""Ingest: a Page becomes posts, revisions, evidence and crawl memory in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.settings import read_settings
from domain.clock import Clock
from domain.crawl import CrawlMemory
from domain.post import Page
from pipelines import records
from pipelines.wiring import App, open_app
from store import evidence, posts, sources
from store.db import BULK_ROWS, SMALL_ROWS, Connection
from store.posts import Stored

#: Posts of one transaction; each is a post, a revision and a post_seen row.
PAGE_POSTS = BULK_ROWS // 3

#: Apps of this process by home, so that a spider in the same process shares clock and engine.
_APPS: dict[str, App] = {}


def store_page(app: App, page: Page) -> Stored:
    """Store one Page; a long file is cut into transactions and settled with the last one."""
    named = records.with_ids(page.posts, page.site, app.secret)
    parts = list(records.chunks(named, PAGE_POSTS)) or [()]
    stored, evidence_id = Stored(), None
    for number, part in enumerate(parts, start=1):
        with app.db.write(bulk=len(part) > SMALL_ROWS) as connection:
            if number == 1 and page.evidence:
                evidence_id = evidence.keep(connection, page.evidence, app.evidence_folder)
            done = _store_part(app, connection, replace(page, posts=tuple(part)), evidence_id)
            if number == len(parts):
                _settle(app, connection, page)
        stored = _add(stored, done)
    return stored


def store_in(app: App, connection: Connection, page: Page) -> Stored:
    """Store a small Page in the caller's transaction, with whatever else belongs to it."""
    named = records.with_ids(page.posts, page.site, app.secret)
    evidence_id = (
        evidence.keep(connection, page.evidence, app.evidence_folder) if page.evidence else None
    )
    done = _store_part(app, connection, replace(page, posts=tuple(named)), evidence_id)
    _settle(app, connection, page)
    return done


def _store_part(app: App, connection: Connection, page: Page, evidence_id: int | None) -> Stored:
    source_id = sources.get_id(connection, page.source)
    rows = records.post_rows(
        page.posts,
        site=page.site,
        kind=page.kind,
        secret=app.secret,
        now=app.clock.now(),
        implied=sources.implied(connection, source_id),
    )
    return posts.put(connection, rows, source_id=source_id, evidence_id=evidence_id)


def _settle(app: App, connection: Connection, page: Page) -> None:
    """Remember what the Page settles and tell what it had to refuse."""
    now = app.clock.now()
    sources.settle(connection, sources.get_id(connection, page.source), page.settles, now)
    for bad in page.bad:
        sources.raise_issue(
            connection,
            at=now,
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
    """The Scrapy item pipeline: stores each Page as it arrives."""

    def __init__(self, app: App, stats: Any) -> None:
        self._app = app
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Any) -> "IngestPipeline":
        """Build the pipeline for one crawl."""
        return cls(_app(crawler.settings), crawler.stats)

    def process_item(self, item: Page) -> Page:
        """Store the Page; an error is counted by Scrapy and fails this page only."""
        stored = store_page(self._app, item)
        self._stats.inc_value("fenghuo/new_posts", stored.new_posts)
        self._stats.inc_value("fenghuo/new_revisions", stored.new_revisions)
        return item
