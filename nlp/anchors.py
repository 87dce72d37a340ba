"""Anchors (锚点): the concrete thing that makes a signal a red line, one function a signal.

D-N1: a gathering needs time and place, the press a named outlet at work, a lawsuit its number or
court, a casualty somebody hurt here and now.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from nlp import harm, lawsuit, meeting, press
from nlp.counts import Count
from nlp.hindsight import long_past, once
from nlp.scene import HAN, STOP, Scene, SignalTable, Trigger

Anchors = tuple[tuple[int, int], ...]
#: A court of a named place; 人民法院 alone names none.
_COURT = re.compile(
    rf"(?:(?!{STOP})[{HAN}a-z0-9]){{1,8}}[省市区县州](?:中级|高级|基层)?(?:人民)?法院"
    rf"|(?:(?!{STOP})[{HAN}]){{2,8}}(?:中级|高级)人民法院|最高人民法院|(?:(?!{STOP})[{HAN}]){{2,8}}仲裁委"
)
_MODAL = re.compile(
    "会|迟早|可能|万一|要是|如果|以免|难道要等|等到|小心|差点|险些|防止|避免|是不是要|怕|担心|容易"
    "|一旦|假如|不要等|非要|才|到时|未导致|未造成|没有造成|风险"
)
#: What follows a mere fear: 摔死了谁负责, 出了人命才会重视.
_FEAR = re.compile("谁来?负责|怎么办|才会|才重视|风险|隐患|不顾|之类|等事故")
_DENIED = re.compile("(?:没有|没|不|未|别|不要|不会|不去)$")
_DURATION = re.compile(
    r"(?<!\d)(?:\d{1,2}|半|一|两|三|四|五|六|七|八|九|十|几|数)(?:个多?月|年|天|多天)"
)
_INTENT = re.compile("要|想|准备|打算|正在|已经|现在|站在|爬上")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is looked up once a text, so that many triggers cost linear time."""

    scene: Scene
    #: Whether the text speaks of a building or a site at all.
    built: bool
    #: Where each count begins, in order.
    counted: list[int]
    #: Where the false friends of each signal stand, in order.
    traps: dict[str, list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What stands around one trigger."""

    seen: Seen
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

    def nearest(
        self,
        pattern: re.Pattern[str],
        refused: Callable[[str, re.Match[str]], bool] | None = None,
    ) -> re.Match[str] | None:
        """Search within reach of the trigger; of several the one closest to it."""
        text, start, end = self.scene.text, self.trigger.start, self.trigger.end
        found = [
            match
            for match in pattern.finditer(text, self.left, self.right)
            if refused is None or not refused(text, match)
        ]
        return min(
            found, key=lambda match: max(start - match.end(), match.start() - end), default=None
        )

    @property
    def day(self) -> date | None:
        """Return the day the text was published, None where unknown."""
        return self.scene.day

    @property
    def denied(self) -> bool:
        """Whether the trigger is denied or forbidden: 没有停工, 不要堵门."""
        start = self.trigger.start
        return _DENIED.search(self.scene.text[max(0, start - 3) : start]) is not None


def _gathering(near: Near) -> Anchors:
    time = near.nearest(meeting.TIME, meeting.no_time)
    start, end = near.trigger.start, near.trigger.end
    if time is None or near.denied or meeting.past(near.scene.text, time, near.scene.day):
        return ()
    if meeting.far(time, start, end) or meeting.unwanted(near.scene.text, start, end):
        return ()
    if once(near.scene.text, start, end):
        return ()
    place = near.nearest(near.table.place)
    if place is not None and meeting.forbidden(near.scene.text, place.start()):
        return ()
    if place is not None and _in_earnest(near):
        return time.span(), place.span()
    building = _building(near)
    return () if building is None else (time.span(), building)


def _in_earnest(near: Near) -> bool:
    """Whether people meet for more than a picnic."""
    trigger = near.trigger
    meets = meeting.MEETS.search(near.scene.text, trigger.start, trigger.end) is not None
    if meets and meeting.outing(near.scene.text, near.left, near.right):
        return False
    if near.search(meeting.INSTITUTION) is not None:
        return True
    return near.scene.serious and not meets


def _building(near: Near) -> tuple[int, int] | None:
    """Return the building where people meet; to meet there in no picnic is earnest enough."""
    text, (start, end) = near.scene.text, (near.trigger.start, near.trigger.end)
    met = meeting.MEETS_UP.match(text, start) is not None
    if (met or _in_earnest(near)) and not meeting.outing(text, near.left, near.right):
        return meeting.building(text, start, end, near.left)
    return None


def _media(near: Near) -> Anchors:
    outlet = near.nearest(near.table.outlet)
    if outlet is None or near.search(near.table.media_context) is None:
        return ()
    start, end = near.trigger.start, near.trigger.end
    return (outlet.span(),) if press.involved(near.scene.text, start, end, outlet, near.day) else ()


def _casualty(near: Near) -> Anchors:
    start, end = near.trigger.start, near.trigger.end
    before = near.scene.text[max(near.left, start - 12) : start]
    after = near.scene.text[end : end + 16]
    if _MODAL.search(before) or _FEAR.search(after) or near.denied:
        return ()
    if not harm.happened(near.scene.text, start, end, near.day):
        return ()
    people = near.people("person")
    if people is not None and harm.counted(near.scene.text, people, start, end):
        return (people.start, people.end), (start, end)
    return ((start, end),) if harm.told(near.scene.text, start, end) else ()


def _litigation(near: Near) -> Anchors:
    court = near.search(_COURT)
    if court is None or not lawsuit.concerns(near.scene.text, court.start(), near.trigger.end):
        return ()
    if long_past(near.scene.text, near.trigger.start, near.trigger.end, near.day, lawsuit.LASTS):
        return ()
    return (court.span(),)


def _authority(near: Near) -> Anchors:
    office = near.search(near.table.authority)
    return () if office is None or near.denied else (office.span(),)


def _refund(near: Near) -> Anchors:
    people = near.people("household", "person")
    return () if people is None else ((people.start, people.end),)


def _stopwork(near: Near) -> Anchors:
    lasting = near.search(_DURATION)
    return () if lasting is None else (lasting.span(),)


def _selfharm(near: Near) -> Anchors:
    start, end = near.trigger.start, near.trigger.end
    intent = _INTENT.search(near.scene.text, max(near.left, start - 8), start)
    return () if intent is None else ((start, end),)


ANCHOR: dict[str, Callable[[Near], Anchors]] = {
    "gathering": _gathering,
    "media": _media,
    "casualty": _casualty,
    "litigation": _litigation,
    "authority": _authority,
    "refund": _refund,
    "stopwork": _stopwork,
    "selfharm": _selfharm,
}
