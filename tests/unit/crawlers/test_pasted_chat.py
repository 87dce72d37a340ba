"""Pasted chats: every way people copy them; nothing is lost, nobody is guessed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.formats.paste import household_of, parse
from domain.clock import say_time
from domain.post import Precision

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


LINE = st.sampled_from([
    "张三 09:08", "李四", "2026-11-21 09:08", "墙又漏水了，没人管。", "张三: 你好",
    "[09:08] 王五：早", "", "几点 14:00", "电话：1", "昨天 12:30", "http://a.example/x:1",
    "  ",
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
