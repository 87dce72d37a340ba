"""Case (个案) and the clocks (时限) of the company's own procedure (A2, A5, AD-10)."""

from dataclasses import dataclass
from datetime import datetime

from domain.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDef:
    """One limit of a pack; `limit` as written there: 30m, 24h, 7d, 15wd."""

    id: str
    name: str
    role: str
    start: str
    stop: str
    limit: str
    calendar: str  # wall | working_days_cn
    levels: tuple[Level, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A company's procedure: numbering, names of the levels, limits (A2.3)."""

    name: str
    version: int
    title: str
    numbering: str
    levels: dict[Level, str]
    clocks: tuple[ClockDef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a clock is due and why then (B-CL6); provisional = calendar year not announced."""

    at: datetime
    steps: tuple[str, ...]
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedClock:
    """A clock to be stored: its definition and due times."""

    definition: str
    name: str
    role: str
    started_at: datetime
    start_event: str
    stop_event: str
    calendar: str
    due: Due
    #: percent → when that share of the time is gone (TP-8).
    warn_at: dict[int, datetime]
