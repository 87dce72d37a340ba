"""Assess step: findings, alert, triage clock and queued messages in one transaction each."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import structlog

from alerts import clocks as clock_rules
from alerts.assess import assess, topic
from alerts.lifecycle import decide, notify_reason
from domain.alert import Decision, EventView, Finding, Rules, identity
from domain.clock import say_time
from domain.mask import mask
from domain.step import StepResult
from notify.messages import AlertMessage, alert_message
from pipelines import rulebook
from pipelines.wiring import App
from store import alerts, cases, clocks, events, outbox, sources, stats
from store.alerts import QuotedPost
from store.db import Connection

log = structlog.get_logger()

#: Quotes of one message; more do not fit a phone.
QUOTES = 3
QUOTE_CHARS = 70
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
        findings = assess(view, rules, now)
        known = alerts.open_alert(connection, identity(view.subject, view.event))
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
            _tell(connection, outcome, now)
        if all(post.published_at <= now for post in view.posts):
            events.clean(connection, *pair)  # else a clock stepped back: look again later


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


def _tell(connection: Connection, outcome: _Outcome, now: datetime) -> None:
    """Queue one message per recipient in the decision's transaction (B-NL1)."""
    decision = outcome.decision
    told = [
        (recipient, reason)
        for recipient in outbox.recipients(connection, outcome.subject_id)
        if (reason := notify_reason(decision.change, decision.level, recipient.min_level))
    ]
    if not told:
        return
    subject_line, body = alert_message(_message(connection, outcome, now))
    for recipient, reason in told:
        outbox.queue(
            connection, recipient, alert_id=outcome.alert_id, version=decision.version,
            reason=reason, subject_line=subject_line, body=body, now=now,
        )  # fmt: skip


def _message(connection: Connection, outcome: _Outcome, now: datetime) -> AlertMessage:
    decision = outcome.decision
    revisions = [post.revision for finding in outcome.findings for post in finding.posts]
    due = clocks.running(connection, outcome.object, "triage")
    return AlertMessage(
        level=decision.level,
        change=str(decision.change),
        subject=outcome.view.subject_name,
        number=outcome.number,
        version=decision.version,
        at=say_time(now),
        reason=mask(decision.reason_zh),
        quotes=tuple(_quote(item) for item in alerts.quotes(connection, revisions, QUOTES)),
        next_step=_next_step(due, cases.of_alert(connection, outcome.alert_id)),
    )


def _next_step(due: datetime | None, case_number: str | None) -> str:
    if case_number is not None:
        return f"已登记个案 {case_number}，请处置人员查看新情况并重新定级。"
    if due is None:
        return "尽快研判——确认、误报或登记个案。"
    return f"{say_time(due)} 前研判——确认、误报或登记个案。"


def _quote(item: QuotedPost) -> str:
    words = mask(" ".join(f"{item.title} {item.text}".split()))
    short = words if len(words) <= QUOTE_CHARS else words[:QUOTE_CHARS] + "…"
    link = f" {item.url}" if item.url and item.url.startswith("http") else ""
    return f"“{short}”（{item.site}，{say_time(item.published_at)}）{link}"


def _recount(app: App) -> None:
    while True:
        with app.db.write() as connection:
            if stats.recompute(connection, DAYS) < DAYS:
                return
