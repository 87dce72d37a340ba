"""Every construct a Discuz! floor can hold, in the stock markup with invented words."""

from datetime import UTC, datetime

import pytest

from crawlers.pages.discuz import read_thread, thread_id
from crawlers.pages.forum import ThreadPage
from domain.clock import iso_shanghai
from domain.post import ParsedPost, Precision
from tests import discuz_html as html

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
URL = "http://bbs.example.test/forum.php?mod=viewthread&tid=731"
AT = "2026-11-20 21:05:33"


def read(*floors: str, url: str = URL, **page: str) -> ThreadPage:
    return read_thread(html.thread(floors, **page), url=url, now=NOW)


def said(message: str, after: str = "") -> ParsedPost:
    """Return a floor with this message between two ordinary ones, which must stay whole."""
    page = read(
        simple("11", "第一层在这里", 1), simple("12", message, 2, after=after),
        simple("13", "第三层在这里", 3),
    )  # fmt: skip
    assert [post.native_id for post in page.posts] == ["11", "12", "13"]
    assert (page.posts[0].text, page.posts[2].text) == ("第一层在这里", "第三层在这里")
    return page.posts[1]


def simple(pid: str, message: str, number: int, *, after: str = "", at: str = AT) -> str:
    return html.floor(
        pid, html.body(pid, message), left=html.member("老槐树下", "4417", pid),
        number=html.label(number), at=at, uid="4417", after=after,
    )  # fmt: skip


