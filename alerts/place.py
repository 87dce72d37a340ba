"""Where a statistical finding belongs: to the event that holds most of it, or its topic (B-ID1)."""

from collections.abc import Callable, Mapping, Sequence

from alerts.counts import main_event
from domain.alert import Finding

#: Marks a place that is a stream and no event.
STREAM = "topic:"


def stream_place(stream: str) -> str:
    """Return the place of a finding no single event explains."""
    return STREAM + stream


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings gravest first; what only holds an alert up comes after its equals."""
    return sorted(findings, key=lambda one: (-one.level.rank, not one.opens, one.rule, one.stream))


#: Whether an alert at one place may become, or join, that of another: (from, to).
MayMove = Callable[[str, str], bool]


def place(
    findings: Sequence[Finding], held: Mapping[str, str], may_move: MayMove
) -> tuple[dict[str, list[Finding]], dict[str, str]]:
    """Return (place → findings, stream → place); `held` are the places streams had before.

    A stream stays at its event while it lasts: an alert does not wander from event to event. A
    stream that only holds something up is counted where it was, nowhere else.
    """
    places: dict[str, list[Finding]] = {}
    where: dict[str, str] = {}
    for finding in findings:
        before = held.get(finding.stream)
        if before is None and not finding.opens:
            continue
        spot = main_event(finding) or stream_place(finding.stream)
        if before is not None and before != spot:
            wanders = not before.startswith(STREAM) or not finding.opens
            spot = before if wanders or not may_move(before, spot) else spot
        where[finding.stream] = spot
        places.setdefault(spot, []).append(finding)
    return places, where
