"""Alert (预警) and Finding (发现): one trouble at one subject, and why it was raised (B-ID1)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.analysis import Signal
from domain.level import Level
from domain.post import Precision, SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One post of an event as the rules count it."""

    #: Natural key site|native id: the same in the line and in a replay.
    key: str
    #: Revision id in the store; 0 in a replay.
    revision: int
    site: str
    kind: SourceKind
    author: str | None
    household: str | None
    published_at: datetime
    precision: Precision
    fetched_at: datetime
    backfill: bool
    #: Relevant, no ad, negative towards this subject.
    negative: bool
    #: Relevant and no ad: signals of others are ignored.
    relevant: bool
    duplicate: bool
    outlet: str | None
    categories: tuple[str, ...]
    signals: tuple[Signal, ...]
    #: Kind of an on-site report by our own staff (AD-11), else None.
    onsite: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """All posts of one event that mention one subject: what the event rules look at."""

    subject: str
    subject_name: str
    event: str
    posts: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of a rule's ladder: at `voices` distinct voices suggest `level`."""

    voices: int
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as data (B-RU1): either a ladder of voices or a red-line signal."""

    id: str
    version: int
    kind: str  # voices | signal | onsite
    title: str
    source: str
    window: timedelta
    ladder: tuple[Step, ...] = ()
    signal: str = ""
    #: What staff reported from the site, for kind `onsite`.
    onsite: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All active rules with what all of them share."""

    version: int
    rules: tuple[Rule, ...]
    #: How long an alert must stay below its level before it is lowered or closed (B-HY1).
    calm: timedelta
    #: Category code → Chinese name, for reasons.
    words: dict[str, str] = field(default_factory=dict)
    #: Category code → topic (design §4 "Topics").
    topics: dict[str, str] = field(default_factory=dict)
    #: Triage limits per level (AD-10): time from opening to a person's decision.
    triage: dict[Level, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that holds now, with the numbers and posts that make it hold."""

    rule: str
    rule_version: int
    level: Level
    observed: float
    reason_zh: str
    posts: tuple[Counted, ...]
    #: Window, bounds of the count, parts: whatever re-computes the numbers.
    snapshot: dict[str, Any]
    #: When this finding can first change without new posts: a post leaves the window.
    changes_at: datetime
    expected: float | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What deciding needs to know of an open alert."""

    level: Level
    version: int
    below_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of an alert: `change` is None when only its numbers moved."""

    change: str | None  # opened | raised | lowered | closed
    level: Level
    version: int
    below_since: datetime | None
    next_check_at: datetime | None
    #: The finding that decides the level; None when it closes.
    lead: Finding | None
    reason_zh: str


def identity(subject: str, event: str) -> str:
    """Return the identity of an event alert (B-ID1)."""
    return f"{subject}|{event}"
