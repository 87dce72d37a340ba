"""Property lexicon (情感词典): the weight of each hit after negation and degree.

A weight is log-odds towards negative; negation must stand directly before the word (没有漏水), so
that 物业不管漏水 stays a complaint.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.language import LexiconFacts
from nlp.normal import normalise
from nlp.terms import Hit, TermTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """LexiconFacts compiled: what turns a word round or makes it stronger."""

    denied: re.Pattern[str]
    degree: re.Pattern[str]
    degrees: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A lexicon hit in a normal text with its final weight."""

    start: int
    end: int
    index: int
    weight: float
    #: The word was denied (没有漏水): its categories and triggers do not count.
    denied: bool


def build_lexicon(facts: LexiconFacts) -> Lexicon:
    """Compile negations and degrees."""
    degrees = {normalise(word).text: factor for word, factor in facts.degrees}
    negations = _any([normalise(word).text for word in facts.negations])
    links = "再|会|有|出现|发现|存在|任何|什么|太|很|那么|怎么|是|曾|见|要|能|够|敢|到|这|那|过"
    return Lexicon(
        denied=re.compile(rf"(?<!是)(?<!有)(?:{negations})(?:{links})*$"),
        degree=re.compile(rf"(?:{_any(list(degrees))})(?:的|地)?$"),
        degrees=degrees,
    )


def weigh(
    text: str, hits: Sequence[Hit], table: TermTable, lexicon: Lexicon, *, news: bool
) -> list[Weighed]:
    """Return the weight of each hit; words in the voice of the press count .4 elsewhere."""
    out = []
    for start, end, index in hits:
        term = table.terms[index]
        weight = term.weight
        if not weight and not term.codes and not term.triggers:
            continue
        if term.news and not news:
            weight *= 0.4
        before = text[max(0, start - 6) : start]
        denied = False
        if before:
            denied = lexicon.denied.search(before) is not None
            if denied:
                weight *= -0.7 if weight < 0 else -0.3
            elif weight and (match := lexicon.degree.search(before)):
                weight *= lexicon.degrees[match.group().rstrip("的地")]
        out.append(Weighed(start=start, end=end, index=index, weight=weight, denied=denied))
    return out


def _any(words: list[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))) or "(?!)"
