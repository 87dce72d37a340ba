"""Media enquiries and own releases: numbers, clocks, masks, rights, audit (AD-1)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from domain.access import Actor, Role
from domain.errors import AccessError, CaseError
from pipelines import media
from pipelines.actions import register_case
from pipelines.wiring import App
from store import access, audit, enquiries, releases
from store import tables as t
from tests.conftest import NOON
from tests.posts import LEAKS, SUBJECTS, feed, post, prepare, run_at

MEDIA = Actor(name="林晓", via="web", roles=frozenset({Role.MEDIA}), entities=None)
CRISIS = Actor(name="陈立", via="web", roles=frozenset({Role.CRISIS}), entities=None)
EAST = Actor(name="孙宁", via="web", roles=frozenset({Role.MEDIA}), entities=frozenset({"甲置业"}))


@pytest.fixture
def town(app: App) -> App:
    """Return a home with one subject of each of two legal entities."""
    with app.db.write() as connection:
        for key, entity in (("jia", "甲置业"), ("yi", "乙置业")):
            connection.execute(
                insert(t.subject).values(
                    key=key, kind="project", name=key, legal_entity=entity, created_at=NOON
                )
            )
    return app


def register(app: App, actor: Actor = MEDIA, subject: str | None = "jia", **more: object) -> str:
    values = {
        "outlet": "江城晚报", "question": "为何渗水？", "reporter": "赵一鸣",
        "phone": "13812345678", **more,
    }  # fmt: skip
    return media.register_enquiry(app, actor=actor, now=NOON, subject=subject, **values)  # type: ignore[arg-type]


def actions(app: App, obj: str) -> list[str]:
    with app.db.read() as connection:
        return list(
            connection.scalars(
                select(t.audit.c.action).where(t.audit.c.object == obj).order_by(t.audit.c.seq)
            )
        )


def test_an_enquiry_has_number_clock_and_masked_contact(town: App) -> None:
    number = register(town, deadline_at=NOON + timedelta(hours=4))
    assert number == "M-20261120-001"
    assert register(town) == "M-20261120-002"
    with town.db.read() as connection:
        line = enquiries.by_number(connection, MEDIA, number)
        clock = connection.execute(select(t.clock)).one()
        warned = list(connection.scalars(select(t.clock_due.c.percent)))
        payloads = str(connection.scalars(select(t.audit_payload.c.payload)).all())
    assert (line.reporter, line.phone) == ("赵**", "138********")
    assert (clock.object, clock.definition, clock.name) == (
        f"enquiry:{number}", "media-reply", "媒体回复期限",
    )  # fmt: skip
    assert clock.due_at == NOON + timedelta(hours=4)
    assert warned == [50, 80, 100]
    assert "赵" not in payloads
    assert "138" not in payloads


def test_a_reply_stops_the_clock_and_names_its_wording(town: App) -> None:
    number = register(town, deadline_at=NOON + timedelta(hours=4))
    later = NOON + timedelta(hours=5)
    with pytest.raises(CaseError, match="口径版本不能为空"):
        media.update_enquiry(town, number, actor=MEDIA, now=later, reply="在修")
    line = media.update_enquiry(
        town, number, actor=MEDIA, now=later, reply="在修", wording="V2", called_back=True,
        written_sent=True, published_url="https://news.example/1",
    )  # fmt: skip
    assert (line.replied_at, line.called_back_at, line.written_sent_at) == (later, later, later)
    assert (line.wording, line.published_url) == ("V2", "https://news.example/1")
    with town.db.read() as connection:
        clock = connection.execute(select(t.clock)).one()
    assert clock.stopped_at == later
    assert clock.breached_at == clock.due_at  # answered, but late: the breach stays
    assert actions(town, f"enquiry:{number}") == ["enquiry-registered", "enquiry-updated"]


def test_a_moved_deadline_is_a_new_clock(town: App) -> None:
    number = register(town, deadline_at=NOON + timedelta(hours=4))
    at = NOON + timedelta(hours=1)
    media.update_enquiry(town, number, actor=MEDIA, now=at, deadline_at=NOON + timedelta(hours=9))
    with town.db.read() as connection:
        clocks = connection.execute(select(t.clock).order_by(t.clock.c.id)).all()
    assert [clock.stopped_at for clock in clocks] == [at, None]
    with pytest.raises(CaseError, match="已过"):
        media.update_enquiry(town, number, actor=MEDIA, now=at, deadline_at=NOON)


def test_withdrawing_is_an_undo_that_leaves_a_trace(town: App) -> None:
    number = register(town, deadline_at=NOON + timedelta(hours=4))
    with pytest.raises(CaseError, match="撤销理由"):
        media.withdraw_enquiry(town, number, actor=MEDIA, now=NOON, reason=" ")
    media.withdraw_enquiry(town, number, actor=MEDIA, now=NOON, reason="登记重复")
    with town.db.read() as connection:
        assert enquiries.lines(connection, MEDIA) == []
        assert [line.number for line in enquiries.lines(connection, MEDIA, withdrawn=True)] == [
            number
        ]
        running = connection.scalars(select(t.clock.c.id).where(t.clock.c.stopped_at.is_(None)))
        assert running.all() == []
        assert all(verdict.broken_at is None for verdict in audit.verify(connection))
    with pytest.raises(CaseError, match="已撤销"):
        media.update_enquiry(town, number, actor=MEDIA, now=NOON, reply="x", wording="V1")


def test_revealing_needs_the_right_and_is_audited(town: App) -> None:
    number = register(town)
    with pytest.raises(AccessError):
        media.reveal_enquiry(town, number, actor=MEDIA, now=NOON, reason="回电")
    found = media.reveal_enquiry(town, number, actor=CRISIS, now=NOON, reason="回电")
    assert found == {"reporter": "赵一鸣", "phone": "13812345678"}
    assert actions(town, f"enquiry:{number}") == ["enquiry-registered", "revealed"]


def test_another_entity_neither_sees_nor_acts(town: App) -> None:
    ours, theirs = register(town, subject="jia"), register(town, subject="yi")
    company = register(town, subject=None)
    with town.db.read() as connection:
        assert [line.number for line in enquiries.lines(connection, EAST)] == [ours]
        assert len(enquiries.lines(connection, MEDIA)) == 3
    for number in (theirs, company):
        with pytest.raises(CaseError, match="没有编号"):
            media.update_enquiry(town, number, actor=EAST, now=NOON, called_back=True)
    with pytest.raises(AccessError):
        register(town, actor=EAST, subject="yi")
    with pytest.raises(AccessError):
        register(town, actor=EAST, subject=None)
    with town.db.read() as connection:
        assert len(enquiries.lines(connection, MEDIA)) == 3  # the refused ones left nothing
    viewer = Actor(name="看", via="web", roles=frozenset({Role.VIEWER}), entities=None)
    with pytest.raises(AccessError):
        register(town, actor=viewer)


def test_an_enquiry_belongs_to_the_subject_of_its_case(app: App) -> None:
    ours, theirs = (
        replace(one, legal_entity=entity)
        for one, entity in zip(SUBJECTS[:2], ("乙置业", "甲置业"), strict=True)
    )
    prepare(app, (ours, theirs))
    feed(app, [post(f"p{n}", LEAKS[n], NOON, f"业主{n}") for n in range(6)])
    run_at(app, NOON)
    monitor = Actor(name="客服", via="web", roles=frozenset({Role.MONITOR}), entities=None)
    with app.db.read() as connection:
        (alert,) = connection.scalars(select(t.alert.c.number))
    case = register_case(app, alert, monitor, NOON, "属实")
    with pytest.raises(AccessError):  # 孙宁 minds 甲置业 alone; the case is of 乙置业
        register(app, actor=EAST, subject=theirs.key, case_number=case)
    with pytest.raises(CaseError, match=f"个案 {case} 不属于所选的监测对象"):
        register(app, subject=theirs.key, case_number=case)
    number = register(app, subject=None, case_number=case)
    with app.db.read() as connection:
        line = enquiries.by_number(connection, MEDIA, number)
    assert (line.subject, line.case_number) == (ours.name, case)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outlet": " "}, "媒体名称不能为空"),
        ({"question": ""}, "问题不能为空"),
        ({"subject": "nope"}, "没有监测对象“nope”"),
        ({"case_number": "G-1"}, "没有编号为 G-1 的个案"),
        ({"received_at": NOON + timedelta(hours=1)}, "还没有到"),
        ({"deadline_at": NOON - timedelta(hours=1)}, "早于来访时间"),
    ],
)
def test_bad_input_says_which_field(town: App, change: dict[str, object], said: str) -> None:
    with pytest.raises(CaseError, match=said):
        register(town, **change)  # type: ignore[arg-type]


def test_releases_are_entered_listed_and_taken_back(town: App) -> None:
    key = media.enter_release(
        town, at=NOON, outlet="公众号", title="进度说明", actor=MEDIA, now=NOON, subject="jia",
        url="https://mp.example/1",
    )  # fmt: skip
    with town.db.read() as connection:
        assert [line.title for line in releases.lines(connection, EAST)] == ["进度说明"]
    with pytest.raises(CaseError, match="https://"):
        media.enter_release(
            town, at=NOON, outlet="x", title="y", actor=MEDIA, now=NOON, url="javascript:alert(1)"
        )
    media.withdraw_release(town, key, actor=MEDIA, now=NOON, reason="填错")
    with pytest.raises(CaseError, match="已撤回"):
        media.withdraw_release(town, key, actor=MEDIA, now=NOON, reason="填错")
    with town.db.read() as connection:
        assert releases.lines(connection, MEDIA) == []
    assert actions(town, f"release:{key}") == ["release-entered", "release-withdrawn"]


def test_every_action_of_this_page_is_listed_in_the_gate() -> None:
    used = {
        "enquiry-registered", "enquiry-updated", "enquiry-withdrawn", "release-entered",
        "release-withdrawn", "report-edited", "report-made", "form-saved", "revealed",
    }  # fmt: skip
    assert used <= set(access.ACTIONS)
