"""Masking (脱敏): phone, ID, plate, room, mail; equal in length so that spans stay right."""

import re

_NUMERAL = "一二三四五六七八九十"
_PLATE_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

#: One pattern a kind of personal number; the named group `keep` stays readable.
_PATTERNS = (
    # ID card, bank card: any run of 15 to 19 digits, the last perhaps an X.
    re.compile(r"(?<![\dA-Za-z])(?P<keep>)\d{14,18}[\dXxＸ](?![\dA-Za-z])"),
    # Mobile, with or without country code and gaps.
    re.compile(r"(?<!\d)(?P<keep>(?:\+?86[- ]?)?[1１][3-9３-９]\d)[- ]?\d{4}[- ]?\d{4}(?!\d)"),
    # Landline with area code.
    re.compile(r"(?<!\d)(?P<keep>[(（]?[0０]\d{2,3}[)）]?)[-－— ]?\d{7,8}(?!\d)"),
    # Licence plate, new energy included.
    re.compile(
        rf"(?P<keep>[{_PLATE_PROVINCE}][A-HJ-NP-Z])[·•．. ]?(?=[A-Z]{{0,5}}\d)[A-HJ-NP-Z0-9]{{5,6}}"
        r"(?![A-Z0-9])",
        re.IGNORECASE,
    ),
    # Mail address: the first letter and the host stay.
    re.compile(r"(?P<keep>[A-Za-z0-9])[A-Za-z0-9._%+-]*(?=@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"),
    # 3栋2单元1501室, 三号楼二单元1501, A座1203: the building stays.
    re.compile(
        rf"(?P<keep>(?:\d{{1,3}}|[A-Za-z]|[{_NUMERAL}]{{1,3}})\s*(?:栋|幢|座|号楼|#楼?|＃楼?)\s*)"
        rf"(?:(?:\d{{1,2}}|[{_NUMERAL}]{{1,2}}|[A-Za-z])\s*(?:单元|门)\s*)?[\d０-９]{{3,4}}(?!\d)"
    ),
    # 2单元1501 without a building.
    re.compile(rf"(?P<keep>)(?:\d{{1,2}}|[{_NUMERAL}]{{1,2}})\s*单元\s*\d{{3,4}}(?!\d)"),
    # 3-2-1501; a date has a year of four digits in front.
    re.compile(r"(?<![\d-])(?P<keep>\d{1,3})[-－—]\d{1,2}[-－—]\d{3,4}(?![\d-])"),
    # 3-1501室, 1501室.
    re.compile(r"(?<![\d-])(?P<keep>\d{1,3})[-－—]\d{3,4}(?=\s*(?:室|户|房|业主))"),
    re.compile(r"(?<![\d-])(?P<keep>)\d{3,4}(?=室)"),
)
_SECRET = re.compile(rf"[\dA-Za-z{_NUMERAL}]")


def mask(text: str) -> str:
    """Return `text` with personal numbers starred out, every character still at its offset."""
    for pattern in _PATTERNS:
        text = pattern.sub(_starred, text)
    return text


def _starred(match: re.Match[str]) -> str:
    keep = match.group("keep")
    return keep + _SECRET.sub("*", match.group()[len(keep) :])
