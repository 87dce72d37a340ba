"""Relation (关联): whose copy a post is, and which event it belongs to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Edge(StrEnum):
    """How a copy relates to its earliest source (contract of `relate`)."""

    EXACT = "exact"
    EDITED = "edited"
    EXCERPT = "excerpt"
    QUOTED = "quoted"


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
    duplicate_of: str | None = None
    edge: Edge | None = None
