"""The line as dated stories: what a monitor would see at which minute."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.access import Actor
from domain.analysis import Analysis, TextIn
from domain.level import Level
from domain.post import ParsedPost
from nlp.analyse import analyse
from nlp.facts import NlpFacts
from pipelines import actions
from pipelines import analyse as analyse_step
from pipelines.wiring import App
from reports.trace import trace_post
from store.tables import (
    alert,
    alert_change,
    analysis,
    clock,
    finding,
    finding_post,
    issue,
    mention,
    outbox,
    revision,
    subject,
)
from store.tables import (
    post as post_table,
)
from tests.conftest import NOON, MakeApp
from tests.posts import LEAKS, feed, post, prepare, run_at


def _alerts(app: App) -> list[tuple[str, str, str, int]]:
    with app.db.read() as connection:
        rows = connection.execute(
            select(subject.c.key, alert.c.level, alert.c.status, alert.c.version)
            .join(subject, subject.c.id == alert.c.subject_id)
            .order_by(alert.c.id)
        ).all()
    return [tuple(row) for row in rows]


def _leaks(count: int, *, minutes: int = 10) -> list[ParsedPost]:
    return [
        post(f"p{n}", LEAKS[n], NOON + timedelta(minutes=minutes * n), f"业主{n}")
        for n in range(count)
    ]


def test_ten_owners_of_one_problem_become_one_critical_alert(app: App) -> None:
    prepare(app)
    seen = []
    for n in range(10):
        at = NOON + timedelta(minutes=10 * n)
        feed(app, [post(f"p{n}", LEAKS[n], at, f"业主{n}")])
        run_at(app, at + timedelta(minutes=1))
        seen.append([(level, version) for _, level, _, version in _alerts(app)])
    assert seen[1] == []
    assert seen[2] == [("minor", 1)]
    assert seen[4] == [("moderate", 2)]
    assert seen[7] == [("major", 3)]
    assert seen[9] == [("critical", 4)]
    with app.db.read() as connection:
        told = connection.execute(
            select(outbox.c.reason, outbox.c.version, outbox.c.status, outbox.c.verdict)
        ).all()
        running = connection.execute(
            select(clock.c.definition, clock.c.due_at).where(clock.c.stopped_at.is_(None))
        ).all()
        assert connection.scalars(select(alert.c.topic)).all() == ["quality"]
    assert [(row.reason, row.version, row.status) for row in told] == [
        ("raised", 2, "accepted"),
        ("raised", 3, "accepted"),
        ("raised", 4, "accepted"),
    ]  # minor waits for the daily brief
    assert all("outbox.log" in row.verdict for row in told)
    assert [(row.definition, row.due_at) for row in running] == [
        ("triage", NOON + timedelta(minutes=91 + 10))
    ]


def test_one_angry_owner_with_thirty_posts_is_one_voice(app: App) -> None:
    prepare(app)
    feed(
        app,
        [
            post(f"p{n}", f"{LEAKS[n % 12]}，第{n}次说", NOON + timedelta(minutes=n), "老张")
            for n in range(30)
        ],
    )
    run_at(app, NOON + timedelta(hours=1))
    assert _alerts(app) == []


def test_reposts_add_no_voices(app: App) -> None:
    prepare(app)
    text = (
        "望江府2栋外墙渗水三个月了，次卧整面墙都湿透，物业和开发商互相推，"
        "业主自己花钱补了两次还是漏。"
    )
    feed(app, [post(f"p{n}", text, NOON + timedelta(minutes=n), f"转发{n}") for n in range(12)])
    run_at(app, NOON + timedelta(hours=1))
    assert _alerts(app) == []


def test_back_fill_opens_no_alert(app: App) -> None:
    prepare(app)
    feed(
        app,
        [
            post(f"p{n}", LEAKS[n], NOON - timedelta(days=10, minutes=n), f"业主{n}")
            for n in range(12)
        ],
    )
    run_at(app, NOON + timedelta(minutes=1))
    assert _alerts(app) == []
    with app.db.read() as connection:
        assert set(connection.scalars(select(post_table.c.backfill))) == {True}


def test_an_edited_post_keeps_its_old_revision_and_the_alarm_it_justified(app: App) -> None:
    prepare(app)
    feed(app, _leaks(10))
    run_at(app, NOON + timedelta(hours=2))
    later = NOON + timedelta(hours=3)
    edited = post("p0", "已经解决了，谢谢物业。", NOON, "业主0", edited_at=later)
    gone = post("p1", "", NOON + timedelta(minutes=10), "业主1", deleted=True)
    app.clock.move(NOON + timedelta(hours=3))  # type: ignore[attr-defined]
    feed(app, [edited, gone])
    run_at(app, NOON + timedelta(hours=3))
    assert _alerts(app) == [("wangjiangfu", "critical", "open", 1)]
    with app.db.read() as connection:
        texts = connection.execute(
            select(revision.c.n, revision.c.text, revision.c.deleted)
            .join(post_table, post_table.c.id == revision.c.post_id)
            .where(post_table.c.native_id.in_(["p0", "p1"]))
            .order_by(post_table.c.native_id, revision.c.n)
        ).all()
        justified = connection.execute(
            select(revision.c.n, revision.c.text)
            .join(finding_post, finding_post.c.revision_id == revision.c.id)
            .join(post_table, post_table.c.id == revision.c.post_id)
            .where(post_table.c.native_id == "p0")
            .distinct()
        ).all()
        way = trace_post(connection, "p0")
    assert [tuple(row) for row in texts] == [
        (1, LEAKS[0], False),
        (2, "已经解决了，谢谢物业。", False),
        (1, LEAKS[1], False),
        (2, "", True),
    ]
    assert [tuple(row) for row in justified] == [(1, LEAKS[0])]
    assert "第 2 版" in way
    assert "依据第 1 版原文" in way


def test_the_alert_is_lowered_only_after_a_calm_day_and_closes_in_the_end(app: App) -> None:
    prepare(app)
    feed(app, _leaks(5))
    run_at(app, NOON + timedelta(hours=2))
    assert _alerts(app) == [("wangjiangfu", "moderate", "open", 1)]
    leave = NOON + timedelta(days=30, seconds=1)  # the first voice leaves the 30-day window
    run_at(app, leave)
    assert _alerts(app) == [("wangjiangfu", "moderate", "open", 1)]
    run_at(app, leave + timedelta(hours=23))
    assert _alerts(app) == [("wangjiangfu", "moderate", "open", 1)]
    run_at(app, leave + timedelta(hours=25))
    assert _alerts(app) == [("wangjiangfu", "moderate", "closed", 2)]


def test_a_post_naming_two_projects_counts_for_both(app: App) -> None:
    prepare(app)
    text = "云麓这家公司，望江府渗水，星河湾里停工，两个盘都在坑业主，大家小心"
    feed(app, [post("both", text, NOON, "业主甲")])
    run_at(app, NOON + timedelta(minutes=1))
    with app.db.read() as connection:
        rows = connection.execute(
            select(subject.c.key, mention.c.negative)
            .join(subject, subject.c.id == mention.c.subject_id)
            .order_by(subject.c.key)
        ).all()
    assert [tuple(row) for row in rows] == [("wangjiangfu", True), ("xinghewanli", True)]


def test_running_everything_again_changes_nothing(app: App) -> None:
    prepare(app)
    feed(app, _leaks(10))
    run_at(app, NOON + timedelta(hours=2))

    def state() -> str:
        with app.db.read() as connection:
            tables = (post_table, revision, analysis, mention, alert, alert_change, finding, outbox)
            return json.dumps(
                [[list(map(str, row)) for row in connection.execute(select(t))] for t in tables]
            )

    before = state()
    for _ in range(3):
        feed(app, _leaks(10))
        run_at(app, NOON + timedelta(hours=2))
    assert state() == before


def test_a_named_person_registers_grades_and_reports_a_case(app: App) -> None:
    prepare(app)
    feed(app, _leaks(10))
    run_at(app, NOON + timedelta(hours=2))
    with app.db.read() as connection:
        number = connection.scalar(select(alert.c.number))
    assert number is not None
    who, now = Actor(name="王敏", via="cli"), NOON + timedelta(hours=2, minutes=5)
    case_number = actions.register_case(app, number, who, now, "电话核实属实")
    actions.grade_case(app, case_number, Level.CRITICAL, who, now, "十户以上")
    with app.db.read() as connection:
        clocks = {
            (row.object, row.definition): row
            for row in connection.execute(select(clock).order_by(clock.c.id))
        }
    assert clocks[f"alert:{number}", "triage"].stopped_by == "王敏"
    assert clocks[f"case:{case_number}", "T-08"].due_at == now + timedelta(minutes=30)
    assert (f"case:{case_number}", "T-23") in clocks
    # T-07 waits for a contact (AD-10)
    assert (f"case:{case_number}", "T-07") not in clocks
    later = now + timedelta(minutes=40)
    run_at(app, later)
    actions.report_case(app, case_number, who, later, "第 1 次报告")
    with app.db.read() as connection:
        row = connection.execute(select(clock).where(clock.c.definition == "T-08")).one()
    assert (row.stopped_at, row.breached_at) == (later, now + timedelta(minutes=30))


def test_a_triage_clock_missed_while_down_is_told_once_and_marked(app: App) -> None:
    prepare(app)
    feed(app, _leaks(10))
    run_at(app, NOON + timedelta(hours=2))
    back = NOON + timedelta(hours=8)
    run_at(app, back)
    run_at(app, back + timedelta(minutes=1))
    with app.db.read() as connection:
        told = (
            connection.execute(select(outbox.c.body).where(outbox.c.reason == "overdue"))
            .scalars()
            .all()
        )
    assert len(told) == 1
    assert told[0].startswith("【补发】研判超时")


def test_gathering_with_time_and_place_is_a_major_alert_at_once(make_app: MakeApp) -> None:
    app = make_app()
    prepare(app)
    text = "星河湾里停工两个月了！11月22日上午9点售楼部门口集合，拉横幅讨说法，一户至少来一个人"
    feed(app, [post("g1", text, NOON, "业主乙")])
    run_at(app, NOON + timedelta(minutes=1))
    assert _alerts(app) == [("xinghewanli", "major", "open", 1)]
    with app.db.read() as connection:
        reason = connection.scalar(select(alert.c.reason_zh)) or ""
    assert "11月22日" in reason
    assert "售楼部" in reason


def test_a_post_newer_than_the_clock_is_assessed_when_its_time_comes(app: App) -> None:
    prepare(app)
    feed(app, _leaks(2))
    late = NOON + timedelta(minutes=30)
    app.clock.move(late)  # type: ignore[attr-defined]
    feed(app, [post("p2", LEAKS[2], late, "业主2")])
    run_at(app, NOON + timedelta(minutes=11))  # the machine's clock stepped back
    assert _alerts(app) == []
    run_at(app, late + timedelta(minutes=1))
    assert _alerts(app) == [("wangjiangfu", "minor", "open", 1)]


def test_a_future_fetch_time_in_a_file_does_not_hide_the_post(app: App) -> None:
    prepare(app)
    ahead = NOON + timedelta(days=400)
    feed(app, [replace(item, fetched_at=ahead) for item in _leaks(3, minutes=0)])
    run_at(app, NOON + timedelta(minutes=1))
    assert _alerts(app) == [("wangjiangfu", "minor", "open", 1)]


def test_a_post_that_breaks_analysis_stops_no_other(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    feed(app, _leaks(4))
    whole = analyse

    def breaking(item: TextIn, facts: NlpFacts) -> Analysis:
        if item.text == LEAKS[1]:
            raise RecursionError("poison")
        return whole(item, facts)

    monkeypatch.setattr(analyse_step, "analyse", breaking)
    run_at(app, NOON + timedelta(hours=1))
    assert _alerts(app) == [("wangjiangfu", "minor", "open", 1)]
    with app.db.read() as connection:
        assert connection.scalars(select(issue.c.code)).all() == ["analyse-failed"]


def test_a_pushed_quote_never_shows_a_phone_cut_in_the_middle(app: App) -> None:
    prepare(app)
    feed(
        app,
        [
            post(
                f"p{n}",
                (LEAKS[n] + "，" + LEAKS[n + 6]).ljust(64, "。") + "13812345678",
                NOON + timedelta(minutes=n),
                f"业主{n}",
            )
            for n in range(5)
        ],
    )
    run_at(app, NOON + timedelta(hours=1))
    run_at(app, NOON + timedelta(hours=1, minutes=5))  # a moderate alert waits for others (B-GR1)
    with app.db.read() as connection:
        bodies = connection.scalars(select(outbox.c.body)).all()
    assert bodies
    assert all("1381234567" not in body and "渗水" in body for body in bodies)
