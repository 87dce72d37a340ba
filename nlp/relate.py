"""relate (关联): whose copy a post is and which event (同一事件) it belongs to, decided on line.

A post's place depends only on the posts placed before it; a batch is placed in canonical order, so
the order of the input does not matter. The IDF table is frozen with the model for the same reason.
Posts about disjoint subjects never join: a text copied under another name is another matter.
"""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

import numpy as np
import rensa
from numpy.typing import NDArray

from domain.relation import Edge, RelateIn, Relation
from nlp.normal import normalise

#: Hash buckets of the character 2- and 3-grams.
BUCKETS = 1 << 18
#: Characters of the body that say what it is about (nlp.md E).
HEAD = 200
#: Shorter texts are never copies: 又漏水了 is said by many.
SHORTEST_COPY = 12
#: Shorter texts say too little to be compared by words; subject and category decide.
SHORTEST_EVENT = 20
#: An event is open this long after its last post.
OPEN = timedelta(days=90)
#: A short line joins an event of its subject and category that was alive this recently.
FRESH = timedelta(days=14)
#: A reaction (维权, 记者, 上访 … without a matter of its own) joins what moves its subject now.
REACTION, MOVING = timedelta(hours=48), 3
#: Cosine to join, calibrated on hot_issues dev (nlp.md E).
ALIKE = 0.12
#: … where subject and category agree already, recently (FRESH) and less recently.
ALIKE_SAME_MATTER, ALIKE_SAME_MATTER_LATER = 0.03, 0.08
#: … where the subject agrees and the categories do not: the name alone makes words alike.
ALIKE_OTHER_MATTER = 0.22
#: Categories of a post that say what it is about; long posts touch on much else.
MAIN_CODES = 3
#: Candidates compared in full, and characteristic features that find them.
COMPARED, KEYS = 12, 32
#: Events looked at under one feature: the latest; bounds the cost where everybody says the same.
LATEST_EVENTS = 200
#: Features an event keeps and is found by; bounds memory of an event of thousands of posts.
EVENT_FEATURES, EVENT_KEYS = 1500, 1000
POST_FEATURES = 256
#: Copies, looked for OPEN days back: Jaccard of 4-grams, or the share of the shorter text that
#: stands in the longer.
COPY_JACCARD, COPY_SHARE, SHORTEST_PART = 0.5, 0.8, 40
#: Possible copies compared in full: the earliest and the latest; bounds the cost of a storm.
EARLIEST_COPIES, LATEST_COPIES = 16, 48
#: So close a copy is found through its original; it need not be looked up itself.
SAME_AS_ORIGINAL = 0.8
#: Short lines resemble each other without being copied: two owners, two voices.
COPY_JACCARD_SHORT = 0.8
#: A text of less than this share of the other's length is a part of it, not an edit.
PART_AT = 0.75
#: Characters compared for copies; longer texts are cut, which keeps the cost linear.
LONGEST = 4000

K = TypeVar("K")
V = TypeVar("V")
Ints = NDArray[np.int64]
Buckets = NDArray[np.int32]
Floats = NDArray[np.float32]

