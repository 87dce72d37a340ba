"""Lifecycle: what the findings do to an alert, with a named reason; pure (B-HY1, B-ID1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.alert import AlertState, Decision, Finding
from domain.clock import say_span, say_time
from domain.level import Level

#: What the id of a rule's early form ends in (event-voices, event-voices-rising).
EARLY = "-rising"
#: First repeat of a grave alert nobody acknowledged, and the longest wait after doubling (B-GR1).
REPEAT_FIRST, REPEAT_MAX = timedelta(minutes=60), timedelta(hours=4)
#: So many level changes within `FLAP_WITHIN` and the higher level stays (B-HY1).
FLAPS, FLAP_WITHIN = 4, timedelta(hours=24)
#: What counts as a level change.
LEVEL_CHANGES = ("opened", "raised", "lowered")


def decide(
    state: AlertState | None, findings: Sequence[Finding], calm: timedelta, now: datetime
) -> Decision | None:
    """Return what becomes of the alert; None when there is none and nothing holds.

    Raises at once; lowers or closes only after the value stayed below for `calm`, and not while
    the level flaps. A finding that only holds up an alert neither opens nor raises one.
    """
    lead = next((finding for finding in findings if finding.opens), None)
    if state is None:
        return _open(lead, findings) if lead else None
    if lead and lead.level.graver_than(state.level):
        return _change("raised", state, lead.level, lead, findings, now)
    holding = _gravest_held(findings)
    if holding and not state.level.graver_than(holding[0]):
        return _keep(state, lead or holding[1], findings)
    since = state.below_since or now
    until = max(since + calm, frozen_until(state.changes, now) or since)
    if now < until:
        return _wait(state, lead, findings, since, until)
    if holding is None:
        return _close(state, calm)
    return _change("lowered", state, holding[0], holding[1], findings, now)


def frozen_until(changes: Sequence[datetime], now: datetime) -> datetime | None:
    """Return until when a flapping alert keeps its level, None when it does not flap (B-HY1)."""
    if len(changes) < FLAPS:
        return None
    until = sorted(changes)[-FLAPS] + FLAP_WITHIN
    return until if now < until else None


def remember(
    changes: Sequence[datetime], change: str | None, now: datetime
) -> tuple[datetime, ...]:
    """Return the level changes an alert keeps in mind after a decision."""
    return (*changes, now)[-FLAPS:] if change in LEVEL_CHANGES else tuple(changes)


def _gravest_held(findings: Sequence[Finding]) -> tuple[Level, Finding] | None:
    """Return the gravest level that some finding holds up, and the first such finding."""
    held = [(finding.keeps or finding.level, finding) for finding in findings if _holds(finding)]
    return max(held, key=lambda pair: pair[0].rank, default=None)


def _holds(finding: Finding) -> bool:
    """Whether a finding holds anything up now; a late window judged once holds up nothing."""
    return finding.keeps is not None or not finding.stream


def _open(lead: Finding, findings: Sequence[Finding]) -> Decision:
    return Decision(
        change="opened", level=lead.level, version=1, below_since=None,
        next_check_at=_next(findings), lead=lead, reason_zh=_reason(findings),
    )  # fmt: skip


def _change(
    change: str,
    state: AlertState,
    level: Level,
    lead: Finding,
    findings: Sequence[Finding],
    now: datetime,
) -> Decision:
    flapping = frozen_until(remember(state.changes, change, now), now)
    return Decision(
        change=change, level=level, version=state.version + 1, below_since=None,
        next_check_at=_next(findings), lead=lead, reason_zh=_reason(findings) + _says(flapping),
    )  # fmt: skip


def _says(frozen: datetime | None) -> str:
    if frozen is None:
        return ""
    return f"{say_span(FLAP_WITHIN)}内级别已变动{FLAPS}次，{say_time(frozen)}前只升不降。"


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
    until: datetime,
) -> Decision:
    times = [until] + [finding.changes_at for finding in findings]
    return Decision(
        change=None, level=state.level, version=state.version, below_since=since,
        next_check_at=min(times), lead=lead, reason_zh=_reason(findings),
    )  # fmt: skip


def _close(state: AlertState, calm: timedelta) -> Decision:
    return Decision(
        change="closed", level=state.level, version=state.version + 1, below_since=None,
        next_check_at=None, lead=None, reason_zh=f"已连续{say_span(calm)}低于预警条件，自动关闭。",
    )  # fmt: skip


def absorb(state: AlertState, into: str) -> Decision:
    """Return the end of a topic's alert whose event has an alert of its own (B-ID1)."""
    return Decision(
        change="closed", level=state.level, version=state.version + 1, below_since=None,
        next_check_at=None, lead=None, reason_zh=f"多数声音说的是同一件事，并入预警 {into}。",
    )  # fmt: skip


def _next(findings: Sequence[Finding]) -> datetime:
    return min(finding.changes_at for finding in findings)


def _reason(findings: Sequence[Finding]) -> str:
    """Return the reasons, gravest first; a rule and its early form say the same: once."""
    said = {finding.rule.removesuffix(EARLY): finding for finding in reversed(findings)}
    return "".join(one.reason_zh for one in findings if said[one.rule.removesuffix(EARLY)] is one)


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
