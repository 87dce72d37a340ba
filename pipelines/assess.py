"""Assess step: findings, alert, triage clock and queued messages in one transaction each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import structlog

from alerts import clocks as clock_rules
from alerts.assess import assess, topic
from alerts.lifecycle import after_dismissal, decide, notify_reason
from domain.alert import Decision, EventView, Finding, Rules, identity
from domain.level import Level
from domain.step import StepResult
from pipelines import push, rulebook
from pipelines.wiring import App
from store import alerts, cases, clocks, events, outbox, sources, stats, triage
from store.db import Connection

log = structlog.get_logger()

#: Dirty days of one transaction.
DAYS = 100


def run(app: App, now: datetime) -> StepResult:
    """Assess every (event, subject) that changed or whose time has come."""
    rules = rulebook.active_rules(app)
    with app.db.read() as connection:
        pairs = events.take_dirty(connection)
        timed = [pair for pair in alerts.to_check(connection, now) if pair not in set(pairs)]
    failed = sum(not _try_pair(app, pair, rules, now) for pair in [*pairs, *timed])
    _recount(app)
    return StepResult(step="assess", done=len(pairs) + len(timed) - failed, failed=failed)


def _try_pair(app: App, pair: tuple[int, int], rules: Rules, now: datetime) -> bool:
    """Assess one pair; one that breaks stays dirty, is told, and stops no other."""
    try:
        _assess_pair(app, pair, rules, now)
    except Exception as error:
        log.exception("assessment failed", event=pair[0], subject=pair[1])
        with app.db.write() as connection:
            sources.raise_issue(
                connection,
                at=now,
                code="assess-failed",
                message=f"事件 {pair[0]} 研判出错（{type(error).__name__}），每轮重试：请报告",
            )
        return False
    return True


class _Outcome(NamedTuple):
    """A decision with what telling people about it needs."""

    alert_id: int
    number: str
    view: EventView
    subject_id: int
    decision: Decision
    findings: Sequence[Finding]

    @property
    def object(self) -> str:
        """Name of the alert's clocks and audit chain."""
        return f"alert:{self.number}"


def _assess_pair(app: App, pair: tuple[int, int], rules: Rules, now: datetime) -> None:
    with app.db.write() as connection:
        view = events.view(connection, *pair)
        known = alerts.open_alert(connection, identity(view.subject, view.event))
        findings: Sequence[Finding] = assess(view, rules, now)
        if known is None:
            findings = _after_dismissal(connection, view, findings, rules, now)
        decision = decide(known.state if known else None, findings, rules.calm, now)
        if decision is not None:
            alert_id, number = alerts.save(
                connection,
                view,
                pair,
                known,
                decision,
                findings,
                now,
                topic=topic(view, decision.lead, rules),
            )
            outcome = _Outcome(alert_id, number, view, pair[1], decision, findings)
            _run_triage(connection, outcome, rules, now)
            _tell(app, connection, outcome, now)
        if all(post.published_at <= now for post in view.posts):
            events.clean(connection, *pair)  # else a clock stepped back: look again later


def _after_dismissal(
    connection: Connection,
    view: EventView,
    findings: Sequence[Finding],
    rules: Rules,
    now: datetime,
) -> Sequence[Finding]:
    """Leave a false alarm at rest until something graver or new is found (S-02)."""
    last = triage.last_dismissed(connection, identity(view.subject, view.event))
    if last is None:
        return findings
    fresh = tuple(post for post in view.posts if post.key not in last.posts)
    on_new = assess(replace(view, posts=fresh), rules, now)
    return after_dismissal(Level(last.level), findings, on_new)


def _run_triage(connection: Connection, outcome: _Outcome, rules: Rules, now: datetime) -> None:
    """Start the triage clock, the only one an alert starts; a rise may only shorten it (AD-10)."""
    change = outcome.decision.change
    if change == "closed":
        clocks.stop(connection, outcome.object, "triaged", "系统（预警关闭）", now)
    if change not in ("opened", "raised") or cases.of_alert(connection, outcome.alert_id):
        return
    fresh = clock_rules.triage(rules, outcome.decision.level, now)
    due = clocks.running(connection, outcome.object, fresh.definition)
    if due is not None and now < due <= fresh.due.at:
        return
    clocks.stop(connection, outcome.object, "triaged", "系统（级别上升，时限缩短）", now)
    clocks.start(connection, outcome.object, fresh)


def _tell(app: App, connection: Connection, outcome: _Outcome, now: datetime) -> None:
    """Queue one message per recipient in the decision's transaction (B-NL1)."""
    decision = outcome.decision
    told = [
        recipient
        for recipient in outbox.recipients(connection, outcome.subject_id)
        if notify_reason(decision.change, decision.level, recipient.min_level)
    ]
    push.tell_alert(
        app, connection, number=outcome.number, reason=str(decision.change), now=now, told=told
    )


def _recount(app: App) -> None:
    while True:
        with app.db.write() as connection:
            if stats.recompute(connection, DAYS) < DAYS:
                return
