"""Character grams (字符片段): hashed int8 weights of runs of one to three characters, in one pass.

The form of nlp.md A2/A5: z = scale · Σw / √n. A gram belongs to the place where it begins, so the
score of a text is a sum over places, and so is that of any stretch of it. Sums are of integers:
a batch gives exactly what each text gives alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

#: Buckets of the shipped table: 1 MiB of int8.
BITS = 20
#: Odd multipliers (Knuth, Murmur); any change needs new weights.
_FIRST, _SECOND, _THIRD, _MIX = (
    np.uint32(0x9E3779B1),
    np.uint32(0x85EBCA6B),
    np.uint32(0xC2B2AE35),
    np.uint32(0x27D4EB2F),
)
#: All digits are one: 3栋 and 8栋 say the same.
_ZERO, _NINE = 48, 57
#: A place that says nothing: between two texts of a batch, or where a watched name stood. No gram
#: over it counts. Normal texts hold none.
BLANK = "\0"
_GAP = BLANK * 2


@dataclass(frozen=True, slots=True)
class GramTable:
    """Weights by bucket; `scale` turns Σw/√n into log-odds towards negative."""

    weights: np.ndarray
    scale: float


@dataclass(frozen=True, slots=True)
class GramSums:
    """Running sums over the places of one text: `sums[i]` is the weight of grams begun before i."""

    sums: np.ndarray
    scale: float
    #: Running number of places that are no blank.
    clear: np.ndarray

    def score(self, start: int, end: int) -> float:
        """Return the log-odds of the grams that begin in [start, end)."""
        return float(self.sums[end] - self.sums[start]) * self.gain(start, end)

    def gain(self, start: int, end: int) -> float:
        """Return what one unit of weight counts in a stretch; blanks are no length."""
        length = int(self.clear[end] - self.clear[start])
        return self.scale / sqrt(3 * length) if length else 0.0

    @property
    def length(self) -> int:
        """Characters of the text."""
        return len(self.sums) - 1


def gram_sums(texts: Sequence[str], *tables: GramTable) -> list[tuple[GramSums, ...]]:
    """Return the running sums of each normal text, one for each table (all of one size)."""
    joined = _GAP.join([*texts, ""]) if texts else ""
    codes = _codes(joined)
    runs = _hashed(codes, len(tables[0].weights).bit_length() - 1)
    whole = _whole(codes)
    every = [_running(runs, table, whole) for table in tables]
    places = _from_zero(whole[0])
    out = []
    at = 0
    for text in texts:
        reach = slice(at, at + len(text) + 1)
        counted = places[reach] - places[at]
        out.append(tuple(GramSums(held[reach] - held[at], scale, counted) for held, scale in every))
        at += len(text) + len(_GAP)
    return out


def gram_buckets(text: str, bits: int = BITS) -> np.ndarray:
    """Return the bucket of every gram of one normal text that counts (training)."""
    codes = _codes(text)
    return np.concatenate(
        [buckets[whole] for buckets, whole in zip(_hashed(codes, bits), _whole(codes), strict=True)]
    )


def _codes(text: str) -> np.ndarray:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.where((codes >= _ZERO) & (codes <= _NINE), np.uint32(_ZERO), codes)


def _hashed(codes: np.ndarray, bits: int) -> tuple[np.ndarray, ...]:
    """Return the buckets of runs of one, two and three characters by the place they begin at."""
    shift = np.uint32(32 - bits)
    first, second, third = codes * _FIRST, codes * _SECOND, codes * _THIRD
    two = first[:-1] + second[1:] + np.uint32(1)
    three = two[:-1] + third[2:]
    return tuple(
        ((each ^ (each >> np.uint32(15))) * _MIX >> shift).astype(np.intp)
        for each in (first, two, three)
    )


def _running(
    runs: tuple[np.ndarray, ...], table: GramTable, whole: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, float]:
    """Return running sums of the grams that begin at each place; none stands over a blank."""
    begun = np.zeros(len(whole[0]), dtype=np.int64)
    for buckets, clear in zip(runs, whole, strict=True):
        begun[: len(buckets)] += table.weights[buckets] * clear
    return _from_zero(begun), table.scale


def _whole(codes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return by size of run which places begin one without a blank in it."""
    clear = codes != 0
    two = clear[:-1] & clear[1:]
    return clear, two, two[:-1] & clear[2:]


def _from_zero(values: np.ndarray) -> np.ndarray:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(values, dtype=np.int64)))
