"""Rules on distinct voices: one problem, many people (L-03, L-04, LC-2, LC-3), group lawsuits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.claims import largest, told
from alerts.counting import (
    KINDS,
    certain,
    count_voices,
    in_order,
    in_window,
    is_voice,
    kind_by_voice,
    leaves_at,
    topic_words,
)
from alerts.rules_signal import carriers
from domain.alert import ClaimStep, Counted, EventView, Finding, Rule, Rules, Step
from domain.clock import say_span, say_time
from domain.level import Level


def voices(rule: Rule, view: EventView, rules: Rules, now: datetime) -> Finding | None:
    """Hold from the first rung of the ladder on; copies and back-fill add no voice."""
    heard = _heard(rule, view, now)
    return _finding(rule, heard, rules) if heard else None


def group(rule: Rule, view: EventView, rules: Rules, now: datetime) -> Finding | None:
    """Hold like `voices`, where the event also carries the signal: anchored, or by two voices."""
    found = carriers(in_window(view.posts, rule, now), rule.signal)
    if not any(post.signal_anchors for post in found) and certain(p.post for p in found) < 2:
        return None
    return voices(rule, view, rules, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """The voices of a window and the rung they reach."""

    posts: tuple[Counted, ...]
    first_hand: list[Counted]
    by_site: dict[str, int]
    step: Step | None
    claim: ClaimStep | None

    @property
    def certain(self) -> int:
        """Lower bound: the largest site's number."""
        return max(self.by_site.values())

    @property
    def probable(self) -> int:
        """Upper bound: nobody speaks on two sites."""
        return sum(self.by_site.values())

    @property
    def level(self) -> Level:
        """The graver of what voices and stated numbers reach."""
        levels = [step.level for step in (self.step, self.claim) if step is not None]
        return max(levels, key=lambda level: level.rank)

    @property
    def by_claim(self) -> bool:
        """Whether the stated number, not the voices, decides the level."""
        return self.claim is not None and (
            self.step is None or self.claim.level.graver_than(self.step.level)
        )


def _heard(rule: Rule, view: EventView, now: datetime) -> _Heard | None:
    window = [post for post in in_window(view.posts, rule, now) if is_voice(post)]
    first_hand = [post for post in window if not post.duplicate]
    by_site = count_voices(first_hand)
    number = max(by_site.values(), default=0)
    heard = _Heard(
        posts=in_order(window), first_hand=first_hand, by_site=by_site,
        step=_rung(rule.ladder, number), claim=_claimed(rule, first_hand, number),
    )  # fmt: skip
    return heard if heard.step or heard.claim else None


def _rung(ladder: Sequence[Step], number: int) -> Step | None:
    return max(
        (step for step in ladder if number >= step.voices), key=lambda s: s.voices, default=None
    )


def _claimed(rule: Rule, posts: Sequence[Counted], number: int) -> ClaimStep | None:
    """Return what the stated number lifts to: its lower bound, and enough voices behind it."""
    found = largest(posts) if rule.claims else None
    if found is None:
        return None
    reached = [s for s in rule.claims if found[0].low >= s.stated and number >= s.voices]
    return max(reached, key=lambda s: s.level.rank, default=None)


def _finding(rule: Rule, heard: _Heard, rules: Rules) -> Finding:
    claim = largest(heard.first_hand)
    stated = {} if claim is None else {"stated": [claim[0].low, claim[0].high]}
    return Finding(
        rule=rule.id, rule_version=rule.version, level=heard.level, observed=heard.certain,
        reason_zh=_reason(rule, heard, rules), posts=heard.posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "certain": heard.certain,
            "probable": heard.probable,
            "by_site": heard.by_site,
            "reposts": len(heard.posts) - len(heard.first_hand),
            "threshold": _threshold(heard),
            **stated,
        },
        changes_at=leaves_at(heard.posts, rule.window),
    )  # fmt: skip


def _threshold(heard: _Heard) -> int:
    """Return the number of voices that decides the level."""
    if heard.claim is not None and (heard.by_claim or heard.step is None):
        return heard.claim.voices
    assert heard.step is not None  # one of the two is there
    return heard.step.voices


def _reason(rule: Rule, heard: _Heard, rules: Rules) -> str:
    kinds = Counter(KINDS[kind] for kind in kind_by_voice(heard.first_hand).values())
    where = "、".join(f"{name} {n} 个" for name, n in kinds.most_common())
    spread = ""
    if heard.probable > heard.certain:
        spread = f"，各站合计至多 {heard.probable} 个（跨站不合并）"
    reposts = len(heard.posts) - len(heard.first_hand)
    copied = f"；另有转载 {reposts} 篇，不计" if reposts else ""
    return (
        f"过去{say_span(rule.window)}至少 {heard.certain} 个不同账号就同一件事"
        f"“{topic_words(heard.posts, rules)}”发出负面声音（{where}{spread}），"
        f"达到“{rule.title}”{_line(heard)}（{rule.source}）；"
        f"首帖 {say_time(heard.posts[0].published_at)}{told(heard.first_hand)}{copied}。"
    )


def _line(heard: _Heard) -> str:
    if heard.by_claim and heard.claim is not None:
        return f"自称 {heard.claim.stated} 户（人）以上、{heard.claim.voices} 个声音的界线"
    return f"第 {_threshold(heard)} 个的界线"
