"""Jammed words are made whole, everything else stays as it is written."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.facts import NlpFacts
from nlp.jammed import mend
from nlp.normal import Normal, normalise
from pipelines.language import load_facts


@cache
def facts() -> NlpFacts:
    return load_facts()


def mended(text: str) -> Normal:
    return mend(normalise(text), facts().terms)


@pytest.mark.parametrize(
    "mark", [".", "·", "_", "-", "|", "~", "+", "/", "🔥", " ", "*", "…", "😡"]
)
def test_a_word_is_made_whole(mark: str) -> None:
    text = f"我们准备维{mark}权了"
    found = mended(text)
    assert found.text == "我们准备维权了"
    at = found.text.index("维权")
    assert text[slice(*found.back(at, at + 2))] == f"维{mark}权"


@pytest.mark.parametrize(
    "text",
    [
        "物业费2.5元/月", "水+电", "一.二.三", "好~谢谢", "a栋-b栋", "东/南", "早.安", "我家 三楼",
        "约翰·史密斯", "单.一","标题|正文", "停.\n工", "漏。水", "没有,管", "",
    ],
)  # fmt: skip
def test_other_marks_stay(text: str) -> None:
    assert mended(text).text == text


def test_only_the_gaps_of_the_word_go() -> None:
    assert mended("好~大家~一起维~权了~谢谢").text == "好~大家~一起维权了~谢谢"


def test_a_row_of_single_characters_is_a_text() -> None:
    assert mended("大.家.明.天.一.起.去").text == "大家明天一起去"
    assert mended("3-栋-1-2-户-没-人-管-,-急").text == "3栋12户没人管,急"


@pytest.mark.parametrize(
    "text", ["2.0.2.6.1", "一.二.三.四.五", "a-b-c-d栋", "3-2-1-1室", "水/电", "1.5.户.2"]
)
def test_rows_of_numbers_stay(text: str) -> None:
    assert mended(text).text == text


def test_a_mended_text_is_mended() -> None:
    for text in ("我们准备维.权了", "大.家.明.天.一.起.去", "好~大家~一起维~权了~谢谢"):
        once = mended(text)
        assert mend(once, facts().terms).text == once.text


def test_what_needs_no_mending_comes_back_itself() -> None:
    normal = normalise("业主维权，物业不管。")
    assert mend(normal, facts().terms) is normal


PIECES = st.sampled_from(
    ["维权", "漏水", "维", "权", ".", "🔥", " ", "\n", "业主", "a", "1", "_", "。"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=14))
def test_offsets_lead_back_and_only_marks_go(pieces: list[str]) -> None:
    text = "".join(pieces)
    normal, found = normalise(text), mended(text)
    places = list(found.origin)
    assert len(places) == len(found.text)
    assert places == sorted(set(places) & set(normal.origin))
    gone = [text[at] for at in set(normal.origin) - set(places)]
    assert all(each in ".🔥 _" for each in gone)


def test_a_long_text_of_gaps() -> None:
    assert len(mended("月 月." * 100_000).text) <= 400_000
