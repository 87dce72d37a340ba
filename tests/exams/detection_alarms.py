"""Alert rows of a replay read back: what rose when, and what stood how high how long."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, NamedTuple

from domain.level import Level

RANK = {level.value: level.rank for level in Level}
NONE = -1


class Rise(NamedTuple):
    """An alert opened, or raised: from the rank before (NONE = not open) to the rank after."""

    at: float
    project: str
    alert: str
    before: int
    after: int
    rule: str
    topic: str
    posts: tuple[str, ...]

    def reaches(self, rank: int) -> bool:
        """Whether the alert newly reaches this rank (C4: FAR counts it for that level)."""
        return self.before < rank <= self.after


class Span(NamedTuple):
    """A time in which an alert stood at one rank."""

    start: float
    end: float
    rank: int


@dataclass(slots=True, kw_only=True)
class History:
    """One project's alerts: what rose when, and what stood how high how long."""

    rises: list[Rise] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def highest(self, start: float, end: float) -> int:
        """Return the highest rank any alert had in [start, end)."""
        ranks = (span.rank for span in self.spans if span.start < end and span.end > start)
        return max(ranks, default=NONE)


def wall(iso: str) -> float:
    """Return an ISO time of Shanghai as seconds of its wall clock."""
    moment = datetime.fromisoformat(iso)
    return moment.timestamp() + moment.utcoffset().total_seconds()  # type: ignore[union-attr]


def histories(rows: Iterable[dict[str, Any]]) -> dict[str, History]:
    """Return each project's history from "Alert event out" rows (design §5), in time order."""
    found: dict[str, History] = defaultdict(History)
    standing: dict[tuple[str, str], tuple[float, int]] = {}
    for row in sorted((row for row in rows if "event" in row), key=lambda row: str(row["at"])):
        if row["event"] == "suppressed":
            continue
        history, at = found[row["project"]], wall(row["at"])
        key = (row["project"], row["alert_id"])
        since, before = standing.pop(key, (at, NONE))
        if before != NONE and at > since:
            history.spans.append(Span(since, at, before))
        if row["event"] == "closed":
            continue
        after = RANK[row["level"]]
        standing[key] = (at, after)
        if after > before:
            posts = tuple(map(str, row.get("post_ids") or ()))
            history.rises.append(
                Rise(at, *key, before, after, str(row["rule"]), str(row.get("topic")), posts)
            )
    for (project, _), (since, rank) in standing.items():
        found[project].spans.append(Span(since, inf, rank))
    return found
