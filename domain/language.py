"""The facts about language (语言事实): words and weights as plain data, read from config/*.yml."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WordGroup:
    """Words that say the same kind of thing with the same force."""

    name: str
    #: Log-odds towards negative of one word; below zero = praise.
    weight: float
    #: How grave one word is, 0–1, whatever the tone.
    severity: float
    words: tuple[str, ...]
    #: "news" = in the voice of the press; counts less in other texts.
    register: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LexiconFacts:
    """config/lexicon.yml: property words, what turns them round, and cues of register."""

    groups: tuple[WordGroup, ...]
    #: Words that only hide shorter ones inside them (不漏水, 除甲醛): false friends.
    masks: tuple[str, ...]
    negations: tuple[str, ...]
    degrees: tuple[tuple[str, float], ...]
    #: official | question | ad | ad_strong | own | sarcasm | resolved | domain → words.
    cues: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryWords:
    """One K-category of requirements A8 and the words that point to it."""

    code: str
    name: str
    #: Key of its topic; None = belongs to no topic.
    topic: str | None
    weight: float
    severity: float
    words: tuple[str, ...]
    #: Words that count half: two of them are needed.
    weak: tuple[str, ...]
    masks: tuple[str, ...]
    #: False: never labelled by the system (K24, N-05).
    labelled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One of the 12 topics alerts and statistics are kept by (design §4)."""

    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryFacts:
    """config/categories.yml."""

    topics: tuple[Topic, ...]
    categories: tuple[CategoryWords, ...]

    def topic_of(self, code: str) -> str | None:
        """Return the topic key of a K-code, None for codes without a topic."""
        return next((c.topic for c in self.categories if c.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFacts:
    """config/signals.yml: words per signal and the names that anchor them."""

    #: signal code → trigger words.
    triggers: tuple[tuple[str, tuple[str, ...]], ...]
    #: signal code → severity 0–1.
    severity: tuple[tuple[str, float], ...]
    #: signal code → words beside which a trigger does not count.
    traps: tuple[tuple[str, tuple[str, ...]], ...]
    gathering_places: tuple[str, ...]
    outlets: tuple[str, ...]
    outlet_suffixes: tuple[str, ...]
    media_context: tuple[str, ...]
    authorities: tuple[str, ...]
    building_context: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """All language facts together."""

    lexicon: LexiconFacts
    categories: CategoryFacts
    signals: SignalFacts
