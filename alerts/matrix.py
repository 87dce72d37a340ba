"""Likelihood × impact (可能性 × 影响, W-05…W-07): a suggested level with named reasons; pure.

Likelihood comes from what is said and done, not from voices alone: one grave credible post and
growth raise it (AD-6). Impact is the gravest of four dimensions, each of which a person may set.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alerts.heard import once
from alerts.media import Press, articles
from domain.alert import Counted
from domain.indicator import LEVEL_NAMES, MatrixFacts, Part, Rating, Risk
from domain.level import Level, gravest

#: Signs that raise the likelihood by one instead of setting it (AD-6).
_RAISING = ("grave", "growth")
_SIGNAL_NAMES = {
    "gathering": "预告线下聚集", "media": "点名媒体介入", "casualty": "人身伤亡",
    "litigation": "已进入诉讼", "authority": "主管部门介入", "stopwork": "停工",
    "refund": "集体退房停贷",
}  # fmt: skip
_ONSITE_NAMES = {
    "casualty": "人员伤亡", "petition": "集访", "banner": "拉横幅", "reporter": "记者到场",
    "other": "现场情况",
}  # fmt: skip
#: What lifts which dimensions whatever the category, said in a text or seen at the site.
_LIFTS = {
    "casualty": {"brand": 4, "legal": 4}, "litigation": {"legal": 3}, "media": {"brand": 3},
    "petition": {"brand": 3, "customers": 3}, "banner": {"brand": 3}, "reporter": {"brand": 3},
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that says how likely a crisis is: its kind, in words, with its posts."""

    #: A key of MatrixFacts.likelihood, or grave | growth, which raise.
    kind: str
    name: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What is known of the size of a trouble, beside its posts; None = unknown."""

    #: Households certain to be concerned, and all of the project.
    households: int | None = None
    households_all: int | None = None
    #: Households said to sue together.
    suing: int | None = None
    #: The company's own loss in yuan, entered by a person (LC-5).
    loss: float | None = None
    #: Dimension → value a person set.
    edited: Mapping[str, int] | None = None


# ---- likelihood ---------------------------------------------------------------------------------


def post_signs(posts: Iterable[Counted], facts: MatrixFacts, press: Press) -> list[Sign]:
    """Return what anchored signals, reports from the site and articles say."""
    posts = tuple(post for post in once(posts) if not post.backfill)
    found: dict[tuple[str, str], list[str]] = {}
    for post in posts:
        if post.onsite is not None and post.onsite in facts.onsite:
            named = f"现场上报“{_ONSITE_NAMES[post.onsite]}”"
            found.setdefault((facts.onsite[post.onsite], named), []).append(post.key)
        for code in sorted({sign.code for sign in post.signals if sign.anchored}):
            if post.relevant and code in facts.signals:
                named = f"出现“{_SIGNAL_NAMES.get(code, code)}”"
                found.setdefault((facts.signals[code], named), []).append(post.key)
    for post in articles(posts):
        name, kind = press(post.outlet or post.site)
        if kind in facts.mainstream:
            named = f"“{name}”已负面报道"
            found.setdefault(("happening", named), []).append(post.key)
    return [Sign(kind=kind, name=name, keys=tuple(keys)) for (kind, name), keys in found.items()]


def other_signs(
    *,
    voices: tuple[str, ...],
    facts: MatrixFacts,
    repeats: int = 0,
    alarm: Level | None = None,
    enquiries: int = 0,
    growth: Part | None = None,
) -> list[Sign]:
    """Return what counts say: keys of the voices, complaints linked, open alarm, press asking."""
    number = len(voices)
    signs = [Sign(kind="single", name=f"{number} 个声音", keys=voices)]
    if number >= facts.several:
        signs.append(Sign(kind="several", name=f"{number} 个不同的声音", keys=voices))
    if repeats >= 2:
        signs.append(Sign(kind="repeat", name=f"同一投诉第 {repeats} 次"))
    if alarm is not None:
        signs.append(Sign(kind="alarm", name=f"预警已开启（{LEVEL_NAMES[alarm]}）"))
    if enquiries:
        signs.append(Sign(kind="asks", name=f"媒体来访 {enquiries} 次"))
    if growth is not None:
        signs.append(Sign(kind="growth", name=growth.name, keys=growth.keys))
    return signs


def likelihood(signs: Iterable[Sign], facts: MatrixFacts) -> Rating:
    """Return the likelihood 1–4: what the gravest sign means, raised by grave posts and growth."""
    signs = list(signs)
    setting = [sign for sign in signs if sign.kind not in _RAISING]
    value = max((facts.likelihood[sign.kind] for sign in setting), default=1)
    reasons = [_part(sign, value) for sign in setting if facts.likelihood[sign.kind] == value]
    for kind in _RAISING:
        of_kind = [sign for sign in signs if sign.kind == kind]
        if of_kind and value < facts.raised_to:
            value += 1
            reasons += [_part(sign, value) for sign in of_kind]
    order = sorted(reasons, key=lambda part: (-part.value, part.name))
    return Rating(value=value, reasons=tuple(order))


def _part(sign: Sign, value: int) -> Part:
    return Part(name=sign.name, value=value, keys=sign.keys)


# ---- impact -------------------------------------------------------------------------------------


def impact(
    posts: Iterable[Counted],
    stakes: Stakes,
    facts: MatrixFacts,
    words: Mapping[str, str],
    press: Press,
) -> dict[str, Rating]:
    """Return the impact 1–4 of each dimension; `words` names the K-codes in reasons."""
    posts = once(posts)
    found: dict[str, list[Part]] = {name: [] for name in facts.dimensions}
    for name, part in (
        *_by_category(posts, facts, words),
        *_by_signals(posts),
        *_by_press(posts, facts, press),
        *_by_stakes(stakes, facts),
    ):
        found[name].append(part)
    edited = stakes.edited or {}
    return {name: _dimension(parts, edited.get(name)) for name, parts in found.items()}


def _dimension(parts: list[Part], edited: int | None) -> Rating:
    if edited is not None:
        return Rating(value=edited, reasons=(Part(name="人工评定", value=edited),), edited=True)
    value = int(max((part.value for part in parts), default=1))
    reasons = (part for part in parts if part.value == value)
    return Rating(value=value, reasons=tuple(sorted(reasons, key=lambda part: part.name)))


def _by_category(
    posts: Sequence[Counted], facts: MatrixFacts, words: Mapping[str, str]
) -> Iterable[tuple[str, Part]]:
    """Yield by the category most negative posts carry; of a tie by every one."""
    bad = [post for post in posts if post.negative and not post.duplicate]
    codes = Counter(code for post in bad for code in post.categories if code in facts.by_code)
    most = max(codes.values(), default=0)
    for code in sorted(code for code, number in codes.items() if number == most):
        keys = tuple(post.key for post in bad if code in post.categories)
        for name, value in facts.by_code[code].items():
            yield name, Part(name=words.get(code, code), value=value, keys=keys)


def _by_signals(posts: Sequence[Counted]) -> Iterable[tuple[str, Part]]:
    for code, lifts in _LIFTS.items():
        keys = tuple(
            post.key
            for post in posts
            if post.onsite == code
            or (post.relevant and any(s.code == code and s.anchored for s in post.signals))
        )
        said = _SIGNAL_NAMES.get(code) or _ONSITE_NAMES[code]
        for name, value in lifts.items() if keys else ():
            yield name, Part(name=said, value=value, keys=keys)


def _by_press(
    posts: Sequence[Counted], facts: MatrixFacts, press: Press
) -> Iterable[tuple[str, Part]]:
    """Yield the brand's: two mainstream outlets or a national one hurt it most (L-02c)."""
    named: dict[str, tuple[str, list[str]]] = {}
    for post in articles(posts):
        name, kind = press(post.outlet or post.site)
        if kind in facts.mainstream:
            named.setdefault(name, (kind, []))[1].append(post.key)
    if named:
        most = len(named) > 1 or any(kind == "national" for kind, _ in named.values())
        keys = tuple(key for _, keys in named.values() for key in keys)
        said = f"{len(named)} 家主流媒体负面报道"
        yield "brand", Part(name=said, value=4 if most else 3, keys=keys)


