"""What is known of sources over their visits: activity, yields, silence, interrupted data."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from store.tables import (
    alert,
    crawl,
    crawl_mark,
    finding,
    finding_post,
    issue,
    post_seen,
    source,
)

#: Issues that mean: what is said there does not reach us.
INTERRUPTIONS = (
    "blocked", "no-data", "crawl-failed", "crawl-died", "below-min", "layout-changed", "dead-feed",
    "not-visited",
)  # fmt: skip
#: Engines nobody visits: people bring the files.
BY_HAND = ("file",)


def behind_alerts(connection: Connection) -> dict[int, str]:
    """Return source id → number of the oldest open alert its posts or its subject are behind."""
    about_posts = alert.c.status == "open", alert.c.source_id.is_(None)
    by_posts = (
        select(post_seen.c.source_id, alert.c.id, alert.c.number)
        .join_from(alert, finding, finding.c.alert_id == alert.c.id)
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .join(post_seen, post_seen.c.post_id == finding_post.c.post_id)
        .where(*about_posts)
        .distinct()
    )
    by_subject = select(source.c.id, alert.c.id, alert.c.number).join_from(
        alert, source, source.c.subject_id == alert.c.subject_id
    )
    rows = [*connection.execute(by_posts), *connection.execute(by_subject.where(*about_posts))]
    found: dict[int, str] = {}
    for source_id, _, number in sorted(map(tuple, rows), key=lambda row: row[1]):
        found.setdefault(source_id, number)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """What the visits of a source came to so far."""

    last_new: int
    newest_new: datetime | None
    first: datetime | None
    walls: int


def visits(connection: Connection, source_id: int) -> Visits:
    """Return counts over the source's crawls, the one under way left out."""
    ended = (crawl.c.source_id == source_id, crawl.c.outcome != "running")
    last = connection.execute(
        select(crawl.c.new_posts, crawl.c.outcome)
        .where(*ended)
        .order_by(crawl.c.id.desc())
        .limit(12)
    ).all()
    newest = connection.scalar(
        select(func.max(crawl.c.started_at)).where(*ended, crawl.c.new_posts > 0)
    )
    first = connection.scalar(
        select(func.min(crawl.c.started_at)).where(*ended, crawl.c.outcome == "done")
    )
    walls = 0
    for row in last:
        if row.outcome != "blocked":
            break
        walls += 1
    return Visits(
        last_new=last[0].new_posts if last else 0, newest_new=newest, first=first, walls=walls
    )


def set_pace(
    connection: Connection, source_id: int, *, pace: str, reason: str, next_at: datetime
) -> None:
    """Remember how often a source is visited now, why, and when next."""
    connection.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(pace=pace, pace_reason=reason, next_check_at=next_at)
    )


def seen_before(connection: Connection, source_id: int) -> bool:
    """Whether an earlier visit of the source came to its end: a page in error does not undo it."""
    found = select(crawl.c.id).where(
        crawl.c.source_id == source_id, crawl.c.outcome != "running",
        (crawl.c.outcome == "done") | (crawl.c.posts > 0),
    )  # fmt: skip
    return connection.scalar(found.limit(1)) is not None


def verified(connection: Connection, source_id: int, now: datetime) -> None:
    """Note that a visit brought what the source promises."""
    connection.execute(update(source).where(source.c.id == source_id).values(verified_at=now))


def ask_visit(connection: Connection, source_id: int, now: datetime) -> None:
    """Make a source due now; one that is due already stays as it is."""
    connection.execute(
        update(source)
        .where(
            source.c.id == source_id,
            or_(source.c.next_check_at.is_(None), source.c.next_check_at > now),
        )
        .values(next_check_at=now)
    )


def newly_hot(connection: Connection) -> list[str]:
    """Return the sources behind an open alert that are not visited at their hot pace yet."""
    behind = behind_alerts(connection)
    rows = connection.scalars(
        select(source.c.name)
        .where(
            source.c.enabled, source.c.pace.in_(("normal", "cold")),
            source.c.engine.not_in(BY_HAND), source.c.id.in_(behind),
        )
        .order_by(source.c.name)
    )  # fmt: skip
    return list(rows)


def fields_seen(connection: Connection, source_id: int, before: int) -> tuple[Counter[str], int]:
    """Return field → posts that had it over the 50 crawls before one, and how many had posts."""
    total: Counter[str] = Counter()
    crawls = 0
    for found in connection.scalars(
        select(crawl.c.fields)
        .where(crawl.c.source_id == source_id, crawl.c.id < before, crawl.c.posts > 0)
        .order_by(crawl.c.id.desc())
        .limit(50)
    ):
        total.update(found)
        crawls += 1
    return total, crawls


def mark_of(connection: Connection, source_id: int, key: str) -> dict[str, Any] | None:
    """Return what the crawl memory holds under a key."""
    found: dict[str, Any] | None = connection.scalar(
        select(crawl_mark.c.state).where(
            crawl_mark.c.source_id == source_id, crawl_mark.c.key == key
        )
    )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A source whose data are interrupted: since when and what its issues say."""

    source_id: int
    name: str
    subject_id: int | None
    since: datetime
    problems: tuple[str, ...]


def silent(connection: Connection, now: datetime, intervals: int, least: timedelta) -> list[Silent]:
    """Return the enabled sources with an interruption open for so many of their intervals."""
    rows = connection.execute(
        select(
            source.c.id, source.c.name, source.c.subject_id, source.c.every_seconds,
            issue.c.at, issue.c.message,
        )
        .join(issue, issue.c.source_id == source.c.id)
        .where(source.c.enabled, issue.c.closed_at.is_(None), issue.c.code.in_(INTERRUPTIONS))
        .order_by(source.c.id, issue.c.at, issue.c.id)
    ).all()  # fmt: skip
    found: dict[int, Silent] = {}
    for row in rows:
        known = found.get(row.id)
        found[row.id] = Silent(
            source_id=row.id,
            name=row.name,
            subject_id=row.subject_id,
            since=known.since if known else row.at,
            problems=(*(known.problems if known else ()), row.message),
        )
    spans = {row.id: max(intervals * timedelta(seconds=row.every_seconds), least) for row in rows}
    return [item for item in found.values() if now - item.since >= spans[item.source_id]]


def overdue(connection: Connection, now: datetime, intervals: int) -> list[str]:
    """Return the enabled sources whose next visit should have begun so many intervals ago."""
    rows = connection.execute(
        select(source.c.name, source.c.next_check_at, source.c.every_seconds).where(
            source.c.enabled, source.c.engine.not_in(BY_HAND), source.c.next_check_at <= now
        )
    )
    return [
        row.name
        for row in rows
        if now - row.next_check_at >= intervals * timedelta(seconds=row.every_seconds)
    ]


def with_issue(connection: Connection, code: str) -> list[str]:
    """Return the sources with an open issue of this code."""
    return list(
        connection.scalars(
            select(source.c.name)
            .join(issue, issue.c.source_id == source.c.id)
            .where(issue.c.code == code, issue.c.closed_at.is_(None))
            .distinct()
            .order_by(source.c.name)
        )
    )


def names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """Return id → name."""
    rows = connection.execute(select(source.c.id, source.c.name).where(source.c.id.in_(ids)))
    return {row.id: row.name for row in rows}
