"""Media attention (媒体关注度, D-M1): distinct outlets, not articles, weighted by their class.

Only articles negative towards the subject count. A second paper that prints the same text counts:
it is another outlet; a second article of one paper does not.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from alerts.counting import counts_at
from alerts.heard import once
from domain.alert import Counted
from domain.clock import say_time
from domain.indicator import Indicator, Part
from domain.post import SourceKind

#: Outlet as printed → its one name and its class ("other" where nobody listed it).
Press = Callable[[str], tuple[str, str]]
SHORT, LONG = timedelta(hours=24), timedelta(hours=72)
#: Outlets named in a reason.
_NAMED = 4


def attention(
    posts: Iterable[Counted], weights: Mapping[str, float], press: Press, now: datetime
) -> Indicator:
    """Return the outlets of the last 72 hours; the value is the weight of those of 24 hours."""
    parts = _outlets(posts, weights, press, now)
    recent = [part for part in parts if part.numbers["in_24h"]]
    keys = tuple(sorted(key for part in parts for key in part.keys))
    day, three = sum(part.value for part in recent), sum(part.value for part in parts)
    return Indicator(
        kind="media", value=day, parts=parts, keys=keys,
        reason_zh=_reason(parts, len(recent), day, three, len(keys)),
        numbers={
            "outlets_24h": len(recent), "outlets_72h": len(parts), "weight_24h": day,
            "weight_72h": three, "articles": len(keys),
        },
    )  # fmt: skip


def articles(posts: Iterable[Counted]) -> list[Counted]:
    """Return the negative articles in order of time, each once; back-fill is no news."""
    return [
        post
        for post in once(posts)
        if post.negative and not post.backfill and (post.outlet or post.kind is SourceKind.NEWS)
    ]


def _outlets(
    posts: Iterable[Counted], weights: Mapping[str, float], press: Press, now: datetime
) -> tuple[Part, ...]:
    found: dict[str, list[Counted]] = {}
    kinds: dict[str, str] = {}
    for post in articles(posts):
        if now - LONG < counts_at(post, LONG) <= now:
            name, kind = _read(post, press)
            found.setdefault(name, []).append(post)
            kinds[name] = kind
    parts = [
        Part(
            name=name,
            value=weights.get(kinds[name], weights["other"]),
            keys=tuple(post.key for post in wrote),
            numbers={
                "articles": len(wrote),
                "in_24h": sum(now - SHORT < counts_at(post, SHORT) <= now for post in wrote),
                "first": min(post.published_at for post in wrote).timestamp(),
            },
        )
        for name, wrote in found.items()
    ]
    return tuple(sorted(parts, key=lambda part: (-part.value, part.numbers["first"], part.name)))


def _read(post: Counted, press: Press) -> tuple[str, str]:
    """Return name and class; an article whose outlet nobody read belongs to its site."""
    return press(post.outlet or post.site)


def _reason(parts: tuple[Part, ...], recent: int, day: float, three: float, count: int) -> str:
    if not parts:
        return "72 小时内没有媒体对其作负面报道。"
    names = "、".join(part.name for part in parts[:_NAMED])
    more = f" 等 {len(parts)} 家" if len(parts) > _NAMED else ""
    first = min(part.numbers["first"] for part in parts)
    return (
        f"24 小时内 {recent} 家、72 小时内 {len(parts)} 家媒体负面报道（{names}{more}，共 {count} "
        f"篇；按类别加权 {day:g} / {three:g}），最早 {say_time(_moment(first))}。"
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
