"""Who is told, when, how often and by which way: routing, repeats, fall-back, rates, the brief."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from alerts.clocks import start as start_clock
from alerts.telling import WAIT
from config.calendar import workday
from config.clock import FixedClock
from domain.access import Actor, Role
from domain.case import ClockDef
from domain.errors import AccessError, CaseError, ChannelError
from domain.level import Level
from notify.base import Channel
from pipelines import brief, deliver, remind
from pipelines.wiring import App
from store import acknowledgements, alerts, audit, cases, clocks, outbox
from store import tables as t
from tests.conftest import NOON, MakeApp
from tests.posts import LEAKS, SUBJECTS, feed, post, prepare, run_at
from tests.pushes import close, town

MINUTE = timedelta(minutes=1)
MORNING = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)  # 08:30 in Asia/Shanghai


@pytest.fixture
def critical(tmp_path: Path) -> Iterator[App]:
    app = town(tmp_path / "town", Level.CRITICAL)
    yield app
    close(app)


def subscribe(app: App, name: str, channel: str = "console", address: str = "", *,
              level: Level = Level.MINOR, subject: str | None = None,
              region: str | None = None) -> None:  # fmt: skip
    with app.db.write() as connection:
        person = connection.scalar(select(t.person.c.id).where(t.person.c.key == name))
        if person is None:
            connection.execute(insert(t.person).values(key=name, name=name))
            person = connection.scalar(select(t.person.c.id).where(t.person.c.key == name))
        subject_id = connection.scalar(select(t.subject.c.id).where(t.subject.c.key == subject))
        connection.execute(
            insert(t.subscription).values(
                person_id=person, subject_id=subject_id, region=region, min_level=level,
                channel=channel, address=address,
            )
        )  # fmt: skip


def told(app: App, subject: str | None) -> dict[str, Level]:
    with app.db.read() as connection:
        key = connection.scalar(select(t.subject.c.id).where(t.subject.c.key == subject))
        return {r.key: r.min_level for r in outbox.recipients(connection, key) if r.key != "duty"}


def rows(app: App, reason: str) -> list[tuple[str, str, str]]:
    with app.db.read() as connection:
        found = connection.execute(
            select(t.outbox.c.recipient, t.outbox.c.channel, t.outbox.c.status)
            .where(t.outbox.c.reason == reason)
            .order_by(t.outbox.c.recipient, t.outbox.c.channel)
        )
        return [(row[0], row[1], row[2]) for row in found]


# ---- routing ----------------------------------------------------------------------------------


def test_people_are_told_of_their_subject_their_region_or_all(app: App) -> None:
    prepare(app)
    with app.db.write() as connection:
        connection.execute(
            update(t.subject).where(t.subject.c.key == SUBJECTS[0].key).values(region="华中")
        )
    subscribe(app, "all", level=Level.MAJOR)
    subscribe(app, "one", subject=SUBJECTS[1].key)
    subscribe(app, "region", region="华中")
    subscribe(app, "elsewhere", region="华东")
    assert set(told(app, SUBJECTS[0].key)) == {"all", "region"}
    assert set(told(app, SUBJECTS[1].key)) == {"all", "one"}
    assert set(told(app, None)) == {"all"}


def test_one_way_to_one_person_stands_once_with_the_lowest_level(app: App) -> None:
    prepare(app)
    subscribe(app, "li", level=Level.CRITICAL)
    subscribe(app, "li", subject=SUBJECTS[0].key, level=Level.MODERATE)
    assert told(app, SUBJECTS[0].key) == {"li": Level.MODERATE}
    assert told(app, SUBJECTS[1].key) == {"li": Level.CRITICAL}


def test_what_is_minor_is_told_to_nobody_at_once(tmp_path: Path) -> None:
    app = town(tmp_path / "town", Level.MINOR)
    with app.db.read() as connection:
        assert connection.scalar(select(t.alert.c.level)) == "minor"
        assert connection.scalar(select(func.count()).select_from(t.outbox)) == 0
    close(app)


# ---- repeats and acknowledging ----------------------------------------------------------------


def repeats(app: App) -> list[str]:
    with app.db.read() as connection:
        found = connection.scalars(
            select(t.outbox.c.reason)
            .where(t.outbox.c.reason.startswith("repeat"), t.outbox.c.channel == "console")
            .order_by(t.outbox.c.id)
        )
        return list(found)


def test_a_grave_alert_is_repeated_with_doubling_waits_up_to_four_hours(critical: App) -> None:
    seen = {}
    for minutes in range(0, 60 * 24, 10):
        remind.run(critical, NOON + minutes * MINUTE)
        seen[minutes] = len(repeats(critical))
    grown = [minute for minute in seen if minute and seen[minute] > seen[minute - 10]]
    assert [minute // 60 for minute in grown] == [1, 3, 7, 11, 15, 19, 23]


def acknowledge(app: App, version: int, at: datetime, name: str = "王敏") -> bool:
    with app.db.write() as connection:
        item = alerts.by_number(connection, "W-20261120-0001")
        actor = acknowledgements.by_person(connection, item.subject_id, name=name)
        assert actor is not None
        return acknowledgements.add(
            connection, item, version=version, actor=actor, via="group", now=at
        )[1]


def test_acknowledging_stops_repeats_but_no_clock_and_ends_after_eight_hours(
    critical: App,
) -> None:
    assert acknowledge(critical, 1, NOON + 5 * MINUTE)
    assert not acknowledge(critical, 1, NOON + 6 * MINUTE, "赵磊")
    for minutes in (10, 60, 300):
        remind.run(critical, NOON + minutes * MINUTE)
    assert repeats(critical) == []
    assert len(rows(critical, "overdue")) == 4
    remind.run(critical, NOON + timedelta(hours=8, minutes=6))
    assert repeats(critical) == ["repeat-1"]
    with critical.db.read() as connection:
        row = connection.execute(
            select(t.audit.c.actor, t.audit.c.via).where(t.audit.c.action == "acknowledged")
        ).one()
    assert tuple(row) == ("王敏", "link")


def test_an_acknowledgement_does_not_cover_a_graver_version(tmp_path: Path) -> None:
    app = town(tmp_path / "town", Level.MAJOR)
    assert acknowledge(app, 1, NOON)
    feed(app, [post(f"q{n}", LEAKS[n], NOON, f"后来{n}") for n in range(8, 12)])
    run_at(app, NOON + MINUTE)
    with app.db.read() as connection:
        item = alerts.by_number(connection, "W-20261120-0001")
        assert (item.level, item.version) == (Level.CRITICAL, 2)
        with pytest.raises(CaseError, match="没有第 9 版"):
            acknowledgements.level_of(connection, item, 9)
    remind.run(app, NOON + 62 * MINUTE)
    assert repeats(app) == ["repeat-1"]
    assert acknowledge(app, 2, NOON + 63 * MINUTE)
    assert not acknowledge(app, 1, NOON + 64 * MINUTE, "赵磊"), "the graver one covers the lower"
    close(app)


def test_a_verdict_ends_repeats_too(critical: App) -> None:
    with critical.db.write() as connection:
        connection.execute(update(t.alert).values(verdict="confirmed"))
    remind.run(critical, NOON + timedelta(hours=5))
    assert repeats(critical) == []


def test_a_stranger_or_another_entity_may_not_acknowledge(critical: App) -> None:
    with critical.db.write() as connection:
        item = alerts.by_number(connection, "W-20261120-0001")
        assert acknowledgements.by_person(connection, item.subject_id, name="路人") is None
        other = Actor(
            name="甲", via="web", roles=frozenset({Role.MONITOR}), entities=frozenset({"别家"})
        )
        with pytest.raises(AccessError):
            acknowledgements.add(connection, item, version=1, actor=other, via="web", now=NOON)
    with critical.db.read() as connection:
        assert acknowledgements.of_alert(connection, item.id) == []


# ---- clocks of cases --------------------------------------------------------------------------


def test_a_cases_clock_that_runs_out_is_told_with_number_and_phone(critical: App) -> None:
    with critical.db.write() as connection:
        item = alerts.by_number(connection, "W-20261120-0001")
        pack = connection.scalar(select(t.pack.c.id))
        assert pack is not None
        assert item.subject_id is not None
        number = cases.register(
            connection, alert_id=item.id, subject_id=item.subject_id, title="外墙渗水",
            pack_id=pack, pack_copy="", by="王敏", now=NOON,
        )  # fmt: skip
        limit = ClockDef(
            id="T-08", name="情况报告上报", role="危机发生地负责人", start="graded",
            stop="reported", limit="30m", calendar="wall", levels=(Level.CRITICAL,), source="样例",
        )  # fmt: skip
        clocks.start(connection, f"case:{number}", start_clock(limit, NOON, workday))
    remind.run(critical, NOON + 30 * MINUTE)
    with critical.db.read() as connection:
        body = connection.scalar(
            select(t.outbox.c.body).where(
                t.outbox.c.object == f"case:{number}", t.outbox.c.channel == "wecom"
            )
        )
    parts = (
        "时限已到：情况报告上报", "云麓·望江府", number, "T-08", "12:30", "李明 13900001111",
        "危机发生地负责人", "外墙渗水",
    )  # fmt: skip
    for part in parts:
        assert part in (body or ""), part


# ---- delivering -------------------------------------------------------------------------------


class Recording:
    """A channel that keeps what it got, or refuses all."""

    def __init__(self, refusal: ChannelError | None = None) -> None:
        self.got: list[tuple[str, str]] = []
        self.refusal = refusal

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        self.got.append((address, subject_line))
        if self.refusal:
            raise self.refusal
        return "ok"


def use(monkeypatch: pytest.MonkeyPatch, **ways: Recording) -> None:
    def known(_home: Path) -> dict[str, Channel]:
        return {"console": Recording(), **ways}

    monkeypatch.setattr(deliver, "channels", known)


def moderate(make_app: MakeApp) -> App:
    app = make_app()
    prepare(app)
    return app


def raise_alert(app: App, level_posts: int = 5) -> None:
    feed(app, [post(f"p{n}", LEAKS[n], NOON, f"业主{n}") for n in range(level_posts)])
    run_at(app, NOON)
    if level_posts < 8:  # nobody is told at once: others of the project may join (B-GR1)
        run_at(app, NOON + WAIT)


def test_one_group_gets_a_message_once_for_all_its_members(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, robot = moderate(make_app), Recording()
    use(monkeypatch, wecom=robot)
    for name in ("li", "wang", "zhao"):
        subscribe(app, name, "wecom", "危机群")
    raise_alert(app)
    assert len(robot.got) == 1
    assert [row[2] for row in rows(app, "opened") if row[1] == "wecom"] == ["accepted"] * 3


def test_a_final_refusal_goes_to_the_next_way_at_once(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, mail = moderate(make_app), Recording()
    use(monkeypatch, wecom=Recording(ChannelError("坏", permanent=True)), email=mail)
    subscribe(app, "li", "wecom", "危机群")
    subscribe(app, "li", "email", "li@yunlu.example", level=Level.CRITICAL)
    raise_alert(app)
    assert [row for row in rows(app, "opened") if row[0] == "li"] == [
        ("li", "email", "accepted"), ("li", "wecom", "failed"),
    ]  # fmt: skip
    assert [address for address, _ in mail.got] == ["li@yunlu.example"]


def test_a_busy_line_falls_to_the_next_way_before_a_grave_limit(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, mail = moderate(make_app), Recording()
    use(monkeypatch, wecom=Recording(ChannelError("忙")), email=mail)
    subscribe(app, "li", "wecom", "危机群")
    subscribe(app, "li", "email", "li@yunlu.example", level=Level.CRITICAL)
    raise_alert(app, 8)
    with app.db.read() as connection:
        limit = clocks.running(connection, "alert:W-20261120-0001", "triage")
    assert limit is not None
    at = NOON
    while not mail.got and at < limit:
        at += timedelta(seconds=5)
        deliver.run(app, at)
    assert at < limit, "the triage limit of a major alert"


def test_who_has_no_other_way_becomes_an_issue(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = moderate(make_app)
    use(monkeypatch, wecom=Recording(ChannelError("坏", permanent=True)))
    subscribe(app, "li", "wecom", "危机群")
    raise_alert(app)
    with app.db.read() as connection:
        said = connection.scalar(
            select(t.issue.c.message).where(t.issue.c.code == "message-unsent")
        )
    assert "li" in (said or "")
    assert "电话告知" in (said or "")


def test_a_full_minute_makes_the_lesser_wait_and_lets_the_grave_pass(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, robot = moderate(make_app), Recording()
    use(monkeypatch, wecom=robot)
    raise_alert(app)
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON)
    with app.db.write() as connection:
        alert_id = connection.scalar(select(t.alert.c.id))
        who = outbox.Recipient(key="li", channel="wecom", address="危机群", min_level=Level.MINOR)
        for n in range(30):
            outbox.queue(
                connection, who, obj="alert:W-20261120-0001", version=n, reason="opened",
                subject_line=f"一般 {n}", body=f"{n}", now=NOON, alert_id=alert_id,
            )  # fmt: skip
    deliver.run(app, NOON)
    assert len(robot.got) == 15, "five of twenty stay free for what is grave"
    with app.db.write() as connection:
        connection.execute(update(t.alert).values(level="critical"))
        for n in range(8):
            outbox.queue(
                connection, who, obj="alert:W-20261120-0001", version=n, reason="raised",
                subject_line=f"重大 {n}", body=f"重大 {n}", now=NOON, alert_id=alert_id,
            )  # fmt: skip
    deliver.run(app, NOON + timedelta(seconds=1))
    assert len(robot.got) == 20
    assert all(line.startswith("重大") for _, line in robot.got[15:])
    at = NOON
    while at < NOON + 5 * MINUTE:
        at += timedelta(seconds=5)
        deliver.run(app, at)
    assert len(robot.got) == 38, "nothing is dropped"
    assert set(outbox_counts(app)) == {"accepted"}


def outbox_counts(app: App) -> dict[str, int]:
    with app.db.read() as connection:
        return outbox.counts(connection)


# ---- the brief --------------------------------------------------------------------------------


def briefs(app: App) -> list[tuple[str, str, str]]:
    with app.db.read() as connection:
        found = connection.execute(
            select(t.outbox.c.recipient, t.outbox.c.subject_line, t.outbox.c.body)
            .where(t.outbox.c.reason == "brief")
            .order_by(t.outbox.c.id)
        )
        return [(row[0], row[1], row[2]) for row in found]


def test_the_brief_comes_once_a_day_from_half_past_eight(app: App) -> None:
    prepare(app)
    for at in (NOON, MORNING - MINUTE):
        assert brief.run(app, at).done == 0
    assert brief.run(app, MORNING).done == 1
    assert brief.run(app, MORNING + MINUTE).done == 0
    assert brief.run(app, MORNING + timedelta(hours=23)).done == 0
    assert brief.run(app, MORNING + timedelta(hours=24)).done == 1
    (first, second) = briefs(app)
    assert "今日无新增" in first[1]
    assert "补发" not in first[1]
    assert "2026-11-22（周日）" in second[1]


def test_a_new_home_that_starts_in_the_morning_gets_its_first_brief(app: App) -> None:
    brief.run(app, MORNING - timedelta(hours=1))
    assert brief.run(app, MORNING).done == 1


def test_a_brief_after_downtime_says_so(app: App) -> None:
    brief.run(app, NOON)
    assert brief.run(app, MORNING + timedelta(hours=3)).done == 1
    assert "【补发】每日简报" in briefs(app)[0][1]


def test_the_minor_waits_for_the_brief_and_everybody_gets_what_is_theirs(
    tmp_path: Path,
) -> None:
    app = town(tmp_path / "town", Level.MINOR)
    subscribe(app, "mine", subject="wangjiangfu")
    subscribe(app, "other", region="华东区域")
    brief.run(app, MORNING)
    by = {who: body for who, _, body in briefs(app)}
    assert "疑似轻微 1 条" in by["mine"]
    assert "【新】云麓·望江府 W-20261120-0001-v1" in by["mine"]
    assert "异常来源" not in by["mine"]
    assert "今日无新增" in by["other"]
    assert "望江府" not in by["other"]
    assert "异常来源" in by["duty"]
    assert "未阅 4 条，最早 2026-11-20 12:00" in by["mine"]
    assert "未阅 0 条" in by["other"]
    close(app)


def test_the_audit_chains_fit_after_reminders(critical: App) -> None:
    remind.run(critical, NOON + 10 * MINUTE)
    with critical.db.read() as connection:
        assert all(v.broken_at is None for v in audit.verify(connection))
