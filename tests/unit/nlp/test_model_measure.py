"""Figures of a scorer: each against its definition worked out by hand."""

import numpy as np
import pytest

from pipelines.model_measure import auc, ece, ece_interval, figures, log_loss, measure
from pipelines.model_rows import Row

BAD, FINE = True, False


def rows(*negative: int, source: str = "post") -> list[Row]:
    return [
        Row(text=f"t{at}", negativity=each, source=source, family=f"f{at}")
        for at, each in enumerate(negative)
    ]


@pytest.mark.parametrize(
    ("scores", "wanted"),
    [((0.9, 0.8, 0.2, 0.1), 1.0), ((0.1, 0.2, 0.8, 0.9), 0.0), ((0.5, 0.5, 0.5, 0.5), 0.5),
     ((0.9, 0.3, 0.4, 0.1), 0.75), ((0.9, 0.4, 0.4, 0.1), 0.875)],
    ids=["apart", "upside down", "all ties", "one pair wrong", "one tie"],
)  # fmt: skip
def test_auc_is_the_share_of_pairs_in_order(scores: tuple[float, ...], wanted: float) -> None:
    assert auc(np.array([BAD, BAD, FINE, FINE]), np.array(scores)) == wanted


def test_calibration_error_is_the_gap_between_said_and_found() -> None:
    sure = np.full(10, 0.95)
    assert ece(np.array([BAD] * 5 + [FINE] * 5), sure) == pytest.approx(0.45)
    assert ece(np.array([BAD] * 10), np.ones(10)) == 0.0


def test_the_interval_holds_the_figure_is_repeatable_and_narrows_with_rows() -> None:
    random = np.random.default_rng(1)
    scores = random.random(2000)
    negative = random.random(2000) < scores
    low, high = ece_interval(negative, scores)
    assert low <= ece(negative, scores) <= high
    assert (low, high) == ece_interval(negative, scores)
    few_low, few_high = ece_interval(negative[:100], scores[:100])
    assert high - low < few_high - few_low


def test_a_register_of_one_class_has_no_auc_and_no_recall() -> None:
    answers = measure(rows(0, 0, 0, 0, source="answer"), [0.1, 0.2, 0.7, 0.1])["answer"]
    assert (answers.auc, answers.recall, answers.false_alarms) == (None, None, 0.25)
    assert (answers.n, answers.negative, answers.accuracy) == (4, 0, 0.75)


def test_registers_are_measured_apart() -> None:
    both = [*rows(2, 0), *rows(1, 0, source="chat")]
    found = measure(both, [0.9, 0.1, 0.2, 0.6])
    assert list(found) == ["post", "chat"]
    assert (found["post"].accuracy, found["chat"].accuracy) == (1.0, 0.0)
    assert (found["post"].recall, found["chat"].false_alarms) == (1.0, 1.0)


def test_being_surely_wrong_costs_most() -> None:
    assert log_loss(np.array([BAD]), np.array([0.5])) == pytest.approx(0.693, abs=1e-3)
    assert log_loss(np.array([BAD]), np.array([0.0])) == pytest.approx(9.21, abs=1e-2)


def test_no_rows_are_no_error() -> None:
    nothing = figures(np.array([], dtype=bool), np.array([]))
    assert (nothing.n, nothing.auc, nothing.ece) == (0, None, 0.0)
