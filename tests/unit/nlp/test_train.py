"""Training: rare words are pruned before counting, the same input gives the same table."""

from nlp.bayes import build_table
from pipelines.language import unpack_counts
from pipelines.train import RAREST, count_words, train_idf

LEAKS = [("又漏水", True)] * RAREST + [("很满意", False)] * RAREST + [("罕见", True)]


def test_rare_words_are_left_out() -> None:
    counts = count_words(iter(LEAKS))
    assert "罕见" not in counts
    assert counts["漏水"] == (RAREST, 0)


def test_the_table_takes_sides() -> None:
    table = build_table(count_words(iter(LEAKS)))
    assert table.logit(["漏水"]) > 0 > table.logit(["满意"])


def test_idf_is_deterministic_and_rare_grams_weigh_more() -> None:
    messages = [
        ("澄湖苑漏水", "地下室漏水"),
        ("云栖里漏水", "外墙漏水"),
        ("云栖里停工", "工地没人"),
    ]
    first, second = train_idf(iter(messages)), train_idf(iter(messages))
    assert (first == second).all()
    assert first.max() > first.min()


def test_counts_are_read_back_as_stored() -> None:
    import numpy as np

    words = "漏水\n满意".encode()
    counts = unpack_counts(words, np.array([3, 0]), np.array([1, 5]))
    assert counts == {"漏水": (3, 1), "满意": (0, 5)}
