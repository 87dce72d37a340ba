"""Alerts with their findings and the posts behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from domain.alert import AlertState, Decision, EventView, Finding, identity
from domain.clock import shanghai_day
from domain.errors import CaseError
from domain.level import Level
from store import audit
from store.board import is_current
from store.db import inserted_id
from store.tables import (
    alert,
    alert_alias,
    alert_change,
    analysis,
    finding,
    finding_post,
    mention,
    post,
    revision,
    source,
    subject,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """An open alert as assess needs it."""

    id: int
    number: str
    state: AlertState


def open_alert(connection: Connection, name: str) -> OpenAlert | None:
    """Return the open alert of an identity."""
    row = connection.execute(
        select(alert).where(alert.c.identity == name, alert.c.status == "open")
    ).first()
    if row is None:
        return None
    return OpenAlert(
        id=row.id,
        number=row.number,
        state=AlertState(
            level=Level(row.level), version=row.version, below_since=row.below_since,
            changes=_level_changes(connection, row.id),
        ),
    )  # fmt: skip


def _level_changes(connection: Connection, alert_id: int) -> tuple[datetime, ...]:
    """Return when the level last changed, oldest first: as many as tell of flapping (B-HY1)."""
    times = connection.scalars(
        select(alert_change.c.at)
        .where(
            alert_change.c.alert_id == alert_id,
            alert_change.c.change.in_(("opened", "raised", "lowered")),
        )
        .order_by(alert_change.c.version.desc())
        .limit(4)
    )
    return tuple(reversed(times.all()))


def to_check(connection: Connection, now: datetime) -> list[tuple[int, str, int | None]]:
    """Return (subject id, identity, event id) of open alerts whose time has come."""
    rows = connection.execute(
        select(alert.c.subject_id, alert.c.identity, alert.c.event_id)
        .where(
            alert.c.status == "open", alert.c.next_check_at <= now, alert.c.subject_id.is_not(None)
        )
        .order_by(alert.c.identity)
    )
    return [(row.subject_id, row.identity, row.event_id) for row in rows]


def held(connection: Connection, subject_id: int, since: datetime) -> dict[str, str]:
    """Return stream → place of the open alert whose finding it was at or after `since` (B-ID1)."""
    rows = connection.execute(
        select(finding.c.stream, alert.c.identity)
        .join(alert, alert.c.id == finding.c.alert_id)
        .where(
            alert.c.status == "open", alert.c.subject_id == subject_id, finding.c.stream != "",
            finding.c.closed_at.is_(None) | (finding.c.closed_at >= since),
        )
        .order_by(finding.c.id)
    )  # fmt: skip
    return {row.stream: row.identity.split("|", 1)[1] for row in rows}


def rename(
    connection: Connection, known: OpenAlert, name: str, event_id: int | None, now: datetime
) -> None:
    """Let a topic's alert become an event's; its old identity keeps leading to it (B-ID1)."""
    old = connection.execute(select(alert.c.identity).where(alert.c.id == known.id)).scalar_one()
    connection.execute(
        update(alert).where(alert.c.id == known.id).values(identity=name, event_id=event_id)
    )
    connection.execute(insert(alert_alias).values(identity=old, alert_id=known.id, at=now))


def save(
    connection: Connection,
    view: EventView,
    ids: tuple[int | None, int],
    known: OpenAlert | None,
    decision: Decision,
    findings: Sequence[Finding],
    now: datetime,
    *,
    topic: str | None,
) -> tuple[int, str]:
    """Write one outcome: alert, findings, posts, change row and audit; return (id, number)."""
    event_id, subject_id = ids
    if known is None:
        number = next_number(connection, now)
        key = connection.execute(
            insert(alert).values(
                number=number, identity=identity(view.subject, view.event), event_id=event_id,
                subject_id=subject_id, topic=topic, status="open", level=decision.level,
                version=decision.version, reason_zh=decision.reason_zh, opened_at=now,
                changed_at=now, next_check_at=decision.next_check_at,
            )
        )  # fmt: skip
        alert_id = inserted_id(key)
    else:
        alert_id, number = known.id, known.number
        _update(connection, alert_id, decision, topic, now)
    _save_findings(connection, alert_id, findings, now)
    if decision.change:
        _log(connection, alert_id, number, decision, now)
    return alert_id, number


def _update(
    connection: Connection, alert_id: int, decision: Decision, topic: str | None, now: datetime
) -> None:
    values: dict[str, Any] = {
        "below_since": decision.below_since, "next_check_at": decision.next_check_at,
    }  # fmt: skip
    if decision.lead is not None:
        values |= {"reason_zh": decision.reason_zh, "topic": topic}
    if decision.change:
        values |= {
            "level": decision.level, "version": decision.version, "changed_at": now,
            "reason_zh": decision.reason_zh,
        }  # fmt: skip
    if decision.change == "closed":
        values |= {"status": "closed", "closed_at": now}
    connection.execute(update(alert).where(alert.c.id == alert_id).values(**values))


def next_number(connection: Connection, now: datetime) -> str:
    """Return the next warning number of the day, W-YYYYMMDD-nnnn."""
    prefix = f"W-{shanghai_day(now):%Y%m%d}-"
    used = connection.scalar(
        select(func.count()).select_from(alert).where(alert.c.number.startswith(prefix))
    )
    return f"{prefix}{(used or 0) + 1:04d}"


def _save_findings(
    connection: Connection, alert_id: int, findings: Sequence[Finding], now: datetime
) -> None:
    open_ones = {
        (row.rule, row.stream): row.id
        for row in connection.execute(
            select(finding.c.id, finding.c.rule, finding.c.stream).where(
                finding.c.alert_id == alert_id, finding.c.closed_at.is_(None)
            )
        )
    }
    for item in findings:
        known = open_ones.get((item.rule, item.stream))
        finding_id = _save_finding(connection, alert_id, known, item, now)
        _link_posts(connection, finding_id, item)
    gone = set(open_ones) - {(item.rule, item.stream) for item in findings}
    for key in sorted(gone):
        connection.execute(
            update(finding).where(finding.c.id == open_ones[key]).values(closed_at=now)
        )


def _save_finding(
    connection: Connection, alert_id: int, known: int | None, item: Finding, now: datetime
) -> int:
    values = {
        "rule_version": item.rule_version, "level": item.level, "observed": item.observed,
        "expected": item.expected, "score": item.score, "reason_zh": item.reason_zh,
        "snapshot": item.snapshot, "changed_at": now,
    }  # fmt: skip
    if known is not None:
        connection.execute(update(finding).where(finding.c.id == known).values(**values))
        return known
    key = connection.execute(
        insert(finding).values(
            alert_id=alert_id, rule=item.rule, stream=item.stream, opened_at=now, **values
        )
    )
    return inserted_id(key)


def _link_posts(connection: Connection, finding_id: int, item: Finding) -> None:
    """Add what is new; a revision once counted stays linked, also after an edit or deletion."""
    linked = set(
        connection.scalars(
            select(finding_post.c.revision_id).where(finding_post.c.finding_id == finding_id)
        )
    )
    new = [post.revision for post in item.posts if post.revision not in linked]
    if new:
        posts = {
            row.id: row.post_id
            for row in connection.execute(
                select(revision.c.id, revision.c.post_id).where(revision.c.id.in_(new))
            )
        }
        connection.execute(
            insert(finding_post),
            [{"finding_id": finding_id, "revision_id": r, "post_id": posts[r]} for r in new],
        )


def _log(
    connection: Connection, alert_id: int, number: str, decision: Decision, now: datetime
) -> None:
    lead = decision.lead
    keys = [post.key for post in lead.posts] if lead else []
    connection.execute(
        insert(alert_change).values(
            alert_id=alert_id, version=decision.version, at=now, change=decision.change,
            level=decision.level, rule=lead.rule if lead else "calm",
            observed=lead.observed if lead else None, expected=lead.expected if lead else None,
            score=lead.score if lead else None, reason_zh=decision.reason_zh, post_ids=keys,
            by=audit.RULE.name,
        )
    )  # fmt: skip
    audit.append(
        connection, f"alert:{number}", str(decision.change), actor=audit.RULE, at=now,
        reason=decision.reason_zh,
        payload={"level": decision.level, "version": decision.version, "posts": keys},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedPost:
    """A post behind an alert as a message quotes it."""

    text: str
    title: str
    site: str
    kind: str
    url: str | None
    published_at: datetime


def quotes(
    connection: Connection, subject_id: int, revision_ids: Sequence[int], limit: int
) -> list[QuotedPost]:
    """Return the gravest of these revisions' texts, the newer first among equals, for quoting.

    Only texts that still count for this subject: not deleted, hidden, purged or edited away, and
    called our business by the analyser or a person.
    """
    counts = select(mention.c.id).where(
        mention.c.analysis_id == analysis.c.id, mention.c.subject_id == subject_id,
        mention.c.relevant,
    )  # fmt: skip
    rows = connection.execute(
        select(
            revision.c.text, revision.c.title, post.c.site, post.c.kind, post.c.url,
            post.c.published_at,
        )
        .join(post, post.c.id == revision.c.post_id)
        .join(analysis, analysis.c.revision_id == revision.c.id)
        .where(
            revision.c.id.in_(revision_ids), revision.c.hidden.is_(None),
            revision.c.deleted.is_(False), post.c.deleted_at.is_(None), is_current(),
            counts.exists(),
        )
        .order_by(analysis.c.severity.desc(), post.c.published_at.desc(), post.c.id)
        .limit(limit)
    )  # fmt: skip
    return [
        QuotedPost(
            text=row.text, title=row.title, site=row.site, kind=row.kind, url=row.url,
            published_at=row.published_at,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert as people act on it."""

    id: int
    number: str
    #: None: it is about a source of no subject (数据中断), the whole company's business.
    subject_id: int | None
    subject: str
    level: Level
    version: int
    status: str
    opened_at: datetime
    identity: str
    event_id: int | None
    #: Name of the source whose data are interrupted, None for an alert about posts.
    source: str | None
    verdict: str | None
    verdict_by: str | None
    verdict_at: datetime | None
    merged_into: int | None


