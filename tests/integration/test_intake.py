"""Intake: pasted chats and pages, on-site reports, complaints, orders of 12345; all audited."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest

from config.clock import FixedClock
from domain.access import Actor, Role
from domain.errors import AccessError, CaseError, ParseError
from domain.level import Level
from pipelines import complaints as desk
from pipelines import files, intake, orders
from pipelines.complaints import ComplaintForm
from pipelines.intake import Basis
from pipelines.wiring import App
from store import audit, complaints
from store.db import Connection
from tests.conftest import NOON
from tests.posts import SUBJECTS, prepare, run_at

CLI = Actor(name="测试员", via="cli")
MONITOR = Actor(name="客服甲", via="web", roles=frozenset({Role.MONITOR}), entities=None)
VIEWER = Actor(name="看客", via="web", roles=frozenset({Role.VIEWER}), entities=None)
FOREIGN = Actor(
    name="别家客服", via="web", roles=frozenset({Role.MONITOR}), entities=frozenset({"别家置业"})
)
GIVEN = Basis(provider="业主委员会", basis="成员主动提供", ends_on="2026-12-31", notice=True)
CHAT = """张三 3-2-1501
2026-11-20 09:08
望江府外墙渗水，墙都湿了

李四 3栋2单元1602
2026-11-20 09:10
我家也是，电话 13812345678
张三 3-2-1501
2026-11-20 09:12
下午去售楼处问问
"""
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


def rows(app: App, statement: str) -> list[Any]:
    with app.db.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def chains(app: App, action: str) -> list[dict[str, Any]]:
    with app.db.read() as connection:
        return [row for row in audit.export(connection, None) if row["action"] == action]


@pytest.fixture
def town(app: App) -> App:
    prepare(app)
    return app


def paste(app: App, text: str = CHAT, **more: Any) -> intake.Pasted:
    wanted: dict[str, Any] = {
        "subject_key": "wangjiangfu", "group": "望江府1群", "basis": GIVEN, "actor": CLI,
        "now": NOON,
    }  # fmt: skip
    return intake.paste_chat(app, text, **{**wanted, **more})


# ---- chats --------------------------------------------------------------------------------------


def test_a_pasted_chat_becomes_posts_with_one_household_each(town: App) -> None:
    done = paste(town)
    assert (done.messages, done.stored.new_posts, done.without_basis) == (3, 3, False)
    found = rows(
        town, "SELECT author_key, household_key, site, kind FROM post ORDER BY published_at"
    )
    assert found[0][0] == found[2][0] != found[1][0]
    assert found[0][1] == found[2][1] is not None
    assert found[1][1] not in (None, found[0][1])
    assert {row[2:] for row in found} == {("望江府1群", "group")}
    run_at(town, NOON)
    assert rows(town, "SELECT DISTINCT via FROM mention")
    assert paste(town).stored.new_posts == 0


def test_no_name_and_no_room_is_stored_in_clear(town: App) -> None:
    paste(town)
    town.db.dispose()
    everything = b"".join(p.read_bytes() for p in town.settings.home.glob("fenghuo.db*"))
    for secret in ("张三", "李四", "3-2-1501", "1602"):
        assert secret.encode() not in everything


def test_the_preview_shows_no_name_and_masks_phones(town: App) -> None:
    lines = intake.preview_chat(CHAT, NOON)
    assert [line.speaker for line in lines] == ["群友1", "群友2", "群友1"]
    assert "13812345678" not in lines[1].text
    assert [line.household for line in lines] == [True, True, True]
    with pytest.raises(ParseError, match="没有读到"):
        intake.preview_chat("  \n ", NOON)


def test_without_provider_or_basis_the_source_is_marked(town: App) -> None:
    assert paste(town, basis=Basis(provider="某人")).without_basis
    assert rows(town, "SELECT basis FROM source WHERE name = '群聊 望江府1群'") == [(None,)]
    assert "依据缺失" in chains(town, "imported")[0]["reason"]
    assert not paste(town).without_basis  # the basis came later
    assert not paste(town, basis=Basis()).without_basis  # and is not forgotten


def test_pictures_leave_a_hash_and_a_file_only_on_request(town: App) -> None:
    paste(town, pictures=[("a.png", PNG)])
    assert rows(town, "SELECT private, path FROM evidence WHERE url = '图片 a.png'") == [(1, None)]
    paste(town, pictures=[("b.png", PNG + b"1")], keep=True)
    assert rows(town, "SELECT path FROM evidence WHERE url = '图片 b.png'")[0][0]
    with pytest.raises(ParseError, match=r"c\.png：不是图片"):
        paste(town, group="另一群", pictures=[("c.png", b"hello")])
    assert rows(town, "SELECT count(*) FROM source WHERE name = '群聊 另一群'") == [(0,)]


def test_a_kept_picture_hangs_on_the_message_that_showed_it(town: App) -> None:
    text = "张三 2026-11-20 09:08\n[图片]\n李四 2026-11-20 09:09\n望江府渗水\n王五 09:10\n[图片]"
    shown = [PNG + b"1", PNG + b"2", PNG + b"3"]
    pictures = [(f"{n}.png", body) for n, body in enumerate(shown)]
    done = paste(town, text=text, pictures=pictures, keep=True)
    assert (done.messages, done.pictures, done.stored.new_posts) == (3, 3, 3)
    found = rows(
        town,
        "SELECT e.sha256 FROM post p JOIN revision r ON r.post_id = p.id JOIN evidence e "
        "ON e.id = r.evidence_id ORDER BY p.published_at",
    )
    digests = [hashlib.sha256(body).hexdigest() for body in (shown[0], text.encode(), shown[1])]
    assert [row[0] for row in found] == digests


@pytest.mark.parametrize("actor", [VIEWER, FOREIGN], ids=["role", "entity"])
def test_who_may_not_take_in_writes_nothing(town: App, actor: Actor) -> None:
    before = rows(town, "SELECT count(*) FROM post"), rows(town, "SELECT count(*) FROM source")
    with pytest.raises(AccessError):
        paste(town, actor=actor)
    with pytest.raises(AccessError):
        intake.report_onsite(town, kind="banner", subject_key="wangjiangfu", actor=actor, now=NOON)
    with pytest.raises(AccessError):
        desk.register_complaint(
            town, ComplaintForm(text="漏水", subject="wangjiangfu"), actor, NOON
        )
    after = rows(town, "SELECT count(*) FROM post"), rows(town, "SELECT count(*) FROM source")
    assert before == after


def test_a_crash_between_posts_and_audit_leaves_neither(
    town: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_args: Any, **_more: Any) -> int:
        raise RuntimeError("killed")

    monkeypatch.setattr(audit, "append", dies)
    with pytest.raises(RuntimeError, match="killed"):
        paste(town)
    assert rows(town, "SELECT count(*) FROM post") == [(0,)]


def test_an_uploaded_file_asks_for_the_right_and_is_audited(town: App) -> None:
    data = workbook(("正文", "时间"), ("望江府外墙渗水", "2026-11-20 09:08"))
    with pytest.raises(AccessError):
        files.import_upload(town, data, name="帖子.xlsx", actor=VIEWER, now=NOON)
    assert rows(town, "SELECT count(*) FROM post") == [(0,)]
    done = files.import_upload(town, data, name="帖子.xlsx", actor=MONITOR, now=NOON)
    assert done.stored.new_posts == 1
    assert "帖子.xlsx" in chains(town, "imported")[0]["reason"]


# ---- pages --------------------------------------------------------------------------------------


def test_a_pasted_page_is_a_post_of_its_site_and_a_new_text_a_revision(town: App) -> None:
    url = "https://news.example/a/1"
    for text, n in (("望江府渗水\n业主反映外墙渗水", 1), ("望江府渗水\n开发商已回应", 2)):
        intake.paste_page(town, text, url=url, subject_key="wangjiangfu", actor=MONITOR, now=NOON)
        assert rows(town, "SELECT count(*) FROM revision") == [(n,)]
    assert rows(town, "SELECT site, kind, url FROM post") == [("news.example", "news", url)]
    with pytest.raises(ParseError, match="不完整"):
        intake.paste_page(town, "内容", url="www.news.example", actor=CLI, now=NOON)


def test_people_of_another_entity_give_a_stored_page_no_new_text(app: App) -> None:
    mine, other = (
        replace(one, legal_entity=f"{n}公司") for n, one in zip("甲乙", SUBJECTS[:2], strict=True)
    )
    prepare(app, (mine, other))
    first, second = (
        Actor(name=n, via="web", roles=frozenset({Role.MONITOR}), entities=frozenset({f"{n}公司"}))
        for n in "甲乙"
    )
    url = "https://news.example/a/1"
    intake.paste_page(app, "望江府渗水", url=url, subject_key=mine.key, actor=first, now=NOON)
    with pytest.raises(AccessError):
        intake.paste_page(app, "一切都好", url=url, subject_key=other.key, actor=second, now=NOON)
    assert rows(app, "SELECT text FROM revision") == [("望江府渗水",)]


# ---- on site ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "level"),
    [("casualty", Level.CRITICAL), ("petition", Level.MAJOR), ("banner", Level.MAJOR),
     ("reporter", Level.MAJOR), ("other", Level.MODERATE)],
)  # fmt: skip
def test_one_report_from_the_site_raises_an_alert_at_once(
    town: App, kind: str, level: Level
) -> None:
    done = intake.report_onsite(
        town, kind=kind, subject_key="wangjiangfu", people=20, place="南门", actor=MONITOR, now=NOON
    )
    assert done.created
    run_at(town, NOON + timedelta(seconds=5))
    assert rows(town, "SELECT level FROM alert") == [(level.value,)]
    assert rows(town, "SELECT rule FROM finding") == [(f"onsite-{kind}",)]


def test_a_double_tap_is_one_report(town: App) -> None:
    def tap(after: int, text: str = "人越来越多") -> intake.Reported:
        return intake.report_onsite(
            town, kind="banner", subject_key="wangjiangfu", text=text, actor=MONITOR,
            now=NOON + timedelta(seconds=after),
        )  # fmt: skip

    first, second = tap(0), tap(30)
    assert (second.post_id, second.created) == (first.post_id, False)
    assert isinstance(town.clock, FixedClock)
    town.clock.move(NOON + timedelta(seconds=90))
    assert tap(90).created
    assert tap(91, "散了").created
    assert len(chains(town, "onsite-reported")) == 3


def test_the_picture_of_a_report_hangs_on_its_post(town: App) -> None:
    done = intake.report_onsite(
        town, kind="banner", subject_key="wangjiangfu", picture=("a.jpg", PNG), actor=MONITOR,
        now=NOON,
    )  # fmt: skip
    ((post_id, digest, path),) = rows(
        town,
        "SELECT r.post_id, e.sha256, e.path FROM revision r "
        "JOIN evidence e ON e.id = r.evidence_id",
    )
    assert (post_id, digest, bool(path)) == (done.post_id, hashlib.sha256(PNG).hexdigest(), True)
    assert chains(town, "onsite-reported")[0]["payload"]["picture"] == digest


def test_our_own_report_is_no_voice_of_complaint(town: App) -> None:
    intake.report_onsite(
        town, kind="other", subject_key="wangjiangfu", text="望江府外墙渗水太差了", actor=MONITOR,
        now=NOON,
    )  # fmt: skip
    run_at(town, NOON)
    assert rows(town, "SELECT rule FROM finding") == [("onsite-other",)]


# ---- complaints ---------------------------------------------------------------------------------

FORM = ComplaintForm(
    text="主卧漏水，报修三次没人来", category="工程质量", way="来电", subject="wangjiangfu",
    name="钱小姐", phone="13987654321", building="3栋", unit="2单元", room="1501室",
)  # fmt: skip


def test_a_complaint_is_numbered_counted_and_keeps_its_contact_to_itself(town: App) -> None:
    paste(town)
    number = desk.register_complaint(town, FORM, MONITOR, NOON)
    assert number == "C-20261120-0001"
    later = NOON + timedelta(seconds=61)
    assert desk.register_complaint(town, FORM, MONITOR, later) == "C-20261120-0002"
    homes = rows(town, "SELECT DISTINCT household_key FROM post WHERE site = '客服登记'")
    said = rows(town, "SELECT household_key FROM post WHERE site = '望江府1群' ORDER BY id LIMIT 1")
    assert homes == said  # the same home as in the group's nickname
    assert not rows(town, "SELECT 1 FROM audit_payload WHERE payload LIKE '%13987654321%'")
    with town.db.read() as connection:
        shown = complaints.detail(connection, MONITOR, number)
        assert shown.contact["phone"] == "1**********"
        assert complaints.listing(connection, FOREIGN) == []
        with pytest.raises(CaseError):
            complaints.detail(connection, FOREIGN, number)


def test_contact_is_revealed_only_with_the_right_and_a_reason(town: App) -> None:
    number = desk.register_complaint(town, FORM, MONITOR, NOON)
    crisis = Actor(name="组长", via="web", roles=frozenset({Role.CRISIS}), entities=None)
    with pytest.raises(AccessError):
        desk.reveal_contact(town, number, MONITOR, NOON, "回电")
    with pytest.raises(CaseError, match="理由"):
        desk.reveal_contact(town, number, crisis, NOON, " ")
    assert desk.reveal_contact(town, number, crisis, NOON, "回电")["phone"] == "13987654321"
    assert [row["reason"] for row in chains(town, "revealed")] == ["回电"]


def test_a_withdrawn_complaint_counts_no_more(town: App) -> None:
    number = desk.register_complaint(town, FORM, MONITOR, NOON)
    run_at(town, NOON)
    negative = (
        "SELECT count(*) FROM mention m JOIN analysis a ON a.id = m.analysis_id "
        "WHERE m.negative AND a.revision_id = (SELECT max(id) FROM revision)"
    )
    assert rows(town, negative) == [(1,)]
    desk.withdraw_complaint(town, number, "登记错了", MONITOR, NOON)
    run_at(town, NOON + timedelta(minutes=1))
    assert rows(town, negative) == [(0,)]
    with pytest.raises(CaseError, match="已撤回"):
        desk.reply_complaint(town, number, "好的", MONITOR, NOON)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"text": " "}, "客户意见"), ({"category": "x"}, "投诉类别"), ({"way": "x"}, "投诉方式"),
     ({"subject": "没有"}, "没有监测对象"),
     ({"received_at": NOON + timedelta(days=1)}, "受理时间"),
     ({"reply_due_at": NOON - timedelta(hours=1)}, "早于受理时间")],
)  # fmt: skip
def test_a_wrong_form_names_its_field(town: App, change: dict[str, Any], said: str) -> None:
    with pytest.raises(CaseError, match=said):
        desk.register_complaint(town, replace(FORM, **change), MONITOR, NOON)
    assert rows(town, "SELECT count(*) FROM complaint") == [(0,)]


# ---- orders -------------------------------------------------------------------------------------

HEAD = ("工单编号", "诉求内容", "诉求时间", "来电人", "联系电话", "所属项目", "办结时限", "房号")


def workbook(*lines: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def order(number: int, due: Any = "2026-11-25 18:00", **more: Any) -> tuple[Any, ...]:
    cells = {
        "no": f"JC2026{number:06d}", "text": f"望江府{number}号楼外墙渗水无人处理",
        "at": f"2026-11-20 09:{number % 60:02d}", "name": "孙先生", "phone": 13700001111 + number,
        "project": "云麓·望江府", "due": due, "home": "3-2-1501",
    } | more  # fmt: skip
    return tuple(cells.values())


def load(app: App, *lines: Sequence[Any], **more: Any) -> orders.OrderPlan:
    return orders.plan(app, workbook(HEAD, *lines), name="工单.xlsx", now=NOON, **more)


def test_orders_become_complaints_with_the_external_deadline_as_a_clock(town: App) -> None:
    plan = load(town, order(1), order(2, project="别处小区", text="路灯坏了"))
    assert (plan.summary, plan.remembered) == ("新增 2，有变化 0，已有 0，有误 0", False)
    assert orders.apply(town, plan, MONITOR, NOON)["new"] == 2
    found = rows(
        town,
        "SELECT c.order_no, s.key, p.site, c.reply_due_at FROM complaint c JOIN post p "
        "ON p.id = c.post_id LEFT JOIN subject s ON s.id = c.subject_id ORDER BY c.id",
    )
    assert [row[:3] for row in found] == [
        ("JC2026000001", "wangjiangfu", "12345"), ("JC2026000002", None, "12345"),
    ]  # fmt: skip
    due = rows(town, "SELECT definition, name, due_at FROM clock ORDER BY id")
    assert due[0][:2] == ("external-reply", "外部回复期限")
    assert due[0][2].startswith("2026-11-25T10:00")
    percents = rows(town, "SELECT percent FROM clock_due ORDER BY id LIMIT 3")
    assert percents == [(50,), (80,), (100,)]


def test_the_same_table_again_changes_nothing_and_remembers_its_columns(town: App) -> None:
    orders.apply(town, load(town, order(1), order(2)), MONITOR, NOON)
    again = load(town, order(1), order(2))
    assert again.remembered
    assert orders.apply(town, again, MONITOR, NOON) == {
        "new": 0, "changed": 0, "unchanged": 2, "wrong": 0,
    }  # fmt: skip
    assert rows(town, "SELECT count(*) FROM complaint") == [(2,)]
    assert len(chains(town, "complaint-registered")) == 2


def test_a_moved_deadline_moves_its_clock_and_is_audited(town: App) -> None:
    orders.apply(town, load(town, order(1)), MONITOR, NOON)
    plan = load(town, order(1, due="2026-11-27 18:00"))
    assert [row.state for row in plan.rows] == ["changed"]
    orders.apply(town, plan, MONITOR, NOON + timedelta(minutes=1))
    running = rows(town, "SELECT due_at FROM clock WHERE stopped_at IS NULL")
    assert [row[0][:16] for row in running] == ["2026-11-27T10:00"]
    assert "期限变更" in chains(town, "imported")[0]["reason"]


def test_replying_stops_the_clock_once(town: App) -> None:
    orders.apply(town, load(town, order(1)), MONITOR, NOON)
    ((number,),) = rows(town, "SELECT number FROM complaint")
    desk.reply_complaint(town, number, "已派单维修", MONITOR, NOON + timedelta(hours=1))
    assert rows(town, "SELECT count(*) FROM clock WHERE stopped_at IS NULL") == [(0,)]
    with pytest.raises(CaseError, match="刷新"):
        desk.reply_complaint(town, number, "又回复", MONITOR, NOON)
    assert load(town, order(1, due="2026-11-28")).rows[0].state == "unchanged"


@pytest.mark.parametrize(
    ("due", "said"),
    [("5个工作日", "2026-11-27 16:00"), ("24小时", "2026-11-21 01:01"), ("3天", "2026-11-23 01:01"),
     (date(2026, 11, 25), "2026-11-25 16:00")],
)  # fmt: skip
def test_deadlines_as_tables_write_them(town: App, due: Any, said: str) -> None:
    (row,) = load(town, order(1, due=due)).rows
    assert row.form is not None
    assert row.form.reply_due_at is not None
    assert f"{row.form.reply_due_at:%Y-%m-%d %H:%M}" == said


def test_wrong_orders_are_named_and_the_rest_comes_in(town: App) -> None:
    lines = (
        order(1), order(2, at="某天"), order(3, text=""), order(4, due="尽快"), order(1),
        order(5, no=20261120000000000123),
    )  # fmt: skip
    plan = load(town, *lines)
    said = [str(row.problem) for row in plan.of("wrong")]
    assert ["第 3 行" in said[0], "第 4 行" in said[1], "第 5 行" in said[2]] == [True] * 3
    assert "“诉求时间”列：“某天”读不懂" in said[0]
    assert "重复" in said[3]
    assert "舍掉末位" in said[4]
    assert orders.apply(town, plan, MONITOR, NOON)["new"] == 1


def test_other_columns_can_be_named_once_and_are_remembered(town: App) -> None:
    head = ("单据", "说了什么", "什么时候", "编号", "电话")
    data = workbook(head, ("A1", "望江府渗水", "2026-11-20 08:00", "7", "13700001111"))
    with pytest.raises(ParseError, match="找不到"):
        orders.plan(town, data, name="热线.xlsx", now=NOON)
    chosen = {"order_no": "单据", "text": "说了什么", "received_at": "什么时候"}
    plan = orders.plan(town, data, name="热线.xlsx", now=NOON, channel="热线", mapping=chosen)
    orders.apply(town, plan, MONITOR, NOON)
    again = orders.plan(town, data, name="热线.xlsx", now=NOON, channel="热线")
    assert (again.remembered, again.rows[0].state) == (True, "unchanged")


def test_a_crash_in_the_middle_of_orders_is_made_good_by_the_same_table(
    town: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [order(number) for number in range(1, 61)]
    real = desk.start_clock
    calls: list[str] = []

    def dies(connection: Connection, number: str, *more: Any) -> None:
        calls.append(number)
        if len(calls) == 55:
            raise RuntimeError("killed")
        real(connection, number, *more)

    monkeypatch.setattr(desk, "start_clock", dies)
    with pytest.raises(RuntimeError, match="killed"):
        orders.apply(town, load(town, *lines), MONITOR, NOON)
    assert rows(town, "SELECT count(*) FROM complaint") == [(50,)]
    assert rows(town, "SELECT count(*) FROM complaint WHERE post_id IS NULL") == [(0,)]
    assert orders.apply(town, load(town, *lines), MONITOR, NOON)["new"] == 10
    assert rows(town, "SELECT count(*), count(DISTINCT post_id) FROM complaint") == [(60, 60)]


def test_three_thousand_orders_come_in_one_table(town: App) -> None:
    lines = [order(number) for number in range(3000)]
    assert orders.apply(town, load(town, *lines), CLI, NOON)["new"] == 3000
    assert rows(town, "SELECT count(*) FROM clock") == [(3000,)]
