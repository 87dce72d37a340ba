"""The log-odds table against SnowNLP's own Bayes class, trained on the same invented words."""

import warnings
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.bayes import build_table, probability

NEGATIVE = [["漏水", "物业", "不管"], ["骗子", "物业"], ["漏水", "漏水", "差"], ["停工"]]
OTHER = [["满意", "物业"], ["干净", "漂亮", "满意", "满意"], ["不错"]]
WORDS = ["漏水", "物业", "不管", "骗子", "差", "停工", "满意", "干净", "漂亮", "不错", "没见过"]


@pytest.fixture(scope="module")
def snow():  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from snownlp.classification.bayes import Bayes
    bayes = Bayes()
    bayes.train([(words, "neg") for words in NEGATIVE] + [(words, "pos") for words in OTHER])
    return bayes


def counts() -> dict[str, tuple[int, int]]:
    negative = Counter(word for words in NEGATIVE for word in words)
    other = Counter(word for words in OTHER for word in words)
    return {word: (negative[word], other[word]) for word in negative | other}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_equals_snownlp_on_the_same_words(snow, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    winner, chance = snow.classify(words)
    expected = chance if winner == "neg" else 1.0 - chance
    assert probability(build_table(counts()).logit(words)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("logit", [-1e9, -800.0, 0.0, 800.0, 1e9])
def test_probability_never_overflows(logit: float) -> None:
    assert 0.0 <= probability(logit) <= 1.0


def test_an_empty_table_knows_nothing() -> None:
    assert probability(build_table({}).logit(["漏水"])) == 0.5
