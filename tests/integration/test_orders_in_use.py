"""Orders and complaints as offices really bring them: dates, closed rows, twice, withdrawn."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest

from config.clock import FixedClock
from domain.access import Actor, Role
from domain.errors import AccessError, CaseError
from domain.level import Level
from pipelines import actions, orders
from pipelines import complaints as desk
from pipelines.complaints import ComplaintForm
from pipelines.wiring import App
from store import audit
from tests.conftest import NOON
from tests.posts import LEAKS, SUBJECTS, feed, post, prepare, run_at

TOWN = tuple(
    replace(one, legal_entity=entity)
    for one, entity in zip(SUBJECTS[:2], ("甲公司", "乙公司"), strict=True)
)
ALL = Actor(name="组长", via="web", roles=frozenset({Role.CRISIS, Role.MONITOR}), entities=None)
ONE = Actor(
    name="甲客服", via="web", roles=frozenset({Role.MONITOR}), entities=frozenset({"甲公司"})
)
HEAD = ("工单编号", "诉求内容", "诉求时间", "所属项目", "办结时限", "办理状态")


@pytest.fixture
def town(app: App) -> App:
    prepare(app, TOWN)
    return app


def at(app: App, after: timedelta) -> datetime:
    """Move the program's clock and return what it says."""
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON + after)
    return NOON + after


def rows(app: App, statement: str) -> list[Any]:
    with app.db.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def reasons(app: App, action: str) -> list[str]:
    with app.db.read() as connection:
        return [row["reason"] for row in audit.export(connection, None) if row["action"] == action]


def load(app: App, *lines: Sequence[Any], actor: Actor | None = None) -> orders.OrderPlan:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (HEAD, *lines):
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return orders.plan(app, out.getvalue(), name="工单.xlsx", now=NOON, actor=actor)


def order(no: str = "T1", **more: Any) -> tuple[Any, ...]:
    cells = {
        "no": no, "text": "外墙渗水", "at": "2026-11-20 09:08", "project": "望江府",
        "due": "2026-11-25 18:00", "status": "办理中",
    }  # fmt: skip
    return tuple((cells | more).values())


# ---- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2026年11月20日上午9:08", "2026-11-20 01:08:00"),
        ("2026年11月19日下午3点05分", "2026-11-19 07:05:00"),
        ("20261120", "2026-11-19 16:00:00"),
        ("20261120 09:08:00", "2026-11-20 01:08:00"),
        (20261120090801, "2026-11-20 01:08:01"),
        (46346.38, "2026-11-20 01:07:00"),
        ("11月20日", "2026-11-19 16:00:00"),
        ("12月30日", "2025-12-29 16:00:00"),
        ("11-20 09:08", "2026-11-20 01:08:00"),
        ("2026/11/20 9:08", "2026-11-20 01:08:00"),
    ],
)
def test_times_as_tables_write_them(town: App, cell: Any, said: str) -> None:
    (row,) = load(town, order(at=cell, due="")).rows
    assert row.form is not None, str(row.problem)
    assert f"{row.form.received_at:%Y-%m-%d %H:%M:%S}" == said


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("5", "2026-11-25 01:08"),
        (5, "2026-11-25 01:08"),
        ("五个工作日", "2026-11-27 16:00"),
        ("十五日内", "2026-12-05 01:08"),
        ("24小时内", "2026-11-21 01:08"),
        ("11月25日", "2026-11-25 16:00"),
        ("1月5日", "2027-01-05 16:00"),
        ("2026年11月25日下午5:30", "2026-11-25 09:30"),
    ],
)
def test_deadlines_as_tables_write_them(town: App, cell: Any, said: str) -> None:
    (row,) = load(town, order(due=cell)).rows
    assert row.form is not None, str(row.problem)
    assert f"{row.form.reply_due_at:%Y-%m-%d %H:%M}" == said


def test_a_deadline_before_its_order_is_wrong(town: App) -> None:
    (row,) = load(town, order(due="2026-11-19 18:00")).rows
    assert row.state == "wrong"
    assert "“2026-11-19 18:00”早于诉求时间" in str(row.problem)


# ---- whose, closed, withdrawn -------------------------------------------------------------------


def test_orders_of_others_are_wrong_rows_and_the_rest_comes_in(town: App) -> None:
    lines = order("T1"), order("T2", project="星河湾里"), order("T3", project="", text="路灯坏了")
    orders.apply(town, load(town, order("T4", project="星河湾里")), ALL, NOON)
    plan = load(town, *lines, order("T4"), actor=ONE)
    assert [row.state for row in plan.rows] == ["new", "wrong", "wrong", "wrong"]
    assert "星河湾里" not in repr([row.shown for row in plan.rows])
    assert orders.apply(town, plan, ONE, NOON)["new"] == 1
    assert rows(town, "SELECT order_no FROM complaint ORDER BY id") == [("T4",), ("T1",)]


def test_an_order_that_comes_back_settled_stops_its_clock(town: App) -> None:
    orders.apply(town, load(town, order()), ALL, NOON)
    plan = load(town, order(status="已办结"))
    assert [row.shown["说明"] for row in plan.rows] == ["表格写明已办结"]
    assert orders.apply(town, plan, ALL, NOON)["changed"] == 1
    assert rows(town, "SELECT count(*) FROM clock WHERE stopped_at IS NULL") == [(0,)]
    assert reasons(town, "complaint-replied") == ["表格写明已办结"]
    again = load(town, order(status="已办结"))
    assert orders.apply(town, again, ALL, NOON)["unchanged"] == 1


