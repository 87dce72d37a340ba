"""Words: jieba is the oracle; the cut must be the same on invented text of every kind."""

import logging
import warnings

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
)


@pytest.fixture(scope="module")
def jieba():  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba as module
    module.setLogLevel(logging.ERROR)
    module.initialize()
    return module


@pytest.mark.parametrize("text", TEXTS)
def test_cuts_as_jieba_does(jieba, text: str) -> None:  # type: ignore[no-untyped-def]
    normal = normalise(text).text
    assert cut(normal) == jieba.lcut(normal)


PIECES = st.sampled_from([*TEXTS, "a-b", "39.3C", "漏水", " ", "\n", "100%", "x_y", "业主", "。"])


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=6))
def test_cuts_joined_pieces_as_jieba_does(jieba, pieces: list[str]) -> None:  # type: ignore[no-untyped-def]
    normal = normalise("".join(pieces)).text
    assert cut(normal) == jieba.lcut(normal)


@given(st.text())
def test_nothing_is_lost(text: str) -> None:
    normal = normalise(text).text
    assert "".join(cut(normal)) == normal
