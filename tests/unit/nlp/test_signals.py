"""Signals and their anchors (D-N1): with the anchor a red line, without it only a hint."""

from datetime import UTC, datetime
from functools import cache
from time import process_time

import pytest

from domain.analysis import Signal, TextIn
from domain.post import SourceKind
from nlp.analyse import analyse
from nlp.facts import NlpFacts
from nlp.meeting import outing
from pipelines.language import load_facts


@cache
def facts() -> NlpFacts:
    return load_facts()


def signals(text: str, kind: SourceKind = SourceKind.FORUM) -> dict[str, Signal]:
    item = TextIn(id="1", text=text, source_kind=kind)
    return {signal.code: signal for signal in analyse(item, facts()).signals}


@pytest.mark.parametrize(
    ("text", "code", "anchor"),
    [
        ("11月22日上午9点售楼部集合，大家一起维权", "gathering", "11月22日上午9点 售楼部"),
        ("明天下午三点去住建局上访，漏水没人管", "gathering", "明天下午三点 住建局"),
        ("周六9点北门集合拉横幅", "gathering", "周六9点 北门"),
        ("在3栋1501室集合维权，明天九点", "gathering", "明天九点 3栋"),
        ("明早九点3号楼楼下集合", "gathering", "明早九点 3号楼楼下"),
        ("周六上午十点7栋二单元门口碰头去售楼部", "gathering", "周六上午十点 售楼部"),
        ("周日九点集合地点：12栋1单元楼下", "gathering", "周日九点 12栋1单元楼下"),
        ("明天九点7栋二单元1203室门口汇合，漏水没人管", "gathering", "明天九点 7栋"),
        ("明早九点3号楼下集合拉横幅维权", "gathering", "明早九点 3号楼下"),
        ("明早九点十二号楼下集合维权", "gathering", "明早九点 十二号楼下"),
        ("明天集合地点3号楼下午三点，拉横幅", "gathering", "明天 3号楼"),
        ("明早九点A座楼下集合，拉横幅", "gathering", "明早九点 A座楼下"),
        ("明早九点B3栋楼下集合，拉横幅", "gathering", "明早九点 B3栋楼下"),
        ("明早九点3号楼下集合，坐大巴去省住建厅", "gathering", "明早九点 3号楼下"),
        ("明早九点3号楼下集合，都带上那天参观的合影，要求退房", "gathering", "明早九点 3号楼下"),
        ("明早九点3号楼下集合，孩子老人都去，住宅质量太差", "gathering", "明早九点 3号楼下"),
        ("江城晚报记者已经来采访，准备曝光", "media", "江城晚报"),
        ("昨晚被《民生直通车》曝光了", "media", "民生直通车"),
        ("小区3栋昨晚有人坠亡", "casualty", "坠亡"),
        ("工地脚手架倒塌，造成2人受伤", "casualty", "2人 受伤"),
        ("案号（2026）江01民初1234号，等开庭", "litigation", "（2026）江01民初1234号"),
        ("江城区人民法院已经立案", "litigation", "江城区人民法院"),
        ("开发商被住建局约谈了", "authority", "住建局"),
        ("我们32户要求退房退款", "refund", "32户"),
        ("二期停工四个月了", "stopwork", "四个月"),
    ],
)
def test_anchored(text: str, code: str, anchor: str) -> None:
    signal = signals(text)[code]
    assert signal.anchored
    assert signal.anchor == anchor


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("大家抱团维权吧", "gathering"),
        ("再这样我们就去上访", "gathering"),
        ("7栋二单元门口碰头去售楼部", "gathering"),
        ("3栋1501室漏水，大家抱团维权", "gathering"),
        ("信不信我找记者曝光你们", "media"),
        ("外墙瓷砖掉下来会砸死人的", "casualty"),
        ("小区这样下去迟早要死了人才管", "casualty"),
        ("不行就起诉开发商", "litigation"),
        ("房子又停工了", "stopwork"),
    ],
)
def test_not_anchored(text: str, code: str) -> None:
    assert not signals(text)[code].anchored


