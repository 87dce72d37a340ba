"""Reading (通读): one text with all found in it, in normal coordinates, and whose voice it is."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from domain.analysis import Span, TextIn
from domain.post import SourceKind
from nlp.aliases import CANDIDATE, Found, find_candidates, find_subjects
from nlp.counts import find_counts
from nlp.facts import NlpFacts
from nlp.grams import BLANK, GramSums, gram_sums
from nlp.jammed import mend
from nlp.lexicon import Weighed, weigh
from nlp.normal import Normal, normalise
from nlp.registers import answers, own_voice, sells
from nlp.signals import Scene, SignalTable, Trigger, find_signals
from nlp.voice import own_words
from nlp.words import cut

#: Places of a cue in a normal text.
Places = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text and everything found in it, in normal coordinates."""

    item: TextIn
    normal: Normal
    #: Characters of the original before the body (title and line break).
    body_at: int
    #: The same in normal characters.
    head_end: int
    weighed: list[Weighed]
    cues: dict[str, Places]
    triggers: list[Trigger]
    traps: list[tuple[str, int]]
    found: list[Found]
    #: Running gram sums for negativity, as all rows and as our own trade teach, and for severity.
    grams: GramSums
    domain: GramSums
    grave: GramSums
    words: list[str]
    #: What a trigger needs to be a red line.
    signs: SignalTable
    _starts: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the normal text."""
        return self.normal.text

    @property
    def word_starts(self) -> list[int]:
        """Return where each word begins; made when first asked for."""
        if not self._starts:
            self._starts.extend(accumulate(map(len, self.words), initial=0))
        return self._starts

    def blame(self) -> float:
        """Return the weight of all words of blame."""
        return sum(each.weight for each in self.weighed if each.weight > 0)

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


def read(items: Sequence[TextIn], facts: NlpFacts) -> list[Reading]:
    """Read texts in order; each reading depends on its own text alone."""
    normals = [mend(own_words(normalise(_whole(item))), facts.terms) for item in items]
    named = [_named(item, normal.text, facts) for item, normal in zip(items, normals, strict=True)]
    told = [nameless(normal.text, found) for normal, found in zip(normals, named, strict=True)]
    model = facts.model
    sums = gram_sums(told, model.grams, model.domain, model.grave)
    return [
        _read(item, normal, found, cut(text), grams, facts)
        for item, normal, found, text, grams in zip(items, normals, named, told, sums, strict=True)
    ]


def _whole(item: TextIn) -> str:
    return f"{item.title}\n{item.text}" if item.title else item.text


def _named(item: TextIn, text: str, facts: NlpFacts) -> list[Found]:
    if facts.aliases.empty and not item.implied:
        return find_candidates(text)
    return find_subjects(text, facts.aliases, [key for key, _ in item.implied])


def nameless(text: str, found: Sequence[Found]) -> str:
    """Blank the names of what is watched, links and numbers: they say nothing good or bad."""
    places = [(each.start, each.end) for each in found if each.via != CANDIDATE]
    says_nothing = _SAYS_NOTHING if "@" in text or "://" in text else _NUMBERS
    places += [match.span() for match in says_nothing.finditer(text)]
    if not places:
        return text
    pieces: list[str] = []
    at = 0
    for start, end in sorted(places):
        if end > at:
            pieces += text[at:start], BLANK * (end - max(start, at))
            at = end
    return "".join([*pieces, text[at:]])


def _read(
    item: TextIn,
    normal: Normal,
    found: list[Found],
    words: list[str],
    sums: tuple[GramSums, ...],
    facts: NlpFacts,
) -> Reading:
    text = normal.text
    hits = facts.terms.find(text)
    news = item.source_kind is SourceKind.NEWS
    weighed = weigh(text, hits, facts.terms, facts.lexicon, news=news)
    denied = {(each.start, each.end) for each in weighed if each.denied}
    cues: dict[str, Places] = {}
    triggers: list[Trigger] = []
    traps: list[tuple[str, int]] = []
    for start, end, index in hits:
        term = facts.terms.terms[index]
        for cue in term.cues:
            cues.setdefault(cue, []).append((start, end))
        if term.triggers and (start, end) not in denied:
            triggers.extend(Trigger(code=c, start=start, end=end) for c in term.triggers)
        if term.traps:
            traps.extend((code, start) for code in term.traps)
    body_at = len(item.title) + 1 if item.title else 0
    return Reading(
        item=item, normal=normal, body_at=body_at,
        head_end=bisect_left(normal.origin, body_at) if body_at else 0,
        weighed=weighed, cues=cues, triggers=triggers, traps=traps, found=found,
        grams=sums[0], domain=sums[1], grave=sums[2], words=words,
        signs=facts.signals,
    )  # fmt: skip


#: Links, mail addresses, people called upon, and numbers as long as a phone's.
_SAYS_NOTHING = re.compile(
    r"https?://[^\s，。]{1,300}|[a-z0-9._-]{1,40}@[a-z0-9.-]{3,40}|@[^\s@:]{1,16}|\d{6,}x?"
)
_NUMBERS = re.compile(r"\d{6,}x?")


# ---- register ----------------------------------------------------------------------------------

#: Whose voice: the author answers for an office, sells, reports, chats, writes a letter, posts.
REGISTERS = ("answer", "ad", "own", "title", "chat", "message", "post", "social", "other")
#: How it speaks; attributes of Register.
CUES = ("question", "asks", "sarcasm", "resolved", "denied")
_BY_KIND = {
    SourceKind.NEWS: "title", SourceKind.GROUP: "chat", SourceKind.COMPLAINT: "message",
    SourceKind.FORUM: "post", SourceKind.SOCIAL: "social", SourceKind.ONSITE: "post",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Whose voice it is and how it speaks; decides how the parts of the score are weighed."""

    name: str
    #: Cues that count, each with the place that shows it.
    question: tuple[int, int] | None
    #: The text opens with its question or suggestion: its register, whatever it tells after.
    asks: tuple[int, int] | None
    sarcasm: tuple[int, int] | None
    resolved: tuple[int, int] | None
    #: What would be blame is denied (没有漏水), and nothing else is blamed.
    denied: tuple[int, int] | None

    def cues(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Yield the cues that count with the place that shows each."""
        for name in CUES:
            place = getattr(self, name)
            if place is not None:
                yield name, place


def register_of(reading: Reading) -> Register:
    """Say whose voice a text is."""
    asks = next((at for at in reading.cues.get("question", ()) if at[0] < HEAD), None)
    if asks is not None and _ACCUSES.search(reading.text[:60]):
        asks = None
    return Register(
        name=_name(reading),
        question=_first(reading, "question") if asks is None else None,
        asks=asks,
        sarcasm=_first(reading, "sarcasm"),
        resolved=_first(reading, "resolved"),
        denied=_denied(reading),
    )


def _denied(reading: Reading) -> tuple[int, int] | None:
    if any(each.weight > 0 and not each.denied for each in reading.weighed):
        return None
    denied = (each for each in reading.weighed if each.denied and each.weight < 0)
    return next(((each.start, each.end) for each in denied), None)


def _name(reading: Reading) -> str:
    blame = reading.blame()
    if _answers(reading):
        return "answer"
    if _sells(reading, blame):
        return "ad"
    if len(reading.cues.get("own", ())) >= 2 and blame < 1.5:
        return "own"
    kind = reading.item.source_kind
    if kind is SourceKind.FORUM and len(reading.text) <= _LINE:
        return "chat"
    return _BY_KIND[kind] if kind is not None else "other"


def _answers(reading: Reading) -> bool:
    if reading.item.source_kind is SourceKind.NEWS:
        return False
    title, body = reading.text[: reading.head_end], reading.text[reading.head_end :]
    official = len(reading.cues.get("official", ()))
    return answers(body, title, official) and not _alarms(reading)


def _alarms(reading: Reading) -> bool:
    """Whether a red line is anchored outside what the text quotes or repeats."""
    text = own_voice(reading.text)
    triggers = [
        each for each in reading.triggers
        if each.code in _RED and text[each.start : each.end] == reading.text[each.start : each.end]
    ]  # fmt: skip
    if not triggers:
        return False
    scene = Scene(
        text=text, triggers=triggers, traps=reading.traps, counts=find_counts(text),
        serious=reading.blame() > 0,
    )  # fmt: skip
    return any(each.anchored and each.code in _RED for each in find_signals(scene, reading.signs))


def _sells(reading: Reading, blame: float) -> bool:
    if reading.item.source_kind not in _MARKETS:
        return False
    return sells(
        reading.text, _said(reading, "ad_strong"), _said(reading, "ad"), blame,
        letter=reading.item.source_kind is SourceKind.COMPLAINT,
    )  # fmt: skip


def _said(reading: Reading, cue: str) -> set[str]:
    return {reading.text[start:end] for start, end in reading.cues.get(cue, ())}


def _first(reading: Reading, cue: str) -> tuple[int, int] | None:
    places = reading.cues.get(cue)
    return places[0] if places else None


#: Where people advertise; the press quotes advertisements, reviews praise what they bought.
_MARKETS = frozenset(
    {SourceKind.FORUM, SourceKind.GROUP, SourceKind.SOCIAL, SourceKind.ONSITE, SourceKind.COMPLAINT}
)
#: Red lines an office does not cross of its own accord; losing its answer costs little.
_RED = frozenset({"casualty", "gathering", "selfharm"})
#: Characters that count as the head of a text.
HEAD = 30
#: A forum post as short as this is a chat line.
_LINE = 20
_ACCUSES = re.compile("投诉|举报|维权|欺骗|欺诈|诈骗|强烈|拖欠|违规|违法|黑心")
