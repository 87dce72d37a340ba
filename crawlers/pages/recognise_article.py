"""Articles among the pages of `recognise`: one block of running text outweighs the lists around."""

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.pages.guess import Choice
from crawlers.pages.links import joined, parts_of
from crawlers.pages.text import visible_text

_SENTENCE = re.compile(r"[。！？；]")
_LETTERS = re.compile(r"[^\W_]")
#: Sentences a block needs to be running text; a notice above a list has fewer.
_LEAST = 4
#: Where pages say in which column they stand (当前位置), and how long that may be.
_CRUMBS = ", ".join(
    f"[{attribute}*='{word}' i]"
    for word in ("crumb", "position", "location", "weizhi", "daohang", "path")
    for attribute in ("class", "id")
)
_LONGEST_CRUMBS = 120
_PLACES = "div, p, span, td, li, h2, h3"
_SAYS_WHERE = re.compile(
    r"(?:您|你)?(?:现在|当前|目前|所在|的)*位置|[\w网站]{0,12}首页\s*(?:[>»›→]|-{1,2}>)"
)
#: Blocks whose own text may be an article without paragraphs (br, bare text).
_BLOCKS = ("div", "td", "section", "article")


def prose(tree: LexborHTMLParser) -> int:
    """Return the letters of the longest block of running text, 0 if none is long enough.

    Paragraphs count for the element they stand in, so that the summaries of a list, one a row,
    never add up.
    """
    sentences: Counter[int] = Counter()
    letters: Counter[int] = Counter()
    for node in tree.css(", ".join(("p", *_BLOCKS))):
        home = node.parent if node.tag == "p" else node
        text = _unlinked(node) if node.tag == "p" else node.text(deep=False)
        ends = len(_SENTENCE.findall(text))
        if home is None or not ends:
            continue
        sentences[home.mem_id] += ends
        letters[home.mem_id] += len(_LETTERS.findall(text))
    return max((letters[key] for key, n in sentences.items() if n >= _LEAST), default=0)


def column_links(tree: LexborHTMLParser, url: str) -> tuple[Choice, ...]:
    """Return the columns (栏目) an article's crumbs name, the nearest first."""
    told = [node for node in tree.css(_PLACES) if _SAYS_WHERE.match(visible_text(node))]
    for crumbs in [*reversed(told), *tree.css(_CRUMBS)]:
        if len(visible_text(crumbs)) > _LONGEST_CRUMBS:
            continue
        found: dict[str, Choice] = {}
        for link in crumbs.css("a[href]"):
            address = joined(url, link.attributes.get("href") or "").partition("#")[0]
            words = visible_text(link)
            parts = parts_of(address)
            if words and parts.scheme in ("http", "https") and parts.path.strip("/"):
                found.setdefault(address, Choice(title=words[:40], url=address))
        found.pop(url, None)
        if found:
            return tuple(reversed(found.values()))
    return ()


def _unlinked(node: LexborNode) -> str:
    text = visible_text(node)
    for link in node.css("a"):
        text = text.replace(visible_text(link), "", 1)
    return text