BODIES = {
    "line breaks": ("一<br />\r\n二<br />\r\n<br />\r\n三", "一\n二\n\n三"),
    "paragraphs and alignment": (
        '<p style="text-indent:2em">甲</p><p>乙</p><div align="center">丙</div>丁',
        "甲\n乙\n丙\n丁",
    ),
    "fonts and colours": (
        '<font color="Red"><strong>维权</strong></font>到<font size="4">底</font>',
        "维权到底",
    ),
    "spaces": ("　　首行缩进 &nbsp; &nbsp;再空&nbsp;几格", "首行缩进 再空 几格"),
    "jammer in place of breaks": (
        (
            '开头<font class="jammer">&nbsp; _* w3 R( &amp; k</font><br />\r\n<br />\r\n'
            '<span style="display:none">! p7 c0 D</span>结尾'
        ),
        "开头\n\n结尾",
    ),
    "edit notice": (
        (
            '<i class="pstatus"> 本帖最后由 老槐树下 于 2026-11-21 07:02 编辑 </i><br />\r\n'
            "<br />\r\n"
            "正文"
        ),
        "正文",
    ),
    "italic that is no notice": ('<i class="pstatus">斜体小字</i>正文', "斜体小字正文"),
    "code": (
        (
            '看：<div class="blockcode"><div id="code_x1"><ol><li>a = 1<br />\r<li>b = 2</ol></div>'
            "<em onclick=\"copycode($('code_x1y'));\">复制代码</em></div>完"
        ),
        "看：\na = 1\nb = 2\n完",
    ),
    "list": ("要求：<ul><li>退房<br />\r\n<li>赔偿</ul>以上", "要求：\n退房\n赔偿\n以上"),
    "table": (
        (
            '<table cellspacing="0" class="t_table"><tr><td>楼栋</td><td>户数</td></tr>'
            "<tr><td>3栋</td><td>48</td></tr></table>"
        ),
        "楼栋 户数\n3栋 48",
    ),
    "author's block quotation": ("<blockquote>缩进的话</blockquote>后文", "缩进的话\n后文"),
    "smiley": ('真好<img src="static/x.gif" smilieid="12" border="0" alt="" />', "真好"),
    "picture by address": (
        '看图<img id="aimg_Ab1" class="zoom" file="http://i.example.test/a.jpg" alt="" />完',
        "看图完",
    ),
    "link": ('见<a href="http://x.example.test/1" target="_blank">公告</a>。', "见公告。"),
    "long address shortened by the forum": (
        (
            '<a href="http://www.example.test/notice/2026/11/very-long-name-page/index-100.html" '
            'target="_blank">http://www.example.test/notice/2 ... page/index-100.html</a>'
        ),
        "http://www.example.test/notice/2026/11/very-long-name-page/index-100.html",
    ),
    "mention": (
        '<a href="home.php?mod=space&amp;uid=9" target="_blank">@小桥</a> 来看',
        "@小桥 来看",
    ),
    "markup typed by the author": (
        "&lt;div id=&quot;post_99&quot;&gt;假楼&lt;/div&gt;",
        '<div id="post_99">假楼</div>',
    ),
    "foreign character escaped twice": ("&amp;#13907;字", "㙓字"),
    "entity typed by the author": ("写成 &amp;amp; 就对了", "写成 &amp; 就对了"),
    "hidden part shown": (
        '<div class="showhide"><h4>本帖隐藏的内容</h4>门牌号</div>完',
        "门牌号\n完",
    ),
    "video": (
        '<span id="flv_a1B"></span><script>$("flv_a1B").innerHTML=1</script>看视频',
        "看视频",
    ),
    "advertisement": ('<div id="ad_thread4_0"><a href="#">买房找我</a></div>正文', "正文"),
    "advertisement beside the text": ('<div class="a_pr"><p>看房团</p></div>正文', "正文"),
    "guest tips": (
        (
            '<div class="attach_nopermission attach_tips"><div><h3><strong>马上注册</strong></h3>'
            '<p>您需要登录</p></div><span class="atips_close">x</span></div>正文'
        ),
        "正文",
    ),
    "plain notice of a post without codes": (
        "[ 本帖最后由 老槐树下 于 2026-11-21 07:02 编辑 ]<br />\r\n<br />\r\n正文",
        "正文",
    ),
    "unclosed tags": ('<font color="red"><div align="left">没有关上<b>粗', "没有关上粗"),
    "stray ends": ("前</div></div></font>后", "前后"),
    "table torn by raw markup": ("裸标记<table><tr><td>格</td>", "裸标记\n格"),
    "quotation in the middle": (
        '前文<div class="quote"><blockquote>别人的话</blockquote></div>后文',
        "前文\n后文",
    ),
    "two quotations": (
        (
            '<div class="quote"><blockquote>一</blockquote></div><br />\r\n<div class="quote">'
            "<blockquote>二</blockquote></div><br />\r\n我的话"
        ),
        "我的话",
    ),
    "reply head": (
        (
            '<strong>回复 <a href="forum.php?mod=redirect&amp;goto=findpost&amp;pid=11&amp;ptid=7" '
            'target="_blank">1#</a> <i>老槐树下</i> 的帖子</strong><br />\r\n说得对'
        ),
        "说得对",
    ),
    "bold that is no reply head": ("<strong>回复 大家</strong>：会的", "回复 大家：会的"),
}


@pytest.mark.parametrize(("message", "text"), BODIES.values(), ids=BODIES.keys())
def test_the_text_is_what_the_author_wrote(message: str, text: str) -> None:
    assert said(message).text == text


def test_a_table_closed_by_raw_markup_does_not_take_the_next_floor() -> None:
    post = said("前</td></tr></table></div></div></td></tr></table>后")
    assert post.text.startswith("前")


def quote(head: str, pid: str = "11") -> str:
    link = f"forum.php?mod=redirect&amp;goto=findpost&amp;pid={pid}&amp;ptid=731"
    return (
        f'<div class="quote"><blockquote><font size="2"><a href="{link}" target="_blank">'
        f'<font color="#999999">{head}</font></a></font><br />\r\n漏水三天<br />\r\n没人管'
        "</blockquote></div><br />\r\n同感"
    )


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ("老槐树下 发表于 2026-11-20 21:05", "老槐树下"),
        ("甲 发表于 乙 发表于 2026-11-2 9:05", "甲 发表于 乙"),
        ("小桥&amp;流水 发表于 2026-11-20 21:05:09", "小桥&流水"),
    ],
)
def test_a_quotation_names_author_post_and_words(head: str, author: str) -> None:
    post = said(quote(head))
    assert post.quote is not None
    assert (post.quote.author, post.quote.post_id) == (author, "11")
    assert (post.quote.text, post.text) == ("漏水三天\n没人管", "同感")


