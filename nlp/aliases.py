"""Subjects (监测对象) found by name in every written form; places as candidates without subjects.

A name counts by itself only if it is nobody else's; what is doubtful needs city, developer, context
words, the implied board, or a sure name of the same subject, and is left undecided where two
subjects have equal claims (nlp.alias_guard).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import daachorse

from domain.source import Subject
from nlp.alias_choice import CROWD, Place, Reading, by_evidence, choose, in_crowd, place_of
from nlp.alias_forms import DERIVED, KIND_NAMES, Form, Kind, NameFacts, Need, forms_of
from nlp.alias_world import Owner, World, build_owner, build_world
from nlp.terms import automaton

_NO_FACTS = NameFacts()

#: How a place was found that nobody watches.
CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A subject found in a normal text; `name` is the given name that the form stands for."""

    subject: str
    alias: str
    start: int
    end: int
    score: float
    via: str = "text"
    kind: Kind = Kind.NAME
    name: str = ""

    @property
    def said(self) -> str:
        """Which form it was, for people: 别名“云岭湾”, 拼音缩写“ylwhy”（云岭湾花园）."""
        whole = f"（{self.name}）" if self.name not in ("", self.alias) else ""
        return f"{KIND_NAMES[self.kind]}“{self.alias}”{whole}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasTable:
    """All forms compiled; `readings[i]` are the subjects the i-th may mean, none for a mask."""

    automaton: daachorse.CharwiseDoubleArrayAhoCorasick | None
    readings: tuple[tuple[Reading, ...], ...]
    #: Names of many subjects (花园): what must stand near → its readings; nobody asks all.
    crowds: Mapping[int, Mapping[str, tuple[Reading, ...]]]
    world: World

    @property
    def empty(self) -> bool:
        """Whether no subject is watched at all: then places become candidates."""
        return self.automaton is None


def build_aliases(subjects: Sequence[Subject], names: NameFacts = _NO_FACTS) -> AliasTable:
    """Compile every form of every name; `names` are the words of config/homonyms.yml."""
    world = build_world(subjects, names)
    given: dict[str, list[Reading]] = {}
    derived: dict[str, list[Reading]] = {}
    for subject in subjects:
        owner = build_owner(subject, world)
        for form in forms_of(subject, sorted(owner.brands), names):
            table = derived if form.kind in DERIVED else given
            table.setdefault(form.word, []).append(_reading(owner, form))
    for word, found in derived.items():
        if word not in given:
            given[word] = [_doubtful(each) for each in found] if len(found) > 1 else found
    masks = [word for word in names.masks if word not in given] if given else []
    words = sorted([*given, *masks])
    return AliasTable(
        automaton=automaton(words) if words else None,
        readings=tuple(tuple(given.get(word, ())) for word in words),
        crowds={
            at: by_evidence(given[word])
            for at, word in enumerate(words) if len(given.get(word, ())) > CROWD
        },
        world=world,
    )  # fmt: skip


def _reading(owner: Owner, form: Form) -> Reading:
    score = 0.7 if form.need is Need.CONTEXT else _SCORES.get(form.kind, 0.9)
    return Reading(owner=owner, form=form, need=form.need, score=score)


def _doubtful(reading: Reading) -> Reading:
    return Reading(owner=reading.owner, form=reading.form, need=Need.CONTEXT, score=0.7)


def find_subjects(text: str, table: AliasTable, implied: Collection[str] = ()) -> list[Found]:
    """Return every certain naming of a subject in a normal text, in order of place.

    `implied` are the keys of the subjects that board, group or record say the text is about.
    """
    if table.automaton is None:
        return []
    hits = table.automaton.find(text)[:_MOST]
    if not hits:
        return []
    places = [
        place for hit in hits if hit[2] not in table.crowds
        if (place := place_of(text, hit, table.readings[hit[2]], table.world)) is not None
    ]  # fmt: skip
    sure = {place.readings[0].owner.key for place in places if place.plain}
    chosen: dict[int, Found] = {}
    for doubtful in (False, True):
        now = [place for place in places if place.doubtful is doubtful]
        if doubtful:
            asked = {*sure, *implied}
            now += [
                place for hit in hits if hit[2] in table.crowds
                if (place := in_crowd(text, hit, table.crowds[hit[2]], asked, table.world))
            ]  # fmt: skip
        for place in now:
            reading = choose(text, place, sure, implied, table.world)
            if reading is not None:
                chosen[place.start] = _found(place, reading)
        sure |= {each.subject for each in chosen.values()}
    return [chosen[start] for start in sorted(chosen)]


