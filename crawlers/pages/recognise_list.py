"""Lists of links among the pages of `recognise`: the rows that look alike and read as headlines."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.pages.guess import Guess, title_of
from crawlers.pages.links import joined, parts_of
from crawlers.pages.text import visible_text
from domain.post import SourceKind

_DATE = r"(?:(?:19|20)\d\d\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}日?(?:\s+\d{1,2}:\d\d)?"
_HAS_DATE = re.compile(_DATE)
#: Links of a list: as many at least, each with so many letters of its own.
_LEAST_ROWS, _LEAST_LETTERS = 5, 6
#: More rows, and longer headlines, say no more.
_MANY, _LONG = 40, 25
#: Class words that name one row and not the kind of row.
_STATES = re.compile(r"^(?:active|on|cur|current|first|last|odd|even|hover|selected|\w*\d+)$")


def link_list(tree: LexborHTMLParser, url: str) -> Guess | None:
    """Find the rows that look alike, lead to different pages and best look like headlines."""
    groups: dict[str, list[LexborNode]] = defaultdict(list)
    for link in tree.css("a[href]"):
        if len(_letters(visible_text(link))) >= _LEAST_LETTERS and _is_item(link, url):
            row = _row(link)
            if row is not None:
                groups[_selector(row)].append(row)
    best = max(groups.items(), key=lambda item: _worth(item[1]), default=None)
    if best is None or _worth(best[1]) == 0:
        return None
    selector, rows = best
    told = {"title": "a", "url": "a @href"}
    if sum(bool(_HAS_DATE.search(visible_text(row))) for row in rows) * 2 > len(rows):
        told["time"] = f"~ ({_DATE})"
    options: dict[str, Any] = {"list": {"rows": selector, "fields": told}, "detail": "article"}
    return Guess(
        what="listing", url=url, title=title_of(tree), kind=SourceKind.NEWS, options=options,
        why=f"是列表页：{selector} 共 {len(rows)} 条",
    )  # fmt: skip


def _is_item(link: LexborNode, url: str) -> bool:
    address = parts_of(joined(url, link.attributes.get("href") or ""))
    return address.scheme in ("http", "https") and len(address.path) > 1


def _row(link: LexborNode) -> LexborNode | None:
    """Return the element that repeats: the nearest of a list, a table or a named block."""
    node = link.parent
    for _ in range(5):
        if node is None or node.tag in ("body", "html"):
            return None
        if node.tag in ("li", "tr", "dd", "article") or _classes(node):
            return node
        node = node.parent
    return None


def _selector(row: LexborNode) -> str:
    parts = [_step(row)]
    parent = row.parent
    while parent is not None and parent.tag not in ("body", "html") and len(parts) < 3:
        parts.insert(0, _step(parent))
        if "#" in parts[0]:
            break
        parent = parent.parent
    return " > ".join(parts)


def _step(node: LexborNode) -> str:
    name = node.attributes.get("id") or ""
    if re.fullmatch(r"[A-Za-z][\w-]*", name) and not re.search(r"\d{3,}", name):
        return f"{node.tag}#{name}"
    return "".join([str(node.tag), *(f".{word}" for word in _classes(node)[:2])])


def _classes(node: LexborNode) -> Sequence[str]:
    words = (node.attributes.get("class") or "").split()
    return [w for w in words if re.fullmatch(r"[A-Za-z][\w-]*", w) and not _STATES.match(w)]


def _worth(rows: Sequence[LexborNode]) -> float:
    """Rate a group of rows: many long headlines, better dated, worse where they are sections."""
    links: dict[str, int] = {}
    for row in rows:
        link = row.css_first("a[href]")
        if link is not None:
            links[link.attributes.get("href") or ""] = len(_letters(visible_text(link)))
    if len(links) < _LEAST_ROWS:
        return 0.0
    dated = sum(bool(_HAS_DATE.search(visible_text(row))) for row in rows) / len(rows)
    kinds = Counter(_shape(href) for href in links)
    alike = kinds.most_common(1)[0][1] / len(links)
    length = min(sum(links.values()) / len(links), _LONG)
    sections = sum(parts_of(href).path.endswith("/") for href in links) / len(links)
    rated = min(len(links), _MANY) * length * (1 + 2 * dated) * alike * (1 - sections / 2)
    return float(rated)


def _shape(href: str) -> str:
    return re.sub(r"[a-f0-9]{16,}|\d+", "0", parts_of(href).path)


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)
