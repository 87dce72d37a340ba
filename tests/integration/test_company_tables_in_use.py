"""Company tables as offices bring them: some columns, other names, namesakes, limited eyes."""

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest

from domain.access import Actor, Role
from domain.errors import AccessError
from pipelines import projects, recipients
from pipelines.projects import ImportPlan, State
from pipelines.recipients import RecipientPlan
from pipelines.wiring import App
from store import people, subjects
from tests.conftest import NOON

CLI = Actor(name="测试员", via="cli")
WHOLE = Actor(name="管理员", via="web", roles=frozenset({Role.ADMIN}), entities=None)
LIMITED = Actor(
    name="分管", via="web", roles=frozenset({Role.ADMIN}), entities=frozenset({"甲公司"})
)


def workbook(*rows: Sequence[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def load(app: App, *rows: Sequence[Any], actor: Actor | None = None) -> ImportPlan:
    return projects.plan(app, workbook(*rows), name="项目.xlsx", now=NOON, actor=actor)


def bring(app: App, *rows: Sequence[Any]) -> None:
    projects.apply(app, load(app, *rows), CLI, NOON)


def stored(app: App) -> dict[str, Any]:
    with app.db.read() as connection:
        return {item.name: item for item in subjects.load(connection)}


FULL = ("名称", "法人主体", "区域", "别名", "需语境的别名", "语境词", "负责人", "负责人电话")
RIVER = ("澄湖", "甲公司", "华东", "澄湖里", "湖畔", "云麓", "王工", "13800000000")


# ---- subjects -----------------------------------------------------------------------------------


def test_a_column_the_file_lacks_keeps_what_is_stored_an_empty_cell_clears(app: App) -> None:
    bring(app, FULL, RIVER)
    plan = load(app, ("名称", "别名", "区域"), ("澄湖", "澄湖里、湖畔、澄湖苑"))
    assert plan.rows[0].changes == ("区域", "别名")
    projects.apply(app, plan, CLI, NOON)
    item = stored(app)["澄湖"]
    assert (item.legal_entity, item.owner_phone, item.context) == (
        "甲公司",
        "13800000000",
        ("云麓",),
    )
    assert (item.region, item.ambiguous, item.aliases) == (None, ("湖畔",), ("澄湖里", "澄湖苑"))
    text = "- {name: 澄湖, city: 江城}".encode()
    again = projects.plan(app, text, name="项目.yml", now=NOON)
    assert again.rows[0].changes == ("城市",)


def test_the_columns_of_other_offices_are_understood_and_unknown_ones_named(app: App) -> None:
    plan = load(
        app, ("集团项目清单（2026）",), (),
        ("序号", "项目名称", "所属城市", "开发公司", "别名/案名", "简称", "责任人", "联系方式",
         "总户数", "容积率"),
        (1, "澄湖一期", "江城", "甲公司", "澄湖/澄湖里", "湖一", "王工", 13800000000, "1,200户",
         2.1),
        ("", "合计", "", "", "", "", "", "", 1200), ("", "小计：1"), ("", "12"),
    )  # fmt: skip
    assert [row.state for row in plan.rows] == [State.NEW, *[State.WRONG] * 3]
    item = plan.rows[0].subject
    assert item is not None
    assert (item.city, item.legal_entity, item.owner, item.owner_phone, item.households) == (
        "江城", "甲公司", "王工", "13800000000", 1200,
    )  # fmt: skip
    assert item.aliases == ("澄湖", "澄湖里", "湖一")
    assert plan.warnings[0] == "未认识的列：容积率，不会导入"
    assert "“合计”不是名称" in str(plan.rows[1].problems[0])


def test_a_limited_administrator_is_told_nothing_of_others(app: App) -> None:
    bring(app, FULL, ("星河湾", "乙公司", "华南", "天街", "", "", "李工", "13900000000"))
    rows = (
        ("澄湖", "甲公司", "", "天街、星河"),
        ("星河湾", "甲公司"),
        ("望湖", "乙公司"),
        ("无主", ""),
    )
    plan = load(app, ("名称", "法人主体", "区域", "别名"), *rows, actor=LIMITED)
    assert [row.state for row in plan.rows] == [State.NEW, *[State.WRONG] * 3]
    assert all(secret not in repr(plan.rows) for secret in ("李工", "13900000000", "华南"))
    said = "\n".join(plan.warnings)
    assert "“天街”同时属于 其他法人主体的对象、澄湖" in said or "澄湖、其他法人主体的对象" in said
    assert "星河湾" not in said
    assert projects.apply(app, plan, LIMITED, NOON).new == 1
    assert stored(app)["星河湾"].legal_entity == "乙公司"


# ---- recipients ---------------------------------------------------------------------------------

WHO = ("姓名", "角色", "电话", "范围", "最低级别", "渠道", "地址", "法人主体")


def person(entity: str, mail: str, phone: str = "", name: str = "张三") -> tuple[str, ...]:
    return (name, "客服", phone, "全部", "一般", "邮件", mail, entity)


def told(app: App, *rows: Sequence[Any], head: Sequence[str] = WHO) -> RecipientPlan:
    plan = recipients.plan(app, workbook(head, *rows), name="收件人.xlsx")
    recipients.apply(app, plan, CLI, NOON)
    return plan


def mails(app: App) -> dict[str, tuple[str | None, list[str]]]:
    with app.db.read() as connection:
        return {
            item.key: (item.legal_entity, [way.address for way in item.ways])
            for item in people.load(connection)
            if item.name == "张三"
        }


def test_two_people_of_one_name_keep_their_own_ways(app: App) -> None:
    told(app, person("甲公司", "a@x.example"))
    plan = told(app, person("甲公司", "a@x.example"), person("乙公司", "b@x.example"))
    assert [item.state for item in plan.people] == [State.UNCHANGED, State.NEW]
    assert mails(app) == {
        "张三": ("甲公司", ["a@x.example"]), "张三@乙公司": ("乙公司", ["b@x.example"]),
    }  # fmt: skip
    alone = told(app, person("丙公司", "c@x.example"))
    assert "按两人处理" in alone.warnings[0]
    assert len(mails(app)) == 3
    unclear = recipients.plan(app, workbook(WHO, person("", "d@x.example")), name="收件人.xlsx")
    assert "请填法人主体" in str(unclear.problems[0])


def test_one_person_may_be_given_an_entity_later(app: App) -> None:
    told(app, person("", "a@x.example", "13800000000"))
    told(app, person("甲公司", "a@x.example", "13800000000"))
    assert mails(app) == {"张三": ("甲公司", ["a@x.example"])}
    told(app, ("张三", "邮件", "b@x.example"), head=("姓名", "渠道", "地址"))
    assert mails(app) == {"张三": ("甲公司", ["b@x.example"])}
    with app.db.read() as connection:
        assert {one.phone for one in people.load(connection) if one.name == "张三"} == {
            "13800000000"
        }


def test_somebody_retired_comes_back_under_their_own_key(app: App) -> None:
    told(app, person("甲公司", "a@x.example"), person("乙公司", "b@x.example"))
    only = workbook(WHO, person("甲公司", "a@x.example"))
    plan = recipients.plan(app, only, name="收件人.xlsx", replace_all=True)
    recipients.apply(app, plan, CLI, NOON)
    assert list(mails(app)) == ["张三"]
    told(app, person("乙公司", "b@x.example"))
    assert sorted(mails(app)) == ["张三", "张三@乙公司"]


def test_recipients_are_seen_by_administrators_of_the_whole_company_only(app: App) -> None:
    data = workbook(WHO, person("甲公司", "a@x.example"))
    recipients.apply(app, recipients.plan(app, data, name="a.xlsx", actor=WHOLE), WHOLE, NOON)
    for deed in (
        lambda: recipients.export(app, "a.csv", LIMITED),
        lambda: recipients.plan(app, data, name="a.xlsx", actor=LIMITED),
    ):
        with pytest.raises(AccessError):
            deed()
    with app.db.read() as connection, pytest.raises(AccessError):
        people.load(connection, LIMITED)
