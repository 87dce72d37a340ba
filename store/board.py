"""Read models of the overview (态势总览): counts, trend, open alerts, clocks, cases.

Every count is of posts whose newest analysis by the active analyser says so, so that the number and
the list it opens to agree. Read only; each query stays on an index at a million posts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
)

from domain.access import Act, Actor
from domain.clock import shanghai_day
from domain.homes import voices
from domain.level import Level
from store import access
from store.outbox import called_back
from store.tables import (
    alert,
    analyser,
    analysis,
    case_alert,
    clock,
    complaint,
    day_stat,
    dirty_day,
    event,
    finding,
    finding_post,
    issue,
    media_enquiry,
    mention,
    outbox,
    post,
    relation,
    source,
    subject,
)
from store.tables import case as case_file


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """What one calendar day in Asia/Shanghai brought."""

    posts: int
    negative: int
    #: Accounts that wrote something negative; an anonymous post is no account.
    voices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The tiles on top of the overview."""

    today: DayCount
    #: The same hours of the day before, so that 09:00 is not compared with a whole day.
    yesterday: DayCount
    open_by_level: dict[str, int]
    #: Open alerts about sources we cannot see (数据中断); they have no level of what was said.
    interrupted: int
    clocks_running: int
    clocks_overdue: int
    sources_in_trouble: int
    queued: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """Negative posts of one subject on one day."""

    day: date
    subject: str
    posts: int
    negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A running, overdue or stopped time limit (时限)."""

    object: str
    name: str
    role: str
    started_at: datetime
    due_at: datetime
    calendar: str
    steps: tuple[str, ...]
    provisional: bool
    stopped_at: datetime | None
    stopped_by: str | None
    breached_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Distinct voices behind an alert: at least `certain`, at most `probable` (design §4)."""

    certain: int
    probable: int
    by_site: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """One alert as the overview lists it."""

    number: str
    level: Level
    status: str
    version: int
    subject: str
    title: str
    reason: str
    opened_at: datetime
    changed_at: datetime
    posts: int
    voices: Voices
    clocks: tuple[Clock, ...]
    case_number: str | None
    #: Name of the source whose data are interrupted (数据中断); None = it is about what was said.
    source: str | None
    #: Topic, or "all", of an alert of the statistics that no single event explains; else None.
    stream: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One open case (个案) with its clocks."""

    number: str
    title: str
    subject: str
    state: str
    level: str | None
    registered_at: datetime
    registered_by: str
    alerts: tuple[str, ...]
    clocks: tuple[Clock, ...]


#: Objects that may have clocks, by the prefix of their name.
CLOCKED = {
    "alert": alert, "case": case_file, "complaint": complaint, "enquiry": media_enquiry,
}  # fmt: skip


def day_number(day: date) -> int:
    """Return a day as stored in `day_cn`: 20261121."""
    return day.year * 10000 + day.month * 100 + day.day


def is_current() -> ColumnElement[bool]:
    """Say of `analysis`: by the active analyser, and of the newest revision it has read."""
    newer = analysis.alias("newer")
    active = select(analyser.c.id).where(analyser.c.active).scalar_subquery()
    superseded = select(newer.c.id).where(
        newer.c.post_id == analysis.c.post_id,
        # "+ 0" keeps SQLite on the index by post; the one by analyser would read half the table.
        newer.c.analyser_id + 0 == analysis.c.analyser_id,
        newer.c.revision_id > analysis.c.revision_id,
    )
    return and_(analysis.c.analyser_id == active, ~superseded.exists())


def current_mentions() -> Select[int]:
    """Select the mentions that count: those of the analysis that is_current().

    The test is a correlated EXISTS and no join: joined, SQLite would start from all analyses of
    the active analyser, which is all there are.
    """
    judged = select(analysis.c.id).where(analysis.c.id == mention.c.analysis_id, is_current())
    return select(mention.c.post_id).where(judged.exists())


# ---- tiles and trend ---------------------------------------------------------------------------


def headline(connection: Connection, actor: Actor, now: datetime) -> Headline:
    """Return the figures of the tiles, of what this person may see."""
    access.require(actor, Act.VIEW)
    ids = access.subject_ids(connection, actor)
    running, overdue = _clock_counts(connection, ids, now)
    waiting: dict[str, int] = dict(
        connection.execute(
            select(outbox.c.status, func.count())
            .where(outbox.c.status.in_(("queued", "sending", "failed")), ~called_back())
            .group_by(outbox.c.status)
        ).all()
    )
    return Headline(
        today=day_count(connection, ids, now),
        yesterday=day_count(connection, ids, now - timedelta(days=1)),
        open_by_level=_open_by_level(connection, ids),
        interrupted=connection.scalar(
            select(func.count()).where(
                alert.c.status == "open",
                alert.c.source_id.is_not(None),
                of_subject(alert.c.subject_id, ids),
            )
        )
        or 0,
        clocks_running=running,
        clocks_overdue=overdue,
        sources_in_trouble=connection.scalar(
            select(func.count(func.distinct(issue.c.source_id)))
            .join(source, source.c.id == issue.c.source_id)
            .where(issue.c.closed_at.is_(None), of_subject(source.c.subject_id, ids))
        )
        or 0,
        queued=waiting.get("queued", 0) + waiting.get("sending", 0),
        failed=waiting.get("failed", 0),
    )


def of_subject(
    column: ColumnElement[int | None], ids: frozenset[int] | None
) -> ColumnElement[bool]:
    """Return the condition that a subject id is one of those; None = all, also no subject."""
    return true() if ids is None else column.in_(ids)


def day_count(connection: Connection, ids: frozenset[int] | None, until: datetime) -> DayCount:
    """Return what the day of `until` brought up to that moment."""
    day = day_number(shanghai_day(until))
    posts = connection.scalar(
        select(func.count()).where(
            post.c.day_cn == day, post.c.published_at <= until, access.posts_of(ids)
        )
    )
    bad = (
        current_mentions()
        .where(
            mention.c.day_cn == day,
            mention.c.negative,
            mention.c.published_at <= until,
            of_subject(mention.c.subject_id, ids),
        )
        .distinct()
        .subquery()
    )
    negative, voices = connection.execute(
        select(func.count(), func.count(func.distinct(post.c.author_key))).join_from(
            bad, post, post.c.id == bad.c.post_id
        )
    ).one()
    return DayCount(posts=posts or 0, negative=negative, voices=voices)


def _open_by_level(connection: Connection, ids: frozenset[int] | None) -> dict[str, int]:
    rows = connection.execute(
        select(alert.c.level, func.count())
        .where(
            alert.c.status == "open",
            alert.c.source_id.is_(None),
            of_subject(alert.c.subject_id, ids),
        )
        .group_by(alert.c.level)
    )
    return dict(rows.all())


def _clock_counts(
    connection: Connection, ids: frozenset[int] | None, now: datetime
) -> tuple[int, int]:
    running, overdue = connection.execute(
        select(
            func.count(case((clock.c.due_at > now, 1))),
            func.count(case((clock.c.due_at <= now, 1))),
        ).where(clock.c.stopped_at.is_(None), _clock_of(ids))
    ).one()
    return running, overdue


def _clock_of(ids: frozenset[int] | None) -> ColumnElement[bool]:
    if ids is None:
        return true()
    return or_(
        *(
            clock.c.object.in_(
                select(literal(f"{kind}:") + table.c.number).where(table.c.subject_id.in_(ids))
            )
            for kind, table in CLOCKED.items()
        )
    )


def trend(
    connection: Connection, actor: Actor, now: datetime, *, days: int = 30
) -> list[TrendPoint]:
    """Return posts and negative posts per subject and day, from day_stat or counted live.

    A day is counted live where no statistics exist yet or where they are marked dirty.
    """
    access.require(actor, Act.VIEW)
    today = shanghai_day(now)
    window = [today - timedelta(days=back) for back in reversed(range(days))]
    numbers = {day_number(day): day for day in window}
    live = _live_days(connection, numbers)
    rows = [
        *_stored_days(connection, set(numbers) - live),
        *_counted_days(connection, live),
    ]
    names: dict[int, str] = dict(
        connection.execute(
            select(subject.c.id, subject.c.name).where(
                subject.c.retired_at.is_(None), access.of_entities(actor)
            )
        ).all()
    )
    found = {(day, who): (posts, bad) for day, who, posts, bad in rows}
    return [
        TrendPoint(day=day, subject=name, posts=posts, negative=bad)
        for number, day in numbers.items()
        for who, name in names.items()
        for posts, bad in [found.get((number, who), (0, 0))]
    ]


def _live_days(connection: Connection, numbers: Iterable[int]) -> set[int]:
    wanted = set(numbers)
    stored = connection.scalars(select(day_stat.c.day_cn).where(day_stat.c.day_cn >= min(wanted)))
    dirty = connection.scalars(select(dirty_day.c.day_cn).where(dirty_day.c.day_cn >= min(wanted)))
    return wanted - set(stored) | wanted & set(dirty)


def _stored_days(connection: Connection, days: set[int]) -> list[tuple[int, int, int, int]]:
    rows = connection.execute(
        select(
            day_stat.c.day_cn,
            day_stat.c.subject_id,
            func.sum(day_stat.c.posts),
            func.sum(day_stat.c.negative),
        )
        .where(day_stat.c.day_cn.in_(days))
        .group_by(day_stat.c.day_cn, day_stat.c.subject_id)
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


def _counted_days(connection: Connection, days: set[int]) -> list[tuple[int, int, int, int]]:
    said = (
        current_mentions()
        .add_columns(mention.c.day_cn, mention.c.subject_id, mention.c.negative)
        .where(mention.c.day_cn.in_(days), mention.c.relevant)
        .distinct()
        .subquery()
    )
    rows = connection.execute(
        select(
            said.c.day_cn,
            said.c.subject_id,
            func.count(),
            func.count(case((said.c.negative, 1))),
        ).group_by(said.c.day_cn, said.c.subject_id)
    )
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


# ---- alerts, clocks, cases ---------------------------------------------------------------------


def alerts(
    connection: Connection,
    actor: Actor,
    *,
    status: Sequence[str] = ("open",),
    number: str | None = None,
    limit: int = 200,
) -> list[AlertLine]:
    """Return alerts of these states, or the one of this number; grave and fresh first."""
    access.require(actor, Act.VIEW)
    seen = access.subject_ids(connection, actor)
    wanted = alert.c.status.in_(status) if number is None else alert.c.number == number
    rows = connection.execute(
        select(alert, subject.c.name, event.c.title, source.c.name.label("source_name"))
        .join_from(alert, subject, subject.c.id == alert.c.subject_id, isouter=True)
        .join(event, event.c.id == alert.c.event_id, isouter=True)
        .join(source, source.c.id == alert.c.source_id, isouter=True)
        .where(wanted, of_subject(alert.c.subject_id, seen))
        .order_by(alert.c.changed_at.desc())
        .limit(limit)
    ).all()
    ids = [row.id for row in rows]
    behind = voices_of(connection, ids)
    counted = clocks(connection, [f"alert:{row.number}" for row in rows])
    cased = _case_of(connection, ids)
    lines = [
        AlertLine(
            number=row.number,
            level=Level(row.level),
            status=row.status,
            version=row.version,
            subject=row.name or "",
            title=row.title or "",
            reason=row.reason_zh,
            opened_at=row.opened_at,
            changed_at=row.changed_at,
            posts=behind[row.id][0],
            voices=behind[row.id][1],
            clocks=tuple(c for c in counted if c.object == f"alert:{row.number}"),
            case_number=cased.get(row.id),
            source=row.source_name,
            stream=row.topic if row.event_id is None and row.source_id is None else None,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (line.status != "open", -line.level.rank))


def _case_of(connection: Connection, alert_ids: Sequence[int]) -> dict[int, str]:
    rows = connection.execute(
        select(case_alert.c.alert_id, case_file.c.number)
        .join(case_file, case_file.c.id == case_alert.c.case_id)
        .where(case_alert.c.alert_id.in_(alert_ids))
    )
    return dict(rows.all())


def voices_of(connection: Connection, alert_ids: Sequence[int]) -> dict[int, tuple[int, Voices]]:
    """Return for each alert the number of its posts and its voices.

    The voices are those its voices finding decided on, so that the page and the reason agree; an
    alert of signals only is counted here by the same rule (copies and news are no voices).
    """
    rows = connection.execute(
        select(
            finding.c.alert_id,
            post.c.id,
            post.c.site,
            post.c.kind,
            post.c.author_key,
            post.c.household_key,
            post.c.published_at,
            post.c.native_id,
            relation.c.duplicate_of,
        )
        .join_from(finding, finding_post, finding_post.c.finding_id == finding.c.id)
        .join(post, post.c.id == finding_post.c.post_id)
        .join(relation, relation.c.post_id == post.c.id, isouter=True)
        .where(finding.c.alert_id.in_(alert_ids))
        .distinct()
        .order_by(post.c.published_at, post.c.site, post.c.native_id)
    ).all()
    decided = _decided_voices(connection, alert_ids)
    result: dict[int, tuple[int, Voices]] = {}
    for alert_id in alert_ids:
        mine = [row for row in rows if row.alert_id == alert_id]
        own = voices(
            (row.site, row.author_key, row.household_key)
            for row in mine
            if row.duplicate_of is None and row.kind != "news"
        )
        result[alert_id] = (
            len({row.id for row in mine}),
            decided.get(alert_id) or count_voices(own),
        )
    return result


def _decided_voices(connection: Connection, alert_ids: Sequence[int]) -> dict[int, Voices]:
    rows = connection.execute(
        select(finding.c.alert_id, finding.c.snapshot)
        .where(finding.c.alert_id.in_(alert_ids))
        .order_by(finding.c.closed_at.is_not(None).desc(), finding.c.observed)
    )
    return {
        row.alert_id: _voices(row.snapshot["by_site"])
        for row in rows
        if row.snapshot.get("by_site")
    }


def count_voices(authors: Iterable[tuple[str, str | None]]) -> Voices:
    """Count (site, household or author key): all anonymous posts of a site are one voice."""
    names: dict[str, set[str]] = {}
    for site, author in authors:
        names.setdefault(site, set()).add(author or "")
    return _voices({site: len(found) for site, found in names.items()})


def _voices(by_site: dict[str, int]) -> Voices:
    """Nobody is joined across sites: the largest site is certain, the sum is the most."""
    return Voices(
        certain=max(by_site.values(), default=0),
        probable=sum(by_site.values()),
        by_site=tuple(sorted(by_site.items(), key=lambda site: (-site[1], site[0]))),
    )


def clocks(connection: Connection, objects: Sequence[str]) -> list[Clock]:
    """Return the clocks of these objects ("alert:…", "case:…"), next due first."""
    rows = connection.execute(
        select(clock).where(clock.c.object.in_(objects)).order_by(clock.c.due_at)
    )
    return [
        Clock(
            object=row.object,
            name=row.name,
            role=row.role,
            started_at=row.started_at,
            due_at=row.due_at,
            calendar=row.calendar,
            steps=tuple(row.steps),
            provisional=row.provisional,
            stopped_at=row.stopped_at,
            stopped_by=row.stopped_by,
            breached_at=row.breached_at,
        )
        for row in rows
    ]


def cases(connection: Connection, actor: Actor, *, limit: int = 100) -> list[CaseLine]:
    """Return open cases, newest first, each with its alerts and clocks."""
    access.require(actor, Act.VIEW)
    rows = connection.execute(
        select(case_file, subject.c.name)
        .join(subject, subject.c.id == case_file.c.subject_id)
        .where(case_file.c.closed_at.is_(None), access.of_entities(actor))
        .order_by(case_file.c.registered_at.desc())
        .limit(limit)
    ).all()
    linked = connection.execute(
        select(case_alert.c.case_id, alert.c.number)
        .join(alert, alert.c.id == case_alert.c.alert_id)
        .where(case_alert.c.case_id.in_([row.id for row in rows]))
    ).all()
    ticking = clocks(connection, [f"case:{row.number}" for row in rows])
    return [
        CaseLine(
            number=row.number,
            title=row.title,
            subject=row.name,
            state=row.state,
            level=row.level,
            registered_at=row.registered_at,
            registered_by=row.registered_by,
            alerts=tuple(link.number for link in linked if link.case_id == row.id),
            clocks=tuple(c for c in ticking if c.object == f"case:{row.number}"),
        )
        for row in rows
    ]


def subjects(connection: Connection, actor: Actor) -> dict[int, str]:
    """Return id and name of everything watched that this person may see."""
    access.require(actor, Act.VIEW)
    rows = connection.execute(
        select(subject.c.id, subject.c.name)
        .where(or_(subject.c.retired_at.is_(None), _has_alert()), access.of_entities(actor))
        .order_by(subject.c.name)
    )
    return dict(rows.all())


def subject_keys(connection: Connection, actor: Actor) -> dict[str, str]:
    """Return key → name of what is watched now and this person may see, for choosing."""
    access.require(actor, Act.VIEW)
    rows = connection.execute(
        select(subject.c.key, subject.c.name)
        .where(subject.c.retired_at.is_(None), access.of_entities(actor))
        .order_by(subject.c.name)
    )
    return dict(rows.all())


def regions(connection: Connection, actor: Actor) -> list[str]:
    """Return the regions of what this person may see."""
    access.require(actor, Act.VIEW)
    rows = connection.scalars(
        select(subject.c.region)
        .where(subject.c.region.is_not(None), access.of_entities(actor))
        .distinct()
    )
    return sorted(str(name) for name in rows)


def _has_alert() -> ColumnElement[bool]:
    return select(alert.c.id).where(alert.c.subject_id == subject.c.id).exists()
