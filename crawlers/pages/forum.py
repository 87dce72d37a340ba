"""What a forum engine's pages say, whatever the engine: lists of threads and threads of floors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.post import ParsedPost, Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadRow:
    """One row of a board page: what the list tells about a thread without opening it."""

    tid: str
    title: str
    url: str
    author: str | None = None
    author_id: str | None = None
    #: None where the list does not tell (a moved stub shows "-").
    replies: int | None = None
    views: int | None = None
    #: Text of the last-post time as shown; compared, never computed with; "" if it drifts.
    last: str = ""
    last_at: datetime | None = None
    sticky: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """One page of a board; rows are unique by thread."""

    rows: tuple[ThreadRow, ...]
    next_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage:
    """One page of a thread; `gone` when the forum says that the thread no longer exists."""

    tid: str
    title: str
    posts: tuple[ParsedPost, ...]
    page: int
    pages: int
    next_url: str | None
    gone: bool = False
    #: Replies and views as the thread itself tells them (page 1), None where it does not.
    replies: int | None = None
    views: int | None = None
    #: The newest floor stands first.
    reversed: bool = False
    #: Ids of floors the page says are deleted, where it says so.
    removed: tuple[str, ...] = ()

    @property
    def pids(self) -> tuple[str, ...]:
        """Return the native ids of the page's floors in their order."""
        return tuple(post.native_id for post in self.posts if post.native_id)


class ForumEngine(Protocol):
    """Pure reading of one forum program's pages; both readers raise BlockedError, ParseError."""

    def read_board(self, html: str, *, url: str, now: datetime) -> BoardPage:
        """Return the rows of one list page."""
        ...

    def read_thread(
        self, html: str, *, url: str, now: datetime, per_page: int | None = None
    ) -> ThreadPage:
        """Return the floors of one thread page; `per_page` numbers floors without a label."""
        ...

    def page_url(self, url: str, number: int) -> str:
        """Return the address of a thread's page."""
        ...


def unique(posts: Iterable[ParsedPost]) -> tuple[ParsedPost, ...]:
    """Return the floors without those a page shows twice (a sticky reply and its own place)."""
    kept: dict[str | None, ParsedPost] = {}
    for post in posts:
        known = kept.get(post.native_id)
        if known is None or (known.floor is None and post.floor is not None):
            kept[post.native_id] = post
    return tuple(kept.values())


def deletion(pid: str, tid: str) -> ParsedPost:
    """Return the revision that says a known floor is gone."""
    return ParsedPost(native_id=pid, text="", deleted=True, thread_id=tid, precision=Precision.NONE)
