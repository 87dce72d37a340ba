"""Scene (语境) of risk signals: a text with its trigger words, and the word lists as patterns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.language import SignalFacts
from nlp.counts import Count
from nlp.normal import normalise

HAN = "\u4e00-\u9fff"
STOP = (
    "联系|[找了被向给让在是有和到的上都请去与及已将"
    "会被来说由把从叫经要过前后较初家月看多各本该等往知]"
)
#: Titles of laws and papers, which are no programme of the press.
_PAPER = (
    "规定|[条案][例件]|法|证|合同|办法|通知|协议|报告|书|函|决定|意见|方案|制度|标准|规范|细则|公约|条款|公告"
    "|规划|说明|表|指南|手册|目录|守则|规则|章程|政策|文件|解释|图|计划|纪要|清单|承诺|许可|声明|倡议"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger word in a normal text."""

    code: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTable:
    """The word lists of SignalFacts as patterns."""

    severity: dict[str, float]
    place: re.Pattern[str]
    outlet: re.Pattern[str]
    media_context: re.Pattern[str]
    authority: re.Pattern[str]
    building: re.Pattern[str]


def build_signals(facts: SignalFacts) -> SignalTable:
    """Compile the anchors."""
    suffix = _any(facts.outlet_suffixes)
    return SignalTable(
        severity=dict(facts.severity),
        place=re.compile(
            rf"{_any(facts.gathering_places)}"
            rf"|(?:(?!{STOP}|[们家人元栋幢座楼号])[{HAN}]){{1,5}}(?:门口|大厅|广场)"
        ),
        outlet=re.compile(
            rf"(?:{_any(facts.outlets)})"
            rf"|(?:(?!{STOP})[{HAN}]){{1,6}}?(?:{suffix})(?![表名单])"
            rf"|(?<=《)(?![^《》\n]*(?:{_PAPER})》)[^《》\n]{{2,12}}(?=》)"
        ),
        media_context=re.compile(_any(facts.media_context)),
        authority=re.compile(rf"(?:(?!{STOP})[{HAN}]){{0,4}}(?:{_any(facts.authorities)})"),
        building=re.compile(_any(facts.building_context)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A normal text and what is already known of it."""

    text: str
    triggers: Sequence[Trigger]
    #: (signal code, place) of the false friends met.
    traps: Sequence[tuple[str, int]]
    counts: Sequence[Count]
    #: The text also complains of something: then a meeting at the gate is no picnic.
    serious: bool
    #: The day it was published (Asia/Shanghai), None where unknown.
    day: date | None = None


def _any(words: Sequence[str]) -> str:
    forms = sorted({normalise(word).text for word in words}, key=lambda word: (-len(word), word))
    return "|".join(map(re.escape, forms)) or "(?!)"
