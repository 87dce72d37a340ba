"""Phase (潜伏, 爆发, 处理, 善后; L-09): what the curve suggests; a person decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.heard import DAY, between, growing
from domain.clock import say_time
from domain.indicator import Heard, Suggestion

#: Outbreak: so many new voices in a day, whatever came before.
_OUTBREAK = 5
#: Aftermath: handled, and so long without a new voice.
_QUIET = timedelta(days=3)
NAMES = {"latent": "潜伏期", "outbreak": "爆发期", "handling": "处理期", "aftermath": "善后期"}


def phase(
    voices: Sequence[Heard], now: datetime, *, handled_at: datetime | None, what: str = "处置"
) -> Suggestion:
    """Return the suggested phase; `handled_at` is when the case or our answer began, `what` which.

    An event that breaks out again after it was handled is in outbreak again.
    """
    said = sorted((one for one in voices if one.at <= now), key=lambda one: (one.at, one.key))
    last = between(said, now - DAY, now)
    growth = growing(said, now)
    handled = handled_at is not None and handled_at <= now
    if handled and handled_at is not None:
        since = between(said, handled_at, now)
        if len(last) < _OUTBREAK or not growth or len(since) < _OUTBREAK:
            return _handled(said, now, handled_at, what)
        why = f"{say_time(handled_at)} {what}之后再起：24 小时内又有 {len(last)} 个新声音。"
        return _suggest("outbreak", why, last)
    if len(last) >= _OUTBREAK:
        return _suggest("outbreak", f"24 小时内 {len(last)} 个新声音，尚未处置。", last)
    if growth:
        return _suggest("outbreak", f"{growth.name}，尚未处置。", last)
    return _suggest("latent", _quiet(said, now), said)


def _handled(said: Sequence[Heard], now: datetime, since: datetime, what: str) -> Suggestion:
    latest = max([since, *(one.at for one in said)])
    days = (now - latest) // DAY
    if now - latest >= _QUIET:
        why = f"{say_time(since)} 已{what}，此后已 {days} 天没有新声音。"
        return _suggest("aftermath", why, said)
    new = between(said, since, now)
    return _suggest("handling", f"{say_time(since)} 已{what}，此后新增 {len(new)} 个声音。", new)


def _quiet(said: Sequence[Heard], now: datetime) -> str:
    if not said:
        return "还没有负面声音。"
    days = (now - said[-1].at) // DAY
    ago = f"最近一个在 {days} 天前" if days else "最近一个在 24 小时内"
    return f"共 {len(said)} 个声音，{ago}，没有明显增长。"


def _suggest(name: str, why: str, said: Sequence[Heard]) -> Suggestion:
    return Suggestion(
        phase=name, name_zh=NAMES[name], reason_zh=f"系统建议：{NAMES[name]}。{why}",
        keys=tuple(one.key for one in said),
    )  # fmt: skip
