"""Masking (脱敏): phone, ID, plate, room, mail; equal in length so that spans stay right.

Numbers count in ASCII, full-width and Han form (一三八〇〇…, 三栋二单元一五零一). Every pattern is
bounded and begins at a boundary, so the cost is linear; most texts are done at the gate.
"""

import re

#: Digits said one by one, with those of phone calls (幺) and of accounts (壹贰叁).
_HAN = "〇○零幺一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_DIGIT = rf"[\d{_HAN}]"
#: Number of a building or staircase as counted: 3, 十二, A.
_COUNTED = "一二三四五六七八九十"
_PLATE_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

#: No personal number without three digits in a row, a mail sign or a plate's head.
_GATE = re.compile(rf"[\d{_HAN}]{{3}}|[@＠]|[{_PLATE_PROVINCE}][A-Za-zＡ-Ｚａ-ｚ]")
#: Full-width digits, letters and signs of numbers, and the same in ASCII, one for one.
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ＠－＋（）＃．]")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_BUILDING = rf"(?:\d{{1,3}}|[A-Za-z]\d?|[{_COUNTED}]{{1,3}})\s{{0,2}}(?:栋|幢|座|号楼|#楼?)"
#: Floor and door: 1501, 302. Bare numbers must look so to be taken for a room.
_DOOR = r"\d{1,2}(?:0[1-9]|1[0-2])"
_STAIR = rf"(?:\d{{1,2}}|[{_COUNTED}]{{1,2}}|[A-Za-z])"
#: A room as digits, or said digit by digit and not part of a row of staircases, floors or years.
_ROOM = (
    rf"(?:\d{{3,4}}(?![\d户])|{_DOOR}(?=户)|[{_HAN}]{{3,4}}"
    rf"(?![\d{_HAN}十百千万]|\s?(?:单元|号楼|[层楼栋幢座期年月户人个天次])))"
)
_NO_COUNT = r"(?![\d元户人名位平年个万块m%次天月日号时点分:.\-/a-zA-Z])"

#: One pattern a kind of personal number; the named group `keep` stays readable.
_PATTERNS = (
    # ID card, bank card: any run of 15 to 19 digits, the last perhaps an X.
    re.compile(r"(?<![\dA-Za-z])(?P<keep>)\d{14,18}[\dXx](?![\dA-Za-z])"),
    # Mobile, with or without country code and gaps.
    re.compile(
        rf"(?<!{_DIGIT})(?P<keep>(?:\+?86[- ]?)?[1一幺壹][3-9三四五六七八九叁肆伍陆柒捌玖]{_DIGIT})"
        rf"[-— .·]?{_DIGIT}{{4}}[-— .·]?{_DIGIT}{{4}}(?!{_DIGIT})"
    ),
    # Landline with area code.
    re.compile(
        rf"(?<!{_DIGIT})(?P<keep>[(]?[0零〇]{_DIGIT}{{2,3}}[)]?)[-— ]?{_DIGIT}{{7,8}}(?!{_DIGIT})"
    ),
    # Licence plate, new energy included.
    re.compile(
        rf"(?P<keep>[{_PLATE_PROVINCE}][A-HJ-NP-Z])[·•．. ]?(?=[A-Z]{{0,5}}\d)[A-HJ-NP-Z0-9]{{5,6}}"
        r"(?![A-Z0-9])",
        re.IGNORECASE,
    ),
    # Mail address: the first letter and the host stay.
    re.compile(
        r"(?<![A-Za-z0-9])(?P<keep>[A-Za-z0-9])[A-Za-z0-9._%+-]{0,63}"
        r"(?=@[A-Za-z0-9-]{1,63}\.[A-Za-z0-9-])"
    ),
    # 3栋2单元1501室, 三号楼二单元一五零一, A座15楼1203: the building stays.
    re.compile(
        rf"(?P<keep>{_BUILDING}\s{{0,2}})(?:{_STAIR}\s{{0,2}}(?:单元|门)[-\s]{{0,2}})?"
        rf"[-— ]?(?:\d{{1,2}}[楼层])?{_ROOM}"
    ),
    # 2单元1501 without a building.
    re.compile(rf"(?P<keep>){_STAIR}\s{{0,2}}单元\s{{0,2}}(?:\d{{1,2}}[楼层])?{_ROOM}"),
    # 3-2-1501; a date has a year of four digits in front.
    re.compile(r"(?<![\d-])(?P<keep>\d{1,3})[-—]\d{1,2}[-—]\d{3,4}(?![\d-])"),
    # 3-1501室, 1501室, 一五零一室.
    re.compile(r"(?<![\d-])(?P<keep>\d{1,3})[-—]\d{3,4}(?=\s{0,2}(?:室|户|房|业主))"),
    re.compile(rf"(?<![\d{_HAN}-])(?P<keep>){_DIGIT}{{3,4}}(?=室)"),
    # 3-1501, 3楼1501, 8号302: only with floor and door, and no date, price or count.
    re.compile(
        rf"(?<![\dA-Za-z\-/.第年月])(?P<keep>\d\d?(?:-(?!(?:19|20)\d\d)|[楼号])){_DOOR}{_NO_COUNT}"
    ),
    # 1501业主.
    re.compile(rf"(?<![\d.\-/第共]){_DOOR}(?=业主|住户|房主|户主)(?P<keep>)"),
)
_SECRET = re.compile(rf"[\dA-Za-zＡ-Ｚａ-ｚ{_HAN}十]")
_KEPT = re.compile(rf"{_BUILDING}|(?:\d{{1,3}}|[{_COUNTED}]{{1,3}})\s?(?:[楼号]|[-—])")


def mask(text: str) -> str:
    """Return `text` with personal numbers starred out, every character still at its offset."""
    if _GATE.search(text) is None:
        return text
    narrow = text.translate(_NARROW) if _WIDE.search(text) else text
    starred = narrow
    for pattern in _PATTERNS:
        starred = pattern.sub(_starred, starred)
    if starred == narrow:
        return text
    if narrow == text:
        return starred
    both = zip(text, narrow, starred, strict=True)
    return "".join("*" if now != before else clear for clear, before, now in both)


def mask_room(said: str) -> str:
    """Return what is known to be a room with only its building readable, equal in length."""
    building = _KEPT.match(said.translate(_NARROW))
    keep = building.end() if building else 0
    return said[:keep] + _SECRET.sub("*", said[keep:])


def _starred(match: re.Match[str]) -> str:
    keep = match.group("keep")
    return keep + _SECRET.sub("*", match.group()[len(keep) :])
