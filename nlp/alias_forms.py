"""Written forms (写法) of a subject's names: given ones, and those that can be derived safely.

What is derived never shadows what a person gave, and the riskier the form, the more must stand
beside it in the text. Pinyin comes from the order of GB2312's first level alone, which is sorted by
pinyin: characters of its second level give no initials (no dictionary is shipped).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

import rjieba

from domain.source import Subject, SubjectKind
from nlp.normal import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFacts:
    """The words that tell one name from another (config/homonyms.yml); empty = no guard by words.

    Every word stands in its normal form. `version` names the words in the analyser's version: sets
    have no order that a digest could be made of.
    """

    version: str = ""
    common: frozenset[str] = frozenset()
    masks: tuple[str, ...] = ()
    cities: frozenset[str] = frozenset()
    developers: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    place_tails: tuple[str, ...] = ()
    tails_not: tuple[str, ...] = ()
    letters: frozenset[str] = frozenset()
    housing: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    not_initials: frozenset[str] = frozenset()


class Kind(StrEnum):
    """How a form came about."""

    NAME = "name"
    FILING = "filing"
    PROMOTION = "promotion"
    ALIAS = "alias"
    ENTITY = "entity"
    PHASE = "phase"
    #: The name without separator, with another digit, or with the brand set off by a dot.
    VARIANT = "variant"
    #: The name without 花园, 小区 …, or without the brand before it.
    SHORT = "short"
    INITIALS = "initials"
    SOUND = "sound"


class Need(StrEnum):
    """What must stand beside a form before it counts."""

    NOTHING = "nothing"
    #: Some word of housing, or what CONTEXT asks for.
    HOUSING = "housing"
    #: City, developer, context word, implied board, or a sure name of the same subject.
    CONTEXT = "context"


#: How a person is told which form it was; the word in the text follows in quotes.
KIND_NAMES: dict[Kind, str] = {
    Kind.NAME: "名称", Kind.FILING: "备案名", Kind.PROMOTION: "推广名", Kind.ALIAS: "别名",
    Kind.ENTITY: "公司全称", Kind.PHASE: "分期名", Kind.VARIANT: "另一种写法", Kind.SHORT: "简写",
    Kind.INITIALS: "拼音缩写", Kind.SOUND: "谐音或错字",
}  # fmt: skip

#: Kinds nobody wrote down.
DERIVED = frozenset({Kind.PHASE, Kind.VARIANT, Kind.SHORT, Kind.INITIALS, Kind.SOUND})

#: Kinds of subject that are places: an estate's name may be a part of another's.
PLACES = frozenset({SubjectKind.PROJECT, SubjectKind.COMPETITOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write one name of a subject, in normal form."""

    word: str
    kind: Kind
    need: Need
    #: The given name it stands for, in normal form.
    name: str


@lru_cache(maxsize=1 << 15)
def plain(word: str | None) -> str:
    """Return a name in normal form; cached, since every name is read several times a build."""
    return normalise(word).text.strip() if word else ""


def forms_of(subject: Subject, brands: Iterable[str], facts: NameFacts) -> list[Form]:
    """Return the forms of a subject, given ones first; a word stands once, by its first form."""
    given = list(_given(subject, facts))
    derived = [
        each for form in given if form.need is Need.NOTHING
        for each in _derived(subject, form, tuple(brands), facts)
    ]  # fmt: skip
    seen: dict[str, Form] = {}
    for form in (*given, *derived):
        seen.setdefault(form.word, form)
    return list(seen.values())


def _given(subject: Subject, facts: NameFacts) -> Iterator[Form]:
    unsure = {plain(word) for word in subject.ambiguous}
    entity = subject.legal_entity if subject.kind is SubjectKind.GROUP else None
    named = [
        (subject.name, Kind.NAME), (subject.filing_name, Kind.FILING),
        (subject.promotion_name, Kind.PROMOTION), (entity, Kind.ENTITY),
        *((word, Kind.ALIAS) for word in (*subject.aliases, *subject.ambiguous)),
    ]  # fmt: skip
    for word, kind in named:
        form = plain(word)
        if form:
            sure = form not in unsure and form not in facts.common and len(form) > 1
            yield Form(word=form, kind=kind, need=Need.NOTHING if sure else Need.CONTEXT, name=form)
    for word in subject.phases:
        form = plain(word)
        if len(form) >= 3 and not _NUMBERED.search(form):
            yield Form(word=form, kind=Kind.PHASE, need=Need.CONTEXT, name=form)


def _derived(
    subject: Subject, form: Form, brands: tuple[str, ...], facts: NameFacts
) -> Iterator[Form]:
    def made(word: str, kind: Kind, need: Need) -> Form:
        return Form(word=word, kind=kind, need=need, name=form.word)

    for word in _variants(form.word, brands):
        yield made(word, Kind.VARIANT, Need.NOTHING)
    if subject.kind not in PLACES:
        return
    shorter = list(dict.fromkeys(_shorter(subject, form.word, brands, facts)))
    for word in shorter:
        yield made(word, Kind.SHORT, Need.HOUSING)
        for variant in _digits(word):
            yield made(variant, Kind.SHORT, Need.HOUSING)
    if form.kind in (Kind.NAME, Kind.PROMOTION):
        for word in (_SEPARATOR.sub("", form.word), *shorter):
            letters = initials(word)
            if len(letters) >= 4 and letters not in facts.not_initials:
                yield made(letters, Kind.INITIALS, Need.HOUSING)
    for word in _misheard(form.word, facts):
        yield made(word, Kind.SOUND, Need.NOTHING)


