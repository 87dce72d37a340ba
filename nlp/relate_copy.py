"""Copies (转载): whether one text is another's, how, and what says which is the original."""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from domain.relation import Edge, Evidence, Trace
from nlp.normal import normalise
from nlp.relate_text import Grams, four_grams, plain

#: Shorter texts are never copies: 又漏水了 is said by many.
SHORTEST_COPY = 12
#: Jaccard of 4-grams, or the share of the shorter text that stands in the longer.
COPY_JACCARD, COPY_SHARE, SHORTEST_PART = 0.5, 0.8, 40
#: Short lines resemble each other without being copied: two owners, two voices.
COPY_JACCARD_SHORT = 0.8
#: A text of less than this share of the other's length is a part of it, not an edit.
PART_AT = 0.75
#: Characters compared for copies; longer texts are cut, which keeps the cost linear.
LONGEST = 4000
#: So close a copy is found through its original; it need not be looked up itself.
SAME_AS_ORIGINAL = 0.8

#: What a copy says of where it comes from, before the copied text (in normal form).
_SOURCE = re.compile(
    r"\s*(?:"
    # 【转载】 【来源:业主论坛】
    r"[【\[(](?:转自|转载|转发|摘自|转帖|转贴|来源|出处|原文|原帖|via)[^】\])\n]{0,30}[】\])]"
    # 来源:业主论坛 on a line of its own
    r"|(?:来源|出处|转自|转载自|转发自|摘自|via)\s*:[^\n]{1,30}(?:\n|$)"
    # 转自业主群: …
    r"|(?:转自|转载自|转发自|摘自|via)[^\n:,。]{1,20}(?::|\n)"
    # 转发: …
    r"|(?:转发|转载|转帖|转贴|原文|原帖)\s*(?::|\n)"
    # //@老王: …
    r"|//\s*@[^:\n]{1,30}:"
    r")"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A text ready to be compared."""

    normal: str
    #: What is said, without what names the source.
    text: str
    grams: Grams | None
    #: The text names the source it was taken from.
    sourced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A known post that a text is a copy of."""

    trace: Trace
    edge: Edge
    similarity: float
    evidence: Evidence


@lru_cache(maxsize=4096)
def said(text: str) -> Said:
    """Return a text ready to be compared: normal form, without source headers, cut."""
    normal = normalise(text).text
    bare, sourced = without_source(normal)
    spoken = plain(bare[: 2 * LONGEST])[:LONGEST]
    copyable = len(spoken) >= SHORTEST_COPY
    grams = four_grams(spoken) if copyable else None
    return Said(normal=normal, text=spoken, grams=grams, sourced=sourced)


def without_source(normal: str) -> tuple[str, bool]:
    """Return a normal text without the headers that name its source, and whether it had any."""
    at = 0
    while (found := _SOURCE.match(normal, at)) and found.end() > at:
        at = found.end()
    return normal[at:], at > 0


def compare(mine: Said, trace: Trace) -> Copy | None:
    """Return how a text is a copy of a known one, None if it is not."""
    other = said(trace.text)
    if mine.grams is None or other.grams is None:
        return None
    if mine.text == other.text:
        return _copy(mine, trace, Edge.EXACT, 1.0)
    both = len(np.intersect1d(mine.grams, other.grams, assume_unique=True))
    one, two = len(mine.grams), len(other.grams)
    jaccard, shorter = both / (one + two - both), min(one, two)
    alike = jaccard >= (COPY_JACCARD if shorter >= SHORTEST_PART else COPY_JACCARD_SHORT)
    if alike and shorter > PART_AT * max(one, two):
        return _copy(mine, trace, Edge.EDITED, jaccard)
    if shorter >= SHORTEST_PART and both / shorter >= COPY_SHARE:
        return _copy(mine, trace, Edge.EXCERPT if one <= two else Edge.QUOTED, both / shorter)
    return _copy(mine, trace, Edge.EDITED, jaccard) if alike else None


def _copy(mine: Said, trace: Trace, edge: Edge, similarity: float) -> Copy:
    if mine.sourced:
        evidence = Evidence.PROVEN
    elif edge in (Edge.EXCERPT, Edge.QUOTED):
        evidence = Evidence.INFERRED
    else:
        evidence = Evidence.TIME
    return Copy(trace=trace, edge=edge, similarity=round(similarity, 4), evidence=evidence)
