"""Telling (告知): what deciding whether and when to tell people needs (B-GR1, B-IN1, B-SI1)."""

from dataclasses import dataclass
from datetime import datetime

from domain.level import Level

#: Levels told at once and never muted by a silence that did not know them.
GRAVE = (Level.CRITICAL, Level.MAJOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An open alert of one subject, from moderate on."""

    id: int
    number: str
    subject: str
    level: Level
    version: int
    #: None: the alert of a stream no single event explains.
    event_id: int | None
    topic: str | None
    #: Rules that hold it up now.
    rules: frozenset[str]
    #: Its last opening or rise: opened | raised, and when.
    change: str
    reached_at: datetime
    #: Whether people were told of that change, and when they last heard of the alert at all.
    told: bool
    last_told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """What a silence is about: an alert must fit every part that is given, at least one."""

    subject: str | None = None
    topic: str | None = None
    rule: str | None = None
    alert: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A silence (静默): who mutes which messages, why and until when (B-SI1)."""

    id: int
    matcher: Matcher
    reason: str
    author: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Why an alert's messages stay unsent now."""

    kind: str  # inhibited | silenced
    #: Number of the higher alert, or "静默 <id>".
    by: str
