"""analyse(): the only entry; one text in, one Analysis out, in one readable order of stages.

Never raises on any text, costs linear time, and every span points into the original text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import tanh

from domain.analysis import Analysis, Category, Fact, Label, Mention, Signal, Span, TextIn, Why
from domain.clock import shanghai_day
from domain.post import SourceKind
from nlp.aliases import Found, find_candidates, find_subjects
from nlp.bayes import probability
from nlp.categories import find_categories
from nlp.counts import Count, find_counts
from nlp.facts import NlpFacts
from nlp.lexicon import Weighed, polarity, weigh
from nlp.normal import Normal, normalise
from nlp.signals import Raw, Scene, Trigger, find_signals
from nlp.words import cut

#: Words Bayes needs before its mean log-odds are taken at face value.
_SHORT = 10
#: Labels are for display; alerts use the number.
NEGATIVE_AT, POSITIVE_AT = 0.5, 0.12


def analyse_many(items: Iterable[TextIn], facts: NlpFacts, *, why: bool = True) -> list[Analysis]:
    """Analyse texts in order; each result depends on its own text alone."""
    return [analyse(item, facts, why=why) for item in items]


def analyse(item: TextIn, facts: NlpFacts, *, why: bool = True) -> Analysis:
    """Say of one text what it complains of, about whom, how gravely, and why we think so."""
    reading = _read(item, facts)
    register = _register(reading, item)
    logit = _score(reading.text, reading.weighed, register, facts)
    counts = find_counts(reading.text)
    serious = any(hit.weight >= 0.8 for hit in reading.weighed)
    raw = _signals(reading, counts, facts, serious=serious)
    negativity = probability(logit)
    severity = _severity(reading, raw, counts, register, facts)
    categories = _with_signals(find_categories(reading.weighed, facts.terms), raw)
    relevant = _relevant(reading, register, categories, item)
    whole = _Verdict(
        negativity=negativity, severity=severity, codes=tuple(each.code for each in categories)
    )
    return Analysis(
        id=item.id,
        negativity=round(negativity, 4),
        severity=round(severity, 4),
        label=_label(negativity),
        relevant=relevant,
        noise="ad" if register.ad else "own" if register.own else None,
        categories=categories,
        mentions=_mentions(reading, register, facts, whole),
        facts=_facts(reading, raw, counts),
        signals=tuple(_signal(reading, each) for each in raw),
        why=_why(reading) if why else (),
        model=facts.version,
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A text and everything found in it, in normal coordinates."""

    item: TextIn
    normal: Normal
    #: Characters of the original before the body (title and line break).
    body_at: int
    weighed: list[Weighed]
    cues: dict[str, list[int]]
    triggers: list[Trigger]
    traps: list[tuple[str, int]]
    found: list[Found]

    @property
    def text(self) -> str:
        return self.normal.text

    def span(self, start: int, end: int) -> Span:
        """Return the span in the original title or text."""
        first, last = self.normal.back(start, end)
        if first < self.body_at - 1:
            last = min(last, self.body_at - 1)
            return Span(text=self.item.title[first:last], start=first, end=last, field="title")
        first, last = (
            max(first, self.body_at) - self.body_at,
            max(last, self.body_at) - self.body_at,
        )
        return Span(text=self.item.text[first:last], start=first, end=last)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Register:
    """Whose voice it is; decides how the parts of the score are weighed."""

    official: bool
    news: bool
    chat: bool
    ad: bool
    own: bool
    question: bool
    #: The text opens with its question or suggestion: its register, whatever it tells after.
    asks: bool
    sarcasm: bool
    resolved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """How bad a text, or the part of it about one subject, is."""

    negativity: float
    severity: float
    codes: tuple[str, ...]


