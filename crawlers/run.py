"""Crawl some sources once, in this process, without Twisted's reactor (platform §3)."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings

from crawlers.engines import forum_engines
from crawlers.spiders.base import SourceSpider
from crawlers.spiders.feed import FeedSpider
from crawlers.spiders.folder import FolderSpider
from crawlers.spiders.forum import ForumSpider
from crawlers.spiders.listing import ListingSpider
from crawlers.spiders.sitemap import SitemapSpider
from domain.source import Source

#: Engine of a Source → its spider.
ENGINES: dict[str, type[SourceSpider]] = {
    **dict.fromkeys(forum_engines(), ForumSpider),
    "feed": FeedSpider,
    "folder": FolderSpider,
    "listing": ListingSpider,
    "sitemap": SitemapSpider,
}
#: Ends that are no accident: all asked, a wall.
_ORDERLY = ("finished", "blocked")
#: Sites asked at the same time; within one site everything goes in a row.
_SITES_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOutcome:
    """What one visit of one source came to."""

    #: Pages and posts handed to ingest (a known post counts too: ingest tells what was new).
    pages: int = 0
    posts: int = 0
    #: Of these, what ingest had not known.
    new_posts: int = 0
    new_revisions: int = 0
    #: Answers read, list pages included.
    requests: int = 0
    #: Of these, what could be read.
    read: int = 0
    errors: tuple[str, ...] = ()
    #: Reason → pages or records refused for it.
    rejected: dict[str, int] = field(default_factory=dict)
    #: Field → posts that had it; "posts" is the whole.
    fields: dict[str, int] = field(default_factory=dict)
    #: It stopped because it had asked as often as it may; the rest comes next time.
    full: bool = False
    #: Why the site refuses us, None if it does not.
    blocked: str | None = None
    #: False when the crawl broke off (crash, signal); a wall is an orderly end, see `blocked`.
    finished: bool = False


async def crawl(
    sources: Sequence[Source], *, settings: Mapping[str, object]
) -> dict[str, CrawlOutcome]:
    """Visit the sources; return each one's outcome by name, one failing never stopping others."""
    runner = AsyncCrawlerRunner(project_settings(settings))
    by_site: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_site[source.site].append(source)
    gate = asyncio.Semaphore(_SITES_AT_ONCE)

    async def visit(row: list[Source]) -> dict[str, CrawlOutcome]:
        async with gate:
            return {source.name: await _crawl_one(runner, source) for source in row}

    visits = await asyncio.gather(*(visit(row) for row in by_site.values()))
    return {name: outcome for visited in visits for name, outcome in visited.items()}


def project_settings(extra: Mapping[str, object]) -> Settings:
    """Return our Scrapy settings with `extra` above them."""
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    settings.setdict(dict(extra), priority="cmdline")
    return settings


async def _crawl_one(runner: AsyncCrawlerRunner, source: Source) -> CrawlOutcome:
    engine = ENGINES.get(source.engine)
    if engine is None:
        problem = f"来源“{source.name}”的引擎“{source.engine}”不认识，可用：{'、'.join(ENGINES)}"
        return CrawlOutcome(errors=(problem,))
    crawler = runner.create_crawler(engine)
    try:
        await runner.crawl(crawler, source=source)
    except Exception as error:
        return CrawlOutcome(errors=(f"来源“{source.name}”没有采成：{error}",))
    spider = crawler.spider
    assert isinstance(spider, SourceSpider)
    assert crawler.stats is not None
    told = crawler.stats.get_stats()
    tally = spider.tally
    return CrawlOutcome(
        pages=tally.pages,
        posts=tally.posts,
        new_posts=int(told.get("fenghuo/new_posts", 0)),
        new_revisions=int(told.get("fenghuo/new_revisions", 0)),
        requests=tally.requests,
        read=tally.read,
        errors=tuple(tally.errors),
        rejected=dict(tally.rejected),
        fields=dict(tally.fields),
        full=tally.full,
        blocked=tally.blocked,
        finished=told.get("finish_reason") in _ORDERLY and not tally.broken,
    )
