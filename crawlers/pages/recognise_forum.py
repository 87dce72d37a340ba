"""Forums among the pages of `recognise`: which engine, and is it a board, a thread or the home."""

import re
from datetime import UTC, datetime

from selectolax.lexbor import LexborHTMLParser

from crawlers import engines
from crawlers.pages.guess import Choice, Guess, title_of
from crawlers.pages.links import joined, parts_of
from crawlers.pages.text import visible_text
from crawlers.pages.walls import refuse_message
from domain.errors import ParseError
from domain.post import SourceKind

_BOARD = re.compile(
    r"(?:mod=forumdisplay\b(?!.*(?:typeid|filter|orderby)=).*\bfid=\d+|forum-\d+-\d+\.html)"
)
_CLASS = re.compile(r"mod=forumdisplay\b.*\bfid=(\d+)")
#: Addresses of boards of the engines described in config/engines.
_BOARDS = {
    "phpbb": re.compile(r"viewforum\.php\?(?:.*&)?f=\d+"),
    "spirit": re.compile(r"/category/\d+/"),
}
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def forum(tree: LexborHTMLParser, text: str, url: str) -> Guess | None:
    """Return what a forum's page is, None if no forum made it; BlockedError at its wall."""
    engine = engines.recognise(text)
    if engine is None:
        return _with_interface(tree, url)
    if engine != engines.DISCUZ:
        return _described(engine, tree, text, url)
    if tree.css_first("#threadlisttableid, #threadlist") is not None:
        return Guess(
            what=engine, url=url, title=title_of(tree), kind=SourceKind.FORUM,
            why="是 Discuz! 论坛的版块",
        )  # fmt: skip
    if tree.css_first("#postlist, div[id^='post_'] table.plhin") is not None:
        # The crumbs of a thread end at its own board; the menu above names the whole forum.
        boards = (
            _boards(tree, url, _BOARD, within="#pt")[-1:]
            or _board_of_class(tree, url)
            or _boards(tree, url, _BOARD)
        )
        why = "是 Discuz! 论坛的一个主题，不是版块"
    else:
        _refuse_message_page(tree, url)
        boards, why = _boards(tree, url, _BOARD), "是 Discuz! 论坛，但不是版块页"
    return _choice_of_boards(tree, url, why, boards)


def _board_of_class(tree: LexborHTMLParser, url: str) -> tuple[Choice, ...]:
    """Return the board a thread's class (分类) belongs to, where a skin shows no crumbs."""
    for link in tree.css("#postlist a[href]"):
        found = _CLASS.search(link.attributes.get("href") or "")
        if found:
            address = joined(url, f"forum.php?mod=forumdisplay&fid={found[1]}")
            return (Choice(title=f"版块 {found[1]}", url=address),)
    return ()


def _refuse_message_page(tree: LexborHTMLParser, url: str) -> None:
    """Raise BlockedError where a forum answers with a message (提示信息) instead of a page."""
    message = tree.css_first("#messagetext")
    if message is not None:
        refuse_message(visible_text(message), url=url)


def _described(engine: str, tree: LexborHTMLParser, text: str, url: str) -> Guess:
    """Tell the board of a described engine from its threads and its home."""
    try:
        # Which threads there are does not hang on the hour.
        rows = engines.engine_named(engine).read_board(text, url=url, now=_ANY_TIME).rows
    except ParseError:
        rows = ()
    if rows:
        return Guess(
            what=engine, url=url, title=title_of(tree), kind=SourceKind.FORUM,
            why=f"是 {engine} 论坛的版块",
        )  # fmt: skip
    pattern = _BOARDS.get(engine)
    boards = _boards(tree, url, pattern) if pattern else ()
    return _choice_of_boards(tree, url, f"是 {engine} 论坛，但不是版块页", boards)


def _choice_of_boards(
    tree: LexborHTMLParser, url: str, why: str, boards: tuple[Choice, ...]
) -> Guess:
    todo = "请从下面的版块里选一个" if boards else "请打开要监测的版块，复制它的网址"
    return Guess(
        what="choices", url=url, title=title_of(tree), kind=SourceKind.FORUM, choices=boards,
        why=f"{why}：{todo}",
    )  # fmt: skip


def _boards(
    tree: LexborHTMLParser, url: str, pattern: re.Pattern[str], *, within: str = ""
) -> tuple[Choice, ...]:
    found: dict[str, Choice] = {}
    for link in tree.css(f"{within} a[href]".strip()):
        href, words = link.attributes.get("href") or "", visible_text(link)
        if pattern.search(href) and words:
            address = joined(url, href).partition("#")[0]
            found.setdefault(address, Choice(title=words[:40], url=address))
    return tuple(found.values())


def by_interface(text: str, url: str) -> Guess | None:
    """Return the forum whose JSON interface answered, None if no known one did."""
    engine = engines.recognise(text)
    if engine is None or engine == engines.DISCUZ:
        return None
    try:
        rows = engines.engine_named(engine).read_board(text, url=url, now=_ANY_TIME).rows
    except ParseError:
        return None
    if not rows:
        return None
    return Guess(
        what=engine, url=url, title=parts_of(url).hostname or "", kind=SourceKind.FORUM,
        why=f"是 {engine} 论坛版块的公开接口",
    )  # fmt: skip


def _with_interface(tree: LexborHTMLParser, url: str) -> Guess | None:
    """Lead from a board drawn by scripts to the public interface that gives the same as JSON."""
    made = tree.css_first("meta[name='generator']")
    maker = ((made.attributes.get("content") if made is not None else "") or "").lower()
    parts = parts_of(url)
    path = parts.path.rstrip("/")
    if "discourse" in maker and path.startswith("/c/"):
        path = path.removesuffix(".json") + ".json"
    elif tree.css_first("#ajaxify-data") is not None and path.startswith("/category/"):
        path = f"/api{path}"
    else:
        return None
    address = parts._replace(path=path, query="", fragment="").geturl()
    return Guess(
        what="choices", url=url, title=title_of(tree), kind=SourceKind.FORUM,
        choices=(Choice(title=title_of(tree), url=address),),
        why="版块由脚本画出，同样的内容有公开接口：请用下面的地址",
    )  # fmt: skip
