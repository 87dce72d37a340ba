"""Boards, archiver and message pages of Discuz!, and pages that are none: nothing crashes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.pages.discuz import looks_like, page_url, read_board, read_thread
from crawlers.pages.discuz_archiver import is_archiver, read_archiver
from domain.clock import iso_shanghai
from domain.errors import BlockedError, ParseError
from tests import discuz_html as html

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
URL = "http://bbs.example.test/forum.php?mod=forumdisplay&fid=2"


def row(tid: str, **facts: object) -> str:
    stock: dict[str, object] = {
        "href": f"forum.php?mod=viewthread&amp;tid={tid}&amp;extra=page%3D1", "author": "石头记",
        "uid": "88", "replies": 23, "views": 812, "created": "2026-11-1",
        "last": '<span title="2026-11-21 15:31">半小时前</span>',
    }  # fmt: skip
    return html.row(tid, f"主题{tid}", **{**stock, **facts})  # type: ignore[arg-type]


def test_a_board_tells_how_each_thread_stands() -> None:
    rows = [
        row("7", sticky=True),
        row(
            "8", replies='<span title="12345">1万</span>', views='<span title="204113">20万</span>'
        ),
        row("9", author="匿名", uid="", last="2026-10-2 08:30"),
        row("7"),
        row("10", replies="-", views="-", moved=True),
    ]
    board = read_board(html.board(rows, name="业主"), url=URL, now=NOW)
    assert [item.tid for item in board.rows] == ["7", "8", "9", "10"]
    first, large, anonymous, stub = board.rows
    assert (first.sticky, first.title, first.author, first.author_id) == (
        True, "主题7", "石头记", "88",
    )  # fmt: skip
    assert first.last_at is not None
    assert iso_shanghai(first.last_at) == "2026-11-21T15:31:00+08:00"
    assert (large.replies, large.views) == (12345, 204113)
    assert (anonymous.author, anonymous.author_id, anonymous.last) == (
        "匿名", None, "2026-10-2 08:30",
    )  # fmt: skip
    assert (stub.replies, stub.views) == (None, None)


def test_a_last_post_that_drifts_is_no_sign_of_change() -> None:
    board = read_board(html.board([row("7", last="3 分钟前")], name="业主"), url=URL, now=NOW)
    assert (board.rows[0].last, board.rows[0].last_at) == ("", None)


def test_a_board_of_pictures_is_a_board() -> None:
    item = (
        '<ul id="waterfall" class="ml cl"><li style="width:184px"><div class="c cl"></div>'
        '<h3 class="xw0"><a href="forum.php?mod=viewthread&amp;tid=7" title="t">样板间</a></h3>'
        '<div class="auth cl"><cite class="xg1 y">赞: 0 &nbsp; 回复: <a href="#" title="6 回复">6'
        '</a></cite><a href="home.php?mod=space&amp;uid=88">石头记</a></div></li></ul>'
    )
    board = read_board(html.frame("图", item), url=URL, now=NOW)
    assert [(r.tid, r.title, r.author, r.replies) for r in board.rows] == [
        ("7", "样板间", "石头记", 6)
    ]


def test_an_empty_board_is_no_error() -> None:
    assert read_board(html.board([], name="业主"), url=URL, now=NOW).rows == ()


def test_a_board_that_wants_a_password_is_a_wall() -> None:
    form = '<form action="forum.php?mod=forumdisplay&amp;fid=2&amp;action=pwverify"></form>'
    with pytest.raises(BlockedError, match="密码"):
        read_board(html.frame("业主", form), url=URL, now=NOW)


def test_a_thread_that_leads_to_its_board_wants_a_password() -> None:
    with pytest.raises(BlockedError, match="密码"):
        read_thread(html.board([row("7")], name="业主"), url=URL, now=NOW)


@pytest.mark.parametrize(
    ("url", "number", "want"),
    [
        ("http://b.example.test/thread-7-1-1.html", 3, "http://b.example.test/thread-7-3-1.html"),
        ("http://b.example.test/thread-7-4-1.html", 1, "http://b.example.test/thread-7-1-1.html"),
        (
            "http://b.example.test/forum.php?mod=viewthread&tid=7&extra=page%3D1&r=5", 2,
            "http://b.example.test/forum.php?mod=viewthread&tid=7&page=2",
        ),
        (
            "http://b.example.test/forum.php?mod=viewthread&tid=7&page=9", 1,
            "http://b.example.test/forum.php?mod=viewthread&tid=7",
        ),
    ],
)  # fmt: skip
def test_pages_have_addresses_in_both_styles(url: str, number: int, want: str) -> None:
    assert page_url(url, number) == want


ARCHIVER = """<html><head><base href="http://b.example.test/archiver/" />
<title>地库积水 - 示例论坛 -  Powered by Discuz! Archiver</title></head><body>
<center id="header"><h2>示例论坛's Archiver </h2></center>
<div id="nav"><a href="./">论坛</a> &rsaquo; <a href="?fid-2.html">业主</a> &rsaquo; 地库积水</div>
<div id="content"><p class="author"><strong>石头记</strong>
发表于 2026-8-3 09:05:11</p><h3>地库积水</h3>负二层积水到脚踝<br />
<br />
车泡了<p class="author"><strong><i>Anonymous</i></strong>
发表于 2026-8-3 10:11:02</p><h3></h3>我也闻到霉味
<div class="page"><strong>[1]</strong> <a href="?tid-402.html&page=2">[2]</a></div></div>
<div id="end">查看完整版本: <a href="../forum.php?mod=viewthread&tid=402&page=1">
<strong>地库积水</strong></a></div></body></html>"""


def test_the_archiver_tells_words_and_times() -> None:
    assert is_archiver(ARCHIVER)
    assert looks_like(ARCHIVER)
    page = read_archiver(ARCHIVER, url="", now=NOW)
    assert (page.tid, page.title, page.page, page.pages) == ("402", "地库积水", 1, 2)
    assert [(p.author, p.floor, p.text) for p in page.posts] == [
        ("石头记", 1, "负二层积水到脚踝\n\n车泡了"), (None, 2, "我也闻到霉味"),
    ]  # fmt: skip
    assert page.posts[0].published_at is not None
    assert iso_shanghai(page.posts[0].published_at) == "2026-08-03T09:05:11+08:00"


PARTS = st.sampled_from(
    [
        *("<table>", "</table>", "<td>", "</td>", "<tr>", "</div>", "<div>", "<font color=red>"),
        *("</font>", "<br />", "漏水", "<i class='pstatus'>", "</i>", "<!--", "-->", "]]>"),
        *("<div class='quote'><blockquote>", "</blockquote>", "<ignore_js_op>", "</ignore_js_op>"),
        *("&#55357;", "&#xD83D;", "&amp;#0;", "\x00", "<script>", "</script>", "<strong>"),
        *("<div class='locked'>", "<a href='x ... y'>a ... b</a>", "<style>", "</style>"),
        *("回复 <a href='?pid=1'>1#</a>", "<textarea>", "<img smilieid='1'>", "\ud83d"),
    ]
)


@given(st.lists(PARTS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_no_body_however_broken_spoils_its_neighbours(parts: list[str]) -> None:
    broken = "".join(part.encode("utf-8", "replace").decode() for part in parts)
    floors = [
        html.floor(
            pid, html.body(pid, words), left=html.member("甲", "1", pid), number=html.label(n),
            at="2026-11-20 21:05:33",
        )
        for n, (pid, words) in enumerate((("11", "第一层"), ("12", broken), ("13", "第三层")), 1)
    ]  # fmt: skip
    page = read_thread(html.thread(floors), url="forum.php?tid=731", now=NOW)
    assert [post.native_id for post in page.posts] == ["11", "12", "13"]
    assert [post.floor for post in page.posts] == [1, 2, 3]
    assert (page.posts[0].text, page.posts[2].text) == ("第一层", "第三层")
    assert [post.author for post in page.posts] == ["甲", "甲", "甲"]


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_is_refused_or_read(text: str) -> None:
    for read in (read_thread, read_board, read_archiver):
        try:
            read(text, url="u", now=NOW)
        except (BlockedError, ParseError):
            continue
