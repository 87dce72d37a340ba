"""What reading a file gives: its head, then posts and the reasons why not, one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.errors import ParseError
from domain.post import BadRecord, ParsedPost, SourceKind

Read = ParsedPost | BadRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file whose format is known: read its items once, in file order.

    Reading on may raise ParseError: the file breaks off there, or had nothing to give.
    """

    format: str
    #: Name of the group, board or table the file is an export of, where it says so.
    site: str | None
    kind: SourceKind
    items: Iterator[Read]


def some(items: Iterator[Read], problem: str) -> Iterator[Read]:
    """Yield the items; raise ParseError if there is not one."""
    empty = True
    for item in items:
        empty = False
        yield item
    if empty:
        raise ParseError(problem)
