"""Names a text states (名称): media, authorities and places, by list and by their endings.

One automaton for all lists; the part before an ending (江城 in 江城晚报) is read backwards from
the hit, so that a text costs one pass.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import daachorse

from domain.language import SignalFacts
from nlp.normal import normalise
from nlp.terms import automaton

MEDIA, AUTHORITY, PLACE = "media", "authority", "place"
#: Roles a word plays besides that of a whole name.
_OUTLET_END, _PLACE_END, _FACILITY, _MASK = "outlet ending", "place ending", "facility", "mask"

#: Where a name cannot reach back over: 联系了江城晚报.
_STOP = frozenset(
    "找了被向给让在是有和到的上都请去与及已将会来说由把从叫经要过前后较初家月看多各本该等往知"
    "我你他她们这那也还连就又跟昨今天日晚着曾并于当时报对打称据但因此为系诉告问举馈映跑求闹堵围进"
    "以再才可能不没无第每两几名个位号栋楼里外内下开投信转发联络登署及或而则至约批个某么些哪同所"
)
_OUTLET_REACH, _AUTHORITY_REACH, _PLACE_REACH = 6, 6, 5
#: 日报名, 早报警: the ending belongs to the next word.
_NO_OUTLET_AFTER = frozenset("警修名案备告价送考销到批表单审规废停建复警错怨失道")
_HOTLINES = ("12345", "12315", "12329", "12388", "12348", "12333", "12369", "12350")
_PLACE_ENDS = (
    "门口", "广场", "公园", "路口", "大厅", "会议室", "地铁站", "街口", "体育馆", "会所",
    "活动中心", "样板间", "样板房", "交房现场",
)  # fmt: skip
#: 去住建局: an office one goes to is a place as well.
_TOWARDS = frozenset("去到在来往于堵围")
_FACILITIES = (
    "凉亭", "岗亭", "报刊亭", "保安亭", "保安室", "门卫室", "活动室", "架空层", "停车场",
    "车库入口", "入口", "出口", "出入口", "交叉口", "十字路口", "篮球场", "羽毛球场", "喷泉",
    "中庭", "大堂", "空地", "报告厅", "接待室", "中心花园", "游乐场", "健身区", "沙盘", "花园",
    "公交站", "站台",
    *(f"站{exit_}口" for exit_ in "abcdef"),
    *(f"{number}号门" for number in range(1, 13)),
)  # fmt: skip
#: A 凉亭 is where people meet only if they say so nearby.
_MEETING = re.compile(
    "集合|集中|集结|聚|碰|见面|见$|见[,。!]|等你|等大家|等着|会合|汇合"
    "|排队|横幅|维权|静坐|地点|开会|抗议|堵|不让进|围|协商"
)
_STOREY = re.compile(r"(?:[一二三四五六七八九]|\d{1,2})楼")
_REGION = re.compile(r"(?:[\u4e00-\u9fff]{1,3}[省市县区州镇乡旗盟]){1,3}\Z|[省市县区州镇乡]\Z")
_NO_REGION = frozenset((
    "如果", "虽然", "但是", "可是", "否则", "而且", "表示", "请求", "要求", "需要", "可以",
    "希望", "通过", "根据", "经过", "对于", "关于", "由于", "于是", "还是", "就是", "全国",
    "国家", "相关", "当地", "属地", "所属", "有关", "应当", "必须", "直接", "马上", "立即",
    "最后", "最终", "终于", "然后", "目前", "现在", "一直", "继续", "依法", "期盼", "恳请",
    "只有", "只要", "除了", "作为", "认为", "发现",
))  # fmt: skip
_AT_DOOR = re.compile("大?门口|大门|大厅|大楼|楼下|门前(?:广场)?|广场")
_MASKS = (
    "及时报", "按时报", "随时报", "同时报", "当时报", "到时报", "准时报", "届时报", "暂时报",
    "实时报", "开发商报", "供应商报", "厂商报", "经销商报", "承包商报", "工作日报", "施工日报",
    "监理日报", "生产日报", "销售日报", "工程日报", "安全日报", "疫情日报", "日报表", "日报单",
    "每日报", "今日报", "次日报", "尽早报", "尽快报", "赶快报", "快快报", "心潮澎湃",
    "热血澎湃", "激情澎湃", "心情澎湃", "汹涌澎湃", "澎湃动力", "法院路", "公安路", "政府路",
    "广场舞", "广场砖", "公园景观", "公园里小区", "家门口", "自家门口", "北京时间", "电视台词",
    "电台阶", "工地板", "会所有",
)  # fmt: skip
_STREET = re.compile(r"(?:路|大街|街|大道|巷|弄)\d{1,5}(?:弄\d{1,4})?号(?![楼线栋幢])")
#: 海州网首页: a site of a named place where the press is meant, not 官网 or 电网.
_SITE = re.compile(r"网(?=首页|记者|报道|刊|发文|曝光|转载|头条)")
_NO_SITE = tuple("官电上外互天铁路围防丝渔管内热")
_TITLE = re.compile(r"《([^《》\n]{2,12})》")
_NO_TITLE = re.compile(
    "合同|条例|协议|法|规定|办法|通知|说明|承诺|公告|证|书|函|标准|规范|意见|方案|单"
)
_SHOW = re.compile("综艺|电影|歌曲|电视剧|主演|小说|演唱|专辑|单曲|嘉宾|游戏|主题曲|演员")
_PRESS = re.compile("记者|曝光|报道|采访|栏目|暗访|刊登|刊发|上了|联系|爆料|频道|求助|投稿")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A name in a normal text."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTable:
    """The compiled names; `roles[i]` is what word i of the automaton stands for."""

    automaton: daachorse.CharwiseDoubleArrayAhoCorasick
    roles: tuple[frozenset[str], ...]


def build_names(facts: SignalFacts, outlets: Iterable[str] = ()) -> NameTable:
    """Compile the name lists; `outlets` are further outlet names (config/outlets.yml)."""
    roles: dict[str, set[str]] = {}
    for role, words in (
        (_MASK, _MASKS),
        (MEDIA, (*facts.outlets, *outlets)),
        (_OUTLET_END, facts.outlet_suffixes),
        (AUTHORITY, (*facts.authorities, *_HOTLINES)),
        (PLACE, facts.gathering_places),
        (PLACE, ("大门口",)),
        (_PLACE_END, _PLACE_ENDS),
        (_FACILITY, _FACILITIES),
    ):
        for word in words:
            roles.setdefault(normalise(word).text, set()).add(role)
    roles.pop("", None)
    ordered = sorted(roles)
    return NameTable(
        automaton=automaton(ordered),
        roles=tuple(frozenset(roles[word]) for word in ordered),
    )


def find_names(text: str, table: NameTable) -> list[Named]:
    """Return the media, authorities and places of a normal text, in order of kind."""
    found: list[Named] = []
    hits: Sequence[tuple[int, int, int]] = table.automaton.find(text)
    for start, end, index in hits:
        found.extend(_named(text, start, end, table.roles[index]))
    if "《" in text:
        found.extend(_titles(text))
    for match in _SITE.finditer(text) if "网" in text else ():
        start = _reach_back(text, match.start(), 4)
        if match.start() - start >= 2 and text[match.start() - 1] not in _NO_SITE:
            found.append(Named(kind=MEDIA, start=start, end=match.end()))
    for match in _STREET.finditer(text):
        start = _reach_back(text, match.start(), 4)
        if match.start() - start >= 1:
            found.append(Named(kind=PLACE, start=start, end=match.end()))
    return found


def _named(text: str, start: int, end: int, roles: frozenset[str]) -> Iterator[Named]:
    if MEDIA in roles:
        yield Named(kind=MEDIA, start=start, end=end)
    elif _OUTLET_END in roles and text[end : end + 1] not in _NO_OUTLET_AFTER:
        first = _reach_back(text, start, _OUTLET_REACH)
        if first < start:
            yield Named(kind=MEDIA, start=first, end=end)
    if AUTHORITY in roles:
        yield from _authority(text, start, end)
    elif PLACE in roles:
        yield Named(kind=PLACE, start=start, end=_with_storey(text, end))
    elif _PLACE_END in roles:
        first = _reach_back(text, start, _PLACE_REACH)
        if start - first >= 2:
            yield Named(kind=PLACE, start=first, end=end)
    elif _FACILITY in roles and _MEETING.search(text, max(0, start - 10), end + 8):
        first = _reach_back(text, start, _PLACE_REACH)
        yield Named(kind=PLACE, start=first, end=_with_storey(text, end))


def _with_storey(text: str, end: int) -> int:
    storey = _STOREY.match(text, end)
    return end if storey is None else storey.end()


def _authority(text: str, start: int, end: int) -> Iterator[Named]:
    if text[start].isdecimal():
        around = text[max(0, start - 1) : start] + text[end : end + 1]
        if text[max(0, start - 1) : start] in tuple("号码尾第编"):
            return
        if not any(char.isascii() and (char.isalnum() or char == "-") for char in around):
            yield Named(kind=AUTHORITY, start=start, end=end)
        return
    first = _region(text, start)
    yield Named(kind=AUTHORITY, start=first, end=end)
    door = _AT_DOOR.match(text, end)
    if door is not None:
        yield Named(kind=PLACE, start=first, end=door.end())
    elif first and text[first - 1] in _TOWARDS:
        yield Named(kind=PLACE, start=first, end=end)


def _region(text: str, start: int) -> int:
    """Return where the office's region begins: 江城市高新区 before 质监站, 江城 before 住建局."""
    first = _reach_back(text, start, _AUTHORITY_REACH)
    region = _REGION.search(text, first, start)
    if region is not None:
        return region.start()
    return first if start - first == 2 and text[first:start] not in _NO_REGION else start


def _titles(text: str) -> Iterator[Named]:
    """《民生直通车》 is a programme where the press is near, not 《商品房买卖合同》."""
    for match in _TITLE.finditer(text):
        near = _PRESS.search(text, max(0, match.start() - 15), match.end() + 15)
        shown = _SHOW.search(text, max(0, match.start() - 15), match.end() + 15)
        if near is not None and shown is None and not _NO_TITLE.search(match[1]):
            yield Named(kind=MEDIA, start=match.start(1), end=match.end(1))


def _reach_back(text: str, start: int, reach: int) -> int:
    """Return where a name that ends in the hit begins."""
    first = start
    while first > 0 and start - first < reach:
        char = text[first - 1]
        if char in _STOP or not "\u4e00" <= char <= "\u9fff":
            break
        first -= 1
    return first
