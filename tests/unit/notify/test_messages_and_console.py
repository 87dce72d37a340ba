"""Messages are enough by themselves; the console channel answers with a verdict."""

from pathlib import Path

import pytest

from domain.errors import ChannelError
from domain.level import Level
from notify import channels
from notify.console import ConsoleChannel
from notify.messages import (
    CHANGE_WORDS,
    LEVEL_WORDS,
    AlertMessage,
    alert_message,
    overdue_message,
)

VALUES = AlertMessage(
    level="major", change="raised", subject="云麓·望江府", number="W-20261120-0003", version=4,
    at="2026-11-20 12:00", reason="过去30天至少 8 个不同账号。", quotes=("“渗水”", "“又漏了”"),
    next_step="2026-11-20 12:30 前研判",
)  # fmt: skip


def with_(**more: object) -> AlertMessage:
    values = {name: getattr(VALUES, name) for name in AlertMessage.__slots__}
    return AlertMessage(**{**values, **more})


def test_an_alert_message_holds_all_one_needs_to_act() -> None:
    subject_line, body = alert_message(VALUES)
    assert subject_line == "【烽火】疑似较大：云麓·望江府 W-20261120-0003-v4"
    for part in (
        "疑似较大", "级别上升", "云麓·望江府", "W-20261120-0003-v4", "2026-11-20 12:00",
        "过去30天至少 8 个不同账号。", "· “渗水”\n· “又漏了”", "2026-11-20 12:30 前研判",
        "未经核实", "由人定级",
    ):  # fmt: skip
        assert part in body
    assert "{" not in body
    assert "}" not in body


@pytest.mark.parametrize("level", list(Level))
def test_every_level_has_its_word(level: Level) -> None:
    subject_line, body = alert_message(with_(level=level))
    assert f"疑似{LEVEL_WORDS[level]}" in subject_line
    assert f"疑似{LEVEL_WORDS[level]}" in body


@pytest.mark.parametrize("change", list(CHANGE_WORDS))
def test_every_change_people_are_told_of_has_its_word(change: str) -> None:
    assert CHANGE_WORDS[change] in alert_message(with_(change=change))[1]


def test_braces_in_a_quote_are_words_not_fields() -> None:
    _, body = alert_message(with_(quotes=("“{number} {0}”",), reason="{level}"))
    assert "· “{number} {0}”" in body
    assert "为何现在：{level}" in body


def test_without_quotes_the_message_says_so() -> None:
    assert "· （无可引用原文）" in alert_message(with_(quotes=()))[1]


@pytest.mark.parametrize(("late", "start"), [("", "研判超时"), ("【补发】", "【补发】研判超时")])
def test_an_overdue_message_names_limit_and_catch_up(late: str, start: str) -> None:
    subject_line, body = overdue_message(
        level="critical", subject="云麓·望江府", number="W-1", version=2,
        limit="2026-11-20 12:10", late=late,
    )  # fmt: skip
    assert subject_line == "【烽火】研判超时：云麓·望江府 W-1"
    assert body.startswith(start)
    for part in ("云麓·望江府", "W-1-v2", "疑似重大", "2026-11-20 12:10", "请值班负责人"):
        assert part in body


def test_the_console_says_ok_prints_and_keeps_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    channel = channels(tmp_path)["console"]
    assert "outbox.log" in channel.send(address="", subject_line="甲", body="正文一")
    channel.send(address="", subject_line="乙", body="正文二")
    kept = (tmp_path / "outbox.log").read_text(encoding="utf-8")
    assert kept.index("正文一") < kept.index("正文二")
    shown = capsys.readouterr()
    assert "正文一" in shown.err
    assert shown.out == "", "standard output belongs to JSONL"


def test_a_file_that_cannot_be_written_is_a_refusal_worth_a_retry(tmp_path: Path) -> None:
    (tmp_path / "outbox.log").mkdir()
    with pytest.raises(ChannelError, match=r"无法写入 outbox\.log") as refused:
        ConsoleChannel(tmp_path / "outbox.log").send(address="", subject_line="甲", body="乙")
    assert not refused.value.permanent
