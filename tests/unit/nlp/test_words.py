"""Words: jieba is the oracle; the cut must be the same on invented text of every kind."""

import logging
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.normal import normalise
from nlp.words import cut

TEXTS = (
    "澄湖苑三期的外墙又开始渗水，物业说开发商负责，开发商说物业负责。",
    "check-in时间是39.3C还是12%？WiFi6路由器A4-3栋2单元1001室",
    "业主群wq888，联系kfs@example.com，v1.2.3版本，3.5万/月",
    "云栖里精装修减配：品牌由A改B，差价约1,200元/㎡。",
    "哈哈，笑死人了！！！……",
    "2026-11-21 08:30 交房现场来了30多户业主",
    "维权群号：12-34-56，约9:00在售楼部门口",
    "A3-1-1201室、B座(2单元)、3#楼，e-mail: a.b-c@d.cn，https://x.cn/a?b=1&c=2%",
    "iPhone13ProMax/128GB 5G+WiFi 6E，99.9%、1.5%、.5、5.、C++、C#、A&B、AT&T",
    "kfs跑路了，wq群2群，yyds，zf不管？SOS！！NO.1",
    "一二三四五六七，二〇二六年十一月二十二日，３栋，①②③，㎡，℃",
    "龘、靐，彧，喆，犇犇的小吃店",
    "早上好🌹🌹[强][表情]～～ヾ(≧▽≦*)o ὠ6",
    "ありがとう 감사합니다 спасибо 谢谢",
    "楼上的@小王(138****0000) #维权# 【转发】//@某人:漏水",
    "a",
    "1",
    "。",
    " ",
    "\n",
    "",
    "  \n\n  ",
    "--",
    "a-",
    "-a",
    "1.",
    ".1",
    "%",
    "1%",
)


@pytest.fixture(scope="module")
def jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba as module
    module.setLogLevel(logging.ERROR)
    module.initialize()
    return module


@pytest.mark.parametrize("text", TEXTS)
def test_cuts_as_jieba_does(jieba: Any, text: str) -> None:
    normal = normalise(text).text
    assert cut(normal) == jieba.lcut(normal)


PIECES = st.sampled_from([*TEXTS, "a-b", "39.3C", "漏水", " ", "\n", "100%", "x_y", "业主", "。"])


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=6))
def test_cuts_joined_pieces_as_jieba_does(jieba: Any, pieces: list[str]) -> None:
    normal = normalise("".join(pieces)).text
    assert cut(normal) == jieba.lcut(normal)


#: Long runs of one character are cut at other places by ties; everything else must agree.
MIXED = st.text(
    st.sampled_from("业主维权漏水不管了开发商停工a1b2Z.-%_ @#，。!\n的是在和没有三栋元"),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(MIXED)
def test_cuts_random_mixtures_as_jieba_does(jieba: Any, text: str) -> None:
    normal = normalise(text).text
    assert cut(normal) == jieba.lcut(normal)


@pytest.mark.parametrize("size", [1, 2, 3, 10, 1000])
def test_a_long_run_is_whole_again(size: int) -> None:
    for piece in ("哈", "a-", "1.", " ", "业主", "-"):
        assert "".join(cut(piece * size)) == piece * size


def test_no_word_is_empty() -> None:
    assert all(cut(normalise(text).text).count("") == 0 for text in TEXTS)


@given(st.text())
def test_nothing_is_lost(text: str) -> None:
    normal = normalise(text).text
    assert "".join(cut(normal)) == normal
