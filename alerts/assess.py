"""Assess: what the rules find in one event at one subject; pure, `now` is an argument.

Windows are half-open [end - window, end) over published time, where end is the second after `now`,
so that a post of this very second counts; day and unknown precision use the fetched time in
windows under 72 h; back-fill never counts (B-EV2, B-EV3).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from domain.alert import Counted, EventView, Finding, Rule, Rules, Step
from domain.clock import say_span, say_time
from domain.homes import voices
from domain.mask import mask
from domain.post import Precision, SourceKind

_KINDS = {
    SourceKind.FORUM: "论坛",
    SourceKind.GROUP: "业主群",
    SourceKind.SOCIAL: "社交平台",
    SourceKind.COMPLAINT: "投诉渠道",
    SourceKind.ONSITE: "现场",
    SourceKind.NEWS: "新闻",
}


def assess(view: EventView, rules: Rules, now: datetime) -> list[Finding]:
    """Return the findings that hold for this event at this subject, gravest first."""
    found = (_RULE_KINDS[rule.kind](rule, view, rules, now) for rule in rules.rules)
    return sorted(
        (finding for finding in found if finding is not None),
        key=lambda finding: (-finding.level.rank, finding.rule),
    )


def _in_window(posts: Iterable[Counted], rule: Rule, now: datetime) -> list[Counted]:
    end = now + timedelta(seconds=1)
    return [
        post
        for post in posts
        if not post.backfill and end - rule.window <= _counts_at(post, rule.window) < end
    ]


def _counts_at(post: Counted, window: timedelta) -> datetime:
    vague = post.precision in (Precision.DAY, Precision.NONE)
    return post.fetched_at if vague and window < timedelta(hours=72) else post.published_at


# ---- distinct voices on one event (L-03, L-04, LC-2, LC-3) --------------------------------------


def _voices(rule: Rule, view: EventView, rules: Rules, now: datetime) -> Finding | None:
    window = [post for post in _in_window(view.posts, rule, now) if _is_voice(post)]
    first_hand = [post for post in window if not post.duplicate]
    by_site = count_voices(first_hand)
    certain, probable = max(by_site.values(), default=0), sum(by_site.values())
    step = _rung(rule.ladder, certain)
    if step is None:
        return None
    posts = tuple(sorted(window, key=lambda post: (post.published_at, post.key)))
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        level=step.level,
        observed=certain,
        reason_zh=_voices_reason(rule, step, posts, by_site, rules),
        posts=posts,
        snapshot={
            "window_seconds": int(rule.window.total_seconds()),
            "certain": certain,
            "probable": probable,
            "by_site": by_site,
            "reposts": len(window) - len(first_hand),
            "threshold": step.voices,
        },
        changes_at=min(_counts_at(post, rule.window) for post in window) + rule.window,
    )


def _is_voice(post: Counted) -> bool:
    return post.negative and post.kind is not SourceKind.NEWS and post.onsite is None


def count_voices(posts: Iterable[Counted]) -> dict[str, int]:
    """Return site → distinct voices; a household counts once, all anonymous posts as one voice.

    Nobody is joined across sites (N-01), so the sum is an upper bound and the largest site's
    number the lower bound that rules use (A12, privacy 1).
    """
    return dict(sorted(Counter(site for site, _ in _kind_by_voice(posts)).items()))


def _kind_by_voice(posts: Iterable[Counted]) -> dict[tuple[str, str], SourceKind]:
    """Return (site, voice) → kind it was first heard in; an author counts as the home named."""
    heard = sorted(posts, key=lambda post: (post.published_at, post.key))
    said = voices((post.site, post.author, post.household) for post in heard)
    kinds: dict[tuple[str, str], SourceKind] = {}
    for post, (site, voice) in zip(heard, said, strict=True):
        kinds.setdefault((site, voice or "匿名"), post.kind)
    return kinds


def _rung(ladder: Sequence[Step], voices: int) -> Step | None:
    return max(
        (step for step in ladder if voices >= step.voices), key=lambda s: s.voices, default=None
    )


def _voices_reason(
    rule: Rule, step: Step, posts: Sequence[Counted], by_site: dict[str, int], rules: Rules
) -> str:
    certain, probable = max(by_site.values()), sum(by_site.values())
    first_hand = [post for post in posts if not post.duplicate]
    kinds = Counter(_KINDS[kind] for kind in _kind_by_voice(first_hand).values())
    where = "、".join(f"{name} {n} 个" for name, n in kinds.most_common())
    spread = f"，各站合计至多 {probable} 个（跨站不合并）" if probable > certain else ""
    reposts = sum(post.duplicate for post in posts)
    copied = f"；另有转载 {reposts} 篇，不计" if reposts else ""
    return (
        f"过去{say_span(rule.window)}至少 {certain} 个不同账号就同一件事“{_topic(posts, rules)}”"
        f"发出负面声音（{where}{spread}），达到“{rule.title}”第 {step.voices} 个的界线"
        f"（{rule.source}）；首帖 {say_time(posts[0].published_at)}{copied}。"
    )


def main_category(posts: Iterable[Counted]) -> str | None:
    """Return the K-code most of the posts carry, None if none carries one."""
    codes = Counter(code for post in posts for code in post.categories)
    return min(codes, key=lambda code: (-codes[code], code), default=None)


def topic(view: EventView, lead: Finding | None, rules: Rules) -> str | None:
    """Return the topic of an alert: that of the category most posts behind it carry."""
    code = main_category(lead.posts if lead else view.posts)
    return rules.topics.get(code) if code else None


def _topic(posts: Iterable[Counted], rules: Rules) -> str:
    code = main_category(posts)
    return rules.words.get(code, code) if code else "未归类"


# ---- anchored red lines (D-N1) ------------------------------------------------------------------


def _signal(rule: Rule, view: EventView, rules: Rules, now: datetime) -> Finding | None:
    carriers = [
        post
        for post in _in_window(view.posts, rule, now)
        if post.relevant and _anchors(post, rule.signal)
    ]
    if not carriers or rule.level is None:
        return None
    posts = tuple(sorted(carriers, key=lambda post: (post.published_at, post.key)))
    anchors = list(dict.fromkeys(a for post in posts for a in _anchors(post, rule.signal)))
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        level=rule.level,
        observed=len(posts),
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
        changes_at=min(_counts_at(post, rule.window) for post in posts) + rule.window,
    )


def _anchors(post: Counted, code: str) -> list[str]:
    return [
        mask(signal.anchor or signal.span.text)
        for signal in post.signals
        if signal.code == code and signal.anchored
    ]


# ---- on-site reports of our own staff (AD-11) ----------------------------------------------------


def _onsite(rule: Rule, view: EventView, _rules: Rules, now: datetime) -> Finding | None:
    """Hold on the first report, whatever its words: a colleague saw it with their own eyes."""
    carriers = [post for post in _in_window(view.posts, rule, now) if post.onsite == rule.onsite]
    if not carriers or rule.level is None:
        return None
    posts = tuple(sorted(carriers, key=lambda post: (post.published_at, post.key)))
    return Finding(
        rule=rule.id,
        rule_version=rule.version,
        level=rule.level,
        observed=len(posts),
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
        changes_at=min(_counts_at(post, rule.window) for post in posts) + rule.window,
    )


_RULE_KINDS = {"voices": _voices, "signal": _signal, "onsite": _onsite}
