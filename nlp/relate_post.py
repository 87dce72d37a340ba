"""A post as relate sees it: the keys its candidates are found by, and what they decide."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from domain.relation import Edge, Profile, RelateIn, Relation, Trace
from nlp.normal import normalise
from nlp.relate_copy import SAME_AS_ORIGINAL, SHORTEST_COPY, Copy, Said, compare, said
from nlp.relate_event import (
    REOPEN,
    SHORTEST_EVENT,
    Matter,
    choose,
    is_reaction,
    main_codes,
    may_join,
    open_to,
)
from nlp.relate_names import elsewhere
from nlp.relate_text import (
    Buckets,
    Floats,
    Ints,
    bucket_keys,
    heaviest,
    key,
    sketch,
    words,
)
from nlp.relate_things import things

#: Words compared of a post, and how many of the most telling ones events are looked for by.
COMPARED_FEATURES, ASKED_WORDS = 256, 20
#: Texts compared in full with a post to see whether it is their copy.
COMPARED_COPIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Idf:
    """Inverse document frequency per bucket, frozen with the model."""

    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A post prepared once: what it says, and the keys its candidates are found by."""

    item: RelateIn
    said: Said
    matter: Matter
    #: The whole text with each subject: form letters of many estates stay findable.
    same: tuple[int, ...]
    #: Stretches of the text: copies.
    stretches: tuple[int, ...]
    #: Its most telling words: events.
    words: tuple[int, ...]
    #: Its subjects, alone and with each main category: events.
    matters: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        """Return all keys."""
        return (*self.same, *self.stretches, *self.words, *self.matters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What a post is compared with: posts it may be a copy of, events it may belong to."""

    traces: Sequence[Trace]
    events: Sequence[Profile]


def event_key(post_id: str) -> str:
    """Return the event's name, derived from its first post and so stable (B-ID2)."""
    return "E" + hashlib.sha256(post_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def keys(item: RelateIn, idf: Idf) -> Keyed:
    """Return a post with everything that finds its candidates."""
    title, spoken = normalise(item.title).text, said(item.text)
    subjects = frozenset(item.subjects)
    codes = main_codes(item.categories) | things(item.title, item.text)
    short = len(spoken.text) + len(item.title) < SHORTEST_EVENT
    buckets, counts, pairs = words(title, spoken.normal)
    weights = _weights(buckets, counts, idf)
    telling = () if short else bucket_keys(_telling(pairs, buckets, weights))
    buckets, weights = heaviest(buckets, weights, COMPARED_FEATURES)
    copyable = len(spoken.text) >= SHORTEST_COPY
    return Keyed(
        item=item,
        said=spoken,
        matter=Matter(
            at=item.published_at, buckets=buckets, weights=weights, subjects=subjects,
            codes=codes, reaction=is_reaction(item.categories), short=short,
        ),
        same=_same(spoken.text, subjects) if copyable else (),
        stretches=sketch(spoken.text) if copyable else (),
        words=telling,
        matters=_matters(subjects, codes),
    )  # fmt: skip


def decide(post: Keyed, found: Candidates) -> Relation:
    """Return where a post stands among its candidates."""
    alike = _alike(post, found.traces)
    moved = {copy.trace.event for copy in alike if _elsewhere(post, copy.trace)}
    copy = _best([copy for copy in alike if copy.trace.event not in moved])
    event = _event_of(copy, found.events)
    if event is not None and open_to(post.matter, event):
        return _relation(post, copy, event.key, copy.similarity if copy else 0.0)
    joined = choose(post.matter, [e for e in found.events if e.number not in moved])
    if joined is None:
        return _relation(post, copy, event_key(post.item.id), 1.0)
    return _relation(post, copy, joined[0].key, joined[1])


def stands_for_itself(relation: Relation) -> bool:
    """Whether later copies must be found through this post: not if it is all but its original."""
    if relation.edge is Edge.EXACT:
        return False
    return relation.edge is not Edge.EDITED or relation.similarity < SAME_AS_ORIGINAL


def _weights(buckets: Buckets, counts: Ints, idf: Idf) -> Floats:
    weights = ((1.0 + np.log(counts)) * idf.weights[buckets]).astype(np.float32)
    norm = float(np.sqrt(weights @ weights))
    return weights / np.float32(norm) if norm else weights


def _telling(pairs: Buckets, buckets: Buckets, weights: Floats) -> Buckets:
    """Return the 2-grams that weigh most, the heaviest first."""
    places = np.unique(np.searchsorted(buckets, pairs))
    return buckets[places[np.argsort(-weights[places], kind="stable")[:ASKED_WORDS]]]


def _same(text: str, subjects: frozenset[str]) -> tuple[int, ...]:
    return tuple(key("same", text, name) for name in sorted(subjects) or [""])


def _matters(subjects: frozenset[str], codes: frozenset[str]) -> tuple[int, ...]:
    return tuple(
        key("matter", name, *code)
        for name in sorted(subjects)
        for code in [(), *((one,) for one in sorted(codes))]
    )


def _alike(post: Keyed, traces: Iterable[Trace]) -> list[Copy]:
    """Return all compared posts that have the same text, whatever place they name."""
    offered = [
        trace
        for trace in traces
        if abs(post.item.published_at - trace.at) <= REOPEN
        and may_join(post.matter.subjects, trace.subjects)
    ]
    compared = (compare(post.said, trace) for trace in offered[:COMPARED_COPIES])
    return [copy for copy in compared if copy is not None]


def _elsewhere(post: Keyed, trace: Trace) -> bool:
    """Whether the same text is told of another place; a shared subject says it is not."""
    if post.matter.subjects & trace.subjects:
        return False
    return elsewhere((post.item.title, post.item.text), (trace.title, trace.text))


def _best(copies: Iterable[Copy]) -> Copy | None:
    """Return an exact copy, else the most similar, the earliest of equals."""
    return max(
        copies,
        key=lambda copy: (copy.edge is Edge.EXACT, copy.similarity, -copy.trace.number),
        default=None,
    )


def _event_of(copy: Copy | None, events: Iterable[Profile]) -> Profile | None:
    if copy is None:
        return None
    return next((event for event in events if event.number == copy.trace.event), None)


def _relation(post: Keyed, copy: Copy | None, event: str, similarity: float) -> Relation:
    if copy is None:
        return Relation(id=post.item.id, event=event, similarity=similarity)
    return Relation(
        id=post.item.id, event=event, similarity=similarity, duplicate_of=copy.trace.root,
        edge=copy.edge, evidence=copy.evidence, hop=copy.trace.id,
    )  # fmt: skip