def _read(item: TextIn, facts: NlpFacts) -> _Reading:
    whole = f"{item.title}\n{item.text}" if item.title else item.text
    normal = normalise(whole)
    hits = facts.terms.find(normal.text)
    news = item.source_kind is SourceKind.NEWS
    weighed = weigh(normal.text, hits, facts.terms, facts.lexicon, news=news)
    denied = {(each.start, each.end) for each in weighed if each.denied}
    cues: dict[str, list[int]] = {}
    triggers: list[Trigger] = []
    traps: list[tuple[str, int]] = []
    for start, end, index in hits:
        term = facts.terms.terms[index]
        for cue in term.cues:
            cues.setdefault(cue, []).append(start)
        if term.triggers and (start, end) not in denied:
            triggers.extend(Trigger(code=c, start=start, end=end) for c in term.triggers)
        traps.extend((code, start) for code in term.traps)
    found = find_subjects(normal.text, facts.aliases)
    if facts.aliases.empty and not item.implied:
        found = find_candidates(normal.text)
    return _Reading(
        item=item,
        normal=normal,
        body_at=len(item.title) + 1 if item.title else 0,
        weighed=weighed,
        cues=cues,
        triggers=triggers,
        traps=traps,
        found=found,
    )


def _register(reading: _Reading, item: TextIn) -> _Register:
    cues, text = reading.cues, reading.text
    body = reading.body_at
    official_at = cues.get("official", [])
    early = [at for at in official_at if at - body < 90]
    official = len(official_at) >= 2 and bool(early) and _OFFICIAL.search(text) is not None
    blame = sum(each.weight for each in reading.weighed if each.weight > 0)
    ads, strong = len(cues.get("ad", ())), len(cues.get("ad_strong", ()))
    contact = _CONTACT.search(text) is not None
    trade = strong * 2 + min(ads, 3) + contact
    complains = blame >= 2.5 and _TELLS.search(text) is not None
    chat = item.source_kind is SourceKind.GROUP or (
        item.source_kind is SourceKind.FORUM and len(text) <= 20
    )
    own = len(cues.get("own", ())) >= 2 and blame < 1.5
    return _Register(
        official=official,
        news=item.source_kind is SourceKind.NEWS,
        chat=chat,
        ad=(not official and not complains and strong > 0 and trade >= 3)
        or (not official and ads >= 2 and contact and blame < 1.5),
        own=own and not official,
        question="question" in cues,
        asks=any(at < _HEAD for at in cues.get("question", ())) and not _ACCUSES.search(text[:60]),
        sarcasm="sarcasm" in cues,
        resolved="resolved" in cues,
    )


def _score(text: str, weighed: Sequence[Weighed], register: _Register, facts: NlpFacts) -> float:
    """Add up Bayes, lexicon and cues; each part is bounded, so no single one can shout."""
    score = facts.lexicon.score
    words = cut(text)
    mean = facts.bayes.logit(words) / (len(words) + _SHORT)
    share = score.bayes * tanh(mean / score.bayes_scale)
    told = polarity(weighed, score, sarcasm=register.sarcasm)
    logit = score.bias + told
    if register.news:
        logit += score.news_bias + share * score.news_bayes
    else:
        # Neighbours' small talk: without a word of blame Bayes knows too little about it.
        blamed = not register.chat or any(each.weight > 0 for each in weighed)
        logit += share if blamed else share * score.chat_bayes
    if register.official:
        return min(logit * 0.3, 0.0) + score.official
    for on, weight in (
        (register.chat, score.chat_bias),
        (register.ad, score.ad),
        (register.own, score.own),
        (register.question and not register.asks and told < 1.0, score.question),
        (register.asks, score.asks),
        (register.sarcasm, score.sarcasm),
        (register.resolved, score.resolved),
    ):
        logit += weight * on
    return logit


def _signals(
    reading: _Reading, counts: Sequence[Count], facts: NlpFacts, *, serious: bool
) -> list[Raw]:
    text = reading.text
    if not reading.triggers and "号" not in text:
        return []
    published = reading.item.published_at
    scene = Scene(
        text=text,
        triggers=reading.triggers,
        traps=reading.traps,
        counts=counts,
        serious=serious,
        day=shanghai_day(published) if published is not None else None,
    )
    return find_signals(scene, facts.signals)


