"""The words that tell names apart (config/homonyms.yml), read and checked for nlp."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from config.facts import parse, read_text
from domain.errors import FactsError
from nlp.alias_forms import NameFacts
from nlp.normal import normalise

FILE = "homonyms.yml"


@cache
def load_names() -> NameFacts:
    """Return the shipped words; raises FactsError naming the key that is wrong."""
    text = read_text(FILE)
    return names(parse(FILE, text), version=hashlib.sha256(text.encode()).hexdigest()[:12])


def names(raw: Mapping[str, Any], *, version: str = "") -> NameFacts:
    """Return the checked words in normal form."""
    return NameFacts(
        version=version,
        common=frozenset(_words(raw, "words")),
        masks=_words(raw, "masks"),
        cities=frozenset(_words(raw, "cities")),
        developers=frozenset(_words(raw, "developers")),
        suffixes=_longest_first(_words(raw, "suffixes")),
        tails=_words(raw, "tails"),
        place_tails=_words(raw, "place_tails"),
        tails_not=_words(raw, "tails_not"),
        letters=frozenset(_text(raw, "letters")),
        housing=_words(raw, "housing"),
        sounds=_words(raw, "sound_alikes"),
        not_initials=frozenset(_words(raw, "not_initials")),
    )


def _longest_first(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def _words(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = raw.get(key)
    if not isinstance(found, list) or not found:
        raise FactsError(f"{FILE} 的 {key} 应当是词的列表")
    forms = [normalise(str(word)).text.strip() for word in found]
    if not all(forms):
        raise FactsError(f"{FILE} 的 {key} 里有空词：请删除")
    return tuple(dict.fromkeys(forms))


def _text(raw: Mapping[str, Any], key: str) -> str:
    found = raw.get(key)
    if not isinstance(found, str) or not found:
        raise FactsError(f"{FILE} 的 {key} 应当是一串汉字")
    return normalise(found).text
