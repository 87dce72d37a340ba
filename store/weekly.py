"""Read model of the weekly report (周报): every number is the size of a set of stored ids (P-03).

A post counts in the week it was published in, by the analysis the board counts by; the same rows
make the table, the chart, the topics and the annex, so they cannot disagree.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from domain.access import Act, Actor
from domain.errors import FenghuoError
from store import access
from store.report_posts import (
    NO_BASIS,
    PRIVATE,
    Count,
    Said,
    count,
    mentioned,
    unassigned,
    withheld,
)
from store.tables import alert, finding, finding_post, subject

#: Keys of rows: everything, a region, a subject, what is about nothing watched.
ALL, UNASSIGNED = "all", "unassigned"
#: Subjects without a region stand under this name.
NO_REGION = "未分区"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a report is about: everything, one region, or one subject (by key or name)."""

    region: str | None = None
    subject: str | None = None

    @property
    def words(self) -> str:
        """Name of the scope for titles; "" = the whole company."""
        return self.subject or self.region or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A subject as the table names it."""

    id: int
    key: str
    name: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: this week, the week before, and the alerts opened this week."""

    key: str
    name: str
    #: 0 = everything, 1 = region, 2 = subject.
    depth: int
    now: Count
    before: Count
    #: Suggested level → numbers of the alerts.
    alerts: dict[str, tuple[str, ...]]
    #: Those of them a person called a false alarm.
    dismissed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An alert opened in the period that stands for itself: merged ones are counted apart."""

    number: str
    subject_id: int | None
    level: str
    dismissed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """24 hours of the period, from its start hour to the same hour of the next day."""

    since: datetime
    now: Count
    before: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All numbers of one report with the ids behind them."""

    since: datetime
    until: datetime
    rows: tuple[Row, ...]
    days: tuple[Day, ...]
    #: Topic key → what was said about it this week and before; "" = no topic.
    topics: dict[str, tuple[Count, Count]]
    #: Subjects watched in this scope, and those nothing was said about in both weeks.
    watched: int
    quiet: int
    #: Posts left out of everything above, by reason.
    left_out: dict[str, frozenset[int]]
    #: Alerts left out because all posts behind them are.
    alerts_left_out: tuple[str, ...]
    #: Alerts opened in the period that are part of another now: no row counts them.
    alerts_merged: tuple[str, ...]
    #: Everything that was counted, for the annex; `before` is the week before.
    said: tuple[Said, ...]
    said_before: tuple[Said, ...]
    subjects: tuple[Watched, ...]

    def row(self, key: str) -> Row:
        """Return a row by key; raises FenghuoError if there is none."""
        for row in self.rows:
            if row.key == key:
                return row
        raise FenghuoError(f"周报中没有“{key}”这一行：可用 {'、'.join(r.key for r in self.rows)}")


#: Name of a measure → the ids it is the size of (or, for voices, was counted from).
MEASURES: dict[str, Callable[[Count], frozenset[int]]] = {
    "posts": lambda found: found.posts,
    "negative": lambda found: found.negative,
    "voices": lambda found: found.voiced,
    "households": lambda found: found.homed,
}


def ids_behind(
    numbers: Numbers, row: str, measure: str, *, before: bool = False
) -> tuple[int | str, ...]:
    """Return the post ids behind a cell, or alert numbers for "alerts:<level>"."""
    found = numbers.row(row)
    kind, _, level = measure.partition(":")
    if kind == "alerts":
        return tuple(sorted(found.alerts.get(level, ())))
    if measure not in MEASURES:
        raise FenghuoError(f"没有“{measure}”这一项：可用 {'、'.join(MEASURES)}、alerts:级别")
    return tuple(sorted(MEASURES[measure](found.before if before else found.now)))


