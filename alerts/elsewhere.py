"""Elsewhere (AD-13): the same problem, contractor or category in open events of other subjects."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

#: What two events share, strongest first, and how it is said.
_SHARED = ("contractor", "problem", "category")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEvent:
    """An open event of one subject as others look at it."""

    event: str
    subject: str
    subject_name: str
    #: Alert number, "" where the event has no alert.
    alert: str
    #: K-code most of its posts carry, its name, and the problem in the words of the posts.
    code: str | None
    category: str
    problem: str
    #: Contractors and materials its posts name, or its subject's record.
    contractors: tuple[str, ...]
    voices: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """Another subject's event that shares something with this one."""

    other: OpenEvent
    #: contractor | problem | category, strongest first.
    shared: tuple[str, ...]
    reason_zh: str


def elsewhere(own: OpenEvent, others: Iterable[OpenEvent], most: int = 8) -> tuple[Same, ...]:
    """Return the events of other subjects that share something, closest and loudest first."""
    found = [
        Same(other=other, shared=shared, reason_zh=_reason(own, other, shared))
        for other in others
        if other.subject != own.subject and (shared := _shared(own, other))
    ]
    found.sort(
        key=lambda same: (
            -sum(2 ** (len(_SHARED) - _SHARED.index(name)) for name in same.shared),
            -same.other.voices, -same.other.last_at.timestamp(), same.other.event,
        )
    )  # fmt: skip
    return tuple(found[:most])


def _shared(own: OpenEvent, other: OpenEvent) -> tuple[str, ...]:
    holds = {
        "contractor": bool(set(own.contractors) & set(other.contractors)),
        "problem": _same_problem(own.problem, other.problem),
        "category": own.code is not None and own.code == other.code,
    }
    return tuple(name for name in _SHARED if holds[name])


def _same_problem(one: str, other: str) -> bool:
    """外墙渗水 and 渗水 are one problem; two letters are the least that says something."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 2 and short in long


def _reason(own: OpenEvent, other: OpenEvent, shared: tuple[str, ...]) -> str:
    said = []
    if "contractor" in shared:
        names = "、".join(name for name in own.contractors if name in other.contractors)
        said.append(f"同一施工单位或材料“{names}”")
    if "problem" in shared:
        said.append(f"同样是“{min(own.problem, other.problem, key=len)}”")
    elif "category" in shared:
        said.append(f"同一类别“{own.category}”")
    number = f"，预警 {other.alert}" if other.alert else ""
    return f"{other.subject_name}：{'，'.join(said)}（{other.voices} 个声音{number}）。"
