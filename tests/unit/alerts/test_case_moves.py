"""Cases: only named moves are allowed, and a refusal says what is possible instead."""

import itertools

import pytest

from alerts.cases import MOVES, move
from domain.errors import CaseError

ALLOWED = {
    ("registered", "graded"), ("graded", "reported"), ("graded", "routine"), ("routine", "graded"),
    ("graded", "graded"), ("reported", "graded"),  # a wrong level is corrected (S-28)
}  # fmt: skip
STATES = ("registered", "graded", "reported", "routine")


@pytest.mark.parametrize(("old", "new"), list(itertools.product(STATES, STATES)))
def test_every_pair_of_states(old: str, new: str) -> None:
    if (old, new) in ALLOWED:
        found = move(old, new)
        assert (found.old, found.new, found.events) == (old, new, (new,))
        return
    with pytest.raises(CaseError, match="现在可以：") as refused:
        move(old, new)
    assert "_" not in str(refused.value)
    assert not any(state in str(refused.value) for state in STATES)  # Chinese names only


def test_the_refusal_lists_the_ways_out() -> None:
    with pytest.raises(CaseError, match="个案现为“已定级”，不能改为“已登记”") as refused:
        move("graded", "registered")
    assert str(refused.value).endswith("现在可以：已定级、已上报、转普通投诉流程")
    with pytest.raises(CaseError, match="现在可以：无"):
        move("unknown", "graded")


def test_an_unknown_state_is_refused_not_guessed() -> None:
    with pytest.raises(CaseError):
        move("nonsense", "graded")


def test_every_target_is_itself_a_state() -> None:
    assert {new for news in MOVES.values() for new in news} <= set(MOVES)
