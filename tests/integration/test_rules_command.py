"""`fenghuo rules`: what is wrong is refused by file and key; the shipped examples all hold."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import facts
from domain.errors import FactsError
from domain.level import Level
from pipelines import backtest, rule_check, rulebook
from pipelines.cli_rules import rules_app
from pipelines.wiring import App
from tests.conftest import NOON
from tests.posts import LEAKS, feed, post, prepare, run_at

SHIPPED = facts.read_text("rules.yml")


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(rules_app, words)
    return done.exit_code, done.output


def test_every_shipped_rule_says_who_why_and_has_examples_that_hold() -> None:
    rules = rulebook.shipped_rules()
    assert rule_check.missing(rules) == []
    verdicts = list(rule_check.run(rules))
    assert [v.example.title for v in verdicts if not v.passed] == []
    assert {v.rule for v in verdicts} == {rule.id for rule in rules.rules}


def test_check_names_the_rule_whose_example_fails(tmp_path: Path) -> None:
    path = tmp_path / "我的规则.yml"
    path.write_text(SHIPPED.replace("voices: 3, level: minor", "voices: 4, level: minor", 1))
    code, said = call("check", str(path))
    assert code == 1
    assert "我的规则.yml 规则 event-voices examples：“三个账号”应当必报 minor，实际没有报" in said


def test_check_says_what_a_rule_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "我的规则.yml"
    path.write_text(SHIPPED.replace("    author: 烽火\n", "", 1))
    code, said = call("check", str(path))
    assert code == 0
    assert "规则 event-voices：没有写 author" in said
    assert "例子全部符合" in said


def test_test_prints_a_line_an_example_and_fails_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGHUO_HOME", str(tmp_path / "none"))
    code, said = call("test")
    assert code == 0
    assert "符合 signal-gathering 必报（实际 major）：11月22日上午9点售楼部" in said
    path = tmp_path / "r.yml"
    path.write_text(
        SHIPPED.replace("outlets: 3, level: critical", "outlets: 4, level: critical", 1)
    )
    code, said = call("test", "--rules", str(path))
    assert code == 1
    assert "不符 media-report 必报 critical（实际 major）：三家媒体" in said


def test_rules_whose_examples_fail_are_not_loaded() -> None:
    with pytest.raises(FactsError, match="examples"):
        rule_check.prove(
            SHIPPED.replace("voices: 10, level: critical", "voices: 12, level: critical")
        )


def with_first_rung(voices: int) -> str:
    return SHIPPED.replace("voices: 3, level: minor", f"voices: {voices}, level: minor", 1)


def test_a_backtest_counts_back_filled_posts_and_shows_the_difference(
    app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Three owners two months ago, imported today: the line is silent, the backtest is not."""
    prepare(app)
    then = NOON - timedelta(days=60)
    feed(app, [post(str(n), LEAKS[n], then + timedelta(hours=n), f"业主{n}") for n in range(3)])
    run_at(app, NOON)
    past = backtest.load(app, NOON - timedelta(days=90))
    assert (past.posts, past.subjects) == (3, 1)
    now = backtest.run(past, rulebook.active_rules(app))
    assert [(one.rule, one.level, one.posts) for one in now] == [("event-voices", "minor", 3)]
    assert now[0].at.startswith("2026-09-21T14:00")  # the third voice, not the import
    assert backtest.load(app, NOON - timedelta(days=30)).posts == 0

    stricter = backtest.run(past, rulebook.read(with_first_rung(4), "r.yml"))
    added, gone = backtest.difference(now, stricter)
    assert (added, [one.rule for one in gone]) == ([], ["event-voices"])

    path = tmp_path / "r.yml"
    path.write_text(with_first_rung(4))
    monkeypatch.setenv("FENGHUO_HOME", str(app.settings.home))
    code, said = call("backtest", "--since", "4000d", "--rules", str(path))
    assert code == 0
    assert "新增 0 / 减少 1" in said
    assert "合计：会报 0 次" in said


def test_a_backtest_tells_what_people_said_of_the_alerts() -> None:
    fired = [
        backtest.Fired(
            at="2026-11-20T12:00:00+08:00", rule=rule, level=Level(level), subject="a", place="e",
            reason_zh="", posts=1, right=right,
        )
        for rule, level, right in (
            ("v", "minor", None), ("v", "major", True), ("v", "major", False), ("s", "minor", True),
        )
    ]  # fmt: skip
    said = {tally.rule: tally for tally in backtest.tallies(fired)}
    assert (said["v"].fired, said["v"].pushed, said["v"].judged, said["v"].right) == (3, 2, 2, 1)
    assert (said["s"].fired, said["s"].pushed, said["s"].right) == (1, 0, 1)
