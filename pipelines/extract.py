"""One saved article page → one contract row (design §5); nothing is stored."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from config.clock import SystemClock
from config.outlets import outlet_class
from crawlers.decode import declared_charset, decode, unpacked
from crawlers.pages.article import Article, inspect_article
from domain.clock import iso_shanghai
from domain.errors import ParseError

#: Longest page read (bytes, unpacked); the same limit as for a crawled page.
LIMIT = 8 * 1024 * 1024
#: A saved page may be damaged; with more unreadable characters than this it is no page.
_DAMAGE = 0.1


def extract_file(path: str, *, url: str) -> dict[str, Any]:
    """Return the article as JSON-able row; raises ParseError when the page cannot be read."""
    where = "标准输入" if path == "-" else Path(path).name
    html = _text(_load(path, where), where)
    saved = None if path == "-" else datetime.fromtimestamp(Path(path).stat().st_mtime, tz=UTC)
    return extract_page(html, url=url, where=where, now=SystemClock().now(), saved_at=saved)


def extract_page(
    html: str, *, url: str, where: str, now: datetime, saved_at: datetime | None = None
) -> dict[str, Any]:
    """Return the row of one page; a page without an article says so by kind and confidence.

    Relative times (3小时前) count from `saved_at`, if it is given.
    """
    found = inspect_article(html, url=url or where, now=now, seen_at=saved_at)
    if not found.title and not found.text:
        raise ParseError(f"{where}：网页里没有标题也没有正文，请确认保存的是完整网页")
    return _row(found, url)


def _row(found: Article, url: str) -> dict[str, Any]:
    site = _site(url) or found.site
    outlet = found.outlet or site
    return {
        "title": found.title,
        "author": found.author,
        "published_at": iso_shanghai(found.published_at) if found.published_at else None,
        "text": found.text,
        "site": site,
        "kind": found.kind,
        "outlet": outlet,
        "outlet_class": outlet_class(site or "") or outlet_class(outlet or ""),
        "syndicated_from": found.syndicated_from,
        "precision": str(found.precision),
        "confidence": found.confidence,
    }


def _site(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        raise ParseError(f"--url {url} 不是网址：请写成 https://news.example/1.html") from None


def _load(path: str, where: str) -> bytes:
    """Return the page's bytes, .gz unpacked, no more than LIMIT."""
    content = bytearray()
    try:
        if path == "-":
            data = sys.stdin.buffer.read(LIMIT + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(LIMIT + 1)
    except FileNotFoundError:
        raise ParseError(f"找不到文件 {path}：请核对路径") from None
    except IsADirectoryError:
        raise ParseError(f"{path} 是文件夹：请给出其中的一个网页文件") from None
    for part in unpacked([data], where=where):
        content += part
        if len(content) > LIMIT:
            raise ParseError(
                f"{where}：网页超过 {LIMIT >> 20} MB，没有读取；请确认它是一张文章网页"
            )
    if not content.strip():
        raise ParseError(f"{where}：文件是空的，请重新保存网页")
    return bytes(content)


def _text(data: bytes, where: str) -> str:
    """Return the page decoded; one damaged in places is read with what is left of it."""
    declared = declared_charset("", data)
    try:
        return decode(data, where=where, declared=declared)
    except ParseError:
        if b"\0" in data[:8192]:
            raise
        texts = (data.decode(codec, errors="replace") for codec in ("utf-8", "gb18030"))
        best = min(texts, key=lambda text: text.count("\ufffd"))
        if best.count("\ufffd") > len(best) * _DAMAGE:
            raise
        return best
