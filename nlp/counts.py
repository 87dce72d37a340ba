"""Counts and sums a text states (数量事实): each as a range, because 三百余户 is 300–399.

Own rules: no library does this job (nlp.md F); the traps there are the negative tests here.
"""

import re
from dataclasses import dataclass

from nlp.numerals import RUN, SPAN, Range, parse_number
from nlp.spans import overlaps

__all__ = ["Count", "find_counts", "parse_number"]

_HAN = "\u4e00-\u9fff"
#: Whom a number of people counts; also the nouns of casualties.
PEOPLE = (
    "业主|住户|居民|村民|邻居|工人|农民工|民工|老人|老太太|大爷|大妈|孩子|小孩|儿童|学生|婴儿"
    "|保安|员工|职工|购房者|购房人|群众|路人|行人|女子|男子|女孩|男孩|家长|代表|民警|警察|特警"
    "|人员|同事|客户|小伙|妇女|女士|男士|师傅|租户|租客|受害者|受害人|伤者|死者|黑衣人|大汉"
    "|访客|司机|消防员|城管|记者|律师|邻里|亲属|家属|乘客|女童|男童|小朋友|老师|物业人员"
)
_HOUSEHOLD = (
    r"户(?![型口籍外门内均主号数型]|一签|一表|一档|一车|一宅|一策|一码|一案|人家?均)"
    r"|个?家庭(?!群|版|装|影院)|家(?:业主|住户|人家|农户|(?=都|也都|联名|签字|登记|退房|报名|没签|愿意|同意)"
    r"|(?=[,。;!?]|$))"
)
_PERSON = (
    rf"(?:[个名位号]|多个|来个)(?!月|小时|星期)[{_HAN}]{{0,4}}?(?:{PEOPLE})(?!大会|群|委员会|代表大会|证|费)"
    r"|(?:业主|住户|居民|村民|邻居|工人|农民工|保安|民警|老人|孩子)(?!大会|群|委员会|代表|费)"
    r"|(?:[个名位号]|多个|来个)?"
    r"人(?![民均员防行次们家生事物车工口才类气间座床桌份格居形称字大]"
    r"|(?:微信|qq|业主|大)?群|以?上?桌|电梯|世界|转)"
    r"|口人|名(?=左右|以上|[,。;!?、)\s]|$)"
)
#: What a 块 or a bare 万 counts when it is no money.
_THINGS = "地砖板石头牌空水电表玻木草瓷铁布肉蛋屏墙区钢泥混田绿毛瓦儿腹试砝补广显移充硬钟手"
_MONEY = (
    rf"(?:元(?![桥旦宵素器件老化路里朝])|圆|块钱|块大洋|块(?![{_THINGS}])|人民币|rmb|毛(?:钱|(?=[\d一二三四五六七八九每一/])))"
    r"(?:(?<=[块毛])(?P<tail>[\d一二三四五六七八九])(?=$|[,。;!?、\s每一/的了]))?"
)
_BARE = (
    r"(?:(?<=[万亿wk])|(?<=[万亿千百wk][\d一二三四五六七八九])|(?<=[万亿千百wk][多余])|(?<=[千百])(?=出头|左右|上下|[,。;!?、\s]|$)"
    r"|(?<=00)(?=抵[\d一二三四五六七八九]))"
    r"(?![\d.a-z%+]|[户人平年月日栋套个名位台辆吨次条字票粉张株棵方米亩公里度步只件页本份家层座幢"
    r"间所门头匹倍维里瓦业住居科物象众群岁伏分片村]|多个|余个|(?:购房|村)民|阅读|播放|点赞|点击)"
)
_COUNT = re.compile(
    rf"(?P<num>{SPAN})(?:(?P<household>{_HOUSEHOLD})|(?P<person>{_PERSON})"
    rf"|(?P<money>{_MONEY})|(?P<bare>{_BARE}))"
)
_RATE = re.compile(
    r"(?:每|一|/|1)个?(?:平方米?|平米?|m2|m²)|/(?P<per>月|年|天|户|吨|度|方|人|次|个月|车|间|套)"
)
_RATED = re.compile(r"每(?:个)?(?:平方米|平米|平方|平|m2)$")
#: What must not stand before the numeral: ordinals, longer numbers, 每户, 3栋2户, 两梯四户.
_BEFORE = re.compile(r"(?:[每第\d.a-z梯层前哪某/]|[^月\d]\d{0,2}号|^\d{0,2}号)$")
#: 3栋2户 is a flat, 3栋48户 a count.
_IN_BUILDING = re.compile(r"[\d一二三四五六七八九十](?:栋|幢|座|单元)$")
#: 接龙到第53户 counts them.
_RANKED = re.compile("[到至]第$")
_BEFORE_MONEY = re.compile(r"[第\d.a-z]$")
_SUM_BEFORE = re.compile(
    r"首付|房款|全款|尾款|定金|订金|押金|违约金|罚|赔|补偿|花|交|付|亏|贷|借|价|费|金|卖|买|钱|欠"
    r"|涨|降|跌|省|投资|收|退|款|给|存|积蓄|工资|损失|贬值|房贷|月供|造价|成本|标的|账|挪用|骗|薪|便宜|贵|要|租|值|均|抵|加|留|还[了贷款]|拿|掏|凑|毛坯|精装|从|月[供租]"
)
_PRICED = re.compile("小时|停车|临停|每[天月度次]|一[天月度次晚]|单价")
_SUM_AFTER = re.compile(
    r"[的]?(?:首付|房款|全款|尾款|定金|订金|押金|贷款|违约金|购房款|房子|血汗钱|积蓄|现金|赔偿|罚款"
    r"|资金|房贷|保证金|[涨降跌]|抵|车位|房|维修基金|诚意金|装修款|工程款|货款|买|打水漂)"
)
_NO_SUM = re.compile(
    r"阅读|播放|浏览|点击|粉丝|人口|面积|关注|人次|访问|产量|容量|功率|像素|里程|方量|转发|用户|会员"
)
_NO_MONEY_PREFIX = tuple("百千万亿")
#: The numerals of contracts: 叁拾万元.
_BANKER = re.compile("[壹贰叁肆伍陆柒捌玖拾佰仟]")
_PLAIN = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")
_SIGNED = re.compile(rf"¥\s?(?P<num>{RUN})(?!元)")
_TRAPS = re.compile(
    r"五一路|三一重工|一家人|一个人|九死一生|一人一|有几个|有几[户人]|一户一|一家一户|二百五|十万个为什么"
    r"|十万火急|一块儿|千人千面|百人百|千家万户|四口之家|老两口|小两口|万人迷|百人会"
)
#: Where 家 alone counts households: 登记87家.
_REGISTER = re.compile(
    "登记|接龙|联名|签字|退房|报名|统计|业主|住户|邻居|都[说被没漏在是]|家没签|家愿意|家同意"
)
#: 大多数业主 counts nobody.
_MANY = tuple("多少无人户分个总倍参系")
_FIRMS = re.compile("公司|企业|单位|店|银行|媒体|中介|厂|商[户铺家]|机构")
_ASKS = re.compile(r"[^,。;!\n]{0,12}[??]|[^,。;!?\n]{0,12}[吗呢]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number found in a normal text; low = high where it is exact."""

    kind: str
    low: float
    high: float
    unit: str
    start: int
    end: int


def find_counts(text: str) -> list[Count]:
    """Return households, people and money stated in a normal text, in order."""
    if _BANKER.search(text):
        text = text.translate(_PLAIN)
    traps = None
    found = [] if "¥" not in text else _signed(text)
    for match in _COUNT.finditer(text):
        kind = match.lastgroup or ""
        if kind == "tail":
            kind = "money"
        start, end = match.span()
        if traps is None:
            traps = [trap.span() for trap in _TRAPS.finditer(text)]
        if overlaps(traps, start, end):
            continue
        count = _FINDERS[kind](text, match)
        if count is not None:
            found.append(count)
    return found


def _signed(text: str) -> list[Count]:
    return [
        _count("money", value, "元", match)
        for match in _SIGNED.finditer(text)
        if (value := parse_number(match["num"])) is not None
    ]


def _household(text: str, match: re.Match[str]) -> Count | None:
    before = text[max(0, match.start() - 4) : match.start()]
    value = _value(match, before, _BEFORE)
    if value is None or match["num"][0] == "0":
        return None
    around = text[max(0, match.start() - 12) : match.end() + 2]
    if match["household"] == "家" and (_FIRMS.search(around) or not _REGISTER.search(around)):
        return None
    if value[1] < 2 and not match["num"][0].isdecimal():
        return None  # 一户 is some household, 1户 a count
    return _count("household", value, "户", match)


def _person(text: str, match: re.Match[str]) -> Count | None:
    before = text[max(0, match.start() - 4) : match.start()]
    value = _value(match, before, _BEFORE)
    if value is None or match["num"][0] == "0":
        return None
    if value[1] < 2 and match["person"][0] not in "名位":
        return None
    if (match["num"][0] == "数" and before[-1:] in _MANY) or match["num"] == "万千":
        return None
    if match["num"] in ("几", "数", "两") and _ASKS.match(text, match.end()):
        return None
    return _count("person", value, "人", match)


def _money(text: str, match: re.Match[str]) -> Count | None:
    before = text[max(0, match.start() - 4) : match.start()]
    value = _value(match, before, _BEFORE_MONEY)
    num, unit = match["num"], match["money"]
    if value is None or (num[0] in _NO_MONEY_PREFIX and not _scaled(num, before)):
        return None
    tail = match["tail"]
    if unit[0] == "毛":
        value = (value[0] / 10, value[1] / 10)
    if unit[0] == "块" and value[1] < 10 and "钱" not in unit and not tail:
        around = text[max(0, match.start() - 8) : match.start()]
        if not (_SUM_BEFORE.search(around) or _PRICED.search(around)):
            return None
    if tail:
        extra = parse_number(tail)
        part = extra[0] / (100 if unit[0] == "毛" else 10) if extra else 0.0
        value = (round(value[0] + part, 2), round(value[1] + part, 2))
    return _sum(text, match, value)


def _bare(text: str, match: re.Match[str]) -> Count | None:
    """50万 without a unit is a sum where it is paid, owed or spent."""
    before = text[max(0, match.start() - 12) : match.start()]
    num = match["num"]
    if num[0] in _NO_MONEY_PREFIX and not _scaled(num, before):
        return None
    value = _value(match, before[-4:], _BEFORE_MONEY)
    clause = re.split(r"[,。;!?\n]", before)[-1]
    if value is None or value[1] < 100 or _NO_SUM.search(clause):
        return None
    if text[match.end() : match.end() + 1] != "抵" and not (
        _SUM_BEFORE.search(clause)
        or _SUM_AFTER.match(text, match.end())
        or _RATE.match(text, match.end())
    ):
        return None
    return _sum(text, match, value)


def _sum(text: str, match: re.Match[str], value: Range) -> Count:
    """Return a sum; a price per unit keeps its unit: 3000元/平."""
    rate = _RATE.match(text, match.end())
    if rate is not None:
        unit = f"元/{rate['per'] or '平'}"
        return _count("money", value, unit, match, rate.end())
    per = _RATED.search(text[max(0, match.start() - 5) : match.start()])
    return _count("money", value, "元/平" if per else "元", match)


_FINDERS = {"household": _household, "person": _person, "money": _money, "bare": _bare}


def _value(match: re.Match[str], before: str, refused: re.Pattern[str]) -> Range | None:
    if refused.search(before) and not _RANKED.search(before):
        return None
    if len(match["num"]) == 1 and _IN_BUILDING.search(before):
        return None
    end = match.end()
    return parse_number(match["num"], before, match.string[end : end + 2])


def _scaled(num: str, before: str) -> bool:
    """Whether 万 or 百 without a digit is a number here: 上万元, 万余元, 万把块."""
    return before[-1:] in ("上", "近", "过", "成", "超", "逾") or num[1:2] in tuple("余把来多八")


def _count(kind: str, value: Range, unit: str, match: re.Match[str], end: int = 0) -> Count:
    low, high = value
    return Count(
        kind=kind, low=low, high=high, unit=unit, start=match.start(), end=end or match.end()
    )
