"""K-categories by words: variants found, false friends not."""

from functools import cache

import pytest

from domain.analysis import TextIn
from nlp.analyse import analyse
from nlp.facts import NlpFacts
from pipelines.language import load_facts


@cache
def facts() -> NlpFacts:
    return load_facts()


def codes(text: str) -> set[str]:
    return {c.code for c in analyse(TextIn(id="1", text=text), facts()).categories}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("大家一起维权", "K01"), ("wq群加我", "K01"), ("维 权要团结", "K01"), ("维全去", "K01"),
        ("找记者爆光他们", "K02"), ("打了12345没用", "K03"), ("上了315晚会", "K04"),
        ("准备起诉开发商", "K05"), ("我要退房", "K06"), ("开发商逾期交房半年", "K07"),
        ("工地停工三个月", "K08"), ("烂W楼", "K08"), ("卫生间漏水", "K09"), ("墙体开裂", "K10"),
        ("精装修缩水严重", "K11"), ("甲醛超标", "K12"), ("虚假宣传骗人", "K13"),
        ("楼下建垃圾站", "K14"), ("公摊面积太大", "K15"), ("办不了房产证", "K16"),
        ("车位只售不租", "K17"), ("物业不作为", "K18"), ("有人高空抛物", "K19"),
        ("不让验房就签字", "K20"), ("农民工讨薪", "K21"), ("私搭违建", "K22"),
        ("开发商跑路了", "K23"), ("忍无可忍还我血汗钱", "K28"), ("車庫裡漏水", "K09"),
    ],
)  # fmt: skip
def test_found(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("维权成功，分享经验", "K01"), ("水果接龙团购开始啦", "K01"), ("相机曝光时间", "K02"),
        ("记者节快乐", "K02"), ("快递单号8812345678", "K03"), ("坐315路公交", "K04"),
        ("酒店退房时间是12点", "K06"), ("如期交付，业主满意", "K07"), ("春节停工放假", "K08"),
        ("我家从没漏水", "K09"), ("我家不漏水", "K09"), ("专业除甲醛上门服务", "K12"),
        ("车位转让两个", "K17"), ("消防演练今天举行", "K19"), ("验房师接单", "K20"),
        ("物业招聘保安", "K18"), ("打人气牌", "K19"),
    ],
)  # fmt: skip
def test_false_friend(text: str, code: str) -> None:
    assert code not in codes(text)


@pytest.mark.parametrize("text", ["都是水军", "同行抹黑，敲诈勒索", "删帖费黑稿水军有偿删帖"])
def test_k24_is_never_labelled_by_the_system(text: str) -> None:
    assert "K24" not in codes(text)


def test_twelve_topics_and_every_code_in_one_or_none() -> None:
    categories = facts().categories
    assert len({topic.key for topic in categories.topics}) == 12
    assert {c.topic for c in categories.categories if c.topic} == {
        topic.key for topic in categories.topics
    }
    assert categories.topic_of("K09") == "quality"
    assert categories.topic_of("K26") is None
