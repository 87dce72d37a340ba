"""Counts and sums a text states (数量事实): each as a range, because 三百余户 is 300–399.

Own rules: no library does this job (nlp.md F); the traps there are the negative tests here.
"""

import re
from dataclasses import dataclass

#: A pattern begins with the numeral itself: a leading look-behind would cost a third of the time.
_NUM = r"(?P<num>\d+(?:[.,]\d+)*|[一二两三四五六七八九十百千零〇数几]+)(?P<scale>[万亿千百])?"
_MORE = r"(?P<more>多|余|来|几)?(?P<scale2>[万亿])?"
_HOUSEHOLD = re.compile(
    rf"{_NUM}{_MORE}(?:户|家业主|家住户)(?![型口籍外门内均]|一签|一表|主(?:名|大会))"
)
_PERSON = re.compile(
    rf"{_NUM}{_MORE}(?:个|名|位)?"
    r"(?:人(?![民均员防行次们家生事物车工口才类气])|业主|住户|居民|村民|邻居|工人)"
)
_MONEY = re.compile(
    rf"{_NUM}{_MORE}(?:元|块钱|块(?![地砖板石头牌空水电表])"
    r"|(?<=[万亿])(?P<tail>\d)(?!\d|[户人平年月栋])"
    r"|(?<=[万亿])(?=首付|房款|定金|订金|贷款|的?房子|血汗钱|积蓄|购房款|违约金))"
    r"(?!一平|/平|每平|/m2)"
)
#: What must not stand before the numeral: ordinals, longer numbers, 每户, 3栋2户.
_BEFORE = re.compile(r"[每第\d.a-z栋号]$")
_NEAR = re.compile("(?:将近|超过|大约|至少|近|上|约|超|逾)$")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
_TRAPS = re.compile(
    r"五一路|三一重工|一家人|一个人|一直|九死一生|一人一|两个人|几个人|有几个|一户一"
)

_KINDS = (("household", "户", _HOUSEHOLD), ("person", "人", _PERSON), ("money", "元", _MONEY))


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
    """Return households, people and money stated in a normal text, in order of kind."""
    traps = [match.span() for match in _TRAPS.finditer(text)]
    found = []
    for kind, unit, pattern in _KINDS:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 2) : match.start()]
            if _BEFORE.search(before) or (kind == "household" and match["num"][0] == "0"):
                continue
            if any(start < match.end() and match.start() < end for start, end in traps):
                continue
            near = _NEAR.search(before)
            value = _range(match, near.group() if near else "")
            if value is None or (kind == "person" and value[1] < 2):
                continue
            low, high = value
            start, end = match.span()
            found.append(Count(kind=kind, low=low, high=high, unit=unit, start=start, end=end))
    return found


def parse_number(text: str) -> tuple[float, float] | None:
    """Return the range of a numeral in digits or Chinese; None where it is none."""
    if re.fullmatch(r"\d+(?:[.,]\d+)*", text):
        return _arabic(text)
    if set(text) <= {"几", "数"}:
        return (2.0, 9.0)
    if text[0] in "几数" or text.endswith("几"):
        return _vague(text)
    value = _chinese(text)
    return None if value is None else (float(value), float(value))


def _range(match: re.Match[str], near: str) -> tuple[float, float] | None:
    groups = match.groupdict()
    value = parse_number(groups["num"])
    if value is None:
        return None
    low, high = value
    scale = _UNITS.get(groups["scale"] or "", 1) * _UNITS.get(groups["scale2"] or "", 1)
    step = _step(groups["num"])
    if groups["more"]:
        # 三百余 = 300–399; 300多万 = 300–399 × 10,000; 2万多 = 20,000–29,999.
        whole = groups["scale2"] or not groups["scale"]
        high = low + (step if whole else 1.0) - (1.0 if whole else 1.0 / scale)
    if groups.get("tail"):
        low = high = low + int(groups["tail"]) / 10
    low, high = low * scale, high * scale
    if near in ("近", "将近"):
        low = high * 0.9
    elif near in ("上", "超", "超过", "逾", "至少") and low == high:
        high = low + step * scale - 1
    return (low, high) if low > 0 else None


def _step(num: str) -> float:
    """Return the size of the last stated place: 1 for 37, 100 for 300 and 三百."""
    if num[0].isdigit():
        whole = num.split(".", maxsplit=1)[0].replace(",", "")
        zeros = len(whole) - len(whole.rstrip("0"))
        return float(10 ** max(zeros, 1 if len(whole) > 1 else 0)) if "." not in num else 1.0
    return float(_UNITS.get(num[-1], 10 if "十" in num else 1))


def _arabic(text: str) -> tuple[float, float] | None:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", text)
    if "," in plain or plain.count(".") > 1:
        return None
    return float(plain), float(plain)


def _vague(text: str) -> tuple[float, float] | None:
    """几十 = 20–99, 十几 = 11–19, 数百 = 200–999, 三十几 = 31–39."""
    if text[0] in "几数":
        unit = 1
        for char in text[1:]:
            if char not in _UNITS:
                return None
            unit *= _UNITS[char]
        return (2.0 * unit, 10.0 * unit - 1)
    base = _chinese(text[:-1])
    return None if base is None else (base + 1.0, base + 9.0)


def _chinese(text: str) -> int | None:
    total, digit = 0, 0
    if not any(char in _UNITS for char in text):
        return _spelled(text)
    for char in text:
        if char in _DIGITS:
            if digit:
                return None  # 二三十: two readings, left alone
            digit = _DIGITS[char]
        elif char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            return None
    return total + digit


def _spelled(text: str) -> int | None:
    if not all(char in _DIGITS for char in text) or (len(text) > 1 and "〇" not in text):
        return _DIGITS.get(text) if len(text) == 1 else None
    return int("".join(str(_DIGITS[char]) for char in text))
