"""Post (帖子) and Page: what a parser read, in clear, before anything is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class SourceKind(StrEnum):
    """Where a text comes from; the values of `source_kind` in the JSONL contract."""

    FORUM = "forum"
    GROUP = "group"
    NEWS = "news"
    SOCIAL = "social"
    COMPLAINT = "complaint"
    ONSITE = "onsite"


class Precision(StrEnum):
    """How exactly the page told the publishing time (B-EV2)."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    NONE = "none"


class MessageKind(StrEnum):
    """What a chat line is; forum and news posts are `text`."""

    TEXT = "text"
    IMAGE = "image"
    EMOJI = "emoji"
    SYSTEM = "system"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The post a floor answers to, as the page shows it."""

    author: str | None = None
    post_id: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an authority answered in public to a post (12345, 领导留言板), as the page shows it."""

    author: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPost:
    """One post as the page or file shows it: in clear, not yet pseudonymised."""

    #: The site's own id (Discuz pid, feed guid, jsonl id); None for a chat line without one:
    #: ingest then derives it from group, second, sender key, text and ordinal (design §4).
    native_id: str | None
    #: What the author says: no quote, no edit notice, no signature, no jammer noise.
    text: str
    title: str = ""
    url: str | None = None
    #: Display name; kept only until ingest has made the author key.
    author: str | None = None
    #: The site's own user id (uid, QQ number); preferred over `author` for the author key.
    author_id: str | None = None
    published_at: datetime | None = None
    precision: Precision = Precision.SECOND
    #: When it was fetched, if the record says so itself (jsonl import, replay); else ingest's now.
    fetched_at: datetime | None = None
    edited_at: datetime | None = None
    thread_id: str | None = None
    floor: int | None = None
    floor_label: str | None = None
    kind: MessageKind = MessageKind.TEXT
    quote: Quote | None = None
    #: Why the body is not shown (屏蔽, 付费 …), else None.
    hidden: str | None = None
    #: True where the page says that the author or a moderator removed the post.
    deleted: bool = False
    outlet: str | None = None
    #: Where the outlet says it took the article from (来源：…).
    syndicated_from: str | None = None
    #: Names of attached files, as shown.
    attachments: tuple[str, ...] = ()
    #: How far the authority is with it, in the site's own words (已受理, 办结 …).
    state: str | None = None
    answer: Answer | None = None
    #: Key of the subject the record names itself (jsonl `project`).
    project: str | None = None
    views: int | None = None
    likes: int | None = None
    replies: int | None = None
    #: On-site report (现场上报, AD-11): banner | reporter | petition | casualty | other.
    onsite: str | None = None
    #: The household as its member said it, (phase, building, unit, room): becomes a keyed hash.
    household: tuple[str, str, str, str] | None = None
    #: True/False where the record says so, None = decide by the 72 h rule (B-EV2).
    backfill: bool | None = None
    #: Kind of the source, where one file mixes kinds (jsonl `source_kind`).
    source_kind: SourceKind | None = None
    #: Site, where one file mixes sites (jsonl `source`).
    site: str | None = None
    #: Line number in the file, for messages.
    line: int | None = None
    #: Which of the equal lines of its second a chat line is (1 = the second one), None = the first,
    #: or not counted yet.
    ordinal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A line or row that could not be read; the rest of the batch goes on."""

    where: str
    problem: str
    #: The record's own id where one could be read (contract: {"id":…, "error":…}).
    record_id: str | None = None
    #: Line or row number, so that errors stay in input order.
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFile:
    """What a file parser read: its posts in file order and what it had to refuse."""

    format: str
    #: Name of the group, board or table the file is an export of, where it says so.
    site: str | None
    kind: SourceKind
    posts: tuple[ParsedPost, ...]
    bad: tuple[BadRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceIn:
    """The response a Page was read from (取证)."""

    url: str
    fetched_at: datetime
    body: bytes
    content_type: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    #: Private material (owner groups): only hash and size are kept, never the bytes (A12).
    private: bool = False
    #: Hash and size where they are known already, as of a file too long to hold: `body` is then
    #: empty and never kept.
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the crawl memory remembers of one thing seen: a thread, a feed entry, a file."""

    #: thread:<id>, entry:<guid>, file:<name>, list:<url> …
    key: str
    #: Small JSON-able state compared on the next visit, e.g. {"replies": 12, "last": "…"}.
    state: dict[str, Any]
    #: When to look again although no list tells of a change (ageing re-visit), None = never.
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadCount:
    """What a list page tells of a thread's counts without opening it."""

    thread_id: str
    views: int | None
    replies: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one response yields: stored in one transaction with what it settles (design §2)."""

    source: str
    site: str
    kind: SourceKind
    posts: tuple[ParsedPost, ...]
    evidence: EvidenceIn | None = None
    settles: tuple[Mark, ...] = ()
    bad: tuple[BadRecord, ...] = ()
    #: Counts of threads seen in a list; they belong to the threads' first posts.
    counts: tuple[ThreadCount, ...] = ()
