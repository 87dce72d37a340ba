"""Own words: what a text quotes, forwards by header or is signed with is not said by its author."""

from time import process_time

import pytest

from nlp.normal import normalise
from nlp.voice import own_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("> 你们都在造谣\n> 散了吧\n我家真的漏了", "我家真的漏了"),
        ("「云边的猫：又停水了」\n- - - - - - -\n我家没停", "我家没停"),
        ("回复@云边的猫：我也是", "我也是"),
        ("太过分了//@业主阿宽：又停水了", "太过分了又停水了"),
        ("电梯又坏了\n发自我的iPhone", "电梯又坏了\n"),
        ("本帖最后由 阿宽 于 2026-1-2 编辑\n求助", "\n求助"),
        ("引用 3楼 阿宽：开发商跑路了\n别乱说", "别乱说"),
        ("回复 12楼：同问", "同问"),
        ("阿宽 发表于 2026-3-1 12:00 只看该作者\n楼梯间又漏了", "\n楼梯间又漏了"),
        ("楼主| 发表于 3 天前 | 只看该作者 | 倒序浏览\n电梯停了", "\n电梯停了"),
        ("电梯停了\n云边的猫 发表于 昨天 21:03\n我家也是", "电梯停了\n\n我家也是"),
        ("来自手机 | 显示全部楼层\n物业不管", "\n物业不管"),
        ("#3 沙发\n同问退房的事", "\n同问退房的事"),
        ("地库积水\n3# 只看该作者 举报", "地库积水\n"),
        ("求回电话\n-- \n某某公司 阿宽\n138xxxx", "求回电话\n"),
        ("求回电话\n--\n澄湖苑 业主", "求回电话\n"),
        ("求回电话\n--\n阿宽\n某某物业公司 工程部\n电话 138xxxx5678", "求回电话\n"),
        ("停水三天了\n发送自 Outlook 客户端", "停水三天了\n"),
        ("停水三天了\n从我的 iPhone 发送", "停水三天了\n"),
        ("周六去售楼部\n—— 转自澄湖苑二期群", "周六去售楼部\n"),
        ("周六去售楼部（转自业主三群）", "周六去售楼部"),
        ("[转发] 外墙又掉了一块", "外墙又掉了一块"),
        ("Fwd: 关于停水", "关于停水"),
        ("---- 原始邮件 ----\n发件人：阿宽\n暖气不热", "\n\n暖气不热"),
    ],
)
def test_only_the_authors_words_stay(text: str, said: str) -> None:
    assert own_words(normalise(text)).text == said


@pytest.mark.parametrize(
    "text",
    [
        "转发微博",
        "> 30户漏水没人管\n求曝光",
        "引用合同条款：开发商逾期交房违约\n我要退房",
        "物业@全体成员 今天停水",
        "物业收费太黑\n--\n开发商跑路\n明早九点售楼部集合维权",
        "物业收费太黑\n--\n某某公司\n还我房子",
        "漏水三年\n--\n业主代表全体上访",
        "停水三天\n--\n三栋\n四栋",
        "来自江城的业主",
        "我引用合同第三条：按期交房",
        "--漏水\n--没人管\n--不退钱",
        "- 漏水\n- 电梯停运",
        "问题如下\n--\n一、漏水没人管，\n二、电梯停运。",
        "物业说“业主自己弄坏的”，我不认",
        "我发表于去年的帖子被删了",
        "昨天在论坛发表于楼市版的文章说漏水，是真的",
        "回复",
        "沙发",
        "支持\n3楼说得对",
        "3#楼漏水",
        "来自手机 | 显示全部楼层",
        "发自内心的感谢",
        "转发给你们看看，漏成这样",
        "房子转自亲戚名下",
    ],
)
def test_nothing_is_lost_where_nothing_else_was_said(text: str) -> None:
    assert own_words(normalise(text)).text == normalise(text).text


def test_places_still_lead_back_to_the_original() -> None:
    text = "回复@云边的猫：我家漏水了"
    normal = own_words(normalise(text))
    at = normal.text.index("漏水")
    start, end = normal.back(at, at + 2)
    assert text[start:end] == "漏水"


def test_the_first_part_of_a_copied_thread_is_kept() -> None:
    thread = "三栋漏水\n阿宽 发表于 2026-3-1 12:00\n同问\n云边的猫 发表于 2026-3-2 08:10\n已报修"
    said = own_words(normalise(thread)).text
    assert said.split() == ["三栋漏水", "同问", "已报修"]


@pytest.mark.parametrize(
    "line", ["#3 沙发 ", "来自手机 | ", "发表于 ", "--\n", "转自", "只看该作者"]
)
def test_rows_of_what_a_forum_prints_cost_linear_time(line: str) -> None:
    def took(times: int) -> float:
        normal = normalise(line * times)
        start = process_time()
        own_words(normal)
        return process_time() - start

    took(1_000)
    assert took(40_000) < 20 * took(5_000) + 0.05  # eight times the text


def test_a_megabyte_of_headers_takes_no_time_to_speak_of() -> None:
    text = "//@某人:哦" * 150_000
    assert own_words(normalise(text)).text == "哦" * 150_000
