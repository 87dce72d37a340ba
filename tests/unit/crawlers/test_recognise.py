"""What an address is, from its answer alone: feeds, boards, lists, walls, and what is none."""

import json

import pytest

from crawlers.pages.recognise import Guess, recognise
from domain.errors import BlockedError, ParseError
from domain.post import SourceKind
from tests import discuz_html as discuz
from tests.unit.crawlers.test_forum_engines import PHPBB_BOARD

URL = "https://www.jiangcheng.example/a/"
HEADLINES = (
    "东湖新居小区电梯停运居民盼维修", "二期交付推迟半年业主要说法", "物业费上涨居民投票未通过",
    "地下车库漏水问题今年第三次出现", "学区划片调整方案下周公开征求意见",
    "老旧小区加装电梯补贴标准公布", "供暖季临近多个小区完成管网检修",
)  # fmt: skip


def guess(text: str, url: str = URL) -> Guess:
    return recognise(text, url=url)


def page(body: str, *, title: str = "江城在线", head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


# ---- feeds, sitemaps, interfaces -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('<?xml version="1.0"?><rss version="2.0"><channel><title>江城日报</title></channel></rss>',
         "江城日报"),
        ("<rss><channel><title><![CDATA[江城 房产]]></title></channel></rss>", "江城 房产"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title>江城晚报</title></feed>', "江城晚报"),
        ("<rdf:RDF><channel><title>旧式订阅</title></channel></rdf:RDF>", "旧式订阅"),
        (json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "江城号"}), "江城号"),
    ],
)  # fmt: skip
def test_feeds_of_every_kind_are_feeds(text: str, title: str) -> None:
    found = guess(text)
    assert (found.what, found.title, found.kind) == ("feed", title, SourceKind.NEWS)


@pytest.mark.parametrize("root", ["urlset", "sitemapindex"])
def test_a_sitemap_is_one(root: str) -> None:
    found = guess(f"<?xml version='1.0'?><{root}><x><loc>https://a.example/1</loc></x></{root}>")
    assert (found.what, found.title) == ("sitemap", "www.jiangcheng.example")


@pytest.mark.parametrize("told", [{"code": 0, "rows": [{"title": "漏水"}]}, [{"title": "漏水"}]])
def test_an_unknown_interface_says_how_it_can_be_described(told: object) -> None:
    with pytest.raises(ParseError, match=r"JSON 接口.*sources import"):
        guess(json.dumps(told))


def test_a_forums_public_interface_is_the_forum() -> None:
    topic = {"tid": 9, "titleRaw": "物业费", "slug": "9/wuyefei", "postcount": 2,
             "lastposttimeISO": "2026-11-20T13:05:00.000Z"}  # fmt: skip
    found = guess(json.dumps({"topics": [topic], "pagination": {"pageCount": 1}}))
    assert (found.what, found.kind) == ("nodebb", SourceKind.FORUM)


def test_a_page_that_names_its_feed_is_collected_by_the_feed() -> None:
    link = '<link rel="alternate" type="application/rss+xml" title="{t}" href="{h}">'
    found = guess(page("<p>首页</p>", head=link.format(t="江城 RSS", h="/rss.xml")))
    assert (found.what, found.url) == ("feed", "https://www.jiangcheng.example/rss.xml")
    two = link.format(t="时政", h="1.xml") + link.format(t="社会", h="/2.xml")
    several = guess(page("", head=two))
    assert several.what == "choices"
    assert [(one.title, one.url) for one in several.choices] == [
        ("时政", f"{URL}1.xml"), ("社会", "https://www.jiangcheng.example/2.xml"),
    ]  # fmt: skip


# ---- forums --------------------------------------------------------------------------------------


def test_a_discuz_board_is_a_source() -> None:
    table = '<table id="threadlisttableid"><tbody id="normalthread_1"></tbody></table>'
    found = guess(discuz.frame("业主之家", table))
    assert (found.what, found.kind) == ("discuzx", SourceKind.FORUM)


HOME = (
    '<a href="forum-2-1.html">业主之家</a><a href="forum-7-1.html">江城生活</a>'
    '<a href="forum-2-1.html">业主之家</a><a href="home.php?mod=space">我的</a>'
    '<a href="forum.php?mod=forumdisplay&amp;fid=9">物业曝光台</a>'
)


