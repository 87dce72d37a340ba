"""The body of an article page: which element holds it, and which of its lines are no body.

An element is worth the running text it holds minus its menus, link lists and frame boxes; the
best one is the body. Calibrated on half of the open pages (docs/adr/0009-article-extraction.md).
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import accumulate, takewhile

from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.article_lines import Element, Line, read_lines
from crawlers.pages.article_words import (
    AFTER_BODY,
    BUTTON_LINE,
    EDITOR_LINE,
    HEAD_LINE,
    KNOWN_BOXES,
    LAST_LINE,
    LONGEST_LABEL,
    NOTICE,
    PAGER_LINE,
    READERS_HEADING,
)
from crawlers.pages.tree import parse_html
from domain.errors import ParseError

#: Share of the page's running text in the body below which another extractor is asked.
_DOUBTFUL = 0.5
#: So much more text a second opinion must bring to be believed.
_CLEARLY_MORE = 1.5
#: Characters of running text below which a page may carry its article in a script.
_ALMOST_NOTHING = 60
#: Running text that must be there beside the readers' comments before these are left out.
_ENOUGH = 80
#: Running text above a line that repeats the title, from which it is a heading of the body.
_LEAD = 200
#: Lines above the body that may be title, time and source.
_HEAD_LINES = 20
#: Lines before the body among which the title is looked for.
_HEAD_SPAN = 80
#: Share of lines that are bare links up to which these are advertisements, not the matter.
_FEW_LINKS = 0.2
#: Scripts looked into, and strings in each.
_SCRIPTS = 50
#: Longest page the slow second extractor is given (characters).
_SECOND_LIMIT = 600_000
_STAMP = re.compile(r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2}:\d{2}")
_PATH = re.compile(r"[>»|]")
_ADDRESS = re.compile(r"^(?:https?://)?[\w.-]+\.(?:com|cn|net|org)\b\S*$", re.IGNORECASE)
_NOT_WORD = re.compile(r"[\W_]")
_IN_SCRIPT = re.compile(
    r"[\"']?\b(?:content|articleContent|article_content|body|text)[\"']?\s*[:=]\s*"
    r"(\"(?:[^\"\\]|\\.){200,200000}\"|'(?:[^'\\]|\\.){200,200000}')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body's lines, how sure we are (0-1), and what stood above it on the page."""

    text: str
    confidence: float
    #: Lines between the title (or some lines before) and the body: time, source, by-line.
    above: tuple[str, ...] = ()
    #: The last lines of the body's element before cleaning, and what follows it: credits, editor.
    below: tuple[str, ...] = ()
    #: All lines of the page.
    page: tuple[str, ...] = ()


def find_body(lines: Sequence[Line], elements: Sequence[Element], html: str, *, title: str) -> Body:
    """Return the body; its text is "" where the page holds no running text."""
    lines = _unframed(_below_heading(lines))
    found = _best(lines, elements)
    start, end = (found.start, found.end) if found else (0, 0)
    part = lines[start:end]
    inside, total = _prose(part), _prose(lines)
    if inside < _DOUBTFUL * total and len(html) < _SECOND_LIMIT:
        second = _second_opinion(html)
        part = second if _prose(second) > _CLEARLY_MORE * inside else part
    if _prose(part) < _ALMOST_NOTHING:
        scripted = _from_script(html)
        part = scripted if _prose(scripted) > _prose(part) else part
    kept = clean(part, title=title)
    return Body(
        text="\n".join(line.text for line in kept),
        confidence=_confidence(_prose(kept), total),
        above=_above(lines, kept, start, title),
        below=tuple(line.text for line in _last_lines(lines, kept, end)),
        page=tuple(line.text for line in lines if not line.readers),
    )


def _prose(lines: Sequence[Line]) -> int:
    return sum(line.prose for line in lines if not line.framed)


def _confidence(inside: int, total: int) -> float:
    """Full for 200 characters of running text that are the page's only ones.

    A text the page does not show (it stood in a script) is never fully trusted.
    """
    if not inside:
        return 0.0
    share = inside / total if total >= inside else 0.7
    return round(min(1.0, share) * min(1.0, inside / 200), 2)


