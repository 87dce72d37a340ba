"""Spacing, homophones, initials and marks inside words lose at most five points of recall."""

from functools import cache

import pytest

from nlp.facts import NlpFacts
from pipelines.language import load_facts
from tests.quality.adversarial import ATTACKS, HOMOPHONES, INITIALS, attacked, key_words, plaints

#: Points of recall an attack may cost (issue 5).
MOST = 5.0
#: Texts an attack must change to prove anything.
ENOUGH = 100


@cache
def facts() -> NlpFacts:
    return load_facts()


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_an_attack_costs_little_recall(name: str) -> None:
    found = attacked(name, facts())
    assert found.changed >= ENOUGH
    assert found.before >= 0.9
    assert found.loss <= MOST, found.lost


def test_the_attacks_break_what_a_plain_search_would_find() -> None:
    for text in ("业主拉横幅维权", "开发商跑路烂尾"):
        places = key_words(text, facts())
        assert places
        for start, end in places:
            word = text[start:end]
            for name in ("dot 维.权", "emoji 维🔥权", "bar 维|权", "space 维 权"):
                assert word not in ATTACKS[name](text, facts())


def test_every_attack_is_of_another_kind() -> None:
    texts = {attack("我们业主要维权，投诉开发商烂尾", facts()) for attack in ATTACKS.values()}
    assert len(texts) == len(ATTACKS)


def test_the_other_spellings_differ_from_the_words() -> None:
    for words in (HOMOPHONES, INITIALS):
        assert all(word != other for word, other in words.items())


def test_the_texts_are_many_and_negative() -> None:
    assert len(plaints()) >= 400
