"""One automaton for every word of the facts (词表): each pattern carries all its roles.

A longer word hides those inside it, so 除甲醛 is no 甲醛 (false friends, requirements A8).
A longer word without a role of its own takes over those of the words inside it: 维权群 is a 维权.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import daachorse

from domain.language import CategoryWords, Language, LexiconFacts, SignalFacts
from nlp.normal import normalise

Hit = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """The roles of one word in its normal form."""

    word: str
    weight: float = 0.0
    severity: float = 0.0
    news: bool = False
    #: (K-code, points): 2 = strong, 1 = weak.
    codes: tuple[tuple[str, int], ...] = ()
    cues: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TermTable:
    """The compiled words; `find` gives (start, end, index into terms)."""

    automaton: daachorse.CharwiseDoubleArrayAhoCorasick
    terms: tuple[Term, ...]
    #: Terms of ASCII letters or digits: they count only as whole words (12345 in 快递单号12345678).
    ascii_terms: frozenset[int]

    def find(self, text: str) -> list[Hit]:
        """Return the hits in a normal text in order, without those inside a longer one.

        Hits may overlap by an edge: 又没 must not hide the 没人管 in 又没人管.
        """
        hits: list[Hit] = self.automaton.find_overlapping(text)
        hits.sort(key=_longest_first)
        kept = []
        reached = 0
        for hit in hits:
            if hit[1] > reached:
                reached = hit[1]
                if hit[2] not in self.ascii_terms or not cuts_ascii(text, hit):
                    kept.append(hit)
        return kept


def build_terms(language: Language) -> TermTable:
    """Compile every word of the facts into one automaton."""
    drafts = _collect(language)
    words = sorted(drafts)
    every = daachorse.CharwiseDoubleArrayAhoCorasick(words, daachorse.MATCH_KIND_STANDARD)
    terms = []
    for word in words:
        draft = drafts[word]
        if not draft.mask:
            found = {words[index] for _, _, index in every.find_overlapping(word)} - {word}
            draft = draft.with_inherited([drafts[each] for each in sorted(found)])
        terms.append(draft.term(word))
    return TermTable(
        automaton=every,
        terms=tuple(terms),
        ascii_terms=frozenset(at for at, word in enumerate(words) if word.isascii()),
    )


def automaton(words: list[str]) -> daachorse.CharwiseDoubleArrayAhoCorasick:
    """Return a leftmost-longest matcher of normal words."""
    return daachorse.CharwiseDoubleArrayAhoCorasick(words, daachorse.MATCH_KIND_LEFTMOST_LONGEST)


def _longest_first(hit: Hit) -> tuple[int, int]:
    return hit[0], -hit[1]


def cuts_ascii(text: str, hit: Hit) -> bool:
    """Whether a hit is only a part of a longer run of ASCII letters or digits."""
    start, end, _ = hit
    before = text[start - 1 : start]
    after = text[end : end + 1]
    return _joins(before, text[start]) or _joins(text[end - 1], after)


def _joins(left: str, right: str) -> bool:
    return (left + right).isascii() and left.isalnum() and right.isalnum()


@dataclass(slots=True, kw_only=True)
class _Draft:
    weight: float | None = None
    severity: float = 0.0
    news: bool = False
    mask: bool = False
    codes: dict[str, int] = field(default_factory=dict)
    cues: set[str] = field(default_factory=set)
    triggers: set[str] = field(default_factory=set)
    traps: set[str] = field(default_factory=set)

    def weigh(self, weight: float, *, news: bool = False) -> None:
        """Keep the strongest weight given to the word."""
        if self.weight is None or abs(weight) > abs(self.weight):
            self.weight, self.news = weight, news

    def with_inherited(self, parts: list["_Draft"]) -> "_Draft":
        """Take over the roles of the words inside this one."""
        own = _Draft(
            weight=self.weight,
            severity=max([self.severity, *(part.severity for part in parts)]),
            news=self.news,
            codes=dict(self.codes),
            cues=set(self.cues),
            triggers=set(self.triggers),
            traps=set(self.traps),
        )
        for part in parts:
            if self.weight is None and part.weight is not None:
                own.weigh(part.weight, news=part.news)
            for code, points in part.codes.items():
                own.codes[code] = max(points, own.codes.get(code, 0))
            own.cues |= part.cues & {"domain"}
            own.triggers |= part.triggers
        return own

    def term(self, word: str) -> Term:
        """Freeze the draft."""
        return Term(
            word=word,
            weight=self.weight or 0.0,
            severity=self.severity,
            news=self.news,
            codes=tuple(sorted(self.codes.items())),
            cues=tuple(sorted(self.cues)),
            triggers=tuple(sorted(self.triggers)),
            traps=tuple(sorted(self.traps)),
        )


def _collect(language: Language) -> dict[str, _Draft]:
    drafts = _Drafts()
    _collect_lexicon(language.lexicon, drafts)
    for category in language.categories.categories:
        _collect_category(category, drafts)
    _collect_signals(language.signals, drafts)
    return drafts.table


class _Drafts:
    """The drafts by normal form."""

    def __init__(self) -> None:
        self.table: dict[str, _Draft] = {}

    def of(self, words: Iterable[str]) -> Iterator[_Draft]:
        """Yield the draft of each word, made where there is none."""
        for word in words:
            if form := normalise(word).text:
                yield self.table.setdefault(form, _Draft())


def _collect_lexicon(lexicon: LexiconFacts, drafts: _Drafts) -> None:
    for group in lexicon.groups:
        for draft in drafts.of(group.words):
            draft.weigh(group.weight, news=group.register == "news")
            draft.severity = max(draft.severity, group.severity)
    for draft in drafts.of(lexicon.masks):
        draft.mask = True
    for cue, words in lexicon.cues:
        for draft in drafts.of(words):
            draft.cues.add(cue)


def _collect_category(category: CategoryWords, drafts: _Drafts) -> None:
    for draft in drafts.of(category.words):
        draft.weigh(category.weight)
        draft.severity = max(draft.severity, category.severity)
        draft.codes[category.code] = 2
    for draft in drafts.of(category.weak):
        draft.codes.setdefault(category.code, 1)
    for draft in drafts.of(category.masks):
        draft.mask = True


def _collect_signals(signals: SignalFacts, drafts: _Drafts) -> None:
    for code, words in signals.triggers:
        for draft in drafts.of(words):
            draft.triggers.add(code)
    for code, words in signals.traps:
        for draft in drafts.of(words):
            draft.traps.add(code)
            draft.mask = draft.mask or draft.weight is None
