"""Ordered sequence (先后): one event goes from problem to authority to court (D-N1)."""

from collections.abc import Sequence
from datetime import datetime

from alerts.counting import certain, in_order, in_window, is_voice, leaves_at
from domain.alert import Counted, EventView, Finding, Rule, Rules
from domain.clock import say_span, say_time


def sequence(rule: Rule, view: EventView, rules: Rules, now: datetime) -> Finding | None:
    """Hold when later and later posts carry the codes in order, and enough voices carry them."""
    posts = in_order(
        post
        for post in in_window(view.posts, rule, now)
        if is_voice(post) and not post.duplicate and not set(rule.codes).isdisjoint(post.categories)
    )
    chain = _chain(posts, rule.codes)
    if chain is None:
        return None
    posts = tuple(post for post in posts if post.published_at >= chain[0].published_at)
    said = certain(posts)
    reached = [step for step in rule.ladder if said >= step.voices]
    if not reached:
        return None
    step = max(reached, key=lambda step: step.voices)
    names = " → ".join(rules.words.get(code, code) for code in rule.codes)
    return Finding(
        rule=rule.id, rule_version=rule.version, level=step.level, observed=said,
        reason_zh=(
            f"过去{say_span(rule.window)}同一件事先后出现 {names}"
            f"（{said} 个不同账号，{say_time(chain[0].published_at)} 至 "
            f"{say_time(chain[-1].published_at)}），符合“{rule.title}”（{rule.source}）。"
        ),
        posts=posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "codes": list(rule.codes),
            "chain": [post.key for post in chain],
            "certain": said,
            "threshold": step.voices,
        },
        changes_at=leaves_at(chain, rule.window),
    )  # fmt: skip


def _chain(posts: Sequence[Counted], codes: Sequence[str]) -> list[Counted] | None:
    """Return the earliest posts with the codes in order, each later than the one before."""
    found: list[Counted] = []
    for post in posts:
        later = not found or post.published_at > found[-1].published_at
        if later and codes[len(found)] in post.categories:
            found.append(post)
            if len(found) == len(codes):
                return found
    return None
