"""Risk signals (风险信号): a trigger word, and whether the concrete anchor of a red line is there.

D-N1: a gathering needs time and place, the press a named outlet, a lawsuit its number or court,
a casualty a building and no "if". Without the anchor a signal is shown, never a red line.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.language import SignalFacts
from nlp import meeting
from nlp.counts import Count
from nlp.normal import normalise

Anchors = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger word in a normal text."""

    code: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A signal in a normal text; `anchor` is (start, end) pairs of what anchors it."""

    code: str
    start: int
    end: int
    anchors: Anchors
    anchored: bool


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
        place=re.compile(_any(facts.gathering_places)),
        outlet=re.compile(
            rf"(?:{_any(facts.outlets)})"
            rf"|(?:(?!{_STOP})[{_HAN}]){{1,6}}?(?:{suffix})(?![表名单])"
            r"|(?<=《)[^《》\n]{2,12}(?=》)"
        ),
        media_context=re.compile(_any(facts.media_context)),
        authority=re.compile(rf"(?:(?!{_STOP})[{_HAN}]){{0,4}}(?:{_any(facts.authorities)})"),
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


def find_signals(scene: Scene, table: SignalTable) -> list[Raw]:
    """Return the signals of a text, one a code; an anchored one beats the others."""
    found: dict[str, Raw] = {}
    seen = _look(scene, table)
    numbers = _CASE_NUMBER.search(scene.text) if "号" in scene.text else None
    if numbers is not None:
        found["litigation"] = _raw("litigation", *numbers.span(), (numbers.span(),))
    for trigger in scene.triggers:
        known = found.get(trigger.code)
        if known is not None and known.anchored:
            continue
        raw = _examine(seen, trigger, table)
        if raw is not None and (known is None or raw.anchored):
            found[trigger.code] = raw
    return [found[code] for code in sorted(found)]


_HAN = "\u4e00-\u9fff"
_STOP = (
    "联系|[找了被向给让在是有和到的上都请去与及已将"
    "会被来说由把从叫经要过前后较初家月看多各本该等往知]"
)
_CASE_NUMBER = re.compile(
    rf"\(?(?:19|20)\d\d\)?\s?(?!年)[{_HAN}]{{0,2}}\d{{0,6}}"
    r"[民刑行执破仲财知商赔辖][初终申再监执恢异保特字更清]{0,3}第?\d{1,7}号"
)
#: A court of a named place; 人民法院 alone names none.
_COURT = re.compile(
    rf"(?:(?!{_STOP})[{_HAN}a-z0-9]){{1,8}}[省市区县州](?:中级|高级|基层)?(?:人民)?法院"
    rf"|最高人民法院|(?:(?!{_STOP})[{_HAN}]){{2,8}}仲裁委"
)
_MODAL = re.compile(
    "会|迟早|可能|万一|要是|如果|以免|难道要等|等到|小心|差点|险些|防止|避免|是不是要|怕|担心|容易|一旦|假如|不要等|非要|才|到时|未导致|未造成|没有造成|风险"
)
#: What follows a mere fear: 摔死了谁负责, 出了人命才会重视.
_FEAR = re.compile("谁来?负责|怎么办|才会|才重视|风险|隐患|不顾|之类|等事故")
_DEATH = re.compile("死|(?<!伤)亡|遇难|丧生|去世|坠楼|跳楼")
_DENIED = re.compile("(?:没有|没|不|未|别|不要|不会|不去)$")
_DURATION = re.compile(
    r"(?<!\d)(?:\d{1,2}|半|一|两|三|四|五|六|七|八|九|十|几|数)(?:个多?月|年|天|多天)"
)
_INTENT = re.compile("要|想|准备|打算|正在|已经|现在|站在|爬上")
_REACH = {
    "gathering": 60, "media": 40, "casualty": 40, "litigation": 40, "authority": 30, "refund": 60,
    "stopwork": 30, "selfharm": 30,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What is looked up once a text, so that many triggers cost linear time."""

    scene: Scene
    #: Whether the text speaks of a building or a site at all.
    built: bool
    #: Where each count begins, in order.
    counted: list[int]
    #: Where the false friends of each signal stand, in order.
    traps: dict[str, list[int]]


