"""Analysis (分析): what nlp found in one text, each finding with the span that led to it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.homes import Home
from domain.post import SourceKind


class Label(StrEnum):
    """Polarity shown to people; numbers decide, this is for display and filters."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the original text (code points); `field` says of which of the two texts."""

    text: str
    start: int
    end: int
    field: str = "text"  # "text" | "title"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason for the score: a span and its weight in log-odds towards negative."""

    span: Span
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A complaint category of requirements A8."""

    code: str  # K01 … K28
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A subject named in the text, or implied by board or group."""

    subject: str  # key
    via: str  # "text" | "board" | "group" | "record" | "candidate"
    alias: str
    span: Span | None
    score: float
    negativity: float
    severity: float
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A number or name the text states; low = high where it is exact."""

    kind: str  # household|person|money|casualty|date|place|media|authority|room
    #: Numbers; ISO days for dates; None for names and what cannot be resolved.
    low: float | str | None
    high: float | str | None
    unit: str
    #: The text of a room's span is masked.
    span: Span
    #: A room's home, in memory until it is keyed; never stored or shown (A12).
    home: Home | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A risk signal; `anchored` = with the concrete anchor a red line needs (D-N1)."""

    code: str  # gathering|media|casualty|litigation|authority|refund|stopwork|selfharm …
    span: Span
    anchored: bool
    #: What anchors it, in Chinese: "11月22日上午9点 售楼部", "《江城晚报》", "(2026)江01民初88号".
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextIn:
    """What nlp is asked to read: one post with the little context that changes its meaning."""

    id: str
    text: str
    title: str = ""
    source_kind: SourceKind | None = None
    #: Subject keys implied from outside the text, each with its via (board|group|record).
    implied: tuple[tuple[str, str], ...] = ()
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The result for one text; `model` is the analyser's version."""

    id: str
    negativity: float
    severity: float
    #: Log-odds of the negativity; the weights of `why` sum to it.
    logit: float
    label: Label
    #: About housing, a developer, a property service or a watched subject, and not an ad.
    relevant: bool
    #: ad | own | None: a label, not a deletion.
    noise: str | None
    categories: tuple[Category, ...]
    mentions: tuple[Mention, ...]
    facts: tuple[Fact, ...]
    signals: tuple[Signal, ...]
    #: All stretches that count and, without text, the rest: they sum to the logit.
    why: tuple[Why, ...]
    #: The same as a sentence in Chinese; "" where nobody asked why.
    reason: str
    model: str
    #: The home the author calls his own, in memory until it is keyed; never stored or shown.
    home: Home | None = field(default=None, repr=False)
