"""What stands beside an alert, from stored posts: one of an event, and one of the statistics."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from alerts.tail import rarity
from dashboard import words_facts as w
from domain.access import Actor, Role
from domain.detection import Grade
from domain.level import Level
from domain.source import KeyDate
from notify.marks import MARKS
from pipelines.event_facts import EventFacts, event_facts
from pipelines.outlooks import line, more_counted
from pipelines.rulebook import shipped_rules
from pipelines.wiring import App
from store import board_alert, board_facts, inbox, subjects
from store.board_facts import Count
from store.tables import alert
from tests import pushes
from tests.conftest import NOON
from tests.pushes import SUBJECT, TROUBLES, close, counted_town, town

ME = Actor(name="周敏", via="cli", roles=frozenset(Role), entities=None)
STRANGER = replace(ME, via="web", entities=frozenset({"别的公司"}))
MAIN = Path(__file__).resolve().parents[2] / "dashboard" / "main.py"


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = counted_town(tmp_path_factory.mktemp("counted") / "var")
    handover = KeyDate(kind="交付", day=NOON.date() + timedelta(days=3), note="一期")
    with app.db.write() as connection:
        subjects.put(connection, [replace(SUBJECT, key_dates=(handover,))], NOON)
    yield app
    close(app)


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = town(tmp_path_factory.mktemp("leaking") / "var", Level.MAJOR)
    yield app
    close(app)


def number(app: App, *, stream: bool = False) -> str:
    with app.db.read() as connection:
        found = connection.scalar(
            select(alert.c.number).where(alert.c.event_id.is_(None) == stream)
        )
    assert found is not None
    return str(found)


def facts(app: App, wanted: str) -> EventFacts:
    found = event_facts(app, ME, wanted, NOON)
    assert found is not None
    return found


def test_an_event_is_named_told_and_looked_ahead(leaking: App) -> None:
    found = facts(leaking, number(leaking))
    assert (found.words.name, found.words.code) == ("外墙渗水", "K09")
    assert len(found.words.sentences) == 3
    shown = " ".join(one.text for one in found.words.sentences)
    assert not [leak for leak in pushes.PERSONAL if leak in shown]
    assert [(more.missing, more.level) for more in found.ahead.more] == [(2, Level.CRITICAL)]
    assert found.ahead.forecast_zh.startswith("按此速度约")
    assert found.ahead.outlook.phase.phase == "outbreak"
    assert found.risk.likelihood.value == 3
    assert found.days < found.warm_up, "a young project says 基线不足"
    assert "基线不足" in found.share.reason_zh


def test_a_company_without_a_ladder_is_told_all_the_same(leaking: App) -> None:
    none = replace(shipped_rules(), rules=())
    with leaking.db.read() as connection:
        said = line(connection, number(leaking), none, NOON)
    assert said.startswith("按此速度约"), "the forecast alone: nothing would raise the level"


def test_numbers_can_be_counted_again_from_the_posts_they_name(leaking: App) -> None:
    found = facts(leaking, number(leaking))
    assert len(found.ahead.outlook.voices) == 8
    assert (found.share.numbers["k"], found.share.numbers["n"]) == (9, 9)
    for indicator in (found.heat, found.share, found.media):
        assert set(indicator.keys) <= set(found.ids)
    assert sum(part.value for part in found.heat.parts) == pytest.approx(found.heat.numbers["raw"])


def test_an_alert_of_a_topic_looks_ahead_without_a_household_forecast(counted: App) -> None:
    wanted = number(counted, stream=True)
    found = facts(counted, wanted)
    assert found.ahead.forecast_zh == ""
    assert "不属于同一件事" in found.ahead.refused_zh
    assert len(found.ahead.posts) == len(TROUBLES)
    assert found.heat.numbers["days"] >= 30, "what was imported tells what is usual"
    assert [window.open for window in found.windows] == [True]
    with counted.db.read() as connection:
        where = board_facts.place(connection, wanted)
    assert where is not None
    assert bool(found.ahead.more) == (where.level is not Level.CRITICAL)
    later = event_facts(counted, ME, wanted, NOON + timedelta(hours=9))
    assert later is not None
    assert later.ahead.more == (), "a window that ended long ago says nothing of the next voice"


def test_so_many_more_voices_raise_a_count_and_one_less_does_not() -> None:
    expected, phi, rate, overlap = 1.2, 0.3, 1.5, 0.5
    grades = (
        Grade(rarity=2.0, voices=2, level=Level.MINOR),
        Grade(rarity=3.0, voices=4, level=Level.MAJOR),
    )
    shipped = shipped_rules().detector
    assert shipped is not None
    detector = replace(shipped, grades=grades)
    count = Count(
        stream="quality", observed=5, score=2.0,
        snapshot={
            "end": NOON.isoformat(), "expected": expected, "phi": phi, "rate": rate,
            "rarity": rarity(5, expected, phi, 7 * rate) + overlap,
        },
    )  # fmt: skip
    more = more_counted(count, detector, Level.MINOR, NOON)
    assert more is not None
    assert more.level is Level.MAJOR
    reached = [rarity(5 + n, expected, phi, 7 * rate) + overlap >= 3.0
               for n in (more.missing - 1, more.missing)]  # fmt: skip
    assert reached == [False, True]
    assert more_counted(count, detector, Level.MAJOR, NOON) is None
    assert more_counted(count, detector, Level.MINOR, NOON + timedelta(hours=2)) is None


@pytest.mark.parametrize("channel", list(MARKS))
def test_a_push_of_a_count_says_topic_number_usual_number_and_chance(
    counted: App, channel: str
) -> None:
    said = pushes.text(pushes.alert_push(counted, channel, "opened")).replace("**", "")
    assert "对象：云麓·望江府 · 房屋质量（云麓地产" in said
    assert "规模：至少 6 个账号" in said
    why = re.search(
        r"为何现在：过去 \d+ 小时 6 个不同账号谈“房屋质量”（转载不计），平时同时段(.+)", said
    )
    assert why
    assert re.search(r"约 [\d.]+ 个，自然波动达到这个数的可能约", why[1])
    if "疑似重大" not in said.splitlines()[0]:
        assert re.search(r"走势：再有 \d+ 个声音，数量异常将达到(较大|重大)。", said)
    assert not [leak for leak in pushes.PERSONAL if leak in said]


def test_what_a_person_may_not_see_is_not_there(counted: App) -> None:
    assert event_facts(counted, STRANGER, number(counted, stream=True), NOON) is None
    assert event_facts(counted, ME, "W-20000101-0001", NOON) is None


def test_lists_know_an_alert_without_an_event(counted: App) -> None:
    wanted = number(counted, stream=True)
    with counted.db.read() as connection:
        seen = board_alert.view(connection, ME, wanted)
        groups = inbox.read(connection, ME, NOON).groups
    assert seen is not None
    assert seen.line.stream == "quality"
    assert {finding.stream for finding in seen.findings} == {"quality"}
    assert groups
    assert all(group.alert for group in groups), "every text read belongs to an alert"


def opened(app: App, wanted: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Open the alert's page, in at most two seconds."""
    monkeypatch.setenv("FENGHUO_HOME", str(app.settings.home))
    page = AppTest.from_file(str(MAIN), default_timeout=60)
    page.run()
    page.query_params["id"] = wanted
    page.switch_page(str(MAIN.parent / "views" / "alert_detail.py"))
    start = time.process_time()
    page.run()
    assert time.process_time() - start < 2
    assert not page.exception
    return page


