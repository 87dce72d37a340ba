"""Homes (房号) in nicknames, addresses and texts: 3-2-1501, 3栋2单元1501-张, 三栋一五零一."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from string import ascii_letters

#: Phase, building, unit and room; "" where it is not said.
Home = tuple[str, str, str, str]

#: 3-2-1501, 3#2-1501, 3栋2单元1501室, 3-1501; an optional phase in front.
_HOUSE = re.compile(
    r"(?<![\dA-Za-z])(?:(?P<phase>[一二三四五六七八九十\d]{1,2})期[-—_ ]?)?"
    r"(?P<building>[A-Za-z]?\d{1,3}|[A-Za-z](?=座|栋|幢|号楼))(?P<said>(?:栋|幢|号楼|座|#)[-—_]?|[-—_])\s?"
    r"(?:(?P<unit>\d{1,2})(?P<unit_said>单元|-|—|_)\s?)?"
    r"(?P<room>\d{3,4})(?P<room_said>室|号|房)?(?!\d|[-—_](?=\d)|[年月日:：])"
)
_DIGITS = {word: str(n) for n, word in enumerate("一二三四五六七八九十", start=1)}
_ONE_BY_ONE = str.maketrans("〇○零幺一二三四五六七八九", "0001123456789")
_HAN = "〇○零幺一二三四五六七八九"
#: 十二号楼, 三栋, 二单元: a number as counted.
_COUNTED = re.compile(
    r"(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]{1,2})"
    r"(?=栋|幢|号楼|座|#|单元)"
)
#: 一五零一 behind a building, staircase or floor: a number said digit by digit.
_SAID = re.compile(rf"(?<=[栋幢座楼元层#\-—_ ])[{_HAN}]{{3,4}}(?![{_HAN}十百千万层楼栋座]|单元)")
#: The floor between building and room (3栋15楼1501) says nothing new.
_FLOOR = re.compile(r"(?<=[栋幢座楼元])\d{1,2}[楼层](?=\d{3,4})")
#: Numbers people play with; as a bare "13-14-520" they are no address.
_PLAYFUL = {"520", "521", "1314", "1413", "666", "888", "999"}
#: What makes the last number a size, a price, a class or a bus and not a room.
_OTHER = re.compile(r"\s*(?:平|㎡|m2|万|元|块|斤|岁|人|级|班|届|天|路|度|分|%|％|米|kg)")


def household_of(text: str) -> Home | None:
    """Return (phase, building, unit, room) of a text that is meant to state a home, else None."""
    found = _HOUSE.search(_in_digits(text))
    return None if found is None else _home(found)


def home_said(room: str) -> Home | None:
    """Return the home a stretch names that is one room from end to end, else None."""
    digits = _in_digits(room)
    found = _HOUSE.match(digits)
    return _home(found) if found and digits[found.end() :].strip("室户房号") == "" else None


@lru_cache(maxsize=4096)
def home_in_name(nickname: str) -> Home | None:
    """Return the home a group nickname states; None where it may be a date, a price or a joke."""
    nickname = _in_digits(nickname)
    found = _HOUSE.search(nickname)
    if found is None or not (_is_said(found) or _is_likely(found, nickname)):
        return None
    return _home(found)


def voices(
    said: Iterable[tuple[str, str | None, str | None]],
) -> list[tuple[str, str | None]]:
    """Return of each (site, author, home), in order, the voice it is: (site, home or author).

    An author counts on a site as the home he named first, in whatever form he names one later;
    without an author each home counts for itself, without both it is nobody: None (A12).
    """
    heard = list(said)
    homes: dict[tuple[str, str], str] = {}
    for site, author, home in heard:
        if author and home:
            homes.setdefault((site, author), home)
    return [
        (site, (homes.get((site, author)) if author else home) or author)
        for site, author, home in heard
    ]


def households(said: Iterable[tuple[str, str | None, str | None]]) -> int:
    """Return how many homes are behind (site, author, home), one an author on a site (A12)."""
    heard = list(said)
    homes = {home for _, _, home in heard if home}
    return len({voice for _, voice in voices(heard) if voice in homes})


def _in_digits(text: str) -> str:
    """Return the numerals of buildings, staircases and rooms as digits."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = _SAID.sub(lambda said: said[0].translate(_ONE_BY_ONE), text)
        text = _COUNTED.sub(lambda said: _number(said[0]), text)
    return _FLOOR.sub("", text)


def _number(counted: str) -> str:
    """Return 十二 as "12", 二十 as "20", 一二 as "12"."""
    tens, ten, ones = counted.partition("十")
    if not ten:
        return counted.translate(_ONE_BY_ONE)
    return str(int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(ones, "0")))


def _home(found: re.Match[str]) -> Home:
    phase = found["phase"] or ""
    return (
        _DIGITS.get(phase, phase), found["building"].upper().lstrip("0"),
        (found["unit"] or "").lstrip("0"), found["room"],
    )  # fmt: skip


def _is_said(found: re.Match[str]) -> bool:
    """Whether a word (栋, 单元, 室, 期 …) says that it is a home."""
    words = found["phase"], found["said"].strip("-—_"), found["room_said"]
    return any(words) or found["unit_said"] == "单元"


def _is_likely(found: re.Match[str], nickname: str) -> bool:
    """Whether bare numbers look like building, unit and room: floor and door in the last one."""
    building, unit, room = found["building"], found["unit"], found["room"]
    digits = building.lstrip(ascii_letters)
    floor, door = divmod(int(room), 100)
    return (
        0 < int(digits) < 100
        and len(digits) < 3
        and (unit is None or 0 < int(unit) <= 12)
        and 0 < floor <= 60
        and 0 < door <= 20
        and room not in _PLAYFUL
        and _OTHER.match(nickname, found.end()) is None
    )
