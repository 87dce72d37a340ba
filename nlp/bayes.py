"""Two-class naive Bayes as one log-odds table, equal to SnowNLP's Bayes on the same words.

SnowNLP smooths by add-one per word met: P(w|c) = (n + 1) / (N_c + V_c), an unknown word counts 1.
One table of differences gives the same posterior (design §6: exact against the package in a test).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from math import exp, log


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesTable:
    """Log-odds towards negative per word, of an unknown word and of the prior."""

    odds: Mapping[str, float]
    unknown: float
    prior: float

    def logit(self, words: Iterable[str]) -> float:
        """Return the log-odds that the words are negative."""
        return self.prior + sum(map(self.odds.get, words, repeat(self.unknown)))


def build_table(counts: Mapping[str, tuple[int, int]]) -> BayesTable:
    """Build the table from (negative, other) counts per word, as SnowNLP would after train()."""
    sums = [_smoothed_total(counts, side) for side in (0, 1)]
    base = log(sums[1]) - log(sums[0])
    odds = {
        word: base + log(negative + 1 if negative else 1) - log(other + 1 if other else 1)
        for word, (negative, other) in counts.items()
    }
    return BayesTable(odds=odds, unknown=base, prior=-base)


def probability(logit: float) -> float:
    """Return the logistic of a log-odds without overflow."""
    if logit >= 0:
        return 1.0 / (1.0 + exp(-logit)) if logit < 700 else 1.0
    return exp(logit) / (1.0 + exp(logit)) if logit > -700 else 0.0


def _smoothed_total(counts: Mapping[str, tuple[int, int]], side: int) -> float:
    """Return tokens plus distinct words of one class; at least 1, so an empty class is no error."""
    return float(sum(pair[side] + 1 for pair in counts.values() if pair[side]) or 1)
