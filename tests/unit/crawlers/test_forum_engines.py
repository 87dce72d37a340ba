"""Forums described by selectors and JSON paths: what their pages say, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from config import engines as described
from crawlers.engines import engine_named, engine_of, forum_engines, recognise
from crawlers.pages.walls import NoPermissionError, refuse_message
from domain.errors import BlockedError, FactsError, ParseError
from domain.post import SourceKind
from domain.source import Source

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PHPBB_BOARD = """<html><body id="phpbb"><ul class="topiclist topics"><li class="row bg1"><dl>
<dt><a href="./viewtopic.php?f=2&amp;t=15" class="topictitle">外墙脱落</a>
<div class="topic-poster">由 <a href="./memberlist.php?u=8" class="username">石头记</a></div></dt>
<dd class="posts">12 <dfn>回复</dfn></dd><dd class="views">1,377 <dfn>查看</dfn></dd>
<dd class="lastpost"><span><time datetime="2026-11-20T13:05:00+00:00">昨天</time></span></dd>
</dl></li></ul><div class="pagination"><ul><li class="active"><span>1</span></li>
<li class="arrow next"><a class="button" href="./viewforum.php?f=2&amp;start=25">下一页</a></li>
</ul></div></body></html>"""
PHPBB_THREAD = """<html><body id="phpbb"><h2 class="topic-title">
<a href="./viewtopic.php?f=2&amp;t=15">外墙脱落</a></h2><div class="pagination"><ul>
<li class="active"><span>1</span></li><li><a class="button" href="?start=10">2</a></li></ul></div>
<div id="p301" class="post bg2"><dl class="postprofile"><dt><a href="./memberlist.php?u=8"
class="username">石头记</a></dt></dl><div class="postbody"><p class="author"><a class="username"
href="#">石头记</a> » <time datetime="2026-11-20T01:05:00+00:00">周五</time></p>
<div class="content">十楼掉了一块<br>差点砸到人</div><div class="signature">签名</div></div></div>
<div id="p302" class="post bg1"><div class="postbody"><p class="author"><a class="username"
href="#">小桥</a> » <time datetime="2026-11-20T02:00:00+00:00">周五</time></p>
<div class="content"><blockquote><div><cite><a href="#p301" data-post-id="301">石头记</a> 写了：
</cite>十楼掉了一块</div></blockquote>报警了吗</div></div></div></body></html>"""


def test_phpbb_is_read_by_its_selectors() -> None:
    engine = engine_named("phpbb")
    board = engine.read_board(PHPBB_BOARD, url="http://p.example.test/viewforum.php?f=2", now=NOW)
    row = board.rows[0]
    assert (row.tid, row.title, row.author, row.replies, row.views) == (
        "15", "外墙脱落", "石头记", 12, 1377,
    )  # fmt: skip
    assert row.url == "http://p.example.test/viewtopic.php?f=2&t=15"
    assert row.last_at == datetime(2026, 11, 20, 13, 5, tzinfo=UTC)
    assert board.next_url == "http://p.example.test/viewforum.php?f=2&start=25"
    thread = engine.read_thread(PHPBB_THREAD, url=row.url, now=NOW)
    assert (thread.tid, thread.page, thread.pages) == ("15", 1, 2)
    assert [(p.native_id, p.author, p.floor, p.text) for p in thread.posts] == [
        ("301", "石头记", 1, "十楼掉了一块\n差点砸到人"), ("302", "小桥", 2, "报警了吗"),
    ]  # fmt: skip
    quote = thread.posts[1].quote
    assert quote is not None
    assert (quote.author, quote.post_id, quote.text) == ("石头记", "301", "十楼掉了一块")
    assert engine.page_url(row.url, 3) == f"{row.url}&start=20"


def test_nodebb_is_read_by_its_public_interface() -> None:
    user = {"username": "laohuai", "uid": 4}
    board = {
        "topics": [
            {
                "tid": 9, "titleRaw": "物业费", "slug": "9/wuyefei", "postcount": 21,
                "viewcount": 300, "lastposttimeISO": "2026-11-20T13:05:00.000Z", "user": user,
            }
        ],
        "pagination": {"currentPage": 1, "pageCount": 2},
    }  # fmt: skip
    engine = engine_named("nodebb")
    url = "http://n.example.test/api/category/5/dongan"
    page = engine.read_board(json.dumps(board), url=url, now=NOW)
    row = page.rows[0]
    assert (row.tid, row.replies, row.url) == (
        "9", 20, "http://n.example.test/api/topic/9/wuyefei",
    )  # fmt: skip
    assert page.next_url == f"{url}?page=2"
    post = {
        "pid": 70, "index": 20, "content": "<p>又涨了</p><p>不交</p>", "user": user,
        "timestampISO": "2026-11-20T13:05:00.000Z", "editedISO": "2026-11-20T14:00:00.000Z",
        "toPid": 55, "deleted": 0,
    }  # fmt: skip
    gone = {**post, "pid": 71, "deleted": 1}
    thread = {
        "tid": 9, "titleRaw": "物业费", "posts": [post, gone], "postcount": 21,
        "pagination": {"currentPage": 2, "pageCount": 2},
    }  # fmt: skip
    found = engine.read_thread(json.dumps(thread), url=f"{row.url}?page=2", now=NOW)
    assert (found.page, found.pages, found.replies, found.next_url) == (2, 2, 20, None)
    [only] = found.posts
    assert (only.native_id, only.floor, only.text, only.author_id) == (
        "70",
        21,
        "又涨了\n不交",
        "4",
    )
    assert only.edited_at == datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    assert only.quote is not None
    assert only.quote.post_id == "55"


def test_discourse_counts_its_pages_from_its_posts() -> None:
    posts = [
        {
            "id": 900 + n, "post_number": n, "username": f"u{n}", "user_id": n,
            "cooked": f"<p>第{n}楼</p>", "created_at": "2026-11-20T13:05:00.000Z",
            "updated_at": "2026-11-20T13:05:00.000Z",
        }
        for n in (1, 2)
    ]  # fmt: skip
    body = {"id": 3, "title": "停水", "posts_count": 41, "post_stream": {"posts": posts}}
    url = "http://d.example.test/t/3.json"
    found = engine_named("discourse").read_thread(json.dumps(body), url=url, now=NOW)
    assert (found.tid, found.pages, found.next_url) == ("3", 3, f"{url}?page=2")
    assert [(p.native_id, p.floor, p.edited_at) for p in found.posts] == [
        ("901", 1, None), ("902", 2, None),
    ]  # fmt: skip


def test_engines_are_recognised_by_their_pages() -> None:
    assert recognise(PHPBB_BOARD) == "phpbb"
    assert recognise('<div class="comments_list">') == "spirit"
    assert recognise("<p>Powered by Discuz! X3.5</p>") == "discuzx"
    assert recognise("<html>新闻</html>") is None
    assert set(described.names()) < set(forum_engines())


SELECTORS = {
    "board": {"row": "li", "url": "a @href", "tid": r"a @href ~ /(\d+)$", "title": "a"},
    "thread": {"post": "article", "id": "@id", "text": "p", "page_url": "{url}/{n}"},
}


def source(program: str, **options: Any) -> Source:
    return Source(
        name="s", engine=program, url="http://x.example.test/", site="x", kind=SourceKind.FORUM,
        options=options,
    )  # fmt: skip


def test_a_source_may_describe_or_change_an_engine_itself() -> None:
    engine = engine_of(source("configured", selectors=SELECTORS))
    html = "<li><a href='/t/7'>标题</a></li>"
    row = engine.read_board(html, url="http://x.example.test/b", now=NOW).rows[0]
    assert (row.tid, row.url, row.replies) == ("7", "http://x.example.test/t/7", None)
    changed = engine_of(source("phpbb", selectors={"thread": {"page_size": 15}}))
    assert changed.page_url("u?t=1", 2) == "u?t=1&start=15"


@pytest.mark.parametrize(
    ("engine", "options", "word"),
    [
        ("configured", {}, "options.selectors"),
        ("configured", {"engine": "vbulletin"}, "vbulletin"),
        ("configured", {"selectors": {"board": SELECTORS["board"]}}, "thread"),
        ("configured", {"selectors": {**SELECTORS, "colour": 1}}, "colour"),
        ("phpbb", {"selectors": {"thread": {"font": "b"}}}, "font"),
        ("configured", {"selectors": {**SELECTORS, "thread": {"post": "p"}}}, "id"),
    ],
)
def test_a_wrong_description_is_refused_in_words(
    engine: str, options: dict[str, Any], word: str
) -> None:
    with pytest.raises(FactsError, match=word):
        engine_of(source(engine, **options))


def test_pages_of_another_kind_are_refused() -> None:
    engine = engine_named("phpbb")
    with pytest.raises(ParseError, match="没有列表"):
        engine.read_board("<html><p>404</p></html>", url="u", now=NOW)
    with pytest.raises(NoPermissionError, match="登录"):
        engine.read_thread("<form><input type='password'></form>", url="u", now=NOW)
    with pytest.raises(BlockedError, match="安全验证"):
        engine.read_thread("<title>安全验证</title>", url="u", now=NOW)
    with pytest.raises(ParseError, match="JSON"):
        engine_named("nodebb").read_board("<html></html>", url="u", now=NOW)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("抱歉，您尚未登录，没有权限访问该版块", NoPermissionError),
        ("抱歉，本帖要求阅读权限高于 50 才能浏览", NoPermissionError),
        ("本版块需要密码，您必须输入正确的密码", NoPermissionError),
        ("抱歉，只有特定用户组可以访问", NoPermissionError),
        ("本站启用频繁刷新限制，请稍候再试", BlockedError),
        ("论坛因维护暂停", BlockedError),
    ],
)
def test_a_message_asks_for_a_right_or_for_patience(message: str, kind: type[BlockedError]) -> None:
    with pytest.raises(BlockedError) as caught:
        refuse_message(message, url="u")
    assert type(caught.value) is kind
