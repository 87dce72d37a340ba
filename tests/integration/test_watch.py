"""No source falls silent unnoticed: two intervals without data are an alert, told once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from config.clock import FixedClock
from domain.errors import CaseError
from domain.post import SourceKind
from domain.source import Source
from pipelines import actions, watch
from pipelines.crawl import visit
from pipelines.wiring import App
from store import audit, board, briefs, sources, weekly_alerts
from store import tables as t
from tests.conftest import NOON
from tests.integration.test_crawl_outcomes import board as folder_source
from tests.integration.test_crawl_outcomes import drop

HOUR = timedelta(hours=1)


def put(app: App, **more: Any) -> Source:
    item = Source(
        name="江城论坛", engine="discuzx", url="http://f.example/", site="f.example",
        kind=SourceKind.FORUM, every=timedelta(minutes=30), **more,
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, item, now=NOON)
    return item


def trouble(app: App, code: str, minutes: float = 0) -> None:
    with app.db.write() as connection:
        sources.raise_issue(
            connection, at=NOON + timedelta(minutes=minutes), code=code, source_name="江城论坛",
            message="江城论坛 拒绝访问（需要登录）：已停止，请联系站方",
        )  # fmt: skip


def tick(app: App, minutes: float) -> None:
    now = NOON + timedelta(minutes=minutes)
    assert isinstance(app.clock, FixedClock)
    app.clock.move(now)
    with app.db.write() as connection:  # as if it were visited on time
        connection.execute(t.source.update().values(next_check_at=now + HOUR))
    watch.run(app, now)


def rows(app: App, query: Any) -> list[tuple[Any, ...]]:
    with app.db.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def alerts(app: App) -> list[tuple[Any, ...]]:
    return rows(app, select(t.alert.c.number, t.alert.c.status, t.alert.c.level))


@pytest.mark.parametrize(
    "code", ["blocked", "crawl-failed", "crawl-died", "below-min", "layout-changed", "dead-feed"]
)
def test_two_intervals_without_data_are_an_alert_told_once(app: App, code: str) -> None:
    put(app)
    trouble(app, code)
    tick(app, 59)
    assert alerts(app) == []
    tick(app, 60)
    tick(app, 61)
    assert alerts(app) == [("W-20261120-0001", "open", "moderate")]
    [(line, body)] = rows(app, select(t.outbox.c.subject_line, t.outbox.c.body))
    assert "数据中断" in line + body
    for part in ("江城论坛", "12:00", "拒绝访问", "W-20261120-0001"):
        assert part in body
    assert "/alert?id=W-20261120-0001" in body
    # Losing sight is no crisis: no level, nobody's words, nothing to pass on to a group.
    for part in ("疑似", "由人定级", "帖中说法", "网帖说法", "账号", "原话", "转发", "未登记"):
        assert part not in line + body


def test_the_alert_closes_when_the_source_gives_again(app: App) -> None:
    put(app)
    trouble(app, "blocked")
    tick(app, 60)
    with app.db.write() as connection:
        sources.close_issues(connection, "江城论坛", "blocked", NOON + HOUR)
    tick(app, 65)
    assert [row[1] for row in alerts(app)] == ["closed"]
    changes = rows(app, select(t.alert_change.c.version, t.alert_change.c.change))
    assert changes == [(1, "opened"), (2, "closed")]
    trouble(app, "blocked", minutes=70)
    tick(app, 130)
    assert [row[1] for row in alerts(app)] == ["closed", "open"]


def test_a_warning_of_a_page_is_no_interruption(app: App) -> None:
    put(app)
    trouble(app, "page-error")
    tick(app, 600)
    assert alerts(app) == []


def test_a_disabled_source_is_not_missed(app: App) -> None:
    put(app)
    trouble(app, "blocked")
    tick(app, 60)
    with app.db.write() as connection:
        connection.execute(t.source.update().values(enabled=False))
    tick(app, 61)
    assert [row[1] for row in alerts(app)] == ["closed"]


def test_a_source_nobody_visits_is_told_and_then_alerted(app: App) -> None:
    put(app)
    watch.run(app, NOON + timedelta(minutes=59))
    assert rows(app, select(t.issue.c.code)) == []
    watch.run(app, NOON + timedelta(minutes=60))
    assert rows(app, select(t.issue.c.code)) == [("not-visited",)]
    watch.run(app, NOON + timedelta(minutes=121))
    assert [row[1] for row in alerts(app)] == ["open"]


def test_the_alert_stands_in_the_list_and_is_no_case(app: App) -> None:
    put(app)
    trouble(app, "blocked")
    tick(app, 60)
    with app.db.read() as connection:
        [line] = board.alerts(connection, audit.RULE)
    assert (line.number, line.posts, line.clocks) == ("W-20261120-0001", 0, ())
    with pytest.raises(CaseError, match="数据中断"):
        actions.register_case(app, line.number, audit.RULE, NOON + HOUR, "试试")


def test_an_interruption_is_in_the_brief_and_not_in_the_weekly_report(app: App) -> None:
    put(app)
    trouble(app, "blocked")
    tick(app, 60)
    with app.db.read() as connection:
        [item] = briefs.open_alerts(connection)
        assert item.subject == "江城论坛（数据中断）"
        week = (NOON - timedelta(days=1), NOON + timedelta(days=1))
        assert weekly_alerts.alert_items(connection, None, *week) == ()


def test_sources_behind_an_open_alert_are_visited_sooner(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "投放"
    drop(folder, "a.jsonl", "外墙渗水没人管")
    item = folder_source(folder, every=HOUR)
    with app.db.write() as connection:
        sources.put(connection, item, now=NOON)
    visit(app, [item])
    next_at = rows(app, select(t.source.c.next_check_at, t.source.c.pace))
    assert next_at == [(NOON + HOUR, "normal")]
    with app.db.write() as connection:
        connection.execute(
            insert(t.alert).values(
                number="W-20261120-0009", identity="x", status="open", level="major", version=1,
                reason_zh="", opened_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        connection.execute(
            insert(t.finding).values(
                alert_id=1, rule="r", rule_version=1, level="major", observed=1, reason_zh="",
                snapshot={}, opened_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        connection.execute(insert(t.finding_post).values(finding_id=1, revision_id=1, post_id=1))
    watch.run(app, NOON + timedelta(minutes=1))
    found = rows(app, select(t.source.c.next_check_at, t.source.c.pace, t.source.c.pace_reason))
    assert found == [(NOON + timedelta(minutes=20), "hot", "有未了结的预警 W-20261120-0009")]
