"""Facts a text states: the author's own phrases and traps, told on Sunday 2026-11-22."""

from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.language import read_language
from nlp.counts import find_counts
from nlp.names import NameTable, build_names
from nlp.normal import normalise
from nlp.rooms import find_rooms
from nlp.spans import merged, overlaps
from nlp.stated import Stated, find_stated

#: 10:00 on Sunday 2026-11-22 in Shanghai.
SUNDAY = datetime(2026, 11, 22, 2, tzinfo=UTC)


@cache
def names() -> NameTable:
    return build_names(read_language().signals)


def test_overlaps_looks_at_the_one_stretch_that_could_touch() -> None:
    spans = merged([(5, 9), (0, 2), (8, 12)])
    assert spans == [(0, 2), (5, 12)]
    assert [overlaps(spans, start, start + 1) for start in (1, 2, 4, 5, 11, 12)] == [
        True, False, False, True, True, False,
    ]  # fmt: skip


def stated(text: str, published: datetime | None = SUNDAY) -> list[Stated]:
    form = normalise(text).text
    return find_stated(form, find_rooms(form), find_counts(form), published, names())


NUMBERS = """
household|20|20|我们20户联名
household|300|399|三百余户业主
household|100|199|上百户受影响
household|11|19|十几户都漏
household|20|99|数十户
household|2000|2999|两千多户
household|120|120|一百二十户
household|20|30|二三十户漏水
household|30|99|好几十户没签
household|27|33|三十来户业主
household|80|100|百八十户
household|1200|1200|1千2百户
household|1200|1200|全小区一千二百户
household|50|50|50户业主联名
household|3000|3999|一共3000多户
household|20|30|20-30户
household|200|200|200个家庭
household|12|12|十二家业主
household|200|299|超过200户
household|900|1000|近千户
household|10000|19999|上万户
household|1|1|只剩1户没签
household|48|48|3栋48户
household|450|550|约500户
household|100|199|一百多户
household|23|23|登记23家
person|900|1000|近千人聚集
person|20|99|几十个业主
person|30|39|来了30多名业主
person|200|299|200多号人
person|100|199|一百多名愤怒的业主
person|5|5|一家五口人
person|3|5|三五个保安
person|2|2|两名民警到场
person|7|8|七八个黑衣人
person|50|50|50名
person|1000|1000|千人维权
person|30|50|三五十人
person|16|16|十六位老人
money|15000|15000|赔偿1.5万元
money|3000000|3999999|首付300多万元
money|23000|23000|交了2万3
money|500000|500000|50万首付
money|800000|800000|罚款80万元
money|12000|12000|退还12,000元
money|120000000|120000000|挪用1.2亿
money|500000|500000|亏了50万
money|90000|110000|花了十来万
money|10000|19999|万把块钱
money|1200|1200|赔了一千二
money|200000|200000|20w首付
money|500000|500000|首付50W没了
money|3000|3000|工资3k
money|500|500|罚了500块
money|12000|12000|均价1万2一平
money|3000|3000|3000元/平
money|3.5|3.5|三块五一度电
money|10000|19999|上万元
money|38000|38000|定金三万八
money|2000000|9999999|几百万的房子
money|20000|30000|2~3万元
money|28.5|28.5|28.5元
""".strip().splitlines()

CASUALTIES = [
    ("事故造成1死2伤", ["1死", "2伤"]),
    ("两名工人坠亡", ["2死"]),
    ("3人受伤", ["3伤"]),
    ("砸伤一名儿童", ["1伤"]),
    ("造成2人死亡、5人受伤", ["2死", "5伤"]),
    ("3名业主被打伤", ["3伤"]),
    ("死者共2人", ["2死"]),
    ("死了两个人", ["2死"]),
    ("打伤5名业主", ["5伤"]),
    ("一名女子从12楼坠落当场死亡", ["1死"]),
    ("十余人受伤送医", ["11伤"]),
    ("三死五伤", ["3死", "5伤"]),
    ("2人失踪", ["2失踪"]),
    ("4名工人中毒昏迷", ["4伤"]),
]