def _found(place: Place, reading: Reading) -> Found:
    return Found(
        subject=reading.owner.key,
        alias=reading.form.word,
        start=place.start,
        end=place.end,
        score=reading.score,
        via=_VIA.get(reading.form.kind, "text"),
        kind=reading.form.kind,
        name=reading.form.name,
    )


#: Namings looked at in one text; no post has more, and a hostile one must not cost more.
_MOST = 1_000
_SCORES = {Kind.NAME: 1.0, Kind.SHORT: 0.75, Kind.SOUND: 0.75, Kind.INITIALS: 0.7}
#: Codes of `Mention.via`; dashboard.words.VIA says them in Chinese.
_VIA = {Kind.SHORT: "short", Kind.INITIALS: "initials", Kind.SOUND: "sound"}


def find_candidates(text: str) -> list[Found]:
    """Return places that look like estates; used only where no subjects are given."""
    found: list[Found] = []
    for match in _ESTATE.finditer(text):
        if found and found[-1].end == match.start():
            continue  # 澄湖之城 + 小区: one place
        core = _core(text[max(0, match.start() - 10) : match.start()])
        if len(core) < 2 or _VAGUE.search(core):
            continue
        suffix = match.group()
        name = core if suffix == "小区" and len(core) >= 3 else core + suffix
        start = match.start() - len(core)
        found.append(
            Found(
                subject=name,
                alias=name,
                start=start,
                end=match.end(),
                score=0.5,
                via=CANDIDATE,
            )
        )
    return found


def _core(before: str) -> str:
    """Return the part of what stands before a suffix that can belong to the name."""
    tail = _NAME_TAIL.search(before)
    core = tail.group() if tail else ""
    rest = core[_last_cut(core) :]
    return _LEAD.sub("", rest)


def _last_cut(core: str) -> int:
    return max((match.end() for match in _CUT.finditer(core)), default=0)


_HAN = "\u4e00-\u9fff"
_ESTATE = re.compile(
    "小区|花园|家园|公馆|华府|铭邸|名邸|华庭|豪庭|雅苑|嘉园|国际城|新城|山庄|公寓|名城|御府|学府"
    "|[城苑府园庭郡轩邸湾里居](?=小区|业主|楼盘|[一二三四五六0-9]期|[a-z]?[0-9]+[栋号幢]"
    "|物业|项目|开发商|交房|的?房子)"
)
_NAME_TAIL = re.compile(rf"[{_HAN}a-z0-9·]+$")
#: What stands before the name of a place: administrative parts, verbs, particles.
_CUT = re.compile(
    r"[省市区县镇乡路街道]|街道|社区|大道|[的在是于了买和与及有请求对到从由为给被让这该本各每某号旁近住把将称叫至]"
    r"|我们?|投诉|反映|举报|咨询|关于|位于|购买|附近|周边|对面|小区|开发|楼盘|问题|领导|业主|书记|尊敬"
    r"|进入|进出|出进|影响|导致|目前|地处|侵占|平息|体谅|帮助|保障|停放|前往|然后|因此|才能|只能|尽管|只要"
    r"|同时|另外|此外|解决|推进|属于|居住|入住|代表|督促|围绕|方便|需要|希望|建设|物业|保安"
)
_LEAD = re.compile(r"^[a-z]?\d+[#号栋]?|^[a-z]\d*(?=[\u4e00-\u9fff])|^[·线站口]")
_VAGUE = re.compile(
    r"老旧|住宅|安置|商住|整个|全|居民|新建|多个|封闭|我|你|他|个|些|什么|哪|不|没|农村|高档|普通|其他|其它|许多|很多|大学|中学|公租|廉租|经适|开放|时代新"
    r"|^[一二三四五六七八九十两几数\d]"
)
