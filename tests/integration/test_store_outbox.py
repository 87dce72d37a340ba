"""Telling people and running clocks: once, in order, also after a kill or a refusal."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from alerts.clocks import start as start_clock
from config.calendar import workday
from domain.case import ClockDef
from domain.errors import ChannelError, StoreError
from domain.level import Level
from domain.step import StepResult
from notify.base import Channel
from pipelines import deliver, rulebook
from pipelines.wiring import App
from store import clocks, outbox, packs
from store.outbox import CLAIM_EXPIRES, Message
from store.tables import alert, clock, clock_due, pack, person
from store.tables import outbox as box
from tests.conftest import NOON
from tests.posts import LEAKS, feed, post, prepare, run_at

MINUTE = timedelta(minutes=1)


@pytest.fixture
def queued(app: App) -> App:
    """A home with one moderate alert whose message waits in the outbox."""
    prepare(app)
    feed(app, [post(f"p{n}", LEAKS[n], NOON - 5 * MINUTE, f"业主{n}") for n in range(5)])
    run_at(app, NOON - 5 * MINUTE)
    run_at(app, NOON)  # a moderate alert waits five minutes for others (B-GR1)
    with app.db.write() as connection:
        assert connection.scalar(select(alert.c.level)) == "moderate"
        connection.execute(update(box).values(status="queued", attempts=0, accepted_at=None))
    return app


def claim(app: App, minutes: float = 0) -> Message | None:
    with app.db.write() as connection:
        return outbox.claim(connection, NOON + minutes * MINUTE)


def status(app: App) -> tuple[str, int, str]:
    with app.db.read() as connection:
        row = connection.execute(select(box.c.status, box.c.attempts, box.c.verdict)).one()
    return (row.status, row.attempts, row.verdict)


def test_the_same_message_is_queued_once(queued: App) -> None:
    with queued.db.write() as connection:
        row = connection.execute(select(box)).one()
        (recipient,) = outbox.recipients(connection, None)
        again = {
            "obj": row.object, "version": row.version, "reason": row.reason,
            "subject_line": "x", "body": "y", "now": NOON,
        }  # fmt: skip
        assert not outbox.queue(connection, recipient, **again)
        assert outbox.queue(connection, recipient, **{**again, "reason": "overdue"})
    values = {c.name: getattr(row, c.name) for c in box.columns if c.name != "id"}
    with pytest.raises(IntegrityError), queued.db.write() as connection:
        connection.execute(insert(box).values(**values))


def test_a_claim_is_one_workers_until_it_expires(queued: App) -> None:
    first = claim(queued)
    assert first is not None
    assert first.attempts == 1
    assert claim(queued) is None
    assert claim(queued, 1.9) is None
    again = claim(queued, CLAIM_EXPIRES / MINUTE)
    assert again is not None
    assert (again.id, again.attempts) == (first.id, 2)
    with queued.db.write() as connection:
        outbox.accept(connection, again, "好", NOON)
    assert claim(queued, 60) is None
    assert status(queued) == ("accepted", 2, "好")


def test_at_start_the_only_worker_takes_over_what_was_being_sent(queued: App) -> None:
    assert claim(queued) is not None
    with queued.db.write() as connection:
        assert outbox.release_claims(connection) == 1
    assert claim(queued) is not None


class _Refusing:
    """A channel that refuses the first `times` messages."""

    def __init__(self, times: int, *, permanent: bool = False) -> None:
        self.left, self.permanent, self.calls = times, permanent, 0

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise ChannelError("线路忙", permanent=self.permanent)
        return "收到"


def use(monkeypatch: pytest.MonkeyPatch, channel: Channel) -> None:
    def only(_home: Path) -> dict[str, Channel]:
        return {"console": channel}

    monkeypatch.setattr(deliver, "channels", only)


def test_a_busy_line_is_tried_again_after_each_back_off_until_it_takes_it(
    queued: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = _Refusing(2)
    use(monkeypatch, channel)
    nothing = StepResult(step="deliver")
    assert deliver.run(queued, NOON).failed == 1
    assert status(queued) == ("queued", 1, "线路忙")
    assert deliver.run(queued, NOON + timedelta(seconds=14)) == nothing
    assert deliver.run(queued, NOON + timedelta(seconds=15)).failed == 1
    assert deliver.run(queued, NOON + timedelta(seconds=74)) == nothing
    assert deliver.run(queued, NOON + timedelta(seconds=75)).done == 1
    assert status(queued) == ("accepted", 3, "收到")
    assert channel.calls == 3


def test_a_dead_line_is_given_up_visibly_after_the_last_back_off(
    queued: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = _Refusing(99)
    use(monkeypatch, channel)
    for day in range(10):
        deliver.run(queued, NOON + timedelta(days=day))
    assert channel.calls == len(deliver.BACKOFF) + 1
    assert status(queued) == ("failed", 7, "线路忙")


def test_a_permanent_refusal_is_not_tried_again(
    queued: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = _Refusing(1, permanent=True)
    use(monkeypatch, channel)
    deliver.run(queued, NOON)
    deliver.run(queued, NOON + timedelta(days=1))
    assert (channel.calls, status(queued)) == (1, ("failed", 1, "线路忙"))


def test_a_channel_that_does_not_exist_fails_by_name_and_another_way_is_taken(queued: App) -> None:
    with queued.db.write() as connection:
        connection.execute(update(box).values(channel="pigeon"))
    result = deliver.run(queued, NOON)
    assert (result.failed, result.done) == (1, 1)
    with queued.db.read() as connection:
        rows = connection.execute(select(box.c.channel, box.c.status, box.c.verdict)).all()
        assert outbox.counts(connection) == {"failed": 1, "accepted": 1}
    assert tuple(rows[0]) == ("pigeon", "failed", "没有名为 pigeon 的渠道")
    assert rows[1].channel == "console"


def test_people_are_added_once_and_the_retired_are_not_told(app: App) -> None:
    with app.db.write() as connection:
        for _ in range(2):
            outbox.add_person(
                connection, key="li", name="李", channel="console", min_level=Level.MAJOR
            )
        assert [r.key for r in outbox.recipients(connection, None)] == ["duty", "li"]
        connection.execute(update(person).where(person.c.key == "li").values(retired_at=NOON))
        assert [r.key for r in outbox.recipients(connection, 1)] == ["duty"]


# ---- clocks ------------------------------------------------------------------------------------

LIMIT = ClockDef(
    id="T-08", name="上报", role="负责人", start="graded", stop="reported", limit="100m",
    calendar="wall", levels=(Level.CRITICAL,), source="样例",
)  # fmt: skip


def begin(app: App) -> None:
    with app.db.write() as connection:
        clocks.start(connection, "case:G-1", start_clock(LIMIT, NOON, workday))


def due(app: App, minutes: float) -> list[int]:
    with app.db.read() as connection:
        return [row.percent for row in clocks.due(connection, NOON + minutes * MINUTE)]


def test_due_times_are_stored_once_and_come_in_order(app: App) -> None:
    begin(app)
    begin(app)
    assert [due(app, m) for m in (49.9, 50, 80, 99, 100)] == [
        [],
        [50],
        [50, 80],
        [50, 80],
        [50, 80, 100],
    ]
    with app.db.read() as connection:
        assert clocks.running(connection, "case:G-1", "T-08") == NOON + 100 * MINUTE
        assert clocks.running(connection, "case:G-1", "T-99") is None


def test_each_due_time_is_handled_by_one_worker_only(app: App) -> None:
    begin(app)
    with app.db.read() as connection:
        rows = clocks.due(connection, NOON + 100 * MINUTE)
    with app.db.write() as connection:
        assert [clocks.handle(connection, row, NOON, late=False) for row in rows] == [True] * 3
        assert [clocks.handle(connection, row, NOON, late=False) for row in rows] == [False] * 3
    assert due(app, 500) == []


def test_a_late_stop_keeps_both_times_and_an_early_one_leaves_no_breach(app: App) -> None:
    begin(app)
    with app.db.write() as connection:
        stopped = clocks.stop(connection, "case:G-1", "reported", "王敏", NOON + 101 * MINUTE)
        assert stopped == ["上报"]
        assert clocks.stop(connection, "case:G-1", "reported", "王敏", NOON) == []
        row = connection.execute(select(clock)).one()
    assert (row.stopped_at, row.breached_at) == (NOON + 101 * MINUTE, NOON + 100 * MINUTE)
    with app.db.write() as connection:
        early = start_clock(LIMIT, NOON + MINUTE, workday)
        clocks.start(connection, "case:G-2", early)
        clocks.stop(connection, "case:G-2", "reported", "王敏", early.due.at)
        row = connection.execute(select(clock).where(clock.c.object == "case:G-2")).one()
        left = connection.execute(select(clock_due).where(clock_due.c.handled_at.is_(None))).all()
    assert row.breached_at is None
    assert left == []


def test_another_event_stops_nothing(app: App) -> None:
    begin(app)
    with app.db.write() as connection:
        assert clocks.stop(connection, "case:G-1", "closed", "王敏", NOON) == []
        assert clocks.stop(connection, "case:G-9", "reported", "王敏", NOON) == []
        assert clocks.running(connection, "case:G-1", "T-08") is not None


# ---- packs -------------------------------------------------------------------------------------


def test_packs_are_immutable_versions_and_one_is_active(app: App) -> None:
    def seed(text: str) -> packs.PackRow:
        return packs.seed(connection, "rules", "mine", text, author="王敏", now=NOON)

    with app.db.write() as connection:
        first, same, second, back = (seed(x) for x in ("a: 1", "a: 1", "a: 2", "a: 1"))
        assert [row.version for row in (first, same, second, back)] == [1, 1, 2, 3]
        assert same.id == first.id
        packs.activate(connection, second)
        found = packs.active(connection, "rules")
        assert found is not None
        assert (found.id, found.yaml) == (second.id, "a: 2")
        stored = connection.execute(
            select(pack.c.version, pack.c.yaml).where(pack.c.name == "mine").order_by(pack.c.id)
        ).all()
    assert [tuple(row) for row in stored] == [(1, "a: 1"), (2, "a: 2"), (3, "a: 1")]


def test_without_a_chosen_procedure_a_case_cannot_begin_and_it_is_said(app: App) -> None:
    from store.tables import pack_active

    with app.db.write() as connection:
        assert rulebook.procedure(connection)[2].name == "group-000"
        connection.execute(pack_active.delete())
        with pytest.raises(StoreError, match="尚未选定程序包"):
            rulebook.procedure(connection)
    with pytest.raises(StoreError, match="规则还没有装入：请运行 fenghuo init"):
        rulebook.active_rules(app)
