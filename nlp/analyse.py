"""analyse(): the only entry; one text in, one Analysis out, in one readable order of stages.

Never raises on any text, costs linear time, and every span points into the original text.
"""

from collections.abc import Iterable, Iterator, Sequence

from domain.analysis import Analysis, Category, Fact, Label, Signal, TextIn
from domain.clock import shanghai_day
from nlp.bayes import probability
from nlp.categories import find_categories
from nlp.counts import Count, find_counts
from nlp.explain import explain, told
from nlp.facts import NlpFacts
from nlp.mentions import Verdict, find_mentions
from nlp.names import NameTable
from nlp.reading import Reading, Register, read, register_of
from nlp.score import logit
from nlp.severity import severity
from nlp.signals import Raw, Scene, find_signals
from nlp.stated import ROOM, find_stated

#: Labels are for display; alerts use the number.
NEGATIVE_AT, POSITIVE_AT = 0.5, 0.12
#: Severity from which a concrete signal is our business whatever else the text names.
_GRAVE = 0.6
#: Texts and characters read at once: enough for numpy, little for memory.
_TEXTS, _CHARACTERS = 256, 200_000


def analyse_many(items: Iterable[TextIn], facts: NlpFacts, *, why: bool = True) -> list[Analysis]:
    """Analyse texts in order; each result depends on its own text alone."""
    return [
        _analyse(reading, facts, asked=why)
        for part in _parts(items)
        for reading in read(part, facts)
    ]


def analyse(item: TextIn, facts: NlpFacts, *, why: bool = True) -> Analysis:
    """Say of one text what it complains of, about whom, how gravely, and why we think so."""
    return _analyse(read([item], facts)[0], facts, asked=why)


def _analyse(reading: Reading, facts: NlpFacts, *, asked: bool) -> Analysis:
    register = register_of(reading)
    why = explain(reading, register, facts.model) if asked else ()
    score = logit(reading, register, facts.model)
    counts = find_counts(reading.text)
    raw = find_raw_signals(reading, counts, facts)
    negativity = probability(score)
    grave = severity(reading, register, raw, counts, score, facts)
    alarming = grave >= _GRAVE and negativity >= NEGATIVE_AT and any(s.anchored for s in raw)
    categories = _with_signals(find_categories(reading.weighed, facts.terms), raw)
    whole = Verdict(
        negativity=negativity, severity=grave, codes=tuple(each.code for each in categories)
    )
    return Analysis(
        id=reading.item.id,
        negativity=round(negativity, 4),
        severity=round(grave, 4),
        logit=score,
        label=_label(negativity),
        relevant=_relevant(reading, register, categories, grave=alarming),
        noise=register.name if register.name in ("ad", "own") else None,
        categories=categories,
        mentions=find_mentions(reading, register, facts, whole),
        facts=_stated(reading, raw, counts, facts.names),
        signals=tuple(_signal(reading, each) for each in raw),
        why=why,
        reason=told(why, negativity) if asked else "",
        model=facts.version,
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


def _stated(
    reading: Reading, signals: Sequence[Raw], counts: Sequence[Count], names: NameTable
) -> tuple[Fact, ...]:
    """Return what the text states, and what anchors its signals; rooms stay unsaid (A12)."""
    stated = find_stated(reading.text, counts, reading.item.published_at, names)
    known = {(each.kind, at) for each in stated for at in range(each.start, each.end)}
    facts = [
        Fact(
            kind=each.kind, low=each.low, high=each.high, unit=each.unit,
            span=reading.span(each.start, each.end),
        )
        for each in stated
        if each.kind != ROOM
    ]  # fmt: skip
    for signal in signals:
        for kind, (start, end) in zip(
            _ANCHOR_KINDS.get(signal.code, ()), signal.anchors, strict=False
        ):
            if not any((kind, at) in known for at in range(start, end)):
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
