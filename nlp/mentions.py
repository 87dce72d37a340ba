"""Mentions (提及): which subjects a text is about, and what it says of each of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.analysis import Mention, Span
from nlp.aliases import Found
from nlp.bayes import probability
from nlp.categories import find_categories
from nlp.facts import NlpFacts
from nlp.lexicon import Weighed
from nlp.reading import Reading, Register
from nlp.score import Sentences, Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How bad a text, or the part of it about one subject, is."""

    negativity: float
    severity: float
    codes: tuple[str, ...]


def find_mentions(
    reading: Reading, register: Register, facts: NlpFacts, whole: Verdict
) -> tuple[Mention, ...]:
    """Return one mention a subject; several subjects are judged by their own sentences."""
    best: dict[str, Found] = {}
    for each in reading.found:
        if each.subject not in best or each.score > best[each.subject].score:
            best[each.subject] = each
    stretches = _stretches(reading) if len(best) > 1 else {}
    sentences = Sentences(reading, register, facts.model) if stretches else None
    mentions = []
    for subject, found in best.items():
        own = whole
        if sentences is not None and subject in stretches:
            own = _judge(reading, sentences, facts, stretches[subject], whole)
        span = reading.span(found.start, found.end)
        mentions.append(_mention(subject, found.via, span, found.score, own))
    mentions += [
        _mention(subject, via, None, 0.8, whole)
        for subject, via in reading.item.implied
        if subject not in best
    ]
    return tuple(mentions)


def _mention(subject: str, via: str, span: Span | None, score: float, verdict: Verdict) -> Mention:
    return Mention(
        subject=subject,
        via=via,
        alias=span.text if span else "",
        span=span,
        score=score,
        negativity=round(verdict.negativity, 4),
        severity=round(verdict.severity, 4),
        categories=verdict.codes,
    )


def _stretches(reading: Reading) -> dict[str, list[Stretch]]:
    """Give each sentence to the subjects it names, else to those named last before it."""
    out: dict[str, list[Stretch]] = {}
    current: list[str] = []
    at = 0
    for start, end in _clauses(reading.text, reading.found):
        named = []
        while at < len(reading.found) and reading.found[at].start < end:
            named.append(reading.found[at].subject)
            at += 1
        current = list(dict.fromkeys(named)) or current
        for subject in current:
            out.setdefault(subject, []).append((start, end))
    return out


def _clauses(text: str, found: Sequence[Found]) -> list[Stretch]:
    """Cut into sentences; a sentence naming two subjects is cut at its commas as well."""
    out = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        inside = {each.subject for each in found if start <= each.start < end}
        if len(inside) < 2:
            out.append((start, end))
        else:
            out.extend(
                (start + part.start(), start + part.end())
                for part in _CLAUSE.finditer(text[start:end])
            )
    return out


def _judge(
    reading: Reading,
    sentences: Sentences,
    facts: NlpFacts,
    stretches: Sequence[Stretch],
    whole: Verdict,
) -> Verdict:
    """Judge one subject by its own sentences, in the voice of the whole text."""
    weighed = sentences.weighed(stretches)
    worst, all_worst = _worst(weighed, facts), _worst(reading.weighed, facts)
    return Verdict(
        negativity=probability(sentences.logit(stretches)),
        severity=whole.severity * max(_LEAST, worst / all_worst if all_worst else 1.0),
        codes=tuple(category.code for category in find_categories(weighed, facts.terms)),
    )


def _worst(weighed: Sequence[Weighed], facts: NlpFacts) -> float:
    terms = facts.terms.terms
    return max((terms[each.index].severity for each in weighed if not each.denied), default=0.0)


#: What is left of a text's severity for a subject whose own sentences name no risk.
_LEAST = 0.3
_SENTENCE = re.compile(r"[^。!?;\n]+[。!?;\n]*")
_CLAUSE = re.compile(r"[^,,]+[,,]*")
