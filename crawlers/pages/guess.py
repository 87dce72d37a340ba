"""What an address is believed to be: the value `recognise` returns."""

from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.text import visible_text
from domain.post import SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An address found on a page that is itself no source: a feed, a board."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What an address seems to be and how it would be collected."""

    #: feed | discuzx | a described forum engine | sitemap | listing | article | choices
    what: str
    url: str
    title: str
    kind: SourceKind
    why: str
    options: dict[str, Any] = field(default_factory=dict)
    #: Better addresses where this one is only the way to them.
    choices: tuple[Choice, ...] = ()


def title_of(tree: LexborHTMLParser) -> str:
    """Return the page's title, cut to what fits on a line."""
    node = tree.css_first("title")
    return visible_text(node)[:60] if node is not None else ""