def _look(scene: Scene, table: SignalTable) -> _Seen:
    traps: dict[str, list[int]] = {}
    for code, at in scene.traps:
        traps.setdefault(code, []).append(at)
    return _Seen(
        scene=replace(scene, counts=sorted(scene.counts, key=lambda count: count.start)),
        built=any(trigger.code == "casualty" for trigger in scene.triggers)
        and table.building.search(scene.text) is not None,
        counted=sorted(count.start for count in scene.counts),
        traps={code: sorted(places) for code, places in traps.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    """What stands around one trigger."""

    seen: _Seen
    trigger: Trigger
    left: int
    right: int
    table: SignalTable

    @property
    def scene(self) -> Scene:
        """Return the text and what is known of it."""
        return self.seen.scene

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Search within reach of the trigger."""
        return pattern.search(self.scene.text, self.left, self.right)

    def people(self, *kinds: str) -> Count | None:
        """Return the first count of these kinds within reach."""
        first, last = (bisect_left(self.seen.counted, at) for at in (self.left, self.right))
        near = self.scene.counts[first:last]
        return next((count for count in near if count.kind in kinds), None)

    @property
    def denied(self) -> bool:
        """Whether the trigger is denied or forbidden: 没有停工, 不要堵门."""
        start = self.trigger.start
        return _DENIED.search(self.scene.text[max(0, start - 3) : start]) is not None


def _examine(seen: _Seen, trigger: Trigger, table: SignalTable) -> Raw | None:
    code = trigger.code
    left, right = _around(seen.scene.text, trigger.start, trigger.end, _REACH[code])
    traps = seen.traps.get(code, [])
    trapped = bisect_left(traps, left) < bisect_left(traps, right)
    if trapped or (code == "casualty" and not seen.built):
        return None
    near = _Near(seen=seen, trigger=trigger, left=left, right=right, table=table)
    return _raw(code, trigger.start, trigger.end, _ANCHOR[code](near))


def _raw(code: str, start: int, end: int, anchors: Anchors) -> Raw:
    return Raw(code=code, start=start, end=end, anchors=anchors, anchored=bool(anchors))


def _gathering(near: _Near) -> Anchors:
    time = near.search(meeting.TIME)
    if time is None or near.denied or meeting.past(near.scene.text, time, near.scene.day):
        return ()
    place = near.search(near.table.place)
    if place is not None and _in_earnest(near):
        return time.span(), place.span()
    building = _building(near)
    return () if building is None else (time.span(), building)


def _in_earnest(near: _Near) -> bool:
    """Whether people meet for more than a picnic."""
    if near.search(meeting.INSTITUTION) is not None:
        return True
    return near.scene.serious and meeting.MEETS.match(near.scene.text, near.trigger.start) is None


def _building(near: _Near) -> tuple[int, int] | None:
    """Return the building where people meet; to meet there in no picnic is earnest enough."""
    text, (start, end) = near.scene.text, (near.trigger.start, near.trigger.end)
    met = meeting.MEETS_UP.match(text, start) is not None
    if (met or _in_earnest(near)) and not meeting.outing(text, near.left, near.right):
        return meeting.building(text, start, end, near.left)
    return None


def _media(near: _Near) -> Anchors:
    outlet = near.search(near.table.outlet)
    if outlet is None or near.search(near.table.media_context) is None:
        return ()
    return (outlet.span(),)


def _casualty(near: _Near) -> Anchors:
    start, end = near.trigger.start, near.trigger.end
    before = near.scene.text[max(near.left, start - 12) : start]
    after = near.scene.text[end : end + 16]
    if _MODAL.search(before) or _FEAR.search(after) or near.denied:
        return ()
    people = near.people("person")
    if people is not None:
        return (people.start, people.end), (start, end)
    return ((start, end),) if _DEATH.search(near.scene.text[start:end]) else ()


def _litigation(near: _Near) -> Anchors:
    court = near.search(_COURT)
    return () if court is None else (court.span(),)


def _authority(near: _Near) -> Anchors:
    office = near.search(near.table.authority)
    return () if office is None or near.denied else (office.span(),)


def _refund(near: _Near) -> Anchors:
    people = near.people("household", "person")
    return () if people is None else ((people.start, people.end),)


def _stopwork(near: _Near) -> Anchors:
    lasting = near.search(_DURATION)
    return () if lasting is None else (lasting.span(),)


def _selfharm(near: _Near) -> Anchors:
    start, end = near.trigger.start, near.trigger.end
    intent = _INTENT.search(near.scene.text, max(near.left, start - 8), start)
    return () if intent is None else ((start, end),)


_ANCHOR: dict[str, Callable[[_Near], Anchors]] = {
    "gathering": _gathering,
    "media": _media,
    "casualty": _casualty,
    "litigation": _litigation,
    "authority": _authority,
    "refund": _refund,
    "stopwork": _stopwork,
    "selfharm": _selfharm,
}


def _around(text: str, start: int, end: int, reach: int) -> tuple[int, int]:
    """Return the stretch of the trigger's paragraph within `reach` characters of it."""
    left, right = max(0, start - reach), min(len(text), end + reach)
    line_start, line_end = text.rfind("\n", left, start), text.find("\n", end, right)
    return (left if line_start < 0 else line_start + 1), (right if line_end < 0 else line_end)


def _any(words: Sequence[str]) -> str:
    forms = sorted({normalise(word).text for word in words}, key=lambda word: (-len(word), word))
    return "|".join(map(re.escape, forms)) or "(?!)"
