"""Negativity (负面度): parts that each add up over places of the text, weighed by register.

Every part is Σ weight · gain, where the gain depends on the whole text only (its length, how much
blame there is in all). So the score is a sum over places, an explanation is that sum sorted by
place, and it adds up to the logit exactly.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat
from math import sqrt, tanh

from nlp.grams import GramSums
from nlp.lexicon import Weighed
from nlp.model import Coefficients, Model
from nlp.reading import HEAD, Reading, Register

#: Sum of lexicon weights at which blame or praise counts three quarters of its most.
_SCALE = 2.5
#: Characters of a subject's own sentences at which they count as much as the whole text.
_TRUSTED = 12
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What each part of the score says of a text, before the register weighs it."""

    gram: float
    domain: float
    title: float
    word: float
    blame: float
    title_blame: float
    praise: float


@dataclass(frozen=True, slots=True)
class Piece:
    """What one place of the normal text adds to the logit."""

    start: int
    end: int
    weight: float


def logit(reading: Reading, register: Register, model: Model) -> float:
    """Return the log-odds that a text is negative."""
    parts = measure(reading, reading.weighed, model, sarcasm=register.sarcasm is not None)
    return combine(parts, register, model.stack[register.name])


class Sentences:
    """Scores of stretches of one text, in the voice of the whole; made where they are needed."""

    def __init__(self, reading: Reading, register: Register, model: Model) -> None:
        self._reading, self._register, self._model = reading, register, model
        self._whole = logit(reading, register, model)
        told = map(model.words.get, reading.words, repeat(model.unknown))
        self._word_sums = list(accumulate(told, initial=0.0))

    def logit(self, stretches: Sequence[Stretch]) -> float:
        """Return the log-odds that these sentences (in order of place) are negative.

        A few words say little by themselves: the shorter they are, the more the whole text counts.
        """
        reading = self._reading
        length = sum(end - start for start, end in stretches)
        own = length / (length + _TRUSTED)
        parts = lexicon_parts(
            reading, self.weighed(stretches), sarcasm=self._register.sarcasm is not None
        )
        whole = Parts(
            gram=_told(reading.grams, stretches), domain=_told(reading.domain, stretches),
            title=0.0, word=self._words(stretches), **parts,
        )  # fmt: skip
        told = combine(whole, self._register, self._model.stack[self._register.name])
        return own * told + (1.0 - own) * self._whole

    def weighed(self, stretches: Sequence[Stretch]) -> list[Weighed]:
        """Return the lexicon hits that begin in these sentences."""
        starts = [start for start, _ in stretches]
        found = []
        for each in self._reading.weighed:
            at = bisect_right(starts, each.start) - 1
            if at >= 0 and each.start < stretches[at][1]:
                found.append(each)
        return found

    def _words(self, stretches: Sequence[Stretch]) -> float:
        starts, sums = self._reading.word_starts, self._word_sums
        total, number = 0.0, 0
        for start, end in stretches:
            first, last = bisect_left(starts, start), bisect_left(starts, end)
            last = min(last, len(sums) - 1)
            total += sums[last] - sums[first]
            number += last - first
        return total / sqrt(number) if number else 0.0


def measure(reading: Reading, weighed: Sequence[Weighed], model: Model, *, sarcasm: bool) -> Parts:
    """Measure every part of a text."""
    grams, domain = reading.grams, reading.domain
    return Parts(
        gram=grams.score(0, grams.length),
        domain=domain.score(0, domain.length),
        title=domain.score(0, reading.head_end),
        word=_words(reading.words, model),
        **lexicon_parts(reading, weighed, sarcasm=sarcasm),
    )


def combine(parts: Parts, register: Register, weights: Coefficients) -> float:
    """Add the parts up."""
    return (
        weights.bias
        + weights.gram * parts.gram
        + weights.domain * parts.domain
        + weights.title * parts.title
        + weights.word * parts.word
        + weights.blame * parts.blame
        + weights.title_blame * parts.title_blame
        + weights.praise * parts.praise
        + sum(float(getattr(weights, name)) for name, _ in register.cues())
    )


