"""Read models of source health (来源健康) and of the pulse behind /healthz."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from sqlalchemy import ColumnElement, Connection, func, select

from domain.access import Act, Actor
from domain.clock import shanghai_day
from store import access, source_alerts
from store.board import day_number, of_subject
from store.source_state import BY_HAND, INTERRUPTIONS
from store.tables import crawl, issue, outbox, post, source, subject, tick

#: Newest posts looked at for the lag; more would not change the median, only the time it takes.
LAG_SAMPLE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Minutes from publishing to fetching."""

    median: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLine:
    """Something somebody must act on."""

    source: str | None
    at: datetime
    level: str
    code: str
    message: str


class State(StrEnum):
    """How a source stands, the worst that is true of it."""

    OK = "ok"
    #: No visit and no check has brought a post yet.
    UNVERIFIED = "unverified"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    OFF = "off"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source as the health page lists it."""

    name: str
    engine: str
    kind: str
    site: str
    enabled: bool
    every: timedelta
    min_posts: int
    last_at: datetime | None
    last_outcome: str | None
    last_posts: int
    last_new: int
    last_message: str
    #: Posts its visits of the last 24 hours handed over: what `min_posts` is compared with.
    taken_day: int
    posts_today: int
    posts_week: int
    lag: Lag | None
    next_at: datetime | None
    issues: tuple[IssueLine, ...]
    basis: str | None
    url: str
    #: hot | normal | cold | wall, and why.
    pace: str
    pace_reason: str
    #: When a visit or a check last brought what it promises; None = 未验证.
    verified_at: datetime | None
    #: Reason → pages or records refused for it in the last seven days.
    rejected: dict[str, int]
    #: Key of the subject the whole source is about, None = found in the texts.
    subject: str | None
    #: Number of its open 数据中断 alert.
    alert: str | None

    @property
    def state(self) -> State:
        """Return how it stands."""
        codes = {line.code for line in self.issues}
        if not self.enabled:
            return State.OFF
        if self.last_outcome == "blocked" or "blocked" in codes:
            return State.REFUSED
        if self.alert or codes & set(INTERRUPTIONS):
            return State.INTERRUPTED
        if self.engine in BY_HAND:
            return State.BY_HAND
        return State.OK if self.verified_at else State.UNVERIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class TickLine:
    """When a tick was last asked for and last done."""

    name: str
    asked_at: datetime
    done_at: datetime | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What /healthz answers."""

    newest_fetch: datetime | None
    last_tick: datetime | None
    queued: int


def sources(connection: Connection, actor: Actor, now: datetime) -> list[SourceLine]:
    """Return the sources this person may see, those in trouble first."""
    rows = connection.execute(
        select(source, subject.c.key.label("subject_key"))
        .outerjoin(subject, subject.c.id == source.c.subject_id)
        .where(_visible(connection, actor))
        .order_by(source.c.name)
    ).all()
    alerted = source_alerts.open_ones(connection)
    last = _last_crawls(connection)
    today, week = _volumes(connection, now)
    lags = _lags(connection, now)
    troubles = issues(connection, actor)
    rejected, taken = _rejected(connection, now), _taken(connection, now)
    lines = []
    for row in rows:
        visit = last.get(row.id)
        lines.append(
            SourceLine(
                name=row.name,
                engine=row.engine,
                kind=row.kind,
                site=row.site,
                enabled=row.enabled,
                every=timedelta(seconds=row.every_seconds),
                min_posts=row.min_posts,
                last_at=visit.started_at if visit else None,
                last_outcome=visit.outcome if visit else None,
                last_posts=visit.posts if visit else 0,
                last_new=visit.new_posts if visit else 0,
                last_message=visit.message if visit else "",
                taken_day=taken.get(row.id, 0),
                posts_today=today.get(row.id, 0),
                posts_week=week.get(row.id, 0),
                lag=lags.get(row.id),
                next_at=row.next_check_at,
                issues=tuple(line for line in troubles if line.source == row.name),
                basis=row.basis,
                url=row.url,
                pace=row.pace,
                pace_reason=row.pace_reason or "",
                verified_at=row.verified_at,
                rejected=rejected.get(row.id, {}),
                subject=row.subject_key,
                alert=alerted.get(row.id),
            )
        )
    return sorted(lines, key=lambda line: (not line.issues, line.name))


def source_names(connection: Connection, actor: Actor) -> list[str]:
    """Return the names of the sources this person may see."""
    wanted = select(source.c.name).where(_visible(connection, actor))
    return list(connection.scalars(wanted.order_by(source.c.name)))


def _visible(connection: Connection, actor: Actor) -> ColumnElement[bool]:
    access.require(actor, Act.VIEW)
    return of_subject(source.c.subject_id, access.subject_ids(connection, actor))


