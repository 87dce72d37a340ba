"""Whose name it is (归属): the readings of one hit weighed against each other.

A name counts by itself only if it is nobody else's; equal claims are left undecided.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nlp.alias_forms import DERIVED, Form, Need
from nlp.alias_guard import (
    CITY,
    CITY_BEFORE,
    NEAR_CITY,
    Left,
    another_name,
    cuts_word,
    elsewhere,
    evidence_near,
    foreign,
    goes_on,
    housing_near,
    left_of,
    named_other,
    strength,
)
from nlp.alias_world import Owner, World
from nlp.terms import Hit

#: Owners from which on a name is asked by evidence; what marks a subject key among the words.
CROWD, KEY = 6, "\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a word: whose it is, by which form, and what must stand beside it."""

    owner: Owner
    form: Form
    need: Need
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A hit with the readings its surroundings do not forbid."""

    start: int
    end: int
    left: Left
    readings: tuple[Reading, ...]

    @property
    def plain(self) -> bool:
        """Whether there is nothing to decide."""
        return len(self.readings) == 1 and self.readings[0].need is Need.NOTHING

    @property
    def doubtful(self) -> bool:
        """Whether every reading needs something beside it."""
        return all(each.need is not Need.NOTHING for each in self.readings)


def place_of(text: str, hit: Hit, readings: Sequence[Reading], world: World) -> Place | None:
    """Return the hit with the readings left to it, None where nothing is."""
    start, end, _ = hit
    if not readings or cuts_word(text, start, end):
        return None
    left = left_of(text, start, world)
    kept = tuple(
        each for each in readings
        if not foreign(left, each.owner, world)
        and not (each.need is Need.CONTEXT and named_other(left, each.owner, world))
        and not another_name(text, start, end, each.owner, left, world)
        and (left.cities or not elsewhere(text, start, end, each.owner, world))
    )  # fmt: skip
    return Place(start=start, end=end, left=left, readings=kept) if kept else None


def in_crowd(
    text: str, hit: Hit, crowd: Mapping[str, tuple[Reading, ...]], keys: Collection[str],
    world: World,
) -> Place | None:  # fmt: skip
    """Ask only those of many subjects for whom something near by, or one of the keys, speaks."""
    words = ["", *evidence_near(text, hit[0], hit[1], world), *(KEY + key for key in keys)]
    readings = {each.owner.key: each for word in words for each in crowd.get(word, ())}
    return place_of(text, hit, tuple(readings.values()), world)


def by_evidence(readings: Sequence[Reading]) -> dict[str, tuple[Reading, ...]]:
    """Return word or subject key → the readings it may decide for; "" → the only firm one."""
    found: dict[str, list[Reading]] = {}
    for each in readings:
        owner = each.owner
        for word in (*owner.context, *owner.cities, KEY + owner.key):
            found.setdefault(word, []).append(each)
    firm = [each for each in readings if each.need is Need.NOTHING]
    found[""] = firm if len(firm) == 1 else []
    # A word that speaks for a crowd singles nobody out.
    return {word: tuple(members) for word, members in found.items() if len(members) <= CROWD}


def choose(
    text: str, place: Place, sure: Collection[str], implied: Collection[str], world: World
) -> Reading | None:
    """Return the reading with the best claim, None where none or two have it."""
    if place.plain:
        return place.readings[0]
    firm = sum(each.need is Need.NOTHING for each in place.readings)
    claims = []
    for each in place.readings:
        claim = strength(text, place.start, place.end, each.owner, place.left, sure, implied, world)
        if each.need is Need.CONTEXT and _by_city(claim, each, place):
            claim *= housing_near(text, place.start, place.end, world)
        if claim == 0 and each.need is Need.HOUSING and not goes_on(text, place.end, world):
            claim = 0.5 * housing_near(text, place.start, place.end, world)
        if claim == 0 and each.need is Need.NOTHING and firm == 1:
            claim = 0.5
        claims.append((claim, each))
    best = max(claim for claim, _ in claims)
    winners = [each for claim, each in claims if claim == best]
    return winners[0] if best > 0 and len(winners) == 1 else None


def _by_city(claim: float, reading: Reading, place: Place) -> bool:
    """Whether a city alone backs a common word: 南浦的春天 is no estate."""
    if reading.form.kind in DERIVED or place.left.words & reading.owner.brands:
        return False
    return claim in (NEAR_CITY, CITY_BEFORE, CITY)
