"""Lawsuit (诉讼): a case at court about homes, their builder or their service, and not long ago."""

import re
from datetime import date, timedelta

#: A judgement longer ago is history.
LASTS = timedelta(days=400)
_OURS = re.compile(
    "开发商|物业|业主|交房|购房|房屋|商品房|小区|楼盘|逾期|房产证|不动产证|地产|置业|退房|延期|收房|维修基金|烂尾|楼栋|精装"
)
#: Quarrels of others: wages, families, villages, crimes.
_OTHERS = re.compile(
    "工资|劳动|仲裁|离婚|抚养|邻居|村民|土地|征收|拆迁|强拆|刑事|诈骗|工伤|社保|借款|借贷|欠条|医院|行政诉讼|执行局"
    "|法官|审判|冤|宅基|厂房|煤矿|驾校|工程款|交通|赔付|租赁|学校|厂长|股东"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_REACH = 60
#: A line of a board or group need not say whose affair it is.
_SHORT = 80


def concerns(text: str, start: int, end: int) -> bool:
    """Whether the lawsuit around [start, end) is about a home and its makers."""
    near = max(0, start - _REACH), min(len(text), end + _REACH)
    if _OTHERS.search(text, *near):
        return False
    return len(text) <= _SHORT or _OURS.search(text, *near) is not None


def recent(number: re.Match[str], day: date | None) -> bool:
    """Whether a case number is of this year or the year before; without a day it may be."""
    year = _YEAR.search(number.group())
    return day is None or year is None or int(year.group()) >= day.year - 1
