"""Masking (脱敏): phone, ID, plate, room, mail; equal in length so that spans stay right.

Numbers count in ASCII, full-width and Han form (一三八〇〇…, 三栋二单元一五零一). Every pattern is
bounded and begins at a boundary, so the cost is linear; most texts are done at the gate.
"""

import re
import unicodedata

#: Digits said one by one, with those of phone calls (幺) and of accounts (壹贰叁).
_HAN = "〇○零幺一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_DIGIT = rf"[\d{_HAN}]"
#: Number of a building or staircase as counted: 3, 十二, A.
_COUNTED = "一二三四五六七八九十"
_PLATE_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

#: Digits in circles, brackets, above and below the line: what says 1 is 1, one for one.
_ODD = "¹²³⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒"
#: No personal number without three digits in a row, a mail sign or a plate's head.
_GATE = re.compile(rf"[\d{_HAN}{_ODD}]{{3}}|[@＠]|[{_PLATE_PROVINCE}][A-Za-zＡ-Ｚａ-ｚ]")
#: Full-width digits, letters and signs of numbers, and the same in ASCII, one for one.
_WIDE = re.compile(f"[０-９Ａ-Ｚａ-ｚ＠－＋（）＃．{_ODD}]")
_NARROW = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    code: str(unicodedata.digit(chr(code)))
    for code in range(0xB2, 0x2800)
    if re.match(f"[{_ODD}]", chr(code))
}

_BUILDING = rf"(?:\d{{1,3}}|[A-Za-z]\d?|[{_COUNTED}]{{1,3}})\s{{0,2}}(?:栋|幢|座|号楼|#楼?)"
#: Floor and door: 1501, 302. Bare numbers must look so to be taken for a room.
_DOOR = r"\d{1,2}(?:0[1-9]|1[0-2])"
_STAIR = rf"(?:\d{{1,2}}|[{_COUNTED}]{{1,2}}|[A-Za-z])"
#: A room as digits, or said digit by digit and not part of a row of staircases, floors or years.
_ROOM = (
    rf"(?:\d{{3,4}}(?![\d户])|{_DOOR}(?=户)|[{_HAN}]{{1,2}}[零〇○][{_HAN}](?=户)|[{_HAN}]{{3,4}}"
    rf"(?![\d{_HAN}十百千万]|\s?(?:单元|号楼|[层楼栋幢座期年月户人个天次])))"
)
#: 3栋1501、1502: more rooms of the same house; 3栋1501，2012年 is a year.
_MORE = (
    r"(?:\s?(?:[、和跟与及/]|[,，](?!\s?(?:19|20)\d\d))\s?"
    rf"{_DOOR}(?:(?=户)|(?![\d元人名位平年个万块m%次天月日时点分:.\-/a-zA-Z]))){{0,9}}"
)
_NO_COUNT = r"(?![\d元户人名位平年个万块m%次天月日号时点分:.\-/a-zA-Z])"

#: Phone and card numbers: seven digits in a row, or the parts of a spaced one.
_LONG = re.compile(rf"{_DIGIT}{{7}}|{_DIGIT}{{3}}[-— .·]{_DIGIT}{{4}}")
_ANY = re.compile("")

