"""A page as lines with what surrounds them: the flat form the body is found in.

Iterative on purpose: hostile pages nest tens of thousands of elements.
"""

import re
from dataclasses import dataclass, field, replace

from selectolax.lexbor import LexborNode

from crawlers.pages.article_words import AD_BOX, FRAME_BOX, READERS_BOX, SENTENCE, TEXT_BOX

#: Elements whose words no reader of the article sees.
_UNSEEN = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "option"}
    | {"textarea", "button", "head", "title", "nav", "footer", "aside", "video", "audio", "canvas"}
    | {"input", "applet", "map"}
)
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "td", "th", "table", "tbody", "blockquote", "section", "article"}
    | {
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "main",
        "ul",
        "ol",
        "hr",
        "dd",
        "dt",
        "dl",
        "pre",
        "form",
    }
    | {"fieldset", "center", "figure", "figcaption", "header", "body", "html", "caption", "details"}
    | {"summary", "address"}
)
#: Elements that can be a box of the page's frame; a paragraph of whatever class cannot.
_BOXES = frozenset(
    {"div", "ul", "ol", "dl", "li", "table", "section", "header", "tr", "td", "dd", "form"}
)
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0\u3000\u200b\ufeff]+")
#: Nodes read of one page; what follows in a larger (hostile) one is left out.
_MOST_NODES = 300_000
#: Characters of text below which a line says nothing by itself.
_SHORT = 12
#: Characters from which a line counts in full.
_LONG = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line a reader sees."""

    text: str
    #: Characters without spaces, and how many of them are links.
    size: int
    linked: int
    #: Inside a box of the page's frame (comments, related, share bar) by its class or id.
    framed: bool = False
    #: What readers wrote under the article; framed, and never taken back.
    readers: bool = False

    @property
    def own(self) -> int:
        """Characters that are no link; a whole paragraph in an unclosed <a> is no link."""
        if self.linked > self.size * 0.5 and self.size >= 50 and "。" in self.text:
            return self.size
        return self.size - self.linked

    @property
    def prose(self) -> int:
        """Characters of running text: 0 for headings, menus and link lists."""
        return self.own if self.own >= _SHORT and SENTENCE.search(self.text) else 0

    @property
    def score(self) -> float:
        """How much the line speaks for (> 0) or against an element being the body."""
        if self.readers:  # left out wherever it stands, often inside the body's own element
            return 0.0
        if self.framed:
            return -min(self.size, 40) * 0.5
        if self.size > 2 * self.own:
            return -min(self.size, 40)
        if self.prose:
            return self.own * (1 if self.own >= _LONG else 0.6) - (self.size - self.own) * 0.3
        return -3.0 if self.own < _LONG else self.own * 0.3


@dataclass(slots=True, kw_only=True)
class Element:
    """One element of the page: which lines it holds."""

    tag: str
    #: Its id and classes, as written.
    names: str
    depth: int
    start: int
    end: int = 0


#: An element that was entered, and which kinds of frame box it begins (1 or 0).
_Entered = tuple[Element, int, int, int]


@dataclass(slots=True)
class _Walk:
    """What is under way while the tree is read."""

    lines: list[Line] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    pieces: list[tuple[str, bool]] = field(default_factory=list)
    links: int = 0
    #: Boxes of the frame around the present place: sure ones and likely ones.
    sure: int = 0
    likely: int = 0
    readers: int = 0

    def flush(self) -> None:
        if not self.pieces:
            return
        text = _SPACES.sub(" ", "".join(piece for piece, _ in self.pieces)).strip()
        linked = sum(len(_SPACES.sub("", piece)) for piece, inside in self.pieces if inside)
        self.pieces.clear()
        if not text:
            return
        line = Line(text=text, size=len(text.replace(" ", "")), linked=linked)
        # A class such as "tag" or "hot" says less than a paragraph of prose.
        if self.sure or self.readers or (self.likely and line.prose < 2 * _LONG):
            line = replace(line, framed=True, readers=self.readers > 0)
        self.lines.append(line)

    def enter(self, node: LexborNode, depth: int) -> _Entered | None:
        told = node.attributes
        if "display:none" in (told.get("style") or "").replace(" ", "").lower():
            return None
        tag = node.tag or ""
        if tag in _BLOCKS:
            self.flush()
        names = f"{told.get('id') or ''} {told.get('class') or ''}".strip()
        sure = likely = 0
        readers = int(tag in _BOXES and bool(READERS_BOX.search(names)))
        if names and tag in _BOXES and not TEXT_BOX.search(names):
            sure = int(bool(FRAME_BOX.search(names)))
            likely = int(bool(AD_BOX.search(names)))
        element = Element(tag=tag, names=names, depth=depth, start=len(self.lines))
        self.elements.append(element)
        self.links += tag == "a"
        self.sure += sure
        self.likely += likely
        self.readers += readers
        return element, sure, likely, readers

    def leave(self, opened: _Entered) -> None:
        element, sure, likely, readers = opened
        if element.tag in _BLOCKS:
            self.flush()
        element.end = len(self.lines)
        self.links -= element.tag == "a"
        self.sure -= sure
        self.likely -= likely
        self.readers -= readers


def read_lines(root: LexborNode) -> tuple[list[Line], list[Element]]:
    """Return the lines under `root` in reading order and the elements that hold them."""
    walk = _Walk()
    stack: list[tuple[LexborNode, _Entered]] = []
    node: LexborNode | None = root
    for _ in range(_MOST_NODES):
        if node is None:
            break
        tag = node.tag or ""
        if tag == "-text":
            walk.pieces.append((node.text_content or "", walk.links > 0))
        elif tag[:1] != "-" and tag not in _UNSEEN:
            opened = walk.enter(node, len(stack))
            inner = node.child if opened else None
            if opened and inner is not None:
                stack.append((node, opened))
                node = inner
                continue
            if opened:
                walk.leave(opened)
        node = _following(node, walk, stack)
    while stack:
        walk.leave(stack.pop()[1])
    walk.flush()
    return walk.lines, walk.elements


def _following(
    node: LexborNode,
    walk: _Walk,
    stack: list[tuple[LexborNode, _Entered]],
) -> LexborNode | None:
    """Return the next node in reading order, leaving what ends on the way."""
    current = node
    while stack:
        if current.next is not None:
            return current.next
        current, opened = stack.pop()
        walk.leave(opened)
    return None
