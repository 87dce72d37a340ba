"""Grouping, inhibition and silence in the line: who gets which message when (E-IN1, E-SI1)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from alerts.telling import INTERVAL, WAIT
from config.clock import FixedClock
from domain.access import Actor, Role
from domain.alert import Decision, EventView, Finding, identity
from domain.errors import AccessError, CaseError, ChannelError
from domain.level import Level
from domain.telling import Matcher
from notify.base import Channel
from pipelines import actions, analyse, brief, deliver, relate, remind
from pipelines.wiring import App, open_app
from store import alerts, audit, silences
from store import tables as t
from tests.conftest import NOON
from tests.posts import LEAKS, SUBJECTS, feed, post, prepare, run_at

MINUTE = timedelta(minutes=1)
WANG = Actor(name="王敏", via="web", roles=frozenset({Role.MONITOR}), entities=None)
SUBJECT = SUBJECTS[0].key


class Robot:
    """Keeps the subject lines it got; refuses while `broken`."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.broken = False

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        if self.broken:
            raise ChannelError("忙")
        self.got.append(f"{subject_line}\n{body}")
        return "ok"


@pytest.fixture
def robot(monkeypatch: pytest.MonkeyPatch) -> Robot:
    robot = Robot()

    def known(_home: Path) -> dict[str, Channel]:
        return {"console": robot}

    monkeypatch.setattr(deliver, "channels", known)
    return robot


def alarm(app: App, topic: str, level: Level, at: datetime, *, subject: str = SUBJECT) -> str:
    """Open or raise the alert of a topic as the assess step would; return its number."""
    lead = Finding(
        rule="voices", rule_version=1, level=level, observed=9, reason_zh="声音异常增多。",
        posts=(), snapshot={}, changes_at=at + timedelta(days=9),
    )  # fmt: skip
    view = EventView(subject=subject, subject_name=subject, event=f"topic:{topic}", posts=())
    with app.db.write() as connection:
        known = alerts.open_alert(connection, identity(subject, view.event))
        subject_id = connection.scalar(select(t.subject.c.id).where(t.subject.c.key == subject))
        decision = Decision(
            change="raised" if known else "opened", level=level, below_since=None, lead=lead,
            version=known.state.version + 1 if known else 1, next_check_at=None,
            reason_zh=lead.reason_zh,
        )  # fmt: skip
        ids = (None, subject_id or 0)
        return alerts.save(connection, view, ids, known, decision, [lead], at, topic=topic)[1]


def five_voices(app: App, at: datetime) -> tuple[str, str]:
    """Let five owners write of one event: a moderate alert; return its number and topic."""
    feed(app, [post(f"p{n}", LEAKS[n], at, f"业主{n}") for n in range(5)])
    run_at(app, at)
    with app.db.read() as connection:
        row = connection.execute(select(t.alert).where(t.alert.c.event_id.is_not(None))).one()
    assert (row.level, row.status) == ("moderate", "open")
    return row.number, row.topic


def lines(app: App, start: datetime, minutes: int, step: int = 1) -> None:
    """Run what tells people at `start` and until so many minutes after."""
    assert isinstance(app.clock, FixedClock)
    for n in range(0, minutes + 1, step):
        app.clock.move(start + n * MINUTE)
        remind.run(app, app.clock.now())
        deliver.run(app, app.clock.now())


def close(app: App, number: str) -> None:
    with app.db.write() as connection:
        connection.execute(
            update(t.alert).where(t.alert.c.number == number).values(status="closed")
        )


def restart(app: App) -> App:
    """Return the home as a new process finds it."""
    now = app.clock.now()
    relate.forget(app.settings.home)
    analyse.forget(app.settings.home)
    app.db.dispose()
    return open_app(app.settings, clock=FixedClock(now))


# ---- grouping ---------------------------------------------------------------------------------