def by_number(connection: Connection, number: str) -> AlertRow:
    """Return one alert; raises CaseError naming the number if there is none."""
    row = connection.execute(
        select(alert, subject.c.name, source.c.name.label("source"))
        .outerjoin(subject, subject.c.id == alert.c.subject_id)
        .outerjoin(source, source.c.id == alert.c.source_id)
        .where(alert.c.number == number)
    ).first()
    if row is None:
        raise CaseError(f"没有编号为 {number} 的预警：请在看板核对编号")
    return AlertRow(
        id=row.id, number=row.number, subject_id=row.subject_id,
        subject=row.name or row.source or "", source=row.source,
        level=Level(row.level), version=row.version, status=row.status,
        opened_at=row.opened_at, identity=row.identity, event_id=row.event_id,
        verdict=row.verdict, verdict_by=row.verdict_by,
        verdict_at=row.verdict_at, merged_into=row.merged_into,
    )  # fmt: skip


def open_numbers(connection: Connection, subject_key: str) -> list[str]:
    """Return the numbers of a subject's open alerts, oldest first."""
    return list(
        connection.scalars(
            select(alert.c.number)
            .join(subject, subject.c.id == alert.c.subject_id)
            .where(alert.c.status == "open", subject.c.key == subject_key)
            .order_by(alert.c.opened_at, alert.c.id)
        )
    )