def _above(lines: Sequence[Line], kept: Sequence[Line], start: int, title: str) -> tuple[str, ...]:
    """Return the lines from the title down to the body's first paragraph."""
    first = kept[0].text if kept else None
    end = next((n for n in range(start, len(lines)) if lines[n].text == first), start)
    begin = max(0, end - _HEAD_SPAN)
    same = [n for n in range(begin, end) if lines[n].text == title]
    alike = same or [n for n in range(begin, end) if _is_title(lines[n].text, title)]
    begin = alike[0] if alike else max(0, end - _HEAD_LINES)
    behind = list(takewhile(lambda line: not _is_paragraph(line), lines[end : end + 6]))
    return tuple(line.text for line in (*lines[begin:end], *behind))


def _last_lines(lines: Sequence[Line], kept: Sequence[Line], end: int) -> Sequence[Line]:
    """Return what stands behind the last kept line, a little beyond the body's element."""
    last = kept[-1].text if kept else None
    begin = next((n for n in range(end - 1, -1, -1) if lines[n].text == last), end)
    below = lines[begin + 1 : max(end + 6, begin + 7)]
    return [line for line in below if not line.readers][:30]


def _unframed(lines: Sequence[Line]) -> Sequence[Line]:
    """Do not believe class names on a page whose text mostly stands in such boxes."""
    ours = [line for line in lines if not line.readers]
    if sum(line.prose for line in ours) < _ENOUGH:
        ours, lines = list(lines), [replace(line, readers=False) for line in lines]
    framed = sum(line.prose for line in ours if line.framed)
    if framed <= 0.5 * sum(line.prose for line in ours):
        return lines
    return [line if line.readers else replace(line, framed=False) for line in lines]


def _below_heading(lines: Sequence[Line]) -> Sequence[Line]:
    """Give the readers all that stands below the heading of their comments (网友评论)."""
    before = 0
    for number, line in enumerate(lines):
        if before >= _ENOUGH and READERS_HEADING.match(line.text):
            theirs = (replace(item, framed=True, readers=True) for item in lines[number:])
            return [*lines[:number], *theirs]
        before += 0 if line.framed else line.prose
    return lines


def _best(lines: Sequence[Line], elements: Sequence[Element]) -> Element | None:
    """Return the element worth most, or a well-known container of as much text."""
    worth = [0.0, *accumulate(line.score for line in lines)]
    prose = [0, *accumulate(0 if line.framed else line.prose for line in lines)]

    def gain(item: Element) -> float:
        return worth[item.end] - worth[item.start]

    def text(item: Element) -> int:
        return prose[item.end] - prose[item.start]

    held = [item for item in elements if item.end > item.start]
    # Of equals the last one, that is the innermost.
    top = max(reversed(held), key=gain, default=None)
    if top is None:
        return None
    known = [
        item
        for item in held
        if KNOWN_BOXES.intersection(item.names.lower().split())
        and text(item) >= max(100, 0.6 * text(top))
        and (gain(item) >= 0.5 * gain(top) or text(item) >= 2 * text(top))
    ]
    return max(known, key=lambda item: (gain(item), -item.depth), default=top)


def _second_opinion(html: str) -> list[Line]:
    """Return what readability takes for the body, nothing where it breaks on the page."""
    from readability import Document  # noqa: PLC0415 (half a second to load, seldom needed)

    try:
        tree = LexborHTMLParser(Document(html).summary(html_partial=True))
    except (ValueError, TypeError, AssertionError, RecursionError):
        # Unparseable(ValueError) on pages without any text block.
        return []
    return read_lines(tree.root)[0] if tree.root is not None else []


def _from_script(html: str) -> list[Line]:
    """Return the longest article a script carries as a string (pages drawn by the browser)."""
    best: list[Line] = []
    for literal in _literals(html):
        try:
            tree = parse_html(unescape(unescape(literal)), url="")
        except ParseError:
            continue
        lines = read_lines(tree.root)[0] if tree.root is not None else []
        if _prose(lines) > _prose(best):
            best = lines
    return best


