"""RSS and Atom: entries with the dates Chinese feeds mean (collection §3)."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import BytesIO
from urllib.parse import urljoin

import feedparser
from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.text import visible_text
from crawlers.pages.walls import refuse_wall
from crawlers.times import read_time
from domain.clock import SHANGHAI
from domain.errors import ParseError
from domain.post import Precision

_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
#: Raw date strings in order of trust; feedparser's own reading takes naive times for UTC.
_DATES = ("published", "created", "updated", "date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; `guid` falls back to the link."""

    guid: str
    title: str
    url: str | None
    summary: str
    author: str | None
    published_at: datetime | None
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as read: its own title and its entries in feed order."""

    title: str
    entries: tuple[Entry, ...]


def read_feed(text: str, *, url: str, now: datetime, zone: tzinfo = SHANGHAI) -> Feed:
    """Return the entries; raise BlockedError at a wall, ParseError if it is no feed."""
    if not _FEED.search(text[:4000]):
        refuse_wall(text, url=url)
        raise ParseError(f"{url}：不是 RSS 或 Atom，请检查订阅地址")
    # Decoded before, so the prolog's claim about bytes no longer holds.
    utf8 = _PROLOG.sub("", text).encode("utf-8")
    parsed = feedparser.parse(
        BytesIO(utf8), response_headers={"content-type": "application/xml; charset=utf-8"}
    )
    entries = (_entry(raw, base=url, now=now, zone=zone) for raw in parsed.entries)
    return Feed(
        title=str(parsed.feed.get("title") or ""),
        entries=tuple(entry for entry in entries if entry),
    )


def _entry(
    raw: "feedparser.FeedParserDict", *, base: str, now: datetime, zone: tzinfo
) -> Entry | None:
    link = urljoin(base, str(raw.get("link") or "")) if raw.get("link") else None
    guid = str(raw.get("id") or link or "").strip()
    if not guid:
        return None
    moment = next(
        (found for key in _DATES if (found := read_time(raw.get(key), zone=zone, now=now))), None
    )
    return Entry(
        guid=guid,
        title=_plain(str(raw.get("title") or "")),
        url=link,
        summary=_plain(str(raw.get("summary") or "")),
        author=str(raw.get("author") or "").strip() or None,
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
    )


def _plain(markup: str) -> str:
    body = LexborHTMLParser(markup).body
    return visible_text(body) if body is not None else ""
