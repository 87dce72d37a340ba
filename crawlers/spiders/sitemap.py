"""Sitemap (网站地图) → new and changed pages → articles; an index is followed where it moved."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from scrapy.http import Response

from crawlers.pages.feed import Entry
from crawlers.pages.sitemap import MapLink, read_sitemap
from crawlers.spiders.articles import ArticleSpider
from crawlers.spiders.base import Found
from crawlers.times import read_time
from domain.errors import FactsError
from domain.post import Mark

#: Maps of one index followed in one visit, and how deep indexes may name indexes.
MAX_MAPS, MAX_DEPTH = 20, 3
#: Articles asked for in one visit; the rest comes at the next ones (`max_articles`).
MAX_ARTICLES = 200
#: Pages whose map says they are older than this are the archive (`max_age_days`).
MAX_AGE_DAYS = 30
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SitemapSpider(ArticleSpider):
    """Map → maps → entries not read yet → article pages."""

    name = "sitemap"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = patterns(self.source.options.get("include"), "include", self.source.name)
        self._refused = patterns(self.source.options.get("exclude"), "exclude", self.source.name)
        self._maps: set[str] = set()

    def read_start(self, response: Response) -> Iterator[Found]:
        """Read the source's map, then ask for articles that are due."""
        yield from self.read_map(response, depth=0)
        yield from self.visit_due()

    def read_map(
        self, response: Response, depth: int, link: MapLink | None = None
    ) -> Iterator[Found]:
        """Read one map: its pages, or those of its maps that changed since they were read."""
        now = self.clock.now()
        zone = ZoneInfo(str(self.source.options.get("time_zone", "Asia/Shanghai")))
        found = read_sitemap(response.body, url=response.url, now=now, zone=zone)
        room = self._room()
        entries = [entry for entry in found.entries if self._fits(entry, now)]
        fresh = [entry for entry in entries if self._is_new(entry)]
        yield from self.visit_entries(newest_first(fresh)[:room], response)
        if link is not None and link.changed and len(fresh) <= room:
            # All of it was taken: not read again before the index says that it changed.
            mark = Mark(key=f"map:{link.url}", state={"changed": link.changed})
            self.memory.settle(self.source.name, (mark,), now)
        if depth < MAX_DEPTH:
            for child in self._moved(found.maps)[:MAX_MAPS]:
                self._maps.add(child.url)
                yield self.request(child.url, self.read_map, depth=depth + 1, link=child)

    def _room(self) -> int:
        limit = int(self.source.options.get("max_articles", MAX_ARTICLES))
        return max(0, limit - len(self._asked))

    def _is_new(self, entry: Entry) -> bool:
        state = self.state(f"entry:{entry.guid}")
        if state is None:
            return True
        return bool(entry.changed) and state.get("changed", "") != entry.changed

    def _fits(self, entry: Entry, now: datetime) -> bool:
        """Whether a page is of this site, wanted by the patterns, and no archive."""
        url = entry.url or ""
        if urlsplit(url).hostname != urlsplit(self.source.url).hostname:
            self.tally.rejected["other-host"] += 1
            return False
        if self._wanted and not any(pattern.search(url) for pattern in self._wanted):
            return False
        if any(pattern.search(url) for pattern in self._refused):
            return False
        limit = float(self.source.options.get("max_age_days", MAX_AGE_DAYS))
        moment = age_of(entry)
        return moment is None or now - moment <= timedelta(days=limit)

    def _moved(self, maps: tuple[MapLink, ...]) -> list[MapLink]:
        """Return the maps not read in this visit whose lastmod moved, the latest first."""
        own = urlsplit(self.source.url).hostname
        moved = [
            link
            for link in maps
            if urlsplit(link.url).hostname == own
            and link.url not in self._maps
            and (
                not link.changed
                or (self.state(f"map:{link.url}") or {}) != {"changed": link.changed}
            )
        ]
        return sorted(moved, key=lambda link: link.changed_at or _LONG_AGO, reverse=True)


def age_of(entry: Entry) -> datetime | None:
    """Return when a page was published or last changed, None if the map does not say."""
    moment = read_time(entry.changed)
    return entry.published_at or (moment[0] if moment else None)


def newest_first(entries: list[Entry]) -> list[Entry]:
    """Return the pages with the latest first; those without a time keep the map's order, last."""
    return sorted(entries, key=lambda entry: age_of(entry) or _LONG_AGO, reverse=True)


def patterns(raw: Any, key: str, source: str) -> list[re.Pattern[str]]:
    """Return the address patterns of an option; FactsError names the one that is no pattern."""
    rows = [raw] if isinstance(raw, str) else raw or []
    found = []
    for row in rows:
        try:
            found.append(re.compile(str(row)))
        except re.error as error:
            raise FactsError(
                f"来源“{source}”的 {key}：{row} 不是正则表达式（{error}），请改写，如 /news/"
            ) from error
    return found
