"""Cases: which move is allowed from which state, and what it needs; pure (A5, S-*)."""

from dataclasses import dataclass

from domain.errors import CaseError

#: state → states a person may move a case to; the moves of later issues extend this table.
MOVES: dict[str, tuple[str, ...]] = {
    "registered": ("graded",),
    "graded": ("graded", "reported", "routine"),
    "reported": ("graded",),
    "routine": ("graded",),
}

_NAMES = {
    "registered": "已登记",
    "graded": "已定级",
    "reported": "已上报",
    "routine": "转普通投诉流程",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An allowed change of state with the clock events it means."""

    old: str
    new: str
    #: Clocks whose stop event is here stop; clocks whose start event is here start.
    events: tuple[str, ...]


def move(old: str, new: str) -> Move:
    """Return the move or raise CaseError saying what is possible instead (S-*: no silent skip)."""
    if new not in MOVES.get(old, ()):
        possible = "、".join(_NAMES[state] for state in MOVES.get(old, ())) or "无"
        raise CaseError(
            f"个案现为“{_NAMES.get(old, old)}”，不能改为“{_NAMES.get(new, new)}”；"
            f"现在可以：{possible}"
        )
    return Move(old=old, new=new, events=(new,))
