"""Element to text as a reader sees it: line breaks kept, smileys as words, noise gone."""

import html
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

_BLOCKS = frozenset(
    {"p", "div", "br", "li", "tr", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
    | {"section", "article", "ul", "ol", "hr", "dd", "dt"}
)
_SPACES = re.compile(r"[ \t\r\n\f\xa0\u3000]+")
#: A GBK site sends characters outside GBK escaped twice: &amp;#13907; (collection §2).
_ESCAPED_AGAIN = re.compile(r"&#x?[0-9a-fA-F]+;")


def visible_text(node: LexborNode) -> str:
    """Return the words under a node, one line for each block or <br>."""
    joined = _ESCAPED_AGAIN.sub(lambda found: html.unescape(found[0]), "".join(_pieces(node)))
    lines = (_SPACES.sub(" ", line).strip() for line in joined.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _pieces(node: LexborNode) -> Iterator[str]:
    """Yield the words under a node; iterative, because hostile pages nest without end."""
    inside: list[tuple[LexborNode, str]] = []
    child = node.child
    while child is not None or inside:
        if child is None:
            around, edge = inside.pop()
            yield edge
            child = around.next
            continue
        tag = child.tag
        if tag == "-text":
            # A line end in the source is a space to a reader.
            yield (child.text_content or "").replace("\n", " ")
        elif tag == "img":
            yield "[表情]" if child.attributes.get("smilieid") else ""
        elif tag not in {"script", "style", "-comment"}:
            inside.append((child, "\n" if tag in _BLOCKS else ""))
            child = child.child
            continue
        child = child.next
