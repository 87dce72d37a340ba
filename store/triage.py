"""Triage (研判): what a person says of an alert: confirmed, false alarm, part of another (S-02)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from domain.access import Actor
from domain.clock import say_time
from domain.errors import CaseError, ConflictError
from store import access, audit, cases, clocks, dirty, events
from store.alerts import AlertRow, by_number
from store.tables import alert, alert_change, audit_payload, finding, finding_post, post
from store.tables import audit as audit_rows

#: Why an alert was none (S-02: a reason is required; it feeds tuning).
DISMISSALS: dict[str, str] = {
    "ad": "广告或软文",
    "namesake": "同名，不是本公司",
    "old": "旧闻翻出",
    "polarity": "并非负面",
    "joke": "玩笑或争吵",
    "handled": "已知并已处理",
    "test": "测试或演练",
    "other": "其他",
}


def confirm(
    connection: Connection,
    number: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    seen: int | None,
) -> None:
    """Say that an alert is real and watched on; stops the triage clock, not the alert (AD-10)."""
    access.permit(connection, actor, f"alert:{number}", "confirmed")
    row = _open(connection, number)
    _not_a_case(connection, row, "不必再确认")
    _append(connection, number, "confirmed", actor, now, reason, seen)
    _set_verdict(connection, row, "confirmed", actor, now, reason)
    clocks.stop(connection, f"alert:{number}", "triaged", actor.name, now)


def dismiss(
    connection: Connection, number: str, *, code: str, actor: Actor, now: datetime, reason: str,
    seen: int | None,
) -> None:  # fmt: skip
    """Close an alert as a false alarm; only what is graver or new raises it again (S-02).

    Raises CaseError without a known reason, or when the alert is registered as a case.
    """
    access.permit(connection, actor, f"alert:{number}", "dismissed")
    if code not in DISMISSALS:
        raise CaseError("误报须选择原因（S-02）")
    if code == "other" and not reason.strip():
        raise CaseError("选“其他”时请写明原因（S-02）")
    row = _open(connection, number)
    _not_a_case(connection, row, "不能再标误报")
    said = "：".join(part for part in (DISMISSALS[code], reason.strip()) if part)
    note = {"code": code, "before": _verdict(row)}
    _append(connection, number, "dismissed", actor, now, said, seen, note)
    _set_verdict(connection, row, "false_alarm", actor, now, said)
    _close(connection, row, "dismissed", said, actor, now)
    clocks.stop(connection, f"alert:{number}", "triaged", actor.name, now)


def undo_dismissal(
    connection: Connection, number: str, *, actor: Actor, now: datetime, seen: int | None = None
) -> None:
    """Open a dismissed alert again; raises CaseError if its trouble has a new alert meanwhile."""
    access.permit(connection, actor, f"alert:{number}", "dismissal-undone")
    row = by_number(connection, number)
    if row.status != "dismissed":
        raise CaseError(f"预警 {number} 不是误报状态，没有可撤销的误报")
    newer = connection.scalar(
        select(alert.c.number).where(alert.c.identity == row.identity, alert.c.status == "open")
    )
    if newer is not None:
        raise CaseError(f"同一件事已有新预警 {newer}：请在新预警上处理")
    _append(connection, number, "dismissal-undone", actor, now, "撤销误报", seen)
    _restore(connection, row, "dismissed")
    _reopen(connection, row, "撤销误报", actor, now)


def merge(
    connection: Connection, number: str, into: str, *, actor: Actor, now: datetime, reason: str,
    seen: int | None,
) -> None:  # fmt: skip
    """Count an alert as part of another at the same subject: sets unite, nothing counts twice."""
    access.permit(connection, actor, f"alert:{number}", "merged")
    row, target = _open(connection, number), _open(connection, into)
    if row.id == target.id:
        raise CaseError("不能把预警合并到它自己")
    if row.subject_id != target.subject_id:
        raise CaseError(
            f"{number} 与 {into} 不是同一监测对象：不同项目的同类问题请看“其他项目同类问题”，不合并"
        )
    subject_id = row.subject_id
    if row.event_id is None or target.event_id is None or subject_id is None:
        raise CaseError("只有事件预警可以合并")
    _not_a_case(connection, row, f"不能并入别的预警；可以反过来把 {into} 并入它")
    events.merge(connection, row.event_id, subject_id, target.event_id, actor.name, now)
    note = {"into": into, "before": _verdict(row)}
    _append(connection, number, "merged", actor, now, reason or f"并入 {into}", seen, note)
    _append(
        connection, into, "merged", actor, now, reason or f"并入自 {number}", None, {"from": number}
    )
    _set_verdict(connection, row, "merged", actor, now, reason)
    connection.execute(update(alert).where(alert.c.id == row.id).values(merged_into=target.id))
    _close(connection, row, "merged", f"并入 {into}", actor, now)
    clocks.stop(connection, f"alert:{number}", "triaged", actor.name, now)
    dirty.add_events(connection, {(target.event_id, subject_id)})


def split(
    connection: Connection, number: str, *, actor: Actor, now: datetime, seen: int | None = None
) -> None:
    """Take a merge back: the alert stands alone again."""
    access.permit(connection, actor, f"alert:{number}", "split")
    row = by_number(connection, number)
    if row.status != "merged" or row.event_id is None or row.subject_id is None:
        raise CaseError(f"预警 {number} 没有并入别的预警")
    target = connection.execute(
        select(alert.c.number, alert.c.event_id, alert.c.subject_id).where(
            alert.c.id == row.merged_into
        )
    ).one()
    events.split(connection, row.event_id, row.subject_id)
    _append(connection, number, "split", actor, now, f"从 {target.number} 拆出", seen)
    _append(connection, target.number, "split", actor, now, f"拆出 {number}", None)
    _restore(connection, row, "merged")
    connection.execute(update(alert).where(alert.c.id == row.id).values(merged_into=None))
    _reopen(connection, row, f"从 {target.number} 拆出", actor, now)
    top = events.root(events.merges(connection), target.event_id, target.subject_id)
    dirty.add_events(connection, {(row.event_id, row.subject_id), (top, target.subject_id)})


def mark_registered(connection: Connection, row: AlertRow, actor: Actor, now: datetime) -> None:
    """Remember that the alert became a case."""
    _set_verdict(connection, row, "registered", actor, now, "")


def check_seen(connection: Connection, number: str, seen: int | None) -> None:
    """Raise ConflictError if somebody decided something after step `seen` of the alert's chain.

    Acknowledging and the ticking of clocks are no decisions: they refuse nobody's word.
    """
    if seen is None:
        return
    newer = connection.execute(
        select(audit_rows.c.actor, audit_rows.c.at)
        .where(
            audit_rows.c.object == f"alert:{number}", audit_rows.c.seq > seen,
            audit_rows.c.action.not_in(_NO_DECISION),
        )
        .order_by(audit_rows.c.seq.desc())
        .limit(1)
    ).first()  # fmt: skip
    if newer is not None:
        raise ConflictError(
            f"{number} 已被他人更改（{newer.actor} {say_time(newer.at)}）：请看过最新情况再定"
        )


_NO_DECISION = ("acknowledged", "clock-warning", "clock-overdue")


# ---- what dismissing means for counting --------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed:
    """The last false alarm of an identity: its level, and the posts it was judged by."""

    number: str
    level: str
    #: Natural keys site|native id: an edit does not make a judged post a new one.
    posts: frozenset[str]


def last_dismissed(connection: Connection, identity: str) -> Dismissed | None:
    """Return the newest dismissed alert of an identity, None if the last word was another."""
    row = connection.execute(
        select(alert.c.id, alert.c.number, alert.c.level, alert.c.status)
        .where(alert.c.identity == identity)
        .order_by(alert.c.id.desc())
        .limit(1)
    ).first()
    if row is None or row.status != "dismissed":
        return None
    judged = connection.execute(
        select(post.c.site, post.c.native_id)
        .join(finding_post, finding_post.c.post_id == post.c.id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .where(finding.c.alert_id == row.id)
    )
    keys = frozenset(events.natural_key(one.site, one.native_id) for one in judged)
    return Dismissed(number=row.number, level=row.level, posts=keys)


def judged(connection: Connection, subject_id: int, since: datetime) -> frozenset[str]:
    """Return the keys of the posts behind a subject's alerts dismissed since then."""
    rows = connection.execute(
        select(post.c.site, post.c.native_id)
        .join(finding_post, finding_post.c.post_id == post.c.id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .join(alert, alert.c.id == finding.c.alert_id)
        .where(
            alert.c.subject_id == subject_id, alert.c.status == "dismissed",
            alert.c.closed_at >= since, finding.c.stream != "",
        )
        .distinct()
    )  # fmt: skip
    return frozenset(events.natural_key(row.site, row.native_id) for row in rows)


# ---- rows --------------------------------------------------------------------------------------


def _open(connection: Connection, number: str) -> AlertRow:
    row = by_number(connection, number)
    if row.status != "open":
        raise CaseError(
            f"预警 {number} 已{_STATES[row.status]}"
            + (f"（{row.verdict_by}）" if row.verdict_by else "")
            + "：请刷新页面查看最新情况"
        )
    return row


_STATES = {"closed": "自动关闭", "dismissed": "标为误报", "merged": "并入其他预警"}


def _append(
    connection: Connection, number: str, action: str, actor: Actor, now: datetime, reason: str,
    seen: int | None, payload: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    check_seen(connection, number, seen)
    audit.append(
        connection, f"alert:{number}", action, actor=actor, at=now, reason=reason,
        payload=payload,
    )  # fmt: skip


def _set_verdict(
    connection: Connection, row: AlertRow, verdict: str | None, actor: Actor, now: datetime,
    reason: str,
) -> None:  # fmt: skip
    connection.execute(
        update(alert)
        .where(alert.c.id == row.id)
        .values(verdict=verdict, verdict_at=now, verdict_by=actor.name, verdict_reason=reason)
    )


def _close(
    connection: Connection, row: AlertRow, status: str, reason: str, actor: Actor, now: datetime
) -> None:
    _change(connection, row, status, reason, actor, now)
    connection.execute(
        update(alert)
        .where(alert.c.id == row.id)
        .values(status=status, closed_at=now, version=row.version + 1, changed_at=now)
    )


def _reopen(
    connection: Connection, row: AlertRow, reason: str, actor: Actor, now: datetime
) -> None:
    _change(connection, row, "reopened", reason, actor, now)
    connection.execute(
        update(alert)
        .where(alert.c.id == row.id)
        .values(
            status="open", closed_at=None, version=row.version + 1, changed_at=now,
            next_check_at=now,
        )
    )  # fmt: skip


def _not_a_case(connection: Connection, row: AlertRow, consequence: str) -> None:
    case_number = cases.of_alert(connection, row.id)
    if case_number is not None:
        raise CaseError(
            f"预警 {row.number} 已登记为个案 {case_number}：请在个案中处理，{consequence}"
        )


def _verdict(row: AlertRow) -> dict[str, str | None]:
    """Return the verdict as the audit keeps it, for taking the next one back."""
    at = row.verdict_at.isoformat() if row.verdict_at else None
    return {"verdict": row.verdict, "by": row.verdict_by, "at": at}


def _restore(connection: Connection, row: AlertRow, action: str) -> None:
    """Put back the verdict that stood before `action`; without one the triage clock runs on."""
    payload = connection.scalar(
        select(audit_payload.c.payload)
        .join(audit_rows, audit_rows.c.id == audit_payload.c.audit_id)
        .where(audit_rows.c.object == f"alert:{row.number}", audit_rows.c.action == action)
        .order_by(audit_rows.c.seq.desc())
        .limit(1)
    )
    before = (payload or {}).get("before") or {}
    at = before.get("at")
    connection.execute(
        update(alert)
        .where(alert.c.id == row.id)
        .values(
            verdict=before.get("verdict"), verdict_by=before.get("by"), verdict_reason=None,
            verdict_at=datetime.fromisoformat(at) if at else None,
        )
    )  # fmt: skip
    if before.get("verdict") is None and row.verdict_at is not None:
        clocks.resume(connection, f"alert:{row.number}", "triaged", row.verdict_at)


def _change(
    connection: Connection, row: AlertRow, change: str, reason: str, actor: Actor, now: datetime
) -> None:
    connection.execute(
        insert(alert_change).values(
            alert_id=row.id, version=row.version + 1, at=now, change=change, level=row.level,
            rule="person", reason_zh=reason, post_ids=[], by=actor.name,
        )
    )  # fmt: skip
