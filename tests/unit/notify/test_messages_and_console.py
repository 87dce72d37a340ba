"""Messages are enough by themselves at any length; the console channel answers with a verdict."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ChannelError, FactsError
from domain.level import Level
from notify import channels
from notify.console import ConsoleChannel
from notify.content import LEVEL_WORDS, REASON_WORDS, Contact, PushContent, Quote
from notify.marks import BUDGET, MARKS, safe_url, size
from notify.messages import copy_text, render

CONTENT = PushContent(
    reason="raised", company="云麓地产", subject="云麓·望江府", where="江城", level="较大（二级）",
    number="W-20261120-0003", version=4, at="2026-11-20 12:00",
    why="过去30天至少 8 个不同账号。", next_step="2026-11-20 12:30 前研判：确认、误报或登记个案。",
    voices="至少 8 个账号；其中自述住户 3 户", since="首帖 2026-11-19 09:00",
    quotes=(
        Quote(words="渗水", site="论坛", at="2026-11-19 09:00", url="https://a.example/1"),
        Quote(words="又漏了", site="论坛", at="2026-11-19 09:10"),
    ),
    told=("王敏（主任，邮件）",),
    contacts=(Contact(role="负责人", name="李明", phone="13900001111"),),
    unknown=("帖中说法未经核实",), ack_link="https://f.example/ack/W?v=4&t=.1",
    page_link="https://f.example/alert?id=W",
)  # fmt: skip
HEAD = ("疑似较大（二级）", "云麓·望江府", "W-20261120-0003-v4", "下一步：", "12:30 前研判",
        "李明 13900001111")  # fmt: skip


@pytest.mark.parametrize("channel", list(MARKS))
def test_an_alert_message_holds_all_one_needs_to_act(channel: str) -> None:
    message = render(channel, CONTENT)
    assert message.subject_line == "【烽火】疑似较大（二级）：云麓·望江府 W-20261120-0003-v4"
    parts = (
        *HEAD, "级别上升", "云麓地产", "江城", "2026-11-20 12:00", "8 个不同账号", "“渗水”",
        "“又漏了”", "王敏", "未经核实", "由人定级", "3 户",
    )  # fmt: skip
    for part in parts:
        assert part in message.body, part


def test_every_level_and_reason_has_its_word() -> None:
    assert set(LEVEL_WORDS) == set(Level)
    for reason, word in REASON_WORDS.items():
        message = render("console", replace(CONTENT, reason=reason))
        assert word in message.body
        late = render("console", replace(CONTENT, reason=reason, catch_up=True))
        assert f"【补发】{word}" in late.body


def test_braces_in_a_quote_are_words_not_fields() -> None:
    quote = Quote(words="{number} {0}", site="论坛", at="今天")
    body = render("console", replace(CONTENT, quotes=(quote,), why="{level}")).body
    assert "“{number} {0}”" in body
    assert "为何现在：{level}" in body


def test_what_is_unknown_is_said_with_what_to_do() -> None:
    bare = replace(CONTENT, quotes=(), contacts=(), where="", told=())
    body = render("console", bare).body
    for part in (
        "（无可引用原文）",
        "电话未登记：请查公司通讯录",
        "所在城市未登记",
        "无其他收件人",
    ):
        assert part in body
    named = replace(CONTENT, contacts=(Contact(role="负责人", name="李明", phone=""),))
    assert "李明 的电话未登记" in render("console", named).body


def test_shortening_goes_in_the_stated_order_and_is_said() -> None:
    long = tuple(
        Quote(
            words=f"{n}" + "漏" * 200, site="论坛", at="今天", url="https://a.example/" + "x" * 280
        )
        for n in range(3)
    )
    some = render("wecom", replace(CONTENT, quotes=long, why="因" * 300)).body
    assert size(some) <= 4096
    assert "已删减" not in render("wecom", CONTENT).body
    more = render("wecom", replace(CONTENT, quotes=long, why="因" * 900, told=("王敏" * 20,) * 9))
    assert "已删减" in more.body
    assert all(part in more.body for part in HEAD)


@given(
    text=st.text(max_size=4000), phone=st.text(max_size=400), url=st.text(max_size=900),
    channel=st.sampled_from(sorted(MARKS)),
)  # fmt: skip
def test_no_text_breaks_the_budget_or_loses_the_head(
    text: str, phone: str, url: str, channel: str
) -> None:
    content = replace(
        CONTENT, where=text, why=text, told=(text,) * 20, voices=text[:200],
        quotes=(Quote(words=text, site=text, at="今天", url=f"https://a.example/{url}"),) * 3,
        contacts=(*CONTENT.contacts, Contact(role="客服", name=text, phone=phone)),
    )  # fmt: skip
    body = render(channel, content).body
    budget = BUDGET[channel]
    assert budget is None or size(body) <= budget
    assert all(part in body for part in HEAD)


@given(st.text(max_size=300))
def test_words_of_a_stranger_are_no_markup_no_call_and_no_line(text: str) -> None:
    quote = Quote(words=f"{text}<@all>[x](https://e.example)**b**\n# t\u202e", site="s", at="今天")
    for channel in ("wecom", "dingtalk", "feishu"):
        body = render(channel, replace(CONTENT, quotes=(quote,))).body
        (line,) = [part for part in body.splitlines() if part.startswith("· “")]
        words = line[3 : line.rindex("”（s，")]
        assert not set(words) & set("<>[]*`#@\u202e")
        assert "://" not in words


@pytest.mark.parametrize(
    ("url", "want"),
    [
        ("https://a.example/x(1)", "https://a.example/x%281%29"),
        ("javascript:alert(1)", ""), ("", ""), (None, ""), ("https://a.example/\n)[x](http://e",
         "https://a.example/%29%5Bx%5D%28http://e"),
    ],
)  # fmt: skip
def test_an_address_cannot_end_its_link(url: str | None, want: str) -> None:
    assert safe_url(url) == want


def test_the_copy_text_is_short_and_without_links_or_phones() -> None:
    said = copy_text(CONTENT)
    assert "http" not in said
    assert "139" not in said
    assert "W-20261120-0003-v4" in said
    assert len(said) < 300


def test_a_channel_without_a_form_is_named() -> None:
    with pytest.raises(FactsError, match="没有名为 pigeon 的渠道"):
        render("pigeon", CONTENT)
    assert set(MARKS) == set(BUDGET) == set(channels(Path()))


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