@pytest.mark.parametrize(
    "text",
    [
        "周六上午9点南门集合，一起去爬山团建",
        "明天下午3点北门集合，看房团出发",
        "周六早上七点3号楼楼下集合，一起去爬山",
        "明天八点5栋门口集合，带孩子去春游",
        "明天上午9点3号楼楼下集合住宅样板展示",
        "明早九点3号楼下集合，坐大巴去爬山",
        "明早八点3号楼下集合，坐大巴去江城古镇",
        "今晚3栋门口积水，没人管",
        "今晚3号楼楼下聚集了好多野猫",
        "欠债不还一死了之",
        "真是九死一生，总算交房了",
        "相机曝光时间怎么调",
        "春节停工三天",
        "绿化带的花死了好几棵，小区没人浇水",
        "工地没有停工，天天都在施工",
    ],
)
def test_trap(text: str) -> None:
    assert not [s for s in signals(text).values() if s.anchored]


@pytest.mark.parametrize(
    "room", ["1501", "1501室", "1501号房", "-1501", "2单元1501家里", "二单元1501门口"]
)
def test_the_room_where_people_meet_is_not_shown(room: str) -> None:
    found = analyse(
        TextIn(id="1", text=f"明天九点在3栋{room}集合维权", source_kind=SourceKind.GROUP), facts()
    )
    signal = next(each for each in found.signals if each.code == "gathering")
    assert signal.anchored
    shown = [signal.anchor, signal.span.text, *(fact.span.text for fact in found.facts)]
    assert not [each for each in shown if "1501" in each]


@pytest.mark.parametrize(
    ("text", "pleasure"),
    [
        ("坐大巴去爬山", True),
        ("坐大巴去古镇", True),
        ("坐大巴去售楼部看房", True),
        ("做核酸，区政府通知", True),
        ("坐大巴去省住建厅", False),
        ("拼车去区政府", False),
        ("参观完样板房就拉横幅", False),
        ("带上孩子，住宅有问题", False),
    ],
)
def test_who_rides_to_an_office_or_demands_is_on_no_outing(text: str, pleasure: bool) -> None:
    assert outing(text, 0, len(text)) is pleasure


def test_the_span_of_a_signal_stands_in_the_original() -> None:
    text = "聯(lián)系江城晚報(bào)記者曝光"
    signal = signals(text)["media"]
    assert text[signal.span.start : signal.span.end] == signal.span.text
    assert signal.anchored


@pytest.mark.parametrize(
    "text",
    [
        "2016年12月15日去市政府上访过一次，房产证还是没有",
        "11月2日业主在售楼部维权，漏水问题至今没人管",  # told three weeks later
    ],
)
def test_an_old_gathering_is_history(text: str) -> None:
    at = datetime(2026, 11, 21, 4, tzinfo=UTC)
    item = TextIn(id="1", text=text, source_kind=SourceKind.FORUM, published_at=at)
    assert not [s for s in analyse(item, facts()).signals if s.code == "gathering" and s.anchored]


def test_a_date_soon_after_new_year_is_ahead() -> None:
    at = datetime(2026, 12, 30, 4, tzinfo=UTC)
    text = "1月3日上午10点售楼部门口集合维权"
    item = TextIn(id="1", text=text, source_kind=SourceKind.FORUM, published_at=at)
    assert [s.anchored for s in analyse(item, facts()).signals if s.code == "gathering"] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "2018年8月18号交房到现在没有房产证，法院都不管",
        "人民法院的判决难道是废纸？漏水没人修",
        "多家电视台都报道过",
        "消防通道堵死了，出了人命谁负责",
        "雨天在楼道里摔伤摔死谁来负责",
        "傍晚五六点南门聚集一堆摊贩，油烟扰民",
    ],
)
def test_no_red_line_without_number_name_or_fact(text: str) -> None:
    assert not [s for s in signals(text).values() if s.anchored]


@pytest.mark.parametrize("piece", ["有人死亡，", "死亡1人，", "12户要退房，", "曝光时间，曝光，"])
def test_rows_of_triggers_cost_linear_time(piece: str) -> None:
    def took(times: int) -> float:
        item = TextIn(id="1", text=piece * times)
        start = process_time()
        analyse(item, facts(), why=False)
        return process_time() - start

    took(1_000)
    assert took(24_000) < 20 * took(3_000) + 0.05  # eight times the text
