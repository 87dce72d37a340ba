"""Forms F3 and F4 in one call: known facts in, unknown blank, changes only, edits survive."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import insert, select, update

from domain.access import Actor, Role
from domain.case import ClockDef, Pack
from domain.errors import AccessError, CaseError, ConflictError
from domain.level import Level
from pipelines import forms
from reports.forms import FormDraft, next_report
from store import tables as t
from tests.builders import NOW, PostSpec, Sample, add_post, first_revision, row, sample_home

CHEN = Actor(name="陈立", via="web", roles=frozenset({Role.CRISIS}), entities=None)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """Return the sample home with a lawful group and a phone for the person who reports."""
    made = sample_home(tmp_path)
    with made.app.db.write() as connection:
        connection.execute(update(t.source).values(provider="业主代表", basis="成员同意"))
        connection.execute(
            update(t.person).where(t.person.c.name == "陈立").values(phone="13900002222")
        )
    return made


def more_post(sample: Sample, text: str, minutes: int, **more: str) -> int:
    """Add a post to the event of the sample's case, published after NOW."""
    with sample.app.db.write() as connection:
        spec = PostSpec(
            source=more.get("source", "江城论坛"), text=text, at=NOW + timedelta(minutes=minutes),
            subject="jiangwan", author=f"新{minutes}", negativity=0.9, code="K09",
            signals=tuple({"code": code} for code in more.get("signals", "").split()),
        )  # fmt: skip
        post_id = add_post(connection, sample, spec)
        event = connection.scalar(
            select(t.alert.c.event_id).where(t.alert.c.number == sample.major)
        )
        row(
            connection, t.relation, post_id=post_id, event_id=event, similarity=0.9,
            revision_id=first_revision(connection, post_id), at=NOW,
        )  # fmt: skip
        return post_id


def value(draft: FormDraft, label: str) -> str:
    return draft.values[label]


def test_f3_holds_what_is_known_and_nothing_else(sample: Sample) -> None:
    draft = forms.prefill(sample.app, sample.case, "F3", CHEN, NOW)
    assert (value(draft, "姓名"), value(draft, "职务")) == ("陈立", "危机小组组长")
    assert value(draft, "电话/移动电话") == "13900002222"
    assert value(draft, "报告日期") == "2026-11-21"
    assert value(draft, "报告时间") == "14:00"
    assert "江湾雅苑" in value(draft, "事件描述")
    assert "周敏登记个案" in value(draft, "采取了何种措施")
    for blank in ("传真", "涉及公司品牌名誉与否", "涉及事故与否", "伤亡人数", "伤亡人员姓名",
                  "涉及紧急服务与否", "服务种类(110、120等)", "是否有伤亡情况"):  # fmt: skip
        assert value(draft, blank) == "", blank
    sources = {f.label: f.source for part in draft.sections for f in part.fields}
    assert sources["姓名"] == "填写人"
    assert sources["传真"] == ""


def test_the_counts_in_f3_are_the_stored_ones(sample: Sample) -> None:
    from store import forms as stored
    from store.report_posts import count

    with sample.app.db.read() as connection:
        facts = stored.facts(connection, CHEN, sample.case)
        posts = set(
            connection.scalars(
                select(t.finding_post.c.post_id)
                .join(t.finding, t.finding.c.id == t.finding_post.c.finding_id)
                .join(t.alert, t.alert.c.id == t.finding.c.alert_id)
                .where(t.alert.c.number == sample.major)
            )
        )
    assert posts <= {said.post_id for said in facts.said}
    found = count(facts.said)
    text = value(forms.prefill(sample.app, sample.case, "F3", CHEN, NOW), "事件描述")
    assert f"相关 {len(found.posts)} 帖，负面 {len(found.negative)} 帖" in text
    assert f"至少 {found.voices.certain} 个声音" in text


