"""Floor numbers of a Discuz! page: labels are words, custom names or missing altogether."""

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.post import ParsedPost

#: The stock names; a site may have its own, then their place on the page decides.
NAMES = {"楼主": 1, "沙发": 2, "板凳": 3, "地板": 4}
#: Replies shown out of their place (来自 12#, 推荐) say nothing about their neighbours.
_ELSEWHERE = ("来自", "推荐")
#: Floors a page holds unless the site changed it; used where nothing on the page tells.
STOCK_PER_PAGE = 10
_DIGITS = re.compile(r"\d+")


def number_of(label: str) -> int | None:
    """Return the number a label says itself (12#, 来自 12#, 沙发), None for other words."""
    digits = _DIGITS.search(label)
    return int(digits[0]) if digits else NAMES.get(label)


def numbered(
    posts: Sequence[ParsedPost], *, page: int, per_page: int | None
) -> tuple[ParsedPost, ...]:
    """Return the posts with a number for every floor that stands in its own place.

    Crawlers that name themselves get no labels from Discuz, some sites have names of their own.
    """
    placed = [post for post in posts if not _is_elsewhere(post)]
    custom = any(post.floor_label and not _says_number(post.floor_label) for post in placed)
    known = [
        (place, post.floor)
        for place, post in enumerate(placed)
        if post.floor is not None and not (custom and post.floor_label in NAMES)
    ]
    floors = {
        post.native_id: _floor(
            place, post, known, custom=custom, page=page, per_page=per_page, count=len(placed)
        )
        for place, post in enumerate(placed)
    }
    return tuple(replace(post, floor=floors.get(post.native_id, post.floor)) for post in posts)


def is_reversed(posts: Sequence[ParsedPost]) -> bool:
    """Whether the newest floor stands first (倒序浏览); the opening post stays on top."""
    floors = [post.floor for post in posts if post.floor and not _is_elsewhere(post)]
    return len(floors) > 2 and floors[-1] < floors[-2]


def titled(
    posts: Sequence[ParsedPost], *, title: str, views: int | None, replies: int | None
) -> tuple[ParsedPost, ...]:
    """Return the posts, the opening one with the thread's title and counts."""
    return tuple(
        replace(post, title=title, views=views, replies=replies) if post.floor == 1 else post
        for post in posts
    )


def _floor(
    place: int, post: ParsedPost, known: list[tuple[int, int]], *, custom: bool, page: int,
    per_page: int | None, count: int,
) -> int | None:  # fmt: skip
    if post.floor is not None and not (custom and post.floor_label in NAMES):
        return post.floor
    if known:
        near, number = min(known, key=lambda pair: abs(pair[0] - place))
        return number + _step(known) * (place - near)
    if page == 1:
        return place + 1
    if per_page is None and count <= STOCK_PER_PAGE:
        per_page = STOCK_PER_PAGE
    return (page - 1) * per_page + place + 1 if per_page else None


def _step(known: list[tuple[int, int]]) -> int:
    """Return -1 where the numbers fall down the page."""
    return -1 if len(known) > 1 and known[-1][1] < known[-2][1] else 1


def _says_number(label: str) -> bool:
    return bool(_DIGITS.search(label)) or label in NAMES


def _is_elsewhere(post: ParsedPost) -> bool:
    return bool(post.floor_label) and any(word in str(post.floor_label) for word in _ELSEWHERE)
