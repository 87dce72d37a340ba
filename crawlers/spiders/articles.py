"""What feed and sitemap share: read an entry's article, join its pages, try again, look again.

A mark `entry:<guid>` remembers each entry: pending (asked for, a crash in between leaves it so),
read (looked at again after 1, 3 and 7 days for edits and deletion), failed (tried again at the
next three visits, meanwhile the feed's summary stands in), settled. No text is kept in a mark.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import Request, Response
from scrapy.spidermiddlewares.httperror import HttpError

from crawlers.pages.article import Article, join_pages, read_article
from crawlers.pages.feed import Entry
from crawlers.spiders.base import Found, SourceSpider
from domain.errors import BlockedError, ParseError
from domain.post import Mark, Page, ParsedPost, Precision

#: An article is looked at again so many days after it was first read.
AGEING_DAYS = (1.0, 3.0, 7.0)
#: Visits at which an article that could not be read is asked for again.
MAX_RETRIES = 3
#: Pages of one article that are joined.
MAX_PAGES = 10
_GONE = (404, 410)


class ArticleSpider(SourceSpider):
    """Reads articles of entries; its children say where entries come from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Marks asked for in this crawl.
        self._asked: set[str] = set()

    def visit_entries(self, entries: list[Entry], response: Response) -> Iterator[Found]:
        """Ask for the entries that are new, changed or left over; the others wait."""
        now = self.clock.now()
        wanted = []
        for entry in entries:
            key = entry_key(entry)
            state = self.state(key)
            if key not in self._asked and why_read(entry, state):
                self._asked.add(key)
                wanted.append((entry, state))
        if not self.source.options.get("articles", True):
            for entry, _ in wanted:
                yield self._kept(entry, response)
            return
        # Remembered before they are asked for: what a crash leaves undone is due at once.
        pending = tuple(pending_mark(entry, state, now) for entry, state in wanted if entry.url)
        if pending:
            self.memory.settle(self.source.name, pending, now)
        for entry, state in wanted:
            if entry.url:
                yield self._ask(entry, state)
            else:
                yield self._kept(entry, response)

    def visit_due(self) -> Iterator[Found]:
        """Ask again for articles whose time has come, whether or not a list still names them."""
        for key, state in self.memory.due_marks(self.source.name, "entry:", self.clock.now()):
            entry = remembered(key, state)
            if key not in self._asked and entry is not None:
                self._asked.add(key)
                yield self._ask(entry, state)

    def unfinished(self) -> bool:
        """Whether a crash left entries that were never read: their summaries are needed again."""
        marks = self.memory.due_marks(self.source.name, "entry:", self.clock.now())
        return any(state.get("status") == "pending" for _, state in marks)

    def _ask(self, entry: Entry, state: dict[str, Any] | None) -> Request:
        return self.request(entry.url or "", self.read_article, entry=entry, state=state or {})

    def _kept(self, entry: Entry, response: Response) -> Page:
        """Return an entry that has no article of its own."""
        mark = Mark(key=entry_key(entry), state={**entry_state(entry), "status": "settled"})
        post = post_of(entry, None, outlet=self._outlet())
        return self.page((post,), response=response, settles=(mark,))

    def read_article(
        self, response: Response, entry: Entry, state: dict[str, Any]
    ) -> Iterator[Found]:
        """Read an article's first page; a wall elsewhere than on the source's host is its own."""
        try:
            article = read_article(self.text(response), url=response.url, now=self.clock.now())
        except ParseError as error:
            yield from self._failed_entry(entry, state, "no-article", str(error), response)
            return
        except BlockedError as error:
            yield from self._failed_entry(entry, state, "blocked", str(error), response)
            if self._is_own(response.url):
                raise
            return
        yield from self._go_on(response, entry, state, (article,))

    def read_next(
        self, response: Response, entry: Entry, state: dict[str, Any],
        first: Response, parts: tuple[Article, ...],
    ) -> Iterator[Found]:  # fmt: skip
        """Read a further page; one that cannot be read ends the article."""
        try:
            article = read_article(self.text(response), url=response.url, now=self.clock.now())
        except ParseError as error:
            self.reject("no-article", response.url, str(error))
            yield self._read(first, entry, state, parts)
            return
        yield from self._go_on(first, entry, state, (*parts, article))

    def _go_on(
        self, first: Response, entry: Entry, state: dict[str, Any], parts: tuple[Article, ...]
    ) -> Iterator[Found]:
        following = parts[-1].next_url
        if following and len(parts) < MAX_PAGES:
            yield self.request(
                following, self.read_next, entry=entry, state=state, first=first, parts=parts
            )
        else:
            yield self._read(first, entry, state, parts)

    def _read(
        self, first: Response, entry: Entry, state: dict[str, Any], parts: tuple[Article, ...]
    ) -> Page:
        post = post_of(entry, join_pages(parts), outlet=self._outlet())
        mark = read_mark(entry, state, self.clock.now(), days=self._ageing())
        return self.page((post,), response=first, settles=(mark,))

    def failed(self, failure: Any) -> Iterator[Found]:
        """Settle what an article that did not come means: gone, or to be tried again."""
        request: Request = failure.request
        told = request.cb_kwargs.get("told", {})
        entry = told.get("entry")
        if not isinstance(entry, Entry):
            yield from super().failed(failure)
            return
        if "parts" in told:  # a further page: what came before it is kept
            yield self.counted(self._read(told["first"], entry, told["state"], told["parts"]))
            yield from super().failed(failure)
            return
        error = failure.value
        status = error.response.status if isinstance(error, HttpError) else None
        if status in _GONE and told["state"].get("status") == "read":
            yield self.counted(self._gone(entry, error.response))
            return
        code = f"http-{status}" if status else "no-answer"
        problem = f"{request.url}：没有取到文章（{status or error}）"
        for found in self._failed_entry(entry, told["state"], code, problem, None):
            yield self.counted(found)
        if status not in _GONE and self._is_own(request.url):
            yield from super().failed(failure)

    def _failed_entry(
        self, entry: Entry, state: dict[str, Any], code: str, problem: str,
        response: Response | None,
    ) -> Iterator[Page]:  # fmt: skip
        """Let the summary stand in; give up after the last retry."""
        self.reject(code, entry.url or "", problem)
        mark = failed_mark(entry, state, self.clock.now(), days=self._ageing())
        was_read = state.get("status") == "read" or bool(state.get("read"))
        says_something = bool(entry.summary or entry.title) and not was_read
        posts = (post_of(entry, None, outlet=self._outlet()),) if says_something else ()
        yield self.page(posts, response=response if posts else None, settles=(mark,))

    def _gone(self, entry: Entry, response: Response) -> Page:
        """Return the deletion of an article that was read before."""
        post = replace(post_of(entry, None, outlet=self._outlet()), text="", deleted=True)
        mark = Mark(key=entry_key(entry), state={**entry_state(entry), "status": "gone"})
        return self.page((post,), response=response, settles=(mark,))

    def _is_own(self, url: str) -> bool:
        return urlsplit(url).hostname == urlsplit(self.source.url).hostname

    def _outlet(self) -> str | None:
        outlet = self.source.options.get("outlet")
        return str(outlet) if outlet else None

    def _ageing(self) -> tuple[float, ...]:
        return tuple(float(day) for day in self.source.options.get("ageing_days", AGEING_DAYS))


