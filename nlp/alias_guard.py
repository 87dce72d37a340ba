"""Homonym guard (同名辨别): what stands around a name says whether it is this subject's.

City and developer before it, the rest of a longer name on either side, and the words that a
doubtful name needs. Looks at a bounded stretch about each hit, so its cost is linear in the hits.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import rjieba

from domain.source import SubjectKind
from nlp.alias_world import Owner, World, phase_of
from nlp.terms import cuts_ascii

#: Characters around a name in which its context words may stand; the head of a text always counts.
WINDOW, HEAD = 80, 60
#: Characters of one clause in which a city before the name still belongs to it.
_CLAUSE = 14
#: Strength of the grounds, strongest first: written before the name, its phase, its city in the
#: same clause, the board, a sure name, developer or context word near, city near.
CITY_BEFORE, PHASE, CITY, IMPLIED, SURE, SPOKEN_FOR, NEAR_CITY = 4.0, 3.5, 3.0, 2.5, 2.0, 1.5, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What stands before a name and belongs to it."""

    cities: frozenset[str]
    brands: frozenset[str]
    words: frozenset[str]
    #: The name goes on to the left: 海棠 in 海棠翡翠湾.
    longer: bool


def left_of(text: str, start: int, world: World) -> Left:
    """Read backwards from a name over city, district, developer and joints."""
    found: list[str] = []
    at, loose = start, False
    for _ in range(6):
        before = text[max(0, at - 8) : at]
        if joint := _JOINT.search(before):
            at, loose = at - len(joint.group()), True
        elif word := _known(before, world):
            found.append(word if word in world.brands else word.removesuffix("市"))
            at, loose = at - len(word), True
        elif district := _DISTRICT.search(before):
            at, loose = at - len(district.group()), True
        else:
            break
    longer = not loose and _goes_on(text[max(0, at - 8) : at], world)
    unknown = _UNKNOWN_CITY.search(text[max(0, at - 4) : at])
    brands = frozenset(word for word in found if word in world.brands)
    cities = frozenset(word for word in found if word in world.cities) - brands
    return Left(
        cities=cities | {unknown[1]} if unknown else cities,
        brands=brands,
        words=frozenset(found),
        longer=longer and not unknown,
    )


def _known(before: str, world: World) -> str:
    """Return the longest city or developer that ends here."""
    for size in range(min(8, len(before)), 1, -1):
        word = before[-size:]
        if word in world.brands or word in world.words or word.removesuffix("市") in world.cities:
            return word
    return ""


def _goes_on(before: str, world: World) -> bool:
    """Whether a noun of name-like characters is glued to the left: 海棠翡翠湾, not 业主翡翠湾."""
    run = _HAN_TAIL.search(before)
    if run is None or not world.facts.letters.issuperset(run.group()[-1]):
        return False
    word, tag = rjieba.tag(run.group())[-1]
    if len(word) == 1:
        return word in _PREFIXES
    return tag in _NAMING and world.facts.letters.issuperset(word)


def named_other(left: Left, owner: Owner, world: World) -> bool:
    """Whether what stands before is another subject's name: 翡翠湾花园 is no garden of ours."""
    named = (left.words & world.names) - owner.brands
    return bool(named) and not named & owner.names


def goes_on(text: str, end: int, world: World) -> bool:
    """Whether a noun of name-like characters is glued to the right: 东方水岸明珠."""
    run = _HAN_HEAD.match(text, end, end + 4)
    if run is None or not world.facts.letters.issuperset(run.group()[:2]):
        return False
    word, tag = rjieba.tag(run.group())[0]
    return len(word) > 1 and tag in _NAMING and world.facts.letters.issuperset(word)


def foreign(left: Left, owner: Owner, world: World) -> bool:
    """Whether city or developer before the name are another's."""
    if left.cities and owner.cities and not left.cities & owner.cities:
        return True
    if not left.brands or not owner.place or left.brands & owner.brands:
        return False
    return owner.branded or bool(left.brands & world.rivals)


def another_name(text: str, start: int, end: int, owner: Owner, left: Left, world: World) -> bool:
    """Whether the name is only a part of a longer one, or of a road, school or hotel."""
    if owner.kind in (SubjectKind.POLICY, SubjectKind.OFFICE):
        return False
    after = text[end : end + 6]
    if text[end - 1] == "号" and after[:1] in _NUMBERED:
        return True
    if not after.startswith(world.facts.tails_not):
        if world.place_tails.match(after):
            return True
        if owner.place and world.tails.match(after):
            return True
    if owner.place and left.longer:
        return True
    return end - start <= 2 and _torn(text, start, end)


def _torn(text: str, start: int, end: int) -> bool:
    """Whether a short name only arises where two words meet: 恒大 in 永恒大爱."""
    first = max(0, start - 4)
    at, crossed = first, 0
    for word in rjieba.cut(text[first : end + 4], False):
        after = at + len(word)
        if at < start < after < end or start < at < end < after:
            crossed += 1
        if (at < start and after >= end) or (at <= start and after > end):
            return True
        at = after
    return crossed > 1


