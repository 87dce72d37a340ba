"""What an explanation promises, worked out again from the weights alone (issue 5).

Gains are those of the whole text; a span's terms are the grams and words that begin in it, the
lexicon hits and the cues that begin in it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import sqrt, tanh
from pathlib import Path

from domain.analysis import Analysis, Span, TextIn, Why
from domain.post import SourceKind
from nlp.analyse import analyse, analyse_many
from nlp.facts import NlpFacts
from nlp.grams import BLANK, GramTable
from nlp.reading import HEAD, Reading, Register, nameless, read, register_of

LANGUAGE = Path(__file__).with_name("language.jsonl")
#: Lexicon weights at which blame or praise counts three quarters.
SCALE = 2.5
_MASK = 0xFFFFFFFF


@cache
def texts() -> tuple[TextIn, ...]:
    """Return the texts of the quality set."""
    rows = [json.loads(line) for line in LANGUAGE.read_text(encoding="utf-8").splitlines()]
    return tuple(
        TextIn(
            id=row["id"], text=row["text"], title=row.get("title", ""),
            source_kind=SourceKind(row["kind"]),
        )
        for row in rows
    )  # fmt: skip


# ---- the score, worked out place by place ------------------------------------------------------


def bucket(gram: str, bits: int) -> int:
    """Return the bucket of one gram of one to three characters."""
    codes = [48 if "0" <= char <= "9" else ord(char) for char in gram]
    value = codes[0] * 0x9E3779B1
    if len(codes) > 1:
        value += codes[1] * 0x85EBCA6B + 1
    if len(codes) > 2:
        value += codes[2] * 0xC2B2AE35
    value &= _MASK
    return ((value ^ (value >> 15)) * 0x27D4EB2F & _MASK) >> (32 - bits)


def gram_weights(text: str, table: GramTable) -> list[int]:
    """Return the sum of the int8 weights of the grams that begin at each place."""
    bits = len(table.weights).bit_length() - 1
    return [
        sum(
            int(table.weights[bucket(text[at : at + size], bits)])
            for size in (1, 2, 3)
            if at + size <= len(text) and BLANK not in text[at : at + size]
        )
        for at in range(len(text))
    ]


def without_places(
    reading: Reading, register: Register, facts: NlpFacts, gone: Sequence[bool]
) -> float:
    """Return the logit where all that begins at a place that is gone counts nothing."""
    weights = facts.model.stack[register.name]
    text, total = nameless(reading.text, reading.found), weights.bias
    length = len(text) - text.count(BLANK)
    for table, rate in ((facts.model.grams, weights.gram), (facts.model.domain, weights.domain)):
        begun = [0 if gone[at] else w for at, w in enumerate(gram_weights(text, table))]
        if length:
            total += rate * sum(begun) * table.scale / sqrt(3 * length)
    head_length = reading.head_end - text[: reading.head_end].count(BLANK)
    if head_length:
        head = sum(begun[: reading.head_end]) * facts.model.domain.scale
        total += weights.title * head / sqrt(3 * head_length)
    total += weights.word * _words(reading, facts, gone)
    total += _lexicon(reading, register, facts, gone)
    for name, place in register.cues():
        if not gone[place[0]]:
            total += float(getattr(weights, name))
    return total


def _words(reading: Reading, facts: NlpFacts, gone: Sequence[bool]) -> float:
    at, total = 0, 0.0
    for word in reading.words:
        if not gone[at]:
            total += facts.model.words.get(word, facts.model.unknown)
        at += len(word)
    return total / sqrt(len(reading.words)) if reading.words else 0.0


def _lexicon(reading: Reading, register: Register, facts: NlpFacts, gone: Sequence[bool]) -> float:
    """Return what lexicon hits add; the bounded sums keep the slope they have in the whole."""
    weights = facts.model.stack[register.name]
    head = reading.head_end or HEAD
    blame = [w for w in reading.weighed if w.weight > 0 or register.sarcasm]
    praise = [w for w in reading.weighed if w.weight <= 0 and not register.sarcasm]
    total = 0.0
    for coefficient, hits in (
        (weights.blame, blame),
        (weights.title_blame, [w for w in blame if w.start < head]),
        (weights.praise, praise),
    ):
        whole = sum(abs(w.weight) for w in hits)
        kept = sum(abs(w.weight) for w in hits if not gone[w.start])
        total += coefficient * tanh(whole / SCALE) * (kept / whole if whole else 0.0)
    return total


# ---- the three promises ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How far the explanation of one text is from what it promises, in log-odds."""

    #: |Σ weights - logit|.
    sum_error: float
    #: Worst |what zeroing a span moves - its weight|, and the logit worked out again.
    zero_error: float
    logit_error: float


def kept(item: TextIn, facts: NlpFacts) -> Kept:
    """Compare an explanation with the score worked out again."""
    found = analyse(item, facts)
    reading = read([item], facts)[0]
    register = register_of(reading)
    nothing = [False] * (len(reading.text) + 1)
    whole = without_places(reading, register, facts, nothing)
    errors = [
        abs(whole - without_places(reading, register, facts, _gone(reading, why.span)) - why.weight)
        for why in found.why
        if why.span.text
    ]
    return Kept(
        sum_error=abs(sum(why.weight for why in found.why) - found.logit),
        zero_error=max(errors, default=0.0), logit_error=abs(whole - found.logit),
    )  # fmt: skip


def _gone(reading: Reading, span: Span) -> list[bool]:
    shift = 0 if span.field == "title" else reading.body_at
    first, last = span.start + shift, span.end + shift
    return [first <= at < last for at in reading.normal.origin] + [False]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """What deleting the strongest span of a text does to its logit."""

    item: TextIn
    why: Why
    moved: float

    @property
    def as_told(self) -> bool:
        """Whether the logit moved against the weight that is gone."""
        return self.moved * self.why.weight < 0


def deletions(items: Sequence[TextIn], facts: NlpFacts) -> list[Deleted]:
    """Delete the strongest span of every text that shows one, and analyse again."""
    pairs = [
        (item, found, why)
        for item, found in zip(items, analyse_many(items, facts), strict=True)
        if (why := _strongest(found)) is not None
    ]
    again = analyse_many([_cut(item, why.span) for item, _, why in pairs], facts, why=False)
    return [
        Deleted(item=item, why=why, moved=after.logit - before.logit)
        for (item, before, why), after in zip(pairs, again, strict=True)
    ]


def _strongest(found: Analysis) -> Why | None:
    told = [why for why in found.why if why.span.text.strip()]
    return max(told, key=lambda why: abs(why.weight), default=None)


def _cut(item: TextIn, span: Span) -> TextIn:
    if span.field == "title":
        return replace(item, title=item.title[: span.start] + item.title[span.end :])
    return replace(item, text=item.text[: span.start] + item.text[span.end :])