def numbers(
    connection: Connection,
    actor: Actor,
    since: datetime,
    until: datetime,
    *,
    scope: Scope | None = None,
    topics: Mapping[str, str] | None = None,
) -> Numbers:
    """Count the period [since, until) and the one of equal length before it.

    Only subjects the actor may see are counted; posts without a subject only for people of the
    whole company. `topics` maps category codes to topic keys.
    """
    access.require(actor, Act.VIEW)
    scope = scope or Scope()
    subjects, whole = watched(connection, actor, scope)
    ids = None if whole else frozenset(item.id for item in subjects)
    length = until - since
    both = mentioned(connection, ids, since - length, until)
    if whole:
        both += unassigned(connection, since - length, until)
    now = [row for row in both if row.published_at >= since]
    before = [row for row in both if row.published_at < since]
    opened, merged, hidden = _opened(connection, ids, since, until)
    rows, quiet = _rows(subjects, now, before, opened, whole=whole)
    return Numbers(
        since=since,
        until=until,
        rows=rows,
        days=_days(now, before, since, until),
        topics=_topics(now, before, topics or {}),
        watched=len(subjects),
        quiet=quiet,
        left_out={
            why: frozenset(row.post_id for row in now if row.withheld == why)
            for why in (NO_BASIS, PRIVATE)
        },
        alerts_left_out=hidden,
        alerts_merged=merged,
        said=tuple(row for row in now if row.withheld is None),
        said_before=tuple(row for row in before if row.withheld is None),
        subjects=subjects,
    )


def watched(connection: Connection, actor: Actor, scope: Scope) -> tuple[tuple[Watched, ...], bool]:
    """Return the subjects in scope the actor may see, and whether that is the whole company.

    Raises FenghuoError when the scope names nothing the actor may see.
    """
    found = [
        Watched(id=row.id, key=row.key, name=row.name, region=row.region or NO_REGION)
        for row in connection.execute(
            select(subject).where(access.of_entities(actor)).order_by(subject.c.name)
        )
    ]
    if scope.subject is not None:
        found = [item for item in found if scope.subject in (item.key, item.name)]
    if scope.region is not None:
        found = [item for item in found if item.region == scope.region]
    if scope.words and not found:
        raise FenghuoError(f"没有可看的监测对象或区域“{scope.words}”：请核对名称，或联系管理员")
    whole = access.subject_ids(connection, actor) is None and not scope.words
    return tuple(found), whole


# ---- the table ---------------------------------------------------------------------------------


def _rows(
    subjects: Sequence[Watched],
    now: Sequence[Said],
    before: Sequence[Said],
    opened: Sequence[Opened],
    *,
    whole: bool,
) -> tuple[tuple[Row, ...], int]:
    """Return all, then each region with its subjects, most negative first; quiet ones left off."""
    rows = [_row(ALL, "合计", 0, now, before, opened)]
    by_now, by_before = _by_subject(now), _by_subject(before)
    quiet = 0
    regions: list[tuple[Row, list[Row]]] = []
    for region in sorted({item.region for item in subjects}):
        lines = []
        inside = [item for item in subjects if item.region == region]
        for item in inside:
            mine = [line for line in opened if line.subject_id == item.id]
            line = _row(
                f"subject:{item.key}", item.name, 2, by_now.get(item.id, []),
                by_before.get(item.id, []), mine,
            )  # fmt: skip
            if line.now.posts or line.before.posts or mine:
                lines.append(line)
            else:
                quiet += 1
        if lines:
            ids = {item.id for item in inside}
            head = _row(
                f"region:{region}", region, 1,
                [row for row in now if row.subject_id in ids],
                [row for row in before if row.subject_id in ids],
                [line for line in opened if line.subject_id in ids],
            )  # fmt: skip
            regions.append((head, sorted(lines, key=_gravest_first)))
    for head, lines in sorted(regions, key=lambda pair: _gravest_first(pair[0])):
        rows += [head, *lines]
    if whole and (None in by_now or None in by_before):
        rows.append(
            _row(
                UNASSIGNED, "未归属", 1, by_now.get(None, []), by_before.get(None, []),
                [line for line in opened if line.subject_id is None],
            )
        )  # fmt: skip
    return tuple(rows), quiet


