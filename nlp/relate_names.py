"""The same text under another estate's name (换名): no copy and not the same event.

Subjects tell estates apart where they are given. Without them two near-identical texts are parted
when each names a place the other does not: 澄湖苑 here and 云栖府 there.
"""

import re
from functools import lru_cache

from nlp.aliases import find_candidates
from nlp.normal import normalise
from nlp.relate_text import plain

_HAN = "\u4e00-\u9fff"
#: A place's name without any other sign of it: the two characters before its last word.
_PLACE = re.compile(rf"(?=([{_HAN}]{{2}}(?:花园|家园|公馆|国际城|新城|山庄|[苑府园邸郡])))")
#: Not a name but what any place is called.
_ANY = re.compile(
    "^(?:[这那该本每各某全整我你他她您的在是于了和与及有到从对个]|.[的在是于了和与及有到从对个])"
    "|[政省市区县官学]府|[校公乐庄]园|儿园"
)
#: Characters that tell one name from another: what stands before may be a verb.
_TELLING = 3
#: Characters looked at; names stand early and often.
_LOOKED_AT = 2000


def elsewhere(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two alike posts, each (title, text), name different places and none in common."""
    mine, told_here = _places(*one), _spoken(*one)
    theirs, told_there = _places(*other), _spoken(*other)
    if any(name in told_there for name in mine) or any(name in told_here for name in theirs):
        return False
    return bool(mine and theirs)


@lru_cache(maxsize=4096)
def _places(title: str, text: str) -> frozenset[str]:
    """Return the telling ends of the names of places in a post."""
    normal = normalise(f"{title}\n{text[:_LOOKED_AT]}").text
    loose = {found.group(1) for found in _PLACE.finditer(normal)}
    sure = {plain(found.alias)[-_TELLING:] for found in find_candidates(normal)}
    return frozenset(name for name in loose if not _ANY.search(name)) | sure


@lru_cache(maxsize=4096)
def _spoken(title: str, text: str) -> str:
    return plain(normalise(f"{title}\n{text[:_LOOKED_AT]}").text)
