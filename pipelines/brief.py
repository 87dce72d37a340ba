"""Brief step (每日简报): once a day from 08:30, what is open, due and broken, for each recipient.

Minor alerts are told here only (B-GR1). A day without news is told too, so that silence means
something; a brief that comes late after downtime says so (补发).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.clock import SHANGHAI, say_time, shanghai_day
from domain.level import Level
from domain.mask import mask
from domain.step import StepResult
from notify.briefs import render_brief
from notify.content import LEVEL_WORDS, BriefContent, Section
from notify.marks import MARKS
from pipelines import push
from pipelines.wiring import App
from store import acknowledgements, briefs, health, inbox, installation, outbox
from store.briefs import AlertItem, ClockItem, seen_by
from store.db import Connection
from store.outbox import Briefed

#: Later than this after the set time = a catch-up, and people are told so.
TOLERANCE = timedelta(minutes=10)
_WEEKDAYS = "一二三四五六日"
_VERDICTS = {"confirmed": "已确认", "registered": "已登记个案"}


def run(app: App, now: datetime) -> StepResult:
    """Queue today's brief for everybody once its time has come; else do nothing."""
    due = datetime.combine(shanghai_day(now), app.settings.brief_at, SHANGHAI)
    with app.db.read() as connection:
        last = briefs.last(connection)
        playing = installation.playback(connection)
    today = briefs.number(shanghai_day(now))
    if (last and last[0] >= today) or (now < due and last):
        return StepResult(step="brief")
    tolerance = max(TOLERANCE, playing.step) if playing else TOLERANCE
    with app.db.write() as connection:
        last = briefs.last(connection)
        if last and last[0] >= today:
            return StepResult(step="brief")  # another worker was first
        if last is None and not due <= now <= due + tolerance:
            # A new home owes nothing for the time before it was there.
            first_day = shanghai_day(now) if now > due else shanghai_day(now) - timedelta(days=1)
            briefs.mark(connection, first_day, now)
            return StepResult(step="brief")
        since = last[1] if last else due - timedelta(days=1)
        done = _queue_all(app, connection, since, now, now > due + tolerance)
        briefs.mark(connection, shanghai_day(now), now)
    return StepResult(step="brief", done=done)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """What all briefs of one day share."""

    company: str
    since: datetime
    now: datetime
    alerts: list[AlertItem]
    known: frozenset[int]
    clocks: list[ClockItem]
    #: Lines for those who are told of everything.
    machine: tuple[Section, ...]


def _queue_all(
    app: App,
    connection: Connection,
    since: datetime,
    now: datetime,
    catch_up: bool,
) -> int:
    day = _day(connection, since, now)
    told = outbox.briefed(connection)
    for who in told:
        content = _content(app, day, who, catch_up, _unread(connection, who, now))
        channel = who.recipient.channel if who.recipient.channel in MARKS else "console"
        message = render_brief(channel, content)
        outbox.queue(
            connection, who.recipient, obj=f"brief:{shanghai_day(now):%Y-%m-%d}", version=0,
            reason="brief", subject_line=message.subject_line, body=message.body, now=now,
        )  # fmt: skip
    return len(told)


def _unread(connection: Connection, who: Briefed, now: datetime) -> str:
    """Return the hand-over line (T-28) of what this person subscribes to."""
    found = inbox.waiting(connection, who.subjects, now)
    if found.oldest is None:
        return "未阅 0 条"
    return f"未阅 {found.unread} 条，最早 {say_time(found.oldest)}"


def _day(connection: Connection, since: datetime, now: datetime) -> _Day:
    midnight = datetime.combine(
        shanghai_day(now) + timedelta(days=1), datetime.min.time(), SHANGHAI
    )
    found = briefs.open_alerts(connection)
    return _Day(
        company=installation.get(connection, "company"),
        since=since,
        now=now,
        alerts=found,
        known=frozenset(
            item.alert_id
            for item in found
            if acknowledgements.covered(connection, item.alert_id, item.level, now)
        ),
        clocks=briefs.clocks_due(connection, midnight),
        machine=tuple(_machine(connection, since, now)),
    )


def _machine(connection: Connection, since: datetime, now: datetime) -> Iterable[Section]:
    _, ill = health.sources(connection, now)
    yield Section(title=f"异常来源 {len(ill)} 个", lines=tuple(ill))
    unsent = briefs.unsent(connection, since)
    yield Section(
        title=f"未送达消息 {sum(unsent.values())} 条",
        lines=tuple(f"{push.CHANNEL_WORDS.get(way, way)} {n} 条" for way, n in unsent.items()),
    )
    silenced = briefs.silences(connection, since, now)
    if silenced:
        yield Section(
            title=f"静默 {len(silenced)} 项",
            lines=tuple(
                f"{mask(why)}（{author}，至 {say_time(end)}）" for why, author, end in silenced
            ),
        )


def _content(app: App, day: _Day, who: Briefed, catch_up: bool, inbox: str) -> BriefContent:
    alerts = seen_by(day.alerts, who.subjects)
    new = [item for item in alerts if item.opened_at >= day.since]
    at = day.now.astimezone(SHANGHAI)
    clocks = seen_by(day.clocks, who.subjects)
    return BriefContent(
        company=day.company,
        day=f"{at:%Y-%m-%d}（周{_WEEKDAYS[at.weekday()]}）",
        at=say_time(day.now),
        since=say_time(day.since),
        summary=f"新增预警 {len(new)} 条，未结 {len(alerts)} 条" if new else _nothing(alerts),
        sections=(
            *_by_level(alerts, day),
            Section(
                title=f"今日到期时限 {len(clocks)} 项", lines=tuple(_due(c, day) for c in clocks)
            ),
            *((Section(title="今日待阅", lines=(inbox,)),) if inbox else ()),
            *(day.machine if who.subjects is None else ()),
        ),
        catch_up=catch_up,
        page_link=f"{push.base_url(app)}/",
    )


def _nothing(alerts: list[AlertItem]) -> str:
    return f"今日无新增，未结 {len(alerts)} 条" if alerts else "今日无新增"


def _by_level(alerts: list[AlertItem], day: _Day) -> Iterable[Section]:
    for level in sorted(Level, key=lambda level: -level.rank):
        items = [item for item in alerts if item.level is level]
        if items:
            yield Section(
                title=f"疑似{LEVEL_WORDS[level]} {len(items)} 条",
                lines=tuple(_alert(item, day) for item in items),
            )


def _alert(item: AlertItem, day: _Day) -> str:
    state = _VERDICTS.get(item.verdict or "") or (
        "已知悉，未研判" if item.alert_id in day.known else "未知悉"
    )
    new = "【新】" if item.opened_at >= day.since else ""
    return (
        f"{new}{item.subject} {item.number}-v{item.version}，{say_time(item.opened_at)} 起，{state}"
    )


def _due(item: ClockItem, day: _Day) -> str:
    late = "已超时" if item.due_at <= day.now else "应于"
    return f"{item.subject} {item.object}“{item.name}”{late} {say_time(item.due_at)}"
