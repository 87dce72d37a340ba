"""Alert (预警) and Finding (发现): one trouble at one subject, and why it was raised (B-ID1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.analysis import Signal
from domain.detection import Detector
from domain.indicator import ShareFacts
from domain.level import Level
from domain.post import Precision, SourceKind
from domain.rule_example import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A number of households or people a post states: a range, unproven (design §4)."""

    kind: str  # household | person
    low: int
    high: int
    text: str


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
    #: Event the post belongs to, "" where none is known.
    event: str = ""
    #: Not negative by itself, but so worded that it is where the event's posts are (in_context).
    leans: bool = False
    #: Numbers of households or people its text states ("我们三十多户").
    claims: tuple[Claim, ...] = ()
    #: Complaints a person linked to one case with this one, itself included (X-03); 0 = none.
    complaints: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """All posts of one event that mention one subject: what the event rules look at."""

    subject: str
    subject_name: str
    event: str
    posts: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectView:
    """What the statistics look at in one subject: its posts of the last days, oldest first."""

    subject: str
    subject_name: str
    posts: tuple[Counted, ...]
    #: Posts of any tone of the last 24 hours, oldest first.
    day: tuple[Counted, ...] = ()
    #: Keys of posts no evaluation has seen yet: only windows that hold one may alarm.
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung of a rule's ladder: at `voices` distinct voices suggest `level`.

    Other kinds of rule count outlets or linked complaints on the same ladder.
    """

    voices: int
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimStep:
    """What a stated number may lift to: at least so many stated, by an event of so many voices."""

    stated: int
    voices: int
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as data (B-RU1); config/rule_facts.py says which keys each kind has."""

    id: str
    version: int
    kind: str  # voices | signal | group | onsite | media | sequence | complaints
    title: str
    source: str
    window: timedelta
    ladder: tuple[Step, ...] = ()
    signal: str = ""
    #: What staff reported from the site, for kind `onsite`.
    onsite: str = ""
    level: Level | None = None
    #: Voices that make a red line without a concrete anchor, at least two; None = never.
    talk: Step | None = None
    claims: tuple[ClaimStep, ...] = ()
    #: K-codes in the order they must come, for kind `sequence`.
    codes: tuple[str, ...] = ()
    #: Classes of outlets that count, for kind `media`.
    classes: tuple[str, ...] = ()
    status: str = "active"  # active | draft | off
    author: str = ""
    reason: str = ""
    false_positives: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def active(self) -> bool:
        """Whether it may alarm; a draft is only tried in a backtest."""
        return self.status == "active"


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
    #: Topic → Chinese name, for reasons.
    topic_names: dict[str, str] = field(default_factory=dict)
    #: Triage limits per level (AD-10): time from opening to a person's decision.
    triage: dict[Level, timedelta] = field(default_factory=dict)
    #: Host or name of an outlet → its class (config/outlets.yml), for kind `media`.
    outlets: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Parameters of the statistics; None = rules only.
    detector: Detector | None = None
    #: When the negative share is a signal (D-R1).
    share: ShareFacts | None = None


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
    #: The gravest level this still holds up once reached (B-HY1); None = its own level only.
    keeps: Level | None = None
    #: Whether it may open or raise an alert; else it only holds up an open one.
    opens: bool = True
    #: What the statistics counted: a topic or "all"; "" for event rules.
    stream: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What deciding needs to know of an open alert."""

    level: Level
    version: int
    below_since: datetime | None
    #: Its last level changes (opened, raised, lowered), oldest first: four are enough (B-HY1).
    changes: tuple[datetime, ...] = ()


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
