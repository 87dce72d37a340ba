"""Outlook (走向): what stands beside an alert: how many more, when at this pace, which phase.

All three are of the voices the rule counts, so that they never contradict its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.counting import in_window
from alerts.forecast import FLAT, next_step, reach
from alerts.heard import growing, heard
from alerts.phase import phase
from domain.alert import EventView, Rule
from domain.indicator import Forecast, Heard, More, Part, Suggestion
from domain.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The voices of an event and what follows from them."""

    voices: tuple[Heard, ...]
    #: To the top rung of the rule's ladder: the company's own line.
    forecast: Forecast
    #: To the next graver level; None at the top.
    more: More | None
    #: Growth of the last day over the one before; None where it does not grow.
    growth: Part | None
    phase: Suggestion


def outlook(
    view: EventView,
    rule: Rule,
    level: Level | None,
    now: datetime,
    *,
    handled_at: datetime | None = None,
    busy: Sequence[float] = FLAT,
) -> Outlook:
    """Return the outlook of an event by a ladder of voices; `level` is that of its alert."""
    said = heard(in_window(view.posts, rule, now))
    return Outlook(
        voices=said,
        forecast=reach(said, max(step.voices for step in rule.ladder), now, busy=busy),
        more=next_step(rule.ladder, len(said), level),
        growth=growing(said, now),
        phase=phase(said, now, handled_at=handled_at),
    )
