"""Subjects (监测对象) found by name and alias; places as candidates where none are given.

An ambiguous alias, and one shared by two subjects, counts only beside a context word.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import daachorse

from domain.source import Subject
from nlp.normal import normalise
from nlp.terms import automaton, cuts_ascii


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A subject found in a normal text."""

    subject: str
    alias: str
    start: int
    end: int
    score: float
    via: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One reading of a name: whose it is and what must stand beside it."""

    subject: str
    word: str
    full: bool
    #: Empty = needs no context.
    context: tuple[str, ...]
    needs_context: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasTable:
    """All names compiled; `readings[i]` are the subjects the i-th name may mean."""

    automaton: daachorse.CharwiseDoubleArrayAhoCorasick | None
    readings: tuple[tuple[Alias, ...], ...]

    @property
    def empty(self) -> bool:
        """Whether no subject is watched at all: then places become candidates."""
        return self.automaton is None


def build_aliases(subjects: Sequence[Subject]) -> AliasTable:
    """Compile names and aliases of the subjects."""
    readings: dict[str, list[Alias]] = {}
    owners = Counter(form for subject in subjects for form in {form for form, _ in _names(subject)})
    for subject in subjects:
        ambiguous = {normalise(each).text for each in subject.ambiguous}
        context = tuple(
            form
            for each in (*subject.context, subject.city or "")
            if (form := normalise(each).text)
        )
        for form, full in _names(subject):
            entry = Alias(
                subject=subject.key,
                word=form,
                full=full,
                context=context,
                needs_context=form in ambiguous or owners[form] > 1,
            )
            readings.setdefault(form, []).append(entry)
    words = sorted(readings)
    return AliasTable(
        automaton=automaton(words) if words else None,
        readings=tuple(tuple(readings[word]) for word in words),
    )


def find_subjects(text: str, table: AliasTable) -> list[Found]:
    """Return every certain naming of a subject in a normal text, in order of place."""
    if table.automaton is None:
        return []
    hits = table.automaton.find(text)
    if not hits:
        return []
    sure = {
        alias.subject
        for _, _, index in hits
        for alias in table.readings[index]
        if not alias.needs_context
    }
    found = []
    for start, end, index in hits:
        if cuts_ascii(text, (start, end, index)):
            continue
        for alias in table.readings[index]:
            if alias.needs_context and not _backed(alias, text, sure):
                continue
            score = 0.7 if alias.needs_context else 1.0 if alias.full else 0.9
            found.append(
                Found(subject=alias.subject, alias=alias.word, start=start, end=end, score=score)
            )
    return found


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
                via="candidate",
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


def _names(subject: Subject) -> list[tuple[str, bool]]:
    names = [(subject.name, True), *((alias, False) for alias in subject.aliases)]
    names += [(alias, False) for alias in subject.ambiguous]
    seen: dict[str, bool] = {}
    for name, full in names:
        form = normalise(name).text.strip()
        if form:
            seen.setdefault(form, full)
    return list(seen.items())


def _backed(alias: Alias, text: str, sure: set[str]) -> bool:
    return alias.subject in sure or any(word in text for word in alias.context)
