"""Voices (声音): whose negative posts the statistics count, and under which topics (D-C1, A12)."""

from collections.abc import Iterable, Mapping

from domain.alert import Counted
from domain.detection import ALL, ANY
from domain.post import SourceKind

#: Topics of one post that are counted: the first ones its categories lead to.
TOPICS_OF_A_POST = 2


def speaks(post: Counted) -> bool:
    """Return whether a post is a first-hand negative voice: no copy, no own report, no news."""
    return (
        post.negative
        and not post.duplicate
        and post.onsite is None
        and post.kind is not SourceKind.NEWS
    )


def is_own_word(post: Counted) -> bool:
    """Return whether a post is a first-hand word of any tone about the subject (D-R1)."""
    return (
        post.relevant
        and not post.duplicate
        and post.onsite is None
        and post.kind is not SourceKind.NEWS
    )


def streams_of(post: Counted, topics: Mapping[str, str]) -> tuple[str, ...]:
    """Return the streams of a day's counts a post belongs to: its topics, all, any."""
    negative = (ALL, *topics_of(post.categories, topics)) if speaks(post) else ()
    return (*negative, ANY) if is_own_word(post) else negative


def voice_of(post: Counted) -> tuple[str, str]:
    """Return the voice of a post: its household or author on its site; unnamed = one a site."""
    return post.site, post.household or post.author or "匿名"


def topics_of(codes: Iterable[str], topics: Mapping[str, str]) -> tuple[str, ...]:
    """Return the topics of a post; a code without a topic belongs to no topic, only to all."""
    found = dict.fromkeys(topics[code] for code in codes if code in topics)
    return tuple(found)[:TOPICS_OF_A_POST]
