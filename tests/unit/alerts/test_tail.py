"""The negative-binomial tail agrees with scipy, and rarity with counting (D-C1)."""

import random

import numpy as np
import pytest
from scipy.stats import nbinom

from alerts.tail import rarity, score, tail


def test_the_tail_agrees_with_scipy_over_random_cases() -> None:
    chance = random.Random(1)
    for _ in range(2000):
        mean, phi = 10 ** chance.uniform(-3, 1.7), 10 ** chance.uniform(-1.7, 0.4)
        count = chance.randrange(0, 40)
        size = 1 / phi
        wanted = nbinom.sf(count - 1, size, size / (size + mean))
        assert tail(count, mean, phi) == pytest.approx(wanted, rel=1e-8, abs=1e-290)


def test_a_tail_that_underflows_still_ends() -> None:
    assert 0 <= tail(400, 1e-6, 0.02) < 1e-100
    assert score(400, 1e-6, 0.02) == 30.0


def test_rarity_is_how_often_arrivals_complete_a_window() -> None:
    """Of the arrivals of gamma-mixed Poisson windows, as many see three others as rarity says."""
    rng = np.random.default_rng(2)
    mean, phi, windows = 0.8, 0.5, 400_000
    found = rng.poisson(mean * rng.gamma(1 / phi, phi, windows))
    share = found[found >= 4].sum() / found.sum()  # of all voices, those with 3 others or more
    assert 10 ** -rarity(4, mean, phi, arrivals=1.0) == pytest.approx(share, rel=0.03)
