"""Key dates (关键日期, AD-12): 交付, 开盘, 降价, 办证, 判决 open a watch window; pure.

In an open window the subject is crawled fast, stands on the wall and in the daily brief.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from domain.clock import SHANGHAI, aware, shanghai_day
from domain.indicator import WatchRule, WatchWindow
from domain.source import KeyDate


def windows(
    dates: Iterable[KeyDate], rules: Sequence[WatchRule], now: datetime
) -> tuple[WatchWindow, ...]:
    """Return the window of every key date, those open now first, then by opening."""
    found = [_window(one, rules, now) for one in dates]
    return tuple(sorted(found, key=lambda w: (not w.open, w.opens, w.kind)))


def watched(
    dates: Iterable[KeyDate], rules: Sequence[WatchRule], now: datetime
) -> WatchWindow | None:
    """Return the open window whose date is nearest, None where none is open."""
    today = shanghai_day(now)
    still = [window for window in windows(dates, rules, now) if window.open]
    return min(still, key=lambda w: (abs(w.day - today), w.day, w.kind), default=None)


def _window(one: KeyDate, rules: Sequence[WatchRule], now: datetime) -> WatchWindow:
    rule = _rule(one.kind, rules)
    opens = _midnight(one.day - timedelta(days=rule.before))
    closes = _midnight(one.day + timedelta(days=rule.after + 1))
    is_open = opens <= now < closes
    return WatchWindow(
        kind=one.kind, day=one.day, opens=opens, closes=closes, open=is_open,
        reason_zh=_reason(one, rule, shanghai_day(now), is_open),
    )  # fmt: skip


def _rule(kind: str, rules: Sequence[WatchRule]) -> WatchRule:
    """Return the first rule with a word of the kind; the one without words is for all others."""
    for rule in rules:
        if any(word in kind for word in rule.words):
            return rule
    return next((rule for rule in rules if not rule.words), rules[-1])


def _reason(one: KeyDate, rule: WatchRule, today: date, is_open: bool) -> str:
    note = f"，{one.note}" if one.note else ""
    named = f"“{one.kind}”（{one.day}{note}）"
    days = (one.day - today).days
    when = f"还有 {days} 天" if days > 0 else "就在今天" if days == 0 else f"已过 {-days} 天"
    last = one.day + timedelta(days=rule.after)
    if is_open:
        return f"关键日期{named}{when}，关注到 {last}：加快采集、上大屏、进每日简报。"
    if days > rule.before:
        return f"关键日期{named}{when}，{one.day - timedelta(days=rule.before)} 起关注。"
    return f"关键日期{named}{when}，关注已于 {last} 结束。"


def _midnight(day: date) -> datetime:
    return aware(datetime.combine(day, time.min, tzinfo=SHANGHAI))
