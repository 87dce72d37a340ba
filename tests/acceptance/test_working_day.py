"""One working day of three people, by the clock: what each does and what must be there then.

Wang Min (王敏, 危机小组), Zhou Min (周敏, 监测) and Lin Xiao (林晓, 媒介) share a Thursday; the
same functions the pages call, real channels against strict receivers, no Streamlit.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import yaml
from docx import Document
from openpyxl import Workbook

from config.clock import FixedClock
from dashboard import acknowledge
from domain.access import Actor, Role
from domain.clock import SHANGHAI
from domain.label import NO, YES, Field, Judgement
from domain.level import Level
from pipelines import actions, forms, intake, orders, projects, recipients, weekly
from pipelines.intake import Basis
from pipelines.wiring import App
from store import audit, complaints, inbox, reading
from store.weekly import MEASURES, ids_behind
from tests.conftest import MakeApp
from tests.integration.test_acknowledge_page import OURS, Web
from tests.posts import LEAKS, feed, post, prepare, run_at
from tests.receivers import MailServer, Robots, mail_server, robots

PUBLIC_URL = "https://fenghuo.yunlu.example"


def at(hour: int, minute: int = 0, *, day: int = 19) -> datetime:
    """A moment of November 2026 as the clock on the wall shows it; the 19th is a Thursday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


def person(name: str, *roles: Role) -> Actor:
    return Actor(name=name, via="web", roles=frozenset(roles), entities=None)


ZHOU = person("周敏", Role.MONITOR)
WANG = person("王敏", Role.CRISIS)
LIN = person("林晓", Role.MEDIA)
SETUP = person("管理员", Role.ADMIN)

PROJECTS = (
    ("名称", "类型", "法人主体", "城市", "区域", "别名", "负责人", "负责人电话", "区域客服",
     "区域客服电话"),
    ("云麓·望江府", "项目", "江城云麓置业有限公司", "江城", "华中区域", "望江府", "李明",
     "13900001111", "华中区域客服中心", "027-88880000"),
    ("云麓·星河湾里", "项目", "江城云麓置业有限公司", "江城", "华中区域", "星河湾里、星河湾",
     "何静", "13900002222", "华中区域客服中心", "027-88880000"),
)  # fmt: skip
RECIPIENTS = (
    ("姓名", "角色", "电话", "范围", "最低级别", "渠道", "地址"),
    ("王敏", "危机领导小组办公室主任", "13900003333", "全部", "轻微", "邮件",
     "wangmin@yunlu.example"),
    ("赵磊", "项目总经理", "13900004444", "云麓·望江府", "较大", "企业微信", "危机群"),
    ("周敏", "客服监测员", "13900005555", "全部", "轻微", "控制台", ""),
)  # fmt: skip
CHAT = """张三丰 3-2-1501
2026-11-19 08:40
望江府外墙渗水，我家墙也湿了，太差了

李四光 5栋1单元602
2026-11-19 08:41
望江府5栋也渗水，电话 13812345678，物业不管
张三丰 3-2-1501
2026-11-19 08:43
望江府渗水没人修，下午一起去售楼处问问
"""
CHAT_SECRETS = ("张三丰", "李四光", "3-2-1501", "1单元602")
ORDERS = (
    ("江城市12345政务服务便民热线工单明细表",),
    ("序号", "工单编号", "诉求内容", "受理时间", "来电人", "联系电话", "所属项目", "办结时限"),
    (1, "JC20261119000101", "星河湾里地下车库积水，车开不出来", "2026-11-19 09:20", "孙桂芳",
     "13700001111", "云麓·星河湾里", "5个工作日"),
    (2, "JC20261119000102", "星河湾里电梯停运三天，老人下不了楼", "2026-11-19 09:31", "吴国庆",
     "13700002222", "云麓·星河湾里", "2026-11-20 18:00"),
)  # fmt: skip
ORDER_SECRETS = ("孙桂芳", "吴国庆", "13700001111", "13700002222")
#: An advertiser's words that read like complaints of three people.
ADS = (
    "星河湾里2栋外墙渗水，次卧整面墙都湿了，幸好找了诚信补漏",
    "我家星河湾里外墙渗水到客厅了，物业不管，诚信补漏一次修好",
    "又渗水了，星河湾里的外墙质量太差，报修三次没人来，还是诚信补漏靠谱",
)
NOBODYS = "我们小区外墙渗水三个月了，开发商一直推脱，质量太差，要求赔偿"


