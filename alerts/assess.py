"""Assess: what the rules find in one event at one subject; pure, `now` is an argument.

Each kind of rule is one function of a rules_*.py module; counting.py says what a window holds.
"""

from dataclasses import replace
from datetime import datetime

from alerts.counting import count_voices, in_context, main_category
from alerts.rules_reported import complaints, media, onsite
from alerts.rules_sequence import sequence
from alerts.rules_signal import signal
from alerts.rules_voices import group, voices
from domain.alert import EventView, Finding, Rules

__all__ = ["assess", "count_voices", "main_category", "topic"]

_RULE_KINDS = {
    "voices": voices,
    "signal": signal,
    "group": group,
    "onsite": onsite,
    "media": media,
    "sequence": sequence,
    "complaints": complaints,
}


def assess(view: EventView, rules: Rules, now: datetime) -> list[Finding]:
    """Return the findings that hold for this event at this subject, gravest first."""
    view = replace(view, posts=in_context(view.posts))
    found = (_RULE_KINDS[rule.kind](rule, view, rules, now) for rule in rules.rules if rule.active)
    return sorted(
        (finding for finding in found if finding is not None),
        key=lambda finding: (-finding.level.rank, finding.rule),
    )


def topic(view: EventView, lead: Finding | None, rules: Rules) -> str | None:
    """Return the topic of an alert: that of the category most posts behind it carry."""
    code = main_category(lead.posts if lead else view.posts)
    return rules.topics.get(code) if code else None
