"""Assess: what counts as a voice, in which window, and what the reason says of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.assess import assess, count_voices, main_category
from domain.alert import Counted, EventView, Finding, Rule, Rules, Step
from domain.analysis import Signal, Span
from domain.level import Level
from domain.post import Precision, SourceKind

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LADDER = (
    Step(voices=3, level=Level.MINOR),
    Step(voices=5, level=Level.MODERATE),
    Step(voices=10, level=Level.CRITICAL),
)
VOICES = Rule(
    id="voices", version=7, kind="voices", title="同一问题多人投诉", source="L-03",
    window=timedelta(days=30), ladder=LADDER,
)  # fmt: skip
GATHERING = Rule(
    id="gathering", version=2, kind="signal", title="预告线下聚集", source="D-N1",
    window=timedelta(days=7), signal="gathering", level=Level.MAJOR,
)  # fmt: skip


def rules(*items: Rule) -> Rules:
    return Rules(
        version=1, rules=items or (VOICES, GATHERING), calm=timedelta(hours=24),
        words={"K09": "渗漏", "K14": "停工"},
    )  # fmt: skip


def post(n: int, **more: Any) -> Counted:
    """Return one negative forum post of author n, n minutes ago."""
    values: dict[str, Any] = {
        "key": f"bbs.example|{n}", "revision": n, "site": "bbs.example", "kind": SourceKind.FORUM,
        "author": f"业主{n}", "household": None, "published_at": NOW - timedelta(minutes=n),
        "precision": Precision.SECOND, "fetched_at": NOW, "backfill": False, "negative": True,
        "relevant": True, "duplicate": False, "outlet": None, "categories": ("K09",),
        "signals": (),
    }  # fmt: skip
    return Counted(**{**values, **more})


def posts(count: int, **more: Any) -> list[Counted]:
    return [post(n, **more) for n in range(count)]


def judge(items: Sequence[Counted], *, rule: Rule = VOICES, now: datetime = NOW) -> Finding | None:
    view = EventView(subject="a", subject_name="甲苑", event="e1", posts=tuple(items))
    found = assess(view, rules(rule), now)
    return found[0] if found else None


def level(items: Sequence[Counted], *, rule: Rule = VOICES, now: datetime = NOW) -> Level | None:
    found = judge(items, rule=rule, now=now)
    return found.level if found else None


def gathering(*, anchored: bool = True, anchor: str = "11月22日9点 售楼部") -> tuple[Signal, ...]:
    span = Span(text="集合", start=0, end=2)
    return (Signal(code="gathering", span=span, anchored=anchored, anchor=anchor),)


SHORT = replace(VOICES, window=timedelta(hours=71))
LONG = replace(VOICES, window=timedelta(hours=72))
DAY_OLD = {"published_at": NOW - timedelta(hours=80), "precision": Precision.DAY}

TABLE: list[tuple[str, list[Counted], Rule, Level | None]] = [
    ("two voices are below the first rung", posts(2), VOICES, None),
    ("the threshold itself counts (LC-2)", posts(3), VOICES, Level.MINOR),
    ("nine voices are not yet ten", posts(9), VOICES, Level.MODERATE),
    ("ten voices are the company's line", posts(10), VOICES, Level.CRITICAL),
    ("thirty posts of one author are one voice", posts(30, author="老张"), VOICES, None),
    ("thirty anonymous posts are one voice", posts(30, author=None), VOICES, None),
    (
        "an anonymous voice counts beside two named ones",
        [*posts(2), post(8, author=None), post(9, author=None)], VOICES, Level.MINOR,
    ),
    ("back-fill never counts", posts(12, backfill=True), VOICES, None),
    (
        "back-fill does not lift others over the line",
        [*posts(2), *[post(n, backfill=True) for n in range(5, 9)]], VOICES, None,
    ),
    ("news is no voice of an owner", posts(12, kind=SourceKind.NEWS), VOICES, None),
    ("praise and questions are no voice", posts(12, negative=False), VOICES, None),
    ("copies add no voice", [*posts(2), *[post(n, duplicate=True) for n in range(5, 15)]], VOICES,
     None),
    ("one household is one voice, however many speak", posts(12, household="2-1-301"), VOICES,
     None),
    (
        "an author who names his home in two forms is one voice",
        [post(2, author="甲", household="a"), post(1, author="甲", household="b"), post(3)], VOICES,
        None,
    ),
    (
        "a household beats its authors: two homes and one stranger are three",
        [post(1, household="a"), post(2, household="a"), post(3, household="b"), post(4)], VOICES,
        Level.MINOR,
    ),
    (
        "an author who once names the home is not a second voice",
        [post(1, author="甲", household="a"), post(2, author="甲"), post(3, author="乙")], VOICES,
        None,
    ),
    (
        "four voices on each of two sites are four for sure, not eight",
        [*posts(4), *[post(n, site="b.example") for n in range(4)]], VOICES, Level.MINOR,
    ),
    ("in a window of 71 h a vague day counts when fetched", posts(3, **DAY_OLD), SHORT,
     Level.MINOR),
    ("in a window of 72 h it counts when published", posts(3, **DAY_OLD), LONG, None),
    (
        "exact times never count by fetching",
        posts(3, published_at=NOW - timedelta(hours=80)), SHORT, None,
    ),
    (
        "a post without a time counts when fetched in short windows",
        posts(3, published_at=NOW - timedelta(hours=80), precision=Precision.NONE), SHORT,
        Level.MINOR,
    ),
    ("a day that was fetched long ago is out", posts(3, **DAY_OLD, fetched_at=NOW - LONG.window),
     SHORT, None),
    ("an anchored signal is enough alone", [post(1, signals=gathering())], GATHERING, Level.MAJOR),
    ("talk without time and place is no red line", [post(1, signals=gathering(anchored=False))],
     GATHERING, None),
    ("a signal in an ad is ignored", [post(1, signals=gathering(), relevant=False)], GATHERING,
     None),
    ("a signal in calm words counts too", [post(1, signals=gathering(), negative=False)], GATHERING,
     Level.MAJOR),
    ("a signal in the news counts", [post(1, signals=gathering(), kind=SourceKind.NEWS)], GATHERING,
     Level.MAJOR),
    ("a back-filled signal is history", [post(1, signals=gathering(), backfill=True)], GATHERING,
     None),
    (
        "a signal leaves with its window",
        [post(1, signals=gathering(), published_at=NOW - timedelta(days=7, seconds=1))], GATHERING,
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("items", "rule", "want"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_counts(items: list[Counted], rule: Rule, want: Level | None) -> None:
    assert level(items, rule=rule) == want


def test_the_window_is_half_open_and_sliding() -> None:
    """[start, end): the post of this very second is in, the one of 30 days ago is out (B-EV3)."""
    first = post(0, published_at=NOW - VOICES.window)
    rest = [post(n, published_at=NOW - timedelta(days=1)) for n in (1, 2)]
    assert level([first, *rest]) is None
    assert level([replace(first, published_at=first.published_at + timedelta(seconds=1)), *rest])
    assert level([replace(first, published_at=NOW), *rest])
    assert level([replace(first, published_at=NOW + timedelta(seconds=1)), *rest]) is None


def test_at_changes_at_the_oldest_voice_has_left() -> None:
    items = [post(n, published_at=NOW - timedelta(days=29, minutes=n)) for n in range(3)]
    found = judge(items)
    assert found is not None
    assert found.changes_at == NOW - timedelta(days=29, minutes=2) + VOICES.window
    assert level(items, now=found.changes_at - timedelta(seconds=2)) is Level.MINOR
    assert level(items, now=found.changes_at) is None


def test_the_reason_says_lower_bound_and_range_across_sites() -> None:
    items = [
        *posts(6),
        *[post(n, site="c.example", key=f"c.example|{n}") for n in range(2)],
        *[post(n, site="qq:甲苑", kind=SourceKind.GROUP, key=f"qq|{n}") for n in range(3)],
        post(40, duplicate=True),
    ]
    found = judge(items)
    assert found is not None
    assert found.observed == 6
    assert "至少 6 个不同账号" in found.reason_zh
    assert "论坛 8 个、业主群 3 个" in found.reason_zh
    assert "各站合计至多 11 个（跨站不合并）" in found.reason_zh
    assert "第 5 个的界线" in found.reason_zh
    assert "另有转载 1 篇，不计" in found.reason_zh
    assert "“渗漏”" in found.reason_zh
    assert found.snapshot["by_site"] == {"bbs.example": 6, "c.example": 2, "qq:甲苑": 3}
    assert (found.snapshot["certain"], found.snapshot["probable"]) == (6, 11)
    assert (found.rule, found.rule_version) == ("voices", 7)


def test_on_one_site_the_reason_shows_no_range() -> None:
    found = judge(posts(3))
    assert found is not None
    assert "合计" not in found.reason_zh
    assert "转载" not in found.reason_zh
    assert "首帖 2026-11-20 11:58" in found.reason_zh  # Asia/Shanghai


def test_the_signals_reason_names_each_anchor_once_and_counts_its_posts() -> None:
    items = [
        post(1, signals=gathering(anchor="11月22日9点 售楼部")),
        post(2, signals=gathering(anchor="11月22日9点 售楼部")),
        post(3, signals=gathering(anchor="周日 住建局")),
        post(4),
    ]
    found = judge(items, rule=GATHERING)
    assert found is not None
    assert found.observed == len(found.posts) == 3
    assert "周日 住建局；11月22日9点 售楼部（3 帖" in found.reason_zh
    assert found.reason_zh.count("售楼部") == 1


def test_findings_come_gravest_first() -> None:
    items = [*posts(3), post(9, signals=gathering())]
    view = EventView(subject="a", subject_name="甲苑", event="e1", posts=tuple(items))
    assert [(f.rule, f.level) for f in assess(view, rules(), NOW)] == [
        ("gathering", Level.MAJOR), ("voices", Level.MINOR),
    ]  # fmt: skip


def test_main_category_is_the_most_frequent_and_stable_on_ties() -> None:
    assert (
        main_category([post(1, categories=("K14", "K09")), post(2, categories=("K14",))]) == "K14"
    )
    assert main_category([post(1, categories=("K14", "K09"))]) == "K09"
    assert main_category([]) is None


counted = st.builds(
    post,
    st.integers(0, 60_000),
    author=st.sampled_from([None, "甲", "乙", "丙", "丁", "戊", "己"]),
    household=st.sampled_from([None, None, None, "h1", "h2"]),
    site=st.sampled_from(["a.example", "b.example"]),
    kind=st.sampled_from(list(SourceKind)),
    backfill=st.booleans(),
    negative=st.booleans(),
    duplicate=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(items=st.lists(counted, max_size=40), order=st.randoms())
def test_numbers_equal_the_posts_in_any_order(items: list[Counted], order: Any) -> None:
    found = judge(items, rule=replace(VOICES, ladder=(Step(voices=1, level=Level.MINOR),)))
    shuffled = list(items)
    order.shuffle(shuffled)
    again = judge(shuffled, rule=replace(VOICES, ladder=(Step(voices=1, level=Level.MINOR),)))
    assert (again and again.observed) == (found and found.observed)
    if found is None:
        return
    assert all(p.negative and not p.backfill and p.kind is not SourceKind.NEWS for p in found.posts)
    first_hand = [p for p in found.posts if not p.duplicate]
    assert found.observed == max(count_voices(first_hand).values())
    assert found.snapshot["reposts"] == len(found.posts) - len(first_hand)
    assert f"至少 {int(found.observed)} 个" in found.reason_zh
    named = sum(int(part.split(" ")[1]) for part in _places(found.reason_zh))
    assert named == found.snapshot["probable"]


def _places(reason: str) -> list[str]:
    """Return "论坛 8 个" … of the first brackets of a reason."""
    inside = reason.split("（", 1)[1].split("，", maxsplit=1)[0].split("）", maxsplit=1)[0]
    return inside.split("、")


@settings(max_examples=100, deadline=None)
@given(items=st.lists(counted, max_size=25), more=counted)
def test_another_post_never_lowers_the_level(items: list[Counted], more: Counted) -> None:
    """Except that saying who lives together can only join voices, which is meant."""
    more = replace(more, household=None)
    before, after = level(items), level([*items, more])
    assert before is None or after is before or (after is not None and after.graver_than(before))


BANNER = Rule(
    id="onsite-banner", version=1, kind="onsite", title="拉横幅", source="AD-11",
    window=timedelta(days=7), onsite="banner", level=Level.MAJOR,
)  # fmt: skip


def test_one_on_site_report_is_enough_whatever_its_words() -> None:
    """AD-11: independent of negativity, relevance and likeness; back-fill never alarms."""
    plain = {"onsite": "banner", "negative": False, "relevant": False, "duplicate": True}
    assert level([post(1, **plain)], rule=BANNER) is Level.MAJOR
    assert level([post(1, **{**plain, "onsite": "reporter"})], rule=BANNER) is None
    assert level([post(1, **plain, backfill=True)], rule=BANNER) is None
    assert level([post(1, **plain)], rule=BANNER, now=NOW + timedelta(days=8)) is None


def test_our_own_on_site_reports_are_no_voices() -> None:
    assert level(posts(10, onsite="banner")) is None
    assert level(posts(10)) is Level.CRITICAL
