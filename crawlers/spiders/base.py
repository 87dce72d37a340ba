"""What every engine's spider shares: its source, memory and clock, and how errors are counted."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError
from scrapy.utils.misc import load_object

from crawlers.decode import declared_charset, decode
from crawlers.guard import PrivateAddressError
from crawlers.robots import RobotsUnreadableError
from crawlers.sources import source_from_json
from domain.clock import Clock
from domain.crawl import CrawlMemory
from domain.errors import BlockedError, FactsError, FenghuoError, ParseError
from domain.post import BadRecord, EvidenceIn, Mark, Page, ParsedPost, SourceKind, ThreadCount
from domain.source import Source

#: The site says no or slow down; asking on would be impolite and is pointless.
_REFUSALS = {401, 403, 412, 418, 429}
#: Answers of one crawl, unless the source says otherwise (`max_requests`); the rest comes later.
MAX_REQUESTS = 1000
#: A site may ask for a slower pace (Crawl-delay); slower than this is taken as this (seconds).
MAX_CRAWL_DELAY = 60.0
#: What an error without an answer is counted as; the first that fits.
_LOST = (
    ("PrivateAddressError", "private-address"),
    ("DownloadCancelledError", "too-big"),
    ("DownloadTimeoutError", "timeout"),
    ("TimeoutError", "timeout"),
    ("CannotResolveHostError", "no-such-host"),
    ("UnsupportedURLSchemeError", "not-http"),
    ("NotSupported", "not-http"),
    ("ResponseDataLossError", "cut-off"),
)
#: What people are told of it.
_LOST_WORDS = {
    "no-answer": "连接不上（网站没有应答，或域名、端口不对）",
    "timeout": "很久没有应答", "no-such-host": "域名解析不了",
    "not-http": "不是 http:// 或 https:// 开头的网址", "cut-off": "网页没有传完，连接就断了",
}  # fmt: skip
Found = Page | Request
Read = Callable[..., Iterator[Found]]


@dataclass(slots=True)
class Tally:
    """What happened during one crawl; read by run.py when it is over."""

    pages: int = 0
    posts: int = 0
    requests: int = 0
    #: Answers that could be read; none at all, with errors, is a source that gives nothing.
    read: int = 0
    errors: list[str] = field(default_factory=list)
    blocked: str | None = None
    #: Reason → pages or records refused for it.
    rejected: Counter[str] = field(default_factory=Counter)
    #: Field → posts that had it; "posts" is the whole.
    fields: Counter[str] = field(default_factory=Counter)
    #: Requests made beyond the first, and whether more were wanted than one crawl may make.
    asked: int = 0
    full: bool = False
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
        crawler.signals.connect(spider.heed_crawl_delay, signals.robots_parsed)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the source's own page first."""
        yield self.request(self.source.url, self.read_start)

    def read_start(self, response: Response) -> Iterator[Found]:
        """Read the source's own page; each engine says how."""
        raise NotImplementedError

    def request(self, url: str, read: Read, **told: Any) -> Request:
        """Return a request whose answer is read under the guard of `answered`."""
        ways: dict[str, Any] = {"callback": self.answered, "errback": self.failed}
        ways["cb_kwargs"] = {"read": read, "told": told}
        try:
            return Request(url, **ways)
        except ValueError:  # no address at all: it fails where other ones fail, and is counted
            return Request(f"not-http://address/{quote(url, safe='')}", **ways)

    def answered(self, response: Response, read: Read, told: dict[str, Any]) -> Iterator[Found]:
        """Read one answer: a wall ends the crawl, a page that cannot be read is only noted."""
        self.tally.requests += 1
        try:
            for found in read(response, **told):
                if self.within_limit(found):
                    yield self.counted(found)
            self.tally.read += 1
        except BlockedError as error:
            self.stop(str(error))
        except ParseError as error:
            self.tally.rejected["not-readable"] += 1
            self.note(str(error))

    def within_limit(self, found: Found) -> bool:
        """Whether this may be asked for in this crawl; what may not stays open for the next."""
        if not isinstance(found, Request):
            return True
        if self.tally.asked >= int(self.source.options.get("max_requests", MAX_REQUESTS)) - 1:
            self.tally.full = True
            return False
        self.tally.asked += 1
        return True

    def counted(self, found: Found) -> Found:
        """Return what was found, pages counted."""
        if isinstance(found, Page):
            self.tally.pages += 1
            self.tally.posts += len(found.posts)
            for post in found.posts:
                if not post.deleted:
                    self.tally.fields.update(_told(post))
        return found

    def failed(self, failure: Any) -> Iterator[Found]:
        """Note a request without a usable answer; a refusal by the site ends the crawl."""
        error = failure.value
        request: Request = failure.request
        if isinstance(error, HttpError):
            status = error.response.status
            if status in _REFUSALS:
                self.stop(f"{request.url}：网站拒绝访问（HTTP {status}），已停止采集")
            self.tally.rejected[f"http-{status}"] += 1
            self.note(f"{request.url}：网站返回 HTTP {status}")
        elif isinstance(error, IgnoreRequest) and not isinstance(error, PrivateAddressError):
            self._ignored(request, error)
        else:
            self._lost(request, error)
        return iter(())

    def _ignored(self, request: Request, error: IgnoreRequest) -> None:
        """Note a request that was not made, or not followed: robots.txt, or redirects in a ring."""
        if isinstance(error, RobotsUnreadableError):
            self.tally.rejected["robots-unreadable"] += 1
            self.note(f"{request.url}：{error}，读不到网站的规则就不采集，下次再试")
            return
        if "during decompression" in str(error):
            self.tally.rejected["too-big"] += 1
            self.note(f"{request.url}：网页解压后超过大小上限，没有收下")
            return
        if "redirect" in str(error).lower():
            self.tally.rejected["redirect-loop"] += 1
            self.note(f"{request.url}：网站反复跳转，已放弃")
            return
        self.tally.rejected["robots"] += 1
        problem = f"{request.url}：robots.txt 不允许采集"
        if request.url == self.source.url:
            self.stop(problem + "，请停用这个来源或取得授权")
        self.note(problem)

    def _lost(self, request: Request, error: Exception) -> None:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        code = next((code for name, code in _LOST if name in kinds), "no-answer")
        self.tally.rejected[code] += 1
        if code == "private-address":
            self.note(f"{request.url}：{error}")
        elif code == "too-big":
            self.note(f"{request.url}：网页超过大小上限，没有收下")
        else:
            kind = type(error).__name__
            self.note(f"{request.url}：{_LOST_WORDS[code]}，下次再试（{kind}）")

    def reject(self, code: str, url: str, problem: str) -> None:
        """Count a page or record refused for a reason that is no error of ours or the site's."""
        self.tally.rejected[code] += 1
        self.logger.info(f"{url}：{problem}")

    def heed_crawl_delay(self, robotparser: Any) -> None:
        """Slow down to what robots.txt asks for (Crawl-delay); Scrapy only reads it."""
        asked = robotparser.crawl_delay(str(self.crawler.settings["USER_AGENT"]))
        engine = self.crawler.engine
        if not asked or engine is None or self.source.allow_private:
            return
        delay = min(float(asked), MAX_CRAWL_DELAY)
        throttle = self.crawler.get_extension(AutoThrottle)
        if throttle is not None:
            throttle.mindelay = max(throttle.mindelay, delay)
        for slot in engine.downloader.slots.values():
            slot.delay = max(slot.delay, delay)

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
        self.lost(failure.value)

    def lost(self, error: Exception) -> None:
        """Remember that a Page could not be stored, whenever that came out."""
        # A database error quotes what it could not store: texts are no business of issues and logs.
        why = str(error) if isinstance(error, FenghuoError) else type(error).__name__
        self.note(f"{self.source.name}：一页没有存下（{why}），下次重取")

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
        counts: tuple[ThreadCount, ...] = (),
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
            counts=counts,
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


def _told(post: ParsedPost) -> Iterator[str]:
    """Yield the fields this post has; over many posts a fall of one tells of a changed layout."""
    yield "posts"
    yield from (
        name
        for name, value in (
            ("text", post.text or post.hidden), ("title", post.title), ("author", post.author),
            ("time", post.published_at), ("floor", post.floor),
        )
        if value
    )  # fmt: skip


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
