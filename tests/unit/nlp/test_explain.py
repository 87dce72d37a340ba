"""Why: weights that sum to the logit, each what its stretch alone adds, told in a sentence."""

from functools import cache
from itertools import pairwise

import pytest

from domain.analysis import Analysis, Span, TextIn, Why
from domain.post import SourceKind
from nlp.analyse import analyse
from nlp.explain import told
from nlp.facts import NlpFacts
from pipelines.language import load_facts
from pipelines.model_rows import own_rows
from tests.quality.explanations import deletions, kept, texts

#: Log-odds; the logit is a sum of doubles.
EXACT = 1e-6
#: Share of texts that move as told when their strongest span is deleted.
AS_TOLD = 0.95


@cache
def facts() -> NlpFacts:
    return load_facts()


@cache
def samples() -> tuple[TextIn, ...]:
    rows = list(own_rows())[::17]
    return tuple(
        TextIn(id="own", text=row.text, title=row.title, source_kind=row.kind) for row in rows
    )


ODD = tuple(
    TextIn(id="odd", text=text, title=title, source_kind=SourceKind.COMPLAINT)
    for text, title in (
        ("", ""), ("😡", ""), ("", "外墙漏水"), ("漏水", ""), ("維(wéi)權！１２戶業主", "沒人管"),
        ("维*权 群里没有漏水，非常满意", "请问何时交房"), ("不愧是五星级，非常满意", ""),
        ("abc 123 -- <>", "x"), ("\n\n漏水\n", "\u200b"), ("\ud800漏\u200b水㎡ﬁ", ""),
        ("室温12℃，不热", ""),
    )
)  # fmt: skip


def read(text: str, title: str = "") -> Analysis:
    return analyse(TextIn(id="1", text=text, title=title), facts())


def test_weights_sum_to_the_logit_and_zeroing_a_span_moves_it_by_its_weight() -> None:
    items = (*texts(), *samples(), *ODD)
    assert len(items) >= 400
    found = [kept(item, facts()) for item in items]
    assert max(each.sum_error for each in found) < EXACT
    assert max(each.logit_error for each in found) < EXACT
    assert max(each.zero_error for each in found) < EXACT


def test_the_explanations_are_of_something() -> None:
    shown = [len(analyse(item, facts()).why) - 1 for item in texts()]
    assert sum(number >= 1 for number in shown) >= 0.98 * len(shown)
    assert sum(shown) / len(shown) >= 3


@pytest.mark.parametrize("items", [texts, samples])
def test_deleting_the_strongest_span_moves_the_logit_as_told(items: object) -> None:
    assert callable(items)
    found = deletions(items(), facts())
    assert len(found) >= 0.95 * len(items())
    wrong = [(each.why.span.text, each.item.text[:40]) for each in found if not each.as_told]
    assert 1 - len(wrong) / len(found) >= AS_TOLD, wrong


def test_spans_stand_apart_and_in_order() -> None:
    for item in texts():
        spans = [why.span for why in analyse(item, facts()).why if why.span.text]
        places = [(span.field != "title", span.start, span.end) for span in spans]
        assert places == sorted(places)
        for (body, _, end), (next_body, start, _) in pairwise(places):
            assert body != next_body or end <= start


def test_the_last_entry_has_no_text_and_holds_the_rest() -> None:
    found = read("澄湖苑外墙漏水没人管")
    assert found.why[-1].span.text == ""
    assert all(each.span.text for each in found.why[:-1])


def test_a_denied_word_weighs_less_than_the_word() -> None:
    plain, denied = read("我家漏水，物业来看过"), read("我家没有漏水，物业来看过")
    assert _weight(denied, "漏水") < _weight(plain, "漏水")


def _weight(found: Analysis, text: str) -> float:
    return next(each.weight for each in found.why if text in each.span.text)


# ---- the sentence ------------------------------------------------------------------------------


def why(text: str, weight: float) -> Why:
    return Why(span=Span(text=text, start=0, end=len(text)), weight=weight)


def test_the_sentence_names_the_heaviest_first_and_says_both_sides() -> None:
    given = [why("谢谢", -0.4), why("漏水", 0.8), why("没人管", 1.5), why("", 0.9)]
    said = told(given, 0.93)
    assert said == "判为负面（0.93）；加重的是“没人管”“漏水”；减轻的是“谢谢”。"


def test_the_sentence_leaves_out_what_hardly_counts_and_says_so() -> None:
    said = told([why("收到", -0.1), why("", -3.0)], 0.04)
    assert said == "判为不算负面（0.04）；没有哪个词特别突出，按全文用词判断。"


def test_the_sentence_of_a_real_text_quotes_it() -> None:
    found = read("物业不管漏水，投诉三次没人处理")
    said = told(found.why, found.negativity)
    strongest = max(found.why[:-1], key=lambda each: each.weight)
    assert f"“{strongest.span.text}”" in said
    assert said.startswith("判为负面")