class Day:
    """The home of the day and what the story asks it."""

    def __init__(self, app: App, mail: MailServer, group: Robots) -> None:
        self.app, self.mail, self.group = app, mail, group

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the file itself, not our own read models."""
        with sqlite3.connect(self.app.settings.home / "fenghuo.db") as connection:
            return connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Any:
        ((value,),) = self.rows(sql, *values)
        return value

    def alert(self, subject: str) -> tuple[str, str, int, str]:
        """Number, level, version, status of the newest alert of a subject."""
        found = self.rows(
            "SELECT a.number, a.level, a.version, a.status FROM alert a JOIN subject s"
            " ON s.id = a.subject_id WHERE s.name = ? ORDER BY a.id DESC LIMIT 1",
            subject,
        )
        return found[0] if found else ("", "", 0, "")

    def told(self, reason: str, number: str = "") -> list[tuple[str, str]]:
        """Who was told for this reason, by which way; accepted messages only."""
        return self.rows(
            "SELECT recipient, channel FROM outbox WHERE status = 'accepted' AND reason = ?"
            " AND object LIKE ? ORDER BY recipient, channel",
            reason, f"%{number}",
        )  # fmt: skip

    def inbox(self, now: datetime) -> inbox.Inbox:
        with self.app.db.read() as connection:
            return inbox.read(connection, ZHOU, now)

    def everything_stored(self) -> str:
        """All text of all tables."""
        tables = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type='table'")
                  if not name.startswith("sqlite_")]  # fmt: skip
        return "\n".join(
            str(value)
            for table in tables
            for row in self.rows(f'SELECT * FROM "{table}"')
            for value in row
            if isinstance(value, str | bytes)
        )


@pytest.fixture
def day(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    made = make_app(now=at(14, day=18))
    app = replace(made, settings=replace(made.settings, public_url=PUBLIC_URL))

    def same(_settings: object) -> App:
        return app

    monkeypatch.setattr(acknowledge, "open_app", same)
    with mail_server() as mail, robots() as group:
        facts = {
            "robots": {
                "危机群": {"channel": "wecom", "url": group.url("/wecom?key=k-1"),
                         "allow_private": True}
            },
            "email": {"host": "127.0.0.1", "port": mail.port, "security": "plain",
                      "sender": "烽火 <fenghuo@yunlu.example>"},
        }  # fmt: skip
        (app.settings.home / "channels.yml").write_text(
            yaml.safe_dump(facts, allow_unicode=True), encoding="utf-8"
        )
        yield Day(app, mail, group)


def workbook(*lines: tuple[Any, ...], merged: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    if merged:
        sheet.merge_cells(merged)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_working_day(day: Day) -> None:
    set_up_on_wednesday(day)
    at_0830_the_brief_goes_out_once(day)
    at_0910_a_chat_is_pasted(day)
    at_1000_the_hotline_table_comes_in(day)
    at_1120_an_ad_is_dismissed(day)
    at_1400_a_post_without_subject_is_assigned(day)
    at_1730_the_day_is_handed_over(day)
    number = at_2240_it_turns_grave(day)
    at_2250_the_link_is_acknowledged(day, number)
    case = at_2255_the_case_is_graded(day, number)
    at_2310_the_report_is_printed(day, case)
    on_friday_the_weekly_report_equals_the_rows(day)
    nothing_was_written_past_the_audit(day)


# ---- Wednesday ----------------------------------------------------------------------------------


def set_up_on_wednesday(day: Day) -> None:
    app, now = day.app, at(14, day=18)
    prepare(app, ())
    plan = projects.plan(app, workbook(*PROJECTS), name="项目.xlsx", now=now)
    assert projects.apply(app, plan, SETUP, now).new == 2
    people = recipients.plan(app, workbook(*RECIPIENTS), name="收件人.xlsx")
    assert not people.problems
    assert people.deaf == ()
    assert recipients.apply(app, people, SETUP, now) == 3
    feed(app, [post(f"w{n}", LEAKS[n], at(14, n, day=18), f"业主{n}") for n in range(3)])
    run_at(app, at(14, 30, day=18))
    assert day.alert("云麓·望江府")[1] == "minor"
    assert day.rows("SELECT * FROM outbox") == [], "what is minor waits for the brief"


# ---- Thursday -----------------------------------------------------------------------------------


def at_0830_the_brief_goes_out_once(day: Day) -> None:
    run_at(day.app, at(8, 29))
    assert day.told("brief") == []
    run_at(day.app, at(8, 30))
    told = day.told("brief")
    assert {("wangmin", "email"), ("zhaolei", "wecom"), ("zhoumin", "console")} <= named(day, told)
    assert max(Counter(told).values()) == 1
    run_at(day.app, at(8, 31))
    assert day.told("brief") == told
    (mail,) = day.mail.mails
    text = mail_text(mail)
    number = day.alert("云麓·望江府")[0]
    for part in ("每日简报 2026-11-19（周四）", "新增预警 1 条，未结 1 条", "疑似轻微 1 条",
                 f"云麓·望江府 {number}-v1", "未阅 3 条，最早 2026-11-18 14:00"):  # fmt: skip
        assert part in text, part
    assert len(day.group.got) == 1


def at_0910_a_chat_is_pasted(day: Day) -> None:
    now = at(9, 10)
    move(day, now)
    wanted: dict[str, Any] = {
        "subject_key": key(day, "云麓·望江府"), "group": "望江府1群", "actor": ZHOU, "now": now,
        "basis": Basis(provider="业主委员会", basis="成员主动提供", ends_on="2026-12-31",
                       notice=True),
    }  # fmt: skip
    done = intake.paste_chat(day.app, CHAT, **wanted)
    assert (done.stored.new_posts, done.without_basis) == (3, False)
    run_at(day.app, now)
    seen = [
        item for group in day.inbox(now).groups if group.subject == "云麓·望江府"
        for item in group.items if item.site == "望江府1群"
    ]  # fmt: skip
    assert len(seen) == 3
    assert all(item.negative for item in seen[:2])
    homes = day.one("SELECT count(DISTINCT household_key) FROM post WHERE site = '望江府1群'")
    assert homes == 2, "three messages of two homes"
    stored = day.everything_stored()
    assert [secret for secret in CHAT_SECRETS if secret in stored] == []
    assert intake.paste_chat(day.app, CHAT, **wanted).stored.new_posts == 0


def at_1000_the_hotline_table_comes_in(day: Day) -> None:
    now = at(10)
    move(day, now)
    data = workbook(*ORDERS, merged="A1:H1")
    plan = orders.plan(day.app, data, name="12345工单.xlsx", now=now)
    assert not plan.remembered
    assert orders.apply(day.app, plan, ZHOU, now)["new"] == 2
    due = day.rows(
        "SELECT c.order_no, k.due_at FROM complaint c JOIN clock k"
        " ON k.object = 'complaint:' || c.number WHERE k.stopped_at IS NULL ORDER BY c.order_no"
    )
    assert [(no[-3:], shanghai(moment)) for no, moment in due] == [
        ("101", "2026-11-27 00:00"),  # the end of the fifth working day after Thursday
        ("102", "2026-11-20 18:00"),
    ]
    before = (
        day.rows("SELECT * FROM complaint"),
        day.rows("SELECT * FROM post"),
        day.rows("SELECT * FROM clock"),
    )
    again = orders.plan(day.app, data, name="12345工单.xlsx", now=now)
    assert again.remembered
    assert orders.apply(day.app, again, ZHOU, now) == {
        "new": 0, "changed": 0, "unchanged": 2, "wrong": 0,
    }  # fmt: skip
    assert before == (
        day.rows("SELECT * FROM complaint"), day.rows("SELECT * FROM post"),
        day.rows("SELECT * FROM clock"),
    )  # fmt: skip
    with day.app.db.read() as connection:
        shown = repr(complaints.listing(connection, ZHOU))
    assert [secret for secret in ORDER_SECRETS if secret in shown] == []
    run_at(day.app, now)


def at_1120_an_ad_is_dismissed(day: Day) -> None:
    feed(day.app, [post(f"ad{n}", text, at(11, n), f"补漏{n}") for n, text in enumerate(ADS)])
    run_at(day.app, at(11, 10))
    now = at(11, 20)
    move(day, now)
    raised = day.alert("云麓·星河湾里")
    assert (raised[1], raised[3]) == ("minor", "open"), "it read like three angry people"
    actions.dismiss(day.app, raised[0], "ad", ZHOU, now)
    ads = [i for (i,) in day.rows("SELECT id FROM post WHERE native_id LIKE 'ad%'")]
    for post_id in ads:
        actions.label_post(day.app, post_id, [Judgement(field=Field.RELEVANT, value=NO)], ZHOU, now)
    feed(
        day.app,
        [post("ad9", "星河湾里外墙渗水，报修三次没人来，认准诚信补漏", at(11, 30), "补漏0")],
    )
    run_at(day.app, at(11, 40))
    assert day.alert("云麓·星河湾里")[3] == "dismissed", "the same advertiser raises nothing again"
    shown = {item.post_id for group in day.inbox(at(11, 40)).groups for item in group.items}
    assert not shown & set(ads)
    counted = day.one(
        "SELECT count(*) FROM mention m JOIN post p ON p.id = m.post_id"
        " WHERE p.native_id IN ('ad0', 'ad1', 'ad2') AND m.negative"
    )
    assert counted == 0


def at_1400_a_post_without_subject_is_assigned(day: Day) -> None:
    feed(day.app, [post("lost", NOBODYS, at(13, 50), "路人甲")])
    now = at(14)
    run_at(day.app, now)
    lost = day.one("SELECT id FROM post WHERE native_id = 'lost'")
    (group,) = [group for group in day.inbox(now).groups if group.subject is None]
    assert [item.post_id for item in group.items] == [lost]
    assert day.inbox(now).hand_over.unassigned == 1
    said = Judgement(field=Field.SUBJECT, value=YES, subject=key(day, "云麓·星河湾里"))
    actions.label_post(day.app, lost, [said], ZHOU, now)
    run_at(day.app, now)
    assert day.inbox(now).hand_over.unassigned == 0
    assert day.rows(
        "SELECT s.name, m.via, m.negative FROM mention m JOIN subject s ON s.id = m.subject_id"
        " WHERE m.post_id = ?", lost,
    ) == [("云麓·星河湾里", "label", 1)]  # fmt: skip


def at_1730_the_day_is_handed_over(day: Day) -> None:
    now = at(17, 30)
    seen = day.inbox(now)
    three = [i for (i,) in day.rows("SELECT id FROM post WHERE native_id LIKE 'w_' ORDER BY id")]
    for post_id in three:
        actions.label_post(day.app, post_id, [Judgement(field=Field.READ, value=YES)], ZHOU, now)
    with day.app.db.read() as connection:
        left = inbox.hand_over(connection, ZHOU, now)
        log = reading.reading_log(connection, ZHOU, now.date(), now.date())
    waiting = day.rows(
        "SELECT p.id, p.fetched_at FROM post p WHERE p.id NOT IN"
        " (SELECT r.post_id FROM label l JOIN revision r ON r.id = l.revision_id)"
        " AND (EXISTS (SELECT 1 FROM mention m WHERE m.post_id = p.id AND m.relevant)"
        "  OR EXISTS (SELECT 1 FROM analysis a WHERE a.post_id = p.id AND a.relevant"
        "   AND a.noise IS NULL))"
    )
    assert left.unread == len(waiting) == seen.hand_over.unread - 3 > 0
    assert left.oldest == min(moment(text) for _, text in waiting) == at(9, 10)
    read = Counter((line.who, line.subject) for line in log for _ in range(line.posts))
    assert read[("周敏", "云麓·望江府")] == 3
    assert read[("周敏", "云麓·星河湾里")] >= 1
    assert {line.day.isoformat() for line in log} == {"2026-11-19"}


def at_2240_it_turns_grave(day: Day) -> str:
    feed(
        day.app,
        [
            post(
                f"n{n}", f"{LEAKS[n]}，电话13812345678", at(22, 20 + n), f"业主{n}",
                url=f"https://bbs.test.example/thread-{n}-1-1.html",
            )
            for n in range(3, 12)
        ],
    )  # fmt: skip
    mails, said = len(day.mail.mails), len(day.group.got)
    run_at(day.app, at(22, 40))
    number, level, version, status = day.alert("云麓·望江府")
    assert (level, status) == ("critical", "open")
    told = day.told("raised", number)
    sent = day.rows(
        "SELECT recipient, channel, count(*) FROM outbox WHERE object = ? AND version = ?"
        " GROUP BY recipient, channel", f"alert:{number}", version,
    )  # fmt: skip
    assert {count for *_, count in sent} == {1}
    assert {("wangmin", "email"), ("zhaolei", "wecom"), ("zhoumin", "console")} <= named(day, told)
    assert (len(day.mail.mails) - mails, len(day.group.got) - said) == (1, 1)
    for text in (mail_text(day.mail.mails[-1]), robot_text(day.group.got[-1])):
        for part in (
            "云麓·望江府", "江城云麓置业有限公司", "疑似重大（一级）", f"{number}-v{version}",
            "由人定级", "李明 13900001111", "研判：确认、误报或登记个案", "帖中说法未经核实",
            "可转发到普通微信群的文字",
        ):  # fmt: skip
            assert part in text, part
        assert re.search(r"至少 \d+ 个账号", text)
        assert re.search(r"自述住户 2 户", text)
        assert re.search(r"“[^”]*渗水[^”]*”（\S+，2026-11-19 \d\d:\d\d）", text)
        assert "13812345678" not in text
        assert [secret for secret in CHAT_SECRETS if secret in text] == []
    run_at(day.app, at(22, 41))
    assert day.told("raised", number) == told
    return number


def at_2250_the_link_is_acknowledged(day: Day, number: str) -> None:
    found = re.search(rf"{PUBLIC_URL}(/ack/\S+)", mail_text(day.mail.mails[-1]))
    assert found
    now = at(22, 50)
    move(day, now)
    web = Web()
    assert web.get(found[1]).status_code == 200
    assert day.rows("SELECT * FROM acknowledgement") == [], "looking is not answering"
    answer = web.post(found[1], headers=OURS)
    assert (answer.status_code, "已记录：王敏" in answer.text) == (200, True)
    assert day.rows('SELECT "by", via FROM acknowledgement') == [("王敏", "link")]
    running = day.rows(
        "SELECT definition FROM clock WHERE object = ? AND stopped_at IS NULL", f"alert:{number}"
    )
    assert running == [("triage",)], "whoever knows of it has not yet judged it"


def at_2255_the_case_is_graded(day: Day, number: str) -> str:
    now = at(22, 55)
    run_at(day.app, now)
    assert day.told("overdue", number), "knowing is not judging: the limit of 22:50 ran out"
    case = actions.register_case(
        day.app, number, WANG, now, "十余户属实，启动处置", level=Level.CRITICAL
    )
    assert day.rows(
        "SELECT definition FROM clock WHERE object = ? AND stopped_at IS NULL", f"alert:{number}"
    ) == []  # fmt: skip
    assert day.rows("SELECT state, level, graded_by FROM case_file WHERE number = ?", case) == [
        ("graded", "critical", "王敏")
    ]
    clocks = dict(day.rows("SELECT definition, due_at FROM clock WHERE object = ?", f"case:{case}"))
    assert shanghai(clocks["T-08"]) == "2026-11-19 23:25", "the 30-minute form"
    assert shanghai(clocks["T-23"]) == "2026-12-11 00:00", "15 working days"
    return case


def at_2310_the_report_is_printed(day: Day, case: str) -> None:
    now = at(23, 10)
    run_at(day.app, now)
    draft = forms.prefill(day.app, case, "F4", WANG, now)
    text = forms.text(draft)
    document = Document(BytesIO(forms.word(draft)))
    cells = {c.text for table in document.tables for row in table.rows for c in row.cells}
    whole = "\n".join([*(p.text for p in document.paragraphs), *cells])
    for part in ("第 1 次情况报告", "云麓·望江府"):
        assert part in text
        assert part in whole
    blank = [label for label, value in draft.values.items() if value == ""]
    assert {"下份报告日期", "媒体方面是否发生变化"} <= set(blank)
    for label in blank:
        assert re.search(rf"^{re.escape(label)}：_+$", text, re.MULTILINE), label
    assert "13812345678" not in text + whole
    given = {"下份报告日期": "2026-11-20", "下份报告时间": "01:10"}
    assert forms.save_form(day.app, case, "F4", given, n=draft.n, actor=WANG, now=now) == 1
    assert day.rows(
        "SELECT name, due_at FROM clock WHERE object = ? AND definition = 'next-report-2'",
        f"case:{case}",
    ) == [("第 2 次情况报告", stored(at(1, 10, day=20)))]  # fmt: skip
    actions.report_case(day.app, case, WANG, at(23, 12), "已报集团危机小组")
    run_at(day.app, at(23, 59))
    assert day.told("clock%") == [], "T-08 was met"
    assert day.rows("SELECT recipient FROM outbox WHERE reason LIKE 'repeat%'") == []


# ---- Friday -------------------------------------------------------------------------------------


def on_friday_the_weekly_report_equals_the_rows(day: Day) -> None:
    now = at(12, day=20)
    run_at(day.app, now)
    made = weekly.make(day.app, actor=LIN, now=now)
    numbers = made.material.numbers
    assert (numbers.since, numbers.until) == (at(12, day=13), now)
    said = said_in_the_week(day, numbers.since, numbers.until)
    assert len({line["post"] for line in said}) == 3 + 3 + 2 + 1 + 1 + 9, "three ads are out"
    assert len(numbers.rows) == 4, "all, the region, two subjects"
    for row in numbers.rows:
        mine = [line for line in said if belongs(line, row.key)]
        want = count(mine)
        got = {name: set(ids_behind(numbers, row.key, name)) for name in MEASURES}
        assert got == {name: want[name] for name in MEASURES}, row.key
        assert row.now.voices.certain == want["certain"], row.key
        assert row.now.households == want["homes"], row.key
        assert {k: set(v) for k, v in row.alerts.items()} == alerts_opened(day, row.key, numbers)
    table = numbers_in_word(made.docx)
    for row in numbers.rows:
        want = count([line for line in said if belongs(line, row.key)])
        assert table[row.name][:2] == [str(len(want["posts"])), str(len(want["negative"]))]
        assert table[row.name][3] == str(want["certain"])


def said_in_the_week(day: Day, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """The mentions and the posts without any, by SQL of this test's own."""
    head = ("post", "subject", "region", "negative", "site", "kind", "onsite", "who", "home",
            "copy")  # fmt: skip
    current = "analyser y ON y.id = a.analyser_id AND y.active"
    mentioned = day.rows(
        "SELECT p.id, s.key, s.region, m.negative, p.site, p.kind, p.onsite, p.author_key,"
        " p.household_key, r.duplicate_of FROM mention m JOIN post p ON p.id = m.post_id"
        f" JOIN subject s ON s.id = m.subject_id JOIN analysis a ON a.id = m.analysis_id"
        f" JOIN {current} LEFT JOIN relation r ON r.post_id = p.id"
        " WHERE m.relevant AND p.published_at >= ? AND p.published_at < ? AND a.revision_id ="
        " (SELECT max(v.id) FROM revision v WHERE v.post_id = p.id)",
        stored(since), stored(until),
    )  # fmt: skip
    loose = day.rows(
        "SELECT p.id, NULL, NULL, a.label = 'negative', p.site, p.kind, p.onsite, p.author_key,"
        " p.household_key, r.duplicate_of FROM post p JOIN analysis a ON a.post_id = p.id"
        f" JOIN {current} LEFT JOIN relation r ON r.post_id = p.id WHERE a.relevant"
        " AND a.noise IS NULL AND p.subject_id IS NULL AND p.published_at >= ?"
        " AND p.published_at < ? AND NOT EXISTS"
        " (SELECT 1 FROM mention m WHERE m.analysis_id = a.id AND m.relevant) AND NOT EXISTS"
        " (SELECT 1 FROM label l WHERE l.revision_id = a.revision_id AND l.undone_at IS NULL"
        "  AND l.field = 'relevant' AND l.value = 'no')",
        stored(since), stored(until),
    )  # fmt: skip
    return [dict(zip(head, row, strict=True)) for row in mentioned + loose]


