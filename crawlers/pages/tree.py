"""HTML to a tree, unless the page is made to break parsers (恶意网页): a few KB can cost gigabytes.

What a parser pays for with a square is counted first, without a tree: nesting, attributes of one
tag, options, and formatting tags left open (each later block repeats all of them). The scan reads
tags as the HTML standard does, but not every quirk of it; what gets past it meets the time and
memory limits of the crawl's own process (pipelines/worker.py).
"""

import re
from collections import Counter
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from domain.errors import ParseError

#: Below this many tags and characters nothing can cost much.
_FEW_TAGS, _FEW_CHARACTERS = 500, 20_000
#: From this many tags on nesting is counted.
_MANY_TAGS = 3_000
#: Characters of a tag from which its attributes are counted.
_LONG_TAG = 4_000
#: Tags in all, and levels of elements: browsers too stop nesting at 512.
_MOST_TAGS, _DEEPEST = 600_000, 512
#: Rows of one page.
_MOST_ROWS = 10_000
#: Elements that formatting tags left open would be repeated into (360 bytes of memory each).
_MOST_REPEATED = 1_000_000
#: Sum of the squares of the counts of attributes; 20,000 options take a second.
_MOST_ATTRIBUTES, _MOST_OPTIONS, _MOST_BODIES = 400_000_000, 20_000, 2_000

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"(?P<rest>(?:[\s/]++|[^\s/>][^\s/>=]*+\s*+"
    r"(?:=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\s>]*+))?+)*+)",
    re.DOTALL,
)
_LONG_RUN = re.compile(f"<[^<]{{{_LONG_TAG}}}")
_ATTRIBUTE = re.compile(r"[^\s/>][^\s/>=]*+\s*+(?:=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+|[^\s>]*+))?+")
_FORMATTING = frozenset(
    {"b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"}
)
#: Letters spelt out: ignoring case costs three times as much on every page.
_OPENS_FORMATTING = re.compile(
    f"<(?:{'|'.join(''.join(f'[{c}{c.upper()}]' for c in name) for name in _FORMATTING)})[\\s/>]"
)
_BLOCKS = frozenset({
    "div", "section", "article", "blockquote", "center", "ul", "ol", "dl", "form", "fieldset",
    "header", "footer", "nav", "main", "aside", "pre", "details", "figure", "address", "table",
})  # fmt: skip
#: Elements without an end, or ended by the next of their kind: they do not nest.
_FLAT = frozenset({
    "br", "img", "hr", "input", "meta", "link", "area", "base", "col", "embed", "param", "source",
    "track", "wbr", "p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "tbody",
    "thead", "tfoot", "colgroup", "a", "nobr", "rt", "rp", "html", "head", "body",
})  # fmt: skip
#: Elements that hold text only: what looks like a tag inside is none.
_RAW = re.compile(r"</(script|style|textarea|title|xmp|iframe|noembed|noframes)[\s/>]", re.I)
_RAW_NAMES = frozenset(
    {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"}
)


def parse_html(html: str, *, url: str) -> LexborHTMLParser:
    """Return the page's tree; raise ParseError for a page made to break parsers."""
    refuse_monster(html, url=url)
    return LexborHTMLParser(html)


def few(rows: list[Any], *, url: str) -> list[Any]:
    """Return the rows of a list or the floors of a thread; ParseError for more than any shows."""
    if len(rows) > _MOST_ROWS:
        raise ParseError(f"{url}：一页有 {len(rows)} 行，超过 {_MOST_ROWS} 行的上限，没有读取")
    return rows


def refuse_monster(html: str, *, url: str) -> None:
    """Raise ParseError for a page that would take minutes or gigabytes to parse."""
    tags = html.count("<")
    if tags < _FEW_TAGS and len(html) < _FEW_CHARACTERS:
        return
    if tags > _MOST_TAGS:
        raise ParseError(f"{url}：网页标记超过 {_MOST_TAGS} 个，像是损坏或恶意的网页，没有读取")
    opened = len(_OPENS_FORMATTING.findall(html))
    if tags < _MANY_TAGS and opened * tags < _MOST_REPEATED // 2 and not _long_tag(html):
        return
    problem = _Scan().read(html)
    if problem:
        raise ParseError(f"{url}：{problem}，像是损坏或恶意的网页，没有读取")


def _long_tag(html: str) -> bool:
    """Whether some run without a `<` is long enough for a tag of a thousand attributes."""
    return _LONG_RUN.search(html) is not None and any(
        len(part) > _FEW_CHARACTERS
        or ((found := _TAG.match(f"<{part}")) is not None and found.end() > _LONG_TAG)
        for part in html.split("<")
        if len(part) > _LONG_TAG
    )


class _Scan:
    """The counts of one page while its tags are read in order."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.active: dict[str, list[str]] = {}
        self.same: Counter[str] = Counter()
        self.kept = 0
        self.repeated = 0
        self.attributes = 0
        self.options = 0
        self.bodies = 0

    def read(self, html: str) -> str:
        """Return what is wrong with the page, "" for a page that can be parsed."""
        place = 0
        while found := _TAG.search(html, place):
            place = found.end()
            if found["name"] is None:
                continue
            name = found["name"].lower()
            if found["end"]:
                self._leave(name)
            else:
                self._enter(name, found["rest"])
                if name in _RAW_NAMES:
                    place = _end_of_raw(html, name, place)
            problem = self._problem()
            if problem:
                return problem
        return ""

    def _enter(self, name: str, rest: str) -> None:
        if len(rest) > 200:
            self.attributes += len(_ATTRIBUTE.findall(rest)) ** 2
        self.options += name in {"option", "optgroup"}
        self.bodies += name in {"body", "html"}
        if name in _FORMATTING:
            self._format(name, rest)
        elif name in _BLOCKS or name in _FLAT:
            self.repeated += self.kept
        if name not in _FLAT:
            self.open.append(name)

    def _format(self, name: str, rest: str) -> None:
        key = f"{name} {rest}"
        if self.same[key] < 3:  # of equal ones the standard keeps three
            self.same[key] += 1
            self.kept += 1
            self.active.setdefault(name, []).append(key)

    def _leave(self, name: str) -> None:
        if self.active.get(name):
            key = self.active[name].pop()
            self.same[key] -= 1
            self.kept -= 1
        if name in _FLAT or name not in self.open:
            return
        at = len(self.open) - 1 - self.open[::-1].index(name)
        if name != "table" and "table" in self.open[at:]:
            return  # an end tag does not reach out of a table
        del self.open[at : None if name in _BLOCKS else at + 1]

    def _problem(self) -> str:
        if len(self.open) > _DEEPEST:
            return f"网页嵌套超过 {_DEEPEST} 层"
        if self.repeated > _MOST_REPEATED:
            return "网页里有大量没有结束的字体标记"
        if self.attributes > _MOST_ATTRIBUTES or self.bodies > _MOST_BODIES:
            return "网页标记的属性多得不合常理"
        if self.options > _MOST_OPTIONS:
            return f"网页的下拉选项超过 {_MOST_OPTIONS} 个"
        return ""


def _end_of_raw(html: str, name: str, place: int) -> int:
    """Return where an element of plain text ends."""
    for found in _RAW.finditer(html, place):
        if found[1].lower() == name:
            return found.start()
    return len(html)
