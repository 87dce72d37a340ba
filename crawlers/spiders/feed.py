"""RSS, Atom and JSON feeds: each new entry's article; the summary stands in while it fails."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from scrapy.http import Response

from crawlers.pages.feed import Feed, read_feed
from crawlers.spiders.articles import ArticleSpider
from crawlers.spiders.base import Found
from domain.post import Mark

#: What a server says of a feed's state → how it is asked whether that still holds.
_CONDITIONS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
_NOT_MODIFIED = 304


class FeedSpider(ArticleSpider):
    """Feed → entries not read yet → article pages."""

    name = "feed"

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed, only if it changed where the server can tell and nothing is left."""
        request = self.request(self.source.url, self.read_start)
        request.meta["handle_httpstatus_list"] = [_NOT_MODIFIED]
        known = {} if self.unfinished() else self.state("feed:http") or {}
        for name, header in _CONDITIONS.items():
            if known.get(name) and known.get("url") == self.source.url:
                request.headers[header] = known[name]
        yield request

    def read_start(self, response: Response) -> Iterator[Found]:
        """Read the feed; ask for new and changed entries, then for articles that are due."""
        if response.status != _NOT_MODIFIED:
            zone = ZoneInfo(str(self.source.options.get("time_zone", "Asia/Shanghai")))
            now = self.clock.now()
            feed = read_feed(self.text(response), url=response.url, now=now, zone=zone)
            yield from self.visit_entries(list(feed.entries), response)
            # After the entries are marked: a crash before this line reads the feed again.
            self.memory.settle(self.source.name, self._seen(feed, response), now)
        yield from self.visit_due()

    def _seen(self, feed: Feed, response: Response) -> tuple[Mark, ...]:
        told = {name: (response.headers.get(name) or b"").decode("latin-1") for name in _CONDITIONS}
        http = Mark(key="feed:http", state={**told, "url": self.source.url})
        times = [entry.published_at for entry in feed.entries if entry.published_at]
        if not times:
            return (http,)
        return http, Mark(key="feed:newest", state={"at": max(times).isoformat()})