def _variants(word: str, brands: tuple[str, ...]) -> Iterator[str]:
    """Yield what is the same name to any reader: 云麓·望江府 = 云麓望江府, 一期 = 1期 = 壹期."""
    joined = _SEPARATOR.sub("", word)
    if joined != word and len(joined) >= 2:
        yield joined
        yield from (_SEPARATOR.sub(mark, word) for mark in "·・-" if mark not in word)
    for brand in brands:
        if joined.startswith(brand) and len(joined) - len(brand) >= 2:
            yield f"{brand}·{joined[len(brand) :]}"
    for form in dict.fromkeys((word, joined)):
        yield from _digits(form)


def _digits(word: str) -> Iterator[str]:
    match = _COUNTED.search(word)
    if match is None:
        return
    for row in _DIGITS:
        if match[1] in row:
            start, end = match.span(1)
            yield from (word[:start] + each + word[end:] for each in row if each != match[1])


def _shorter(
    subject: Subject, word: str, brands: tuple[str, ...], facts: NameFacts
) -> Iterator[str]:
    """Yield the cores a reader still knows: three characters and no common word at least."""
    parts = _SEPARATOR.split(word)
    whole = "".join(parts)
    cores = [parts[-1]] if len(parts) > 1 else []
    city = plain(subject.city).removesuffix("市")
    cores += [
        whole[len(before) :] for before in (*brands, city) if before and whole.startswith(before)
    ]
    for core in (whole, *cores):
        suffix = next((each for each in facts.suffixes if core.endswith(each)), "")
        if suffix:
            cores.append(core[: -len(suffix)])
    for core in cores:
        if len(core) >= 3 and _HAN.fullmatch(core) and not _common(core, facts):
            yield core


def _common(core: str, facts: NameFacts) -> bool:
    return (
        core in facts.common or core in facts.cities or core in facts.developers
        or rjieba.has_word(core) or _NUMBERED.fullmatch(core) is not None
        or any(
            core.endswith(suffix) and core[: -len(suffix)] in facts.common
            for suffix in facts.suffixes
        )
    )  # fmt: skip


def _misheard(word: str, facts: NameFacts) -> Iterator[str]:
    """Yield the name with one character exchanged for one that sounds the same."""
    if len(word) < 4 or not _HAN.fullmatch(word):
        return
    for at, char in enumerate(word):
        for row in facts.sounds:
            if char in row:
                yield from (word[:at] + each + word[at + 1 :] for each in row if each != char)


def initials(word: str) -> str:
    """Return the pinyin initials of a word, "" where one character's reading is not known."""
    letters = []
    for char in word:
        letter = _initial(char)
        if not letter:
            return ""
        letters.append(letter)
    return "".join(letters)


@cache
def _initial(char: str) -> str:
    try:
        code = char.encode("gb2312")
    except UnicodeEncodeError:
        return ""
    number = int.from_bytes(code, "big")
    if not 0xB0A1 <= number <= 0xD7F9:
        return ""
    return next(letter for letter, first in _FIRST if number >= first)


#: First code of each initial in the first level of GB2312, last one first.
_FIRST = tuple(reversed((
    ("a", 0xB0A1), ("b", 0xB0C5), ("c", 0xB2C1), ("d", 0xB4EE), ("e", 0xB6EA), ("f", 0xB7A2),
    ("g", 0xB8C1), ("h", 0xB9FE), ("j", 0xBBF7), ("k", 0xBFA6), ("l", 0xC0AC), ("m", 0xC2E8),
    ("n", 0xC4C3), ("o", 0xC5B6), ("p", 0xC5BE), ("q", 0xC6DA), ("r", 0xC8BB), ("s", 0xC8F6),
    ("t", 0xCBFA), ("w", 0xCDDA), ("x", 0xCEF4), ("y", 0xD1B9), ("z", 0xD4D1),
)))  # fmt: skip
_SEPARATOR = re.compile(r"[·・•‧.\-—_\s|/]+")
_HAN = re.compile("[\u4e00-\u9fff]+")
_DIGITS = ("一壹1", "二贰2", "三叁3", "四肆4", "五伍5", "六陆6", "七柒7", "八捌8", "九玖9")
_NUMBER = "一二三四五六七八九壹贰叁肆伍陆柒捌玖1-9"
_COUNTED = re.compile(f"([{_NUMBER}])(?=[期号])")
_NUMBERED = re.compile(rf"第?[{_NUMBER}十0]+(?:期|号|栋|幢|座|号楼|号院|标段|地块)")
