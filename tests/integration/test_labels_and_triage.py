"""A person's word beats the analyser, survives re-scoring, can be taken back; triage likewise."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from domain.access import Actor, Role
from domain.errors import AccessError, CaseError, ConflictError
from domain.label import NO, YES, Field, Judgement
from domain.level import Level
from pipelines import actions, analyse
from pipelines.complaints import ComplaintForm, register_complaint
from pipelines.wiring import App
from store import board, clocks, inbox, labels, reading, subjects
from store import tables as t
from tests.conftest import NOON
from tests.posts import LEAKS, SUBJECTS, feed, post, prepare, run_at

WANG = Actor(name="王敏", via="web", roles=frozenset({Role.MONITOR}), entities=None)
LEAD = Actor(name="陈立", via="web", roles=frozenset({Role.CRISIS}), entities=None)
LOOKER = Actor(name="赵看", via="web", roles=frozenset({Role.VIEWER}), entities=None)


def _alerts(app: App) -> list[tuple[str, str, str]]:
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.alert.c.number, t.alert.c.status, t.alert.c.level).order_by(t.alert.c.id)
        )
        return [(row.number, row.status, row.level) for row in rows]


def _ids(app: App) -> dict[str, int]:
    with app.db.read() as connection:
        rows = connection.execute(select(t.post.c.native_id, t.post.c.id))
        return {row.native_id: row.id for row in rows}


def _negative(app: App) -> int:
    with app.db.read() as connection:
        return len(connection.execute(board.current_mentions().where(t.mention.c.negative)).all())


def _leaks(app: App, n: int, at: datetime = NOON, *, first: int = 0) -> None:
    feed(
        app,
        [
            post(f"p{i}", LEAKS[i], at + timedelta(minutes=i - first), f"业主{i}")
            for i in range(first, first + n)
        ],
    )
    run_at(app, at + timedelta(minutes=n))


def _seq(app: App, number: str) -> int:
    with app.db.read() as connection:
        rows = connection.scalars(
            select(t.audit.c.seq).where(t.audit.c.object == f"alert:{number}")
        )
        return max(int(seq) for seq in rows)


# ---- labels ------------------------------------------------------------------------------------


def test_irrelevant_takes_a_post_out_of_what_counts_and_undo_puts_it_back(app: App) -> None:
    prepare(app)
    _leaks(app, 4)
    before = _negative(app)
    first = _ids(app)["p0"]
    done = actions.label_post(
        app, first, [Judgement(field=Field.RELEVANT, value=NO)], WANG, NOON + timedelta(hours=1)
    )
    assert _negative(app) == before - 1
    actions.undo_labels(app, done, WANG, NOON + timedelta(hours=1))
    assert _negative(app) == before


def test_a_label_survives_rescoring(app: App) -> None:
    prepare(app)
    _leaks(app, 4)
    before = _negative(app)
    one = _ids(app)["p0"]
    said = [Judgement(field=Field.NEGATIVE, value=NO, subject="wangjiangfu")]
    actions.label_post(app, one, said, WANG, NOON + timedelta(hours=1))
    with app.db.write() as connection:  # another alias = another analyser: all is read again
        changed = replace(SUBJECTS[1], aliases=("星河湾里", "星河湾", "湾里"))
        subjects.put(connection, [changed], NOON)
    analyse.run(app, NOON + timedelta(hours=2))
    assert _negative(app) == before - 1


def test_a_post_moves_to_the_subject_a_person_names(app: App) -> None:
    prepare(app)
    _leaks(app, 1)
    one = _ids(app)["p0"]
    said = [
        Judgement(field=Field.SUBJECT, value=NO, subject="wangjiangfu"),
        Judgement(field=Field.SUBJECT, value=YES, subject="xinghewanli"),
    ]
    done = actions.label_post(app, one, said, WANG, NOON + timedelta(hours=1))

    def counted() -> set[tuple[str, bool]]:
        with app.db.read() as connection:
            rows = connection.execute(
                select(t.subject.c.key, t.mention.c.negative).join(
                    t.mention, t.mention.c.subject_id == t.subject.c.id
                )
            )
            return {(row.key, row.negative) for row in rows}

    assert counted() == {("wangjiangfu", False), ("xinghewanli", True)}
    actions.undo_labels(app, done, WANG, NOON + timedelta(hours=1))
    assert counted() == {("wangjiangfu", True)}


def test_labels_leave_with_their_text_and_come_back_once(app: App) -> None:
    prepare(app)
    _leaks(app, 2)
    one = _ids(app)["p0"]
    done = actions.label_post(
        app, one, [Judgement(field=Field.WATCH, value=YES)], WANG, NOON + timedelta(hours=1)
    )
    with app.db.read() as connection:
        [row] = list(labels.export(connection))
    assert (row["field"], row["value"], row["text"]) == ("watch", "yes", LEAKS[0])
    actions.undo_labels(app, done, WANG, NOON + timedelta(hours=1))
    who = Actor(name="导入", via="import")
    with app.db.write() as connection:
        assert labels.bring_in(connection, row, actor=who, now=NOON)
    with app.db.write() as connection:
        assert not labels.bring_in(connection, row, actor=who, now=NOON)


def test_who_may_only_look_cannot_label(app: App) -> None:
    prepare(app)
    _leaks(app, 1)
    with pytest.raises(AccessError, match="监测"):
        actions.label_post(
            app, _ids(app)["p0"], [Judgement(field=Field.READ, value=YES)], LOOKER, NOON
        )
    with app.db.read() as connection:
        assert connection.execute(select(t.label)).all() == []


# ---- inbox -------------------------------------------------------------------------------------


def test_the_inbox_is_the_teams_and_new_is_personal(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    at = NOON + timedelta(minutes=10)
    with app.db.write() as connection:
        reading.visit(connection, WANG, at)
    with app.db.read() as connection:
        seen = inbox.read(connection, WANG, at)
    assert (seen.hand_over.unread, seen.new, seen.since) == (3, 3, None)
    actions.label_post(app, _ids(app)["p0"], [Judgement(field=Field.READ, value=YES)], LEAD, at)
    later = at + timedelta(hours=3)
    run_at(app, later)
    feed(app, [post("p9", LEAKS[9], later - timedelta(minutes=5), "业主9")])
    run_at(app, later)
    with app.db.write() as connection:
        reading.visit(connection, WANG, later)
    with app.db.read() as connection:
        seen = inbox.read(connection, WANG, later)
        others = reading.handled(connection, WANG, at - timedelta(hours=1))
        [line] = reading.reading_log(connection, WANG, NOON.date(), NOON.date())
    assert (seen.hand_over.unread, seen.new, seen.since) == (3, 1, at)
    assert [(one.by, one.field) for one in others] == [("陈立", "read")]
    assert (line.who, line.subject, line.posts) == ("陈立", "云麓·望江府", 1)
    assert seen.groups[0].subject == "云麓·望江府"
    assert seen.groups[0].alert is not None


def test_relevant_text_without_a_subject_is_counted_as_unassigned(app: App) -> None:
    prepare(app)
    text = "开发商又延期交房了，说好的交付时间一拖再拖，售楼处没人管，要求退房退款"
    feed(app, [post("x1", text, NOON, "路人")])
    run_at(app, NOON + timedelta(minutes=1))
    with app.db.read() as connection:
        seen = inbox.read(connection, WANG, NOON + timedelta(minutes=2))
    assert (seen.hand_over.unread, seen.hand_over.unassigned) == (1, 1)
    assert seen.groups[0].subject is None
    actions.label_post(
        app, _ids(app)["x1"], [Judgement(field=Field.SUBJECT, value=YES, subject="wangjiangfu")],
        WANG, NOON + timedelta(minutes=3),
    )  # fmt: skip
    assert _negative(app) == 1


def test_an_edit_brings_a_read_post_back(app: App) -> None:
    prepare(app)
    _leaks(app, 1)
    actions.label_post(app, _ids(app)["p0"], [Judgement(field=Field.READ, value=YES)], WANG, NOON)
    feed(app, [post("p0", LEAKS[0] + "，明天去售楼部讨说法", NOON, "业主0")])
    run_at(app, NOON + timedelta(minutes=5))
    with app.db.read() as connection:
        [group] = inbox.read(connection, WANG, NOON + timedelta(minutes=6)).groups
    assert [item.edited for item in group.items] == [True]


# ---- triage ------------------------------------------------------------------------------------


def test_a_false_alarm_stays_one_until_something_graver_or_new(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    at = NOON + timedelta(hours=1)
    actions.dismiss(app, number, "namesake", WANG, at)
    run_at(app, at)
    assert _alerts(app) == [(number, "dismissed", "minor")]
    feed(app, [post("p3", LEAKS[3], at, "业主3")])
    run_at(app, at + timedelta(minutes=1))
    assert len(_alerts(app)) == 1, "the judged posts and one more are no new alarm"
    feed(app, [post("p4", LEAKS[4], at + timedelta(minutes=2), "业主4")])
    run_at(app, at + timedelta(minutes=3))
    assert [(s, level) for _, s, level in _alerts(app)] == [
        ("dismissed", "minor"),
        ("open", "moderate"),
    ], "five voices are graver than what was judged"


def test_a_dismissal_needs_a_reason_and_can_be_undone(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    with pytest.raises(CaseError, match="原因"):
        actions.dismiss(app, number, "", WANG, NOON)
    with pytest.raises(CaseError, match="写明"):
        actions.dismiss(app, number, "other", WANG, NOON)
    actions.dismiss(app, number, "ad", WANG, NOON + timedelta(hours=1))
    actions.undo_dismissal(app, number, WANG, NOON + timedelta(hours=2))
    assert [status for _, status, _ in _alerts(app)] == ["open"]
    with app.db.read() as connection:
        due = clocks.running(connection, f"alert:{number}", "triage")
    assert due == NOON + timedelta(hours=72, minutes=3), "nobody has judged it after all"


def test_the_second_of_two_at_once_is_told_what_the_first_did(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    seen = _seq(app, number)
    actions.confirm(app, number, WANG, NOON + timedelta(hours=1), seen=seen)
    with pytest.raises(ConflictError, match="已被他人更改"):
        actions.dismiss(app, number, "ad", LEAD, NOON + timedelta(hours=1), seen=seen)
    assert [status for _, status, _ in _alerts(app)] == ["open"]


def test_an_acknowledgement_in_between_refuses_nobody(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    seen = _seq(app, number)
    actions.acknowledge(app, number, 1, LEAD, NOON + timedelta(hours=1))
    actions.confirm(app, number, WANG, NOON + timedelta(hours=1), seen=seen)


def test_confirming_stops_the_triage_clock(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    actions.confirm(app, number, WANG, NOON + timedelta(hours=1))
    with app.db.read() as connection:
        running = connection.execute(
            select(t.clock.c.object).where(t.clock.c.stopped_at.is_(None))
        ).all()
    assert running == []


def test_register_and_grade_in_one_step_starts_the_procedure_clocks(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    with pytest.raises(AccessError, match="危机小组"):
        actions.register_case(app, number, WANG, NOON, "属实", level=Level.CRITICAL)
    with app.db.read() as connection:
        assert connection.execute(select(t.case)).all() == [], "refused = nothing half-written"
    at = NOON + timedelta(hours=1)
    case = actions.register_case(app, number, LEAD, at, "十户以上同一问题", level=Level.CRITICAL)
    with app.db.read() as connection:
        clocks = connection.scalars(
            select(t.clock.c.definition).where(t.clock.c.object == f"case:{case}")
        ).all()
    assert clocks


def test_merged_alerts_count_as_a_set_and_can_be_split_again(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    parking = (
        "望江府车位只卖不租，强制捆绑销售，不买车位不让进",
        "望江府车位只卖不租，车位捆绑销售太霸道，不让进",
        "就是望江府，车位只卖不租，捆绑销售还涨价，骗子",
    )
    at = NOON + timedelta(hours=1)
    feed(app, [post(f"c{n}", parking[n], at + timedelta(minutes=n), f"车主{n}") for n in range(3)])
    run_at(app, at + timedelta(minutes=5))
    numbers = [number for number, status, _ in _alerts(app) if status == "open"]
    assert len(numbers) == 2
    actions.merge(app, numbers[1], numbers[0], WANG, at + timedelta(minutes=6))
    run_at(app, at + timedelta(minutes=7))
    assert {n: (s, level) for n, s, level in _alerts(app)} == {
        numbers[0]: ("open", "moderate"), numbers[1]: ("merged", "minor"),
    }  # fmt: skip
    actions.split(app, numbers[1], WANG, at + timedelta(minutes=8))
    run_at(app, at + timedelta(minutes=9))
    assert {n: s for n, s, _ in _alerts(app)} == dict.fromkeys(numbers, "open")


# ---- customers of a case -----------------------------------------------------------------------


def _running(app: App, case: str) -> list[str]:
    with app.db.read() as connection:
        return list(
            connection.scalars(
                select(t.clock.c.definition).where(
                    t.clock.c.object == f"case:{case}", t.clock.c.stopped_at.is_(None)
                )
            )
        )


@pytest.mark.parametrize("graded_first", [True, False])
def test_customer_clocks_start_with_the_first_contact_and_stop_with_the_call(
    app: App, graded_first: bool
) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    at = NOON + timedelta(hours=1)
    level = Level.CRITICAL if graded_first else None
    case = actions.register_case(app, number, LEAD, at, "属实", level=level)
    assert "T-07" not in _running(app, case), "no contact, no customer clock (AD-10)"
    with pytest.raises(CaseError, match="公开回应"):
        actions.customer_contacted(app, case, LEAD, at, "")
    form = ComplaintForm(
        text="望江府渗水", subject="wangjiangfu", name="刘女士", phone="13900001111"
    )
    one = register_complaint(app, form, WANG, at)
    started = actions.link_contact(app, case, one, WANG, at + timedelta(minutes=1))
    if graded_first:
        assert started == ["T-07"]
    else:
        assert started == []
        actions.grade_case(app, case, Level.CRITICAL, LEAD, at + timedelta(minutes=2), "十户")
    assert "T-07" in _running(app, case)
    with pytest.raises(CaseError, match="已关联"):
        actions.link_contact(app, case, one, WANG, at + timedelta(minutes=3))
    actions.customer_contacted(app, case, WANG, at + timedelta(minutes=4), "已致电")
    assert "T-07" not in _running(app, case)


def test_a_wrong_level_can_be_corrected_and_the_clocks_follow(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    at = NOON + timedelta(hours=1)
    case = actions.register_case(app, number, LEAD, at, "十户", level=Level.CRITICAL)
    critical = set(_running(app, case))
    actions.grade_case(app, case, Level.MINOR, LEAD, at + timedelta(hours=1), "核实只有三户")
    assert critical
    assert set(_running(app, case)) < critical
    actions.grade_case(app, case, Level.CRITICAL, LEAD, at + timedelta(hours=3), "又来十户")
    assert set(_running(app, case)) == critical
    actions.route_routine(app, case, LEAD, at + timedelta(hours=4), "")
    assert _running(app, case) == []


# ---- two legal entities ------------------------------------------------------------------------

OURS, THEIRS = "江城云麓置业", "滨海云麓置业"


def _two_entities(app: App) -> tuple[Actor, Actor]:
    prepare(
        app,
        [
            replace(SUBJECTS[0], legal_entity=OURS),
            replace(SUBJECTS[1], legal_entity=THEIRS),
        ],
    )
    text = "望江府外墙渗水没人管，隔壁星河湾里也一样渗水，开发商太差了"
    feed(app, [post("both", text, NOON, "业主")])
    run_at(app, NOON + timedelta(minutes=1))
    mine = Actor(
        name="甲监测", via="web", roles=frozenset({Role.MONITOR}), entities=frozenset({OURS})
    )
    return mine, replace(mine, name="乙监测", entities=frozenset({THEIRS}))


def _unread(app: App, who: Actor) -> int:
    with app.db.read() as connection:
        return inbox.hand_over(connection, who, NOON + timedelta(hours=1)).unread


def test_a_word_of_one_entity_changes_nothing_of_another(app: App) -> None:
    mine, theirs = _two_entities(app)
    one, at = _ids(app)["both"], NOON + timedelta(minutes=2)
    assert (_negative(app), _unread(app, mine), _unread(app, theirs)) == (2, 1, 1)
    done = actions.label_post(app, one, [Judgement(field=Field.RELEVANT, value=NO)], mine, at)
    assert (_negative(app), _unread(app, mine), _unread(app, theirs)) == (1, 0, 1)
    with pytest.raises(AccessError, match="其他法人主体"):
        actions.undo_labels(app, done, theirs, at)
    for value in (YES, NO):
        said = [Judgement(field=Field.SUBJECT, value=value, subject="xinghewanli")]
        with pytest.raises(AccessError, match="其他法人主体"):
            actions.label_post(app, one, said, mine, at)
    actions.undo_labels(app, done, mine, at)
    assert (_negative(app), _unread(app, mine), _unread(app, theirs)) == (2, 1, 1)


PARKING = (
    "望江府车位只卖不租，强制捆绑销售，不买车位不让进",
    "望江府车位只卖不租，车位捆绑销售太霸道，不让进",
    "就是望江府，车位只卖不租，捆绑销售还涨价，骗子",
)


def test_merging_at_one_subject_leaves_the_other_subject_alone(app: App) -> None:
    prepare(app)
    both = [text.replace("望江府", "望江府和星河湾里") for text in LEAKS]
    feed(app, [post(f"p{n}", both[n], NOON + timedelta(minutes=n), f"业主{n}") for n in range(3)])
    run_at(app, NOON + timedelta(minutes=5))
    at = NOON + timedelta(hours=1)
    feed(app, [post(f"c{n}", PARKING[n], at + timedelta(minutes=n), f"车主{n}") for n in range(3)])
    run_at(app, at + timedelta(minutes=5))
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.alert.c.number, t.subject.c.key)
            .join(t.subject, t.subject.c.id == t.alert.c.subject_id)
            .order_by(t.alert.c.id)
        ).all()
    wang = [row.number for row in rows if row.key == "wangjiangfu"]
    assert [row.key for row in rows] == ["wangjiangfu", "xinghewanli", "wangjiangfu"]
    actions.merge(app, wang[0], wang[1], WANG, at + timedelta(minutes=6))
    later = at + timedelta(minutes=10)
    feed(app, [post("p9", both[3], later, "业主9")])
    run_at(app, later + timedelta(minutes=1))
    assert len(_alerts(app)) == 3, "no second alert at the other subject"
    assert [s for _, s, _ in _alerts(app)].count("open") == 2


def test_a_chain_of_merges_is_taken_back_link_by_link(app: App) -> None:
    prepare(app)
    late = (
        "望江府延期交付半年了，违约金一分不赔，太坑",
        "我家望江府也是延期交付，违约金不赔，说好六月交付",
        "望江府延期交付，违约金一分不给，太坑人了",
    )
    for g, texts in enumerate((LEAKS[:3], PARKING, late)):
        at = NOON + timedelta(hours=g)
        feed(
            app,
            [
                post(f"{g}-{n}", text, at + timedelta(minutes=n), f"户{g}{n}")
                for n, text in enumerate(texts)
            ],
        )
        run_at(app, at + timedelta(minutes=5))
    numbers = [number for number, _, _ in _alerts(app)]
    assert len(numbers) == 3
    at = NOON + timedelta(hours=4)
    actions.merge(app, numbers[0], numbers[1], WANG, at)
    actions.merge(app, numbers[1], numbers[2], WANG, at + timedelta(minutes=1))
    run_at(app, at + timedelta(minutes=2))
    assert [level for n, _, level in _alerts(app) if n == numbers[2]] == ["major"], "nine voices"
    actions.split(app, numbers[1], WANG, at + timedelta(minutes=3))
    run_at(app, at + timedelta(minutes=5))
    run_at(app, at + timedelta(days=2))
    levels = {n: level for n, s, level in _alerts(app) if s == "open"}
    assert levels == {numbers[1]: "moderate", numbers[2]: "minor"}


def test_a_registered_alert_is_dealt_with_in_its_case(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    actions.register_case(app, number, WANG, NOON + timedelta(hours=1), "属实")
    with pytest.raises(CaseError, match="个案"):
        actions.dismiss(app, number, "ad", WANG, NOON + timedelta(hours=2))
    with pytest.raises(CaseError, match="个案"):
        actions.confirm(app, number, WANG, NOON + timedelta(hours=2))


def test_an_edited_post_is_no_new_post_after_a_false_alarm(app: App) -> None:
    prepare(app)
    _leaks(app, 3)
    [(number, _, _)] = _alerts(app)
    at = NOON + timedelta(hours=1)
    actions.dismiss(app, number, "namesake", WANG, at)
    feed(
        app,
        [post(f"p{n}", LEAKS[n] + "！", NOON + timedelta(minutes=n), f"业主{n}") for n in range(3)],
    )
    run_at(app, at + timedelta(minutes=5))
    assert [s for _, s, _ in _alerts(app)] == ["dismissed"]


def test_a_red_line_without_an_anchor_is_read_first_and_pushes_nobody(app: App) -> None:
    """Who only says "let us gather" alarms nobody, but is not read last either (D-N1)."""
    prepare(app)
    bare = "望江府大家一起去售楼部集合讨说法"
    grave = "星河湾里3栋外墙渗水，次卧整面墙都发霉了，报修三次没人管，老人孩子都病了，要求赔偿"
    feed(app, [post("bare", bare, NOON, "甲"), post("grave", grave, NOON, "乙")])
    run_at(app, NOON + timedelta(minutes=1))
    with app.db.read() as connection:
        groups = inbox.read(connection, WANG, NOON + timedelta(minutes=2)).groups
    assert _alerts(app) == []
    assert [item.red_lines for group in groups for item in group.items] == [("gathering",), ()]
