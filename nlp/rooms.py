"""Rooms (房号) in a text: 3栋2单元1501, 3-2-1501; found so that they can be keyed, never shown."""

import re

from nlp.spans import Span, overlaps

_N = r"[\da-d一二三四五六七八九十]{1,3}"
_ROOM = r"(?:\d{3,4}|[一二三四五六七八九十〇零]{3,4}+)"
_END = r"(?!\d|[元户人平年个万块m.%次天多]|\.\d)[室房户号]?"
#: 1501户 is a room where floor and door show it; 3栋108户联名 counts the households of a house.
_ONES = "[一二三四五六七八九]"
_DOOR = rf"(?:\d{{1,2}}(?:0[1-9]|1[0-2])|{_ONES}{{1,2}}[〇零]{_ONES})户(?![型均数])"
_TOGETHER = r"(?:\d{3}|[一二三四五六七八九〇零]{3})户(?:全|都|均|一致|集体|共同|联名|签)"
#: No room without three digits in a row: most texts are done here.
_GATE = re.compile(r"[\d一二三四五六七八九〇零]{3}")
_FULL = re.compile(
    r"[\da-d一二三四五六七八九十](?:"
    r"[\da-d一二三四五六七八九十]{0,2}(?:栋|幢|座|号楼|#楼?|楼(?!层)|号(?!线|地|口|院))[,\-/ ]?"
    rf"(?:{_N}(?:单元|-)[,\-/ ]?)?(?:\d{{1,2}}[楼层])?{_ROOM}{_END}"
    r"|[\da-d一二三四五六七八九十]{0,2}(?:栋|幢|座|号楼|#楼?)[,\-/ ]?"
    rf"(?:{_N}(?:单元|-)[,\-/ ]?(?:\d{{1,2}}[楼层])?|(?:\d{{1,2}}[楼层])?(?!{_TOGETHER})){_DOOR}"
    rf"|(?<=[\d一二三四五六])\d?单元[,\- ]?(?:\d{{1,2}}[楼层])?(?:{_ROOM}{_END}|{_DOOR})"
    r"|(?<=\d)\d?(?:0[1-9]|1[0-2])(?=业主|住户|房主|家的)"
    r"|(?<=\d)\d{0,2}-\d{1,2}-\d{3,4}(?![\d-])[室房户号]?"
    r"|(?<=\d)\d{2,3}(?:室|房(?![价款产屋贷源租企管子型])))"
)
_SHORT = re.compile(
    r"\d\d?-(?!(?:19|20)\d\d)\d{1,2}(?:0[1-9]|1[0-2])(?![\d\-/元户人平年个万块m%次天月日号:分点.a-z])[室房]?"
)


def find_rooms(text: str) -> list[Span]:
    """Return the spans of the rooms a normal text names, in order."""
    if _GATE.search(text) is None:
        return []
    found = [match.span() for match in _FULL.finditer(text) if _whole(text, match)]
    if "-" in text:
        short = [match.span() for match in _SHORT.finditer(text) if _whole(text, match)]
        found.extend([span for span in short if not overlaps(found, *span)])
        found.sort()
    return found


def _whole(text: str, match: re.Match[str]) -> bool:
    """Whether the match is not the tail of a longer number, date or code."""
    before = text[max(0, match.start() - 1) : match.start()]
    return not (before and before in "0123456789-/.第年月")