def _severity(
    reading: _Reading,
    signals: Sequence[Raw],
    counts: Sequence[Count],
    register: _Register,
    facts: NlpFacts,
) -> float:
    """Say how grave, not how angry: risk terms, anchored signals, households and money."""
    if register.ad or register.own:
        return 0.0
    terms = facts.terms.terms
    risk: dict[int, float] = {}
    for each in reading.weighed:
        if not each.denied:
            share = 1.0 if each.start < max(reading.body_at, _HEAD) else _BODY_RISK
            risk[each.index] = max(risk.get(each.index, 0.0), terms[each.index].severity * share)
    risks = sorted(risk.values(), reverse=True)
    grave = [
        facts.signals.severity[each.code] * (1.0 if each.anchored else 0.25) for each in signals
    ]
    grave += [_size(count) for count in counts]
    safe = 1.0
    for share in [*risks[:4], *sorted(grave, reverse=True)[:3]]:
        safe *= 1.0 - 0.55 * share
    value = 1.0 - safe
    if register.official:
        return value * 0.3
    return value * (0.6 if register.resolved or register.asks else 1.0)


def _size(count: Count) -> float:
    """Return how much a number weighs: 10 households or people .4, 100 .6, a million yuan .4."""
    if count.kind == "money":
        return 0.4 if count.low >= 1_000_000 else 0.2 if count.low >= 50_000 else 0.0
    return 0.6 if count.low >= 100 else 0.4 if count.low >= 10 else 0.0


def _relevant(
    reading: _Reading, register: _Register, categories: Sequence[Category], item: TextIn
) -> bool:
    if register.ad:
        return False
    if reading.found:
        return True
    told = any(category.code not in _NOT_OURS for category in categories)
    domain = len(reading.cues.get("domain", ()))
    if item.implied:
        return told or domain > 0 or any(each.weight > 0 for each in reading.weighed)
    return (told and domain > 0) or domain >= 2 or any(c.code in _HOUSING for c in categories)


def _mentions(
    reading: _Reading, register: _Register, facts: NlpFacts, whole: _Verdict
) -> tuple[Mention, ...]:
    """Return one mention a subject; several subjects are judged by their own sentences."""
    best: dict[str, Found] = {}
    for each in reading.found:
        if each.subject not in best or each.score > best[each.subject].score:
            best[each.subject] = each
    stretches = _stretches(reading) if len(best) > 1 else {}
    mentions = []
    for subject, found in best.items():
        own = whole
        if subject in stretches:
            own = _judge(reading, register, facts, stretches[subject], whole)
        span = reading.span(found.start, found.end)
        mentions.append(_mention(subject, found.via, span, found.score, own))
    mentions += [
        _mention(subject, via, None, 0.8, whole)
        for subject, via in reading.item.implied
        if subject not in best
    ]
    return tuple(mentions)


def _mention(subject: str, via: str, span: Span | None, score: float, verdict: _Verdict) -> Mention:
    return Mention(
        subject=subject,
        via=via,
        alias=span.text if span else "",
        span=span,
        score=score,
        negativity=round(verdict.negativity, 4),
        severity=round(verdict.severity, 4),
        categories=verdict.codes,
    )


def _stretches(reading: _Reading) -> dict[str, list[tuple[int, int]]]:
    """Give each sentence to the subjects it names, else to those named last before it."""
    out: dict[str, list[tuple[int, int]]] = {}
    current: list[str] = []
    at = 0
    for start, end in _clauses(reading.text, reading.found):
        named = []
        while at < len(reading.found) and reading.found[at].start < end:
            named.append(reading.found[at].subject)
            at += 1
        current = list(dict.fromkeys(named)) or current
        for subject in current:
            out.setdefault(subject, []).append((start, end))
    return out


def _clauses(text: str, found: Sequence[Found]) -> list[tuple[int, int]]:
    """Cut into sentences; a sentence naming two subjects is cut at its commas as well."""
    out = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        inside = {each.subject for each in found if start <= each.start < end}
        if len(inside) < 2:
            out.append((start, end))
        else:
            out.extend(
                (start + part.start(), start + part.end())
                for part in _CLAUSE.finditer(text[start:end])
            )
    return out