def test_the_older_quotation_with_a_picture_link_is_read_too() -> None:
    post = said(
        '<div class="quote"><blockquote><font size="2"><font color="#999999">半亩方塘 发表于 '
        '2026-11-20 21:05</font> <a href="forum.php?mod=redirect&amp;goto=findpost&amp;pid=11&amp;'
        'ptid=731" target="_blank"><img src="back.gif" /></a></font><br />\r\n水</blockquote></div>'
        "<br />\r\n是"
    )
    assert post.quote is not None
    assert (post.quote.author, post.quote.post_id, post.quote.text) == ("半亩方塘", "11", "水")


def test_a_quotation_has_no_jammer_in_its_words() -> None:
    noisy = quote("老槐树下 发表于 2026-11-20 21:05").replace(
        "三天<br />", '三天<font class="jammer">, ]; h6</font><br />\r\n'
        '<span style="display:none">! u9</span>'
    )  # fmt: skip
    post = said(noisy)
    assert post.quote is not None
    assert (post.quote.text, post.text) == ("漏水三天\n没人管", "同感")


def test_a_reply_head_is_a_quotation_without_words() -> None:
    post = said(BODIES["reply head"][0])
    assert post.quote is not None
    assert (post.quote.author, post.quote.post_id, post.quote.text) == ("老槐树下", "11", "")


@pytest.mark.parametrize(
    ("notice", "at"),
    [
        ("本帖最后由 老槐树下 于 2026-11-21 07:02 编辑", "2026-11-21T07:02:00+08:00"),
        ("本帖最后由 于谦 于 家 于 2026-1-2 07:02 编辑", "2026-01-02T07:02:00+08:00"),
        (
            '本帖最后由 甲 于 <span title="2026-11-21 07:02:09">半小时前</span> 编辑',
            "2026-11-21T07:02:09+08:00",
        ),
    ],
)
def test_the_edit_notice_tells_when(notice: str, at: str) -> None:
    post = said(f'<i class="pstatus"> {notice} </i><br />\r\n<br />\r\n正文')
    assert post.edited_at is not None
    assert (iso_shanghai(post.edited_at), post.text) == (at, "正文")


LEFT = {
    "member": (html.member("小桥&流水", "4417", "11"), "4417", "小桥&流水", "4417"),
    "rewritten address": (
        (
            '<div class="pls"><div class="pi"><div class="authi"><a href="space-uid-17.html"'
            " "
            'class="xw1">老槐树下</a></div></div></div>'
        ),
        "",
        "老槐树下",
        "17",
    ),
    "anonymous": (html.aside("匿名"), "", "匿名", None),
    "guest with address": (
        html.aside('<a href="javascript:;">游客 <em>117.136.0.x</em></a>'),
        "",
        "游客",
        None,
    ),
    "deleted": (html.aside("野渡无人 <em>该用户已被删除</em>"), "6033", "野渡无人", "6033"),
    "from a phone network": (
        (
            '<div class="pls favatar"><div class="pi"><div class="authi"><a href="javascript:;" '
            'class="xw1">微网友</a></div></div></div>'
        ),
        "",
        "微网友",
        None,
    ),
}


@pytest.mark.parametrize(("left", "uid", "name", "author_id"), LEFT.values(), ids=LEFT.keys())
def test_who_wrote_it(left: str, uid: str, name: str, author_id: str | None) -> None:
    floor = html.floor("11", html.body("11", "话"), left=left, number=html.label(1), at=AT, uid=uid)
    post = read(floor).posts[0]
    assert (post.author, post.author_id) == (name, author_id)