def test_phone_and_room_are_masked_and_self_harm_is_no_part(sample: Sample) -> None:
    more_post(sample, "江湾雅苑车库漏水，电话13812345678，3栋2单元1501室", -60 * 24 * 20)
    more_post(sample, "江湾雅苑逼得人活不下去了", 1, signals="selfharm")
    for kind in ("F3", "F4"):
        draft = forms.prefill(sample.app, sample.case, kind, CHEN, NOW + timedelta(hours=1))
        text = forms.text(draft)
        assert "13812345678" not in text
        assert "1501" not in text
        assert "活不下去" not in text


def test_f4_n_tells_only_what_changed_since_the_last(sample: Sample) -> None:
    app = sample.app
    first = forms.prefill(app, sample.case, "F4", CHEN, NOW)
    assert first.n == 1
    assert "第 1 次情况报告" in first.title
    assert forms.save_form(app, sample.case, "F4", {}, n=1, actor=CHEN, now=NOW) == 1
    quiet = forms.prefill(app, sample.case, "F4", CHEN, NOW + timedelta(minutes=10))
    assert quiet.n == 2
    assert value(quiet, "自上份报告后新确认的事实") == ""
    assert value(quiet, "什么措施") == ""
    assert value(quiet, "媒体方面是否发生变化") == ""
    more_post(sample, "江湾雅苑车库又进水了", 20)
    more_post(sample, "江城晚报：江湾雅苑车库进水", 25, source="江城晚报")
    later = forms.prefill(app, sample.case, "F4", CHEN, NOW + timedelta(hours=1))
    assert value(later, "自上份报告后新确认的事实").startswith("新增 2 帖（负面 2）")
    assert value(later, "媒体方面是否发生变化") == "是"
    assert "江城晚报" in value(later, "媒体变化、姓名和联络方式")


def test_what_a_person_wrote_survives_and_the_next_clock_starts(sample: Sample) -> None:
    app = sample.app
    given = {
        "传真": "027-0000", "下份报告日期": "2026-11-21", "下份报告时间": "18:00",
        "自上份报告后新确认的事实": "现场已围挡",
    }  # fmt: skip
    forms.save_form(app, sample.case, "F4", given, n=1, actor=CHEN, now=NOW)
    [saved] = forms.history(app, sample.case, "F4", CHEN)
    assert saved.values["自上份报告后新确认的事实"] == "现场已围挡"
    second = forms.prefill(app, sample.case, "F4", CHEN, NOW + timedelta(hours=1))
    assert value(second, "传真") == "027-0000"  # lasting
    assert "现场已围挡" not in forms.text(second)  # of that report only
    with app.db.read() as connection:
        clock = connection.execute(
            select(t.clock).where(t.clock.c.definition == "next-report-2")
        ).one()
        entry = connection.execute(select(t.audit).where(t.audit.c.action == "form-saved")).one()
        payload = connection.scalar(
            select(t.audit_payload.c.payload).where(t.audit_payload.c.audit_id == entry.id)
        )
    assert (clock.due_at - NOW) == timedelta(hours=4)
    assert entry.object == f"case:{sample.case}"
    assert payload is not None
    assert payload["edited"] == sorted(given)
    assert "027" not in str(payload)
    forms.save_form(app, sample.case, "F4", {}, n=2, actor=CHEN, now=NOW + timedelta(hours=1))
    with app.db.read() as connection:
        stopped = connection.scalar(
            select(t.clock.c.stopped_at).where(t.clock.c.definition == "next-report-2")
        )
    assert stopped == NOW + timedelta(hours=1)


def test_f3_keeps_corrections_and_takes_new_facts(sample: Sample) -> None:
    app = sample.app
    given = {"涉及事故与否": "否", "职务": ""}
    forms.save_form(app, sample.case, "F3", given, n=1, actor=CHEN, now=NOW)
    again = forms.prefill(app, sample.case, "F3", CHEN, NOW + timedelta(hours=1))
    assert (value(again, "涉及事故与否"), value(again, "职务")) == ("否", "")
    assert value(again, "报告时间") == "15:00"


