"""The company's own tables: dry run, traps, double import, rubbish files, nothing half."""

import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from domain.access import Actor, Role
from domain.analysis import TextIn
from domain.errors import AccessError, CaseError, ConflictError, FactsError, ParseError
from domain.level import Level
from nlp.analyse import analyse
from pipelines import doctor, home, language, projects, recipients, subject_files
from pipelines.projects import State
from pipelines.wiring import App
from store import audit, people, subjects
from tests.conftest import NOON
from tests.posts import feed, post, prepare, run_at

CLI = Actor(name="测试员", via="cli")
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def workbook(*rows: Sequence[Any], hidden: Sequence[Sequence[Any]] = ()) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    if hidden:
        other = book.create_sheet("旧表")
        other.sheet_state = "hidden"
        for row in hidden:
            other.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEAD = ("名称", "类型", "法人主体", "城市", "区域", "备案名", "别名", "需语境的别名", "语境词",
        "总户数", "关键日期", "负责人", "负责人电话")  # fmt: skip
RIVER = ("云麓·澄湖", "项目", "澄湖置业", "江城", "华东", "澄湖雅苑", "澄湖、澄湖里", "湖畔",
         "云麓", 1200, "交付 2026-12-20；开盘 2027-03-01", "张工", 13800001111)  # fmt: skip
GROUP = ("云麓集团", "集团", "云麓股份", "", "", "", "云麓地产", "", "", "", "", "", "")


def load(app: App, data: bytes, name: str = "项目.xlsx") -> projects.ImportPlan:
    return projects.plan(app, data, name=name, now=NOON)


def keyed(app: App) -> dict[str, Any]:
    with app.db.read() as connection:
        return {item.key: item for item in subjects.load(connection)}


def entries(app: App, prefix: str) -> int:
    with app.db.read() as connection:
        return sum(row["object"].startswith(prefix) for row in audit.export(connection, None))


def test_everything_of_a_row_is_stored_and_comes_back_unchanged(app: App) -> None:
    plan = load(app, workbook(HEAD, RIVER, GROUP))
    assert [row.state for row in plan.rows] == [State.NEW, State.NEW]
    assert keyed(app) == {}  # a plan writes nothing
    done = projects.apply(app, plan, CLI, NOON)
    assert (done.new, done.changed) == (2, 0)
    item = keyed(app)["云麓·澄湖"]
    assert (item.households, item.owner_phone, item.filing_name) == (
        1200,
        "13800001111",
        "澄湖雅苑",
    )
    assert [(day.kind, day.day.isoformat()) for day in item.key_dates] == [
        ("交付", "2026-12-20"), ("开盘", "2027-03-01"),
    ]  # fmt: skip
    assert item.aliases == ("澄湖", "澄湖里")
    for name in ("对象.xlsx", "对象.csv", "对象.yml"):
        again = load(app, projects.export(app, name, CLI), name)
        assert [row.state for row in again.rows] == [State.UNCHANGED] * 2, name
    assert entries(app, "subject:") == 2


def test_importing_twice_changes_nothing_and_a_change_names_its_columns(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)
    assert projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON).new == 0
    assert entries(app, "subject:") == 1
    moved = list(RIVER)
    moved[9], moved[11] = 1300, "李工"
    plan = load(app, workbook(HEAD, moved))
    assert plan.rows[0].changes == ("总户数", "负责人")
    projects.apply(app, plan, CLI, NOON)
    assert keyed(app)["云麓·澄湖"].households == 1300


def test_a_new_phone_number_is_no_reason_to_read_every_post_again(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)
    before = language.load_facts(list(keyed(app).values())).version
    moved = [*RIVER[:12], 13900002222]
    projects.apply(app, load(app, workbook(HEAD, moved)), CLI, NOON)
    assert language.load_facts(list(keyed(app).values())).version == before


def test_filing_and_promotion_names_are_found_in_texts(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)
    facts = language.load_facts(list(keyed(app).values()))
    found = analyse(TextIn(id="1", text="澄湖雅苑外墙渗水，没人管"), facts)
    assert [mention.subject for mention in found.mentions] == ["云麓·澄湖"]


def test_wrong_rows_are_named_by_row_and_column_and_the_rest_is_imported(app: App) -> None:
    bad_kind = ("甲", "楼", *[""] * 11)
    bad_count = ("乙", "项目", *[""] * 7, "很多", "交付 2026-13-40", "", "")
    twice = ("云麓·澄湖", *[""] * 12)
    plan = load(app, workbook(HEAD, RIVER, bad_kind, bad_count, twice, ("", "项目", *[""] * 11)))
    said = [str(problem) for row in plan.of(State.WRONG) for problem in row.problems]
    assert len(plan.of(State.WRONG)) == 4
    assert any("第 3 行 “类型”列：“楼”不认识" in line and "请写" in line for line in said)
    assert any("第 4 行 “总户数”列" in line for line in said)
    assert any("第 4 行 “关键日期”列" in line for line in said)
    assert any("第 5 行 “名称”列" in line and "重复" in line for line in said)
    assert any("第 6 行 “名称”列" in line and "没有填" in line for line in said)
    assert projects.apply(app, plan, CLI, NOON).new == 1