# ---- decisions ----------------------------------------------------------------------------------


def entry_key(entry: Entry) -> str:
    """Return the key of an entry's mark."""
    return f"entry:{entry.guid}"


def entry_state(entry: Entry) -> dict[str, Any]:
    """Return what changes when the newsroom changes the entry, and where its article is."""
    stamp = entry.published_at.isoformat() if entry.published_at else ""
    state = {"title": entry.title, "published": stamp, "precision": str(entry.precision)}
    if entry.changed:
        state["changed"] = entry.changed
    return {**state, "url": entry.url}


def why_read(entry: Entry, state: dict[str, Any] | None) -> str | None:
    """Return why the entry's article is asked for, None if it is not; ageing is due by itself."""
    if state is None:
        return "new"
    if state.get("status") == "pending":
        return "unfinished"
    now = entry_state(entry)
    moved = any(now.get(name) != state.get(name) for name in ("title", "published", "changed"))
    if moved:
        return "changed"
    return "retry" if state.get("status") == "failed" else None


def pending_mark(entry: Entry, state: dict[str, Any] | None, now: datetime) -> Mark:
    """Return the mark of an entry about to be read; an article read before stays known as read."""
    if state and state.get("status") in ("read", "failed"):
        return Mark(key=entry_key(entry), state=state, due_at=now)
    return Mark(key=entry_key(entry), state={**entry_state(entry), "status": "pending"}, due_at=now)


def read_mark(
    entry: Entry, state: dict[str, Any], now: datetime, *, days: tuple[float, ...]
) -> Mark:
    """Return the mark of an article just read; a changed entry starts the ageing anew."""
    fresh = entry_state(entry)
    same = state.get("read") and all(
        fresh.get(name) == state.get(name) for name in ("title", "published", "changed")
    )
    begun = datetime.fromisoformat(state["read"]) if same else now
    moments = (begun + timedelta(days=day) for day in days)
    return Mark(
        key=entry_key(entry),
        state={**fresh, "status": "read", "read": begun.isoformat()},
        due_at=next((moment for moment in moments if moment > now), None),
    )


def failed_mark(
    entry: Entry, state: dict[str, Any], now: datetime, *, days: tuple[float, ...]
) -> Mark:
    """Return the mark of an article that did not come: due again, or settled after the last try."""
    tries = int(state.get("tries", 0)) + 1
    if tries <= MAX_RETRIES:
        kept = {"read": state["read"]} if state.get("read") else {}
        return Mark(
            key=entry_key(entry),
            state={**entry_state(entry), **kept, "status": "failed", "tries": tries},
            due_at=now,
        )
    if state.get("read"):  # it was there before: the ageing goes on
        return read_mark(entry, state, now, days=days)
    return Mark(key=entry_key(entry), state={**entry_state(entry), "status": "settled"})


def remembered(key: str, state: dict[str, Any]) -> Entry | None:
    """Return the entry a mark speaks of, without its summary; None if it has no address."""
    if not state.get("url"):
        return None
    stamp = state.get("published")
    return Entry(
        guid=key.removeprefix("entry:"),
        title=str(state.get("title", "")),
        url=str(state["url"]),
        summary="",
        author=None,
        published_at=datetime.fromisoformat(stamp) if stamp else None,
        precision=Precision(state.get("precision", Precision.SECOND)),
        changed=str(state.get("changed", "")),
    )


def post_of(entry: Entry, article: Article | None, *, outlet: str | None) -> ParsedPost:
    """Return the entry as a post: the article's words, the feed's identity and time."""
    at, precision = entry.published_at, entry.precision
    if at is None and article is not None:
        at, precision = article.published_at, article.precision
    shown = (article.outlet if article else None) or outlet
    origin = article.syndicated_from if article else None
    return ParsedPost(
        native_id=entry.guid,
        title=entry.title or (article.title if article else ""),
        text=article.text if article else entry.summary or entry.title,
        url=entry.url,
        author=(article.author if article else None) or entry.author,
        published_at=at,
        precision=precision,
        outlet=shown,
        syndicated_from=None if origin == shown else origin,
    )
