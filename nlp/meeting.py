"""Meetings (集合): when and where people are called together; a building, never its room.

With a room the place ends before it (在3栋1501室集合 gives 3栋): a room is nobody's to show (A12).
"""

import re
from datetime import date, timedelta

#: When people meet.
TIME = re.compile(
    r"(?:\d{1,2}月\d{1,2}[日号]|明天|明早|明晚|明日|今天|今早|今晚|今日|后天|昨天|昨日|昨晚"
    r"|(?:本|这|下)?(?:个)?(?:周|星期|礼拜)[一二三四五六日天末]|(?<!\d)\d{1,2}[日号](?!楼|栋|线|房|院))"
    r"(?:[上下]午|早上|晚上|中午|凌晨|傍晚|早|晚)?"
    r"(?:(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点半?|:\d\d|时))?"
    r"|(?:[上下]午|早上|晚上|中午)(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:点半?|:\d\d|时)"
    r"|此刻|现在已经|现在(?=[^,。]{0,12}(?:围|堵|来了|到了|集合|拉着?横幅))"
)
#: A date told with its year is history.
_YEAR = re.compile(r"(?:\d{4}年|去年|前年|当年)[^。!?\n]{0,20}$")
_MONTH_DAY = re.compile(r"(\d{1,2})月(\d{1,2})")
#: Words for meeting that a picnic uses as well.
MEETS = re.compile("集合|集结|碰头|碰面|汇合|会合|一起去|都去|聚集")
#: Whom people meet in earnest to face, or what for.
INSTITUTION = re.compile(
    "售楼|营销中心|住建|房管|房产局|政府|信访|物业|项目部|总部|公司|法院|电视台|工地|交付现场"
    "|开发商|维权|横幅|静坐|游行|上访|样板间|案场|会所|老总"
)
#: Words for meeting that announce it themselves: who meets at a building goes somewhere together.
MEETS_UP = re.compile("集合|集结|碰头|碰面|汇合|会合")
_PICNIC = re.compile(
    "爬山|春游|秋游|郊游|校车|团购|自提|取货|领取|领[菜米油蛋奶]|跳舞|合唱|排练|遛|打球|羽毛球|乒乓"
    "|跑步|夜跑|骑行|健身|电影|吃饭|聚会|火锅|小朋友|搬家|量房|参观|看房|看橱柜|建材|旅游|瑜伽|志愿|捡垃圾|种树|演习|核酸|疫苗"
    "|培训|讲座|义诊|体检|灭火器|免费发|领奖|比赛|上学|放学|钓鱼|露营|采摘|摄影|合影|拔河|游园|灯会|晨练|太极|展示|展览"
)
#: Who rides to an office is on no trip; who rides elsewhere may be.
_RIDES = re.compile("拼车|顺风车|大巴|班车|包车|自驾")
_OFFICES = re.compile("政府|住建|房管|信访|售楼|法院|市委|省委|区委|县委")
_DEMANDS = re.compile("横幅|上访|维权|讨个?说法|退房|抗议|游行|静坐|堵门|要个说法")
#: A building by number or letter; the letter before a number belongs to it (B3栋 is not 3栋).
_BLOCK = (
    r"(?<![a-z\d一二三四五六七八九十百])"
    r"(?:(?:[a-z]?\d{1,3}|[a-z])(?:号楼|#楼?|栋|幢|座)|[一二三四五六七八九十]{1,3}(?:号楼|栋|幢))"
)
_STAIR = r"(?:[\d一二三四五六七八九十]{1,2}单元)?"
_SPOT = (
    r"(?:的?(?:楼下|楼前|楼顶|下(?![午周])面?|门口|门前|门厅|大门|单元门口|大堂"
    r"|架空层|旁边?|底下|前面?))?"
)
_ROOM = r"-?[\d〇零一二三四五六七八九]{3,4}(?:室|号房|号|房)?(?:里|家里|家)?"
#: Where people meet, at a building; with a room the place ends before it: a room is not shown.
_PLACE = rf"(?:(?P<before_room>{_BLOCK}){_STAIR}{_ROOM}{_SPOT}|(?P<block>{_BLOCK}{_STAIR}{_SPOT}))"
_MET_AT = re.compile(rf"{_PLACE}(?:统一|准时|一起|先|见面)?[,: ]?$")
_MEETS_AT = re.compile(rf"(?:地点|地址)?(?:在|到|于|是)?[: ]?{_PLACE}")
#: Characters before the word within which the building stands.
_REACH = 24


#: Before 今天 these words make it a phrase: 时至今日, 直到今天.
_UNTIL = re.compile("(?:时至|直至|直到|至|到|如)$")
#: What people are kept from, might do or only discuss doing.
_UNWANTED = re.compile(
    "(?:不要|不想|不愿|说服|劝|避免|防止|该不该|应不应该|是否|要不要|恐|迫使|逼[着得]?|想过|多次想|无法|没有去|不再"
    "|真想|只能|只好|理性|依法)[^。!?\n]{0,16}$"
)
_TALKED_ABOUT = re.compile("不是|不等于|难|途径|成本|渠道|知识|意识|之路|无门|咨询|指南|成功")
_AWAY = re.compile("(?:不要|别|勿|莫)[^,。]{0,4}$")


def no_time(text: str, time: re.Match[str]) -> bool:
    """Whether the words are a phrase and no time: 时至今日."""
    return _UNTIL.search(text[max(0, time.start() - 3) : time.start()]) is not None


def far(time: re.Match[str], start: int, end: int) -> bool:
    """Whether 现在已经 stands too far from the word for meeting to speak of it."""
    apart = max(start - time.end(), time.start() - end)
    return time.group() in ("此刻", "现在已经", "现在") and apart > 16


def unwanted(text: str, start: int, end: int) -> bool:
    """Whether what stands here is only weighed, feared, kept from or talked about."""
    if _TALKED_ABOUT.match(text, end):
        return True
    return _UNWANTED.search(text[max(0, start - 24) : start]) is not None


def forbidden(text: str, place: int) -> bool:
    """Whether people are told to keep away from a place: 不要去售楼部."""
    return _AWAY.search(text[max(0, place - 8) : place]) is not None


def outing(text: str, left: int, right: int) -> bool:
    """Say whether people meet for pleasure or an errand: words of a trip and no demand near."""
    if _DEMANDS.search(text, left, right):
        return False
    if _PICNIC.search(text, left, right):
        return True
    return bool(_RIDES.search(text, left, right)) and not _OFFICES.search(text, left, right)


def building(text: str, start: int, end: int, left: int) -> tuple[int, int] | None:
    """Return the building said right before or behind the word for meeting at [start, end)."""
    at = _MET_AT.search(text, max(left, start - _REACH), start) or _MEETS_AT.match(text, end)
    return None if at is None else at.span(at.lastgroup or 0)


def past(text: str, time: re.Match[str], day: date | None) -> bool:
    """Whether the date is told as history: with its year, or days before the post."""
    if _YEAR.search(text[max(0, time.start() - 24) : time.start()]):
        return True
    named = _MONTH_DAY.match(time.group())
    if named is None or day is None:
        return False
    month = min(max(int(named[1]), 1), 12)
    number = min(max(int(named[2]), 1), 28)  # 29–31 would not exist in every month
    years = (day.year - 1, day.year, day.year + 1)
    nearest = min((date(year, month, number) - day for year in years), key=abs)
    return nearest < timedelta(days=-5)
