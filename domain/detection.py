"""Detection (检出): the statistics' own nouns: parameters, baseline and the voices they count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from domain.level import Level

#: The stream of all topics together, beside one stream a topic (D-C1).
ALL = "all"
#: Voices of any tone in all topics: what the negative share is a share of (D-R1).
ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A sliding window with the fewest voices that may alarm in it (D-C1 guards)."""

    hours: int
    least_topic: int
    least_all: int
    #: Overdispersion assumed before the data say otherwise (D-C3).
    phi: float
    #: Added to the rarity, for a topic and for all: the longer a window and the more it holds, the
    #: more of its chance completions belong to one episode (measured, docs/detection.md).
    overlap_topic: float
    overlap_all: float

    @property
    def length(self) -> timedelta:
        """How far back it reaches."""
        return timedelta(hours=self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """From this rarity on, with at least so many voices, this level is suggested (D-C4)."""

    #: −log10 of how often a week chance does this in one stream.
    rarity: float
    voices: int
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """Parameters of the count alarm, as data (D-C1…D-C5); gravest grade last."""

    version: int
    grid: timedelta
    windows: tuple[Window, ...]
    grades: tuple[Grade, ...]
    #: Below this score for `calm` an episode closes (D-C5).
    reset: float
    half_life_days: float
    #: Voices a day of a stream of all topics before anything is known, worth so many days.
    prior_rate: float
    prior_days: float
    #: Days a topic's usual share of all voices is worth.
    topic_days: float
    #: Day values above mean + so many standard deviations count as that (D-C2).
    winsor: float
    #: No statistical alarm before so many days of history (D-X1).
    warm_up_days: int
    history_days: int
    #: Weeks behind profile and overdispersion, refreshed weekly (D-C3).
    pooled_weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Overdispersion φ by window in hours (D-C3): of one topic, of all together, and shared.

    What is shared moves all topics of a subject at once (a lively evening); of it the other
    topics tell at the time.
    """

    topic: Mapping[int, float]
    every: Mapping[int, float]
    shared: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """What the subjects of a channel type share: profile, overdispersion, recount (D-C2, D-C3)."""

    #: 168 shares of the hour of week; they sum to 7, so that a mean day weighs 1.
    profile: tuple[float, ...]
    noise: Noise
    #: Window in hours → distinct voices seen / sum expected from days (who speaks twice).
    recount: Mapping[int, float]
    #: Topic → share of all voices; what a subject starts from (D-C2).
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is normal at one subject today: voices a day by topic (D-C2)."""

    day: date
    #: Topic, and `ALL`, → distinct negative voices of a mean day.
    rates: Mapping[str, float]
    #: Days of history behind it; fewer than the warm-up = no statistical alarm (基线不足).
    days: int
    pooled: Pooled
    #: Usual share of negative voices among all that speak (D-R1).
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Distinct negative voices per day and topic at one subject, back-fill included."""

    #: First day anything is known of; the days before say nothing.
    first: date
    #: (day, topic), and (day, `ALL`), → distinct voices; what is missing is 0.
    voices: Mapping[tuple[date, str], int] = field(default_factory=dict)
    #: (day, site) → posts of any tone: a site that fell silent does not make a day quiet.
    posts: Mapping[tuple[date, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One negative post as the pooled estimates need it."""

    at: datetime
    voice: str
    topics: tuple[str, ...]
    #: Channel type it was said in: forum, group …
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One subject's past: its days, and who spoke when in the weeks that are pooled."""

    history: History
    spoken: Sequence[Spoken]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """What the subjects of each channel type share in one week (D-C3)."""

    #: The Monday from which they are used.
    monday: date
    #: Subject → channel type most of its voices use.
    kinds: Mapping[str, str]
    pooled: Mapping[str, Pooled]
    #: Subject → its own noise, drawn to that of its channel type where it has spoken little.
    own: Mapping[str, Noise]

    def of(self, subject: str) -> Pooled | None:
        """Return what is normal of a subject, None before anything is known of it."""
        kind = self.kinds.get(subject)
        return None if kind is None else replace(self.pooled[kind], noise=self.own[subject])