DATES = """
2026-11-23|2026-11-23|明天上午9点售楼部集合
2026-11-21|2026-11-21|本周六去维权
2026-11-23|2026-11-23|下周一上午9点
2026-11-11|2026-11-11|上周三停电
2026-11-28|2026-11-28|周六9点
2026-11-21|2026-11-22|这个周末
2026-11-09|2026-11-15|上周
2026-12-05|2026-12-05|12月5日交房
2026-12-05|2026-12-05|十二月五号交房
2025-06-01|2025-06-30|去年6月
2025-10-01|2025-10-07|去年国庆交的房
2026-10-01|2026-10-07|国庆期间停工
2026-10-01|2026-10-01|国庆当天
2026-11-26|2026-11-30|月底之前答复
2026-10-01|2026-10-10|10月初收房
2026-11-22|2026-11-22|2026年11月22日
2026-11-22|2026-11-22|2026-11-22晚上
2026-11-22|2026-11-22|2026.11.22
2026-11-01|2026-11-05|11月1日至5日
2026-11-28|2026-12-03|11月28日到12月3日
2026-12-26|2026-12-31|12月底交房
2026-12-11|2026-12-20|12月中旬交房
2026-11-19|2026-11-19|3天前报修
2026-09-01|2026-09-30|两个月前签的合同
2026-11-25|2026-11-25|三天后开庭
2026-12-01|2026-12-31|年底交房
2027-01-01|2027-06-30|明年上半年
2026-07-01|2026-09-30|第三季度
2019-01-01|2019-12-31|2019年交房
2018-01-01|2018-12-31|18年买的房
2026-10-20|2026-10-20|上个月20号
2026-12-01|2026-12-10|下个月初
2026-11-15|2026-11-15|15号去信访局
2027-02-06|2027-02-12|春节前停工
2026-02-17|2026-02-23|今年春节
2027-01-01|2027-01-01|元旦
2027-01-03|2027-01-03|1月3日
2026-11-11|2026-11-11|双十一
2026-11-20|2026-11-20|前天晚上
2026-11-25|2026-11-25|大后天
2026-11-22|2026-11-22|今早8:30
2020-05-01|2020-05-31|2020年5月开工
""".strip().splitlines()

NAMED = [
    ("江城晚报记者来采访", "media", "江城晚报"),
    ("昨晚被《民生直通车》曝光了", "media", "民生直通车"),
    ("央视报道了此事", "media", "央视"),
    ("找市住建局投诉", "authority", "市住建局"),
    ("江城市高新区质监站", "authority", "江城市高新区质监站"),
    ("打了12345没用", "authority", "12345"),
    ("去住建局门口", "place", "住建局门口"),
    ("明天在小区北门集合", "place", "小区北门"),
    ("五一路3号", "place", "五一路3号"),
    ("3栋2单元1501漏水", "room", "3栋2单元1501"),
    ("3-2-1501漏水", "room", "3-2-1501"),
    ("12号楼603室", "room", "12号楼603室"),
    ("我家A座1203", "room", "a座1203"),
    ("603室的业主", "room", "603室"),
    ("三栋二单元一五零一漏水", "room", "三栋二单元一五零一"),
    ("二单元502又吵", "room", "二单元502"),
    ("1103业主说的", "room", "1103"),
    ("12#2-301", "room", "12#2-301"),
    ("6-1-1203的业主", "room", "6-1-1203"),
]

