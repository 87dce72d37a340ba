"""Which title, time and names are believed where a page makes several claims (all invented)."""

from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.article import Article, inspect_article, join_pages, next_page, read_article
from crawlers.pages.by_line import is_name, read_by_line
from domain.clock import iso_shanghai
from domain.errors import BlockedError, ParseError
from domain.post import Precision

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
PARAGRAPHS = (
    "<p>昨天上午，柳荫路社区的居民在活动室开会，讨论电梯维修的费用由谁承担，会议开了两个小时。</p>"
    "<p>物业公司的代表说，维修基金还有余额，但需要三分之二的业主签字同意，预计下月才能动工。</p>"
    "<p>居民希望尽快修好，楼里住着不少老人，每天上下楼很不方便，有人已经半个月没有出门。</p>"
)


def article(
    top: str = "", *, title: str = "电梯停了半个月_示例网", head: str = "", end: str = "",
    url: str = "http://n.example.test/1.html",
) -> Article:  # fmt: skip
    html = (
        f"<html><head><title>{title}</title>{head}</head><body>"
        f"<div>今天是2026年11月21日 15:30</div><div class=main>{top}{PARAGRAPHS}{end}</div></body>"
    )
    return inspect_article(html, url=url, now=NOW)


def at(found: Article) -> str | None:
    return iso_shanghai(found.published_at)[:16] if found.published_at else None


@pytest.mark.parametrize(
    ("title", "top", "expected"),
    [
        ("电梯停了半个月_示例网", "", "电梯停了半个月"),
        ("电梯停了半个月 - 民生 - 示例网", "", "电梯停了半个月"),
        ("电梯停了 谁来修|柳荫路_示例网", "<h1>电梯停了 谁来修</h1>", "电梯停了 谁来修"),
        ("示例网", "<h1 class=logo>示例网</h1><h1>电梯停了半个月</h1>", "电梯停了半个月"),
        ("一周观察 | 电梯停了", "<div>一周观察 | 电梯停了</div>", "一周观察 | 电梯停了"),
        ("", "<h2>电梯停了半个月</h2>", "电梯停了半个月"),
    ],
)  # fmt: skip
def test_the_title_is_what_heading_and_page_title_agree_on(
    title: str, top: str, expected: str
) -> None:
    assert article(top, title=title).title == expected


@pytest.mark.parametrize(
    ("top", "head", "end", "expected", "precision"),
    [
        ("<div>2026-11-20 09:42 来源：甲报</div>", "", "", "2026-11-20T09:42", Precision.MINUTE),
        ("<div>2026年11月20日09:42:10</div>", "", "", "2026-11-20T09:42", Precision.SECOND),
        ("<div>2026年11月20日 下午3:20</div>", "", "", "2026-11-20T15:20", Precision.MINUTE),
        ("<div>2026年11月20日 星期五 08:05</div>", "", "", "2026-11-20T08:05", Precision.MINUTE),
        # A meta tag of midnight names the day; the page knows the minute.
        ("<div>2026-11-20 09:42</div>", "<meta name=PubDate content='2026-11-20 00:00:00'>", "",
         "2026-11-20T09:42", Precision.MINUTE),
        ("", "<meta property='article:published_time' content='2026-11-19T11:01:53+08:00'>", "",
         "2026-11-19T11:01", Precision.SECOND),
        # 更新 stands before 发布 and is not it.
        ("<div>更新时间：2026-11-20 12:00 发布时间：2026-11-20 09:42</div>", "", "",
         "2026-11-20T09:42", Precision.MINUTE),
        # A comment's time stands behind the body; the day above it wins.
        ("<div>2026-11-18</div>", "", "<div>网友甲 2026-11-20 10:00</div>",
         "2026-11-18T00:00", Precision.DAY),
        ("", "<script>var x={\"publish_time\":\"2026-11-17 07:30:00\"}</script>", "",
         "2026-11-17T07:30", Precision.SECOND),
    ],
)  # fmt: skip
def test_the_publishing_time_is_the_credible_claim(
    top: str, head: str, end: str, expected: str, precision: Precision
) -> None:
    found = article(f"<h1>电梯停了半个月</h1>{top}", head=head, end=end)
    assert (at(found), found.precision) == (expected, precision)


def test_a_time_in_the_future_is_no_publishing_time() -> None:
    found = article("<h1>电梯停了半个月</h1><div>2027-05-01 09:00</div><div>2026-11-20 09:42</div>")
    assert at(found) == "2026-11-20T09:42"


