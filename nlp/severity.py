"""Severity (严重程度): how grave, not how angry: risk words, anchored signals, numbers, grams."""

from collections.abc import Sequence
from math import log

from nlp.bayes import probability
from nlp.counts import Count
from nlp.facts import NlpFacts
from nlp.reading import HEAD, Reading, Register
from nlp.signals import Raw

#: What the title accuses of counts full; a body lists much else beside.
_BODY_RISK = 0.5
#: The rules' figure never says never and never for sure.
_LEAST, _MOST = 0.02, 0.98
#: Log-odds of negativity from which more makes nothing graver.
_COOL = 1.5


def by_rules(
    reading: Reading, signals: Sequence[Raw], counts: Sequence[Count], facts: NlpFacts
) -> float:
    """Return 0–1 from risk words, signals and numbers alone: each makes the text less harmless."""
    terms = facts.terms.terms
    risk: dict[int, float] = {}
    for each in reading.weighed:
        if not each.denied:
            share = 1.0 if each.start < max(reading.head_end, HEAD) else _BODY_RISK
            risk[each.index] = max(risk.get(each.index, 0.0), terms[each.index].severity * share)
    risks = sorted(risk.values(), reverse=True)
    grave = [
        facts.signals.severity[each.code] * (1.0 if each.anchored else 0.25) for each in signals
    ]
    grave += [_size(count) for count in counts]
    safe = 1.0
    for share in [*risks[:4], *sorted(grave, reverse=True)[:3]]:
        safe *= 1.0 - 0.55 * share
    return 1.0 - safe


def severity(
    reading: Reading,
    register: Register,
    signals: Sequence[Raw],
    counts: Sequence[Count],
    logit: float,
    facts: NlpFacts,
) -> float:
    """Return how grave a text is, 0–1; `logit` is its negativity."""
    if register.name in ("ad", "own"):
        return 0.0
    weights = facts.model.severity
    told = by_rules(reading, signals, counts, facts)
    grams = reading.grave
    return probability(
        weights.bias
        + weights.registers[register.name]
        + weights.rules * log_odds(told)
        + weights.gram * grams.score(0, grams.length)
        + weights.title_gram * grams.score(0, reading.head_end)
        + weights.negativity * tempered(logit)
        + sum(weights.signals.get(each.code, 0.0) for each in signals if each.anchored)
    )


def tempered(logit: float) -> float:
    """Return negativity as severity counts it: that somebody complains, not how angrily."""
    return max(-_COOL, min(_COOL, logit))


def log_odds(share: float) -> float:
    """Return the log-odds of the rules' figure, bounded."""
    share = min(max(share, _LEAST), _MOST)
    return log(share / (1.0 - share))


def _size(count: Count) -> float:
    """Return how much a number weighs: 10 households or people .4, 100 .6, a million yuan .4."""
    if count.kind == "money":
        return 0.4 if count.low >= 1_000_000 else 0.2 if count.low >= 50_000 else 0.0
    return 0.6 if count.low >= 100 else 0.4 if count.low >= 10 else 0.0
