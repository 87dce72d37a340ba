"""Numerals (数词): the range a Chinese or Arabic numeral stands for; 三百余 is 300–399."""

import re
from dataclasses import dataclass
from functools import lru_cache

Range = tuple[float, float]

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
UNITS = {"十": 10, "百": 100, "千": 1000, "k": 1000, "万": 10_000, "w": 10_000, "亿": 100_000_000}
#: The characters a numeral may begin with.
FIRST = "0-9一二两三四五六七八九十百千万亿零〇几数俩仨"
#: A whole numeral; possessive and bounded, so that no text makes it slow.
RUN = rf"[{FIRST}](?:(?!一(?:平|度|个?月|年|方|吨|m2))[{FIRST}多余来把wk+]|[.,](?=\d)){{0,15}}+"
#: 20-30户, 三到五人: two numerals before one unit.
SPAN = rf"{RUN}(?:[-~—至到]{{1,2}}{RUN})?+"

_TOKEN = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|.", re.DOTALL)
_CUT = re.compile(r"[-~—至到]+")
_MORE = "多余来把+"
#: What stands just before a numeral and moves its range; 上百 but not 网上80.
_NEAR = re.compile(r"(?:将近|接近|不到|不足|未满|近|(?<!大)小)$")
_OVER = re.compile(r"(?:超过|至少|不下于?|不止|超|逾)$")
_ROUND = re.compile(r"[上过成]$")
_ABOUT = re.compile(r"(?:大约|大概|约|估计|差不多)(?:有|是|为)?$")
_ABOUT_AFTER, _OVER_AFTER = ("左右", "上下"), ("出头", "开外")


def parse_number(text: str, before: str = "", after: str = "") -> Range | None:
    """Return the range of a numeral, None where it is none.

    `before` and `after` are what stands around it: 近千 = 900–1000, 约500 = 450–550.
    """
    if text == "千" and before.endswith("成百上"):
        return 100.0, 9999.0
    if text == "万" and before.endswith("成千上"):
        return 1000.0, 99_999.0
    value = _span(text)
    if value is None:
        return None
    low, high = value
    if low == high:
        low, high = _moved(text, low, before, after)
    elif text[0] == "几" and before.endswith("好"):
        low *= 1.5  # 好几十 = 30–99
    low, high = round(low, 4), round(high, 4)
    return (low, high) if 0 < low <= high else None


def _moved(text: str, value: float, before: str, after: str) -> Range:
    if after[:2] in _OVER_AFTER or _OVER.search(before):
        return value, value + _grain(text) - 1
    if text[0] in "百千万亿十" and _ROUND.search(before):
        return value, value + _grain(text) - 1
    if _NEAR.search(before) and (before[-1] != "小" or text[-1] in UNITS):
        return value * 0.9, value
    if after[:2] in _ABOUT_AFTER or _ABOUT.search(before):
        return value * 0.9, value * 1.1
    return value, value


@lru_cache(maxsize=4096)
def _span(text: str) -> Range | None:
    parts = _CUT.split(text)
    last = _numeral(parts[-1])
    if len(parts) == 1 or last is None:
        return last
    first = _numeral(parts[0])
    if first is None:
        return None
    # 2~3万: the unit belongs to both.
    scale = UNITS.get(parts[-1][-1], 1)
    if parts[0][-1] not in UNITS and first[0] * scale <= last[1]:
        first = (first[0] * scale, first[1] * scale)
    return (first[0], last[1]) if first[0] < last[1] else None


def _numeral(text: str) -> Range | None:
    if len(text) >= 3 and text[0] in "百千万" and text[1] in DIGITS and text[2] in UNITS:
        # 百八十 = 80–100: the round number or a little less; 百八十万 the same × 10,000.
        scale = UNITS.get(text[3:], 0) if text[3:] else 1
        low = DIGITS[text[1]] * UNITS[text[2]] * scale
        return (float(low), float(UNITS[text[0]] * scale)) if low else None
    reading = _Reading()
    for token in _TOKEN.findall(text):
        if not reading.take(token):
            return None
    return reading.total()


