"""Lifecycle: what the findings do to an alert, with a named reason; pure (B-HY1, B-ID1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.alert import AlertState, Decision, Finding
from domain.clock import say_span
from domain.level import Level

#: First repeat of a grave alert nobody acknowledged, and the longest wait after doubling (B-GR1).
REPEAT_FIRST, REPEAT_MAX = timedelta(minutes=60), timedelta(hours=4)


def decide(
    state: AlertState | None, findings: Sequence[Finding], calm: timedelta, now: datetime
) -> Decision | None:
    """Return what becomes of the alert; None when there is none and nothing holds.

    Raises at once; lowers or closes only after the value stayed below for `calm`.
    """
    lead = findings[0] if findings else None
    if state is None:
        return _open(lead, findings) if lead else None
    if lead and lead.level.graver_than(state.level):
        return _change("raised", state, lead, findings)
    if lead and lead.level is state.level:
        return _keep(state, lead, findings)
    since = state.below_since or now
    if now - since < calm:
        return _wait(state, lead, findings, since, calm)
    return _change("lowered", state, lead, findings) if lead else _close(state, calm)


def _open(lead: Finding, findings: Sequence[Finding]) -> Decision:
    return Decision(
        change="opened", level=lead.level, version=1, below_since=None,
        next_check_at=_next(findings), lead=lead, reason_zh=_reason(findings),
    )  # fmt: skip


def _change(change: str, state: AlertState, lead: Finding, findings: Sequence[Finding]) -> Decision:
    return Decision(
        change=change, level=lead.level, version=state.version + 1, below_since=None,
        next_check_at=_next(findings), lead=lead, reason_zh=_reason(findings),
    )  # fmt: skip


def _keep(state: AlertState, lead: Finding, findings: Sequence[Finding]) -> Decision:
    return Decision(
        change=None, level=state.level, version=state.version, below_since=None,
        next_check_at=_next(findings), lead=lead, reason_zh=_reason(findings),
    )  # fmt: skip


def _wait(
    state: AlertState,
    lead: Finding | None,
    findings: Sequence[Finding],
    since: datetime,
    calm: timedelta,
) -> Decision:
    times = [since + calm] + [finding.changes_at for finding in findings]
    return Decision(
        change=None, level=state.level, version=state.version, below_since=since,
        next_check_at=min(times), lead=lead, reason_zh=_reason(findings),
    )  # fmt: skip


def _close(state: AlertState, calm: timedelta) -> Decision:
    return Decision(
        change="closed", level=state.level, version=state.version + 1, below_since=None,
        next_check_at=None, lead=None, reason_zh=f"已连续{say_span(calm)}低于预警条件，自动关闭。",
    )  # fmt: skip


def _next(findings: Sequence[Finding]) -> datetime:
    return min(finding.changes_at for finding in findings)


def _reason(findings: Sequence[Finding]) -> str:
    return "".join(finding.reason_zh for finding in findings)


def notify_reason(change: str | None, level: Level, minimum: Level) -> str | None:
    """Return why this recipient is told at once (opened, raised), None if not told (B-GR1).

    What is minor waits for the daily brief, whatever the recipient asked for.
    """
    if change not in ("opened", "raised") or minimum.graver_than(level) or level is Level.MINOR:
        return None
    return change


def after_dismissal(
    dismissed: Level, on_all: Sequence[Finding], on_new: Sequence[Finding]
) -> Sequence[Finding]:
    """Return the findings that may open an alert again after a false alarm (S-02).

    What a person judged does not come back by itself: only something graver than what was judged,
    or what the posts since then show alone.
    """
    if on_all and on_all[0].level.graver_than(dismissed):
        return on_all
    return on_new


def repeat_after(reminders: int) -> timedelta:
    """Return how long to wait for an answer after so many reminders before the next one."""
    return min(REPEAT_FIRST * (1 << min(reminders, 10)), REPEAT_MAX)
