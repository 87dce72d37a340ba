"""analyse(): the only entry; one text in, one Analysis out, in one readable order of stages.

Never raises on any text, costs linear time, and every span points into the original text.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.analysis import Analysis, Category, Fact, Label, Signal, TextIn
from domain.clock import shanghai_day
from domain.homes import Home
from domain.mask import mask, mask_room
from domain.post import SourceKind
from nlp.bayes import probability
from nlp.categories import find_categories
from nlp.counts import Count, find_counts
from nlp.explain import explain, told
from nlp.facts import NlpFacts
from nlp.mentions import Verdict, find_mentions
from nlp.names import NameTable
from nlp.own_home import own_home
from nlp.reading import Reading, Register, read, register_of
from nlp.rooms import find_rooms
from nlp.score import logit
from nlp.severity import severity
from nlp.signals import Raw, Scene, find_signals
from nlp.spans import Span as Stretch
from nlp.spans import overlaps
from nlp.stated import find_stated

#: Labels are for display; alerts use the number.
NEGATIVE_AT, POSITIVE_AT = 0.5, 0.12
#: Severity from which a concrete signal is our business whatever else the text names.
_GRAVE = 0.6
#: Texts and characters read at once: enough for numpy, little for memory.
_TEXTS, _CHARACTERS = 256, 200_000


def analyse_many(items: Iterable[TextIn], facts: NlpFacts, *, why: bool = True) -> list[Analysis]:
    """Analyse texts in order; each result depends on its own text alone."""
    return [
        analysis
        for part in _parts(items)
        for analysis in _analyse(read(part, facts), facts, asked=why)
    ]


def analyse(item: TextIn, facts: NlpFacts, *, why: bool = True) -> Analysis:
    """Say of one text what it complains of, about whom, how gravely, and why we think so."""
    return _analyse(read([item], facts), facts, asked=why)[0]


def _analyse(readings: Sequence[Reading], facts: NlpFacts, *, asked: bool) -> list[Analysis]:
    """Judge each reading; one stage for all before the next, so that its tables stay at hand."""
    registers = [register_of(each) for each in readings]
    rooms = [find_rooms(each.text) for each in readings]
    homes = [
        _home(*each) if each[2] else None for each in zip(readings, registers, rooms, strict=True)
    ]
    seen = [veiled(*each) for each in zip(readings, rooms, strict=True)]
    scores = [logit(*each, facts.model) for each in zip(seen, registers, strict=True)]
    counts = [_counted(*each) for each in zip(seen, rooms, strict=True)]
    signals = [find_raw_signals(*each, facts) for each in zip(seen, counts, strict=True)]
    stated = [
        _stated(*each, facts.names) for each in zip(seen, signals, rooms, counts, strict=True)
    ]
    graves = [
        severity(*each, facts)
        for each in zip(seen, registers, signals, counts, scores, strict=True)
    ]
    return [
        _analysis(Judged(*each), facts, asked=asked)
        for each in zip(seen, registers, homes, scores, signals, stated, graves, strict=True)
    ]


class Judged(NamedTuple):
    """What the stages say of one reading."""

    reading: Reading
    register: Register
    home: Home | None
    logit: float
    signals: list[Raw]
    facts: tuple[Fact, ...]
    severity: float


def _analysis(judged: Judged, facts: NlpFacts, *, asked: bool) -> Analysis:
    """Return what is told of one text."""
    reading, register, raw = judged.reading, judged.register, judged.signals
    why = explain(reading, register, facts.model) if asked else ()
    negativity, grave = probability(judged.logit), judged.severity
    alarming = grave >= _GRAVE and negativity >= NEGATIVE_AT and any(s.anchored for s in raw)
    categories = _with_signals(find_categories(reading.weighed, facts.terms), raw)
    whole = Verdict(
        negativity=negativity, severity=grave, codes=tuple(each.code for each in categories)
    )
    return Analysis(
        id=reading.item.id,
        negativity=round(negativity, 4),
        severity=round(grave, 4),
        logit=judged.logit,
        label=_label(negativity),
        relevant=_relevant(reading, register, categories, grave=alarming),
        noise=register.name if register.name in ("ad", "own") else None,
        categories=categories,
        mentions=find_mentions(reading, register, facts, whole),
        facts=judged.facts,
        signals=tuple(_signal(reading, each) for each in raw),
        why=why,
        reason=told(why, negativity) if asked else "",
        model=facts.version,
        home=judged.home,
    )


def _parts(items: Iterable[TextIn]) -> Iterator[list[TextIn]]:
    """Yield the texts in lots that are good to read at once."""
    part: list[TextIn] = []
    size = 0
    for item in items:
        part.append(item)
        size += len(item.text) + len(item.title)
        if len(part) >= _TEXTS or size >= _CHARACTERS:
            yield part
            part, size = [], 0
    if part:
        yield part


#: A signal says its category too, also where the words alone would not.
_SIGNAL_CODES = {
    "gathering": "K01", "media": "K02", "authority": "K03", "litigation": "K05", "casualty": "K19",
}  # fmt: skip
_SIGNAL_SCORE = 0.5


def _with_signals(categories: tuple[Category, ...], raw: Sequence[Raw]) -> tuple[Category, ...]:
    known = {category.code for category in categories}
    codes = [_SIGNAL_CODES[each.code] for each in raw if each.code in _SIGNAL_CODES]
    added = [code for code in dict.fromkeys(codes) if code not in known]
    return (*categories, *(Category(code=code, score=_SIGNAL_SCORE) for code in added))


def find_raw_signals(reading: Reading, counts: Sequence[Count], facts: NlpFacts) -> list[Raw]:
    """Return the risk signals of a text, in normal coordinates."""
    text = reading.text
    if not reading.triggers and "号" not in text:
        return []
    published = reading.item.published_at
    scene = Scene(
        text=text,
        triggers=reading.triggers,
        traps=reading.traps,
        counts=counts,
        serious=any(hit.weight >= 0.8 for hit in reading.weighed),
        day=shanghai_day(published) if published is not None else None,
    )
    return find_signals(scene, facts.signals)


def _relevant(
    reading: Reading, register: Register, categories: Sequence[Category], *, grave: bool
) -> bool:
    """Say whether a text is our business; what is grave and concrete always is (AD-9, 未归属)."""
    if register.name == "ad":
        return False
    if reading.found:
        return True
    if grave:
        return True
    told = any(category.code not in _NOT_OURS for category in categories)
    domain = len(reading.cues.get("domain", ()))
    if reading.item.implied:
        return told or domain > 0 or any(each.weight > 0 for each in reading.weighed)
    return (told and domain > 0) or domain >= 2 or any(c.code in _HOUSING for c in categories)


#: Voices that never speak of their own home: offices, sellers, the company, the press.
_NOBODY = frozenset({"answer", "ad", "own", "title"})


def _home(reading: Reading, register: Register, rooms: Sequence[Stretch]) -> Home | None:
    """Return the home the author calls his own, None where another speaks or it is in doubt."""
    kind = reading.item.source_kind
    if register.name in _NOBODY or kind is SourceKind.NEWS:
        return None
    names = [(each.start, each.end) for each in reading.found]
    return own_home(reading.text, rooms, names, group=kind is SourceKind.GROUP)


def _counted(reading: Reading, rooms: Sequence[Stretch]) -> list[Count]:
    """Return what the text counts; 1501户 behind a building is a room and no 1,501 households."""
    return [one for one in find_counts(reading.text) if not overlaps(rooms, one.start, one.end)]


def veiled(reading: Reading, rooms: Sequence[Stretch]) -> Reading:
    """Return the reading with what is personal in its original masked: no span shows it (A12)."""
    clear = reading.item
    shown = {"title": mask(clear.title), "text": mask(clear.text)}
    for start, end in rooms:
        span = reading.span(start, end)
        said = shown[span.field]
        shown[span.field] = said[: span.start] + mask_room(span.text) + said[span.end :]
    if (shown["title"], shown["text"]) == (clear.title, clear.text):
        return reading
    return replace(reading, item=replace(clear, title=shown["title"], text=shown["text"]))


def _stated(
    reading: Reading,
    signals: Sequence[Raw],
    rooms: Sequence[Stretch],
    counts: Sequence[Count],
    names: NameTable,
) -> tuple[Fact, ...]:
    """Return what the text states, rooms masked, and what anchors its signals."""
    stated = find_stated(reading.text, rooms, counts, reading.item.published_at, names)
    facts = [
        Fact(
            kind=each.kind, low=each.low, high=each.high, unit=each.unit,
            span=reading.span(each.start, each.end), home=each.home,
        )
        for each in stated
    ]  # fmt: skip
    for signal in signals:
        for kind, (start, end) in zip(
            _ANCHOR_KINDS.get(signal.code, ()), signal.anchors, strict=False
        ):
            if not any(
                each.kind == kind and each.start < end and start < each.end for each in stated
            ):
                span = reading.span(start, end)
                facts.append(Fact(kind=kind, low=None, high=None, unit="", span=span))
    return tuple(facts)


def _signal(reading: Reading, raw: Raw) -> Signal:
    anchor = " ".join(reading.span(start, end).text for start, end in raw.anchors)
    return Signal(
        code=raw.code, span=reading.span(raw.start, raw.end), anchored=raw.anchored, anchor=anchor
    )


def _label(negativity: float) -> Label:
    if negativity >= NEGATIVE_AT:
        return Label.NEGATIVE
    return Label.POSITIVE if negativity <= POSITIVE_AT else Label.NEUTRAL


#: Weather, policy and neighbours are context, not a complaint about housing.
_NOT_OURS = frozenset({"K02", "K03", "K05", "K22", "K23", "K25", "K26", "K28"})
_HOUSING = frozenset({"K07", "K08", "K09", "K10", "K11", "K14", "K15", "K16", "K18", "K20"})
_ANCHOR_KINDS = {
    "gathering": ("date", "place"),
    "media": ("media",),
    "casualty": ("casualty",),
    "litigation": ("authority",),
    "authority": ("authority",),
}
