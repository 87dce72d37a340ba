"""Discuz! X3.4, X3.5 and kin as a forum engine: its three readers under one name."""

from crawlers.pages.discuz_board import read_board
from crawlers.pages.discuz_thread import page_url, plain_url, read_thread, thread_id
from crawlers.pages.forum import BoardPage, ThreadPage, ThreadRow

__all__ = [
    "BoardPage",
    "ThreadPage",
    "ThreadRow",
    "looks_like",
    "page_url",
    "plain_url",
    "read_board",
    "read_thread",
    "thread_id",
]

_SIGNS = (
    "Powered by Discuz", 'content="Discuz!', "discuz_uid", "id=\"nv_forum\"", "threadlisttableid",
    'id="postlist"', "Comsenz",
)  # fmt: skip


def looks_like(html: str) -> bool:
    """Whether a page was made by Discuz!."""
    return any(sign in html for sign in _SIGNS)
