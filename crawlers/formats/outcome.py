"""What reading one record gives: a post or the reason why not."""

from collections.abc import Iterable

from domain.post import BadRecord, ParsedPost

Read = ParsedPost | BadRecord


def sort_out(reads: Iterable[Read]) -> tuple[tuple[ParsedPost, ...], tuple[BadRecord, ...]]:
    """Return the posts and the refused records, each in file order."""
    posts: list[ParsedPost] = []
    bad: list[BadRecord] = []
    for read in reads:
        if isinstance(read, BadRecord):
            bad.append(read)
        else:
            posts.append(read)
    return tuple(posts), tuple(bad)
