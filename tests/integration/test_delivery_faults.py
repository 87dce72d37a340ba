"""Delivery under faults: strange channels, things settled meanwhile, groups with no business."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from alerts.telling import WAIT
from config.clock import FixedClock
from domain.access import Actor, Role
from domain.errors import ChannelError
from domain.label import NO, Field, Judgement
from domain.level import Level
from notify import email, webhook
from notify.base import Channel
from pipelines import actions, deliver, push, remind
from pipelines.wiring import App
from store import alerts, briefs, cases, outbox, pushes
from store import tables as t
from tests.conftest import NOON
from tests.posts import LEAKS, SUBJECTS, feed, post, prepare, run_at

MINUTE = timedelta(minutes=1)
CRISIS = Actor(name="周敏", via="web", roles=frozenset({Role.CRISIS, Role.MONITOR}), entities=None)
NUMBER = "W-20261120-0001"


class Way:
    """A channel that keeps what it got and then does as told."""

    def __init__(self, does: Callable[[], None] = lambda: None) -> None:
        self.got: list[str] = []
        self.does = does

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        self.got.append(body)
        self.does()
        return "ok"


def fails(error: Exception) -> Callable[[], None]:
    def does() -> None:
        raise error

    return does


def use(monkeypatch: pytest.MonkeyPatch, **ways: Way) -> None:
    def known(_home: Path) -> dict[str, Channel]:
        return {"console": Way(), **ways}

    monkeypatch.setattr(deliver, "channels", known)


def subscribe(app: App, name: str, channel: str, address: str, subject: str | None = None,
              level: Level = Level.MINOR) -> None:  # fmt: skip
    with app.db.write() as connection:
        person = connection.scalar(select(t.person.c.id).where(t.person.c.key == name))
        if person is None:
            connection.execute(insert(t.person).values(key=name, name=name))
            person = connection.scalar(select(t.person.c.id).where(t.person.c.key == name))
        subject_id = connection.scalar(select(t.subject.c.id).where(t.subject.c.key == subject))
        connection.execute(
            insert(t.subscription).values(
                person_id=person, subject_id=subject_id, min_level=level, channel=channel,
                address=address,
            )
        )  # fmt: skip


def leaks(app: App, count: int, first: int = 0, at: datetime = NOON) -> None:
    """Let owners write so that people are told at `at`: five of them wait for others (B-GR1)."""
    assert isinstance(app.clock, FixedClock)
    written = at - (WAIT if count == 5 else timedelta(0))
    app.clock.move(written)
    feed(app, [post(f"p{n}", LEAKS[n], written, f"业主{n}") for n in range(first, first + count)])
    for moment in sorted({written, at}):
        run_at(app, moment)


def box(app: App, recipient: str) -> list[tuple[str, str, str]]:
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.outbox.c.channel, t.outbox.c.status, t.outbox.c.verdict)
            .where(t.outbox.c.recipient == recipient)
            .order_by(t.outbox.c.id)
        )
        return [(row[0], row[1], row[2]) for row in rows]


# ---- a person's other ways --------------------------------------------------------------------


def test_another_projects_group_never_gets_a_message_that_failed_elsewhere(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    group = Way()
    use(monkeypatch, email=Way(fails(ChannelError("坏", permanent=True))), wecom=group)
    subscribe(app, "li", "email", "li@yunlu.example", SUBJECTS[0].key)
    subscribe(app, "li", "wecom", "星河湾群", SUBJECTS[1].key)
    subscribe(app, "li", "wecom", "望江府群", SUBJECTS[0].key, Level.CRITICAL)
    leaks(app, 5)
    with app.db.read() as connection:
        went = connection.scalars(
            select(t.outbox.c.address).where(
                t.outbox.c.recipient == "li", t.outbox.c.channel == "wecom"
            )
        ).all()
    assert went == ["望江府群"], "the level of a way may be lifted, its scope may not"
    assert len(group.got) == 1


def test_a_refused_brief_goes_no_other_way(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(app)
    group = Way()
    use(monkeypatch, email=Way(fails(ChannelError("坏", permanent=True))), wecom=group)
    subscribe(app, "li", "email", "li@yunlu.example")
    with app.db.write() as connection:
        (who,) = [r for r in outbox.recipients(connection, None) if r.key == "li"]
        outbox.queue(
            connection, who, obj="brief:2026-11-20", version=0, reason="brief",
            subject_line="简报", body="全公司", now=NOON,
        )  # fmt: skip
    subscribe(app, "li", "wecom", "星河湾群", SUBJECTS[1].key)
    deliver.run(app, NOON)
    assert group.got == []


# ---- a channel that breaks --------------------------------------------------------------------


def test_a_channel_that_breaks_holds_up_nobody_and_is_given_up_visibly(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    secret = "https://robot.example/send?key=top-secret"
    use(monkeypatch, wecom=Way(fails(ValueError(f"bad port in {secret}"))))
    subscribe(app, "an", "wecom", "危机群")
    subscribe(app, "zhu", "console", "")
    leaks(app, 5)
    ((channel, status, verdict),) = box(app, "an")
    assert (channel, status) == ("wecom", "queued")
    assert "渠道程序出错（ValueError）" in verdict
    assert "top-secret" not in verdict
    assert [row[1] for row in box(app, "zhu")] == ["accepted"]
    for day in range(1, 8):
        deliver.run(app, NOON + timedelta(days=day))
    assert box(app, "an")[0][1] == "failed"
    with app.db.read() as connection:
        codes = connection.scalars(select(t.issue.c.code)).all()
    assert "message-unsent" in codes


def test_a_fall_back_that_breaks_holds_up_nobody_either(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    use(monkeypatch, wecom=Way(fails(ChannelError("坏", permanent=True))))
    subscribe(app, "an", "wecom", "危机群")
    subscribe(app, "zhu", "console", "")

    def breaks(*_: object) -> bool:
        raise KeyError("没有这一行")

    monkeypatch.setattr(push, "fall_back", breaks)
    leaks(app, 5)
    assert box(app, "an") == [("wecom", "failed", "坏")]
    assert [row[1] for row in box(app, "zhu")] == ["accepted"]
    with app.db.read() as connection:
        assert connection.scalars(select(t.issue.c.code)).all() == ["message-unsent"]


# ---- settled before it went out ---------------------------------------------------------------


def test_what_is_dismissed_or_merged_before_it_went_out_is_called_back(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    use(monkeypatch, wecom=Way(fails(ChannelError("忙"))))
    subscribe(app, "an", "wecom", "危机群")
    leaks(app, 5)
    actions.dismiss(app, NUMBER, "ad", CRISIS, NOON + timedelta(seconds=5))
    robot = Way()
    use(monkeypatch, wecom=robot)
    result = deliver.run(app, NOON + MINUTE)
    assert (result.skipped, result.done, robot.got) == (1, 0, [])
    assert box(app, "an") == [("wecom", "failed", "已标误报，未发")]
    deliver.run(app, NOON + timedelta(days=1))
    assert robot.got == []
    with app.db.read() as connection:
        assert briefs.unsent(connection, NOON) == {}, "no channel failed"
        assert connection.scalars(select(t.issue.c.code)).all() == []


@pytest.mark.parametrize(
    ("status", "said"),
    [("merged", "已并入其他预警，未发"), ("closed", "预警已关闭，未发")],
)
def test_each_end_of_an_alert_has_its_words(
    app: App, monkeypatch: pytest.MonkeyPatch, status: str, said: str
) -> None:
    prepare(app)
    use(monkeypatch, wecom=Way(fails(ChannelError("忙"))))
    subscribe(app, "an", "wecom", "危机群")
    leaks(app, 5)
    with app.db.write() as connection:
        connection.execute(update(t.alert).values(status=status))
    deliver.run(app, NOON + MINUTE)
    assert box(app, "an")[0][2] == said


# ---- quotes -----------------------------------------------------------------------------------


def test_only_what_still_counts_is_quoted(app: App) -> None:
    prepare(app)
    leaks(app, 5)
    with app.db.read() as connection:
        ids: dict[str, int] = {
            row.native_id: row.id
            for row in connection.execute(select(t.post.c.native_id, t.post.c.id))
        }
    actions.label_post(app, ids["p1"], [Judgement(field=Field.RELEVANT, value=NO)], CRISIS, NOON)
    with app.db.write() as connection:
        connection.execute(update(t.post).where(t.post.c.id == ids["p2"]).values(deleted_at=NOON))
        connection.execute(
            update(t.revision).where(t.revision.c.post_id == ids["p3"]).values(hidden="按要求")
        )
    feed(app, [post("p4", "望江府外墙渗水的事情已经修好，收回前言", NOON, "业主4")])
    leaks(app, 5, first=5, at=NOON + WAIT)
    with app.db.read() as connection:
        item = connection.execute(select(t.alert)).one()
        scale = pushes.scale(connection, item.id)
        assert len(scale.revisions) >= 9, "what once counted stays behind the finding"
        texts = {q.text for q in alerts.quotes(connection, item.subject_id, scale.revisions, 99)}
    assert texts & set(LEAKS[:5]) == {LEAKS[0]}
    assert set(LEAKS[5:10]) <= texts


# ---- repeats ----------------------------------------------------------------------------------


def test_a_registered_alert_is_not_repeated_even_without_a_verdict(app: App) -> None:
    prepare(app)
    leaks(app, 10)
    with app.db.write() as connection:
        alert_id, subject_id = connection.execute(select(t.alert.c.id, t.alert.c.subject_id)).one()
        assert len(pushes.unanswered(connection, outbox.GRAVE)) == 1
        pack = connection.scalar(select(t.pack_active.c.pack_id))
        assert pack is not None
        cases.register(
            connection, alert_id=alert_id, subject_id=subject_id, title="外墙渗水", pack_id=pack,
            pack_copy="", by="周敏", now=NOON,
        )  # fmt: skip
        assert pushes.unanswered(connection, outbox.GRAVE) == []


def test_a_repeat_looks_again_before_it_tells(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert is dismissed between the look and the write of the remind step."""
    prepare(app)
    leaks(app, 10)
    real = pushes.unanswered
    looks: list[str | None] = []

    def looking(connection, levels, *, number=None):  # type: ignore[no-untyped-def]
        found = real(connection, levels, number=number)
        if not looks:
            looks.append(number)
            assert found, "due at the first look"
            connection.connection.rollback()
            actions.dismiss(app, NUMBER, "ad", CRISIS, NOON + timedelta(hours=2))
        return found

    monkeypatch.setattr(pushes, "unanswered", looking)
    remind.run(app, NOON + timedelta(hours=2))
    with app.db.read() as connection:
        reasons = connection.scalars(select(t.outbox.c.reason)).all()
    assert looks == [None]
    assert not [reason for reason in reasons if reason.startswith("repeat")]


