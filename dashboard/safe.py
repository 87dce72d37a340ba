"""The only door for crawled text to the screen: masked, inert, equal in length until escaped.

Crawled text is hostile (platform §5): a markdown image in any Streamlit label would be fetched. So
it is shown only as `Html` made here, where every character is escaped, or as a table cell. No
other module of the dashboard calls st.html or st.markdown (a test reads the sources).
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NewType
from urllib.parse import urlsplit

import streamlit as st

from domain.mask import mask

#: Markup in which everything that came from outside is escaped.
Html = NewType("Html", str)

#: Control, direction-changing and invisible characters: they can make a text read otherwise.
_ODD = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@/=\"'])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A stretch of text to be marked: `kind` is a CSS class, `title` says why."""

    start: int
    end: int
    kind: str
    title: str = ""


def clean(value: str) -> str:
    """Return `value` masked and without odd characters, every other one at its offset."""
    return "".join(
        "\ufffd" if unicodedata.category(c) in _ODD and c != "\n" else c for c in mask(value)
    )


def text(value: object) -> Html:
    """Return anything as inert markup."""
    return Html(html.escape(clean(str(value))).replace("\n", "<br>"))


def attribute(value: object) -> str:
    """Return anything as the inside of a quoted attribute."""
    return html.escape(clean(str(value)).replace("\n", " "))


def highlight(value: str, marks: Iterable[Mark]) -> Html:
    """Return `value` escaped with its marked stretches in <mark>; overlaps show all kinds."""
    body = clean(value)
    inside = [
        Mark(start=max(0, m.start), end=min(len(body), m.end), kind=m.kind, title=m.title)
        for m in marks
        if m.start < len(body) and m.end > max(0, m.start)
    ]
    cuts = sorted({0, len(body), *(m.start for m in inside), *(m.end for m in inside)})
    pieces = (
        _piece(body[start:end], [m for m in inside if m.start <= start and end <= m.end])
        for start, end in pairwise(cuts)
    )
    return Html("".join(pieces))


def excerpt(value: str, marks: Sequence[Mark], *, limit: int) -> Html:
    """Return at most `limit` letters around the first mark, a word looked for before others.

    The cut is made after masking: half a phone number would not be recognised as one.
    """
    if len(value) <= limit:
        return highlight(value, marks)
    first = min(((m.kind != "word", m.start) for m in marks), default=(False, 0))[1]
    start = max(0, min(first - limit // 4, len(value) - limit))
    body = clean(value)[start : start + limit]
    moved = [
        Mark(start=m.start - start, end=m.end - start, kind=m.kind, title=m.title) for m in marks
    ]
    before, after = ("…" if start else ""), ("…" if start + limit < len(value) else "")
    return Html(f"{before}{highlight(body, moved)}{after}")


def _piece(part: str, marks: Sequence[Mark]) -> str:
    shown = html.escape(part).replace("\n", "<br>")
    if not marks:
        return shown
    kinds = " ".join(dict.fromkeys(html.escape(m.kind) for m in marks))
    titles = "；".join(dict.fromkeys(html.escape(clean(m.title)) for m in marks if m.title))
    return f'<mark class="{kinds}" title="{titles}">{shown}</mark>'


def tag(name: str, *children: Html, css: str = "", title: str = "") -> Html:
    """Return an element around markup that is already safe."""
    attributes = f' class="{html.escape(css)}"' if css else ""
    attributes += f' title="{attribute(title)}"' if title else ""
    return Html(f"<{name}{attributes}>{''.join(children)}</{name}>")


def post_link(post_id: int) -> Html:
    """Return a link to the record of one of our own posts."""
    return Html(f'<a href="search?post={int(post_id)}" target="_self">#{int(post_id)}</a>')


def join(parts: Iterable[Html], between: str = "") -> Html:
    """Return safe pieces in a row."""
    return Html(html.escape(between).join(parts))


def link(url: str | None) -> str | None:
    """Return the address if it is a web page, None for javascript:, data:, files and the like."""
    if not url or any(unicodedata.category(c) in _ODD or c.isspace() for c in url):
        return None
    try:
        parts = urlsplit(url)
        inert = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return url if inert and "@" not in parts.netloc else None


def cell(value: object) -> str:
    """Return text for a table cell: inert on the canvas and no formula when exported as CSV."""
    shown = clean(str(value)).replace("\n", " ")
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def label(value: object) -> str:
    """Return text for a widget's label, which Streamlit reads as markdown: all of it escaped."""
    flat = clean(str(value)).replace("\n", " ").replace("://", "： //").replace("www.", "www ．")
    return _MARKDOWN.sub(r"\\\1", flat)


def show(markup: Html) -> None:
    """Put markup on the page."""
    st.html(markup)
