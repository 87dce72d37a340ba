"""No text breaks the analyser, and writing the same text in another way changes no score."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.analysis import Analysis, Span, TextIn
from domain.post import SourceKind
from domain.source import Subject
from nlp.analyse import analyse, analyse_many
from nlp.facts import NlpFacts
from nlp.normal import normalise
from pipelines.language import load_facts

LANGUAGE = Path(__file__).parents[2] / "quality/language.jsonl"
MEGABYTE = 1_000_000


@cache
def facts() -> NlpFacts:
    return load_facts([Subject(key="c", name="澄湖苑"), Subject(key="y", name="云栖里")])


def read(text: str, kind: SourceKind | None = None, title: str = "") -> Analysis:
    return analyse(TextIn(id="r", text=text, title=title, source_kind=kind), facts())


def spans(found: Analysis) -> list[Span]:
    named = [each.span for each in found.mentions if each.span is not None]
    told = [each.span for each in found.why] + [each.span for each in found.facts]
    return told + [each.span for each in found.signals] + named


def assert_sound(found: Analysis, text: str, title: str = "") -> None:
    assert 0.0 <= found.negativity <= 1.0
    assert 0.0 <= found.severity <= 1.0
    assert abs(sum(each.weight for each in found.why) - found.logit) < 1e-6
    for span in spans(found):
        source = title if span.field == "title" else text
        assert 0 <= span.start <= span.end <= len(source)
        assert source[span.start : span.end] == span.text


# ---- hostile texts -----------------------------------------------------------------------------

STRANGE = {
    "empty": "",
    "one space": " ",
    "line breaks": "\n\r\n\u2028\u2029\x0b\x0c",
    "emoji": "😡😡🔥👨‍👩‍👧‍👦🇨🇳👍🏽",
    "lone surrogates": "\ud800维\udfff权\udc00\ud800",
    "surrogates the wrong way round": "\udc00\ud83d漏水",
    "right to left": "\u202e澄湖苑漏水\u202c \u2067维权\u2069 שלום مرحبا",
    "zero width": "\u200b\u200c\u200d\ufeff漏\u200b水\u2060",
    "only zero width": "\u200b" * 50,
    "mixed scripts": "澄湖苑leak漏水水漏れ누수 протечка ρωγμή दरार ١٢٣戶",
    "combining marks": "漏\u0301\u0302\u0303水" + "a" + "\u0301" * 500,
    "old and rare characters": "𠮷𪚥㐂㗊𠀀丨〇々㍿㎡㏒Ⅻ⑳㈱",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "private use": "\ue000\uf8ff\U000f0000\U0010ffff",
    "null": "漏\0水",
    "nested brackets": "(" * 5_000 + "维权" + ")" * 5_000,
    "mojibake": "锟斤拷烫烫烫ÃÂ©Ã¤Â¸Â\xad",
    "a number without end": "1" * 5_000 + "户",
    "a Chinese number without end": "九千九百九十九万亿" * 600 + "户",
    "dates that are none": "2026年13月45日99时 二月三十日 明年后天大前年",
    "html": "<script>alert('维权')</script>&lt;漏水&gt;&#128293;",
    "json and format signs": '{"a": "%s %n {0} {text}\\u0000"}',
}


@pytest.mark.parametrize("kind", [None, SourceKind.GROUP, SourceKind.NEWS])
@pytest.mark.parametrize("name", sorted(STRANGE))
def test_a_strange_text_is_read(name: str, kind: SourceKind | None) -> None:
    text = STRANGE[name]
    assert_sound(read(text, kind), text)
    assert_sound(read("正文", kind, text), "正文", text)


LONG = {
    "plain": "澄湖苑三期外墙渗水，物业不管，12户业主去售楼部要说法。",
    "repeated digits": "1234567890",
    "repeated 月": "月",
    "brackets": "(（[【",
    "spaces": " ",
    "gaps in words": "维 权.",
    "negations": "没有不",
    "dates": "11月21日",
    "pinyin brackets": "业(yè)",
    "line breaks": "\n",
    "casualties": "有人死亡，",
}


@pytest.mark.parametrize("name", sorted(LONG))
def test_a_megabyte_is_read(name: str) -> None:
    piece = LONG[name]
    text = piece * (MEGABYTE // len(piece.encode()))
    found = analyse(TextIn(id="r", text=text), facts(), why=False)
    assert 0.0 <= found.negativity <= 1.0
    assert all(span.end <= len(text) for span in spans(found))


ANY = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("澄湖苑维权漏水不没12万元月日(zhí).*🔥\u200b\u202e\ud800\n"),
    ),
    max_size=100,
)


@settings(max_examples=150, deadline=None)
@given(ANY, ANY, st.sampled_from([None, *SourceKind]))
def test_any_text_is_read(title: str, text: str, kind: SourceKind | None) -> None:
    assert_sound(read(text, kind, title), text, title)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_read(raw: bytes) -> None:
    for text in (raw.decode("latin-1"), raw.decode("utf-8", "surrogateescape"),
                 raw.decode("gb18030", "replace"), raw.decode("utf-16-le", "surrogatepass")
                 if len(raw) % 2 == 0 else ""):  # fmt: skip
        assert_sound(read(text), text)


# ---- the same text written otherwise -----------------------------------------------------------


@cache
def quality() -> tuple[TextIn, ...]:
    rows = [json.loads(line) for line in LANGUAGE.read_text(encoding="utf-8").splitlines()]
    return tuple(
        TextIn(
            id=row["id"], text=row["text"], title=row.get("title", ""),
            source_kind=SourceKind(row["kind"]),
        )
        for row in rows
    )  # fmt: skip


@cache
def traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def full_width(text: str, at: int) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and n % at == 0 else c
                   for n, c in enumerate(text))  # fmt: skip


def in_traditional(text: str, at: int) -> str:
    return "".join(str(traditional().convert(c)) if n % at == 0 else c for n, c in enumerate(text))


def with_zero_width(text: str, at: int) -> str:
    return "".join(c + "\u200b" if n % at == 0 else c for n, c in enumerate(text))


def with_pinyin(text: str, at: int) -> str:
    return "".join(
        c + "(zhì)" if n % at == 0 and "一" <= c <= "鿿" else c for n, c in enumerate(text)
    )


def upper(text: str, at: int) -> str:
    return "".join(c.upper() if n % at == 0 and c.isascii() else c for n, c in enumerate(text))


REWRITES: dict[str, Callable[[str, int], str]] = {
    "full width": full_width, "traditional": in_traditional, "zero width": with_zero_width,
    "pinyin brackets": with_pinyin, "upper case": upper,
}  # fmt: skip


def judged(found: Analysis) -> tuple[object, ...]:
    """Return all that must not change; spans do, since the text is another."""
    return (
        found.negativity, found.severity, found.logit, found.label, found.relevant, found.noise,
        found.categories,
        tuple((each.subject, each.negativity, each.severity) for each in found.mentions),
        tuple((each.kind, each.low, each.high) for each in found.facts),
        tuple((each.code, each.anchored) for each in found.signals),
        tuple(each.weight for each in found.why),
    )  # fmt: skip


def rewritten(item: TextIn, names: list[str], at: int) -> TextIn:
    title, text = item.title, item.text
    for name in names:
        title, text = REWRITES[name](title, at), REWRITES[name](text, at)
    return TextIn(id=item.id, text=text, title=title, source_kind=item.source_kind)


@pytest.mark.parametrize("name", sorted(REWRITES))
def test_rewriting_changes_the_text_and_no_score(name: str) -> None:
    others = [rewritten(item, [name], 1) for item in quality()]
    pairs = [(a, b) for a, b in zip(quality(), others, strict=True)
             if normalise(a.text).text == normalise(b.text).text
             and normalise(a.title).text == normalise(b.title).text]  # fmt: skip
    assert len(pairs) >= 0.95 * len(quality())
    assert any(a.text != b.text for a, b in pairs)
    first = analyse_many([a for a, _ in pairs], facts())
    second = analyse_many([b for _, b in pairs], facts())
    assert [judged(each) for each in second] == [judged(each) for each in first]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rewriting_by_halves_and_together_changes_no_score(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(quality()))
    names = data.draw(st.lists(st.sampled_from(["full width", "zero width", "upper case"]),
                               min_size=1, max_size=3, unique=True))  # fmt: skip
    other = rewritten(item, names, data.draw(st.integers(1, 4)))
    assert judged(analyse(other, facts())) == judged(analyse(item, facts()))
