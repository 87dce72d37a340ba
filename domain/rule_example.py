"""Example (例子) of a rule: invented posts on which it must, or must not, fire (B-RU1)."""

from dataclasses import dataclass

from domain.level import Level
from domain.post import SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One invented post, or `n` of as many authors; with a text the analyser reads the rest."""

    n: int = 1
    text: str = ""
    #: Whoever is named is one voice however often; "" = a stranger a post.
    author: str = ""
    household: str = ""
    site: str = "例.example"
    kind: SourceKind = SourceKind.FORUM
    outlet: str = ""
    onsite: str = ""
    #: None = as the analyser says; without a text: yes.
    negative: bool | None = None
    codes: tuple[str, ...] = ()
    #: Signals without their anchor; with one they are written as text.
    signals: tuple[str, ...] = ()
    #: Households stated, without a text.
    stated: int = 0
    complaints: int = 0
    hours_ago: int = 1
    duplicate: bool = False
    backfill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Posts of one event and what the rule has to say of them."""

    fires: bool
    title: str
    samples: tuple[Sample, ...]
    #: Must fire at exactly this level; must not: not at this level or above. None = any.
    level: Level | None = None
