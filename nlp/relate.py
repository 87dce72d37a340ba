"""relate (关联): whose copy a post is and which event (同一事件) it belongs to, decided on line.

    keys(post) → whoever keeps the posts returns candidates → decide(post, candidates)

A post's place depends only on the posts placed before it; a batch is placed in canonical order, so
the order of the input does not matter. The IDF table is frozen with the model for the same reason.
Posts about disjoint subjects never join: a text copied under another name is another matter.
"""

from collections.abc import Iterable

from domain.relation import RelateIn
from nlp.relate_index import RelateIndex
from nlp.relate_post import Candidates, Idf, Keyed, decide, event_key, keys
from nlp.relate_text import BUCKETS, features

__all__ = [
    "BUCKETS", "Candidates", "Idf", "Keyed", "RelateIndex", "canonical", "decide",
    "event_key", "features", "keys",
]  # fmt: skip


def canonical(items: Iterable[RelateIn]) -> list[RelateIn]:
    """Return the items in the one order a batch is placed in: published, then id."""
    return sorted(items, key=lambda item: (item.published_at, item.id))