@pytest.mark.parametrize(
    ("above", "body", "below", "expected"),
    [
        (["作者：张三 来源：甲报"], [], [], "张三"),
        (["作者： 宋怡 杨志华"], [], [], "宋怡、杨志华"),
        (["作者：", "山中来客"], [], [], "山中来客"),
        (["2026-11-20 甲报 文/李 明"], [], [], "李明"),
        ([], ["本报记者沈一帆发自江城"], [], "沈一帆"),
        (
            [],
            ["本报讯（记者 沈一帆 通讯员 周明）昨日，业主来到售楼处，要求说明原因，随后离开。" * 3],
            [],
            "沈一帆、周明",
        ),
        ([], [], ["采写：南城见习记者 林子沛"], "林子沛"),
        (
            [],
            ["会后，各方签了字，事情告一段落，居民说终于放心了，以后要常开会。（何静）"],
            [],
            "何静",
        ),
        ([], [], ["（责任编辑：何静）"], "何静"),
        (
            [],
            ["记者从社区了解到，食堂明天开张，记者联系物业，对方没有回应，居民都说方便。"],
            [],
            None,
        ),
        (["作者：网络整理"], [], [], None),
    ],
)
def test_the_by_line_is_found_where_papers_put_it(
    above: list[str], body: list[str], below: list[str], expected: str | None
) -> None:
    assert read_by_line(above, body, below, claimed=()) == expected


def test_a_label_beats_the_reporter_and_the_house_is_nobody() -> None:
    assert (
        read_by_line(["作者：山中来客"], ["（记者 沈一帆）"], [], claimed=["示例网"]) == "山中来客"
    )
    assert read_by_line([], [], [], claimed=["示例网", "示例日报"]) is None
    assert read_by_line([], [], [], claimed=["示例网", "周明"]) == "周明"


@pytest.mark.parametrize(
    ("text", "person"),
    [("沈一帆", True), ("欧阳明", True), ("阿·买买提", True), ("了解到", False), ("看到", False)],
)
def test_what_can_be_a_name(text: str, *, person: bool) -> None:
    assert is_name(text) is person


@pytest.mark.parametrize(
    ("url", "title", "top", "outlet", "origin"),
    [
        ("https://news.sina.com.cn/1.html", "题_新浪新闻", "来源：新京报", "新浪", "新京报"),
        ("https://www.bjnews.com.cn/1.html", "题", "来源：新京报网", "新京报", None),
        ("http://n.example.test/1.html", "电梯停了半个月_江城热线", "来源：本站", "江城热线", None),
        ("http://n.example.test/1.html", "电梯停了半个月", "来源：甲报", "甲报", None),
        ("http://n.example.test/1.html", "电梯停了半个月-新华网", "来源：甲报", "甲报", None),
        ("http://n.example.test/1.html", "电梯停了-新华网_江城热线", "", "江城热线", None),
        ("http://n.example.test/1.html", "电梯停了半个月-新华网", "", None, None),
        ("http://n.example.test/1.html", "电梯停了半个月", "来源：新华网", None, "新华网"),
        ("", "电梯停了半个月-新华网", "来源：甲报", "新华社", "甲报"),
    ],
)
def test_outlet_and_origin_are_two_things(
    url: str, title: str, top: str, outlet: str, origin: str | None
) -> None:
    found = article(f"<h1>{title[:7]}</h1><div>{top}</div>", title=title, url=url)
    assert (found.outlet, found.syndicated_from) == (outlet, origin)


@pytest.mark.parametrize(
    ("url", "href", "following"),
    [
        ("http://n.example.test/a/9.html", "9_2.html", "http://n.example.test/a/9_2.html"),
        ("http://n.example.test/a/9_2.html", "9_3.html", "http://n.example.test/a/9_3.html"),
        ("http://n.example.test/a?id=9", "?id=9&page=2", "http://n.example.test/a?id=9&page=2"),
        ("http://n.example.test/a/9.html", "10.html", None),  # the next article
        ("http://n.example.test/a/9_2.html", "9_2.html", None),  # itself
        ("http://n.example.test/a/9_2.html", "9.html", None),  # back
        ("http://n.example.test/a/9.html", "http://else.example.test/a/9_2.html", None),
        ("http://n.example.test/a/9.html", "javascript:next()", None),
    ],
)
def test_only_the_same_articles_next_page_is_followed(
    url: str, href: str, following: str | None
) -> None:
    tree = LexborHTMLParser(f"<a href='/x'>首页</a><a href='{href}'>下一页</a>")
    assert next_page(tree, url) == following


def test_pages_are_joined_and_repeated_lines_taken_once() -> None:
    first = article(end="<a href='1_2.html'>下一页</a>")
    second = article(url="http://n.example.test/1_2.html")
    assert first.next_url == "http://n.example.test/1_2.html"
    whole = join_pages((first, second))
    assert (whole.text, whole.next_url) == (first.text, None)


def test_a_page_without_running_text_is_no_article() -> None:
    html = "<title>视频</title><div>播放</div>"
    assert inspect_article(html, url="u", now=NOW).confidence == 0
    with pytest.raises(ParseError, match="没有找到正文"):
        read_article(html, url="u", now=NOW)


def test_a_wall_is_a_wall() -> None:
    with pytest.raises(BlockedError):
        read_article("<title>安全验证</title>", url="u", now=NOW)
