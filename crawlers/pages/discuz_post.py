"""One floor of a Discuz! X thread: author, times, quote, attachments and body."""

import re
from dataclasses import replace
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.pages import discuz_floor
from crawlers.pages.discuz_text import body_text, edit_notice, is_reply_head, lines_of, shown_text
from crawlers.pages.tree import parse_html
from crawlers.times import read_time
from domain.post import ParsedPost, Precision, Quote

_PID = re.compile(r"[?&;]pid=(\d+)")
_UID = re.compile(r"(?:uid[=-]|/\?)(\d+)")
_AUTHOR_ID = re.compile(r"authorid=(\d+)")
_SAID_AT = re.compile(r"(?P<name>.*\S)\s*[发發]表[于於]\s*(?P<at>\S.*)")
_REPLY_TO = re.compile(r"^回复\s*\S*\s*(?P<name>.*?)\s*(?:的帖子)?$")
#: Messages in a floor that hide nothing: what a reader paid for, or an attachment he cannot load.
_HIDES_NOTHING = re.compile(r"^(?:以下内容需要|附件)|只有管理员|购买记录|^本主题价格|^付费主题")
_NAMES_OF_FILES = (
    ".attnm a, .aimg_tip strong, .tip strong, p.mbn a.xw1, a[id^='aid'], span[id^='attach_'] a"
)
_NOT_A_NAME = re.compile(r"^(?:下载(?:附件)?|保存到相册|登录/注册.*|\s*)$")


def read_post(html: str, *, tid: str, url: str, now: datetime) -> ParsedPost | None:
    """Return the floor; None for the place of a deleted one, which says nothing."""
    tree = parse_html(html, url=url)
    table = _table(tree)
    if table is None:
        return None
    pid = (table.id or "")[3:]
    label = _label(table, pid)
    if label is None and table.css_first(f"#authorposton{pid}, [id='postmessage_{pid}']") is None:
        return None
    bodies = _bodies(table, pid)
    at, precision = _published(table, pid, now)
    author, author_id = _author(table, pid)
    edited = next((moment for body in bodies if (moment := _edited(body))), None)
    subject = table.css_first("div.pcb > h2")
    return ParsedPost(
        native_id=pid,
        text="\n".join(text for body in bodies if (text := body_text(body))),
        title=shown_text(subject) if subject else "",
        url=f"{url}#pid{pid}" if url else None,
        author=author,
        author_id=author_id,
        published_at=at,
        precision=precision,
        edited_at=edited,
        thread_id=tid or None,
        floor=discuz_floor.number_of(label) if label else None,
        floor_label=label,
        quote=_quote(bodies),
        hidden=_hidden(table, bodies),
        attachments=_attachments(table),
    )


def _table(tree: LexborHTMLParser) -> LexborNode | None:
    for node in tree.css("table[id^='pid']"):
        if (node.id or "")[3:].isdigit():
            return node
    return None


def _bodies(table: LexborNode, pid: str) -> list[LexborNode]:
    """Return the containers of the author's words; a shop's post has two, a paid one no id."""
    found = table.css(f"[id='postmessage_{pid}']")
    if found:
        return found
    spare = table.css_first("div.pcb .t_f, div.pcb [id^='postmessage_'], .pct .t_f")
    return [spare] if spare is not None else []


def _label(table: LexborNode, pid: str) -> str | None:
    node = table.css_first(f"#postnum{pid}")
    if node is None:
        return None
    shown = shown_text(node)
    words = shown[shown.index("来自") :] if "来自" in shown else shown
    return re.sub(r"\s*(?<=\d)\s+(?=\D)", "", words).strip() or None


def _published(table: LexborNode, pid: str, now: datetime) -> tuple[datetime | None, Precision]:
    node = table.css_first(f"#authorposton{pid}")
    if node is None:
        return None, Precision.NONE
    span = node.css_first("span[title]")
    exact = (span.attributes.get("title") or "") if span else ""
    words = re.sub(r"^\s*[发發]表[于於]\s*", "", shown_text(node))
    return read_time(exact, now=now) or read_time(words, now=now) or (None, Precision.NONE)