def test_the_author_beside_the_time_where_the_left_column_is_closed() -> None:
    floor = simple("11", "话", 1).replace(
        '<em id="authorposton11">',
        '<a href="home.php?mod=space&amp;uid=88" class="xi2 z"><img src="a.gif" /></a>'
        '<a href="home.php?mod=space&amp;uid=88" target="_blank" class="xi2">石头记</a>\n'
        '<em id="authorposton11">',
    )
    start, end = floor.index('<td class="pls" rowspan'), floor.index('<td class="plc">')
    post = read(floor[:start] + floor[end:]).posts[0]
    assert (post.author, post.author_id) == ("石头记", "88")


@pytest.mark.parametrize(
    ("shown", "at", "precision"),
    [
        ("2026-11-20 21:05:33", "2026-11-20T21:05:33+08:00", Precision.SECOND),
        ("2026-11-2 09:05", "2026-11-02T09:05:00+08:00", Precision.MINUTE),
        (
            '<span title="2026-11-20 21:05:33">昨天&nbsp;21:05</span>',
            "2026-11-20T21:05:33+08:00",
            Precision.SECOND,
        ),
        ("半小时前", "2026-11-21T15:30:00+08:00", Precision.MINUTE),
        ("昨天 21:05", "2026-11-20T21:05:00+08:00", Precision.MINUTE),
    ],
)
def test_when_it_was_written(shown: str, at: str, precision: Precision) -> None:
    post = read(simple("11", "话", 1, at=shown)).posts[0]
    assert post.published_at is not None
    assert (iso_shanghai(post.published_at), post.precision) == (at, precision)


HIDDEN = {
    "author banned": (
        '<div class="locked">提示: <em>作者被禁止或删除 内容自动屏蔽</em></div>',
        "作者被禁止或删除 内容自动屏蔽",
    ),
    "blocked": (
        '<div class="locked">提示: <em>该帖被管理员或版主屏蔽</em></div>',
        "该帖被管理员或版主屏蔽",
    ),
    "for the author only": ('<div class="locked">此帖仅作者可见</div>', "此帖仅作者可见"),
    "password": (
        (
            '<div class="locked">本帖为密码帖 ,请输入密码<input type="text" id="postpw_11" />&nbsp;'
            "<button><strong>提交</strong></button></div>"
        ),
        "本帖为密码帖 ,请输入密码",
    ),
}