def test_an_order_settled_from_the_start_never_runs(town: App) -> None:
    closed = order(status="已办结", due="2026-11-19")
    assert orders.apply(town, load(town, closed), ALL, NOON)["new"] == 1
    assert rows(town, "SELECT count(*) FROM clock") == [(0,)]
    assert rows(town, "SELECT reply FROM complaint") == [("表格写明已办结",)]
    assert orders.apply(town, load(town, closed), ALL, NOON)["unchanged"] == 1


def test_a_withdrawn_order_can_be_imported_again(town: App) -> None:
    orders.apply(town, load(town, order()), ALL, NOON)
    ((number,),) = rows(town, "SELECT number FROM complaint")
    for turn in (1, 2):
        desk.withdraw_complaint(town, number, "误登", ALL, at(town, timedelta(minutes=2 * turn)))
        plan = load(town, order())
        assert [row.state for row in plan.rows] == ["new"]
        now = at(town, timedelta(minutes=2 * turn + 1))
        assert orders.apply(town, plan, ALL, now)["new"] == 1
    assert rows(town, "SELECT number, withdrawn_at FROM complaint") == [(number, None)]
    newest = "SELECT text FROM revision ORDER BY n DESC LIMIT 1"
    assert rows(town, newest) == [("外墙渗水",)]
    assert rows(town, "SELECT count(*) FROM clock WHERE stopped_at IS NULL") == [(1,)]
    assert "撤回后重新登记" in reasons(town, "complaint-registered")[-1]


# ---- F1 by hand ---------------------------------------------------------------------------------

FORM = ComplaintForm(text="望江府主卧漏水", category="工程质量", subject="wangjiangfu", name="钱某")


def test_an_order_by_hand_that_is_known_names_its_number(town: App) -> None:
    orders.apply(town, load(town, order()), ALL, NOON)
    form = replace(FORM, channel="12345", order_no="T1")
    with pytest.raises(CaseError, match="12345 单号 T1 已登记为 C-20261120-0001"):
        desk.register_complaint(town, form, ALL, NOON)
    orders.apply(town, load(town, order("T9", project="星河湾里")), ALL, NOON)
    with pytest.raises(AccessError):
        desk.register_complaint(town, replace(form, order_no="T9"), ONE, NOON)


def test_two_clicks_are_one_complaint(town: App) -> None:
    first = desk.register_complaint(town, FORM, ALL, NOON)
    soon, late = NOON + timedelta(seconds=59), NOON + timedelta(seconds=61)
    assert desk.register_complaint(town, FORM, ALL, soon) == first
    assert desk.register_complaint(town, replace(FORM, name="孙某"), ALL, soon) != first
    assert desk.register_complaint(town, FORM, ALL, late) != first
    assert rows(town, "SELECT count(*) FROM complaint") == [(3,)]


def test_a_complaint_from_a_post_is_that_post_and_its_label(town: App) -> None:
    feed(town, [post("p1", "望江府外墙渗水，质量太差", NOON, "业主一")])
    run_at(town, NOON)
    ((post_id,),) = rows(town, "SELECT id FROM post")
    number = desk.register_complaint(town, FORM, ALL, NOON, post_id=post_id)
    assert desk.register_complaint(town, FORM, ALL, NOON, post_id=post_id) == number
    assert rows(town, "SELECT post_id FROM complaint") == [(post_id,)]
    assert rows(town, "SELECT count(*) FROM post") == [(1,)]
    label = "SELECT value FROM label WHERE field = 'complaint' AND undone_at IS NULL"
    assert rows(town, label) == [(number,)]
    desk.withdraw_complaint(town, number, "误登", ALL, at(town, timedelta(minutes=1)))
    assert rows(town, "SELECT text FROM revision") == [("望江府外墙渗水，质量太差",)]
    assert rows(town, label) == []


def test_label_and_complaint_are_stored_together_or_not_at_all(town: App) -> None:
    with pytest.raises(CaseError, match="没有编号为 999 的帖子"):
        desk.register_complaint(town, FORM, ALL, NOON, post_id=999)
    assert rows(town, "SELECT count(*) FROM complaint") == [(0,)]


def test_withdrawing_a_linked_complaint_leaves_no_dead_end(town: App) -> None:
    feed(town, [post(f"p{n}", LEAKS[n], NOON, f"业主{n}") for n in range(6)])
    run_at(town, NOON)
    ((alert,),) = rows(town, "SELECT number FROM alert")
    now = at(town, timedelta(minutes=5))
    case = actions.register_case(town, alert, ALL, now, "属实", level=Level.CRITICAL)
    wrong = desk.register_complaint(town, FORM, ALL, now)
    assert actions.link_contact(town, case, wrong, ALL, now)
    desk.withdraw_complaint(town, wrong, "误登", ALL, now)
    assert rows(town, "SELECT case_id FROM complaint") == [(None,)]
    right = desk.register_complaint(town, replace(FORM, name="孙某"), ALL, now)
    actions.link_contact(town, case, right, ALL, now)
    assert actions.customer_contacted(town, case, ALL, now + timedelta(minutes=1), "已致电")
    assert rows(
        town, "SELECT count(*) FROM clock WHERE stop_event = 'customer_contacted' "
        "AND stopped_at IS NULL",
    ) == [(0,)]  # fmt: skip