def test_the_page_of_an_event_alert_says_what_it_is_and_what_may_come(
    leaking: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(leaking, number(leaking), monkeypatch)
    seen = "\n".join(element.proto.body for element in page.get("html"))
    for said in (
        "事件：外墙渗水", w.PROBLEM.format(name="外墙渗水"), "再有 2 户将升为重大", w.SHORT_HISTORY,
        w.NO_DATES, "系统建议：", w.SENTENCES,
    ):  # fmt: skip
        assert said in seen, said


def test_the_page_of_a_topic_alert_opens_every_number(
    counted: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(counted, number(counted, stream=True), monkeypatch)
    seen = "\n".join(element.proto.body for element in page.get("html"))
    assert "云麓·望江府 · 房屋质量：声音异常增多" in seen
    for said in (
        "统计检出 · 房屋质量", w.OBSERVED.format(n=6), "平时同时段约 0.", "自然波动达到的可能约",
        "基线 59 天", w.NOT_ONE_EVENT, "不预测何时达到", "系统建议", w.TOO_FEW, "关键日期“交付”",
    ):  # fmt: skip
        assert said in seen, said
    assert w.THESE_POSTS.format(n=6) in {box.label for box in page.expander}
    linked = set(re.findall(r'href="search\?post=(\d+)"', seen))
    behind = {str(found) for found in facts(counted, number(counted, stream=True)).ids.values()}
    assert linked
    assert linked <= behind
    assert not [leak for leak in pushes.PERSONAL if leak in seen]