def _row(
    key: str,
    name: str,
    depth: int,
    now: Iterable[Said],
    before: Iterable[Said],
    opened: Sequence[Opened],
) -> Row:
    levels: dict[str, list[str]] = {}
    for line in opened:
        levels.setdefault(line.level, []).append(line.number)
    return Row(
        key=key, name=name, depth=depth, now=count(now), before=count(before),
        alerts={level: tuple(sorted(found)) for level, found in levels.items()},
        dismissed=tuple(sorted(line.number for line in opened if line.dismissed)),
    )  # fmt: skip


def _gravest_first(row: Row) -> tuple[int, int, str]:
    return -len(row.now.negative), -len(row.now.posts), row.name


def _by_subject(said: Iterable[Said]) -> dict[int | None, list[Said]]:
    found: dict[int | None, list[Said]] = {}
    for row in said:
        found.setdefault(row.subject_id, []).append(row)
    return found


def _days(
    now: Sequence[Said], before: Sequence[Said], since: datetime, until: datetime
) -> tuple[Day, ...]:
    length, day = until - since, timedelta(days=1)
    starts = [since + day * step for step in range(-(-length // day))]
    return tuple(
        Day(
            since=start,
            now=_between(now, start, min(start + day, until)),
            before=_between(before, start - length, min(start + day, until) - length),
        )
        for start in starts
    )


def _between(said: Iterable[Said], since: datetime, until: datetime) -> Count:
    return count(row for row in said if since <= row.published_at < until)


def _topics(
    now: Sequence[Said], before: Sequence[Said], topics: Mapping[str, str]
) -> dict[str, tuple[Count, Count]]:
    """Count a negative post once per topic it touches."""
    found: dict[str, tuple[list[Said], list[Said]]] = {}
    for at, said in enumerate((now, before)):
        for row in said:
            if row.negative:
                for topic in {topics.get(code, "") for code in row.categories} or {""}:
                    found.setdefault(topic, ([], []))[at].append(row)
    return {key: (count(pair[0]), count(pair[1])) for key, pair in found.items()}


def _opened(
    connection: Connection, ids: frozenset[int] | None, since: datetime, until: datetime
) -> tuple[list[Opened], tuple[str, ...], tuple[str, ...]]:
    """Return the alerts opened in the period: those that count, those merged, those left out."""
    query = select(alert).where(
        alert.c.opened_at >= since, alert.c.opened_at < until, alert.c.source_id.is_(None)
    )
    if ids is not None:
        query = query.where(alert.c.subject_id.in_(sorted(ids)))
    rows = connection.execute(query.order_by(alert.c.number)).all()
    hidden = hidden_alerts(connection, [row.id for row in rows])
    shown = [row for row in rows if row.id not in hidden]
    return (
        [
            Opened(
                number=row.number, subject_id=row.subject_id, level=row.level,
                dismissed=row.verdict == "false_alarm",
            )
            for row in shown
            if row.merged_into is None
        ],
        tuple(row.number for row in shown if row.merged_into is not None),
        tuple(row.number for row in rows if row.id in hidden),
    )  # fmt: skip


def hidden_alerts(connection: Connection, alert_ids: Sequence[int]) -> frozenset[int]:
    """Return those alerts all of whose posts may not be in a report."""
    behind: dict[int, set[int]] = {}
    rows = connection.execute(
        select(finding.c.alert_id, finding_post.c.post_id)
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .where(finding.c.alert_id.in_(alert_ids))
    )
    for row in rows:
        behind.setdefault(row.alert_id, set()).add(row.post_id)
    kept_out = withheld(connection, {post for posts in behind.values() for post in posts})
    return frozenset(
        alert_id for alert_id, posts in behind.items() if posts and posts <= kept_out.keys()
    )
