"""Harm (伤亡): somebody was hurt or died here, and not long ago; no beast, no figure of speech."""

import re
from datetime import date, timedelta

from nlp.casualties import find_casualties
from nlp.counts import Count
from nlp.hindsight import long_past, of_a_kind, sentence

_RECENT = timedelta(days=21)
#: Where it happens for our affair to be concerned; a text of a board may not say more.
_HERE = re.compile(
    "小区|业主|楼[道顶下上栋盘梯层内里外体房]|大楼|楼宇|高楼|栋楼|工地|电梯|坠|物业|楼盘|住户|工人|塔吊|脚手架|阳台|外墙|车库|砸|火灾|起火|售楼|栏杆|护栏"
    "|地库|装修|瓷砖|玻璃|高空|水池|池[子塘边里]|泳池|水景|人工湖|喷泉|触电|漏电|煤气|燃气|架空层|连廊|围挡|基坑|吊篮|门禁|保安|栋|单元|号楼"
)
#: Traffic, illness, crime and villages: not of a building.
_ELSEWHERE = re.compile(
    "打球|骑车|滑雪|跑步|踢球|车祸|交通事故|肇事|斑马线|马路|公路|国道|省道|驾驶|司机|货车|轿车|跑车|摩托|酒驾|景区|路口"
    "|手术|感染|打针|癌|病情|病逝|患者|患病|医疗|医生|医德|护士|医院(?:推|停|误|不|救)|药"
    "|村民|村支书|村长|承包田|征地|强拆|拆迁|林地|工资|抚恤|退休|遗属|丧葬|社保|刑|法院|派出所|黑恶|殴打"
    "|鱼|鸡|鸭|猪|狗|猫|牛|羊|鸟|树|花|草|苗|秧"
)
#: A fight of our own people is ours, whoever writes the report.
_BEATEN = re.compile("保安|物业.{0,6}打|打.{0,4}业主|业主.{0,4}被打")
#: A death that is a word in a compound, a figure of speech or a wish.
_NO_DEATH = re.compile(
    "(?:[脏臭丑烂差气吓热冷累烦笑蠢饿急冤恨难吵堵排填疼痛挤锁卡封憋坑爱想该找作等打骂]|都)$"
)
_COMPOUND = re.compile(
    "证|率|抚恤|赔偿金|人员标准|状态|边缘|边沿|通知|线|教育|角|威胁|来临|的到来|待遇|补助|事故的?(?:责任|教训|率)"
    "|来解脱|案件|机|价|的心|才|自杀的?(?:方式|想法)|之类|等(?:问题|事故|情况|隐患)|更|一二十年|能解决|你"
)
_WISH = re.compile(
    "(?:要|想|去|来几个|逼|准备|打算|说要|说想|扬言|连|就是|即使|哪怕|被逼|恨不得).{0,3}$"
)
_BY_WILL = re.compile("跳楼|死")
_FEARED = re.compile(
    "如果|万一|一旦|哪天|迟早|总有一天|早晚|觉得|能解决|也能|就能|要把|敢|隐患|极?易|导致人员|会导致|会造成|会引起|会砸|以防|危及|恐|担忧|倘若|若是|要是|难道"
    "|还要|提醒|演习|演练|模拟|无一|没有?人员?|未造成|并未|避免|预防|生怕"
)
_DEATH = re.compile("死|(?<!伤)亡|遇难|丧生|去世|坠楼|跳楼")
#: Whose injury needs no number: one of ours.
_SOMEBODY = re.compile(
    "老婆|老公|妻子|丈夫|孩子|儿子|女儿|小孩|父亲|母亲|爸|妈|奶奶|爷爷|外婆|外公|家人|业主|住户|邻居|老人|保洁"
    "|保安|工人|师傅|租客|女孩|男孩|女童|男童|女子|男子|年轻人"
    "|[一两二三几][个名位](?!月|小时|星期|多月)"
)
#: So few people, so close to the word, are its victims.
_FEW, _CLOSE = 3, 14
#: How somebody dies at a building.
_EVENT = re.compile(
    "保安|坠|跳楼|砸|摔|电死|触电|溺|烧|火|塌|爆|吊|掉|跌|电梯|高空|中毒|工地|施工|楼"
)


def happened(text: str, start: int, end: int, day: date | None) -> bool:
    """Whether the harm is told as done, here and lately."""
    left, right = sentence(text, start, end, 50)
    if _FEARED.search(text, max(left, start - 30), start) or _COMPOUND.match(text, end):
        return False
    figure = text.startswith("死", start) and _NO_DEATH.search(text[left:start])
    if figure or _only_wished(text, left, start, end):
        return False
    near = max(left, start - 40), min(right, end + 20)
    if _ELSEWHERE.search(text, *near) and not _BEATEN.search(text, *near):
        return False
    if _HERE.search(text, max(0, start - 60), min(len(text), end + 40)) is None:
        return False
    return not (of_a_kind(text, start, end) or long_past(text, start, end, day, _RECENT))


def _only_wished(text: str, left: int, start: int, end: int) -> bool:
    wished = _WISH.search(text[max(left, start - 8) : start])
    return wished is not None and _BY_WILL.match(text, start, end) is not None


def counted(text: str, people: Count, start: int, end: int) -> bool:
    """Whether these people are victims of it: 两名业主受伤, not 几百住户 … 死亡."""
    left, right = sentence(text, min(start, people.start), max(end, people.end), 40)
    close = people.high <= _FEW and abs(start - people.start) <= _CLOSE
    if close and _EVENT.search(text, left, right) is not None:
        return True
    return any(
        left + each.start < people.end and people.start < left + each.end
        for each in find_casualties(text[left:right])
    )


def told(text: str, start: int, end: int) -> bool:
    """Whether a death or somebody's injury at a building is told without a number."""
    left, right = sentence(text, start, end, 30)
    if _EVENT.search(text, left, right) is None:
        return False
    near = left, min(right, end + _CLOSE // 2)
    return bool(_DEATH.search(text, start, end) or _SOMEBODY.search(text, *near))


def here(text: str) -> bool:
    """Whether the text speaks of a building or a site at all."""
    return _HERE.search(text) is not None
