"""Lists of the weekly report (周报): cases, clocks, press, coverage, what is silenced."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select

from domain.access import Actor
from domain.clock import shanghai_day
from store.board import is_current
from store.report_posts import lacks_basis, speaks_of_self_harm
from store.tables import (
    analysis,
    case,
    issue,
    mention,
    post,
    revision,
    silence,
    source,
    subject,
)
from store.weekly import Scope, watched
from store.weekly_alerts import AlertItem, alert_items
from store.weekly_clocks import ClockItem, clock_items

#: Press articles listed; the table's total says how many there are.
MOST_ARTICLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseItem:
    """One case that was open in the period."""

    number: str
    subject: str
    title: str
    state: str
    level: str | None
    registered_at: datetime
    registered_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One press article about a watched subject."""

    post_id: int
    outlet: str
    subject: str
    title: str
    url: str | None
    published_at: datetime
    negative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTrouble:
    """A source that was silent in the period or has an open problem."""

    name: str
    posts: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """A silence (静默) in force during the period."""

    matcher: dict[str, Any]
    reason: str
    author: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDate:
    """A key date (关键节点, AD-12) of the coming week."""

    day: date
    kind: str
    subject: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Everything the report lists beside its numbers."""

    alerts: tuple[AlertItem, ...]
    cases: tuple[CaseItem, ...]
    clocks: tuple[ClockItem, ...]
    articles: tuple[Article, ...]
    articles_all: int
    next_dates: tuple[NextDate, ...]
    #: None: coverage is shown to people of the whole company only.
    sources: int | None
    troubles: tuple[SourceTrouble, ...]
    silenced: tuple[Silenced, ...] | None


def lists(
    connection: Connection, actor: Actor, since: datetime, until: datetime, scope: Scope
) -> Lists:
    """Return what the report of [since, until) lists, filtered by what the actor may see."""
    subjects, whole = watched(connection, actor, scope)
    ids = None if whole else frozenset(item.id for item in subjects)
    found = alert_items(connection, ids, since, until)
    cases = _cases(connection, ids, since, until)
    articles, articles_all = _articles(connection, ids, since, until)
    total, troubles = _coverage(connection, since, until) if whole else (None, ())
    return Lists(
        alerts=found,
        cases=cases,
        clocks=clock_items(connection, ids, since, until),
        articles=articles,
        articles_all=articles_all,
        next_dates=_next_dates(connection, ids, until),
        sources=total,
        troubles=troubles,
        silenced=_silenced(connection, since, until) if whole else None,
    )


# ---- cases -------------------------------------------------------------------------------------


def _cases(
    connection: Connection, ids: frozenset[int] | None, since: datetime, until: datetime
) -> tuple[CaseItem, ...]:
    query = (
        select(case, subject.c.name)
        .join(subject, subject.c.id == case.c.subject_id)
        .where(
            case.c.registered_at < until, or_(case.c.closed_at.is_(None), case.c.closed_at >= since)
        )
        .order_by(case.c.registered_at.desc())
    )
    if ids is not None:
        query = query.where(case.c.subject_id.in_(sorted(ids)))
    return tuple(
        CaseItem(
            number=row.number, subject=row.name, title=row.title, state=row.state,
            level=row.level, registered_at=row.registered_at, registered_by=row.registered_by,
            closed_at=row.closed_at,
        )
        for row in connection.execute(query)
    )  # fmt: skip


# ---- press, coverage, what comes ---------------------------------------------------------------


def _articles(
    connection: Connection, ids: frozenset[int] | None, since: datetime, until: datetime
) -> tuple[tuple[Article, ...], int]:
    version = revision.alias("version")
    newest = (
        select(func.max(version.c.id))
        .where(version.c.post_id == post.c.id, version.c.deleted.is_(False))
        .scalar_subquery()
    )
    judged = select(analysis.c.id).where(analysis.c.id == mention.c.analysis_id, is_current())
    query = (
        select(
            post.c.id, post.c.outlet, post.c.site, post.c.url, post.c.published_at,
            revision.c.title, revision.c.text, subject.c.name, mention.c.negative,
        )
        .join_from(post, mention, mention.c.post_id == post.c.id)
        .join(subject, subject.c.id == mention.c.subject_id)
        .join(source, source.c.id == post.c.source_id)
        .join(revision, revision.c.id == newest)
        .where(
            post.c.kind == "news", post.c.published_at >= since, post.c.published_at < until,
            post.c.deleted_at.is_(None), judged.exists(), mention.c.relevant,
            ~speaks_of_self_harm(), ~lacks_basis(),
        )
        .order_by(mention.c.negative.desc(), post.c.published_at.desc(), post.c.id)
    )  # fmt: skip
    if ids is not None:
        query = query.where(mention.c.subject_id.in_(sorted(ids)))
    rows = {row.id: row for row in connection.execute(query)}
    return tuple(
        Article(
            post_id=row.id, outlet=row.outlet or row.site, subject=row.name,
            title=row.title or row.text, url=row.url, published_at=row.published_at,
            negative=row.negative,
        )
        for row in list(rows.values())[:MOST_ARTICLES]
    ), len(rows)  # fmt: skip


def _coverage(
    connection: Connection, since: datetime, until: datetime
) -> tuple[int, tuple[SourceTrouble, ...]]:
    """Return the number of sources in use, and those silent or in trouble."""
    posts: dict[int, int] = dict(
        connection.execute(
            select(post.c.source_id, func.count())
            .where(post.c.published_at >= since, post.c.published_at < until)
            .group_by(post.c.source_id)
        ).all()
    )
    problems: dict[int, list[str]] = {}
    for row in connection.execute(
        select(issue.c.source_id, issue.c.message)
        .where(
            issue.c.source_id.is_not(None), issue.c.at < until,
            or_(issue.c.closed_at.is_(None), issue.c.closed_at >= since),
        )
        .order_by(issue.c.at.desc())
    ):  # fmt: skip
        problems.setdefault(row.source_id, []).append(row.message)
    used = connection.execute(
        select(source.c.id, source.c.name).where(source.c.enabled).order_by(source.c.name)
    ).all()
    return len(used), tuple(
        SourceTrouble(
            name=row.name, posts=posts.get(row.id, 0),
            problems=tuple(dict.fromkeys(problems.get(row.id, [])))[:3],
        )
        for row in used
        if row.id in problems or not posts.get(row.id)
    )  # fmt: skip


def _silenced(connection: Connection, since: datetime, until: datetime) -> tuple[Silenced, ...]:
    rows = connection.execute(
        select(silence)
        .where(silence.c.starts_at < until, silence.c.ends_at >= since)
        .order_by(silence.c.starts_at)
    )
    return tuple(
        Silenced(
            matcher=dict(row.matcher), reason=row.reason, author=row.author,
            starts_at=row.starts_at, ends_at=row.ends_at,
        )
        for row in rows
    )  # fmt: skip


def _next_dates(
    connection: Connection, ids: frozenset[int] | None, until: datetime
) -> tuple[NextDate, ...]:
    """Return key dates of the seven days after the period; a broken date is not this page's."""
    first = shanghai_day(until)
    query = select(subject).where(subject.c.retired_at.is_(None))
    if ids is not None:
        query = query.where(subject.c.id.in_(sorted(ids)))
    found = []
    for row in connection.execute(query):
        for item in (row.details or {}).get("key_dates") or ():
            day = date.fromisoformat(str(item["day"]))
            if first <= day < first + timedelta(days=7):
                found.append(
                    NextDate(
                        day=day, kind=str(item.get("kind", "")), subject=row.name,
                        note=str(item.get("note", "")),
                    )
                )  # fmt: skip
    return tuple(sorted(found, key=lambda item: (item.day, item.subject)))
