"""Pasted chats: every way people copy them; nothing is lost, nobody is guessed."""

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.formats.paste import parse
from domain.clock import say_time
from domain.homes import household_of
from domain.post import Precision, Quote

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # 12:00 in Asia/Shanghai


def read(text: str) -> list[tuple[str | None, str | None, str]]:
    return [
        (post.author, say_time(post.published_at) if post.published_at else None, post.text)
        for post in parse(text, now=NOW)
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("张三 3-2-1501\n2026-11-21 09:08\n漏水\n第二行\n\n李四\n2026-11-21 09:10\n我家也是",
         [("张三 3-2-1501", "2026-11-21 09:08", "漏水\n第二行"),
          ("李四", "2026-11-21 09:10", "我家也是")]),
        ("张三: 漏水\n李四：我家也漏\n电话：12345",
         [("张三", None, "漏水"), ("李四", None, "我家也漏\n电话：12345")]),
        ("[09:08] 张三：漏了\n[23:10] 李四：一样",
         [("张三", "2026-11-21 09:08", "漏了"), ("李四", "2026-11-20 23:10", "一样")]),
        ("第一段没有人名。\n\n第二段。",
         [(None, None, "第一段没有人名。"), (None, None, "第二段。")]),
        ("王五 2026/11/21 09:08:33\n你好", [("王五", "2026-11-21 09:08", "你好")]),
        ("微信名\n昨天 下午 3:08\n哈哈", [("微信名", "2026-11-20 15:08", "哈哈")]),
        ("2026-11-21 09:08\n张三: 漏", [("张三", "2026-11-21 09:08", "漏")]),
        ("张三 09:08\n图来了\n李四 3-1-202 09:10\n张三 09:12\n你好",
         [("张三", "2026-11-21 09:08", "图来了"), ("张三", "2026-11-21 09:12", "你好")]),
        ("大家好\n明天集合 9:00", [(None, None, "大家好\n明天集合 9:00")]),
        ("王五 09:08\n图\n赵六 09:20\n几点开会 14:00",
         [("王五", "2026-11-21 09:08", "图"), ("赵六", "2026-11-21 09:20", "几点开会 14:00")]),
        ("看这个 https://a.example/1\nhttps://b.example", [
            (None, None, "看这个 https://a.example/1\nhttps://b.example")]),
        ("", []),
    ],
)  # fmt: skip
def test_each_way_of_copying(text: str, wanted: list[tuple[str | None, str | None, str]]) -> None:
    assert read(text) == wanted


def test_a_message_without_a_time_says_so() -> None:
    (post,) = parse("张三: 漏水", now=NOW)
    assert (post.published_at, post.precision) == (None, Precision.NONE)


