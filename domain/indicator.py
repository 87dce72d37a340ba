"""Indicators (指标) and what is said beside an alert: numbers with the posts they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.level import Level

#: How a reason names a level; the number belongs to the company's pack (LC-1).
LEVEL_NAMES = {
    Level.CRITICAL: "重大", Level.MAJOR: "较大", Level.MODERATE: "一般", Level.MINOR: "轻微",
}  # fmt: skip

# ---- results ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One summand or one reason of a number, with the keys of the posts behind it."""

    name: str
    value: float
    keys: tuple[str, ...] = ()
    #: Whatever re-computes the value: weight, copies, age in hours …
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Heat, negative share or media attention (W-02) at one moment."""

    kind: str  # heat | share | media
    #: None = too few posts to say (样本不足).
    value: float | None
    reason_zh: str
    parts: tuple[Part, ...]
    keys: tuple[str, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)
    #: Whether the indicator alone is a warning signal.
    alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A value 1–4 of the matrix and why; the gravest reason first."""

    value: int
    reasons: tuple[Part, ...]
    #: A person's value stands in place of the suggestion.
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Likelihood × impact (W-05…W-07): a suggestion, never a fact (AD-10)."""

    likelihood: Rating
    #: Dimension (brand, customers, loss, legal) → its rating.
    impact: Mapping[str, Rating]
    #: None: the cell of the matrix is empty.
    level: Level | None
    reason_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A voice heard for the first time."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the count may reach a line at the present pace (AD-8)."""

    target: int
    #: Early and late end of the range from now; None where nothing honest can be said.
    soon: timedelta | None
    late: timedelta | None
    #: reached | few | silent | slow, "" where there is a range.
    refused: str
    reason_zh: str
    keys: tuple[str, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """What would raise the level: so many voices more."""

    missing: int
    level: Level
    reason_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A phase (潜伏, 爆发, 处理, 善后) the curve suggests; a person decides."""

    phase: str  # latent | outbreak | handling | aftermath
    name_zh: str
    reason_zh: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchWindow:
    """The days around a key date in which a subject is watched closely (AD-12)."""

    kind: str
    day: date
    #: Half-open, midnights of Asia/Shanghai.
    opens: datetime
    closes: datetime
    open: bool
    reason_zh: str


# ---- facts (config/indicators.yml) --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatFacts:
    """Numbers of D-H1."""

    half_life: timedelta
    #: Class of source (national, forum, group …) → its base.
    weights: Mapping[str, float]
    growth_cap: float
    #: (raw heat, points), rising: the absolute scale.
    anchors: tuple[tuple[float, float], ...]
    #: Points the project's own history may move the absolute scale.
    band: float
    #: Days of history below which the absolute scale stands alone.
    history: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFacts:
    """Numbers of D-R1."""

    #: Fewest voices, and fewest negative ones.
    voices: int
    negative: int
    p: float
    #: Strength of the baseline in voices (m of the beta-binomial).
    strength: float
    #: Wilson's lower bound must be so far above the baseline …
    above: float
    #: … while a count alarm of this score is open.
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFacts:
    """Likelihood × impact of requirements A3 with the suggestions that lead there."""

    #: (likelihood, impact) → level; a missing cell means none.
    cells: Mapping[tuple[int, int], Level]
    #: Kind of sign → likelihood it means.
    likelihood: Mapping[str, int]
    #: Distinct voices that are several.
    several: int
    #: Likelihood that one grave post or growth may reach by raising (AD-6).
    raised_to: int
    #: Signal code and on-site kind → kind of sign.
    signals: Mapping[str, str]
    onsite: Mapping[str, str]
    #: Classes of outlets whose negative article means that it is public already.
    mainstream: frozenset[str]
    #: Dimension → name, in the order shown.
    dimensions: Mapping[str, str]
    #: K-code → dimension → suggested impact.
    by_code: Mapping[str, Mapping[str, int]]
    #: Households from which the customers' dimension is 3 and 4.
    households: tuple[int, int]
    #: Company's own loss in yuan (LC-5) from which the loss is 4.
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRule:
    """How long around a key date of some kind a subject is watched."""

    name: str
    #: A key date is of this kind if one of the words stands in what people called it.
    words: tuple[str, ...]
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFacts:
    """config/indicators.yml, checked."""

    version: int
    heat: HeatFacts
    share: ShareFacts
    #: Class of outlet → weight in D-M1; "other" for an outlet nobody listed.
    media: Mapping[str, float]
    matrix: MatrixFacts
    watch: tuple[WatchRule, ...]
