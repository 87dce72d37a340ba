"""Detection of the line: a subject's posts and baseline from the store, its findings (D-C*)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from alerts import baseline as normal
from alerts import pooled
from alerts.counts import VIEW
from alerts.detect import detect
from config.calendar import workday
from domain.alert import Finding, Rules, SubjectView
from domain.clock import SHANGHAI, shanghai_day
from domain.detection import Detector, Pools, Sample
from pipelines.wiring import App
from store import alerts, voices
from store.db import Connection

_WEEKDAY = normal.calendar(workday)
#: Days of history kept beyond what a baseline looks at: the pooled weeks look back too.
SPARE = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the statistics found in one subject, and how far they have looked."""

    findings: tuple[Finding, ...] = ()
    #: Newest relation looked at; None = nothing new.
    through: int | None = None


def find(
    app: App, subject_id: int, key: str, name: str, rules: Rules, grid: datetime, now: datetime
) -> Found:
    """Return the findings of one subject at a grid point of the statistics (B-EV1)."""
    if rules.detector is None:
        return Found()
    with app.db.read() as connection:
        posts = voices.recent(connection, subject_id, grid - VIEW, grid)
        mark = voices.mark(connection, subject_id)
        held = frozenset(alerts.held(connection, subject_id, now - rules.calm))
    fresh = frozenset(post.key for relation_id, post in posts if relation_id > mark)
    through = max((relation_id for relation_id, _ in posts if relation_id > mark), default=None)
    if not held and not fresh:
        return Found()
    with app.db.read() as connection:
        day = voices.last_day(connection, subject_id, grid)
    view = SubjectView(
        subject=key, subject_name=name, posts=tuple(post for _, post in posts), fresh=fresh,
        day=tuple(day),
    )  # fmt: skip
    found = _detect(app, subject_id, view, rules, rules.detector, held, grid)
    return Found(findings=tuple(found), through=through)


def _detect(
    app: App,
    subject_id: int,
    view: SubjectView,
    rules: Rules,
    detector: Detector,
    held: frozenset[str],
    grid: datetime,
) -> list[Finding]:
    today = shanghai_day(grid)
    since = _oldest(detector, today)
    with app.db.read() as connection:
        history = voices.history(connection, subject_id, since)
    if history is None or (today - history.first).days < detector.warm_up_days:
        return []
    known = _pools(app, rules, detector, today).of(view.subject)
    shared = known or pooled.assumed(detector, rules.topic_names)
    base = normal.baseline(history, shared, detector, today, _WEEKDAY)
    return detect(view, base, rules, _WEEKDAY, grid, held)


def _oldest(detector: Detector, today: date) -> date:
    """Return the first day of history a week's estimates and baselines look at."""
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(days=detector.history_days) - SPARE


def _pools(app: App, rules: Rules, detector: Detector, today: date) -> Pools:
    """Return what subjects share this week; the first who asks has it estimated (D-C3)."""
    monday = today - timedelta(days=today.weekday())
    with app.db.read() as connection:
        known = voices.pools(connection, monday)
        if known is not None and _fits(known, rules, detector):
            return known
        samples = _samples(connection, rules, detector, monday)
    found = pooled.pools(samples, detector, rules.topic_names, monday, _WEEKDAY)
    with app.db.write() as connection:
        voices.put_pools(connection, found)
    return found


def _fits(known: Pools, rules: Rules, detector: Detector) -> bool:
    """Return whether a week's estimates were made for these windows and topics."""
    windows = {window.hours for window in detector.windows}
    return all(
        set(item.recount) == windows and set(item.shares) == set(rules.topic_names)
        for item in known.pooled.values()
    )


def _samples(
    connection: Connection, rules: Rules, detector: Detector, monday: date
) -> dict[str, Sample]:
    end = datetime.combine(monday, time.min, SHANGHAI)
    start = end - timedelta(weeks=detector.pooled_weeks)
    samples = {}
    for subject_id, key, _ in voices.subjects(connection):
        history = voices.history(connection, subject_id, _oldest(detector, monday))
        if history is not None and history.first < monday:
            spoken = voices.spoken(connection, subject_id, start, end, rules.topics)
            samples[key] = Sample(history=history, spoken=spoken)
    return samples