def test_two_people_cannot_save_the_same_number(sample: Sample) -> None:
    forms.save_form(sample.app, sample.case, "F4", {}, n=1, actor=CHEN, now=NOW)
    with pytest.raises(ConflictError, match="第 1 次已由他人保存"):
        forms.save_form(sample.app, sample.case, "F4", {}, n=1, actor=CHEN, now=NOW)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"下份报告日期": "明天", "下份报告时间": "09:00"}, "下份报告日期“明天”不对"),
        ({"下份报告日期": "2026-11-22"}, "下份报告时间“”不对"),
        ({"下份报告日期": "2026-02-30", "下份报告时间": "09:00"}, "不存在"),
        ({"下份报告日期": "2026-11-20", "下份报告时间": "09:00"}, "已过"),
        ({"没有的项": "x"}, "没有“没有的项”这一项"),
    ],
)
def test_a_wrong_value_names_its_field_and_stores_nothing(
    sample: Sample, values: dict[str, str], said: str
) -> None:
    with pytest.raises(CaseError, match=said):
        forms.save_form(sample.app, sample.case, "F4", values, n=1, actor=CHEN, now=NOW)
    assert forms.history(sample.app, sample.case, "F4", CHEN) == []


def test_rights_hold_in_the_store(sample: Sample) -> None:
    viewer = Actor(name="看", via="web", roles=frozenset({Role.VIEWER}), entities=None)
    foreign = Actor(
        name="他", via="web", roles=frozenset({Role.CRISIS}), entities=frozenset({"别家"})
    )
    for actor in (viewer, foreign):
        with pytest.raises(AccessError):
            forms.prefill(sample.app, sample.case, "F3", actor, NOW)
        with pytest.raises(AccessError):
            forms.save_form(sample.app, sample.case, "F3", {}, n=1, actor=actor, now=NOW)
    with pytest.raises(CaseError, match="没有编号为 G-0 的个案"):
        forms.prefill(sample.app, "G-0", "F3", CHEN, NOW)
    with pytest.raises(CaseError, match="可用 F3、F4"):
        forms.prefill(sample.app, sample.case, "F9", CHEN, NOW)


def test_a_registered_enquiry_is_a_media_change_without_the_reporters_phone(
    sample: Sample,
) -> None:
    with sample.app.db.write() as connection:
        case_id = connection.scalar(select(t.case.c.id))
        connection.execute(
            insert(t.media_enquiry).values(
                number="M-1",
                case_id=case_id,
                outlet="江城晚报",
                question="?",
                received_at=NOW,
                received_by="林晓",
                contact={"reporter": "赵一鸣", "phone": "13812345678"},
            )
        )
    draft = forms.prefill(sample.app, sample.case, "F3", CHEN, NOW)
    said = value(draft, "媒体名称、姓名和联络方式")
    assert "江城晚报，赵记者来访（M-1）" in said
    assert "一鸣" not in said
    assert "1381" not in said


def test_the_word_file_has_every_field_and_lines_for_the_blanks(sample: Sample) -> None:
    for kind in ("F3", "F4"):
        draft = forms.prefill(sample.app, sample.case, kind, CHEN, NOW)
        document = Document(BytesIO(forms.word(draft)))
        cells = [c.text for table in document.tables for line in table.rows for c in line.cells]
        for label, known in draft.values.items():
            assert label in cells
            assert (known or "____________________") in " ".join(cells)
        assert document.styles["Normal"].element.rPr.rFonts.get(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia"
        ) == "宋体"  # fmt: skip


def test_the_next_report_comes_from_the_pack_or_stays_blank() -> None:
    def pack(*limits: tuple[str, str]) -> Pack:
        return Pack(
            name="p", version=1, title="", numbering="", levels={},
            clocks=tuple(
                ClockDef(
                    id=key, name="", role="", start="", stop="", limit=limit, calendar="wall",
                    levels=(Level.CRITICAL,), source="",
                )
                for key, limit in limits
            ),
        )  # fmt: skip

    assert next_report(pack(("T-08", "30m")), "critical", NOW) is None
    assert next_report(pack(("T-26", "7d")), "critical", NOW) == NOW + timedelta(days=7)
    both = pack(("T-26", "7d"), ("T-25", "24h"))
    assert next_report(both, "critical", NOW) == NOW + timedelta(days=1)
    assert next_report(both, "minor", NOW) is None
