"""What is known beside the names (同名辨别的依据): cities, developers and words of each subject."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import daachorse

from domain.source import Subject, SubjectKind
from nlp.alias_forms import PLACES, NameFacts, plain

_GROUPS = frozenset(
    {SubjectKind.GROUP, SubjectKind.REGION, SubjectKind.BRAND, SubjectKind.PROPERTY}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What is known of a subject that a text may say beside its name."""

    key: str
    kind: SubjectKind
    cities: frozenset[str]
    #: Developer words: group names, core of the legal entity, context words.
    brands: frozenset[str]
    #: Every word that speaks for this subject, its city apart.
    context: tuple[str, ...]
    phases: frozenset[str]
    names: frozenset[str]
    #: Whether its developer is known well enough for another's name to speak against it.
    branded: bool

    @property
    def place(self) -> bool:
        """Whether it is an estate: only then can its name be part of another estate's."""
        return self.kind in PLACES


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All cities and developers known by name, and the compiled words of the facts."""

    cities: frozenset[str]
    brands: frozenset[str]
    #: Names and context words of all subjects: they end a name to the left, and speak for theirs.
    words: frozenset[str]
    #: The names alone.
    names: frozenset[str]
    #: Names of competitors: never ours, whatever is known of us.
    rivals: frozenset[str]
    #: Developer words of each group, region, brand and property service; a single group is first.
    groups: tuple[frozenset[str], ...]
    one_group: bool
    #: Finds what may speak for a subject: cities, developers, context words.
    evidence: daachorse.CharwiseDoubleArrayAhoCorasick | None
    evidence_words: tuple[str, ...]
    facts: NameFacts
    tails: re.Pattern[str]
    place_tails: re.Pattern[str]
    housing: re.Pattern[str]


def build_world(subjects: Sequence[Subject], facts: NameFacts) -> World:
    """Return the cities and developers of the facts and of all subjects."""
    cities = {_city(subject) for subject in subjects} - {""}
    known = cities | facts.cities
    cores = {_core_of(entity, known) for entity in {each.legal_entity or "" for each in subjects}}
    rivals = {
        word for subject in subjects if subject.kind is SubjectKind.COMPETITOR
        for word in _words(subject)
    }  # fmt: skip
    heads = [each for each in subjects if each.kind is SubjectKind.GROUP]
    rest = [each for each in subjects if each.kind in _GROUPS and each not in heads]
    groups = tuple(frozenset(_words(each)) for each in (*heads, *rest))
    entities = {plain(subject.legal_entity) for subject in subjects}
    contexts = {plain(word) for subject in subjects for word in subject.context}
    evidence = tuple(sorted(cities.union(cores, entities, contexts, *groups) - {""}))
    return World(
        cities=facts.cities | cities,
        brands=facts.developers.union(cores, rivals, *groups) - {""},
        words=frozenset(contexts.union(*map(_names, subjects)) - {""}),
        names=frozenset().union(*map(_names, subjects)),
        rivals=frozenset(rivals),
        groups=groups,
        one_group=len(heads) == 1,
        evidence=overlapping(evidence) if evidence else None,
        evidence_words=evidence,
        facts=facts,
        tails=_starting(facts.tails),
        place_tails=_starting(facts.place_tails),
        housing=re.compile("|".join(map(re.escape, facts.housing)) or r"(?!)"),
    )


def build_owner(subject: Subject, world: World) -> Owner:
    """Return what speaks for a subject; a single group in the table is everybody's developer."""
    said = " ".join(
        filter(None, (subject.name, subject.legal_entity, subject.filing_name, *subject.context))
    )
    mine: list[frozenset[str]] = []
    if subject.kind is not SubjectKind.COMPETITOR:
        mine = [words for words in world.groups if any(word in said for word in words)]
        mine += world.groups[:1] if world.one_group else ()
    context = {form for word in subject.context if (form := plain(word))}
    core = _core_of(subject.legal_entity or "", world.cities)
    brands = {core}.union(*mine) - {""}
    city = _city(subject)
    entity = plain(subject.legal_entity)
    return Owner(
        key=subject.key,
        kind=subject.kind,
        cities=frozenset({city} - {""}),
        brands=frozenset(brands | context),
        context=tuple(sorted((context | brands | {entity}) - {"", city})),
        phases=frozenset(filter(None, (phase_of(each) for each in subject.phases))),
        names=frozenset(_names(subject)),
        branded=bool(context or mine or core in world.facts.developers),
    )


def overlapping(words: Sequence[str]) -> daachorse.CharwiseDoubleArrayAhoCorasick:
    """Return a matcher of every occurrence, also one inside another."""
    return daachorse.CharwiseDoubleArrayAhoCorasick(list(words), daachorse.MATCH_KIND_STANDARD)


def _names(subject: Subject) -> set[str]:
    given = (subject.name, subject.filing_name, subject.promotion_name, *subject.aliases)
    return {form for form in map(plain, given) if len(form) > 1}


def _city(subject: Subject) -> str:
    return plain(subject.city).removesuffix("市")


def _words(subject: Subject) -> set[str]:
    """Return the sure names of a group or competitor as developer words."""
    names = (subject.name, *subject.aliases)
    forms = {plain(name) for name in names}
    return {core for form in forms for core in (form, _core_of(form, ())) if len(core) > 1}


def _core_of(entity: str, cities: Collection[str]) -> str:
    """Return 云麓 of 江城云麓置业有限公司; "" where nothing of two characters is left."""
    form = _COMPANY.sub("", _BRACKETS.sub("", plain(entity)))
    match = _PLACE.match(form)
    form = form[match.end() :] if match else form
    for size in (4, 3, 2):
        if form[:size] in cities and len(form) - size >= 2:
            form = form[size:].removeprefix("市")
            break
    return form if len(form) >= 2 else ""


def _starting(words: Sequence[str]) -> re.Pattern[str]:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)")


def phase_of(text: str) -> str:
    """Return 一期, 壹期, 第1期 as "1", "" where it is no numbered phase."""
    match = _PHASE.match(plain(text))
    return match[1].translate(_DIGITS) if match else ""


_HAN = "\u4e00-\u9fff"
_COMPANY = re.compile(
    "(?:房地产|地产|置业|开发|建设|投资|发展|实业|集团|控股|股份|有限|责任|公司|物业|服务|管理|企业|商业|运营|分)+$"
)
_BRACKETS = re.compile(r"\([^)]*\)")
_PLACE = re.compile(rf"[{_HAN}]{{2,3}}[省市](?=[{_HAN}]{{2}})")
_PHASE = re.compile("第?([一二三四五六七八九十壹贰叁1-9])期")
_DIGITS = str.maketrans("一二三四五六七八九壹贰叁", "123456789123")
