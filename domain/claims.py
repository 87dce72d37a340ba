"""Claims (自称户数): the numbers of households or people a post states, taken from its facts."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.alert import Claim
from domain.analysis import Fact

#: More households than an estate has are a city's, not a complaint's.
_MOST = 20_000
#: Kind of fact → its measure word.
UNITS = {"household": "户", "person": "人"}


def stated(facts: Iterable[Fact]) -> tuple[Claim, ...]:
    """Return the claims among the facts of an analysis."""
    found = (_claim(fact.kind, fact.low, fact.high, fact.span.text) for fact in facts)
    return tuple(claim for claim in found if claim is not None)


def stored(rows: Iterable[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """Return the claims among the facts as the store keeps them beside an analysis."""
    found = (
        _claim(str(row["kind"]), row.get("low"), row.get("high"), str(row.get("text", "")))
        for row in rows
    )
    return tuple(claim for claim in found if claim is not None)


def _claim(kind: str, low: object, high: object, text: str) -> Claim | None:
    if kind not in UNITS or not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    return Claim(kind=kind, low=int(low), high=int(high), text=text) if 2 <= low <= _MOST else None
