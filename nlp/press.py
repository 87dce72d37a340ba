"""Press (媒体介入): an outlet busy with our affair, not one that is quoted or remembered."""

import re
from datetime import date, timedelta

from nlp.hindsight import governing, long_past, sentence

#: What a report is quoted with: 据…报道, 看到…的新闻, a byline.
_QUOTED = re.compile(
    "据悉?$|据.{0,4}$|看到?[了过]?$|看[《“]?$|[近昨今]日$|日前$|近期$|转自$|来源:?.{0,4}$|摘自$|引用$|从.{0,6}$"
    "|想起.{0,12}$|正如.{0,14}$|涉嫌.{0,20}$|到时候?$"
)
_BYLINE = re.compile(
    r"讯\s?\(?\s?记者|\(\s?(?:实习)?记者\s?[\u4e00-\u9fff]{0,4}\s?\)|记者试|通讯员|等媒体报道|报道[:,《“]|报道称"
)
#: What makes it our affair.
_OURS = re.compile(
    "小区|业主|开发商|物业|楼盘|售楼|工地|住户|购房|交房|烂尾|房子|房屋|住宅|精装|漏水|停工"
)
_WE = re.compile(f"我们|咱|{_OURS.pattern}")
#: People of the press at work, now or about to.
_AT_WORK = re.compile(
    "记者.{0,10}(?:来|到|在|采访|约|拍|介入|跟进|关注)|(?:采访|暗访|记者)[了过已正]"
    "|(?:来|到|已|正|约|请|让|叫|联系|找).{0,8}(?:采访|记者|暗访)"
)
#: A long letter tells a story; only what it dates, or calls new, is new.
_LATELY = re.compile(
    "今[天日早晚晨]|昨[天日晚]|刚|近[日期]|日前|正在|已[对到来在就]|明[天日早晚]|即将|马上|本周|这[周两几]"
)
_MAYBE = re.compile(
    "会通过|将通过|只有走|只能找|不行就|要不|是不是|要找|想找|可以找|就找|等[处方]|求助|寻求"
)
_RECENT = timedelta(days=21)
#: A line of a board or group need not say whose affair it is.
_SHORT = 80


def involved(text: str, start: int, end: int, outlet: re.Match[str], day: date | None) -> bool:
    """Whether the outlet reports on us or its people are at work, and not long ago."""
    left, right = sentence(text, min(start, outlet.start()), max(end, outlet.end()))
    if not left <= outlet.start() < right or _quoted(text, left, right, outlet.start()):
        return False
    if _MAYBE.search(text, left, right) or long_past(text, start, end, day, _RECENT):
        return False
    if len(text) <= _SHORT:
        at_work = _AT_WORK.search(text, max(left, start - 14), min(right, end + 14))
        return at_work is not None or text[start:end] != "报道" or _WE.search(text) is not None
    near = max(0, left - 30), min(len(text), right + 20)
    if _OURS.search(text, *near) is None:
        return False
    dated = governing(text, start, end, day) is not None
    return dated or _LATELY.search(text, left, right) is not None


def _quoted(text: str, left: int, right: int, outlet: int) -> bool:
    """Whether the outlet is where a story comes from: 据…报道, 看到…, a byline."""
    quoted = _QUOTED.search(text[left:outlet])
    return quoted is not None or _BYLINE.search(text, left, right) is not None
