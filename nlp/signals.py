"""Risk signals (风险信号): a trigger word, and whether the concrete anchor of a red line is there.

D-N1: a gathering needs time and place, the press a named outlet, a lawsuit its number or court,
a casualty a building and no "if". Without the anchor a signal is shown, never a red line.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace

from nlp import harm, lawsuit
from nlp.anchors import ANCHOR, Anchors, Near, Seen
from nlp.scene import HAN, Scene, SignalTable, Trigger, build_signals

__all__ = ["Raw", "Scene", "SignalTable", "Trigger", "build_signals", "find_signals"]

_CASE_NUMBER = re.compile(
    rf"\(?(?:19|20)\d\d\)?\s?(?!年)[{HAN}]{{0,2}}\d{{0,6}}"
    r"[民刑行执破仲财知商赔辖][初终申再监执恢异保特字更清]{0,3}第?\d{1,7}号"
)
#: Characters on either side of a trigger within which its anchor stands.
_REACH = {
    "gathering": 60, "media": 40, "casualty": 40, "litigation": 40, "authority": 30, "refund": 60,
    "stopwork": 30, "selfharm": 30,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A signal in a normal text; `anchor` is (start, end) pairs of what anchors it."""

    code: str
    start: int
    end: int
    anchors: Anchors
    anchored: bool


def find_signals(scene: Scene, table: SignalTable) -> list[Raw]:
    """Return the signals of a text, one a code; an anchored one beats the others."""
    found: dict[str, Raw] = {}
    seen = _look(scene, table)
    numbers = _CASE_NUMBER.search(scene.text) if "号" in scene.text else None
    if numbers is not None:
        red = lawsuit.concerns(scene.text, *numbers.span()) and lawsuit.recent(numbers, scene.day)
        span = numbers.span()
        found["litigation"] = _raw("litigation", *span, (span,) if red else ())
    for trigger in scene.triggers:
        known = found.get(trigger.code)
        if known is not None and known.anchored:
            continue
        raw = _examine(seen, trigger, table)
        if raw is not None and (known is None or raw.anchored):
            found[trigger.code] = raw
    return [found[code] for code in sorted(found)]


def _look(scene: Scene, table: SignalTable) -> Seen:
    traps: dict[str, list[int]] = {}
    for code, at in scene.traps:
        traps.setdefault(code, []).append(at)
    return Seen(
        scene=replace(scene, counts=sorted(scene.counts, key=lambda count: count.start)),
        built=any(trigger.code == "casualty" for trigger in scene.triggers)
        and (table.building.search(scene.text) is not None or harm.here(scene.text)),
        counted=sorted(count.start for count in scene.counts),
        traps={code: sorted(places) for code, places in traps.items()},
    )


def _examine(seen: Seen, trigger: Trigger, table: SignalTable) -> Raw | None:
    code = trigger.code
    left, right = _around(seen.scene.text, trigger.start, trigger.end, _REACH[code])
    traps = seen.traps.get(code, [])
    trapped = bisect_left(traps, left) < bisect_left(traps, right)
    if trapped or (code == "casualty" and not seen.built):
        return None
    near = Near(seen=seen, trigger=trigger, left=left, right=right, table=table)
    return _raw(code, trigger.start, trigger.end, ANCHOR[code](near))


def _raw(code: str, start: int, end: int, anchors: Anchors) -> Raw:
    return Raw(code=code, start=start, end=end, anchors=anchors, anchored=bool(anchors))


def _around(text: str, start: int, end: int, reach: int) -> tuple[int, int]:
    """Return the stretch of the trigger's paragraph within `reach` characters of it."""
    left, right = max(0, start - reach), min(len(text), end + reach)
    line_start, line_end = text.rfind("\n", left, start), text.find("\n", end, right)
    return (left if line_start < 0 else line_start + 1), (right if line_end < 0 else line_end)
