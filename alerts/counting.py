"""Counting (计数): which posts of an event lie in a window, and how many voices they are.

Windows are half-open [end - window, end) over published time, where end is the second after `now`,
so that a post of this very second counts; day and unknown precision use the fetched time in
windows under 72 h; back-fill never counts (B-EV2, B-EV3).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.alert import Counted, Rule, Rules
from domain.homes import voices
from domain.post import Precision, SourceKind

KINDS = {
    SourceKind.FORUM: "论坛",
    SourceKind.GROUP: "业主群",
    SourceKind.SOCIAL: "社交平台",
    SourceKind.COMPLAINT: "投诉渠道",
    SourceKind.ONSITE: "现场",
    SourceKind.NEWS: "新闻",
}


def in_window(posts: Iterable[Counted], rule: Rule, now: datetime) -> list[Counted]:
    """Return the posts the rule's window holds, back-fill left out."""
    end = now + timedelta(seconds=1)
    return [
        post
        for post in posts
        if not post.backfill and end - rule.window <= counts_at(post, rule.window) < end
    ]


#: Negative posts an event needs, and their share, before its milder posts count with them.
_CONTEXT, _CONTEXT_SHARE = 3, 0.5


def in_context(posts: Sequence[Counted]) -> tuple[Counted, ...]:
    """Return an event's posts with the mild ones counted as negative where most are.

    Who writes "我家也是，楼上漏下来的" under ten complaints complains, however calm the words.
    """
    bad = sum(post.negative for post in posts)
    if bad < _CONTEXT or bad < _CONTEXT_SHARE * len(posts):
        return tuple(posts)
    return tuple(replace(post, negative=True) if post.leans else post for post in posts)


def counts_at(post: Counted, window: timedelta) -> datetime:
    """Return the time a post counts at in a window of this length."""
    vague = post.precision in (Precision.DAY, Precision.NONE)
    return post.fetched_at if vague and window < timedelta(hours=72) else post.published_at


def leaves_at(posts: Iterable[Counted], window: timedelta) -> datetime:
    """Return when the first of the posts leaves the window."""
    return min(counts_at(post, window) for post in posts) + window


def in_order(posts: Iterable[Counted]) -> tuple[Counted, ...]:
    """Return the posts in the order they were published."""
    return tuple(sorted(posts, key=lambda post: (post.published_at, post.key)))


def is_voice(post: Counted) -> bool:
    """Whether a post is an owner's negative voice; reports of press and staff are none."""
    return post.negative and post.kind is not SourceKind.NEWS and post.onsite is None


def count_voices(posts: Iterable[Counted]) -> dict[str, int]:
    """Return site → distinct voices; a household counts once, all anonymous posts as one voice.

    Nobody is joined across sites (N-01), so the sum is an upper bound and the largest site's
    number the lower bound that rules use (A12, privacy 1).
    """
    return dict(sorted(Counter(site for site, _ in kind_by_voice(posts)).items()))


def certain(posts: Iterable[Counted]) -> int:
    """Return the lower bound of the voices behind the posts."""
    return max(count_voices(posts).values(), default=0)


def kind_by_voice(posts: Iterable[Counted]) -> dict[tuple[str, str], SourceKind]:
    """Return (site, voice) → kind it was first heard in; an author counts as the home named."""
    heard = in_order(posts)
    kinds: dict[tuple[str, str], SourceKind] = {}
    for post, voice in zip(heard, by_voice(heard), strict=True):
        kinds.setdefault(voice, post.kind)
    return kinds


def by_voice(posts: Iterable[Counted]) -> list[tuple[str, str]]:
    """Return the (site, voice) of each post; in order, for who names a home first counts as it."""
    said = voices((post.site, post.author, post.household) for post in posts)
    return [(site, voice or "匿名") for site, voice in said]


def main_category(posts: Iterable[Counted]) -> str | None:
    """Return the K-code most of the posts carry, None if none carries one."""
    codes = Counter(code for post in posts for code in post.categories)
    return min(codes, key=lambda code: (-codes[code], code), default=None)


def topic_words(posts: Iterable[Counted], rules: Rules) -> str:
    """Return what most of the posts are about, in Chinese."""
    code = main_category(posts)
    return rules.words.get(code, code) if code else "未归类"
