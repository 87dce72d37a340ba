"""Normal form (归一化) of requirements A0, with an offset back to the original for every character.

NFKC, lower case, traditional to simplified, pinyin brackets and zero-width characters dropped,
gaps inside a word bridged; mojibake is marked, never repaired. Character by character on purpose:
phrase-wise conversion would change lengths and lose the offsets.
"""

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import compress

import numpy as np
import opencc

#: Stands for a character whose normal form is not exactly one character (slow path).
_ODD = "\udfff"
_ODDS = re.compile(_ODD)
_HAN = "\u4e00-\u9fff"
_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹ"
_LETTERS = f"a-zü{_TONED}"
#: A toneless syllable; stricter than A0's "any letters" so that 业主(wq), 物业(app) survive.
_SYLLABLE = (
    "(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ui|ao|ou|iu|ie|er|an|en|in|un"
    "|ia|ua|uo|ue|üe|a|o|e|i|u|ü)"
)
_WITH_TONE = f"(?=[{_LETTERS}]{{0,6}}[{_TONED}])[{_LETTERS}]{{1,7}}"
#: Begins with its bracket, so that texts without one are passed over.
_PINYIN = re.compile(
    rf"\((?:(?<=[{_HAN}]\()(?:{_WITH_TONE}|{_SYLLABLE})\)(?:\((?:{_WITH_TONE}|{_SYLLABLE})\))*"
    rf"|{_WITH_TONE}\)(?:\({_WITH_TONE}\))*(?![){_LETTERS}]))"  # must not close a new bracket
)
#: 维 权, 维*权: a gap counts as inside a word where one side is a lone character.
_GAP = re.compile(
    rf"(?<=[{_HAN}])(?: +| ?\* ?)(?=[{_HAN}](?![{_HAN}]))"
    rf"|(?<=(?<![{_HAN}])[{_HAN}])(?: +| ?\* ?)(?=[{_HAN}])"
)
_MOJIBAKE = re.compile(
    "\ufffd+"
    "|(?:锟斤拷)+|(?:烫烫){2,}|(?:屯屯){2,}"
    "|(?:[\u00c2-\u00f4][\u0080-\u00bf]){2,}"
    rf"|(?<=[{_HAN}])\?{{1,2}}[{_HAN}]{{2,8}}[a-z](?![a-z0-9])"
    rf"|\?[A-Z](?=[{_HAN}])"
)


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal text; `origin[i]` is the index in the original of its character i."""

    text: str
    origin: Sequence[int]
    #: Length of the original text.
    length: int

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch of the original that gave the normal characters [start, end)."""
        if start >= end:
            at = self.origin[start] if start < len(self.origin) else self.length
            return at, at
        return self.origin[start], self.origin[end - 1] + 1


def normalise(text: str) -> Normal:
    """Return the normal form of any text; never raises, idempotent on the text."""
    mapped = _mapped(text)
    origin: Sequence[int] = range(len(text))
    if _ODD in mapped:
        mapped, origin = _expand(text, mapped)
    if "(" in mapped:
        mapped, origin = _drop(_PINYIN, mapped, origin)
    if " " in mapped or "*" in mapped:
        mapped, origin = _drop(_GAP, mapped, origin)
    return Normal(mapped, origin, len(text))


def without(normal: Normal, spans: Sequence[tuple[int, int]]) -> Normal:
    """Return a normal text less some stretches, ordered and apart; offsets still lead back."""
    text, origin = _cut_out(spans, normal.text, normal.origin)
    return Normal(text, origin, normal.length)


def pinyin_brackets(text: str) -> int:
    """Count the injected pinyin brackets, as the acceptance lines of A0 count them."""
    mapped, _ = _expand(text, _mapped(text))
    return sum(match.group().count("(") for match in _PINYIN.finditer(mapped))


def mojibake(text: str) -> tuple[tuple[int, int], ...]:
    """Return the stretches of the original that are broken encoding (乱码); nothing is repaired."""
    return tuple(match.span() for match in _MOJIBAKE.finditer(text))


#: Odd characters whose form is kept; Chinese texts of a month use some 6,000 of all kinds.
_KEPT = 20_000
#: The form of every character by its code, filled as characters are met: 4 MB at most, of which
#: a page is only taken when used. No form is 0.
_FORMS = np.zeros(sys.maxunicode + 1, dtype=np.uint32)


def _mapped(text: str) -> str:
    """Return the text with every character in its form; _ODD where that is not one character."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    forms = _FORMS[codes]
    if not forms.all():
        for code in np.unique(codes[forms == 0]).tolist():
            form = _form(chr(code))
            _FORMS[code] = ord(form if len(form) == 1 else _ODD)
        forms = _FORMS[codes]
    return forms.tobytes().decode("utf-32-le", "surrogatepass")


@cache
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=_KEPT)
def _form(char: str) -> str:
    """Return the fixed point of one character under NFKC, lower case and simplification."""
    for _ in range(4):
        before = char
        char = "".join(_step(each) for each in char)
        if char == before:
            break
    return char


def _step(char: str) -> str:
    kind = unicodedata.category(char)
    if kind in _REPLACED:
        return "\n" if char in _BREAKS else " " if kind in _BLANKS else _REPLACED[kind]
    if kind in _UNKNOWN:
        return char
    if "\ufe00" <= char <= "\ufe0f":  # variation selectors
        return ""
    char = unicodedata.normalize("NFKC", char).lower()
    if len(char) == 1 and char >= "\u2e80":
        return str(_simplifier().convert(char))
    return char


#: Categories without a form of their own: unassigned, private use.
_UNKNOWN = ("Cn", "Co")
#: By Unicode category: lone surrogates, formatting (zero width), separators, controls.
_REPLACED = {"Cs": "\ufffd", "Cf": "", "Zs": " ", "Zl": "\n", "Zp": "\n", "Cc": " "}
_BLANKS = ("Zs", "Cc")
_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"


def _expand(text: str, mapped: str) -> tuple[str, Sequence[int]]:
    """Put in the forms of odd characters, which are not one character long."""
    parts: list[str] = []
    origin: list[int] = []
    last = 0
    for match in _ODDS.finditer(mapped):
        at = match.start()
        form = _form(text[at])
        parts += mapped[last:at], form
        origin += range(last, at)
        origin += [at] * len(form)
        last = at + 1
    parts.append(mapped[last:])
    origin += range(last, len(text))
    return "".join(parts), origin


def _drop(pattern: re.Pattern[str], text: str, origin: Sequence[int]) -> tuple[str, Sequence[int]]:
    """Delete the matches, keeping the offsets of what stays."""
    return _cut_out([match.span() for match in pattern.finditer(text)], text, origin)


def _cut_out(
    spans: Sequence[tuple[int, int]], text: str, origin: Sequence[int]
) -> tuple[str, Sequence[int]]:
    if not spans:
        return text, origin
    kept: list[str] = []
    stays = bytearray(b"\1") * len(text)
    last = 0
    for start, end in spans:
        kept.append(text[last:start])
        stays[start:end] = bytes(end - start)
        last = end
    kept.append(text[last:])
    return "".join(kept), list(compress(origin, stays))
