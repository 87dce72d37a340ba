"""Jammed words (插字符): marks put into a known word (维.权, 维🔥权, 维_权) are taken out again.

Only words of the facts are mended, and rows of single characters (大.家.一.起.来), so 水+电,
2.5元/月 and 好~谢谢 stay as they are. The normal form (A0) alone bridges gaps beside a lone
character; this needs to know the words.
"""

import re
from collections.abc import Iterator, Sequence

from nlp.normal import Normal, without
from nlp.terms import Hit, TermTable

_HAN = "\u4e00-\u9fff"
#: Marks people put into a word: ASCII signs, dots, arrows, shapes and emoji; no sentence marks.
_MARK = (
    r" *.·•・‧∙_\-|~^+=/\\#@&$%'\"`…°¤§"
    "\u2190-\u2bff\u3012-\u3020\u303d\u2b00-\u2bff\ufffd\U0001f000-\U0001faff"
)
#: Begins with the mark itself, not with what stands before it: four times as fast.
_GAP = re.compile(rf"[{_MARK}](?<=[{_HAN}].)[{_MARK}]{{0,2}}(?=[{_HAN}])")


#: 大.家.明.天: every character followed by the same mark.
_ROW = re.compile(rf"[^\s{_MARK}]([{_MARK}])(?:[^\s{_MARK}]\1){{2,}}(?=\S)")
_LETTER = re.compile(rf"(?![〇零一二三四五六七八九十百千万])[{_HAN}]")
#: Characters that are neither digits nor numerals which make a row a text.
_ENOUGH = 3


def mend(normal: Normal, terms: TermTable) -> Normal:
    """Return the normal text with known words made whole; most texts come back untouched."""
    if _GAP.search(normal.text) is None:
        return normal
    normal = without(normal, [*_rows(normal.text)])
    hits = [hit for hit in terms.find(_GAP.sub("", normal.text)) if _says_something(hit, terms)]
    return without(normal, [*_inside(normal.text, hits)]) if hits else normal


def _rows(text: str) -> Iterator[tuple[int, int]]:
    """Yield the marks of rows of single characters."""
    for row in _ROW.finditer(text):
        if len(_LETTER.findall(row.group())) >= _ENOUGH:
            yield from ((at, at + 1) for at in range(row.start() + 1, row.end(), 2))


def _inside(text: str, hits: Sequence[Hit]) -> Iterator[tuple[int, int]]:
    """Yield the gaps that stand inside a word of blame or risk; `hits` are of the plain text."""
    dropped = 0
    words = iter(hits)
    first, last, _ = next(words)
    for gap in _GAP.finditer(text):
        start, end = gap.span()
        place = start - dropped
        dropped += end - start
        while last <= place:
            word = next(words, None)
            if word is None:
                return
            first, last, _ = word
        if first < place:
            yield start, end


def _says_something(hit: Hit, terms: TermTable) -> bool:
    term = terms.terms[hit[2]]
    return term.weight > 0 or bool(term.codes) or bool(term.triggers)
