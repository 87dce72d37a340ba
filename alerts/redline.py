"""Red lines for reading (待阅): what names a red line without enough to alarm (false-alarm budget).

No anchor and too few voices push nobody; the post is marked so that a person reads it first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.counting import certain
from alerts.rules_signal import carriers
from domain.alert import Counted, Rule, Rules
from domain.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A post to be read first: which red line it names, and what is missing for an alarm."""

    key: str
    rule: str
    level: Level
    reason_zh: str


def for_reading(posts: Sequence[Counted], rules: Rules) -> tuple[Mark, ...]:
    """Return the posts of one event that name a red line in force but raise no alarm by it.

    Windows play no part: 待阅 holds what nobody has read yet, however old it is.
    """
    red = [rule for rule in rules.rules if rule.active and rule.kind == "signal"]
    return tuple(mark for rule in red for mark in _marks(rule, posts))


def _marks(rule: Rule, posts: Sequence[Counted]) -> list[Mark]:
    """Return the marks of one rule: none where an anchor or enough voices alarm anyway."""
    found = carriers((post for post in posts if not post.duplicate), rule.signal)
    said = certain(carrier.post for carrier in found if carrier.post.negative)
    alarms = any(carrier.signal_anchors for carrier in found)
    if rule.level is None or alarms or (rule.talk is not None and said >= rule.talk.voices):
        return []
    return [
        Mark(
            key=carrier.post.key, rule=rule.id, level=rule.level,
            reason_zh=f"说到“{rule.title}”，没有具体线索，也只有 {max(said, 1)} 人说：请人工判读",
        )
        for carrier in found
    ]  # fmt: skip
