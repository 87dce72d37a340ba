"""Look at one address, politely and guarded like a crawl: what comes back, or why nothing does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response

from crawlers.run import project_settings
from crawlers.spiders.base import Found, SourceSpider
from domain.post import SourceKind
from domain.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one address answered."""

    url: str
    text: str = ""
    content_type: str = ""
    #: Why there is no text: robots.txt, a refusal, no answer.
    problem: str = ""
    blocked: bool = False
    #: Reason → answers refused for it (robots, http-403, no-such-host …).
    rejected: dict[str, int] = field(default_factory=dict)


class ProbeSpider(SourceSpider):
    """One request; nothing is stored."""

    name = "probe"
    seen: tuple[str, str, str] | None = None

    def read_start(self, response: Response) -> Iterator[Found]:
        """Keep the answer."""
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        self.seen = (response.url, self.text(response), kind)
        return iter(())


async def look(url: str, *, allow_private: bool = False, settings: Mapping[str, object]) -> Answer:
    """Return the answer of an address; never raises for what the other side does."""
    source = Source(
        name="probe", engine="probe", url=url, site="probe", kind=SourceKind.NEWS,
        allow_private=allow_private,
    )  # fmt: skip
    crawler = AsyncCrawlerRunner(project_settings(settings)).create_crawler(ProbeSpider)
    await crawler.crawl_async(source=source)
    spider = crawler.spider
    assert isinstance(spider, ProbeSpider)
    tally = spider.tally
    if spider.seen is None:
        problem = tally.blocked or "；".join(tally.errors) or f"{url}：没有取到网页"
        return Answer(
            url=url, problem=problem, blocked=tally.blocked is not None,
            rejected=dict(tally.rejected),
        )  # fmt: skip
    final, text, kind = spider.seen
    return Answer(url=final, text=text, content_type=kind)