#: One pattern a kind of personal number, and the sign without which it is not looked for; the
#: named group `keep` stays readable.
_PATTERNS = (
    # ID card, bank card: any run of 15 to 19 digits, the last perhaps an X.
    (_LONG, re.compile(r"(?<![\dA-Za-z])(?P<keep>)\d{14,18}[\dXx](?![\dA-Za-z])")),
    # Mobile, with or without country code and gaps.
    (_LONG, re.compile(
        rf"(?<!{_DIGIT})(?P<keep>(?:\+?86[- ]?)?[1一幺壹][3-9三四五六七八九叁肆伍陆柒捌玖]{_DIGIT})"
        rf"[-— .·]?{_DIGIT}{{4}}[-— .·]?{_DIGIT}{{4}}(?!{_DIGIT})"
    )),
    # Landline with area code.
    (_LONG, re.compile(
        rf"(?<!{_DIGIT})(?P<keep>[(]?[0零〇]{_DIGIT}{{2,3}}[)]?)[-— ]?{_DIGIT}{{7,8}}(?!{_DIGIT})"
    )),
    # Licence plate, new energy included.
    (_ANY, re.compile(
        rf"(?P<keep>[{_PLATE_PROVINCE}][A-HJ-NP-Z])[·•．. ]?(?=[A-Z]{{0,5}}\d)[A-HJ-NP-Z0-9]{{5,6}}"
        r"(?![A-Z0-9])",
        re.IGNORECASE,
    )),
    # Mail address: the first letter and the host stay.
    (re.compile("@"), re.compile(
        r"(?<![A-Za-z0-9])(?P<keep>[A-Za-z0-9])[A-Za-z0-9._%+-]{0,63}"
        r"(?=@[A-Za-z0-9-]{1,63}\.[A-Za-z0-9-])"
    )),
    # 3栋2单元1501室, 三号楼二单元一五零一, A座15楼1203: the building stays.
    (re.compile("[栋幢座楼#]"), re.compile(
        rf"(?P<keep>{_BUILDING}\s{{0,2}})(?:{_STAIR}\s{{0,2}}(?:单元|门)[-\s]{{0,2}})?"
        rf"[-— ]?(?:\d{{1,2}}[楼层])?{_ROOM}{_MORE}"
    )),
    # 2单元1501 without a building.
    (re.compile("单元"), re.compile(
        rf"(?P<keep>){_STAIR}\s{{0,2}}单元\s{{0,2}}(?:\d{{1,2}}[楼层])?{_ROOM}{_MORE}"
    )),
    # 3-2-1501; a date has a year of four digits in front.
    (re.compile("[-—]"), re.compile(
        rf"(?<![\d-])(?P<keep>\d{{1,3}})[-—]\d{{1,2}}[-—]\d{{3,4}}(?![\d-]){_MORE}"
    )),
    # 3-1501室, 1501室, 一五零一室.
    (re.compile("[-—]"), re.compile(
        r"(?<![\d-])(?P<keep>\d{1,3})[-—]\d{3,4}(?=\s{0,2}(?:室|户|房|业主))"
    )),
    (re.compile("室"), re.compile(rf"(?<![\d{_HAN}-])(?P<keep>){_DIGIT}{{3,4}}(?=室)")),
    # 3-1501, 3楼1501, 8号302: only with floor and door, and no date, price or count.
    (re.compile("[-楼号]"), re.compile(
        rf"(?<![\dA-Za-z\-/.第年月])(?P<keep>\d\d?(?:-(?!(?:19|20)\d\d)|[楼号])){_DOOR}{_NO_COUNT}"
    )),
    # 1501业主.
    (re.compile(r"\d(?:业主|住户|房主|户主)"), re.compile(
        rf"(?<![\d.\-/第共]){_DOOR}(?=业主|住户|房主|户主)(?P<keep>)"
    )),
)  # fmt: skip
_SECRET = re.compile(rf"[\dA-Za-zＡ-Ｚａ-ｚ{_HAN}十]")
_KEPT = re.compile(rf"{_BUILDING}|(?:\d{{1,3}}|[{_COUNTED}]{{1,3}})\s?(?:[楼号]|[-—])")


def mask(text: str) -> str:
    """Return `text` with personal numbers starred out, every character still at its offset."""
    if _GATE.search(text) is None:
        return text
    narrow = text.translate(_NARROW) if _WIDE.search(text) else text
    starred = narrow
    for sign, pattern in _PATTERNS:
        if sign.search(starred):
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
    return said[:keep] + "".join("*" if _tells(sign) else sign for sign in said[keep:])


def _tells(sign: str) -> bool:
    """Whether a sign of a room tells which: a letter, or any digit or numeral of Unicode."""
    return sign.isnumeric() or _SECRET.match(sign) is not None


def _starred(match: re.Match[str]) -> str:
    keep = match.group("keep")
    return keep + _SECRET.sub("*", match.group()[len(keep) :])
