"""Rules on what others reported: staff on site, the press, complaints a person linked."""

from collections.abc import Mapping
from datetime import datetime

from alerts.counting import in_order, in_window, leaves_at
from domain.alert import Counted, EventView, Finding, Rule, Rules, Step
from domain.clock import say_span, say_time
from domain.post import SourceKind


def onsite(rule: Rule, view: EventView, _rules: Rules, now: datetime) -> Finding | None:
    """Hold on the first report, whatever its words: a colleague saw it with their own eyes."""
    posts = in_order(p for p in in_window(view.posts, rule, now) if p.onsite == rule.onsite)
    if not posts or rule.level is None:
        return None
    return Finding(
        rule=rule.id, rule_version=rule.version, level=rule.level, observed=len(posts),
        reason_zh=(
            f"现场人员上报“{rule.title}”（{len(posts)} 次，最早 "
            f"{say_time(posts[0].published_at)}，依据 {rule.source}）。"
        ),
        posts=posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "onsite": rule.onsite,
            "posts": len(posts),
        },
        changes_at=leaves_at(posts, rule.window),
    )  # fmt: skip


def media(rule: Rule, view: EventView, rules: Rules, now: datetime) -> Finding | None:
    """Hold from the first negative article of an outlet of these classes (D-N1, L-02(c)).

    Outlets are counted, not articles; what another outlet copied is another outlet (D-M1).
    """
    posts = in_order(
        post
        for post in in_window(view.posts, rule, now)
        if post.kind is SourceKind.NEWS
        and post.negative
        and outlet_class(post.outlet, rules.outlets) in rule.classes
    )
    names = list(dict.fromkeys(str(post.outlet) for post in posts))
    step = _rung(rule, len(names))
    if step is None:
        return None
    return Finding(
        rule=rule.id, rule_version=rule.version, level=step.level, observed=len(names),
        reason_zh=(
            f"过去{say_span(rule.window)} {len(names)} 家媒体刊发负面报道"
            f"（{'、'.join(names[:5])}），"
            f"首篇 {say_time(posts[0].published_at)}，达到“{rule.title}”第 {step.voices} 家的界线"
            f"（{rule.source}）。"
        ),
        posts=posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "outlets": names,
            "threshold": step.voices,
        },
        changes_at=leaves_at(posts, rule.window),
    )  # fmt: skip


def outlet_class(outlet: str | None, classes: Mapping[str, str]) -> str | None:
    """Return the class of an outlet by name, or by host and the hosts above it."""
    name = (outlet or "").strip()
    parts = name.lower().split(".")
    hosts = [".".join(parts[start:]) for start in range(len(parts) - 1)]
    return next((classes[each] for each in (name, *hosts) if each in classes), None)


def complaints(rule: Rule, view: EventView, _rules: Rules, now: datetime) -> Finding | None:
    """Hold from so many complaints a person linked to one case (X-03, N-01: never guessed)."""
    linked = in_order(post for post in in_window(view.posts, rule, now) if post.complaints)
    most = max((post.complaints for post in linked), default=0)
    step = _rung(rule, most)
    if step is None:
        return None
    posts: tuple[Counted, ...] = tuple(post for post in linked if post.complaints == most)
    return Finding(
        rule=rule.id, rule_version=rule.version, level=step.level, observed=most,
        reason_zh=(
            f"同一问题已由工作人员关联 {most} 次投诉，达到“{rule.title}”第 {step.voices} 次的界线"
            f"（{rule.source}）。"
        ),
        posts=posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "complaints": most,
            "threshold": step.voices,
        },
        changes_at=leaves_at(posts, rule.window),
    )  # fmt: skip


def _rung(rule: Rule, number: int) -> Step | None:
    reached = [step for step in rule.ladder if number >= step.voices]
    return max(reached, key=lambda step: step.voices, default=None)