def strength(  # noqa: PLR0911 - one line a ground, strongest first
    text: str, start: int, end: int, owner: Owner, left: Left, sure: Collection[str],
    implied: Collection[str], world: World,
) -> float:  # fmt: skip
    """Return how strongly the text says that this name is this subject's; 0 = not at all."""
    if left.cities & owner.cities or left.words & owner.brands:
        return CITY_BEFORE
    if owner.phases and phase_of(text[end : end + 5].lstrip("·- ")) in owner.phases:
        return PHASE
    clause = _clause_before(text, start)
    if any(_stands(clause, city, world) for city in owner.cities):
        return CITY
    if owner.key in implied:
        return IMPLIED
    if owner.key in sure:
        return SURE
    around = f"{text[max(0, start - WINDOW) : start]}\n{text[end : end + WINDOW]}"
    parts = (around, text[: min(HEAD, start)])
    if any(_stands(part, word, world) for word in owner.context for part in parts):
        return SPOKEN_FOR
    return NEAR_CITY * any(_stands(part, city, world) for city in owner.cities for part in parts)


def evidence_near(text: str, start: int, end: int, world: World) -> set[str]:
    """Return the cities, developers and context words of all subjects near a name."""
    if world.evidence is None:
        return set()
    parts = (text[max(0, start - WINDOW) : start], text[end : end + WINDOW], text[:HEAD])
    return {
        world.evidence_words[index]
        for part in parts for _, _, index in world.evidence.find_overlapping(part)
    }  # fmt: skip


def cuts_word(text: str, start: int, end: int) -> bool:
    """Whether an ASCII name is cut out of a longer word; mxbd2栋 is mxbd and its building."""
    if cuts_ascii(text, (start, end, 0)):
        run = _BUILDING.match(text, end) if text[end - 1].isalpha() else None
        return run is None or cuts_ascii(text[:end], (start, end, 0))
    return False


def housing_near(text: str, start: int, end: int, world: World) -> bool:
    """Whether a word of housing stands near the name; without facts nobody can tell: yes."""
    return (
        not world.facts.housing
        or world.housing.search(text, max(0, start - WINDOW), start) is not None
        or world.housing.search(text, end, end + WINDOW) is not None
    )


def elsewhere(text: str, start: int, end: int, owner: Owner, world: World) -> bool:
    """Whether the clause or the head of the text puts the name into another city."""
    if not owner.cities or not owner.place or any(c in text[start:end] for c in owner.cities):
        return False
    clause = _clause_before(text, start)
    head = _HEADED.match(text)
    named = _cities_in(clause, world)
    if head is not None:
        named |= _cities_in(head.group(), world)
    return bool(named) and not named & owner.cities


def _cities_in(part: str, world: World) -> set[str]:
    """Return the cities a part of the text names; not the 大理 of 大理石, nor a way there."""
    if len(part) < 2 or _MOVING.search(part):
        return set()
    found = {
        part[at : at + size]
        for size in (2, 3, 4)
        for at in range(len(part) - size + 1)
        if part[at : at + size] in world.cities and part[at + size : at + size + 1] not in _ROADS
    }
    if not found:
        return found
    longer = [word for word in rjieba.cut(part) if word.removesuffix("市") not in world.cities]
    return {city for city in found if not any(city in word for word in longer)}


def _clause_before(text: str, start: int) -> str:
    return _STOP.split(text[max(0, start - _CLAUSE) : start])[-1]


def _stands(part: str, word: str, world: World) -> bool:
    """Whether a word stands in a part of the text, not torn out of another city's name."""
    at = part.find(word)
    while at >= 0:
        if part[max(0, at - 1) : at + 1] not in world.cities:
            return True
        at = part.find(word, at + 1)
    return False


_HAN = "\u4e00-\u9fff"
_HAN_HEAD = re.compile(rf"[{_HAN}]+")
_HAN_TAIL = re.compile(rf"[{_HAN}]+$")
_JOINT = re.compile(
    r"(?:[的之·\s\"'“”‘’「」『』《》【】\[\]()<>#:-]|旗下|开发的?|打造的?|项目|楼盘|小区)+$"
)
_DISTRICT = re.compile(
    rf"(?:[{_HAN}]{{2}}(?:新区|开发区|区|县|镇|街道|大道|路)|新城|老城|城[东西南北]|高新|经开)$"
)
_UNKNOWN_CITY = re.compile(rf"([{_HAN}]{{2}})市$")
_STOP = re.compile(r"[,，。!?;；、\n和与跟及]")
#: 【杭州】…, 杭州：…, #杭州#
_HEADED = re.compile(rf"[\s\[【#(]*[{_HAN}]{{2,4}}(?=[\]】#):：|丨])")
_MOVING = re.compile("[从到去来回在离]|打工|上班|出差|工作|老家|户口")
_ROADS = frozenset("路街道人籍")
#: 云岭1号 + 楼 is a building, no estate.
_NUMBERED = frozenset("楼栋幢线门")
_PREFIXES = frozenset("新金碧翠大小东西南北龙凤御锦")
#: Tags of words that can begin an estate's name.
_NAMING = frozenset(
    {"n", "nr", "ns", "nt", "nz", "nrt", "nrfg", "x", "zg", "s", "i", "l", "j", "b", "ng", "g"}
)
_BUILDING = re.compile("[0-9]{1,3}[期栋幢号座#]")