def test_traps_are_told_before_importing(app: App) -> None:
    names = ("名称", "城市", "区域", "别名", "需语境的别名")
    plan = load(app, workbook(
        names, ("云麓·望江府", "江城", "华东", "望江府、花园、江城", ""),
        ("云麓·望江府东区", "江城", "华东", "望江府东区、望江府、府", "东区"),
    ))  # fmt: skip
    said = "\n".join(plan.warnings)
    assert "“望江府”同时属于 云麓·望江府、云麓·望江府东区" in said
    assert "“花园”是常用词" in said
    assert "“江城”与城市或区域同名" in said
    assert "“府”只有 1 个字" in said
    assert "没有写语境词" in said


def test_the_dry_run_counts_the_stored_posts_of_the_last_90_days(app: App) -> None:
    prepare(app, watched=())
    old = NOON - timedelta(days=120)
    feed(app, [post("1", "澄湖外墙渗水", NOON, "a"), post("2", "澄湖里的路", NOON, "b"),
               post("3", "澄湖旧闻", old, "c")])  # fmt: skip
    run_at(app, NOON)
    plan = load(app, workbook(HEAD, RIVER))
    counted = {hit.name: hit.posts for hit in plan.hits}
    assert (counted["澄湖"], counted["澄湖里"], counted["澄湖雅苑"]) == (2, 1, 0)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "项目.xlsx", "空的"),
        (PNG, "项目.xlsx", "不是文本"),
        (b"PK\x03\x04" + b"x" * 200, "项目.xlsx", "不是文本，也不是完整的 Excel"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 200, "项目.xls", "另存为"),
        (workbook(("甲", "乙"), ("1", "2")), "项目.xlsx", "找不到表头“名称”"),
        ("标题,正文\n一,二\n".encode(), "项目.csv", "找不到表头“名称”"),
        (b"- [", "项目.yml", "不是正确的 YAML"),
    ],
)
def test_rubbish_is_refused_by_name(app: App, data: bytes, name: str, said: str) -> None:
    with pytest.raises((ParseError, FactsError), match=said) as wrong:
        load(app, data, name)
    assert name in str(wrong.value)


def test_titles_above_the_header_hidden_sheets_and_gbk_are_understood(app: App) -> None:
    merged = workbook(
        ("2026年项目台账",), (), ("*名称（必填）", "别名"), ("云麓·澄湖", "澄湖"),
        hidden=(("名称",), ("不要我",)),
    )  # fmt: skip
    assert [row.name for row in load(app, merged).rows] == ["云麓·澄湖"]
    gbk = "名称,别名\n云麓·望江府,望江府\n".encode("gbk")
    assert [row.name for row in load(app, gbk, "项目.csv").rows] == ["云麓·望江府"]


def test_exports_never_hold_a_formula(app: App) -> None:
    rows = ("名称", "别名", "负责人"), ("云麓·澄湖", "澄湖", "=HYPERLINK(1)")
    projects.apply(app, load(app, "\n".join(map(",".join, rows)).encode(), "a.csv"), CLI, NOON)
    data = projects.export(app, "a.xlsx", CLI)
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0] for cell in row]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert "'=HYPERLINK(1)" in {cell.value for cell in cells}
    assert load(app, data).rows[0].state is State.UNCHANGED


def test_a_plan_made_before_somebody_elses_change_is_refused_whole(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)
    plan = load(app, workbook(HEAD, GROUP, [*RIVER[:9], 1, "", "", ""]))
    projects.apply(app, load(app, workbook(HEAD, [*RIVER[:9], 2, "", "", ""])), CLI, NOON)
    with pytest.raises(ConflictError, match="预演之后被他人更改"):
        projects.apply(app, plan, CLI, NOON)
    assert "云麓集团" not in keyed(app)


