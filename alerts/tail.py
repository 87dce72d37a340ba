"""Upper tail of the negative binomial: how often chance alone reaches a count (D-C1)."""

from math import exp, log, log10

#: Below this chance all scores are alike; keeps them finite.
LEAST = 1e-30


def tail(count: int, mean: float, phi: float) -> float:
    """Return P(X ≥ count) for mean `mean` and variance mean + phi·mean² (warnings.md appendix)."""
    if count <= 0:
        return 1.0
    size = 1.0 / phi
    ratio = mean / (size + mean)
    term = size * log(size / (size + mean))
    below = exp(term)
    for k in range(1, count):
        term += log((size + k - 1) / k * ratio)
        below += exp(term)
    if below < 0.999:
        return max(0.0, 1.0 - below)
    return _far(count, size, ratio, term)


def _far(count: int, size: float, ratio: float, term: float) -> float:
    """Sum the tail itself where one minus the rest would lose its digits."""
    total, k = 0.0, count
    term += log((size + k - 1) / k * ratio)
    while True:
        part = exp(term)
        total += part
        if part <= total * 1e-15:
            return total
        k += 1
        term += log((size + k - 1) / k * ratio)


def score(count: int, mean: float, phi: float) -> float:
    """Return −log10 of the tail: 3 = chance does this once in a thousand windows."""
    return -log10(max(tail(count, mean, phi), LEAST))


def rarity(count: int, mean: float, phi: float, arrivals: float) -> float:
    """Return −log10 of how often a week chance completes such a window; 1 = once in ten weeks.

    Each of the week's `arrivals` completes it if `count − 1` others stand in its window; among
    the neighbours of an arrival the mean is higher by what is overdispersed (Palm distribution).
    A busy stream has more chances than a quiet one: equal rarity spreads false alarms evenly.
    """
    others = tail(count - 1, mean * (1 + phi), phi / (1 + phi))
    return -log10(max(others * arrivals, LEAST))