def _judge(
    reading: _Reading,
    register: _Register,
    facts: NlpFacts,
    stretches: Sequence[tuple[int, int]],
    whole: _Verdict,
) -> _Verdict:
    """Judge one subject by its own sentences, in the voice of the whole text."""
    weighed = [
        each
        for each in reading.weighed
        if any(start <= each.start < end for start, end in stretches)
    ]
    if len(weighed) == len(reading.weighed):
        return whole
    text = "\n".join(reading.text[start:end] for start, end in stretches)
    worst, all_worst = _worst(weighed, facts), _worst(reading.weighed, facts)
    return _Verdict(
        negativity=probability(_score(text, weighed, register, facts)),
        severity=whole.severity * (worst / all_worst if all_worst else 1.0),
        codes=tuple(category.code for category in find_categories(weighed, facts.terms)),
    )


def _worst(weighed: Sequence[Weighed], facts: NlpFacts) -> float:
    terms = facts.terms.terms
    return max((terms[each.index].severity for each in weighed if not each.denied), default=0.0)


def _facts(reading: _Reading, signals: Sequence[Raw], counts: Sequence[Count]) -> tuple[Fact, ...]:
    out = [
        Fact(
            kind=count.kind,
            low=count.low,
            high=count.high,
            unit=count.unit,
            span=reading.span(count.start, count.end),
        )
        for count in counts
    ]
    for signal in signals:
        for kind, (start, end) in zip(
            _ANCHOR_KINDS.get(signal.code, ()), signal.anchors, strict=False
        ):
            people = [c for c in counts if c.kind == "person" and c.start == start]
            out.append(
                Fact(
                    kind=kind,
                    low=people[0].low if people else None,
                    high=people[0].high if people else None,
                    unit="人" if people else "",
                    span=reading.span(start, end),
                )
            )
    return tuple(out)


def _signal(reading: _Reading, raw: Raw) -> Signal:
    anchor = " ".join(reading.span(start, end).text for start, end in raw.anchors)
    return Signal(
        code=raw.code, span=reading.span(raw.start, raw.end), anchored=raw.anchored, anchor=anchor
    )


def _why(reading: _Reading) -> tuple[Why, ...]:
    hits = sorted((each for each in reading.weighed if each.weight), key=lambda each: each.start)
    return tuple(
        Why(span=reading.span(each.start, each.end), weight=round(each.weight, 3)) for each in hits
    )


def _label(negativity: float) -> Label:
    if negativity >= NEGATIVE_AT:
        return Label.NEGATIVE
    return Label.POSITIVE if negativity <= POSITIVE_AT else Label.NEUTRAL


#: Somebody tells what happened to him; an ad does not.
_TELLS = re.compile(
    "我家|我们|咱们|本人|投诉|维权|至今|一直|没人|不管|不理|打人|天天|每天|昨天|被骗"
)
#: What the title accuses of counts full; a body lists much else beside.
_BODY_RISK = 0.5
_HEAD = 30
_ACCUSES = re.compile("投诉|举报|维权|欺骗|欺诈|诈骗|强烈|拖欠|违规|违法|黑心")
_SENTENCE = re.compile(r"[^。!?;\n]+[。!?;\n]*")
_CLAUSE = re.compile(r"[^,,]+[,,]*")
_CONTACT = re.compile(
    r"1[3-9]\d{9}|1[3-9]\d[x*\d]{4,8}|\[手机号\]|\[电话\]|\[账号\]|微信|v信|vx|qq群?:?\d{5,}|扫码"
)
#: An authority answering: a second person or a formula, not only the word 网友.
_OFFICIAL = re.compile(
    "您(?:所)?反映|你(?:所)?反映|收悉|(?:回复|答复)如下|感谢您(?:对|的)|您的(?:留言|来信|问题|诉求)|现(?:回复|答复)|您好"
)
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
