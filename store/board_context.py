"""What stands beside an alert: verdict, households, mergers, the same problem elsewhere (AD-13)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from domain.access import Act, Actor
from domain.clock import shanghai_day
from domain.homes import households
from store import access
from store.board import day_number, is_current, of_subject
from store.tables import (
    acknowledgement,
    alert,
    analysis,
    audit,
    finding,
    finding_post,
    mention,
    post,
    subject,
)

#: How far back the same problem at other subjects is looked for.
ELSEWHERE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The same kind of problem at another subject in the last 30 days (AD-13)."""

    subject: str
    category: str
    posts: int
    last_at: datetime
    alert: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """Somebody said that the push arrived (B-AK1)."""

    by: str
    via: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What people said and did about an alert, and what else it touches."""

    #: Last step of the alert's audit chain: what the reader of this page has seen.
    seq: int
    verdict: str | None
    verdict_by: str | None
    verdict_at: datetime | None
    verdict_reason: str
    merged_into: str | None
    merged: tuple[str, ...]
    #: Open alerts of the same subject, with their reasons: it may be merged into one of them.
    siblings: tuple[tuple[str, str], ...]
    #: Households that members stated themselves; certain, because nothing is inferred (N-01).
    households: int
    acknowledged: tuple[Acknowledged, ...]
    elsewhere: tuple[Elsewhere, ...]


def context(connection: Connection, actor: Actor, number: str, now: datetime) -> Context | None:
    """Return the context of an alert, None if there is none this person may see."""
    access.require(actor, Act.VIEW)
    ids = access.subject_ids(connection, actor)
    row = connection.execute(
        select(alert).where(alert.c.number == number, of_subject(alert.c.subject_id, ids))
    ).first()
    if row is None:
        return None
    code = _main_category(connection, row.id)
    return Context(
        seq=connection.scalar(
            select(func.max(audit.c.seq)).where(audit.c.object == f"alert:{number}")
        )
        or 0,
        verdict=row.verdict, verdict_by=row.verdict_by, verdict_at=row.verdict_at,
        verdict_reason=row.verdict_reason or "",
        merged_into=connection.scalar(
            select(alert.c.number).where(alert.c.id == row.merged_into)
        ),
        merged=tuple(
            connection.scalars(select(alert.c.number).where(alert.c.merged_into == row.id))
        ),
        siblings=_siblings(connection, row.id, row.subject_id),
        households=_households(connection, row.id),
        acknowledged=_acknowledged(connection, row.id),
        elsewhere=_elsewhere(connection, ids, row.subject_id, code, now) if code else (),
    )  # fmt: skip


def _siblings(
    connection: Connection, alert_id: int, subject_id: int | None
) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(
        select(alert.c.number, alert.c.reason_zh)
        .where(alert.c.status == "open", alert.c.subject_id == subject_id, alert.c.id != alert_id)
        .order_by(alert.c.opened_at.desc())
    )
    return tuple((row.number, row.reason_zh) for row in rows)


def _households(connection: Connection, alert_id: int) -> int:
    said = connection.execute(
        select(post.c.site, post.c.author_key, post.c.household_key)
        .join(finding_post, finding_post.c.post_id == post.c.id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .where(finding.c.alert_id == alert_id, post.c.household_key.is_not(None))
        .order_by(post.c.id)
    )
    return households((row.site, row.author_key, row.household_key) for row in said)


def _acknowledged(connection: Connection, alert_id: int) -> tuple[Acknowledged, ...]:
    rows = connection.execute(
        select(acknowledgement)
        .where(acknowledgement.c.alert_id == alert_id)
        .order_by(acknowledgement.c.at)
    )
    return tuple(
        Acknowledged(by=row.by, via=row.via, version=row.version, at=row.at) for row in rows
    )


def _main_category(connection: Connection, alert_id: int) -> str | None:
    """Return the K-code that most posts behind the alert carry at its subject."""
    rows = connection.execute(
        select(mention.c.post_id, mention.c.categories)
        .join(finding_post, finding_post.c.post_id == mention.c.post_id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .join(alert, alert.c.id == finding.c.alert_id)
        .join(analysis, analysis.c.id == mention.c.analysis_id)
        .where(
            finding.c.alert_id == alert_id, mention.c.subject_id == alert.c.subject_id,
            is_current(),
        )
    )  # fmt: skip
    of_post = {row.post_id: row.categories for row in rows}
    codes = Counter(code for found in of_post.values() for code in found)
    return min(codes, key=lambda code: (-codes[code], code), default=None)


def _elsewhere(
    connection: Connection,
    ids: frozenset[int] | None,
    own: int | None,
    code: str,
    now: datetime,
) -> tuple[Elsewhere, ...]:
    rows = connection.execute(
        select(
            mention.c.subject_id, subject.c.name, mention.c.categories, mention.c.post_id,
            mention.c.published_at,
        )
        .join(subject, subject.c.id == mention.c.subject_id)
        .join(analysis, analysis.c.id == mention.c.analysis_id)
        .where(
            mention.c.day_cn >= day_number(shanghai_day(now - ELSEWHERE)), mention.c.negative,
            mention.c.subject_id != own, of_subject(mention.c.subject_id, ids), is_current(),
        )
    )  # fmt: skip
    posts: Counter[int] = Counter()
    last: dict[int, datetime] = {}
    names: dict[int, str] = {}
    for row in rows:
        if code in row.categories:
            posts[row.subject_id] += 1
            names[row.subject_id] = row.name
            last[row.subject_id] = max(row.published_at, last.get(row.subject_id, row.published_at))
    numbers = {
        row.subject_id: row.number
        for row in connection.execute(
            select(alert.c.subject_id, alert.c.number)
            .where(alert.c.status == "open", alert.c.subject_id.in_(list(posts)))
            .order_by(alert.c.opened_at)
        )
    }
    return tuple(
        Elsewhere(
            subject=names[key], category=code, posts=n, last_at=last[key], alert=numbers.get(key)
        )
        for key, n in posts.most_common(8)
    )
