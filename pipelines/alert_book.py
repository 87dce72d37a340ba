"""Alert book: the open alerts of a replay, and the rows it prints about them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from alerts.assess import assess, topic
from alerts.lifecycle import absorb, decide, remember
from alerts.place import STREAM, in_order, place
from domain.alert import AlertState, Decision, EventView, Finding, Rules
from domain.clock import iso_shanghai, shanghai_day


class Pair(NamedTuple):
    """What has an alert: one event, or one stream ("topic:…"), at one subject."""

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
    #: Subject → stream → place of its open alert.
    _held: dict[str, dict[str, str]] = field(default_factory=dict)
    #: (Subject, stream) → since when its finding is gone.
    _gone: dict[tuple[str, str], datetime] = field(default_factory=dict)

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

    def held(self, subject: str, now: datetime) -> frozenset[str]:
        """Return the streams of a subject that last, or ended less than a calm ago."""
        held = self._held.get(subject, {})
        for stream in list(held):
            if now - self._gone.get((subject, stream), now) > self.rules.calm:
                del held[stream], self._gone[subject, stream]
        return frozenset(held)

    def settle(
        self,
        subject: str,
        views: Mapping[str, EventView],
        found: Sequence[Finding],
        given_ids: Mapping[str, str],
        now: datetime,
    ) -> Iterator[dict[str, Any]]:
        """Decide about the places of one subject and yield a row for each changed outcome."""
        self.held(subject, now)
        held = self._held.setdefault(subject, {})
        places, where = place(
            found, held, lambda before, spot: self._may_move(subject, before, spot)
        )
        for stream, spot in where.items():
            yield from self._move(subject, held.get(stream), spot, now)
        held |= where
        for spot in sorted({*views, *places}):
            pair = Pair(spot, subject)
            extra = places.get(spot, [])
            yield from self._decide(pair, views.get(spot), extra, given_ids, now)
            self._note(subject, spot, {finding.stream for finding in extra}, now)
        for stream in [s for s, spot in held.items() if Pair(spot, subject) not in self._open]:
            del held[stream]
            self._gone.pop((subject, stream), None)

    def _note(self, subject: str, spot: str, found: set[str], now: datetime) -> None:
        """Remember since when the streams of a place are gone."""
        for stream, where in self._held[subject].items():
            if stream in found:
                self._gone.pop((subject, stream), None)
            elif where == spot:
                self._gone.setdefault((subject, stream), now)

    def _may_move(self, subject: str, before: str, spot: str) -> bool:
        """Return whether the alert may go there: never into a milder one."""
        known, target = self._open.get(Pair(before, subject)), self._open.get(Pair(spot, subject))
        milder = known and target and known.state.level.graver_than(target.state.level)
        return not milder

    def _move(
        self, subject: str, before: str | None, spot: str, now: datetime
    ) -> Iterator[dict[str, Any]]:
        """Let a topic's alert become the alert of the event that explains it (B-ID1)."""
        known = self._open.get(Pair(before, subject)) if before and before != spot else None
        if before is None or known is None:
            return
        old, target = Pair(before, subject), self._open.get(Pair(spot, subject))
        del self._open[old]
        if target is None:
            self._open[Pair(spot, subject)] = known
        else:
            decision = absorb(known.state, target.number)
            yield self._row(known.number, old, None, decision, {}, now)

    def _decide(
        self,
        pair: Pair,
        view: EventView | None,
        extra: Sequence[Finding],
        given_ids: Mapping[str, str],
        now: datetime,
    ) -> Iterator[dict[str, Any]]:
        findings = in_order([*(assess(view, self.rules, now) if view else []), *extra])
        known = self._open.get(pair)
        decision = decide(known.state if known else None, findings, self.rules.calm, now)
        if decision is None:
            return
        number = known.number if known else self._number(now)
        if decision.change == "closed":
            del self._open[pair]
        else:
            state = AlertState(
                level=decision.level,
                version=decision.version,
                below_since=decision.below_since,
                changes=remember(known.state.changes if known else (), decision.change, now),
            )
            self._open[pair] = _Open(
                number=number, state=state, next_check_at=decision.next_check_at
            )
        if decision.change:
            yield self._row(number, pair, view, decision, given_ids, now)

    def _number(self, now: datetime) -> str:
        day = f"{shanghai_day(now):%Y%m%d}"
        self._numbers[day] = self._numbers.get(day, 0) + 1
        return f"W-{day}-{self._numbers[day]:04d}"

    def _row(
        self,
        number: str,
        pair: Pair,
        view: EventView | None,
        decision: Decision,
        given_ids: Mapping[str, str],
        now: datetime,
    ) -> dict[str, Any]:
        lead = decision.lead
        stream = pair.event.removeprefix(STREAM) if pair.event.startswith(STREAM) else None
        about = topic(view, lead, self.rules) if view else None
        return {
            "at": iso_shanghai(now),
            "event": decision.change,
            "alert_id": number,
            "version": decision.version,
            "project": view.subject if view else pair.subject,
            "event_id": None if stream else pair.event,
            "topic": (lead.stream if lead and lead.stream else None) or stream or about,
            "level": decision.level,
            "rule": lead.rule if lead else "calm",
            "score": lead.score if lead else None,
            "observed": lead.observed if lead else None,
            "expected": lead.expected if lead else None,
            "reason_zh": decision.reason_zh,
            "post_ids": [given_ids[post.key] for post in lead.posts] if lead else [],
        }
