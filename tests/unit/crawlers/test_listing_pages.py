"""List → detail by configuration: HTML and JSON, official answers, clear words for mistakes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crawlers.pages.listing import configured, read_item, read_list
from domain.errors import BlockedError, FactsError, ParseError

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
URL = "https://liuyan.example/board/list.html"

HTML: dict[str, Any] = {
    "list": {
        "rows": "ul.msg > li",
        "fields": {
            "title": "a", "url": "a @href", "time": ".date", "state": "i ~ 【(.+)】",
            "id": "a @href ~ id=(\\d+)",
        },
        "next": "a.next @href",
    },
    "detail": {
        "fields": {
            "text": ".ask", "answer": ".answer", "answer_by": ".dept", "answer_at": ".when",
        }
    },
}  # fmt: skip
LIST = """<ul class="msg"><li class="head">留言</li>
<li><a href="show.html?id=901">云麓花园二期停工</a><i>【已受理】</i>
<b class="date">2026-11-20</b></li>
<li><a href="/board/show.html?id=900">车位涨价</a><i>【办结】</i>
<b class="date">2026-11-18 09:30</b></li>
<li><a href="javascript:void(0)">更多</a></li></ul>
<a class="next" href="list.html?p=2">下一页</a>"""
DETAIL = """<div class="ask"><p>云麓花园二期停工三个月。</p><p>何时复工？</p></div>
<div class="answer">您好，已责令企业复工。</div><b class="dept">江城市住建局</b>
<b class="when">2026-11-21 16:00</b>"""


def test_a_list_gives_items_with_addresses_states_and_the_next_page() -> None:
    page = read_list(LIST, configured(HTML, name="留言"), url=URL)
    assert [(item.id, item.url, item.said["state"]) for item in page.items] == [
        ("901", "https://liuyan.example/board/show.html?id=901", "已受理"),
        ("900", "https://liuyan.example/board/show.html?id=900", "办结"),
    ]
    assert page.next_url == "https://liuyan.example/board/list.html?p=2"


def test_a_detail_page_adds_text_and_the_authoritys_answer() -> None:
    config = configured(HTML, name="留言")
    item = read_list(LIST, config, url=URL).items[0]
    post = read_item(item, config, now=NOW, text=DETAIL, url=item.url or "")
    assert (post.title, post.text) == (
        "云麓花园二期停工", "云麓花园二期停工三个月。\n何时复工？",
    )  # fmt: skip
    assert (post.state, post.native_id) == ("已受理", "901")
    assert post.published_at == datetime(2026, 11, 19, 16, 0, tzinfo=UTC)
    assert post.answer is not None
    assert (post.answer.author, post.answer.text) == ("江城市住建局", "您好，已责令企业复工。")
    assert post.answer.at == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def test_a_changed_state_changes_the_digest_and_views_do_not() -> None:
    told = {**HTML, "list": {**HTML["list"], "fields": {**HTML["list"]["fields"], "views": "u"}}}
    config = configured(told, name="留言")

    def digest(page: str) -> str:
        return read_list(page, config, url=URL).items[0].digest

    seen = LIST.replace("停工</a>", "停工</a><u>5</u>")
    assert digest(seen) == digest(seen.replace("<u>5", "<u>99"))
    assert digest(seen) != digest(seen.replace("已受理", "办理中"))


def test_a_time_that_drifts_is_no_change() -> None:
    config = configured(HTML, name="留言")

    def digest(time: str) -> str:
        return read_list(LIST.replace("2026-11-20", time), config, url=URL).items[0].digest

    assert digest("3 小时前") == digest("5 小时前")
    assert digest("2026-11-20") != digest("2026-11-21")


JSON: dict[str, Any] = {
    "list": {
        "mode": "json", "rows": "data.records",
        "fields": {"id": "threadId", "title": "subject", "time": "dateline", "state": "status"},
        "item_url": "https://liuyan.example/api/detail?id={id}",
        "page_url": "?page={page}",
    },
    "detail": {
        "mode": "json",
        "fields": {"text": "data.content", "answer": "data.answers.0.content"},
    },
}  # fmt: skip


def test_json_is_read_by_paths() -> None:
    config = configured(JSON, name="接口")
    text = (
        '{"data": {"records": [{"threadId": 7, "subject": "噪音", "dateline": 1763700000,'
        ' "status": "已回复"}]}}'
    )
    page = read_list(text, config, url="https://liuyan.example/api/list")
    [item] = page.items
    assert item.url == "https://liuyan.example/api/detail?id=7"
    assert page.next_url == "https://liuyan.example/api/list?page=2"
    post = read_item(
        item, config, now=NOW,
        text='{"data": {"content": "<p>夜里施工<br>很吵</p>", "answers": [{"content": "已整改"}]}}',
    )  # fmt: skip
    assert (post.text, post.answer and post.answer.text) == ("夜里施工\n很吵", "已整改")
    assert post.published_at == datetime.fromtimestamp(1763700000, tz=UTC)


def test_an_empty_json_list_on_page_two_is_the_end_and_on_page_one_a_problem() -> None:
    config = configured(JSON, name="接口")
    page = read_list('{"data": {"records": []}}', config, url=URL, number=2)
    assert (page.items, page.next_url) == ((), None)
    with pytest.raises(ParseError, match="一条也没有"):
        read_list('{"data": {"records": []}}', config, url=URL)


def test_a_wall_and_a_page_that_is_no_json_are_told_apart() -> None:
    with pytest.raises(BlockedError):
        read_list("<title>安全验证</title>", configured(HTML, name="留言"), url=URL)
    with pytest.raises(ParseError, match="不是 JSON"):
        read_list("<html>", configured(JSON, name="接口"), url=URL)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "list.rows"),
        ({"list": {"rows": "li"}}, "list.fields"),
        ({"list": {"rows": "li", "fields": {"titel": "a", "url": "a @href"}}}, "titel"),
        ({"list": {"rows": "li", "fields": {"title": "a"}}}, "url、id 或 text"),
        ({"list": {"rows": "li", "mode": "xml", "fields": {"url": "a"}}}, "xml"),
        ({"list": {"rows": "li", "fields": {"url": "a @href ~ ("}}}, "正则"),
        ({"list": {"rows": "li[[", "fields": {"url": "a @href"}}}, "选择器"),
    ],
)
def test_a_wrong_configuration_names_what_is_wrong(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FactsError, match=said):
        configured(options, name="留言")
