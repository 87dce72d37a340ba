"""List → detail sources by configuration; an item is read again when its row changes or ages.

Where an item's own page is an article, it is read as an article of a feed is: pages joined, failed
ones tried again, deletion told (spiders/articles.py).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scrapy.http import Response

from crawlers.pages.feed import Entry
from crawlers.pages.listing import Item, Listing, configured, read_item, read_list
from crawlers.spiders.articles import ArticleSpider
from crawlers.spiders.base import Found
from domain.post import Mark, Precision

#: Official answers come late and change no list: an item is looked at again so long after.
AGEING_DAYS = (1, 3, 7, 30)
#: List pages always read; further ones only while they hold something new.
LIST_PAGES = 2
_KEPT = ("title", "time", "state", "outlet")
MAX_LIST_PAGES = 50


class ListingSpider(ArticleSpider):
    """List pages → new, changed and ageing items → their own pages."""

    name = "listing"

    def read_start(self, response: Response, number: int = 1) -> Iterator[Found]:
        """Read one list page; ask for its new and changed items and for the next page."""
        config = self._config()
        page = read_list(self.text(response), config, url=response.url, number=number)
        before = len(self._asked)
        if config.article:
            entries = [_entry(item, config) for item in page.items if item.url]
            yield from self.visit_entries(entries, response)
        else:
            yield from self._visit_items(page.items, config, response)
        new = len(self._asked) > before
        more = new or number < int(self.source.options.get("list_pages", LIST_PAGES))
        if page.next_url and page.items and more and number < MAX_LIST_PAGES:
            yield self.request(page.next_url, self.read_start, number=number + 1)
        elif config.article:
            yield from self.visit_due()
        elif config.detail:
            yield from self._visit_due_items()

    def _visit_items(
        self, items: tuple[Item, ...], config: Listing, response: Response
    ) -> Iterator[Found]:
        for item in items:
            state = self.state(f"item:{item.id}")
            if state is not None and state.get("digest") == item.digest and not self._sweeps():
                continue
            self._asked.add(item.id)
            yield from self._visit(item, config, state, response)

    def read_detail(
        self, response: Response, item: Item, state: dict[str, Any] | None
    ) -> Iterator[Found]:
        """Read one item's page."""
        now = self.clock.now()
        post = read_item(item, self._config(), now=now, text=self.text(response), url=response.url)
        yield self.page((post,), response=response, settles=(_mark(item, state, now),))

    def _visit(
        self, item: Item, config: Listing, state: dict[str, Any] | None, response: Response
    ) -> Iterator[Found]:
        if item.url and config.detail:
            yield self.request(item.url, self.read_detail, item=item, state=state)
            return
        now = self.clock.now()
        post = read_item(item, config, now=now)
        yield self.page((post,), response=response, settles=(_mark(item, state, now),))

    def _visit_due_items(self) -> Iterator[Found]:
        """Ask again for items whose time has come though no list tells of a change."""
        for key, state in self.memory.due_marks(self.source.name, "item:", self.clock.now()):
            name = key.removeprefix("item:")
            if state.get("url") and name not in self._asked:
                item = Item(
                    id=name, url=state["url"], said=state.get("said", {}), digest=state["digest"]
                )
                yield self.request(item.url or "", self.read_detail, item=item, state=state)

    def _config(self) -> Listing:
        zone = ZoneInfo(str(self.source.options.get("time_zone", "Asia/Shanghai")))
        return configured(self.source.options, name=self.source.name, zone=zone)

    def _sweeps(self) -> bool:
        return bool(self.source.options.get("sweep"))


def _entry(item: Item, config: Listing) -> Entry:
    """Return a row as an entry; lists cut titles and tell days, the article knows better."""
    moment = item.moment(config.zone)
    exact = moment is not None and moment[1] is not Precision.DAY
    return Entry(
        guid=item.id, title="", url=item.url, summary=item.said.get("title", ""),
        author=item.said.get("author"), published_at=moment[0] if moment and exact else None,
        precision=moment[1] if moment and exact else Precision.NONE,
    )  # fmt: skip


def _mark(item: Item, state: dict[str, Any] | None, now: datetime) -> Mark:
    """Return what to remember; a changed row starts the ageing anew."""
    same = state is not None and state.get("digest") == item.digest
    begun = datetime.fromisoformat(state["changed"]) if same and state else now
    whole = "text" in item.said  # its own page would not say all: read again from the list only
    moments = (begun + timedelta(days=days) for days in AGEING_DAYS)
    return Mark(
        key=f"item:{item.id}",
        state={
            "digest": item.digest, "changed": begun.isoformat(), "url": item.url,
            # No names and no texts: the memory of a crawl is not pseudonymised.
            "said": {name: item.said[name] for name in _KEPT if name in item.said},
        },
        due_at=next((moment for moment in moments if moment > now and not whole), None),
    )  # fmt: skip
