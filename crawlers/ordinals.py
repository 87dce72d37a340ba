"""Ordinals: equal lines of one second and one sender are told apart by their number in the file.

A file need not be sorted, so every line seen is remembered: as eight bytes of a hash in a table of
open addressing (16 MB for a million lines; a set of Python integers takes 100 MB).
"""

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import replace

from crawlers.formats.outcome import Read
from domain.clean import clean
from domain.post import BadRecord, ParsedPost


def numbered(items: Iterator[Read]) -> Iterator[Read]:
    """Yield the items; a line equal to an earlier one carries its ordinal, the first none."""
    seen = _Seen()
    again: dict[int, int] = {}
    for item in items:
        if isinstance(item, BadRecord) or item.native_id:
            yield item
            continue
        key = _key(item)
        if seen.add(key):
            yield item
        else:
            again[key] = again.get(key, 0) + 1
            yield replace(item, ordinal=again[key])


def _key(post: ParsedPost) -> int:
    second = int(post.published_at.timestamp()) if post.published_at else 0
    who = post.author_id or post.author or ""
    base = "\0".join((post.site or "", str(second), who, clean(post.text)))
    found = hashlib.blake2b(base.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(found, "little") or 1


class _Seen:
    """A set of 64-bit numbers other than 0 in eight to sixteen bytes each."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 << 12))
        self._count = 0

    def add(self, key: int) -> bool:
        """Remember a number; False if it is known."""
        slots = self._slots
        mask = len(slots) - 1
        place = key & mask
        while kept := slots[place]:
            if kept == key:
                return False
            place = (place + 1) & mask
        slots[place] = key
        self._count += 1
        if self._count * 3 > len(slots) * 2:
            self._grow()
        return True

    def _grow(self) -> None:
        old, self._slots = self._slots, array("Q", bytes(16 * len(self._slots)))
        slots, mask = self._slots, len(self._slots) - 1
        for key in old:
            if key:
                place = key & mask
                while slots[place]:
                    place = (place + 1) & mask
                slots[place] = key