# ---- time -------------------------------------------------------------------------------------


def test_each_message_is_claimed_and_accepted_at_its_own_moment(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    clock = app.clock
    assert isinstance(clock, FixedClock)

    def takes_a_minute() -> None:
        clock.move(clock.now() + MINUTE)

    slow = Way(takes_a_minute)
    use(monkeypatch, wecom=slow)
    for name in ("an", "bo", "cai"):
        subscribe(app, name, "wecom", f"{name}群")
    leaks(app, 5)
    assert len(slow.got) == 3
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.outbox.c.claimed_at, t.outbox.c.accepted_at)
            .where(t.outbox.c.channel == "wecom")
            .order_by(t.outbox.c.id)
        ).all()
    assert [(row[0] - NOON, row[1] - NOON) for row in rows] == [
        (n * MINUTE, (n + 1) * MINUTE) for n in range(3)
    ]


def test_a_pass_tries_a_message_once_however_slow_the_channel(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    clock = app.clock
    assert isinstance(clock, FixedClock)

    def slowly_refuses() -> None:
        clock.move(clock.now() + MINUTE)
        raise ChannelError("忙")

    slow = Way(slowly_refuses)
    use(monkeypatch, wecom=slow)
    for name in ("an", "bo"):
        subscribe(app, name, "wecom", f"{name}群")
    leaks(app, 5)
    assert len(slow.got) == 2


def test_a_claim_outlives_every_time_out_of_a_channel() -> None:
    commands, addresses = 10, 8  # of one mail; a host name may lead to several addresses
    assert timedelta(seconds=email.TIMEOUT * (commands + addresses)) < outbox.CLAIM_EXPIRES
    assert timedelta(seconds=webhook.TIMEOUT * (3 + addresses)) < outbox.CLAIM_EXPIRES