def test_several_moderate_alerts_of_a_project_are_one_message(app: App, robot: Robot) -> None:
    prepare(app)
    first = alarm(app, "quality", Level.MODERATE, NOON)
    second = alarm(app, "delay", Level.MODERATE, NOON + 4 * MINUTE)
    other = alarm(app, "delay", Level.MODERATE, NOON, subject=SUBJECTS[1].key)
    lines(app, NOON, 4)
    assert robot.got == []
    app = restart(app)
    lines(app, NOON + WAIT, 0)
    mine, theirs = sorted(robot.got, key=lambda said: other in said)
    assert first in mine
    assert f"新预警（同一项目另有 {second}）" in mine
    assert "同一项目另有" not in theirs
    third = alarm(app, "fees", Level.MODERATE, NOON + 6 * MINUTE)
    lines(app, NOON + WAIT + INTERVAL - MINUTE, 0)
    assert len(robot.got) == 2, "at most one in half an hour"
    lines(app, NOON + WAIT + INTERVAL, 0)
    assert third in robot.got[2]
    lines(app, NOON + 2 * INTERVAL, 0)
    assert len(robot.got) == 3
    app.db.dispose()


def test_where_the_message_that_names_it_fails_an_alert_is_told_by_itself(
    app: App, robot: Robot
) -> None:
    prepare(app)
    first = alarm(app, "quality", Level.MODERATE, NOON)
    second = alarm(app, "delay", Level.MODERATE, NOON)
    robot.broken = True
    run_at(app, NOON + WAIT)
    actions.dismiss(app, first, "ad", WANG, NOON + 6 * MINUTE)
    robot.broken = False
    lines(app, NOON + 7 * MINUTE, 2)
    assert len(robot.got) == 1
    assert second in robot.got[0].splitlines()[0]


def test_a_rise_to_major_breaks_the_half_hour(app: App, robot: Robot) -> None:
    prepare(app)
    alarm(app, "quality", Level.MODERATE, NOON)
    lines(app, NOON + WAIT, 0)
    alarm(app, "quality", Level.MAJOR, NOON + 6 * MINUTE)
    lines(app, NOON + 6 * MINUTE, 0)
    assert len(robot.got) == 2
    assert "级别上升" in robot.got[1]


# ---- E-IN1: inhibition ------------------------------------------------------------------------


def test_an_inhibitor_that_comes_after_stops_the_message_that_waits(app: App, robot: Robot) -> None:
    prepare(app)
    low, topic = five_voices(app, NOON)
    high = alarm(app, topic, Level.CRITICAL, NOON + 2 * MINUTE)
    lines(app, NOON + 2 * MINUTE, 40, step=3)
    assert [low in said for said in robot.got] == [False] * len(robot.got)
    assert high in robot.got[0]
    with app.db.read() as connection:
        item = alerts.by_number(connection, low)
    assert (item.status, item.level) == ("open", Level.MODERATE), "the record stays"


def test_an_inhibitor_that_came_before_mutes_until_it_is_closed(app: App, robot: Robot) -> None:
    prepare(app)
    high = alarm(app, "quality", Level.CRITICAL, NOON - MINUTE)
    run_at(app, NOON - MINUTE)
    low, topic = five_voices(app, NOON)
    assert topic == "quality"
    lines(app, NOON, 20, step=5)
    assert not any(low in said for said in robot.got)
    close(app, high)
    lines(app, NOON + 21 * MINUTE, 10)
    assert [said for said in robot.got if low in said] == robot.got[-1:]


def test_an_inhibited_message_left_in_the_box_is_not_sent_after_a_restart(
    app: App, robot: Robot
) -> None:
    prepare(app)
    low, topic = five_voices(app, NOON)
    robot.broken = True
    run_at(app, NOON + WAIT)
    high = alarm(app, topic, Level.CRITICAL, NOON + 6 * MINUTE)
    robot.broken = False
    app = restart(app)
    lines(app, NOON + 7 * MINUTE, 5)
    assert len(robot.got) == 1
    assert high in robot.got[0]
    close(app, high)
    lines(app, NOON + 13 * MINUTE, 0)
    assert low in robot.got[1], "held, not lost"
    app.db.dispose()


# ---- E-SI1: silence ---------------------------------------------------------------------------


def quiet(app: App, at: datetime, hours: int, **matcher: str) -> int:
    return actions.silence(
        app, Matcher(**matcher), at + timedelta(hours=hours), WANG, at, "外墙检修已公告"
    )


