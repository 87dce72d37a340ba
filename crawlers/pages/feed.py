"""RSS, Atom, RDF and JSON Feed: entries with the dates Chinese feeds mean (collection §3)."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import feedparser

from crawlers.pages.text import visible_text
from crawlers.pages.tree import parse_html
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
    #: The publisher's own stamp of the last change (sitemap lastmod), "" where none is told.
    changed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as read: its own title and its entries in feed order."""

    title: str
    entries: tuple[Entry, ...]


def read_feed(text: str, *, url: str, now: datetime, zone: tzinfo = SHANGHAI) -> Feed:
    """Return the entries; raise BlockedError at a wall, ParseError if it is no feed."""
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _json_feed(text, url=url, now=now, zone=zone)
    if not _FEED.search(text[:4000]):
        refuse_wall(text, url=url)
        raise ParseError(f"{url}：不是 RSS、Atom 或 JSON Feed，请检查订阅地址")
    # Decoded before, so the prolog's claim about bytes no longer holds.
    utf8 = _PROLOG.sub("", text).encode("utf-8")
    parsed = feedparser.parse(
        BytesIO(utf8),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        # Our own reader takes the words only; cleaning hostile markup first costs seconds.
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    entries = (_entry(raw, base=url, now=now, zone=zone) for raw in parsed.entries)
    return Feed(
        title=str(parsed.feed.get("title") or ""),
        entries=tuple(entry for entry in entries if entry),
    )


def _entry(
    raw: "feedparser.FeedParserDict", *, base: str, now: datetime, zone: tzinfo
) -> Entry | None:
    link = _joined(base, str(raw.get("link"))) if raw.get("link") else None
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
        summary=_summary(raw),
        author=str(raw.get("author") or "").strip() or None,
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
    )


def _summary(raw: "feedparser.FeedParserDict") -> str:
    """Return what the feed itself tells of the article: its full content where it carries one."""
    told = [str(part.get("value") or "") for part in raw.get("content") or ()]
    return max((_plain(text) for text in (*told, str(raw.get("summary") or ""))), key=len)


# ---- JSON Feed ----------------------------------------------------------------------------------


def _json_feed(text: str, *, url: str, now: datetime, zone: tzinfo) -> Feed:
    try:
        data = json.loads(text.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{url}：JSON Feed 读不懂（{error}），请检查订阅地址") from error
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise ParseError(
            f"{url}：是 JSON 但没有 items 列表，不是 JSON Feed；列表接口请用列表页来源"
        )
    entries = (
        _json_entry(item, base=url, now=now, zone=zone) for item in items if isinstance(item, dict)
    )
    return Feed(
        title=str(data.get("title") or ""), entries=tuple(entry for entry in entries if entry)
    )


def _json_entry(item: dict[str, Any], *, base: str, now: datetime, zone: tzinfo) -> Entry | None:
    link = item.get("url") or item.get("external_url")
    url = _joined(base, str(link)) if link else None
    guid = str(item.get("id") or url or "").strip()
    if not guid:
        return None
    dates = (item.get("date_published"), item.get("date_modified"))
    moment = next((found for key in dates if (found := read_time(key, zone=zone, now=now))), None)
    told = (str(item.get("content_text") or ""), _plain(str(item.get("content_html") or "")),
            str(item.get("summary") or ""))  # fmt: skip
    return Entry(
        guid=guid,
        title=_plain(str(item.get("title") or "")),
        url=url,
        summary=next((text.strip() for text in told if text.strip()), ""),
        author=_json_author(item),
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
    )


def _json_author(item: dict[str, Any]) -> str | None:
    """Return the authors' names: `authors` of version 1.1, `author` of version 1."""
    told = item.get("authors") or [item.get("author")]
    names = [
        str(one["name"]).strip()
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, dict) and one.get("name")
    ]
    return "、".join(names) or None


def _joined(base: str, link: str) -> str | None:
    """Return the absolute address, None for one that is no web address."""
    try:
        url = urljoin(base, link.strip())
    except ValueError:
        return None
    return url if url.startswith(("http://", "https://")) else None


def _plain(markup: str) -> str:
    """Return the words of an entry's markup; of one made to break parsers there are none."""
    try:
        body = parse_html(markup, url="").body
    except ParseError:
        return ""
    return visible_text(body) if body is not None else ""
