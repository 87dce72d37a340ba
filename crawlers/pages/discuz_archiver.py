"""The light pages of Discuz! (archiver/?tid-7.html): words and times, no ids and no floors."""

import re
from datetime import datetime

from selectolax.lexbor import LexborNode

from crawlers.pages.discuz_text import shown_text
from crawlers.pages.forum import ThreadPage
from crawlers.pages.tree import parse_html
from crawlers.pages.walls import refuse_message, refuse_wall
from crawlers.times import read_time
from domain.errors import ParseError
from domain.post import ParsedPost, Precision

_TID = re.compile(r"(?:[?&;/]tid[=-]|thread-)(\d+)")
_PAGE = re.compile(r"[?&;]page=(\d+)")
_SAID = re.compile(r"[发發]表[于於]")
_SPACES = re.compile(r"[ \t\r\n\xa0\u3000]+")


def is_archiver(html: str) -> bool:
    """Whether a page is one of the archiver's."""
    return "Archiver</title>" in html[:6000] or "'s Archiver" in html[:12000]


def read_archiver(html: str, *, url: str, now: datetime) -> ThreadPage:
    """Return a thread's posts without ids; quotes and edit notices are part of the text here."""
    tree = parse_html(html, url=url)
    content = tree.css_first("#content")
    heads = content.css("p.author") if content is not None else []
    if content is None or not heads:
        message = tree.css_first("#messagetext, #content")
        refuse_wall(html, url=url)
        if message is not None and shown_text(message):
            refuse_message(shown_text(message), url=url)
        raise ParseError(f"{url}：不像 Discuz 归档页（没有帖子），请检查网址")
    found = _TID.search(url) or _TID.search(html)
    tid = found[1] if found else ""
    trail = tree.css_first("#nav")
    title = shown_text(trail).split("›")[-1].strip() if trail else ""
    page, pages = _pages(content)
    posts = [
        _post(head, tid=tid, floor=place if page == 1 else None, now=now)
        for place, head in enumerate(heads, start=1)
    ]
    return ThreadPage(
        tid=tid, title=title, posts=tuple(posts), page=page, pages=pages, next_url=None
    )


def _pages(content: LexborNode) -> tuple[int, int]:
    pager = content.css_first("div.page")
    if pager is None:
        return 1, 1
    links = [_PAGE.search(link.attributes.get("href") or "") for link in pager.css("a")]
    numbers = [int(found[1]) for found in links if found]
    strong = pager.css_first("strong")
    here = shown_text(strong).strip("[] ") if strong else ""
    page = int(here) if here.isdigit() else 1
    return page, max([page, *numbers])


def _post(head: LexborNode, *, tid: str, floor: int | None, now: datetime) -> ParsedPost:
    name = head.css_first("strong")
    author = shown_text(name) if name else None
    words = _SAID.split(shown_text(head), maxsplit=1)[-1]
    at, precision = read_time(words, now=now) or (None, Precision.NONE)
    return ParsedPost(
        native_id=None,
        text=_text_after(head),
        author=None if author == "Anonymous" else author,
        published_at=at,
        precision=precision,
        thread_id=tid or None,
        floor=floor,
    )


def _text_after(head: LexborNode) -> str:
    """Return the words up to the next author line or the pager."""
    lines = [""]
    node = head.next
    while node is not None:
        classes = (node.attributes.get("class") or "").split() if node.tag != "-text" else []
        if (node.tag == "p" and "author" in classes) or (node.tag == "div" and "page" in classes):
            break
        if node.tag == "br":
            lines.append("")
        elif node.tag == "-text":
            lines[-1] += node.text_content or ""
        elif node.tag != "h3":
            lines[-1] += shown_text(node)
        node = node.next
    text = "\n".join(_SPACES.sub(" ", line).strip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
