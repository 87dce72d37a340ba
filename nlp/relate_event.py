"""Events (同一事件): which of the candidates a post belongs to, and what an event is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from domain.relation import Profile
from nlp.relate_text import BUCKETS, Buckets, Floats, heaviest, pack, summed, unpack

#: Shorter texts say too little to be compared by words; subject and category decide.
SHORTEST_EVENT = 20
#: An event is open this long after its last post; so long a copy, or what is plainly the same,
#: opens it again.
OPEN, REOPEN = timedelta(days=90), timedelta(days=180)
#: A short line joins an event of its subject and category that was alive this recently.
FRESH = timedelta(days=14)
#: A reaction (维权, 记者, 上访 … without a matter of its own) joins what moves its subject now.
REACTION, MOVING = timedelta(hours=48), 3
#: Cosine to join, calibrated on hot_issues dev (nlp.md E).
ALIKE = 0.11
#: … where subject and category agree already, recently (FRESH) and less recently.
ALIKE_SAME_MATTER, ALIKE_SAME_MATTER_LATER = 0.0, 0.08
#: … where they agree, recently, in a category that is wide.
ALIKE_WIDE = 0.06
#: … where the subject agrees and the categories do not: the name alone makes words alike.
ALIKE_OTHER_MATTER = 0.22
#: … where the event was closed already.
ALIKE_CLOSED = 2 * ALIKE
#: Categories of a post that say what it is about; long posts touch on much else.
MAIN_CODES = 3
#: Weights kept of a post and of an event; bounds memory of an event of thousands of posts.
POST_FEATURES, EVENT_FEATURES = 96, 1000

#: Modifiers and context: sharing one of these does not make two posts the same matter.
_LOOSE = frozenset({"K01", "K02", "K03", "K04", "K05", "K22", "K25", "K26", "K27", "K28"})
#: What owners do about a matter; alone they say nothing of which.
_REACTIONS = frozenset({"K01", "K02", "K03", "K04", "K05", "K28"})
#: So wide that sharing it is not yet the same matter, but not sharing it says nothing either.
_WIDE = frozenset({"K18"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a post is about, ready to be compared with events."""

    at: datetime
    buckets: Buckets
    weights: Floats
    subjects: frozenset[str]
    codes: frozenset[str]
    #: Says only how people react, not to what.
    reaction: bool
    #: Too short to be compared by words.
    short: bool


def main_codes(categories: Iterable[str]) -> frozenset[str]:
    """Return the categories that say what a post is about, of those in order of weight."""
    return frozenset([code for code in categories if code not in _LOOSE][:MAIN_CODES])


def is_reaction(categories: tuple[str, ...]) -> bool:
    """Whether a post says only how people react."""
    return bool(categories) and all(code in _REACTIONS for code in categories)


def may_join(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two subject sets allow it: one is unknown, or they share a subject."""
    return not one or not other or bool(one & other)


def open_to(matter: Matter, event: Profile) -> bool:
    """Whether an event may still take a post about these subjects at this moment."""
    near = abs(matter.at - event.last) <= REOPEN
    return near and may_join(matter.subjects, event.subjects)


def choose(matter: Matter, events: Iterable[Profile]) -> tuple[Profile, float] | None:
    """Return the event to join and the similarity to it, None if the post stands alone."""
    offered = [event for event in events if open_to(matter, event)]
    best = max(
        (
            (likeness - wanted, event.key, likeness, event)
            for event, likeness in zip(offered, _likeness(matter, offered), strict=True)
            if likeness >= (wanted := _wanted(matter, event))
        ),
        default=None,
        key=lambda found: found[:2],
    )
    if matter.reaction and (best is None or not _has_matter(best[3])):
        moving = _moving(matter, offered)
        if moving is not None:
            return moving, 0.0
    return None if best is None else (best[3], round(min(best[2], 1.0), 4))


def grown(event: Profile | None, matter: Matter, *, number: int, key: str) -> Profile:
    """Return the event with one more post; a new event where there is none."""
    if event is None:
        return Profile(
            number=number, key=key, last=matter.at, posts=1, subjects=matter.subjects,
            codes=dict.fromkeys(sorted(matter.codes), 1),
            features=pack(*heaviest(matter.buckets, matter.weights, POST_FEATURES)),
        )  # fmt: skip
    codes = dict(event.codes)
    for code in matter.codes:
        codes[code] = codes.get(code, 0) + 1
    return Profile(
        number=number, key=key, last=max(event.last, matter.at), posts=event.posts + 1,
        subjects=event.subjects | matter.subjects, codes=codes,
        features=summed(event.features, matter.buckets, matter.weights, EVENT_FEATURES),
    )  # fmt: skip


def _likeness(matter: Matter, events: list[Profile]) -> list[float]:
    """Return the cosine of the post's words to each event's."""
    if not events:
        return []
    asked = np.zeros(BUCKETS, dtype=np.float32)
    asked[matter.buckets] = matter.weights
    found = []
    for event in events:
        buckets, weights = unpack(event.features)
        norm = float(np.sqrt(weights @ weights)) or 1.0
        found.append(float(asked[buckets] @ weights) / norm)
    return found


def _moving(matter: Matter, offered: list[Profile]) -> Profile | None:
    """Return the event that moves one of the post's subjects now, None if nothing does."""
    moving = [
        event
        for event in offered
        if matter.subjects & event.subjects
        and abs(matter.at - event.last) <= REACTION
        and event.posts >= MOVING
        and _has_matter(event)
    ]
    return max(moving, key=lambda event: (event.last, event.key), default=None)


def _has_matter(event: Profile) -> bool:
    """Whether an event is about something, not only about how people react."""
    return bool(set(event.codes) - _WIDE)


def _wanted(matter: Matter, event: Profile) -> float:
    """Return the cosine a post needs to join the event; above 1 = it cannot."""
    gap = abs(matter.at - event.last)
    fresh = gap <= FRESH
    main = {code for code, number in event.codes.items() if number * 3 >= event.posts}
    known = bool(matter.subjects & event.subjects)
    shared = matter.codes & main
    mine, theirs = _things(matter.codes), _things(main)
    apart = known and mine and theirs and not mine & theirs
    if apart or matter.short:
        return 0.0 if known and shared and fresh and not apart else 2.0
    if gap > OPEN:
        return ALIKE_CLOSED
    if known and mine & theirs:
        return 0.0 if fresh else ALIKE_SAME_MATTER
    if known and shared - _WIDE:
        return ALIKE_SAME_MATTER if fresh else ALIKE_SAME_MATTER_LATER
    if known and main - _WIDE and matter.codes - _WIDE:
        return ALIKE_OTHER_MATTER
    return ALIKE_WIDE if known and shared and fresh else ALIKE


def _things(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(code for code in codes if code.startswith("·"))