def pieces(reading: Reading, register: Register, model: Model) -> Iterator[Piece]:
    """Yield what words, lexicon hits and cues add; with grams and bias they sum to the logit."""
    weights = model.stack[register.name]
    yield from _word_pieces(reading, weights, model)
    yield from _lexicon_pieces(reading, register, weights)
    for name, place in register.cues():
        yield Piece(*place, getattr(weights, name))


def gram_weights(
    reading: Reading, register: Register, model: Model, stretches: Sequence[Stretch]
) -> list[float]:
    """Return what the grams that begin in each stretch add; those of the title count once more."""
    weights, head = model.stack[register.name], reading.head_end
    grams, domain = reading.grams.sums.tolist(), reading.domain.sums.tolist()
    all_rate = weights.gram * reading.grams.gain(0, reading.grams.length)
    own_rate = weights.domain * reading.domain.gain(0, reading.domain.length)
    title = weights.title * reading.domain.gain(0, head)
    return [
        all_rate * (grams[end] - grams[start])
        + own_rate * (domain[end] - domain[start])
        + title * (domain[min(end, head)] - domain[min(start, head)])
        for start, end in stretches
    ]


def _told(grams: GramSums, stretches: Sequence[Stretch]) -> float:
    """Return the log-odds of the grams of some stretches, as if they were the text."""
    length = sum(int(grams.clear[end] - grams.clear[start]) for start, end in stretches)
    weight = sum(float(grams.sums[end] - grams.sums[start]) for start, end in stretches)
    return weight * grams.scale / sqrt(3 * length) if length else 0.0


# ---- parts -------------------------------------------------------------------------------------


def _words(words: Sequence[str], model: Model) -> float:
    if not words:
        return 0.0
    return sum(map(model.words.get, words, repeat(model.unknown))) / sqrt(len(words))


def lexicon_parts(
    reading: Reading, weighed: Sequence[Weighed], *, sarcasm: bool
) -> dict[str, float]:
    """Return the bounded sums of blame, blame in the head, and praise; sarcasm turns praise."""
    blame = praise = title = 0.0
    head = reading.head_end or HEAD
    for each in weighed:
        if each.weight > 0 or sarcasm:
            blame += abs(each.weight)
            if each.start < head:
                title += abs(each.weight)
        else:
            praise -= each.weight
    return {
        "blame": tanh(blame / _SCALE), "title_blame": tanh(title / _SCALE),
        "praise": tanh(praise / _SCALE),
    }  # fmt: skip


# ---- pieces ------------------------------------------------------------------------------------


def _word_pieces(reading: Reading, weights: Coefficients, model: Model) -> Iterator[Piece]:
    gain = weights.word / sqrt(len(reading.words)) if reading.words else 0.0
    ends = accumulate(map(len, reading.words))
    for word, end in zip(reading.words, ends, strict=True):
        yield Piece(end - len(word), end, gain * model.words.get(word, model.unknown))


def _lexicon_pieces(reading: Reading, register: Register, weights: Coefficients) -> Iterator[Piece]:
    sarcasm = register.sarcasm is not None
    head = reading.head_end or HEAD
    blaming = [each for each in reading.weighed if each.weight > 0 or sarcasm]
    blame = weights.blame * _gain(sum(abs(each.weight) for each in blaming))
    title = weights.title_blame * _gain(
        sum(abs(each.weight) for each in blaming if each.start < head)
    )
    praise = weights.praise * _gain(
        -sum(each.weight for each in reading.weighed if each.weight < 0 and not sarcasm)
    )
    for each in reading.weighed:
        if each.weight > 0 or sarcasm:
            gain = blame + (title if each.start < head else 0.0)
        else:
            gain = praise
        if each.weight:
            yield Piece(each.start, each.end, gain * abs(each.weight))


def _gain(total: float) -> float:
    """Return what one unit of lexicon weight counts where there is so much in all."""
    return tanh(total / _SCALE) / total if total else 0.0