def _last_crawls(connection: Connection) -> dict[int, "_Crawl"]:
    newest = (
        select(crawl.c.source_id, func.max(crawl.c.started_at).label("at"))
        .group_by(crawl.c.source_id)
        .subquery()
    )
    rows = connection.execute(
        select(crawl).join(
            newest,
            (newest.c.source_id == crawl.c.source_id) & (newest.c.at == crawl.c.started_at),
        )
    )
    return {
        row.source_id: _Crawl(
            started_at=row.started_at,
            outcome=row.outcome,
            posts=row.posts,
            new_posts=row.new_posts,
            message=row.message,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crawl:
    started_at: datetime
    outcome: str
    posts: int
    new_posts: int
    message: str


def _volumes(connection: Connection, now: datetime) -> tuple[dict[int, int], dict[int, int]]:
    """Return posts published today and in the last seven days, by source."""
    today = day_number(shanghai_day(now))
    since = day_number(shanghai_day(now - timedelta(days=6)))
    rows = connection.execute(
        select(post.c.source_id, post.c.day_cn, func.count())
        .where(post.c.day_cn >= since, post.c.day_cn <= today)
        .group_by(post.c.source_id, post.c.day_cn)
    )
    day: dict[int, int] = {}
    week: dict[int, int] = {}
    for source_id, number, count in rows:
        week[source_id] = week.get(source_id, 0) + count
        if number == today:
            day[source_id] = count
    return day, week


def _rejected(connection: Connection, now: datetime) -> dict[int, dict[str, int]]:
    rows = connection.execute(
        select(crawl.c.source_id, crawl.c.rejected).where(
            crawl.c.started_at > now - timedelta(days=7)
        )
    )
    found: dict[int, Counter[str]] = {}
    for source_id, counts in rows:
        if counts:
            found.setdefault(source_id, Counter()).update(counts)
    return {source_id: dict(counts.most_common()) for source_id, counts in found.items()}


def _taken(connection: Connection, now: datetime) -> dict[int, int]:
    rows = connection.execute(
        select(crawl.c.source_id, func.sum(crawl.c.posts))
        .where(crawl.c.started_at > now - timedelta(days=1))
        .group_by(crawl.c.source_id)
    )
    return {row[0]: int(row[1] or 0) for row in rows}


def _lags(connection: Connection, now: datetime) -> dict[int, Lag]:
    rows = connection.execute(
        select(post.c.source_id, post.c.published_at, post.c.fetched_at)
        .where(
            post.c.published_at > now - timedelta(days=7),
            post.c.published_precision.in_(("second", "minute")),
            post.c.backfill.is_(False),
        )
        .order_by(post.c.published_at.desc())
        .limit(LAG_SAMPLE)
    )
    waits: dict[int, list[float]] = {}
    for source_id, published, fetched in rows:
        waits.setdefault(source_id, []).append((fetched - published).total_seconds() / 60)
    return {source_id: lag(minutes) for source_id, minutes in waits.items()}


def lag(minutes: Sequence[float]) -> Lag:
    """Return median and 90th percentile (nearest rank) of at least one waiting time."""
    ordered = sorted(minutes)
    rank = -(-9 * len(ordered) // 10) - 1
    return Lag(median=median(ordered), p90=ordered[rank])


def issues(connection: Connection, actor: Actor, *, limit: int = 200) -> list[IssueLine]:
    """Return open issues, newest first, errors before warnings."""
    rows = connection.execute(
        select(issue, source.c.name)
        .join_from(issue, source, source.c.id == issue.c.source_id, isouter=True)
        .where(issue.c.closed_at.is_(None), _visible(connection, actor))
        .order_by(issue.c.level, issue.c.at.desc())
        .limit(limit)
    )
    return [
        IssueLine(source=row.name, at=row.at, level=row.level, code=row.code, message=row.message)
        for row in rows
    ]


def ticks(connection: Connection) -> list[TickLine]:
    """Return all ticks by name."""
    return [
        TickLine(name=row.name, asked_at=row.asked_at, done_at=row.done_at, message=row.message)
        for row in connection.execute(select(tick).order_by(tick.c.name))
    ]


def pulse(connection: Connection) -> Pulse:
    """Return the few facts that show the line is alive; each is one index step."""
    newest = connection.scalar(select(post.c.fetched_at).order_by(post.c.id.desc()).limit(1))
    return Pulse(
        newest_fetch=newest,
        last_tick=connection.scalar(select(func.max(tick.c.done_at))),
        queued=connection.scalar(
            select(func.count()).where(outbox.c.status.in_(("queued", "sending")))
        )
        or 0,
    )
