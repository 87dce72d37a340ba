"""Alerts as the weekly report lists them: suggestion, a person's verdict, quotes (A12 privacy)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from store import board
from store.board import Voices
from store.report_posts import PRIVATE, withheld
from store.tables import (
    alert,
    case,
    case_alert,
    event,
    finding,
    finding_post,
    post,
    revision,
    subject,
)
from store.weekly import hidden_alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A first-hand text behind an alert, unmasked and whole: the report cuts and masks it."""

    post_id: int
    text: str
    url: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertItem:
    """One alert of the week."""

    number: str
    subject: str
    title: str
    level: str
    status: str
    #: "" where a text behind it is not for reports.
    reason: str
    opened_at: datetime
    #: Opened in this period; else it is older and something changed.
    new: bool
    posts: tuple[int, ...]
    voices: Voices
    verdict: str | None
    verdict_by: str
    verdict_reason: str
    merged_into: str
    case_number: str
    quotes: tuple[Quote, ...]


def alert_items(
    connection: Connection, ids: frozenset[int] | None, since: datetime, until: datetime
) -> tuple[AlertItem, ...]:
    """Return the alerts opened, changed or still open in the period, newest first."""
    moved = or_(
        (alert.c.opened_at >= since),
        (alert.c.changed_at >= since) & (alert.c.changed_at < until),
        (alert.c.verdict_at >= since) & (alert.c.verdict_at < until),
        alert.c.status == "open",
    )
    target = alert.alias("target")
    query = (
        select(
            alert, subject.c.name, event.c.title, case.c.number.label("case_number"),
            target.c.number.label("merged_number"),
        )
        .join_from(alert, subject, subject.c.id == alert.c.subject_id, isouter=True)
        .join(event, event.c.id == alert.c.event_id, isouter=True)
        .join(case_alert, case_alert.c.alert_id == alert.c.id, isouter=True)
        .join(case, case.c.id == case_alert.c.case_id, isouter=True)
        .join(target, target.c.id == alert.c.merged_into, isouter=True)
        # An interrupted source is no public opinion: it stands with the sources.
        .where(moved, alert.c.opened_at < until, alert.c.source_id.is_(None))
        .order_by(alert.c.opened_at.desc(), alert.c.id.desc())
    )  # fmt: skip
    if ids is not None:
        query = query.where(alert.c.subject_id.in_(sorted(ids)))
    rows = connection.execute(query).all()
    hidden = hidden_alerts(connection, [row.id for row in rows])
    shown = {row.id: row for row in rows if row.id not in hidden}
    behind = _behind(connection, list(shown))
    kept_out = withheld(connection, {p for posts in behind.values() for p in posts})
    voices = board.voices_of(connection, list(shown))
    quotes = _quotes(connection, list(shown), set(kept_out))
    return tuple(
        AlertItem(
            number=row.number, subject=row.name or "", title=row.title or "", level=row.level,
            status=row.status, opened_at=row.opened_at, new=row.opened_at >= since,
            reason="" if PRIVATE in {kept_out.get(p) for p in behind[row.id]} else row.reason_zh,
            posts=tuple(sorted(behind[row.id] - kept_out.keys())), voices=voices[row.id][1],
            verdict=row.verdict, verdict_by=row.verdict_by or "",
            verdict_reason=row.verdict_reason or "", merged_into=row.merged_number or "",
            case_number=row.case_number or "", quotes=tuple(quotes.get(row.id, ())),
        )
        for row in shown.values()
    )  # fmt: skip


def _behind(connection: Connection, alert_ids: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {alert_id: set() for alert_id in alert_ids}
    for row in connection.execute(
        select(finding.c.alert_id, finding_post.c.post_id)
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .where(finding.c.alert_id.in_(alert_ids))
    ):
        found[row.alert_id].add(row.post_id)
    return found


def _quotes(
    connection: Connection, alert_ids: Sequence[int], kept_out: set[int], most: int = 2
) -> dict[int, list[Quote]]:
    """Return the first texts behind each alert that still stand and are no copies of another."""
    rows = connection.execute(
        select(
            finding.c.alert_id, post.c.id, revision.c.title, revision.c.text, post.c.url,
            post.c.published_at,
        )
        .join_from(finding, finding_post, finding_post.c.finding_id == finding.c.id)
        .join(post, post.c.id == finding_post.c.post_id)
        .join(revision, revision.c.id == finding_post.c.revision_id)
        .where(finding.c.alert_id.in_(alert_ids), post.c.deleted_at.is_(None))
        .order_by(post.c.published_at, post.c.id, revision.c.n.desc())
    )  # fmt: skip
    found: dict[int, list[Quote]] = {}
    for row in rows:
        mine = found.setdefault(row.alert_id, [])
        text = row.text or row.title
        known = {quote.post_id for quote in mine} | kept_out
        if len(mine) < most and row.id not in known and text not in {q.text for q in mine}:
            mine.append(
                Quote(post_id=row.id, text=text, url=row.url, published_at=row.published_at)
            )
    return found