def _by_stakes(stakes: Stakes, facts: MatrixFacts) -> Iterable[tuple[str, Part]]:
    few, many = facts.households
    homes, every = stakes.households or 0, stakes.households_all or 0
    if homes >= few:
        share = f"（全项目 {every} 户）" if every else ""
        value = 4 if homes >= many or (every and homes >= every / 5) else 3
        yield "customers", Part(name=f"涉及 {homes} 户{share}", value=value)
    if (stakes.suing or 0) >= few:
        yield "legal", Part(name=f"{stakes.suing} 户群体诉讼", value=4)
    if (stakes.loss or 0) >= facts.loss:
        yield "loss", Part(name=f"公司损失 {(stakes.loss or 0) / 10000:g} 万元", value=4)


# ---- the matrix ---------------------------------------------------------------------------------


def grade(
    likely: Rating,
    dimensions: Mapping[str, Rating],
    facts: MatrixFacts,
    at_least: Level | None = None,
) -> Risk:
    """Return the level of the cell; a hard criterion (L-02…L-04) lifts it, never lowers it."""
    worst = max(rating.value for rating in dimensions.values())
    cell = facts.cells.get((likely.value, worst))
    level = gravest([one for one in (cell, at_least) if one is not None])
    shown = f"{LEVEL_NAMES[level]}" if level else "不单独预警"
    gravest_of = "、".join(
        f"{facts.dimensions[name]}（{_names(rating)}）"
        for name, rating in dimensions.items()
        if rating.value == worst
    )
    lifted = (
        f"；硬性标准提到{LEVEL_NAMES[at_least]}" if at_least and at_least.graver_than(cell) else ""
    )
    return Risk(
        likelihood=likely, impact=dict(dimensions), level=level,
        reason_zh=(
            f"系统建议：{shown}。可能性 {likely.value}/4（{_names(likely)}）× 影响 {worst}/4"
            f"（{gravest_of}）{lifted}。"
        ),
    )  # fmt: skip


def _names(rating: Rating) -> str:
    return "、".join(part.name for part in rating.reasons[:3]) or "无特别依据"
