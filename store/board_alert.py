"""Read model of one alert (预警详情): what was decided, from which texts, and who was told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from domain.access import Actor
from domain.level import Level
from store import access, board
from store.board import AlertLine, Clock
from store.board_posts import MentionLine, PostLine, lines_by_id
from store.tables import (
    alert,
    alert_change,
    audit,
    event,
    finding,
    finding_post,
    outbox,
    person,
    revision,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule or detector that holds under the alert."""

    rule: str
    #: Topic, or "all", of a finding of the statistics; "" for event rules.
    stream: str
    rule_version: int
    level: str
    observed: float
    expected: float | None
    score: float | None
    reason: str
    snapshot: dict[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    post_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A post behind the alert, as it read when it counted and as it reads now."""

    post: PostLine
    #: Revision that justified the alarm, and its text.
    n: int
    title: str
    text: str
    label: str | None
    details: dict[str, Any]
    mentions: tuple[MentionLine, ...]
    #: True when the author or a moderator has changed or removed it since.
    changed: bool
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One version of the alert."""

    version: int
    at: datetime
    change: str
    level: str
    rule: str
    observed: float | None
    expected: float | None
    reason: str
    posts: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message to one person by one channel, and what the channel answered."""

    version: int
    recipient: str
    post: str
    channel: str
    reason: str
    status: str
    queued_at: datetime
    accepted_at: datetime | None
    attempts: int
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One line of the audit trail (审计)."""

    seq: int
    at: datetime
    actor: str
    via: str
    action: str
    reason: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """Everything the alert page shows; the decisive posts come first."""

    line: AlertLine
    event_key: str | None
    event_title: str
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]
    changes: tuple[Change, ...]
    told: tuple[Told, ...]
    clocks: tuple[Clock, ...]
    trail: tuple[AuditLine, ...]


def view(connection: Connection, actor: Actor, number: str) -> AlertView | None:
    """Return the alert with this number, None if there is none this person may see."""
    found = board.alerts(connection, actor, number=number)
    if not found:
        return None
    row = connection.execute(
        select(alert.c.id, event.c.key, event.c.title)
        .join_from(alert, event, event.c.id == alert.c.event_id, isouter=True)
        .where(alert.c.number == number)
    ).first()
    assert row is not None
    [line] = found
    objects = [f"alert:{number}"] + ([f"case:{line.case_number}"] if line.case_number else [])
    return AlertView(
        line=line,
        event_key=row.key,
        event_title=row.title or "",
        findings=_findings(connection, row.id),
        evidence=_evidence(connection, row.id, access.subject_ids(connection, actor)),
        changes=_changes(connection, row.id),
        told=_told(connection, row.id),
        clocks=tuple(board.clocks(connection, objects)),
        trail=trail(connection, objects),
    )


def _findings(connection: Connection, alert_id: int) -> tuple[Finding, ...]:
    rows = connection.execute(
        select(finding).where(finding.c.alert_id == alert_id).order_by(finding.c.opened_at.desc())
    ).all()
    posts = connection.execute(
        select(finding_post.c.finding_id, finding_post.c.post_id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .where(finding.c.alert_id == alert_id)
    ).all()
    return tuple(
        Finding(
            rule=row.rule,
            stream=row.stream,
            rule_version=row.rule_version,
            level=row.level,
            observed=row.observed,
            expected=row.expected,
            score=row.score,
            reason=row.reason_zh,
            snapshot=dict(row.snapshot),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            post_ids=tuple(p.post_id for p in posts if p.finding_id == row.id),
        )
        for row in sorted(rows, key=lambda r: (r.closed_at is not None, -Level(r.level).rank))
    )


def _evidence(
    connection: Connection, alert_id: int, seen: frozenset[int] | None
) -> tuple[Evidence, ...]:
    rows = connection.execute(
        select(finding.c.rule, finding.c.level, revision.c.post_id, revision.c.n, revision.c.id)
        .join_from(finding, finding_post, finding_post.c.finding_id == finding.c.id)
        .join(revision, revision.c.id == finding_post.c.revision_id)
        .where(finding.c.alert_id == alert_id)
        .order_by(revision.c.n)
    ).all()
    then = {row.post_id: row for row in rows}  # the newest revision that counted
    now = {line.id: line for line in lines_by_id(connection, list(then), seen=seen)}
    texts = {
        line.id: line
        for line in lines_by_id(
            connection,
            list(then),
            seen=seen,
            revisions={row.post_id: row.id for row in then.values()},
        )
    }
    #: What several rules point at, or the gravest one, decided.
    weight = {
        post_id: (len(behind), max(behind.values()))
        for post_id in then
        if (behind := {r.rule: Level(r.level).rank for r in rows if r.post_id == post_id})
    }
    return tuple(
        Evidence(
            post=line,
            n=then[line.id].n,
            title=texts[line.id].title,
            text=texts[line.id].text,
            label=texts[line.id].label,
            details=texts[line.id].details,
            mentions=texts[line.id].mentions,
            changed=line.revision > then[line.id].n or line.deleted_at is not None,
            rules=tuple(dict.fromkeys(row.rule for row in rows if row.post_id == line.id)),
        )
        for line in sorted(
            now.values(), key=lambda line: (weight[line.id], line.published_at), reverse=True
        )
    )


def _changes(connection: Connection, alert_id: int) -> tuple[Change, ...]:
    rows = connection.execute(
        select(alert_change)
        .where(alert_change.c.alert_id == alert_id)
        .order_by(alert_change.c.version.desc())
    )
    return tuple(
        Change(
            version=row.version,
            at=row.at,
            change=row.change,
            level=row.level,
            rule=row.rule,
            observed=row.observed,
            expected=row.expected,
            reason=row.reason_zh,
            posts=len(row.post_ids),
            by=row.by,
        )
        for row in rows
    )


def _told(connection: Connection, alert_id: int) -> tuple[Told, ...]:
    rows = connection.execute(
        select(outbox, person.c.name, person.c.post)
        .join_from(outbox, person, person.c.key == outbox.c.recipient, isouter=True)
        .where(outbox.c.alert_id == alert_id)
        .order_by(outbox.c.queued_at.desc(), outbox.c.id)
    )
    return tuple(
        Told(
            version=row.version,
            recipient=row.name or row.recipient,
            post=row.post or "",
            channel=row.channel,
            reason=row.reason,
            status=row.status,
            queued_at=row.queued_at,
            accepted_at=row.accepted_at,
            attempts=row.attempts,
            verdict=row.verdict,
        )
        for row in rows
    )


def trail(connection: Connection, objects: list[str]) -> tuple[AuditLine, ...]:
    """Return the audit lines of these objects, newest first."""
    rows = connection.execute(
        select(audit)
        .where(or_(*(audit.c.object == name for name in objects)))
        .order_by(audit.c.at.desc(), audit.c.id.desc())
    )
    return tuple(
        AuditLine(
            seq=row.seq,
            at=row.at,
            actor=row.actor,
            via=row.via,
            action=row.action,
            reason=row.reason,
            hash=row.hash,
        )
        for row in rows
    )
