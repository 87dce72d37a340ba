"""The body of a Discuz! post as its author wrote it: no quote, notice, jammer or machinery."""

import html
import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

_SPACES = re.compile(r"[ \t\r\n\f\xa0\u3000]+")
#: A GBK site sends characters outside GBK escaped twice: &amp;#13907; (collection §2).
_ESCAPED_AGAIN = re.compile(r"&#(?:\d{2,7}|x[0-9a-fA-F]{2,6});")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_EDIT_NOTICE = re.compile(r"本帖最[后後]由\s*.{0,80}\s[于於]\s*(?P<at>.{1,60}?)\s*[编編][辑輯]")
_LONGEST_NOTICE = 300
#: The notice of a post without BBCode: plain words at its head.
_PLAIN_NOTICE = re.compile(r"^\[ 本帖最后由 .* 于 (?P<at>[\d\- :/.年月日]+) 编辑 \]\s*")
#: 回复 3# 某某 的帖子, written by the reply form in bold.
_REPLY_HEAD = re.compile(r"^回复\s*\S*\s*.*?(?:的帖子)?$")
_CUT_URL = " ... "
#: Lines of the forum itself: files that a guest does not see, the client a post was sent with.
_MORE_FILES = "本帖子中包含更多资源"
_SENT_WITH = re.compile(r"^来自\s*[:：]")

_BLOCKS = frozenset({
    "p", "div", "li", "ul", "ol", "tr", "table", "tbody", "blockquote", "hr", "dd", "dt", "dl",
    "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "form", "fieldset", "pre", "center",
})  # fmt: skip
_SILENT_TAGS = frozenset({
    "script", "style", "ignore_js_op", "button", "input", "select", "textarea", "object", "embed",
    "iframe", "noscript", "audio", "video", "template", "img", "-comment",
})  # fmt: skip
_NOISE_CLASSES = frozenset({
    "jammer", "attach_nopermission", "attach_tips", "tip", "aimg_tip", "sign", "locked",
    "atips_close", "guestviewthumb", "modact", "a_p", "a_pr", "a_pt", "a_pb",
})  # fmt: skip
_NOISE_IDS = ("threadpage", "threadindex", "ad_")
_BREAK, _EDGE = "\x00", "\x01"


def body_text(node: LexborNode) -> str:
    """Return the author's words: one line for each <br> or block, spaces collapsed."""
    text = _PLAIN_NOTICE.sub("", _laid_out(_pieces(node)))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def shown_text(node: LexborNode) -> str:
    """Return the words of a small part of the page on one line."""
    return " ".join(_laid_out(_pieces(node, everything=True)).split())


def lines_of(node: LexborNode) -> list[str]:
    """Return the lines of a quotation or message, its head included, without random noise."""
    return _laid_out(_pieces(node)).strip().split("\n")


def edit_notice(node: LexborNode) -> str | None:
    """Return the time text of 本帖最后由 … 于 … 编辑 inside a body, None if it was not edited."""
    for italic in node.css("i.pstatus"):
        span = italic.css_first("span[title]")
        found = _notice_in(italic)
        if found:
            return (span.attributes.get("title") if span else None) or found["at"]
    plain = _PLAIN_NOTICE.match(shown_text(node)[:200])
    return plain["at"] if plain else None


def _notice_in(node: LexborNode) -> re.Match[str] | None:
    return _EDIT_NOTICE.search(shown_text(node)[:_LONGEST_NOTICE])


def is_reply_head(node: LexborNode) -> bool:
    """Whether a bold line is the reply form's own 回复 3# 某某 的帖子."""
    link = node.css_first("a[href*='findpost'], a[href*='pid=']")
    return link is not None and bool(_REPLY_HEAD.match(shown_text(node)))


def unescape_again(text: str) -> str:
    """Return text with characters that the site had to escape twice."""
    if "&#" not in text:
        return text
    return _ESCAPED_AGAIN.sub(lambda found: html.unescape(found[0]), text)


def _laid_out(pieces: Iterable[str]) -> str:
    """Join pieces as a browser does: a block starts a line, <br> always breaks one."""
    lines: list[str] = [""]
    for piece in pieces:
        if piece == _BREAK:
            lines.append("")
        elif piece == _EDGE:
            if lines[-1].strip():
                lines.append("")
        else:
            lines[-1] += piece
    text = unescape_again("\n".join(lines))
    return "\n".join(_SPACES.sub(" ", line).strip(" ") for line in text.split("\n"))


def _pieces(node: LexborNode, *, everything: bool = False) -> list[str]:
    """Return the pieces under a node; iterative, because hostile pages nest without end."""
    pieces: list[str] = []
    #: Elements around the present place: element, its edge, where its pieces begin.
    inside: list[tuple[LexborNode, str, int]] = []
    child = node.child
    while child is not None or inside:
        if child is None:
            around, edge, begin = inside.pop()
            if around.tag == "a":
                pieces[begin:] = [_whole_address(around, "".join(pieces[begin:]))]
            pieces.append(edge)
            child = around.next
            continue
        tag = child.tag
        if tag == "-text":
            pieces.append(_SPACES.sub(" ", child.text_content or ""))
        elif tag == "br":
            pieces.append(_BREAK)
        elif tag not in _SILENT_TAGS:
            edge = _EDGE if tag in _BLOCKS else " " if tag in {"td", "th"} else ""
            pieces.append(edge)
            if everything or not _is_noise(child, tag):
                inside.append((child, edge, len(pieces)))
                child = child.child
                continue
            pieces.append(edge)
        child = child.next
    return pieces


def _whole_address(node: LexborNode, words: str) -> str:
    """Return a link's words; an address that the forum shortened is given whole."""
    head, cut, tail = words.strip().partition(_CUT_URL)
    href = node.attributes.get("href") or ""
    whole = href if href.startswith(head) else href.removeprefix("http://")
    return whole if cut and tail and whole.startswith(head) and whole.endswith(tail) else words


def _is_noise(node: LexborNode, tag: str | None) -> bool:
    """Whether the author did not write this part of the body."""
    if tag == "strong":
        return is_reply_head(node)
    if tag in {"h4", "em"}:
        return not {"showhide", "blockcode"}.isdisjoint(_classes(node.parent))
    facts = node.attributes
    classes = (facts.get("class") or "").split()
    if tag == "i" and "pstatus" in classes:
        return _notice_in(node) is not None
    if tag == "p" and "xg1" in classes and shown_text(node).startswith(_MORE_FILES):
        return True
    if tag == "a" and "mod=mobile" in (facts.get("href") or ""):
        return bool(_SENT_WITH.match(shown_text(node)))
    return (
        bool(_HIDDEN_STYLE.search(facts.get("style") or ""))
        or not _NOISE_CLASSES.isdisjoint(classes)
        or (tag == "div" and "quote" in classes)
        or any(name == "adbox" or name.startswith("plugin_ad") for name in classes)
        or (facts.get("id") or "").startswith(_NOISE_IDS)
    )


def _classes(node: LexborNode | None) -> list[str]:
    return ((node.attributes.get("class") or "") if node is not None else "").split()