def test_a_crash_in_the_middle_leaves_nothing_half(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = load(app, workbook(HEAD, RIVER, GROUP))
    real, calls = audit.append, []

    def dies(*args: Any, **more: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(*args, **more)

    monkeypatch.setattr(audit, "append", dies)
    with pytest.raises(RuntimeError, match="killed"):
        projects.apply(app, plan, CLI, NOON)
    assert keyed(app) == {}
    assert entries(app, "subject:") == 0


def test_only_administrators_of_the_entity_may_change_a_subject(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)
    stolen = workbook(HEAD, [RIVER[0], RIVER[1], "别家置业", *RIVER[3:]])
    monitor = Actor(name="客服", via="web", roles=frozenset({Role.MONITOR}), entities=None)
    foreign = Actor(
        name="别家", via="web", roles=frozenset({Role.ADMIN}), entities=frozenset({"别家置业"})
    )
    for actor in (monitor, foreign):
        with pytest.raises(AccessError):
            projects.apply(app, load(app, stolen), actor, NOON)
    assert keyed(app)["云麓·澄湖"].legal_entity == "澄湖置业"


def test_the_template_is_readable_and_its_example_is_not_imported(app: App) -> None:
    plan = load(app, subject_files.template())
    assert [row.state for row in plan.rows] == [State.WRONG]
    assert "示例行" in str(plan.rows[0].problems[0])


# ---- recipients ---------------------------------------------------------------------------------

WHO = ("姓名", "角色", "电话", "范围", "最低级别", "渠道", "地址")


def test_recipients_round_trip_and_the_file_is_the_truth_for_its_people(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)
    rows = (
        ("王经理", "客服负责人", 13800002222, "云麓·澄湖", "较大", "邮件", "wang@example.com"),
        ("王经理", "", "", "区域:华东", "重大", "企业微信", "危机群"),
        ("赵总", "总经理", "", "全部", "重大", "控制台", ""),
    )
    plan = recipients.plan(app, workbook(WHO, *rows), name="收件人.xlsx")
    assert plan.problems == ()
    assert recipients.apply(app, plan, CLI, NOON) == 2
    exported = recipients.export(app, "收件人.xlsx", CLI)
    again = recipients.plan(app, exported, name="收件人.xlsx")
    assert {item.state for item in again.people} == {State.UNCHANGED}
    fewer = recipients.plan(app, workbook(WHO, rows[0]), name="收件人.xlsx", replace_all=True)
    assert {item.name for item in fewer.retired} == {"赵总", "值班台"}
    recipients.apply(app, fewer, CLI, NOON)
    with app.db.read() as connection:
        (left,) = people.load(connection)
    assert (left.name, left.phone, len(left.ways)) == ("王经理", "13800002222", 1)


def test_wrong_recipients_are_named_and_leave_their_person_untouched(app: App) -> None:
    rows = (
        ("甲", "", "", "无此项目", "较大", "邮件", "a@example.com"),
        ("乙", "", "", "区域:华北", "较大", "邮件", "a@example.com"),
        ("丙", "", "", "全部", "较大", "短信", ""),
        ("丁", "", "", "全部", "较大", "邮件", ""),
        ("戊", "", "", "全部", "特别重大", "控制台", ""),
        ("己", "", "", "全部", "重大", "控制台", ""),
        ("己", "", "", "", "较大", "控制台", ""),
    )
    plan = recipients.plan(app, workbook(WHO, *rows), name="收件人.xlsx")
    said = "\n".join(map(str, plan.problems))
    for part in ("没有名为“无此项目”", "没有区域“华北”", "“短信”不认识", "邮件没有地址",
                 "“特别重大”不认识", "与前面的行重复"):  # fmt: skip
        assert part in said
    assert plan.people == ()


def test_a_subject_that_reaches_nobody_fails_the_doctor(app: App) -> None:
    projects.apply(app, load(app, workbook(HEAD, RIVER)), CLI, NOON)

    def check() -> doctor.Check:
        return next(c for c in doctor.run(app.settings) if c.name == "收件人")

    assert check().ok
    assert "只到控制台" in check().found
    only = workbook(WHO, ("王经理", "", "", "全部", "一般", "邮件", "wang@example.com"))
    plan = recipients.plan(app, only, name="a.xlsx", replace_all=True)
    recipients.apply(app, plan, CLI, NOON)
    assert check().ok
    assert "只到控制台" not in check().found
    deaf = recipients.plan(
        app, workbook(WHO, ("王经理", "", "", "区域:华东", "一般", "邮件", "wang@example.com")),
        name="a.xlsx",
    )  # fmt: skip
    recipients.apply(app, deaf, CLI, NOON)
    projects.apply(app, load(app, workbook(("名称",), ("孤岛",))), CLI, NOON)
    assert not check().ok
    assert "孤岛" in check().found
    empty = workbook(WHO, ("王经理", "", "", "云麓·澄湖", "一般", "邮件", "wang@example.com"))
    assert recipients.plan(app, empty, name="a.xlsx").deaf == ("孤岛",)
    with app.db.read() as connection:
        assert {r.subject: r.people for r in people.reach(connection, Level.CRITICAL)} == {
            "云麓·澄湖": 1, "孤岛": 0,
        }  # fmt: skip


# ---- home ---------------------------------------------------------------------------------------


def test_the_guide_knows_what_is_missing_and_the_pack_stays_once_there_are_cases(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.state(app).missing == (
        "subjects", "recipients", "sources", "posts", "accounts",
    )  # fmt: skip
    home.setup(
        app, company="云麓置业", pack="project-002", zone="Asia/Shanghai", actor=CLI, now=NOON
    )
    assert (home.state(app).company, home.state(app).pack) == ("云麓置业", "project-002")
    with pytest.raises(FactsError, match="没有程序包"):
        home.setup(app, company="a", pack="x", actor=CLI, now=NOON)
    with pytest.raises(FactsError, match="没有时区"):
        home.setup(app, company="a", pack="group-000", zone="Mars/1", actor=CLI, now=NOON)
    monkeypatch.setattr("store.installation.has_cases", lambda _connection: True)
    home.setup(app, company="云麓二", pack="project-002", actor=CLI, now=NOON)
    with pytest.raises(CaseError, match="已有个案"):
        home.setup(app, company="云麓三", pack="group-000", actor=CLI, now=NOON)
    assert home.state(app).company == "云麓二"