#: (text, kinds that must not be found).
NUMBER = ("household", "person", "money", "casualty")
TRAPS = [
    *((text, NUMBER) for text in (
        "02户型图", "每一户都有", "一户一签", "那一块地", "一块水表", "五一路3号", "三一重工",
        "一直没人管", "一死了之", "九死一生", "一家人", "一个人", "3栋2户", "人民广场",
        "电话13800000000一个", "户口迁入", "2019年", "第3人民医院", "两梯四户", "一梯两户",
        "500人群", "阅读量10万+", "粉丝20万", "会砸死人的", "砸死了一条狗", "死了两棵树",
        "万一出事", "万科物业", "千万别买", "十分失望", "八方支援", "三人行必有我师",
        "双人床1.5米", "8人电梯坏了", "6位密码", "11位手机号", "3个车位", "两室一厅",
        "12月5日\n一个", "迟早要砸死一个人", "没有造成人员伤亡", "第一名", "120平米",
        "一年半", "住了18年", "五块地砖", "三块玻璃", "二百五", "2k屏", "20w充电器",
        "大多数业主", "7个月的孩子", "万千业主", "几个致命弱点", "一人打伤邻居", "伤者一个公道",
        "无解的死结", "网上80后", "三元桥站", "避免行人伤亡",
    )),
    *((text, ("date",)) for text in (
        "22号楼漏水", "人民路22号", "3号线", "周围很吵", "四周都是", "每周六都施工", "五一路",
        "6个月", "一年半了", "住了18年", "一周一次", "1.5米", "3-2-1501", "周边配套", "3号门",
    )),
    *((text, ("media",)) for text in (
        "及时报修", "开发商报价", "签了《商品房买卖合同》", "工作日报表", "热血澎湃", "当日报名",
        "综艺节目《快乐出发》", "开发商报警了", "官网首页",
    )),
    *((text, ("room",)) for text in (
        "2026-11-22", "13800138000", "2000-3000元", "3栋共120户", "010-12345678", "房款1200万",
        "3栋1200户", "1200业主", "100-200户", "3栋15层", "02-2009",
    )),
]  # fmt: skip


@pytest.mark.parametrize("row", NUMBERS)
def test_number(row: str) -> None:
    kind, low, high, text = row.split("|")
    found = [(s.kind, s.low, s.high) for s in stated(text) if s.kind in NUMBER]
    assert found == [(kind, float(low), float(high))]


@pytest.mark.parametrize(("text", "wanted"), CASUALTIES)
def test_casualty_is_no_person_besides(text: str, wanted: list[str]) -> None:
    found = [s for s in stated(text) if s.kind in NUMBER]
    assert {s.kind for s in found} == {"casualty"}
    assert [f"{s.low:.0f}{s.unit}" for s in found] == wanted


@pytest.mark.parametrize("row", DATES)
def test_date(row: str) -> None:
    low, high, text = row.split("|")
    assert [(s.low, s.high) for s in stated(text) if s.kind == "date"] == [(low, high)]


@pytest.mark.parametrize("row", DATES)
def test_a_date_keeps_its_place_without_a_day(row: str) -> None:
    text = row.rsplit("|", maxsplit=1)[-1]
    there = [(s.start, s.end) for s in stated(text) if s.kind == "date"]
    assert [(s.start, s.end) for s in stated(text, None) if s.kind == "date"] == there


def test_a_relative_date_without_a_day_has_no_days() -> None:
    assert [(s.low, s.high) for s in stated("明天上午9点集合", None)] == [(None, None)]


def test_the_day_is_that_of_shanghai() -> None:
    late = datetime(2026, 11, 22, 17, tzinfo=UTC)  # already Monday in Shanghai
    assert [s.low for s in stated("今天", late)] == [date(2026, 11, 23).isoformat()]


@pytest.mark.parametrize(("text", "kind", "said"), NAMED)
def test_name(text: str, kind: str, said: str) -> None:
    plain = normalise(text).text
    assert said in [plain[s.start : s.end] for s in stated(text) if s.kind == kind]


@pytest.mark.parametrize(("text", "kinds"), TRAPS)
def test_trap(text: str, kinds: tuple[str, ...]) -> None:
    assert [s for s in stated(text) if s.kind in kinds] == []


@given(
    st.text(
        alphabet="0123456789一二两三十百千万亿月日号年周初底死伤名人户元块-.,至到前室栋路",
        max_size=40,
    )
)
def test_never_raises_and_stays_in_the_text(text: str) -> None:
    found = stated(text)
    length = len(normalise(text).text)
    assert all(0 <= s.start < s.end <= length for s in found)
    assert all(a.start <= b.start for a, b in pairwise(found))


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    for one in stated(text):
        assert (one.low is None) == (one.high is None)


@pytest.mark.parametrize(
    "piece", ["1", "一", "12月", "3-", "1,", "3名业主", "死一个", "20户", "1栋1", "五一"]
)
def test_the_cost_is_linear(piece: str) -> None:
    spent = []
    for length in (20_000, 200_000):
        text = (piece * length)[:length]
        start = process_time()
        find_stated(text, find_rooms(text), find_counts(text), SUNDAY, names())
        spent.append(process_time() - start)
    assert spent[1] < 40 * spent[0] + 0.1
