"""RSS and Atom: each new entry's article; the summary stands in while the article fails."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from scrapy.http import Request, Response

from crawlers.pages.article import Article, read_article
from crawlers.pages.feed import Entry, read_feed
from crawlers.spiders.base import Found, SourceSpider
from domain.errors import ParseError
from domain.post import Mark, Page, ParsedPost


class FeedSpider(SourceSpider):
    """Feed → entries not settled yet → article pages."""

    name = "feed"

    def read_start(self, response: Response) -> Iterator[Found]:
        """Read the feed; ask for the article of each entry that is new or was changed."""
        zone = ZoneInfo(str(self.source.options.get("time_zone", "Asia/Shanghai")))
        now = self.clock.now()
        feed = read_feed(self.text(response), url=response.url, now=now, zone=zone)
        for entry in feed.entries:
            if self.state(f"entry:{entry.guid}") == entry_state(entry):
                continue
            if entry.url and self.source.options.get("articles", True):
                yield self.request(entry.url, self.read_article, entry=entry)
            else:
                post = post_of(entry, None, outlet=self._outlet())
                yield self.page((post,), response=response, settles=(entry_mark(entry),))

    def read_article(self, response: Response, entry: Entry) -> Iterator[Found]:
        """Read one article; what cannot be read is kept by its summary and tried again."""
        try:
            article = read_article(self.text(response), url=response.url, now=self.clock.now())
        except ParseError as error:
            self.note(str(error))
            yield self._summary(entry, response)
            return
        post = post_of(entry, article, outlet=self._outlet())
        yield self.page((post,), response=response, settles=(entry_mark(entry),))

    def failed(self, failure: Any) -> Iterator[Found]:
        """Keep the summary of an entry whose article did not come; its mark stays open."""
        yield from super().failed(failure)
        request: Request = failure.request
        entry = request.cb_kwargs["told"].get("entry")
        if isinstance(entry, Entry):
            yield self.counted(self._summary(entry, None))

    def _summary(self, entry: Entry, response: Response | None) -> Page:
        return self.page((post_of(entry, None, outlet=self._outlet()),), response=response)

    def _outlet(self) -> str | None:
        outlet = self.source.options.get("outlet")
        return str(outlet) if outlet else None


def post_of(entry: Entry, article: Article | None, *, outlet: str | None) -> ParsedPost:
    """Return the entry as a post: the article's words, the feed's identity and time."""
    at, precision = entry.published_at, entry.precision
    if at is None and article is not None:
        at, precision = article.published_at, article.precision
    return ParsedPost(
        native_id=entry.guid,
        title=entry.title or (article.title if article else ""),
        text=article.text if article else entry.summary or entry.title,
        url=entry.url,
        author=(article.author if article else None) or entry.author,
        published_at=at,
        precision=precision,
        outlet=(article.outlet if article else None) or outlet,
    )


def entry_mark(entry: Entry) -> Mark:
    """Return what to remember of a read entry."""
    return Mark(key=f"entry:{entry.guid}", state=entry_state(entry))


def entry_state(entry: Entry) -> dict[str, Any]:
    """Return what changes when the newsroom changes the entry."""
    stamp = entry.published_at.isoformat() if entry.published_at else ""
    return {"title": entry.title, "published": stamp}
