"""Normal form of A0: what is dropped, what is kept, and that every offset leads back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.normal import _FORMS, _KEPT, _form, mojibake, normalise, pinyin_brackets

#: Any code point, lone surrogates included, mixed with the characters the rules are about.
ANY = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("维權 執行(zhí)(xì)lián*·\u200b\ufeff㎡①Ⅷ１ａＡ\n\udc80İß"),
    )
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("業(yè)主聯(lián)系開發(fā)商", "业主联系开发商"),
        ("產(chǎn)品質(zhì)量", "产品质量"),
        ("執（zhí）行", "执行"),  # full-width brackets
        ("我要维 权", "我要维权"),
        ("维\u3000权 群", "维权群"),
        ("维*权", "维权"),
        ("零\u200b宽\ufeff", "零宽"),
        ("１２户，Ａ栋！", "12户,a栋!"),
        ("业主(wq)群", "业主(wq)群"),  # no syllable: an abbreviation stays
        ("物业(app)", "物业(app)"),
        ("漏水 物业 不管", "漏水 物业 不管"),  # two words: the gap is punctuation
        ("100㎡", "100m2"),
        ("a\r\nb", "a\n\nb"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_normal_form(text: str, normal: str) -> None:
    assert normalise(text).text == normal


@given(ANY)
def test_never_raises_and_offsets_are_monotone_and_inside(text: str) -> None:
    normal = normalise(text)
    places = list(normal.origin)
    assert len(places) == len(normal.text)
    assert places == sorted(places)
    assert all(0 <= at < len(text) for at in places)


@given(ANY)
def test_idempotent_on_the_text(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@given(ANY)
def test_normal_text_can_be_encoded(text: str) -> None:
    normalise(text).text.encode()


@given(ANY, st.data())
def test_a_span_leads_back_to_characters_that_give_it(text: str, data: st.DataObject) -> None:
    normal = normalise(text)
    start = data.draw(st.integers(0, len(normal.text)))
    end = data.draw(st.integers(start, len(normal.text)))
    first, last = normal.back(start, end)
    assert 0 <= first <= last <= len(text)
    if start < end:
        assert normal.origin[start] == first
        assert normal.origin[end - 1] == last - 1


def test_a_span_over_a_dropped_bracket_covers_it_in_the_original() -> None:
    text = "聯(lián)系業(yè)主"
    normal = normalise(text)
    at = normal.text.index("联系")
    assert text[slice(*normal.back(at, at + 2))] == "聯(lián)系"


def test_brackets_are_counted_as_the_acceptance_lines_count_them() -> None:
    assert pinyin_brackets("執(zhí)行、聯(lián)系，見附件(三)和業(yè)主(wq)") == 3


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("確??蛻裟軌蚣皶r地", "??蛻裟軌蚣皶r"),
        ("?F场取证组", "?F"),
        ("锟斤拷锟斤拷业主", "锟斤拷锟斤拷"),
        ("前\ufffd\ufffd后", "\ufffd\ufffd"),
    ],
)
def test_mojibake_is_marked_and_left_as_it_is(text: str, broken: str) -> None:
    spans = mojibake(text)
    assert [text[start:end] for start, end in spans] == [broken]


@pytest.mark.parametrize("text", ["怎么回事??物业不管吗", "真的?A栋也漏?", "正常的一句话。"])
def test_question_marks_of_a_chat_are_no_mojibake(text: str) -> None:
    spans = mojibake(text)
    assert [text[start:end] for start, end in spans] in ([], ["?A"])


def test_cost_is_linear() -> None:
    nested = "(" * 20_000 + "á)" * 20_000
    assert normalise(nested).text
    assert len(normalise("维 " * 50_000).text) == 50_001


def test_a_text_of_every_character_leaves_no_more_behind_than_a_month_of_posts() -> None:
    every = "".join(map(chr, range(0x3400, 0xA000))) + "".join(map(chr, range(0x20000, 0x22000)))
    first = normalise(every)
    assert _FORMS.nbytes < 5_000_000
    assert _form.cache_info().currsize <= _KEPT
    assert normalise(every) == first
