"""Red lines (红线): an anchored signal alarms at once; mere talk needs two voices (D-N1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from alerts.counting import certain, in_order, in_window, leaves_at
from domain.alert import Counted, EventView, Finding, Rule, Rules
from domain.clock import say_time
from domain.level import Level
from domain.mask import mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A post with the signal, and what anchors it there."""

    post: Counted
    signal_anchors: tuple[str, ...]


def carriers(posts: Iterable[Counted], code: str) -> list[Carrier]:
    """Return the relevant posts that carry a signal, oldest first."""
    return [
        Carrier(post=post, signal_anchors=_anchors(post, code))
        for post in in_order(posts)
        if post.relevant and any(signal.code == code for signal in post.signals)
    ]


def _anchors(post: Counted, code: str) -> tuple[str, ...]:
    return tuple(
        mask(signal.anchor or signal.span.text)
        for signal in post.signals
        if signal.code == code and signal.anchored
    )


def signal(rule: Rule, view: EventView, _rules: Rules, now: datetime) -> Finding | None:
    """Hold on one post with the concrete anchor, or on several voices that only talk of it."""
    found = carriers(in_window(view.posts, rule, now), rule.signal)
    anchored = [carrier for carrier in found if carrier.signal_anchors]
    talked = _talked(rule, [c.post for c in found if not c.post.duplicate and c.post.negative])
    if not anchored or rule.level is None:
        return talked
    concrete = _concrete(rule, anchored, rule.level)
    return talked if talked and talked.level.graver_than(concrete.level) else concrete


def _concrete(rule: Rule, found: list[Carrier], level: Level) -> Finding:
    posts = tuple(carrier.post for carrier in found)
    anchors = list(dict.fromkeys(a for carrier in found for a in carrier.signal_anchors))
    return Finding(
        rule=rule.id, rule_version=rule.version, level=level, observed=len(posts),
        reason_zh=(
            f"出现“{rule.title}”信号：{'；'.join(anchors[:3])}（{len(posts)} 帖，"
            f"首帖 {say_time(posts[0].published_at)}，依据 {rule.source}）。"
        ),
        posts=posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "anchors": anchors,
            "posts": len(posts),
        },
        changes_at=leaves_at(posts, rule.window),
    )  # fmt: skip


def _talked(rule: Rule, posts: list[Counted]) -> Finding | None:
    """Hold where enough voices say it without saying where, when or who."""
    said = certain(posts)
    if rule.talk is None or said < rule.talk.voices:
        return None
    return Finding(
        rule=rule.id, rule_version=rule.version, level=rule.talk.level, observed=said,
        reason_zh=(
            f"{said} 个不同账号在同一件事中说到“{rule.title}”"
            f"（首帖 {say_time(posts[0].published_at)}，依据 {rule.source}）。"
        ),
        posts=tuple(posts),
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "certain": said,
            "threshold": rule.talk.voices,
        },
        changes_at=leaves_at(posts, rule.window),
    )  # fmt: skip
