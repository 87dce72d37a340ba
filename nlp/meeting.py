"""Meeting places (集合地点): the building where people are called together, never the room.

With a room the place ends before it (在3栋1501室集合 gives 3栋): a room is nobody's to show (A12).
"""

import re

#: Words for meeting that announce it themselves: who meets at a building goes somewhere together.
MEETS_UP = re.compile("集合|集结|碰头|碰面|汇合|会合")
PICNIC = re.compile(
    "爬山|春游|秋游|郊游|拼车|顺风车|大巴|班车|校车|包车|自驾|团购|自提|取货|领取|领[菜米油蛋奶]|跳舞|合唱|排练|遛|打球|羽毛球|乒乓"
    "|跑步|夜跑|骑行|健身|电影|吃饭|聚会|火锅|孩子|小朋友|搬家|量房|参观|看房|看橱柜|建材|旅游|瑜伽|志愿|捡垃圾|种树|演习|核酸|疫苗"
    "|上学|放学|钓鱼|露营|采摘|摄影|合影|拔河|游园|灯会|晨练|太极|住宅"
)
_BLOCK = r"\d{1,3}(?:号楼|#楼?|栋|幢|座)"
_STAIR = r"(?:[\d一二三四五六七八九十]{1,2}单元)?"
_SPOT = r"(?:的?(?:楼下|楼前|楼顶|门口|门前|门厅|大门|单元门口|大堂|架空层|旁边?|底下|前面?))?"
_ROOM = r"-?[\d〇零一二三四五六七八九]{3,4}(?:室|号房|号|房)?(?:里|家里|家)?"
#: Where people meet, at a building; with a room the place ends before it: a room is not shown.
_PLACE = rf"(?:(?P<before_room>{_BLOCK}){_STAIR}{_ROOM}{_SPOT}|(?P<block>{_BLOCK}{_STAIR}{_SPOT}))"
_MET_AT = re.compile(rf"{_PLACE}(?:统一|准时|一起|先|见面)?[,: ]?$")
_MEETS_AT = re.compile(rf"(?:地点|地址)?(?:在|到|于|是)?[: ]?{_PLACE}")
#: Characters before the word within which the building stands.
_REACH = 24


def building(text: str, start: int, end: int, left: int) -> tuple[int, int] | None:
    """Return the building said right before or behind the word for meeting at [start, end)."""
    at = _MET_AT.search(text, max(left, start - _REACH), start) or _MEETS_AT.match(text, end)
    return None if at is None else at.span(at.lastgroup or 0)