#: Modifiers and context: sharing one of these does not make two posts the same matter.
_LOOSE = frozenset({"K01", "K02", "K03", "K04", "K05", "K22", "K25", "K26", "K27", "K28"})
#: What owners do about a matter; alone they say nothing of which.
_REACTIONS = frozenset({"K01", "K02", "K03", "K04", "K05", "K28"})
#: So wide that sharing it is not yet the same matter, but not sharing it says nothing either.
_WIDE = frozenset({"K18"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Idf:
    """Inverse document frequency per bucket, frozen with the model."""

    weights: Floats


def canonical(items: Iterable[RelateIn]) -> list[RelateIn]:
    """Return the items in the one order a batch is placed in: published, then id."""
    return sorted(items, key=lambda item: (item.published_at, item.id))


def event_key(post_id: str) -> str:
    """Return the event's name, derived from its first post and so stable (B-ID2)."""
    return "E" + hashlib.sha256(post_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def features(title: str, text: str) -> tuple[Buckets, Ints]:
    """Return buckets and counts of the 2- and 3-grams of title twice and the body's head."""
    head = plain(title)
    return _grams(f"{head}\n{head}\n{plain(text[: 2 * HEAD])[:HEAD]}")


def plain(text: str) -> str:
    """Return only what is said: letters and digits of a normal text, no punctuation."""
    return "".join(char for char in text if char.isalnum())


@dataclass(slots=True, kw_only=True)
class _Event:
    key: str
    last: datetime
    buckets: Buckets
    weights: Floats
    norm: float
    subjects: set[str]
    codes: Counter[str]
    posts: int = 0
    #: Its number in the postings, and the buckets it is posted under.
    number: int
    posted: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is kept of a placed post to recognise its copies."""

    id: str
    root: str
    at: datetime
    event: str
    subjects: frozenset[str]
    digest: bytes | None
    grams: NDArray[np.uint32] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A post prepared for comparing; computed once, used to decide and to remember."""

    item: RelateIn
    said: str
    digest: bytes | None
    sketch: rensa.RMinHash | None
    grams: NDArray[np.uint32] | None
    buckets: Buckets
    weights: Floats
    keys: tuple[int, ...]
    subjects: frozenset[str]
    codes: frozenset[str]
    #: Says only how people react, not to what.
    reaction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    seen: _Seen
    edge: Edge
    similarity: float


class RelateIndex:
    """Everything placed so far, in memory; bounded by `forget_before`."""

    def __init__(self, idf: Idf) -> None:
        self._idf = idf.weights
        self._query = np.zeros(BUCKETS, dtype=np.float32)
        self._events: dict[str, _Event] = {}
        self._numbers: dict[int, str] = {}
        self._next_event = 0
        self._postings: dict[int, list[int]] = {}
        #: Subject, or (subject, code), → its events, the last active one last.
        self._by_subject: dict[str, dict[str, None]] = {}
        self._by_matter: dict[tuple[str, str], dict[str, None]] = {}
        self._seen: dict[int, _Seen] = {}
        self._next_post = 0
        self._exact: dict[bytes, list[int]] = {}
        self._lsh = rensa.RMinHashLSH(threshold=0.24, num_perm=128, num_bands=64)

    def place(self, item: RelateIn) -> Relation:
        """Decide where a post stands and remember it."""
        draft = self._draft(item)
        relation = self._decide(draft)
        self._absorb(draft, relation)
        return relation

    def remember(self, item: RelateIn, relation: Relation) -> None:
        """Take in a post decided earlier: the index is then as place() left it."""
        self._absorb(self._draft(item), relation)

    def forget_before(self, moment: datetime) -> None:
        """Drop posts published before `moment` and events whose last post was before it."""
        for number in [n for n, seen in self._seen.items() if seen.at < moment]:
            seen = self._seen.pop(number)
            if seen.digest is not None:
                self._lsh.remove(number)
                _discard(self._exact, seen.digest, number)
        for key in [key for key, event in self._events.items() if event.last < moment]:
            event = self._events.pop(key)
            for subject in event.subjects:
                _untouch(self._by_subject, subject, key)
                for code in event.codes:
                    _untouch(self._by_matter, (subject, code), key)
        gone = [n for n, key in self._numbers.items() if key not in self._events]
        for number in gone:
            del self._numbers[number]
        self._postings = {
            bucket: kept
            for bucket, numbers in self._postings.items()
            if (kept := [n for n in numbers if n in self._numbers])
        }

    def _draft(self, item: RelateIn) -> _Draft:
        title, text = normalise(item.title).text, normalise(item.text).text
        said = plain(text[:LONGEST])
        copyable = len(said) >= SHORTEST_COPY
        buckets, counts = features(title, text)
        weights = ((1.0 + np.log(counts)) * self._idf[buckets]).astype(np.float32)
        norm = float(np.sqrt(weights @ weights))
        if norm:
            weights /= np.float32(norm)
        if len(buckets) > POST_FEATURES:
            kept = np.sort(np.argsort(-weights, kind="stable")[:POST_FEATURES])
            buckets, weights = buckets[kept], weights[kept]
        top = np.argsort(-weights, kind="stable")[:KEYS]
        return _Draft(
            item=item,
            said=said,
            digest=hashlib.blake2b(said.encode(), digest_size=12).digest() if copyable else None,
            sketch=_sketch(said) if copyable else None,
            grams=_four_grams(said) if copyable else None,
            buckets=buckets,
            weights=weights,
            keys=tuple(buckets[top].tolist()),
            subjects=frozenset(item.subjects),
            codes=frozenset([code for code in item.categories if code not in _LOOSE][:MAIN_CODES]),
            reaction=bool(item.categories) and all(c in _REACTIONS for c in item.categories),
        )

    def _decide(self, draft: _Draft) -> Relation:
        copy = self._copy(draft)
        if copy is not None:
            event = self._events.get(copy.seen.event)
            if event is not None and self._open_to(draft, event):
                return Relation(
                    id=draft.item.id,
                    event=copy.seen.event,
                    similarity=copy.similarity,
                    duplicate_of=copy.seen.root,
                    edge=copy.edge,
                )
        key, similarity = self._event(draft)
        return Relation(
            id=draft.item.id,
            event=key,
            similarity=similarity,
            duplicate_of=copy.seen.root if copy else None,
            edge=copy.edge if copy else None,
        )

    def _copy(self, draft: _Draft) -> _Copy | None:
        """Return the best copy known: an exact one, else the most similar, else None."""
        if draft.digest is None:
            return None
        for number in self._exact.get(draft.digest, ()):
            seen = self._seen[number]
            if _recent(draft, seen) and _may_join(draft.subjects, seen.subjects):
                return _Copy(seen=seen, edge=Edge.EXACT, similarity=1.0)
        found = [
            copy
            for number in _bounded(self._lsh.query(draft.sketch))
            if _recent(draft, self._seen[number])
            and _may_join(draft.subjects, self._seen[number].subjects)
            and (copy := _compare(draft, self._seen[number])) is not None
        ]
        return max(found, key=lambda copy: copy.similarity, default=None)

    def _event(self, draft: _Draft) -> tuple[str, float]:
        """Return the event to join and the similarity; a post alone is an event of one."""
        now = draft.item.published_at
        own = event_key(draft.item.id), 1.0
        short = len(draft.said) + len(draft.item.title) < SHORTEST_EVENT
        best: tuple[float, float, str] | None = None
        self._query[draft.buckets] = draft.weights
        for key in self._candidates(draft, short=short):
            event = self._events[key]
            if not self._open_to(draft, event):
                continue
            likeness = float(self._query[event.buckets] @ event.weights) / event.norm
            wanted = _wanted(draft, event, fresh=abs(now - event.last) <= FRESH, short=short)
            if likeness >= wanted:
                margin = likeness - wanted
                if best is None or (margin, key) > (best[0], best[2]):
                    best = (margin, likeness, key)
        self._query[draft.buckets] = 0.0
        if draft.reaction and (best is None or not self._matters(best[2])):
            moving = self._moving(draft)
            if moving is not None:
                return moving, 0.0
        return own if best is None else (best[2], round(min(best[1], 1.0), 4))

    def _moving(self, draft: _Draft) -> str | None:
        """Return the event that moves the post's subject now, None if nothing does."""
        now = draft.item.published_at
        for subject in sorted(draft.subjects):
            for key in reversed(self._by_subject.get(subject, {})):
                event = self._events[key]
                if abs(now - event.last) > REACTION:
                    break
                if event.posts >= MOVING and self._matters(key) and self._open_to(draft, event):
                    return key
        return None

    def _matters(self, key: str) -> bool:
        """Whether an event is about something, not only about how people react."""
        return bool(set(self._events[key].codes) - _WIDE)

    @staticmethod
    def _open_to(draft: _Draft, event: _Event) -> bool:
        near = abs(draft.item.published_at - event.last) <= OPEN
        return near and _may_join(draft.subjects, event.subjects)

    def _candidates(self, draft: _Draft, *, short: bool) -> list[str]:
        shared: Counter[int] = Counter()
        if not short:
            for bucket in draft.keys:
                shared.update(self._postings.get(bucket, ())[-LATEST_EVENTS:])
        near = heapq.nsmallest(COMPARED, shared.items(), key=lambda pair: (-pair[1], -pair[0]))
        keys = [self._numbers[number] for number, _ in near]
        for subject in sorted(draft.subjects):
            keys.extend(_latest(self._by_subject.get(subject, {})))
            for code in sorted(draft.codes):
                keys.extend(_latest(self._by_matter.get((subject, code), {})))
        return list(dict.fromkeys(keys))

    def _absorb(self, draft: _Draft, relation: Relation) -> None:
        number = self._next_post
        self._next_post += 1
        known = relation.duplicate_of
        self._seen[number] = _Seen(
            id=draft.item.id,
            root=known if known is not None else draft.item.id,
            at=draft.item.published_at,
            event=relation.event,
            subjects=draft.subjects,
            digest=draft.digest,
            grams=draft.grams,
        )
        if draft.digest is not None:
            self._exact.setdefault(draft.digest, []).append(number)
            if _stands_for_itself(relation):
                self._lsh.insert(number, draft.sketch)
        self._grow(relation.event, draft)

    def _grow(self, key: str, draft: _Draft) -> None:
        event = self._events.get(key)
        if event is None:
            event = self._open(key, draft)
        else:
            buckets = np.concatenate([event.buckets, draft.buckets])
            weights = np.concatenate([event.weights, draft.weights])
            event.buckets, event.weights = _summed(buckets, weights)
            event.norm = float(np.sqrt(event.weights @ event.weights)) or 1.0
            event.last = max(event.last, draft.item.published_at)
        event.subjects |= draft.subjects
        event.codes.update(draft.codes)
        for subject in sorted(event.subjects):
            _touch(self._by_subject.setdefault(subject, {}), key)
            for code in sorted(event.codes):
                _touch(self._by_matter.setdefault((subject, code), {}), key)
        event.posts += 1
        for bucket in draft.keys:
            if bucket not in event.posted and len(event.posted) < EVENT_KEYS:
                event.posted.add(bucket)
                self._postings.setdefault(bucket, []).append(event.number)

    def _open(self, key: str, draft: _Draft) -> _Event:
        event = _Event(
            key=key,
            last=draft.item.published_at,
            buckets=draft.buckets,
            weights=draft.weights,
            norm=float(np.sqrt(draft.weights @ draft.weights)) or 1.0,
            subjects=set(),
            codes=Counter(),
            number=self._next_event,
        )
        self._events[key] = event
        self._numbers[self._next_event] = key
        self._next_event += 1
        return event


def _recent(draft: _Draft, seen: _Seen) -> bool:
    """Whether a copy is looked for among these: never past what a restarted index still holds."""
    return abs(draft.item.published_at - seen.at) <= OPEN


def _may_join(one: frozenset[str], other: Iterable[str]) -> bool:
    """Whether two subject sets allow it: one is unknown, or they share a subject."""
    known = set(other)
    return not one or not known or bool(one & known)


def _wanted(draft: _Draft, event: _Event, *, fresh: bool, short: bool) -> float:
    """Return the cosine a post needs to join the event; above 1 = it cannot."""
    main = {code for code, number in event.codes.items() if number * 3 >= event.posts}
    known = bool(draft.subjects & event.subjects)
    shared = draft.codes & main
    if short:
        return 0.0 if known and shared and fresh else 2.0
    if known and shared - _WIDE:
        return ALIKE_SAME_MATTER if fresh else ALIKE_SAME_MATTER_LATER
    if known and main - _WIDE and draft.codes - _WIDE:
        return ALIKE_OTHER_MATTER
    return ALIKE


def _bounded(numbers: list[int]) -> list[int]:
    if len(numbers) <= EARLIEST_COPIES + LATEST_COPIES:
        return sorted(numbers)
    earliest = heapq.nsmallest(EARLIEST_COPIES, numbers)
    return earliest + heapq.nlargest(LATEST_COPIES, numbers)[::-1]


def _stands_for_itself(relation: Relation) -> bool:
    """Whether later copies must be found through this post: not if it is all but its original."""
    if relation.edge is Edge.EXACT:
        return False
    return relation.edge is not Edge.EDITED or relation.similarity < SAME_AS_ORIGINAL


def _compare(draft: _Draft, seen: _Seen) -> _Copy | None:
    if draft.grams is None or seen.grams is None or not len(draft.grams) or not len(seen.grams):
        return None
    both = len(np.intersect1d(draft.grams, seen.grams, assume_unique=True))
    mine, other = len(draft.grams), len(seen.grams)
    jaccard = both / (mine + other - both)
    shorter = min(mine, other)
    alike = jaccard >= (COPY_JACCARD if shorter >= SHORTEST_PART else COPY_JACCARD_SHORT)
    if alike and shorter > PART_AT * max(mine, other):
        return _Copy(seen=seen, edge=Edge.EDITED, similarity=round(jaccard, 4))
    if shorter >= SHORTEST_PART and both / shorter >= COPY_SHARE:
        edge = Edge.EXCERPT if mine <= other else Edge.QUOTED
        return _Copy(seen=seen, edge=edge, similarity=round(both / shorter, 4))
    return _Copy(seen=seen, edge=Edge.EDITED, similarity=round(jaccard, 4)) if alike else None


def _sketch(said: str) -> rensa.RMinHash:
    sketch = rensa.RMinHash(num_perm=128, seed=42)
    sketch.update([said[at : at + 3] for at in range(len(said) - 2)])
    return sketch


def _codes(text: str) -> Ints:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.int64
    )


def _four_grams(said: str) -> NDArray[np.uint32]:
    codes = _codes(said)
    mixed = codes[:-3]
    for step in (1, 2, 3):
        mixed = mixed * 1_000_003 + codes[step : len(codes) - 3 + step]
    return np.unique((mixed ^ (mixed >> 29)).astype(np.uint32))


def _grams(text: str) -> tuple[Buckets, Ints]:
    codes = _codes(text)
    if len(codes) < 2:
        empty = np.zeros(0, dtype=np.int32)
        return empty, empty.astype(np.int64)
    two = codes[:-1] * 1_000_003 + codes[1:]
    three = two[:-1] * 1_000_003 + codes[2:]
    mixed = np.concatenate([two, three])
    mixed = (mixed ^ (mixed >> 17) ^ (mixed >> 31)) & (BUCKETS - 1)
    buckets, counts = np.unique(mixed.astype(np.int32), return_counts=True)
    return buckets, counts


def _summed(buckets: Buckets, weights: Floats) -> tuple[Buckets, Floats]:
    """Return the sum of sparse vectors, at most EVENT_FEATURES of the heaviest."""
    names, places = np.unique(buckets, return_inverse=True)
    sums = np.bincount(places, weights=weights).astype(np.float32)
    if len(names) > EVENT_FEATURES:
        kept = np.sort(np.argsort(-sums, kind="stable")[:EVENT_FEATURES])
        names, sums = names[kept], sums[kept]
    return names, sums


def _touch(events: dict[str, None], key: str) -> None:
    """Make an event the last active one of its list."""
    events.pop(key, None)
    events[key] = None


def _untouch(table: dict[K, dict[str, None]], name: K, key: str) -> None:
    """Take an event out of its list, and an empty list out of its table."""
    events = table.get(name, {})
    events.pop(key, None)
    if not events:
        table.pop(name, None)


def _latest(events: dict[str, None]) -> list[str]:
    return list(islice(reversed(events), COMPARED))


def _discard(table: dict[K, list[V]], key: K, value: V) -> None:
    values = table.get(key)
    if values is None:
        return
    if value in values:
        values.remove(value)
    if not values:
        del table[key]
