"""What every engine's spider shares: its source, memory and clock, and how errors are counted."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.misc import load_object

from crawlers.decode import declared_charset, decode
from crawlers.guard import PrivateAddressError
from crawlers.sources import source_from_json
from domain.clock import Clock
from domain.crawl import CrawlMemory
from domain.errors import BlockedError, FactsError, ParseError
from domain.post import BadRecord, EvidenceIn, Mark, Page, ParsedPost, SourceKind
from domain.source import Source

#: The site says no or slow down; asking on would be impolite and is pointless.
_REFUSALS = {401, 403, 412, 418, 429}
Found = Page | Request
Read = Callable[..., Iterator[Found]]


@dataclass(slots=True)
class Tally:
    """What happened during one crawl; read by run.py when it is over."""

    pages: int = 0
    posts: int = 0
    requests: int = 0
    errors: list[str] = field(default_factory=list)
    blocked: str | None = None
    #: Our own code broke off the crawl.
    broken: bool = False


class SourceSpider(scrapy.Spider):
    """A spider of one Source; engines say what to read, this class what every crawl needs."""

    source: Source
    memory: CrawlMemory
    clock: Clock

    def __init__(self, source: Source | None = None, source_json: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if source is None and not source_json:
            raise FactsError("没有给出来源：请用 -a source_json='{…}' 或 fenghuo crawl")
        self.source = source or source_from_json(source_json)
        self.tally = Tally()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider, its memory and clock (named in the settings), and its pace."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.memory = load_object(settings["FENGHUO_MEMORY"])(settings)
        spider.clock = load_object(settings["FENGHUO_CLOCK"])(settings)
        for key, value in pace(spider.source).items():
            settings.set(key, value, priority="spider")
        crawler.signals.connect(spider.count_item_error, signals.item_error)
        crawler.signals.connect(spider.count_spider_error, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the source's own page first."""
        yield self.request(self.source.url, self.read_start)

    def read_start(self, response: Response) -> Iterator[Found]:
        """Read the source's own page; each engine says how."""
        raise NotImplementedError

    def request(self, url: str, read: Read, **told: Any) -> Request:
        """Return a request whose answer is read under the guard of `answered`."""
        return Request(
            url, callback=self.answered, errback=self.failed, cb_kwargs={"read": read, "told": told}
        )

    def answered(self, response: Response, read: Read, told: dict[str, Any]) -> Iterator[Found]:
        """Read one answer: a wall ends the crawl, a page that cannot be read is only noted."""
        self.tally.requests += 1
        try:
            for found in read(response, **told):
                yield self.counted(found)
        except BlockedError as error:
            self.stop(str(error))
        except ParseError as error:
            self.note(str(error))

    def counted(self, found: Found) -> Found:
        """Return what was found, pages counted."""
        if isinstance(found, Page):
            self.tally.pages += 1
            self.tally.posts += len(found.posts)
        return found

    def failed(self, failure: Any) -> Iterator[Found]:
        """Note a request without a usable answer; a refusal by the site ends the crawl."""
        error = failure.value
        request: Request = failure.request
        if isinstance(error, HttpError):
            status = error.response.status
            if status in _REFUSALS:
                self.stop(f"{request.url}：网站拒绝访问（HTTP {status}），已停止采集")
            self.note(f"{request.url}：网站返回 HTTP {status}")
        elif isinstance(error, PrivateAddressError):
            self.note(f"{request.url}：{error}")
        elif isinstance(error, IgnoreRequest):
            problem = f"{request.url}：robots.txt 不允许采集"
            if request.url == self.source.url:
                self.stop(problem + "，请停用这个来源或取得授权")
            self.note(problem)
        else:
            self.note(f"{request.url}：取不到网页（{error}），下次再试")
        return iter(())

    def stop(self, problem: str) -> None:
        """End the crawl at a wall: report, never bypass."""
        self.tally.blocked = problem
        raise CloseSpider("blocked")

    def note(self, problem: str) -> None:
        """Remember one error; the crawl goes on."""
        self.tally.errors.append(problem)
        self.logger.warning(problem)

    def count_item_error(self, item: Any, response: Any, spider: Any, failure: Any) -> None:
        """Remember a Page that could not be stored; its marks stay open, so it comes again."""
        self.note(f"{self.source.name}：一页没有存下（{failure.value}），下次重取")

    def count_spider_error(self, failure: Any, response: Any, spider: Any) -> None:
        """Remember a page on which our own reading broke; without a page the crawl broke."""
        problem = f"程序出错（{type(failure.value).__name__}：{failure.value}），请把此行交给管理员"
        self.tally.broken |= response is None
        self.note(f"{response.url if response else self.source.name}：{problem}")

    def text(self, response: Response) -> str:
        """Return the page decoded by evidence, not by the declared charset alone."""
        declared = declared_charset(_header(response, "Content-Type"), response.body)
        return decode(response.body, where=response.url, declared=declared)

    def page(
        self,
        posts: tuple[ParsedPost, ...],
        *,
        response: Response | None = None,
        settles: tuple[Mark, ...] = (),
        bad: tuple[BadRecord, ...] = (),
    ) -> Page:
        """Return a Page of this source, with the response as evidence."""
        return Page(
            source=self.source.name,
            site=self.source.site,
            kind=SourceKind(self.source.kind),
            posts=posts,
            evidence=None if response is None else evidence(response, self.clock.now()),
            settles=settles,
            bad=bad,
        )

    def state(self, key: str) -> dict[str, Any] | None:
        """Return what an earlier crawl settled under the key."""
        return self.memory.known(self.source.name, key)


def pace(source: Source) -> dict[str, Any]:
    """Return the settings a source decides: its speed and whether loopback is meant."""
    delay = float(source.options.get("delay", 0.0 if source.allow_private else 2.0))
    slow = not source.allow_private
    return {
        "FENGHUO_ALLOW_PRIVATE": source.allow_private,
        # A public site is never asked faster than once a second, whatever the row says.
        "DOWNLOAD_DELAY": max(delay, 1.0) if slow else delay,
        "AUTOTHROTTLE_ENABLED": slow,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if slow else 4,
    }


def evidence(response: Response, now: datetime) -> EvidenceIn:
    """Return the response as it came, for the evidence store."""
    names = ("Content-Type", "Date", "Last-Modified", "ETag", "Server")
    return EvidenceIn(
        url=response.url,
        fetched_at=now,
        body=response.body,
        content_type=_header(response, "Content-Type"),
        status=response.status,
        headers={name: value for name in names if (value := _header(response, name))},
    )


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1")