@pytest.mark.parametrize(("content", "reason"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_hidden_body_tells_why(content: str, reason: str) -> None:
    floor = html.floor(
        "11", content, left=html.member("甲", "1", "11"), number=html.label(2), at=AT
    )
    post = read(floor).posts[0]
    assert (post.text, post.hidden) == ("", reason)


def test_a_hidden_part_leaves_the_rest() -> None:
    post = said(
        '公开的<div class="locked">游客，如果您要查看本帖隐藏内容请<a href="#">回复</a></div>也公开'
    )
    assert post.text == "公开的\n也公开"
    assert post.hidden == "游客，如果您要查看本帖隐藏内容请回复"


def test_a_paid_thread_shows_its_free_part_and_the_price() -> None:
    content = (
        '<div id="postmessage_99" class="t_f">免费部分</div>\n<div class="locked">\n'
        '<a href="javascript:;" class="y viewpay" title="购买主题">购买主题</a>\n'
        '<em class="right">已有 3 人购买&nbsp; </em>\n本主题需向作者支付 <strong>5 金钱</strong> '
        "才能浏览</div>\n</div>"
    )
    floor = html.floor(
        "11", content, left=html.member("甲", "1", "11"), number=html.label(1), at=AT
    )
    page = read(floor, simple("12", "第二层", 2))
    assert page.posts[0].text == "免费部分"
    assert page.posts[0].hidden == "本主题需向作者支付 5 金钱 才能浏览"
    assert page.posts[1].text == "第二层"


def test_what_was_paid_for_or_cannot_be_downloaded_hides_nothing() -> None:
    content = (
        '<div class="locked"><em class="y"><a href="#">记录</a></em>本主题价格: <strong>5 金钱'
        "</strong></div>"
        + html.body("11", "看得到")
        + '<div class="locked">附件: <em>您需要登录才可以下载</em></div>'
    )
    floor = html.floor(
        "11", content, left=html.member("甲", "1", "11"), number=html.label(1), at=AT
    )
    post = read(floor).posts[0]
    assert (post.text, post.hidden) == ("看得到", None)


SPECIAL = {
    "poll": (
        html.body("11", "投一下")
        + '<form id="poll"><div class="pinf"><strong>单选投票</strong>, 共有 '
        '9 人参与投票</div><div class="pcht"><table><tr><td class="pvt"><label>1. 换</label></td>'
        "</tr></table></div></form>",
        "投一下",
    ),
    "reward with its best answer": (
        '<div class="rwd cl"><div class="rusld z"><cite>20</cite>金钱</div><div class="rwdn">'
        + html.body("11", "谁知道电话")
        + '</div></div><div class="rwdbst"><h3 class="psth">最佳答案'
        '</h3><div class="pstl"><div class="psti"><div class="mtn">打12345</div></div></div></div>',
        "谁知道电话",
    ),
    "shop": (
        (
            '<table><tr><td class="t_f" id="postmessage_11">转让</td></tr></table><div class="cl">'
            '<div class="trdb">商品</div></div><div id="postmessage_11">可小刀</div>'
        ),
        "转让\n可小刀",
    ),
    "activity": (
        '<div class="act pbm cl"><dl><dt>活动类型:</dt><dd>聚会</dd></dl></div>'
        + html.body("11", "周六见")
        + '<div id="applylist_731"><h2>暂未通过</h2></div>',
        "周六见",
    ),
    "debate": (
        html.body("11", "该不该收")
        + '<p class="dtm">结束时间: 2026-12-1</p><div class="ds"><p>正方</p>'
        "</div>",
        "该不该收",
    ),
    "sorted information": (
        '<div class="typeoption"><table><caption>房源</caption><tr><th>面积:</th><td>90</td></tr>'
        "</table></div>" + html.body("11", "急售"),
        "急售",
    ),
}


@pytest.mark.parametrize(("content", "text"), SPECIAL.values(), ids=SPECIAL.keys())
def test_special_threads_keep_the_words_of_their_author(content: str, text: str) -> None:
    floor = html.floor(
        "11", content, left=html.member("甲", "1", "11"), number=html.label(1), at=AT
    )
    page = read(floor, simple("12", "第二层", 2))
    assert [post.text for post in page.posts] == [text, "第二层"]
    assert page.posts[0].hidden is None


IN_TEXT = (
    '<ignore_js_op>\n<img id="aimg_7" aid="7" src="static/none.gif" zoomfile="data/a1b2.jpg" '
    'file="data/a1b2.jpg" inpost="1" onmouseover="x" />\n<div class="tip tip_4 aimg_tip" '
    'id="aimg_7_menu" style="position: absolute; display: none"><div class="xs0"><p><strong>'
    '裂缝.jpg</strong> <em class="xg1">(120 KB, 下载次数: 3)</em></p><p><a href="forum.php?mod='
    'attachment&amp;aid=7&amp;nothumb=yes">下载附件</a></p><p class="xg1 y">昨天 上传</p></div>'
    '<div class="tip_horn"></div></div>\n</ignore_js_op>'
)
BELOW = (
    '<div class="pattl"><ignore_js_op>\n<dl class="tattl">\n<dt><img src="zip.gif" /></dt>\n<dd>\n'
    '<p class="attnm">\n<a href="forum.php?mod=attachment&amp;aid=9" id="aid9">验房报告.pdf</a>\n'
    '<div class="tip tip_4" id="aid9_menu" style="display: none"><p>点击文件名下载附件</p></div>\n'
    "</p>\n<p>2 MB, 下载次数: 1</p>\n</dd>\n</dl>\n</ignore_js_op><ignore_js_op>\n"
    '<dl class="tattl attm"><dd><p class="mbn"><a href="forum.php?mod=attachment&amp;aid=8" '
    'id="aid8" class="xw1">大门.png</a><em class="xg1">(9 KB, 下载次数: 0)</em></p><div class="mbn '
    'savephotop"><img aid="8" src="none.gif" alt="大门.png" /></div></dd></dl></ignore_js_op></div>'
)


def test_attachments_are_named_and_not_told_as_text() -> None:
    floor = html.floor(
        "11", html.body("11", f"看图<br />\r\n{IN_TEXT}完") + BELOW,
        left=html.member("甲", "1", "11"), number=html.label(1), at=AT,
    )  # fmt: skip
    post = read(floor).posts[0]
    assert post.attachments == ("裂缝.jpg", "验房报告.pdf", "大门.png")
    assert post.text == "看图\n完"


def test_comments_ratings_and_signature_are_no_text() -> None:
    comments = (
        '<h3 class="psth xs1"><span class="icon_ring vm"></span>点评</h3><div class="pstl xs1 cl">'
        '<div class="psta vm"><a href="home.php?mod=space&amp;uid=9" class="xi2 xw1">路人</a></div>'
        '<div class="psti">说得好&nbsp; <span class="xg1">发表于 <span title="2026-11-21 07:00">'
        '1 小时前</span></span></div></div><div class="pgs mbm mtn cl"><div class="pg"><a '
        'href="javascript:;" class="nxt">下一页</a></div></div><h3>评分</h3><dl class="rate">'
        '<tr><td class="xg1">很给力!</td></tr></dl>'
    )
    page = read(simple("11", "正文", 1, after=comments), simple("12", "第二层", 2))
    assert [post.text for post in page.posts] == ["正文", "第二层"]
    assert (page.page, page.pages, page.next_url) == (1, 1, None)
    assert page.posts[0].author == "老槐树下"


def floors_of(*labels: str | None, page: int = 1, pages: int = 1) -> list[int | None]:
    links = dict.fromkeys(range(1, pages + 1), "forum.php?mod=viewthread&amp;tid=731&amp;page=9")
    floors = [
        html.floor(str(pid), html.body(str(pid), "话"), left=html.member("甲", "1", str(pid)),
                   number=words, at=AT)
        for pid, words in enumerate(labels, start=11)
    ]  # fmt: skip
    read_page = read(*floors, pages=html.pager(page, pages, links))
    return [post.floor for post in read_page.posts]


def test_floors_are_numbered_by_label_place_and_page() -> None:
    stock = [html.label(number) for number in range(1, 7)]
    assert floors_of(*stock) == [1, 2, 3, 4, 5, 6]
    assert floors_of("楼主", "沙发", "藤椅", "板凳", "地板", "6楼") == [1, 2, 3, 4, 5, 6]
    assert floors_of("<em>21</em><sup>楼</sup>", "<em>22</em><sup>楼</sup>") == [21, 22]
    # Crawlers that name themselves get no labels: the page decides, ten to a page if unknown.
    assert floors_of(None, None, None) == [1, 2, 3]
    assert floors_of(None, None, page=2, pages=3) == [3, 4]
    assert floors_of(None, None, page=3, pages=3) == [21, 22]


def test_a_sticky_reply_keeps_its_own_number_and_a_recommended_one_has_none() -> None:
    sticky = '<img src="settop.png" title="置顶回复" class="vm" /> 来自 12#'
    assert floors_of("楼主", sticky, "沙发", "板凳") == [1, 12, 2, 3]
    newer = '<em title="置顶回复" class="replystick vm">顶</em> 来自 12#'
    assert floors_of("楼主", newer, "沙发") == [1, 12, 2]
    assert floors_of("楼主", "推荐", "沙发", "板凳") == [1, None, 2, 3]


def test_newest_first_is_noticed() -> None:
    page = read(*(simple(str(20 - n), "话", n) for n in (1, 9, 8, 7)))
    assert page.reversed
    assert [post.floor for post in page.posts] == [1, 9, 8, 7]


def test_the_place_of_a_deleted_floor_is_no_post() -> None:
    page = read(simple("11", "一", 1), html.gone_floor("12", 2), simple("13", "三", 3))
    assert [(post.native_id, post.floor) for post in page.posts] == [("11", 1), ("13", 3)]


def test_the_thread_tells_its_counts_and_title_once() -> None:
    page = read(simple("11", "一", 1), simple("12", "二", 2), counts=html.counts(812, 23))
    assert (page.views, page.replies, page.title) == (812, 23, "阳台门关不严")
    assert [(post.title, post.views, post.replies) for post in page.posts] == [
        ("阳台门关不严", 812, 23), ("", None, None),
    ]  # fmt: skip


def test_a_reply_with_a_subject_of_its_own_keeps_it() -> None:
    content = "<h2>更正一下</h2>" + html.body("12", "是三栋")
    floor = html.floor(
        "12", content, left=html.member("甲", "1", "12"), number=html.label(2), at=AT
    )
    post = read(simple("11", "一", 1), floor).posts[1]
    assert (post.title, post.text) == ("更正一下", "是三栋")


@pytest.mark.parametrize(
    ("head", "link", "tid"),
    [
        ('<link href="http://b.example.test/thread-55-1-1.html" rel="canonical" />', "", "55"),
        ("<script>var fid = parseInt('2'), tid = parseInt('56');</script>", "", "56"),
        ("", '<a href="forum.php?mod=redirect&amp;goto=findpost&amp;ptid=57&amp;pid=1">', "57"),
        (
            "",
            (
                '<a href="thread-58-2-1.html">2</a><a href="thread-58-3-1.html">3</a>'
                '<a href="thread-9-1-1.html">相关</a>'
            ),
            "58",
        ),
    ],
)
def test_a_saved_page_knows_its_thread(head: str, link: str, tid: str) -> None:
    assert thread_id(f"<html>{head}<body>{link}</body></html>") == tid
    assert thread_id("<html></html>", "saved/thread-7-1-1.html") == "7"
    assert thread_id("<html></html>") is None


def test_a_floor_that_quotes_twice_loses_neither_quotation() -> None:
    answered = (
        '<div class="quote"><blockquote><a href="forum.php?mod=redirect&amp;goto=findpost'
        '&amp;pid=11&amp;ptid=731">老槐树下 发表于 2026-11-20 20:00</a><br />水还没退'
        "</blockquote></div>"
    )
    own = '<div class="quote"><blockquote>物业通知：今晚抢修</blockquote></div>'
    for message in (f"{answered}看通知：{own}信吗", f"{own}看通知：{answered}信吗"):
        post = said(message)
        assert post.quote is not None
        assert (post.quote.post_id, post.quote.author) == ("11", "老槐树下")
        assert post.quote.text == "水还没退\n物业通知：今晚抢修"
        assert "抢修" not in post.text


@pytest.mark.parametrize(
    ("message", "want"),
    [
        (
            '正文<p class="mtn xg1">本帖子中包含更多资源<br />您需要登录才可以下载或查看</p>',
            "正文",
        ),
        ('正文<p class="xg1">灰字也是楼主写的</p>', "正文\n灰字也是楼主写的"),
        ('正文<br /><a href="misc.php?mod=mobile" target="_blank">来自: 手机客户端</a>', "正文"),
        ('见<a href="misc.php?mod=mobile">手机版说明</a>', "见手机版说明"),
        ('正文<div class="plugin_adbox"><a href="x">装修推荐</a></div>', "正文"),
        ('正文<div class="adbox">装修推荐</div>', "正文"),
    ],
)
def test_lines_of_the_forum_itself_are_no_words_of_the_author(message: str, want: str) -> None:
    assert said(message).text == want
