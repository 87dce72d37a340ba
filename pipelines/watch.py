"""Watch step: no source falls silent unnoticed (数据中断), and what burns is visited sooner.

A source below its promise, at a wall, dead or not visited has an open issue; an issue open for two
intervals is an alert of its own, told once and closed when the source gives again (A9).
"""

from datetime import datetime, timedelta

from crawlers import schedule
from domain.clock import say_time
from domain.level import Level
from domain.step import StepResult
from pipelines import push
from pipelines.crawl import activity
from pipelines.wiring import App
from store import installation, source_alerts, source_state, sources
from store.source_state import Silent

#: Intervals without data after which people are told, and never sooner than `LEAST`.
INTERVALS = 2
LEAST = timedelta(minutes=10)
#: Losing sight is no crisis, but whoever is on duty must know what they cannot see.
LEVEL = Level.MODERATE


def run(app: App, now: datetime) -> StepResult:
    """Raise and close issues and alerts of silent sources; hurry the sources of open alerts."""
    with app.db.read() as connection:
        if installation.playback(connection):
            return StepResult(step="watch")  # a simulated clock jumps over intervals
        late = source_state.overdue(connection, now, INTERVALS)
        told = source_state.with_issue(connection, "not-visited")
        silent = {
            item.source_id: item for item in source_state.silent(connection, now, INTERVALS, LEAST)
        }
        known = source_alerts.open_ones(connection)
        hot = source_state.newly_hot(connection)
    done = _not_visited(app, late, told, now)
    for source_id in silent.keys() - known.keys():
        _open(app, silent[source_id], now)
    for source_id in known.keys() - silent.keys():
        _close(app, source_id, known[source_id], now)
    for name in hot:
        _hurry(app, name, now)
    return StepResult(step="watch", done=done + len(silent.keys() ^ known.keys()) + len(hot))


def _not_visited(app: App, late: list[str], told: list[str], now: datetime) -> int:
    """Tell of sources nobody visits though they are due (no worker, all crawls stuck)."""
    changed = sorted(set(late) ^ set(told))
    for name in changed:
        with app.db.write() as connection:
            if name in late:
                sources.raise_issue(
                    connection,
                    at=now,
                    code="not-visited",
                    source_name=name,
                    message=f"{name} 早该访问而没有访问：请看采集进程是否在运行（fenghuo doctor）",
                )
            else:
                sources.close_issues(connection, name, "not-visited", now)
    return len(changed)


def _open(app: App, item: Silent, now: datetime) -> None:
    with app.db.write() as connection:
        if item.source_id in source_alerts.open_ones(connection):
            return
        number = source_alerts.open_alert(
            connection,
            source_id=item.source_id,
            subject_id=item.subject_id,
            level=LEVEL,
            reason=reason(item),
            now=now,
        )
        push.tell_alert(
            app,
            connection,
            number=number,
            reason="opened",
            now=now,
            told=push.concerned(connection, item.subject_id, LEVEL),
        )


def reason(item: Silent) -> str:
    """Say what is interrupted since when, and by what."""
    return (
        f"数据中断：来源“{item.name}”自 {say_time(item.since)} 起没有正常数据，"
        f"这期间那里的帖子我们看不到。{item.problems[-1]}"
    )


def _close(app: App, source_id: int, number: str, now: datetime) -> None:
    with app.db.write() as connection:
        name = source_state.names(connection, [source_id])[source_id]
        source_alerts.close_alert(connection, number, f"来源“{name}”数据已恢复或已停用", now)


def _hurry(app: App, name: str, now: datetime) -> None:
    """Visit a source of an open alert at its fastest polite pace from now on."""
    with app.db.write() as connection:
        item = sources.find(connection, name)
        assert item is not None
        source_id = sources.get_id(connection, name)
        visit = schedule.next_visit(item, activity(connection, source_id), now)
        last = sources.last_started(connection, source_id)
        next_at = max(now, (last or now - visit.every) + visit.every)
        due = sources.next_check(connection, source_id)
        source_state.set_pace(
            connection,
            source_id,
            pace=visit.pace,
            reason=visit.reason,
            next_at=min(next_at, due) if due else next_at,
        )