def belongs(line: dict[str, Any], row: str) -> bool:
    kind, _, name = row.partition(":")
    if kind == "unassigned":
        return line["subject"] is None
    return kind == "all" or name == (line["subject"] if kind == "subject" else line["region"])


def count(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """What a person with the rows and a pencil would come to."""
    bad = [line for line in lines if line["negative"]]
    own_words = [
        line for line in bad
        if line["copy"] is None and line["kind"] != "news" and line["onsite"] is None
    ]  # fmt: skip
    voices: dict[str, set[str]] = {}
    for line in own_words:
        voices.setdefault(line["site"], set()).add(line["home"] or line["who"])
    homed = [line for line in bad if line["home"] is not None]
    return {
        "posts": {line["post"] for line in lines}, "negative": {line["post"] for line in bad},
        "voices": {line["post"] for line in own_words},
        "households": {line["post"] for line in homed},
        "homes": len({line["home"] for line in homed}),
        "certain": max(map(len, voices.values()), default=0),
    }  # fmt: skip


def alerts_opened(day: Day, row: str, numbers: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for number, level, subject, region in day.rows(
        "SELECT a.number, a.level, s.key, s.region FROM alert a LEFT JOIN subject s"
        " ON s.id = a.subject_id WHERE a.opened_at >= ? AND a.opened_at < ?",
        stored(numbers.since), stored(numbers.until),
    ):  # fmt: skip
        if belongs({"subject": subject, "region": region}, row):
            found.setdefault(level, set()).add(number)
    return found


def numbers_in_word(docx: bytes) -> dict[str, list[str]]:
    """The main table of the report as a reader sees it: name → its cells."""
    tables = Document(BytesIO(docx)).tables
    main = next(table for table in tables if table.rows[0].cells[0].text == "区域 / 对象")
    return {row.cells[0].text.strip(): [c.text for c in row.cells[1:]] for row in main.rows[1:]}


def nothing_was_written_past_the_audit(day: Day) -> None:
    with day.app.db.read() as connection:
        verdicts = list(audit.verify(connection))
        trail = list(audit.export(connection, None))
    assert len(verdicts) > 10
    assert [verdict for verdict in verdicts if verdict.broken_at is not None] == []
    done = {(row["actor"], row["action"]) for row in trail}
    assert done >= {
        ("周敏", "imported"), ("周敏", "complaint-registered"), ("周敏", "labelled"),
        ("王敏", "acknowledged"), ("王敏", "registered"), ("王敏", "graded"),
        ("王敏", "form-saved"), ("林晓", "report-made"), ("管理员", "subject-saved"),
        ("管理员", "recipients-saved"),
    }  # fmt: skip
    stored_text = day.everything_stored()
    assert [secret for secret in CHAT_SECRETS if secret in stored_text] == []
    payloads = str(day.rows("SELECT payload FROM audit_payload"))
    private = [*CHAT_SECRETS, *ORDER_SECRETS, "13812345678"]
    assert [secret for secret in private if secret in payloads] == []


# ---- small things -------------------------------------------------------------------------------


def move(day: Day, now: datetime) -> None:
    assert isinstance(day.app.clock, FixedClock)
    day.app.clock.move(now)


def key(day: Day, name: str) -> str:
    return str(day.one("SELECT key FROM subject WHERE name = ?", name))


def named(day: Day, told: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """The people told, by the spelling of this story, whatever their keys are."""
    spelled = {"王敏": "wangmin", "赵磊": "zhaolei", "周敏": "zhoumin"}
    names = dict(day.rows("SELECT key, name FROM person"))
    return {(spelled.get(names.get(who, who), who), way) for who, way in told}


def stored(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shanghai(text: str) -> str:
    return moment(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def mail_text(mail: bytes) -> str:
    from email import message_from_bytes, policy
    from email.message import EmailMessage

    read = message_from_bytes(mail, _class=EmailMessage, policy=policy.default)
    body = read.get_body(("plain",))
    assert body is not None
    return f"{read['Subject']}\n{body.get_content()}"


def robot_text(got: dict[str, Any]) -> str:
    return str(got["body"]["markdown"]["content"]).replace("**", "")