def test_a_silence_mutes_until_the_alert_rises_to_critical(app: App, robot: Robot) -> None:
    prepare(app)
    quiet(app, NOON, 24, subject=SUBJECT, topic="quality")
    alarm(app, "quality", Level.MODERATE, NOON + MINUTE)
    lines(app, NOON + WAIT, 10)
    assert robot.got == []
    alarm(app, "quality", Level.CRITICAL, NOON + 20 * MINUTE)
    lines(app, NOON + 20 * MINUTE, 0)
    assert len(robot.got) == 1
    assert "级别上升" in robot.got[0]


def test_what_fires_on_when_a_silence_ends_is_told(app: App, robot: Robot) -> None:
    prepare(app)
    known = alarm(app, "delay", Level.CRITICAL, NOON - MINUTE)
    run_at(app, NOON - MINUTE)
    quiet(app, NOON, 2, subject=SUBJECT)
    new = alarm(app, "quality", Level.MODERATE, NOON + MINUTE)
    robot.got.clear()
    lines(app, NOON, 119, step=17)
    assert robot.got == []
    app = restart(app)
    lines(app, NOON + timedelta(hours=2), 2)
    assert len(robot.got) == 1
    assert known in robot.got[0].splitlines()[0]
    assert f"静默已到期，预警仍未解除（同一项目另有 {new}）" in robot.got[0]
    app.db.dispose()


def test_a_silence_lifted_early_is_told_too_and_audited(app: App, robot: Robot) -> None:
    prepare(app)
    alarm(app, "quality", Level.MODERATE, NOON)
    number = quiet(app, NOON + MINUTE, 24, topic="quality")
    lines(app, NOON + WAIT, 2)
    actions.unsilence(app, number, WANG, NOON + 8 * MINUTE)
    lines(app, NOON + 8 * MINUTE, 0)
    assert len(robot.got) == 1
    with pytest.raises(CaseError, match="无需解除"):
        actions.unsilence(app, number, WANG, NOON + 9 * MINUTE)
    with app.db.read() as connection:
        done = connection.scalars(select(t.audit.c.action).where(t.audit.c.actor == "王敏")).all()
        assert all(v.broken_at is None for v in audit.verify(connection))
    assert done == ["silenced", "unsilenced"]


def test_a_silence_needs_a_match_a_reason_and_an_end_within_a_week(app: App) -> None:
    prepare(app)
    for matcher, reason, hours, says in (
        (Matcher(), "检修", 1, "至少一项"), (Matcher(topic="quality"), " ", 1, "理由"),
        (Matcher(topic="quality"), "检修", 24 * 7 + 1, "之前结束"),
        (Matcher(topic="quality"), "检修", 0, "之前结束"),
        (Matcher(subject="x"), "检修", 1, "没有对象 x"),
        (Matcher(alert="W-1"), "检修", 1, "没有预警 W-1"),
    ):  # fmt: skip
        with pytest.raises(CaseError, match=says):
            actions.silence(app, matcher, NOON + timedelta(hours=hours), WANG, NOON, reason)
    with app.db.read() as connection:
        assert silences.since(connection, NOON) == []


def test_only_who_may_triage_silences_and_no_entity_silences_all(app: App) -> None:
    prepare(app)
    for actor in (
        Actor(name="看客", via="web", roles=frozenset({Role.VIEWER}), entities=None),
        Actor(name="甲", via="web", roles=frozenset({Role.MONITOR}), entities=frozenset({"别家"})),
    ):
        for matcher in (Matcher(topic="quality"), Matcher(subject=SUBJECT)):
            with pytest.raises(AccessError):
                actions.silence(app, matcher, NOON + MINUTE, actor, NOON, "检修")


def test_the_brief_lists_what_was_silenced_since_the_last(app: App, robot: Robot) -> None:
    prepare(app)
    brief.run(app, NOON)
    quiet(app, NOON + MINUTE, 2, topic="quality")
    run_at(app, NOON + timedelta(hours=20, minutes=30))
    assert "静默 1 项" in robot.got[0]
    assert "外墙检修已公告（王敏，至" in robot.got[0]