def _literals(html: str) -> Iterator[str]:
    """Yield long strings that scripts name content, text or body."""
    for script in LexborHTMLParser(html).css("script:not([src])")[:_SCRIPTS]:
        for number, found in enumerate(_IN_SCRIPT.finditer(script.text(deep=True))):
            if number >= _SCRIPTS:
                break
            inner = found[1][1:-1].replace("\\'", "'").replace("\n", " ")
            if found[1][0] == "'":
                inner = re.sub(r'(?<!\\)"', '\\\\"', inner)
            try:
                yield str(json.loads(f'"{inner}"', strict=False))
            except ValueError:
                continue


# ---- lines of the element that are no body ------------------------------------------------------


def clean(lines: Sequence[Line], *, title: str) -> list[Line]:
    """Return the lines without frame, title, head lines, editor and notices."""
    kept = [line for line in lines if not line.framed and not _is_label(line)]
    bare = sum(_is_bare_link(line) for line in kept)
    if bare <= _FEW_LINKS * len(kept):  # a page of lists (an encyclopedia) keeps them
        kept = [line for line in kept if not _is_bare_link(line)]
    kept = _without_head(kept, title)
    kept = _without_rest(kept)
    while len(kept) > 1 and _ends_no_article(kept[-1]):
        kept.pop()
    return kept


def _is_bare_link(line: Line) -> bool:
    return line.linked == line.size and not line.prose


def _is_label(line: Line) -> bool:
    """Whether the line is a button or a pager."""
    if line.size > LONGEST_LABEL:
        return False
    return bool(BUTTON_LINE.match(line.text) or PAGER_LINE.match(line.text))


def _without_head(lines: list[Line], title: str) -> list[Line]:
    titled = [
        n + 1 for n, line in enumerate(lines[:8])
        if _is_title(line.text, title) and _prose(lines[:n]) < _LEAD
    ]  # fmt: skip
    lines = lines[max(titled, default=0) :]
    first = next((n for n, line in enumerate(lines) if _is_paragraph(line)), 0)
    titled = [
        n + 1 for n, line in enumerate(lines[: min(first, _HEAD_LINES)])
        if _is_title(line.text, title)
    ]  # fmt: skip
    start = max(titled, default=0)
    return [line for line in lines[start:first] if not _tells_about(line)] + lines[first:]


def _is_paragraph(line: Line) -> bool:
    return line.prose >= 25 and not (line.size < 60 and HEAD_LINE.search(line.text))


def _is_title(text: str, title: str) -> bool:
    bare, wanted = _NOT_WORD.sub("", text), _NOT_WORD.sub("", title)
    if len(bare) < 5 or not wanted:
        return False
    shorter, longer = sorted((bare, wanted), key=len)
    return shorter in longer and len(shorter) >= 0.5 * len(longer)


def _tells_about(line: Line) -> bool:
    return bool(
        HEAD_LINE.search(line.text)
        or _STAMP.search(line.text)
        or line.own < line.size * 0.5
        or (not line.prose and (_PATH.search(line.text) or _ADDRESS.match(line.text)))
    )


def _without_rest(lines: list[Line]) -> list[Line]:
    """Cut where the frame begins: a heading such as 相关阅读, or the editor's line."""
    total = sum(line.own for line in lines)
    before = 0
    for number, line in enumerate(lines):
        late = number > 0 and before >= 0.5 * total
        if late and (AFTER_BODY.match(line.text) or _is_editor(line)):
            return lines[:number]
        before += line.own
    return lines


def _is_editor(line: Line) -> bool:
    return line.size < 40 and bool(EDITOR_LINE.match(line.text))


def _ends_no_article(line: Line) -> bool:
    if line.size < 60 and LAST_LINE.match(line.text):
        return True
    return line.own < line.size * 0.4 or (line.size < 200 and bool(NOTICE.search(line.text)))
