"""The trained model (模型): gram and word weights and how the parts of a score are added up.

Trained by `fenghuo model train`, stored beside its card; docs/model-card.md tells what it knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nlp.grams import GramTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Coefficients:
    """What one unit of each part adds to the log-odds in one register (Platt-stacked)."""

    bias: float
    #: Character grams as all rows teach them, as our own trade does, and those of the title.
    gram: float
    domain: float
    title: float
    #: Words: retrained Bayes and word model, both in one table.
    word: float
    #: Lexicon: bounded sums of blame and praise, and blame in the title once more.
    blame: float
    title_blame: float
    praise: float
    question: float
    asks: float
    sarcasm: float
    resolved: float
    denied: float


#: The parts in the order training and scoring use.
PARTS = tuple(Coefficients.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityWeights:
    """How grave: log-odds of what rules, risk words and grams say together."""

    bias: float
    #: Log-odds of the rules' own figure (risk words, signals, numbers).
    rules: float
    gram: float
    title_gram: float
    negativity: float
    #: Of each signal code found, anchored or not.
    signals: Mapping[str, float]
    registers: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """Everything learned from data; `version` stands in every analysis it makes."""

    version: str
    grams: GramTable
    #: The same learned from letters, posts, titles … of our trade alone, without reviews.
    domain: GramTable
    #: Gram weights for severity, of the same buckets.
    grave: GramTable
    #: Log-odds of a word over √(words of the text); unknown words count `unknown`.
    words: Mapping[str, float]
    unknown: float
    #: Register (nlp.reading.REGISTERS) → coefficients.
    stack: Mapping[str, Coefficients]
    severity: SeverityWeights
