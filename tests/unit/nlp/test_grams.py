"""Character grams: hashed as written, one text at a time or many, and summed by place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.grams import GramTable, gram_buckets, gram_sums
from tests.quality.explanations import bucket, gram_weights

BITS = 12
RANDOM = np.random.default_rng(5)
TABLE = GramTable(RANDOM.integers(-127, 128, 1 << BITS).astype(np.int8), 0.01)
OTHER = GramTable(RANDOM.integers(-127, 128, 1 << BITS).astype(np.int8), 0.5)
#: Normal texts hold no BLANK.
ANY = st.text(st.characters(exclude_categories=(), exclude_characters="\0"), max_size=30)


@given(ANY)
def test_every_gram_is_in_the_bucket_of_the_slow_way(text: str) -> None:
    slow = [bucket(text[at : at + size], BITS) for size in (1, 2, 3)
            for at in range(len(text) - size + 1)]  # fmt: skip
    assert gram_buckets(text, BITS).tolist() == slow


@given(ANY)
def test_sums_run_over_the_grams_that_begin_before_a_place(text: str) -> None:
    found = gram_sums([text], TABLE)[0][0]
    assert found.length == len(text)
    assert np.diff(found.sums).tolist() == gram_weights(text, TABLE)
    assert found.sums[0] == 0


@given(st.lists(ANY, max_size=6))
def test_many_texts_give_what_each_gives_alone(texts: list[str]) -> None:
    many = gram_sums(texts, TABLE, OTHER)
    assert len(many) == len(texts)
    for text, sums in zip(texts, many, strict=True):
        for table, found in zip((TABLE, OTHER), sums, strict=True):
            alone = gram_sums([text], table)[0][0]
            assert found.sums.tolist() == alone.sums.tolist()
            assert found.scale == table.scale


@given(ANY, st.data())
def test_stretches_add_up(text: str, data: st.DataObject) -> None:
    found = gram_sums([text], TABLE)[0][0]
    cut = data.draw(st.integers(0, len(text)))
    halves = (found.sums[cut] - found.sums[0]) + (found.sums[len(text)] - found.sums[cut])
    assert halves == found.sums[-1]
    if text:
        expected = int(found.sums[-1]) * 0.01 / (3 * len(text)) ** 0.5
        assert found.score(0, len(text)) == pytest.approx(expected)
    assert found.score(cut, cut) == 0.0


def test_all_digits_are_one() -> None:
    assert gram_buckets("3栋").tolist() == gram_buckets("8栋").tolist()
    assert gram_buckets("三栋").tolist() != gram_buckets("八栋").tolist()


def test_order_and_length_matter() -> None:
    assert gram_buckets("权维").tolist()[-1] != gram_buckets("维权").tolist()[-1]
    assert len(gram_buckets("维权群")) == 6
    assert len(gram_buckets("")) == 0


def test_no_sum_runs_over() -> None:
    table = GramTable(np.full(1 << BITS, 127, dtype=np.int8), 1.0)
    found = gram_sums(["维" * 400_000], table)[0][0]
    assert int(found.sums[-1]) == 127 * (3 * 400_000 - 3)


def test_no_texts() -> None:
    assert gram_sums([], TABLE) == []
    assert [sums[0].sums.tolist() for sums in gram_sums(["", ""], TABLE)] == [[0], [0]]
