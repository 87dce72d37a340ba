"""Pseudonyms (假名): keyed hashes of authors and homes; only with the secret can they be made."""

import hmac
from collections.abc import Callable, Collection
from functools import partial

from domain.analysis import Analysis
from domain.homes import Home
from domain.post import ParsedPost

#: Keys a home a text states; None where its project is not known.
HomeKey = Callable[[Home | None], str | None]


def author_key(secret: bytes, site: str, post: ParsedPost) -> str | None:
    """Return the pseudonym HMAC(site, native uid) of a post's author, None if anonymous."""
    who = post.author_id or post.author
    return None if not who else keyed(secret, f"{site}\0{who}")


def household_key(secret: bytes, subject: str | None, household: Home | None) -> str | None:
    """Return HMAC(subject, phase, building, unit, room); None without a subject or a room (N-01).

    The same home is one voice in a group chat, on a complaint form and in an order.
    """
    if subject is None or household is None or not household[3]:
        return None
    return keyed(secret, "\0".join(("household", subject, *household)))


def stated_keys(secret: bytes | None, result: Analysis, projects: Collection[str]) -> HomeKey:
    """Return what keys the homes a text states: within the one project it is about, else none."""
    named = {mention.subject for mention in result.mentions} & set(projects)
    if secret is None or len(named) != 1:
        return no_key
    return partial(household_key, secret, named.pop())


def no_key(_: Home | None) -> None:
    """Key nothing: the project is not known for sure, or there is no secret."""


def keyed(secret: bytes, value: str) -> str:
    """Return a keyed hash, 32 hex characters."""
    return hmac.digest(secret, value.encode("utf-8", "replace"), "sha256").hex()[:32]