AT_NINE, AT_TEN = "2026-11-21 09:08", "2026-11-21 09:10"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("张三:\n电梯又坏了\n\n李四 3-2-1501:\n物业不管吗？\n\n张三:\n[图片]\n",
         [("张三", None, "电梯又坏了"), ("李四 3-2-1501", None, "物业不管吗？"),
          ("张三", None, "[图片]")]),
        ("张三：\n电梯又坏了\n李四：\n物业不管吗", [
            ("张三", None, "电梯又坏了"), ("李四", None, "物业不管吗")]),
        ("张三:\n李四:\n文字", [("李四", None, "文字")]),
        ("张三:\n我的要求：\n退房\n大家注意：明天去", [
            ("张三", None, "我的要求：\n退房\n大家注意：明天去")]),
        ("望江府3-2-1501张三丰（业主代表兼楼长老张）:\n漏水", [
            ("望江府3-2-1501张三丰（业主代表兼楼长老张）", None, "漏水")]),
        ("张三:\n现场照片：\n[图片]\n物业说：\n等着", [
            ("张三", None, "现场照片：\n[图片]\n物业说：\n等着")]),
        ("张三：漏水\n大家注意：明天去\n物业说：等着", [
            ("张三", None, "漏水\n大家注意：明天去\n物业说：等着")]),
        ("2026-11-21 9:08:33 张三(123456)\n漏水\n2026-11-21 9:10 走\n昨天 9:08 李四<a@b.cn>\n停电",
         [("张三(123456)", AT_NINE, "漏水\n2026-11-21 9:10 走"),
          ("李四<a@b.cn>", "2026-11-20 09:08", "停电")]),
        ("张三: 2026-11-21 09:08:33\n电梯坏了\n李四(123456): 11-21 09:10:01\n不管吗",
         [("张三", AT_NINE, "电梯坏了"), ("李四(123456)", AT_TEN, "不管吗")]),
        ("张三 2026-11-21 09:08\n大家注意：明天去\n集合：东门\n李四 2026-11-21 09:10\n收\n张三：补",
         [("张三", AT_NINE, "大家注意：明天去\n集合：东门"), ("李四", AT_TEN, "收"),
          ("张三", None, "补")]),
        ("张三\n星期五 09:08\n漏水\n李四\n周四 10:20\n漏电\n王五\n周六 13:00\n漏风",
         [("张三", "2026-11-20 09:08", "漏水"), ("李四", "2026-11-19 10:20", "漏电"),
          ("王五", "2026-11-14 13:00", "漏风")]),
        ("——— 2026-11-18 ———\n张三 09:08\n漏水\n2026年11月19日\n李四 10:20\n漏电",
         [("张三", "2026-11-18 09:08", "漏水"), ("李四", "2026-11-19 10:20", "漏电")]),
        ("张三 2026-11-21 09:08\n交房\n2026年11月19日\n没交成",
         [("张三", AT_NINE, "交房\n2026年11月19日\n没交成")]),
        ("张三 昨天 21:03\n漏", [("张三", "2026-11-20 21:03", "漏")]),
        ("张三 2026-11-21 09:08\n停电\n李撤回了一条消息\n“王五”邀请“赵六”加入群聊\n被移出了群聊",
         [("张三", AT_NINE, "停电\n被移出了群聊")]),
    ],
)  # fmt: skip
def test_speakers_are_neither_missed_nor_invented(
    text: str, wanted: list[tuple[str | None, str | None, str]]
) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "author"),
    [
        ("张三 2026-11-21 09:08\n李四：电梯又坏了\n- - - - - - - - - -\n我家也是", "张三"),
        ("张三 2026-11-21 09:08\n「李四：电梯又坏了」\n我家也是", "张三"),
        ("张三:\n「李四：电梯又坏了」\n- - - - - - - - - -\n我家也是", "张三"),
        ("「李四：电梯又坏了」\n- - - - - - - - - -\n我家也是", None),
        ("李四：电梯又坏了\n- - - - - - - - - -\n我家也是", None),
    ],
)
def test_what_a_reply_quotes_is_not_what_it_says(text: str, author: str | None) -> None:
    (post,) = parse(text, now=NOW)
    assert (post.author, post.text) == (author, "我家也是")
    assert post.quote == Quote(author="李四", text="电梯又坏了")


def test_a_hostile_paste_costs_no_more_than_its_length() -> None:
    began = process_time()
    for line in (
        "今天" + " " * 90_000 + "x",
        " " * 90_000 + ":",
        "张三:\n" * 20_000,
        "\n" * 90_000,
    ):
        parse(line, now=NOW)
    assert process_time() - began < 20


def test_seconds_are_kept() -> None:
    (post,) = parse("张三: 2026-11-21 09:08:33\n漏水", now=NOW)
    assert post.published_at == datetime(2026, 11, 21, 1, 8, 33, tzinfo=UTC)
    assert post.precision is Precision.SECOND


LINE = st.sampled_from([
    "张三 09:08", "李四", "2026-11-21 09:08", "墙又漏水了，没人管。", "张三: 你好",
    "[09:08] 王五：早", "", "几点 14:00", "电话：1", "昨天 12:30", "http://a.example/x:1",
    "  ", "李四:", "——— 2026-11-20 ———", "2026-11-20",
    "3-2-1501 2026-11-20 08:00",
])  # fmt: skip


@given(st.lists(LINE, max_size=12))
def test_no_words_are_lost_whatever_the_order(lines: list[str]) -> None:
    text = "\n".join([*lines, "最后一句话。"])
    said = "\n".join(post.text for post in parse(text, now=NOW))
    for word in (
        "墙又漏水了，没人管。",
        "你好",
        "早",
        "电话：1",
        "http://a.example/x:1",
        "最后一句话。",
    ):
        assert said.count(word) == text.count(word)


@pytest.mark.parametrize(
    ("nickname", "home"),
    [
        ("3-2-1501张三", ("", "3", "2", "1501")),
        ("1期3栋2单元1501", ("1", "3", "2", "1501")),
        ("二期 A3-1501 业主", ("2", "A3", "", "1501")),
        ("3#1501", ("", "3", "", "1501")),
        ("03栋-02-1501", ("", "3", "2", "1501")),
        ("张三", None),
        ("2026-11-21", None),
        ("13800138000", None),
        ("0510-80000000", None),
    ],
)
def test_a_nickname_states_a_home_or_none(
    nickname: str, home: tuple[str, str, str, str] | None
) -> None:
    assert household_of(nickname) == home
