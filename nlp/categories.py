"""Complaint categories (投诉类别) K01–K28 by words; false friends are hidden by the term table."""

from collections import Counter
from collections.abc import Iterable

from domain.analysis import Category
from nlp.lexicon import Weighed
from nlp.terms import TermTable

#: Points needed: one strong word, or two different weak ones.
_NEEDED = 2


def find_categories(weighed: Iterable[Weighed], table: TermTable) -> tuple[Category, ...]:
    """Return the categories the hits point to, strongest first; denied words do not count."""
    points: Counter[str] = Counter()
    for index in {each.index for each in weighed if not each.denied}:
        for code, worth in table.terms[index].codes:
            points[code] += worth
    found = [
        Category(code=code, score=round(1 - 0.6 ** (number / 1.5), 3))
        for code, number in points.items()
        if number >= _NEEDED
    ]
    return tuple(sorted(found, key=lambda each: (-each.score, each.code)))
