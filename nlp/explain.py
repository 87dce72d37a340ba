"""Why (理由): what each stretch of a text adds to its score; all of them sum to the logit.

A stretch is a word of the lexicon, a cue, or a word as jieba cuts it. Stretches that hardly count
are told together with the register's own start as one entry without text.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from domain.analysis import Span, Why
from nlp.model import Model
from nlp.reading import Reading, Register
from nlp.score import gram_weights, pieces

#: Numerals of rooms and phone numbers, however they are written.
_NUMERALS = frozenset("〇零一二三四五六七八九十百千两幺壹贰叁肆伍陆柒捌玖拾")
#: Log-odds below which a stretch is not shown by itself.
_SHOWN = 0.05
#: Log-odds a stretch needs to be named in the sentence.
_NAMED = 0.15


def explain(reading: Reading, register: Register, model: Model) -> tuple[Why, ...]:
    """Return the stretches by place; the last entry has no text and holds all the rest."""
    units = _whole_signs(_units(reading, register), reading)
    starts = [start for start, _ in units]
    weights = gram_weights(reading, register, model, units)
    for piece in pieces(reading, register, model):
        weights[bisect_right(starts, piece.start) - 1] += piece.weight
    rest = model.stack[register.name].bias
    shown = []
    for (start, end), weight in zip(units, weights, strict=True):
        span = reading.span(start, end) if abs(weight) >= _SHOWN else None
        if span is not None and span.text:
            shown.append(Why(span=span, weight=weight))
        else:  # too light, or the break between title and text
            rest += weight
    return (*shown, Why(span=Span(text="", start=0, end=0), weight=rest))


def strongest(why: Sequence[Why], number: int) -> list[Why]:
    """Return what weighs most, half as many that lighten, in order of place; without the rest."""
    named = [at for at, each in enumerate(why) if _sayable(each.span.text)]
    ordered = sorted(named, key=lambda at: -abs(why[at].weight))
    heavier = [at for at in ordered if why[at].weight > 0][:number]
    lighter = [at for at in ordered if why[at].weight < 0][: number // 2]
    return [why[at] for at in sorted([*heavier, *lighter])]


def told(why: Sequence[Why], negativity: float) -> str:
    """Return the reason as a sentence a monitor understands."""
    ordered = sorted(why, key=lambda each: -abs(each.weight))
    named = [
        each
        for each in ordered
        if abs(each.weight) >= _NAMED and len(each.span.text) > 1 and _sayable(each.span.text)
    ]
    heavier = _quoted([each for each in named if each.weight > 0])
    lighter = _quoted([each for each in named if each.weight < 0])
    verdict = "负面" if negativity >= 0.5 else "不算负面"
    parts = [f"判为{verdict}（{negativity:.2f}）"]
    if heavier:
        parts.append(f"加重的是{heavier}")
    if lighter:
        parts.append(f"减轻的是{lighter}")
    if not heavier and not lighter:
        parts.append("没有哪个词特别突出，按全文用词判断")
    return "；".join(parts) + "。"


def _sayable(text: str) -> bool:
    """Return whether a stretch may be quoted: no marks and nothing of a number or room (A12)."""
    return any(map(str.isalpha, text)) and not any(c.isdigit() or c in _NUMERALS for c in text)


def _units(reading: Reading, register: Register) -> list[tuple[int, int]]:
    """Return stretches that cover the text once: strong words and cues first, then words."""
    marks = sorted(
        [(each.start, each.end) for each in reading.weighed if each.weight]
        + [place for _, place in register.cues()]
    )
    strong: list[tuple[int, int]] = []
    for start, end in marks:
        if strong and start < strong[-1][1]:
            strong[-1] = (strong[-1][0], max(end, strong[-1][1]))
        else:
            strong.append((start, end))
    return sorted([*strong, *_between(reading, strong)])


def _whole_signs(units: Sequence[tuple[int, int]], reading: Reading) -> list[tuple[int, int]]:
    """Join stretches that part one character of the original (℃ is °c): a span shows all of it."""
    origin = reading.normal.origin
    whole: list[tuple[int, int]] = []
    for start, end in units:
        if whole and origin[start] == origin[start - 1]:
            whole[-1] = (whole[-1][0], end)
        else:
            whole.append((start, end))
    return whole


def _between(reading: Reading, strong: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the words, or what strong stretches leave of them."""
    at = 0
    for start, end in pairwise(reading.word_starts):
        while at < len(strong) and strong[at][1] <= start:
            at += 1
        free, taken = start, at
        while free < end:
            first, last = strong[taken] if taken < len(strong) else (end, end)
            if free < min(first, end):
                yield free, min(first, end)
            free, taken = max(last, free), taken + 1


def _quoted(found: Sequence[Why]) -> str:
    words = list(dict.fromkeys(each.span.text.strip() for each in found))
    return "".join(f"“{word}”" for word in words[:4])
