"""Relation (关联): whose copy a post is, and which event it belongs to."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol


class Edge(StrEnum):
    """How a copy relates to its earliest source (contract of `relate`)."""

    EXACT = "exact"
    EDITED = "edited"
    EXCERPT = "excerpt"
    QUOTED = "quoted"


class Evidence(StrEnum):
    """What says that this post is the copy and the other one the original."""

    #: The copy names its source: 转自, 来源, 原帖.
    PROVEN = "proven"
    #: The texts alone: one is a part of the other.
    INFERRED = "inferred"
    #: As good as the same text: only who came first.
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelateIn:
    """One post as relate sees it; `id` must be a natural key that never changes."""

    id: str
    text: str
    title: str = ""
    published_at: datetime
    #: Subject keys mentioned; events never join posts of disjoint, non-empty subject sets.
    subjects: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Where a post stands; `event` is stable from the first post on (B-ID2)."""

    id: str
    event: str
    #: Similarity to the event it joined (1.0 for its first post).
    similarity: float
    #: The original (原帖): the earliest copy known.
    duplicate_of: str | None = None
    edge: Edge | None = None
    evidence: Evidence | None = None
    #: The copy this one is most like (上一跳); the original itself where nothing stands between.
    hop: str | None = None


class Entry(NamedTuple):
    """Numbers of a placed post and its event; they rise in the order of placing."""

    post: int
    event: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What is known of a placed post when a copy of it may have come."""

    number: int
    id: str
    #: The original this one is a copy of, itself where it is none.
    root: str
    at: datetime
    event: int
    subjects: frozenset[str]
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What an event is about: the sum of its posts."""

    number: int
    key: str
    last: datetime
    posts: int
    subjects: frozenset[str]
    #: Category → posts that have it among their main ones.
    codes: Mapping[str, int]
    #: Weights by bucket of its words, as nlp packs them.
    features: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A decision and what has to be kept so that later posts find it."""

    relation: Relation
    at: datetime
    #: Numbers of the post and of its event, in the order of placing.
    number: int
    #: The event as it is with this post.
    profile: Profile
    #: The keys that lead to this post and to its event from now on.
    to_post: tuple[int, ...]
    to_event: tuple[int, ...]


class Known(Protocol):
    """All that was placed so far: found by keys, never read as a whole."""

    def last(self) -> Entry:
        """Return the highest numbers given so far."""

    def listed(self, keys: Collection[int], latest: int) -> Mapping[int, list[int]]:
        """Return what each key leads to, posts or events: the `latest`, in order of listing."""

    def traces(self, posts: Collection[int]) -> Iterable[Trace]:
        """Return what is kept of these posts."""

    def profiles(self, events: Collection[int]) -> Iterable[Profile]:
        """Return what these events are about."""