def test_the_home_of_a_discuz_forum_offers_its_boards_once_each() -> None:
    found = guess(discuz.frame("江城论坛", HOME), "http://bbs.example/")
    assert found.what == "choices"
    assert "不是版块页" in found.why
    assert [(one.title, one.url) for one in found.choices] == [
        ("业主之家", "http://bbs.example/forum-2-1.html"),
        ("江城生活", "http://bbs.example/forum-7-1.html"),
        ("物业曝光台", "http://bbs.example/forum.php?mod=forumdisplay&fid=9"),
    ]


def test_a_discuz_thread_offers_its_own_board() -> None:
    crumbs = (
        '<div id="pt"><a href="forum.php">论坛</a><a href="forum.php?gid=1">江城</a>'
        '<a href="forum-2-1.html">业主之家</a><a href="thread-731-1-1.html">电梯又坏了</a></div>'
    )
    floors = '<a href="forum.php?mod=forumdisplay&amp;fid=2&amp;typeid=3">[求助]</a>'
    content = f'{HOME}{crumbs}<div id="postlist">{floors}</div>'
    found = guess(discuz.frame("电梯又坏了", content), "http://bbs.example/thread-731-1-1.html")
    assert found.what == "choices"
    assert "主题" in found.why
    assert [one.url for one in found.choices] == ["http://bbs.example/forum-2-1.html"]


def test_a_discuz_page_without_boards_says_what_to_do() -> None:
    found = guess(discuz.frame("会员", "<p>个人空间</p>"))
    assert found.choices == ()
    assert "复制它的网址" in found.why


def test_a_discuz_message_is_a_wall_and_never_passed() -> None:
    message = '<div id="messagetext"><p>抱歉，您所在的用户组无权访问该版块，请登录</p></div>'
    with pytest.raises(BlockedError, match="无权访问"):
        guess(discuz.frame("提示信息", message))


def test_a_described_engines_board_is_told_from_its_home() -> None:
    found = guess(PHPBB_BOARD)
    assert (found.what, found.kind) == ("phpbb", SourceKind.FORUM)
    home = page(
        '<div id="phpbb"><a href="./viewforum.php?f=3&amp;sid=1">业主区</a>'
        '<a href="./viewtopic.php?t=1">一个帖子</a></div>'
    )
    known = guess(home, "http://p.example/index.php")
    assert known.what == "choices"
    assert [one.url for one in known.choices] == ["http://p.example/viewforum.php?f=3&sid=1"]


@pytest.mark.parametrize(
    ("head", "body", "url", "address"),
    [
        ('<meta name="generator" content="Discourse 3.2">', "", "https://d.example/c/yezhu/5",
         "https://d.example/c/yezhu/5.json"),
        ("", '<script id="ajaxify-data" type="application/json">{}</script>',
         "https://n.example/category/5/yezhu?page=2",
         "https://n.example/api/category/5/yezhu"),
    ],
)  # fmt: skip
def test_a_board_drawn_by_scripts_leads_to_its_interface(
    head: str, body: str, url: str, address: str
) -> None:
    found = guess(page(body, head=head), url)
    assert [one.url for one in found.choices] == [address]


# ---- lists ---------------------------------------------------------------------------------------

MENU = "".join(f'<li class="nav"><a href="/{n}/">频道{n}</a></li>' for n in range(12))


def rows(shape: str) -> str:
    return "".join(
        shape.format(n=n, title=title, day=f"2026-11-{10 + n}")
        for n, title in enumerate(HEADLINES, 1)
    )


@pytest.mark.parametrize(
    ("shape", "around", "selector", "dated"),
    [
        # a government CMS: ul > li with the date in a span
        ('<li><span>{day}</span><a href="./t{n}_1.html">{title}</a></li>',
         '<ul class="nav">' + MENU + '</ul><ul class="list_con">{}</ul>', "ul.list_con > li", True),
        # an old table layout
        ('<tr><td><a href="show.asp?id={n}">{title}</a></td><td>{day}</td></tr>',
         '<table id="news">{}</table>', "tr", True),
        # cards of a news portal, no dates
        ('<div class="news-item"><h3><a href="/2026/11/{n}.html">{title}</a></h3><p>摘要</p></div>',
         '<div class="left">{}</div>', "div.news-item", False),
        # dl/dd
        ('<dd><a href="/c/{n}.shtml">{title}</a><em>{day} 10:20</em></dd>',
         '<dl class="newsList">{}</dl>', "dl.newsList > dd", True),
        # one row is marked as the current one
        ('<li class="item item{n}"><a href="/p/{n}">{title}</a> {day}</li>',
         '<ul id="feed">{}</ul>', "ul#feed > li.item", True),
    ],
)  # fmt: skip
def test_lists_of_several_layouts_are_described(
    shape: str, around: str, selector: str, dated: bool
) -> None:
    found = guess(page(around.format(rows(shape))))
    assert found.what == "listing"
    described = found.options["list"]
    assert described["rows"].endswith(selector)
    assert ("time" in described["fields"]) is dated
    assert f"{len(HEADLINES)} 条" in found.why


