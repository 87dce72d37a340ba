"""Sitemaps (网站地图): sitemap.xml, sitemap index, news sitemaps, plain lists; .gz with a limit.

XML entities are never expanded and nothing outside the document is read (XXE, billion laughs).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from crawlers.decode import declared_charset, decode, unpacked
from crawlers.pages.feed import Entry
from crawlers.pages.walls import refuse_wall
from crawlers.times import Moment, read_time
from domain.clock import SHANGHAI
from domain.errors import ParseError
from domain.post import Precision

#: The protocol's own limits: 50 MB unpacked, 50,000 addresses.
MAX_BYTES = 50 * 1024 * 1024
MAX_URLS = 50_000
_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_KIND = re.compile(rb"<(?:[\w.-]+:)?(urlset|sitemapindex)[\s>/]")
_ADDRESS = re.compile(r"^https?://\S+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLink:
    """A further sitemap that an index names."""

    url: str
    changed: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """One sitemap as read: its pages as entries, or the maps an index names."""

    entries: tuple[Entry, ...] = ()
    maps: tuple[MapLink, ...] = ()


def read_sitemap(body: bytes, *, url: str, now: datetime, zone: tzinfo = SHANGHAI) -> Sitemap:
    """Return pages or further maps; ParseError if it is no sitemap, BlockedError at a wall."""
    data = _unpacked(body, url)
    kind = _KIND.search(data[:20_000])
    if kind is None:
        return Sitemap(entries=_plain_list(data, url))
    if _FORBIDDEN.search(data):
        raise ParseError(f"{url}：网站地图里写有 DTD 或实体定义，可能是恶意文件，没有读取")
    rows = list(_rows(data, url))
    if kind[1] == b"sitemapindex":
        links = (_link(row, url, now=now, zone=zone) for row in rows)
        return Sitemap(maps=tuple(link for link in links if link))
    entries = (_entry(row, url, now=now, zone=zone) for row in rows)
    return Sitemap(entries=tuple(entry for entry in entries if entry))


def _unpacked(body: bytes, url: str) -> bytes:
    content = bytearray()
    for part in unpacked([body], where=url):
        content += part
        if len(content) > MAX_BYTES:
            raise ParseError(f"{url}：网站地图解压后超过 {MAX_BYTES >> 20} MB，没有读取")
    return bytes(content)


def _plain_list(data: bytes, url: str) -> tuple[Entry, ...]:
    """Return a text sitemap, one address a line; anything else is refused."""
    text = decode(data, where=url, declared=declared_charset("", data))
    lines = [line.strip() for line in text.splitlines()[:MAX_URLS] if line.strip()]
    if not lines or not all(_ADDRESS.match(line) for line in lines[:20]):
        refuse_wall(text, url=url)
        raise ParseError(f"{url}：不是网站地图（sitemap），请检查地址")
    return tuple(
        _made(line, title="", changed="", moment=None) for line in lines if _ADDRESS.match(line)
    )


def _rows(data: bytes, url: str) -> Iterator[dict[str, str]]:
    """Yield each <url> or <sitemap> as its texts by tag name, whatever the namespaces."""
    try:
        events = etree.iterparse(
            _Source(data), events=("end",), recover=True, resolve_entities=False, no_network=True,
            load_dtd=False, huge_tree=False,
        )  # fmt: skip
        count = 0
        for _, element in events:
            if not isinstance(element.tag, str) or _name(element) not in ("url", "sitemap"):
                continue
            told = [(_name(inner), (inner.text or "").strip()) for inner in _inner(element)]
            yield dict(told)
            element.clear()
            count += 1
            if count >= MAX_URLS:
                return
    except etree.XMLSyntaxError as error:
        raise ParseError(f"{url}：网站地图不是完整的 XML（{error}），下次再试") from error


def _inner(element: Any) -> list[Any]:
    """Return what is told under an element, its own children last: image:loc must not win."""
    told = [inner for inner in element.iter() if isinstance(inner.tag, str)]
    return sorted(told[1:], key=lambda inner: inner.getparent() is element)


class _Source:
    """Bytes as the file iterparse wants."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        end = len(self._data) if size < 0 else self._at + size
        part = self._data[self._at : end]
        self._at += len(part)
        return part


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _link(row: dict[str, str], base: str, *, now: datetime, zone: tzinfo) -> MapLink | None:
    address = _address(base, row.get("loc", ""))
    if address is None:
        return None
    changed = row.get("lastmod", "")
    moment = read_time(changed, zone=zone, now=now)
    return MapLink(url=address, changed=changed, changed_at=moment[0] if moment else None)


def _entry(row: dict[str, str], base: str, *, now: datetime, zone: tzinfo) -> Entry | None:
    """Return a page; news sitemaps tell title and publishing time, lastmod is only a change."""
    address = _address(base, row.get("loc", ""))
    if address is None:
        return None
    moment = read_time(row.get("publication_date"), zone=zone, now=now)
    return _made(address, title=row.get("title", ""), changed=row.get("lastmod", ""), moment=moment)


def _made(url: str, *, title: str, changed: str, moment: Moment | None) -> Entry:
    return Entry(
        guid=url, title=title, url=url, summary="", author=None,
        published_at=moment[0] if moment else None,
        precision=moment[1] if moment else Precision.NONE,
        changed=changed,
    )  # fmt: skip


def _address(base: str, link: str) -> str | None:
    try:
        address = urljoin(base, link)
    except ValueError:
        return None
    return address if link and _ADDRESS.match(address) else None
