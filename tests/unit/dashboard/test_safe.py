"""Crawled text never leaves its place: escaped, masked, marked at the right letters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import safe
from dashboard.safe import Mark
from tests.builders import FORMULA, HOSTILE

TEXTS = st.text(alphabet="云栖<>&\"'![](){}:/$`*_=+@-\n漏水a1\u202e\u200b", max_size=40)


def tags(markup: str) -> list[str]:
    return re.findall(r"<\s*/?\s*([a-zA-Z]+)", markup)


def test_hostile_text_makes_no_element_and_keeps_its_letters() -> None:
    shown = safe.text(HOSTILE)
    assert tags(shown) == []
    assert "&lt;script&gt;" in shown
    assert "![看图](http://evil.example/pixel.png)" in shown  # st.html reads no markdown


def test_hostile_title_cannot_leave_the_attribute() -> None:
    shown = safe.tag("span", safe.text("x"), title='"><img src=http://evil.example/a.png>')
    assert tags(shown) == ["span", "span"]


@given(TEXTS, st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=5))
def test_highlighting_adds_only_marks(value: str, spans: list[tuple[int, int]]) -> None:
    marks = [Mark(start=a, end=b, kind="why", title="<b>") for a, b in spans]
    shown = safe.highlight(value, marks)
    assert set(tags(shown)) <= {"mark", "br"}
    bare = re.sub(r"</?mark[^>]*>", "", shown)
    assert bare == safe.text(value)


def test_marks_stand_on_the_right_letters_behind_a_masked_number() -> None:
    value = "打13812345678，楼上漏水<b>"
    start = value.index("漏水")
    shown = safe.highlight(value, [Mark(start=start, end=start + 2, kind="why")])
    assert '<mark class="why" title="">漏水</mark>' in shown
    assert "13812345678" not in shown


def test_overlapping_marks_show_both_kinds() -> None:
    shown = safe.highlight(
        "停工了", [Mark(start=0, end=2, kind="why"), Mark(start=1, end=3, kind="signal")]
    )
    assert 'class="why">停<' in shown.replace(' title=""', "")
    assert 'class="why signal">工<' in shown.replace(' title=""', "")


def test_a_cut_never_uncovers_half_a_number() -> None:
    value = "字" * 95 + "13812345678" + "字" * 200 + "漏水"
    at = value.index("漏水")
    for limit in range(95, 112):
        assert not re.search(r"\d{4}", safe.excerpt(value, [], limit=limit))
    shown = safe.excerpt(value, [Mark(start=at, end=at + 2, kind="why")], limit=80)
    assert ">漏水</mark>" in shown
    assert shown.startswith("…")


def test_invisible_and_turning_characters_are_shown() -> None:
    assert safe.clean("楼\u202e盘\u200b好\n") == "楼\ufffd盘\ufffd好\n"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "//evil.example/x",
        "https://bank.example@evil.example/",
        "https://evil.example/\nx",
        "http://[broken",
        "",
        None,
    ],
)
def test_only_web_pages_become_links(url: str | None) -> None:
    assert safe.link(url) is None


def test_a_web_page_becomes_a_link() -> None:
    assert safe.link("https://bbs.example/thread-1.html?a=1&b=2") is not None


@pytest.mark.parametrize("value", [FORMULA, "+1+1", "-2", "@SUM(A1)", "  =1"])
def test_a_cell_is_no_formula(value: str) -> None:
    assert safe.cell(value).startswith("'")


def test_a_cell_of_words_is_left_alone() -> None:
    assert safe.cell("云栖花园停工") == "云栖花园停工"


@given(TEXTS)
def test_a_label_has_no_bare_markdown(value: str) -> None:
    bare = re.sub(r"\\.", "", safe.label(value))
    assert not set(bare) & set("![]()<>`*_$:{}#|~")