@dataclass(slots=True)
class _Reading:
    """A numeral while it is read from left to right; every amount is (low, high)."""

    closed: Range = (0.0, 0.0)
    section: Range = (0.0, 0.0)
    number: Range | None = None
    #: Size of the last stated place, and of the last unit.
    grain: float = 1.0
    unit: float = 1.0
    vague: bool = False
    #: 多 or 余 was said, 来 was said.
    more: bool = False
    about: bool = False
    zero: bool = False
    #: The number is one digit: 2万3 is 23,000, 2万30 is 20,030.
    single: bool = False
    #: Digits said one after the other: 二三十, 一五零一.
    spelled: str = ""

    def take(self, piece: str) -> bool:
        """Add one piece; False where the text is no numeral."""
        if piece[0].isdecimal() and piece[0].isascii():
            return self._arabic(piece)
        if piece in DIGITS:
            return self._digit(piece)
        if piece in "几数":
            tens = self.section[0] % 100
            low, high = (1.0 if tens == 10 else 0.0 if tens else 2.0, 9.0)  # 十几, 二十几, 几
            if self.number is not None:  # 10几 = 11–19
                low, high = self.number[0] + 1.0, self.number[1] + 9.0
            self.number = (low, high)
            self.vague, self.single, self.grain, self.spelled = True, False, 1.0, ""
            return True
        if piece in UNITS:
            return self._unit(float(UNITS[piece]))
        return piece in _MORE and self._more(piece)

    def total(self) -> Range | None:
        """Return the range of all that was taken."""
        if len(self.spelled) > 2:
            whole = len(self.spelled) < 9 and self.section == self.closed == (0.0, 0.0)
            return (float(self.spelled), float(self.spelled)) if whole else None
        number = self.number or (0.0, 0.0)
        if self.single and self.unit >= 100 and not self.zero:
            number = _times(number, self.unit / 10)
        return _add(_add(self.closed, self.section), number)

    def _arabic(self, token: str) -> bool:
        if self.number is not None:
            return False
        plain = token.replace(",", "")
        value = float(plain)
        self.number, self.vague, self.single = (value, value), False, len(plain) == 1
        self.grain = _decimal_grain(plain)
        return True

    def _digit(self, token: str) -> bool:
        value = float(DIGITS[token])
        self.spelled += str(DIGITS[token])
        if self.number is not None and len(self.spelled) == 2:
            low = self.number[0]
            if not 0 < value - low <= 2 and low:
                return self.spelled.endswith("0")
            self.number, self.single = (low, value), False
            return True
        if value == 0:
            self.zero = True
            return True
        self.number, self.vague, self.single, self.grain = (value, value), False, True, 1.0
        return True

    def _unit(self, unit: float) -> bool:
        number = self.number
        if len(self.spelled) > 2:
            return False
        if unit >= 10_000:
            low, high = _add(self.section, number or (0.0, 0.0))
            if high == 0:
                low = high = 1.0
            # 几万 = 20,000–99,999; 三十来万 is 10 % about 300,000.
            vague = self.more or (self.vague and self.section[1] == 0)
            fill = unit - 1 if vague and not self.about else 0.0
            self.closed = _add(self.closed, (low * unit, high * unit + fill))
            self.section = (0.0, 0.0)
            self.grain = unit * (self.grain if self.grain < 1 else 1.0)
        else:
            low, high = _times(number or (1.0, 1.0), unit)
            self.section = _add(self.section, (low, high + (unit - 1 if self.vague else 0)))
            self.grain = unit
            self.more = self.more or self.vague
        self.unit, self.number, self.vague, self.spelled = unit, None, False, ""
        if unit >= 10_000:
            self.more = False
        self.zero = self.single = False
        return True

    def _more(self, piece: str) -> bool:
        """三百余 = 300–399, 2万多 = 20,000–29,999, 十余 = 11–19, 三十来 = 27–33."""
        low, high = _add(_add(self.closed, self.section), self.number or (0.0, 0.0))
        if piece == "来":
            self.about = True
            self.number = _add(self.number or (0.0, 0.0), (-low * 0.1, high * 0.1))
        else:
            extra = self.grain - (1.0 if self.grain > 1 else 0.0)
            least = 1.0 if low == high == 10 else 0.0
            self.number = _add(self.number or (0.0, 0.0), (least, extra))
            self.more = True
        self.single = False
        self.spelled = ""
        return True


def _grain(text: str) -> float:
    """Return the size of the last stated place: 1 for 37, 100 for 300 and 三百."""
    reading = _Reading()
    for token in _TOKEN.findall(text):
        reading.take(token)
    return reading.grain


def _decimal_grain(plain: str) -> float:
    if "." in plain:
        return 10.0 ** -len(plain.split(".", maxsplit=1)[1])
    return float(10 ** (len(plain) - len(plain.rstrip("0")) if plain.strip("0") else 0))


def _times(value: Range, factor: float) -> Range:
    return value[0] * factor, value[1] * factor


def _add(one: Range, other: Range) -> Range:
    return one[0] + other[0], one[1] + other[1]