def test_the_headlines_win_over_a_longer_menu_of_short_words() -> None:
    menu = "".join(f'<li><a href="/x/{n}/">栏目{n}号频道页面</a></li>' for n in range(30))
    news = rows('<li><a href="/n/{n}.html">{title}</a><span>{day}</span></li>')
    found = guess(page(f'<ul class="menu">{menu}</ul><ul class="news">{news}</ul>'))
    assert "ul.news" in found.options["list"]["rows"]


# ---- what is no source ---------------------------------------------------------------------------


def test_an_article_is_told_as_one() -> None:
    text = "<p>" + "昨天上午，东湖新居的居民在小区门口开会，讨论电梯维修的费用。" * 12 + "</p>"
    found = guess(page(f"<h1>居民开会</h1>{text}", title="居民开会"))
    assert (found.what, found.title, found.choices) == ("article", "居民开会", ())
    assert "栏目页" in found.why


def test_an_article_with_lists_beside_it_is_still_an_article() -> None:
    said = "昨天上午，东湖新居的居民在小区门口开会，讨论电梯维修的费用由谁承担。"
    body = f"<div class='text'>{''.join(f'<p>{said}</p>' for _ in range(8))}</div>"
    beside = rows('<li><a href="/hot/{n}.html">{title}</a></li>')
    found = guess(page(f"<h1>居民开会</h1>{body}<ul class='hot'>{beside}</ul>"))
    assert found.what == "article"
    bare = f"<div class='text'>{'<br>'.join([said] * 8)}</div><ul class='hot'>{beside}</ul>"
    assert guess(page(bare)).what == "article", "also without paragraphs"


def test_an_article_offers_the_columns_its_crumbs_name() -> None:
    crumbs = (
        '<div class="Position">当前位置：<a href="/">首页</a> &gt; <a href="/news/">新闻</a> &gt; '
        '<a href="/news/minsheng/">民生</a> &gt; 正文</div>'
    )
    text = "<p>" + "昨天上午，居民在小区门口开会，讨论电梯维修的费用。" * 8 + "</p>"
    found = guess(page(f"{crumbs}<h1>居民开会</h1><div>{text}</div>"))
    assert found.what == "article"
    assert [(one.title, one.url) for one in found.choices] == [
        ("民生", "https://www.jiangcheng.example/news/minsheng/"),
        ("新闻", "https://www.jiangcheng.example/news/"),
    ]
    assert "栏目里选" in found.why


def test_the_summaries_of_a_list_are_no_article() -> None:
    shape = (
        '<li><a href="/n/{n}.html">{title}</a><p>居民说，问题已经拖了很久。物业说，正在安排。'
        "街道说，会继续督促。业主希望早日解决。社区说，下周再开一次会。</p></li>"
    )
    found = guess(page(f'<ul class="news">{rows(shape)}</ul>'))
    assert found.what == "listing"


def test_a_dated_list_under_a_notice_is_a_list() -> None:
    notice = "<p>请实名留言。每件事只留一次。五个工作日内答复。涉及个人信息的内容不公开。</p>" * 3
    table = rows("<tr><td><a href='show?id={n}'>{title}</a></td><td>{day}</td></tr>")
    found = guess(page(f'<div class="note">{notice}</div><table id="msg">{table}</table>'))
    assert found.what == "listing"


def test_a_page_drawn_by_scripts_says_so() -> None:
    with pytest.raises(ParseError, match="脚本"):
        guess(page('<div id="app"></div><script src="/main.js"></script>'))


@pytest.mark.parametrize(
    "text",
    [
        page("请稍候", title="安全验证"),
        page("<p>您的访问过于频繁，请输入验证码</p>"),
        page('<form><input name="u"><input type="password" name="p"></form>', title="会员登录"),
    ],
)
def test_walls_are_told_and_never_passed(text: str) -> None:
    with pytest.raises(BlockedError, match=r"要求(?:验证|登录)"):
        guess(text)


@pytest.mark.parametrize("text", ["", "   ", "\x00\x00", "<", "{", "[1", "<html>" * 2000])
def test_rubbish_is_refused_in_words(text: str) -> None:
    with pytest.raises(ParseError, match="认不出"):
        guess(text)
