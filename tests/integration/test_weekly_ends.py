"""Weekly report: what merely ended was not kept, what was merged is not counted twice."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from domain.access import Actor, Role
from domain.level import Level
from pipelines import actions, media, weekly
from pipelines import complaints as intake
from pipelines.complaints import ComplaintForm
from pipelines.wiring import App
from reports.weekly import context, summary
from store import clocks
from store import tables as t
from tests.conftest import NOON
from tests.posts import LEAKS, feed, post, prepare, run_at

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALL = Actor(
    name="周敏", via="web", roles=frozenset({Role.CRISIS, Role.MONITOR, Role.MEDIA}),
    entities=None,
)  # fmt: skip
LIFT = ("物业不管", "太吓人了", "投诉无门", "差评", "强烈要求赔偿", "没人修")


def report(app: App) -> Any:
    return weekly.make(
        app, until="2026-11-21T12:00", actor=ALL, now=NOON + timedelta(days=2)
    ).material


def outcomes(app: App, kind: str) -> list[str]:
    return [c.outcome for c in report(app).lists.clocks if c.object.startswith(kind)]


def leaks(app: App, count: int, at: datetime = NOON) -> str:
    feed(app, [post(f"p{n}", LEAKS[n], at + n * MINUTE, f"业主{n}") for n in range(count)])
    run_at(app, at + count * MINUTE)
    with app.db.read() as connection:
        return str(connection.scalar(select(t.alert.c.number)))


def order(app: App) -> str:
    form = ComplaintForm(
        text="外墙漏水", subject="wangjiangfu", channel="12345", order_no="1",
        reply_due_at=NOON + 5 * HOUR, received_at=NOON - HOUR,
    )  # fmt: skip
    return intake.register_complaint(app, form, ALL, NOON)


def test_a_complaint_registered_by_mistake_was_not_answered_in_time(app: App) -> None:
    prepare(app)
    number = order(app)
    assert outcomes(app, "complaint:") == ["breached"]
    intake.withdraw_complaint(app, number, "误登", ALL, NOON + MINUTE)
    assert outcomes(app, "complaint:") == []


def test_a_moved_deadline_counts_once_and_a_missed_one_stays_missed(app: App) -> None:
    prepare(app)
    number = order(app)

    def move(at: datetime, due: datetime) -> None:
        with app.db.write() as connection:
            connection.execute(t.complaint.update().values(reply_due_at=due))
            clocks.stop(connection, f"complaint:{number}", "replied", "周敏（期限变更）", at)
            intake.start_clock(connection, number, at, due)

    move(NOON + HOUR, NOON + 6 * HOUR)
    assert outcomes(app, "complaint:") == ["breached"], "the new one; the old was only moved"
    move(NOON + 8 * HOUR, NOON + 9 * HOUR)
    assert outcomes(app, "complaint:") == ["breached", "breached"], "moved after it ran out"
    intake.reply_complaint(app, number, "已答复来电人", ALL, NOON + 8 * HOUR + MINUTE)
    assert outcomes(app, "complaint:") == ["breached", "attained"]


def test_a_deadline_moved_into_the_past_was_not_kept(app: App) -> None:
    prepare(app)
    number = order(app)
    with app.db.write() as connection:
        connection.execute(t.complaint.update().values(reply_due_at=NOON + MINUTE))
        clocks.stop(connection, f"complaint:{number}", "replied", "周敏（期限变更）", NOON + HOUR)
        intake.start_clock(connection, number, NOON + HOUR, NOON + MINUTE)
    assert outcomes(app, "complaint:") == []


def test_an_enquiry_with_a_new_deadline_counts_once_and_a_withdrawn_one_never(app: App) -> None:
    prepare(app)
    number = media.register_enquiry(
        app, outlet="江城晚报", question="为何漏水", actor=ALL, now=NOON,
        deadline_at=NOON + 5 * HOUR,
    )  # fmt: skip
    media.update_enquiry(
        app, number, actor=ALL, now=NOON + HOUR, deadline_at=NOON + timedelta(days=9)
    )
    assert outcomes(app, "enquiry:") == ["running"]
    media.withdraw_enquiry(app, number, actor=ALL, now=NOON + 2 * HOUR, reason="误登")
    assert outcomes(app, "enquiry:") == []


def test_a_triage_limit_replaced_by_a_shorter_one_was_not_kept(app: App) -> None:
    prepare(app)
    number = leaks(app, 5)
    feed(app, [post(f"p{n}", LEAKS[n], NOON + 9 * MINUTE, f"业主{n}") for n in range(5, 12)])
    run_at(app, NOON + 10 * MINUTE)
    with app.db.read() as connection:
        stopped = connection.scalars(select(t.clock.c.stopped_by)).all()
    assert len(stopped) == 2, "the alert rose and its limit became shorter"
    assert outcomes(app, "alert:") == ["breached"]
    actions.confirm(app, number, ALL, NOON + 11 * MINUTE)
    assert outcomes(app, "alert:") == ["attained"]


def test_an_alert_that_calmed_by_itself_was_judged_by_nobody(app: App) -> None:
    prepare(app)
    number = leaks(app, 5)
    with app.db.write() as connection:
        clocks.stop(connection, f"alert:{number}", "triaged", "系统（预警关闭）", NOON + HOUR)
    assert outcomes(app, "alert:") == []


def test_limits_a_regraded_case_let_go_were_not_kept(app: App) -> None:
    prepare(app)
    number = leaks(app, 10)
    case = actions.register_case(app, number, ALL, NOON + 11 * MINUTE, "属实", level=Level.CRITICAL)
    before = outcomes(app, "case:")
    assert before
    assert "attained" not in before
    actions.route_routine(app, case, ALL, NOON + 12 * MINUTE, "一般投诉")
    with app.db.read() as connection:
        assert (
            None
            not in connection.scalars(
                select(t.clock.c.stopped_at).where(
                    t.clock.c.object == f"case:{case}", t.clock.c.start_event == "graded"
                )
            ).all()
        )
    assert "attained" not in outcomes(app, "case:")


def test_a_merged_alert_is_not_counted_twice_and_a_false_alarm_is_named(app: App) -> None:
    prepare(app)
    leaks(app, 6)
    at = NOON + 7 * MINUTE
    feed(
        app,
        [
            post(f"b{n}", f"望江府电梯又坏了，困人第{n + 2}次，{words}", at, f"住户{n}")
            for n, words in enumerate(LIFT)
        ],
    )
    run_at(app, at + MINUTE)
    with app.db.read() as connection:
        first, second = connection.scalars(select(t.alert.c.number).order_by(t.alert.c.id))
    assert "新开预警 2 条" in summary(report(app))
    actions.merge(app, second, first, ALL, at + 2 * MINUTE)
    found = report(app)
    total = found.numbers.row("all")
    assert sum(map(len, total.alerts.values())) == 1
    assert found.numbers.alerts_merged == (second,)
    assert "新开预警 1 条" in summary(found)
    assert "另有 1 条开启后并入其他预警，不重复计。" in summary(found)
    assert "尚无人研判" in summary(found), "a merge is no verdict on what is counted"
    actions.dismiss(app, first, "ad", ALL, at + 3 * MINUTE)
    found = report(app)
    assert found.numbers.row("all").dismissed == (first,)
    assert "误报 1 条" in summary(found)
    assert weekly_table(found)[0].endswith("（其中误报 1）")


def weekly_table(material: Any) -> list[str]:
    return [row["alerts"] for row in context(material)["rows"]]
