"""Alert book: the open alerts of a replay, and the rows it prints about them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from alerts.assess import assess, topic
from alerts.lifecycle import decide
from domain.alert import AlertState, Decision, EventView, Rules
from domain.clock import iso_shanghai, shanghai_day


class Pair(NamedTuple):
    """What is assessed: one event at one subject, sorted in the line's order."""

    event: str
    subject: str


@dataclass(slots=True, kw_only=True)
class _Open:
    number: str
    state: AlertState
    next_check_at: datetime | None


@dataclass(slots=True, kw_only=True)
class AlertBook:
    """What the store's alert table is to the line."""

    rules: Rules
    _open: dict[Pair, _Open] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def due(self, now: datetime) -> set[Pair]:
        """Return the open alerts whose time to be looked at again has come."""
        return {
            pair
            for pair, item in self._open.items()
            if item.next_check_at is not None and item.next_check_at <= now
        }

    def checks(self) -> Iterable[datetime]:
        """Return when open alerts want to be looked at again."""
        return [item.next_check_at for item in self._open.values() if item.next_check_at]

    def assess(
        self, pair: Pair, view: EventView, given_ids: dict[str, str], now: datetime
    ) -> Iterator[dict[str, Any]]:
        """Decide about one pair and yield a row if the outcome changed."""
        findings = assess(view, self.rules, now)
        known = self._open.get(pair)
        decision = decide(known.state if known else None, findings, self.rules.calm, now)
        if decision is None:
            return
        number = known.number if known else self._number(now)
        if decision.change == "closed":
            del self._open[pair]
        else:
            state = AlertState(
                level=decision.level, version=decision.version, below_since=decision.below_since
            )
            self._open[pair] = _Open(
                number=number, state=state, next_check_at=decision.next_check_at
            )
        if decision.change:
            yield self._row(number, view, decision, given_ids, now)

    def _number(self, now: datetime) -> str:
        day = f"{shanghai_day(now):%Y%m%d}"
        self._numbers[day] = self._numbers.get(day, 0) + 1
        return f"W-{day}-{self._numbers[day]:04d}"

    def _row(
        self,
        number: str,
        view: EventView,
        decision: Decision,
        given_ids: dict[str, str],
        now: datetime,
    ) -> dict[str, Any]:
        lead = decision.lead
        return {
            "at": iso_shanghai(now),
            "event": decision.change,
            "alert_id": number,
            "version": decision.version,
            "project": view.subject,
            "event_id": view.event,
            "topic": topic(view, lead, self.rules),
            "level": decision.level,
            "rule": lead.rule if lead else "calm",
            "score": lead.score if lead else None,
            "observed": lead.observed if lead else None,
            "expected": lead.expected if lead else None,
            "reason_zh": decision.reason_zh,
            "post_ids": [given_ids[post.key] for post in lead.posts] if lead else [],
        }
