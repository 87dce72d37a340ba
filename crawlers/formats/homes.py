"""Homes (房号) in nicknames and addresses: 3-2-1501, 3栋2单元1501-张, 二期5号楼801."""

import re
from functools import lru_cache
from string import ascii_letters

Home = tuple[str, str, str, str]

#: 3-2-1501, 3#2-1501, 3栋2单元1501室, 3-1501; an optional phase in front.
_HOUSE = re.compile(
    r"(?<!\d)(?:(?P<phase>[一二三四五六七八九十\d]{1,2})期[-—_ ]?)?"
    r"(?P<building>[A-Za-z]?\d{1,3})(?P<said>(?:栋|幢|号楼|座|#)[-—_]?|[-—_])\s?"
    r"(?:(?P<unit>\d{1,2})(?P<unit_said>单元|-|—|_)\s?)?"
    r"(?P<room>\d{3,4})(?P<room_said>室|号|房)?(?!\d|[-—_](?=\d)|[年月日:：])"
)
_DIGITS = {word: str(n) for n, word in enumerate("一二三四五六七八九十", start=1)}
#: Numbers people play with; as a bare "13-14-520" they are no address.
_PLAYFUL = {"520", "521", "1314", "1413", "666", "888", "999"}
#: What makes the last number a size, a price, a class or a bus and not a room.
_OTHER = re.compile(r"\s*(?:平|㎡|m2|万|元|块|斤|岁|人|级|班|届|天|路|度|分|%|％|米|kg)")


def household_of(text: str) -> Home | None:
    """Return (phase, building, unit, room) of a text that is meant to state a home, else None."""
    found = _HOUSE.search(text)
    return None if found is None else _home(found)


@lru_cache(maxsize=4096)
def home_in_name(nickname: str) -> Home | None:
    """Return the home a group nickname states; None where it may be a date, a price or a joke."""
    found = _HOUSE.search(nickname)
    if found is None or not (_is_said(found) or _is_likely(found, nickname)):
        return None
    return _home(found)


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