def _edited(body: LexborNode) -> datetime | None:
    notice = edit_notice(body)
    moment = read_time(notice) if notice else None
    return moment[0] if moment else None


def _author(table: LexborNode, pid: str) -> tuple[str | None, str | None]:
    """Return name and uid; guests and deleted users have no link, anonymous ones no uid."""
    for where in ("td.pls .authi a", "td.plc .pti .authi a", f"#userinfo{pid} strong a"):
        for link in table.css(where):
            href = link.attributes.get("href") or ""
            name = shown_text(link)
            if not name or "authorid=" in href or "ac=profile" in href:
                continue
            uid = _UID.search(href)
            if uid or (href.startswith("javascript") and "xw1" in _classes(link)):
                return name, uid[1] if uid else None
    bare = table.css_first("td.pls .authi") or table.css_first("td.pls .pi")
    only = table.css_first("td.plc a[href*='authorid=']")
    uid = _AUTHOR_ID.search(only.attributes.get("href") or "") if only else None
    return _bare_name(bare), uid[1] if uid and uid[1] != "0" else None


def _bare_name(node: LexborNode | None) -> str | None:
    """Return a name without its <em>: the address of a guest, 该用户已被删除."""
    if node is None:
        return None
    words = shown_text(node)
    for aside in node.css("em"):
        words = words.replace(shown_text(aside), " ")
    return " ".join(words.replace("该用户已被删除", " ").split()) or None


def _hidden(table: LexborNode, bodies: list[LexborNode]) -> str | None:
    """Return the reason when the body, or part of it, is not shown."""
    for node in table.css("div.pcb div.locked, div.pct > div.locked"):
        for aside in node.css("a.viewpay, em.y, em.right"):
            aside.decompose()
        words = re.sub(r"^提示\s*[:：]\s*", "", shown_text(node)).strip()
        if words and not (bodies and _HIDES_NOTHING.search(words)):
            return words
    if bodies or table.css_first("div.pcb, div.pct") is None:
        return None
    return "没有显示正文"


def _quote(bodies: list[LexborNode]) -> Quote | None:
    """Return what the floor answers to: the block with a link to a post before one without.

    A floor may quote several times: the words of the further blocks follow those of the first.
    """
    blocks = [block for body in bodies for block in body.css("div.quote blockquote")]
    linked_first = sorted(blocks, key=lambda block: _linked(block) is None)
    quotes = [_quoted(block) for block in linked_first]
    if quotes:
        return replace(quotes[0], text="\n".join(quote.text for quote in quotes if quote.text))
    for body in bodies:
        for bold in body.css("strong"):
            if is_reply_head(bold):
                said = _REPLY_TO.match(shown_text(bold))
                return Quote(author=(said["name"] or None) if said else None, post_id=_linked(bold))
    return None


def _quoted(block: LexborNode) -> Quote:
    lines = lines_of(block)
    said = _SAID_AT.fullmatch(lines[0].strip())
    if said is None or read_time(said["at"]) is None:
        return Quote(post_id=_linked(block), text="\n".join(lines).strip())
    return Quote(author=said["name"], post_id=_linked(block), text="\n".join(lines[1:]).strip())


def _linked(node: LexborNode) -> str | None:
    link = node.css_first("a[href*='pid=']")
    found = _PID.search((link.attributes.get("href") or "") if link else "")
    return found[1] if found else None


def _attachments(table: LexborNode) -> tuple[str, ...]:
    """Return the names of files and pictures, each once, in their order."""
    names: dict[str, None] = {}
    for block in table.css("ignore_js_op"):
        shown = (shown_text(node) for node in block.css(_NAMES_OF_FILES))
        name = next((text for text in shown if not _NOT_A_NAME.match(text)), "")
        image = block.css_first("img[aid], img")
        if not name and image is not None:
            facts = image.attributes
            path = facts.get("zoomfile") or facts.get("file") or facts.get("src") or ""
            name = facts.get("title") or facts.get("alt") or path.split("?")[0].split("/")[-1]
        if name and name != "none.gif":
            names.setdefault(name.strip())
    return tuple(names)


def _classes(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()
