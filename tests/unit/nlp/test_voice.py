"""Own words: what a text quotes, forwards by header or is signed with is not said by its author."""

import pytest

from nlp.normal import normalise
from nlp.voice import own_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("> 你们都在造谣\n> 散了吧\n我家真的漏了", "我家真的漏了"),
        ("「云边的猫：又停水了」\n- - - - - - -\n我家没停", "我家没停"),
        ("回复@云边的猫：我也是", "我也是"),
        ("太过分了//@业主阿宽：又停水了", "太过分了又停水了"),
        ("电梯又坏了\n发自我的iPhone", "电梯又坏了\n"),
        ("本帖最后由 阿宽 于 2026-1-2 编辑\n求助", "\n求助"),
        ("引用 3楼 阿宽：开发商跑路了\n别乱说", "别乱说"),
        ("回复 12楼：同问", "同问"),
    ],
)
def test_only_the_authors_words_stay(text: str, said: str) -> None:
    assert own_words(normalise(text)).text == said


@pytest.mark.parametrize(
    "text",
    [
        "转发微博",
        "> 30户漏水没人管\n求曝光",
        "引用合同条款：开发商逾期交房违约\n我要退房",
        "物业@全体成员 今天停水",
        "来自江城的业主",
        "我引用合同第三条：按期交房",
    ],
)
def test_nothing_is_lost_where_nothing_else_was_said(text: str) -> None:
    assert own_words(normalise(text)).text == normalise(text).text


def test_places_still_lead_back_to_the_original() -> None:
    text = "回复@云边的猫：我家漏水了"
    normal = own_words(normalise(text))
    at = normal.text.index("漏水")
    start, end = normal.back(at, at + 2)
    assert text[start:end] == "漏水"


def test_a_megabyte_of_headers_takes_no_time_to_speak_of() -> None:
    text = "//@某人:哦" * 150_000
    assert own_words(normalise(text)).text == "哦" * 150_000
