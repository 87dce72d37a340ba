"""Rules beyond voices and anchors: talk, groups, press, sequences, linked complaints, claims."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.assess import assess
from alerts.rules_reported import outlet_class
from domain.alert import Claim, ClaimStep, Counted, EventView, Finding, Rule, Rules, Step
from domain.analysis import Signal, Span
from domain.claims import stored
from domain.level import Level
from domain.post import Precision, SourceKind

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def rule(kind: str, **more: Any) -> Rule:
    values = {"window": timedelta(days=14), **more}
    return Rule(id=kind, version=1, kind=kind, title=f"规则{kind}", source="D-N1", **values)


def post(n: int, **more: Any) -> Counted:
    """Return one negative forum post of author n, n hours ago."""
    moment = NOW - timedelta(hours=n)
    values: dict[str, Any] = {
        "key": f"a|{n}", "revision": n, "site": "a", "kind": SourceKind.FORUM, "author": f"作者{n}",
        "household": None, "published_at": moment, "precision": Precision.SECOND,
        "fetched_at": moment, "backfill": False, "negative": True, "relevant": True,
        "duplicate": False, "outlet": None, "categories": ("K09",), "signals": (),
    }  # fmt: skip
    return Counted(**{**values, **more})


def news(n: int, outlet: str | None, **more: Any) -> Counted:
    return post(n, kind=SourceKind.NEWS, author=None, outlet=outlet, site=f"n{n}", **more)


def says(code: str, *, anchored: bool = False) -> dict[str, Any]:
    span = Span(text="起诉", start=0, end=2)
    return {"signals": (Signal(code=code, span=span, anchored=anchored, anchor="某法院"),)}


def claim(low: int, high: int) -> dict[str, Any]:
    return {"claims": (Claim(kind="household", low=low, high=high, text="三十多户"),)}


def judge(one: Rule, posts: Sequence[Counted]) -> Finding | None:
    view = EventView(subject="a", subject_name="甲苑", event="e1", posts=tuple(posts))
    classes = {
        "新京报": "provincial",
        "人民网": "national",
        "thepaper.cn": "provincial",
        "某号": "self",
    }
    rules = Rules(
        version=1, rules=(one,), calm=timedelta(hours=24), outlets=classes,
        words={"K09": "渗漏", "K03": "政府投诉", "K05": "诉讼"},
    )  # fmt: skip
    found = assess(view, rules, NOW)
    return found[0] if found else None


def level(one: Rule, posts: Sequence[Counted]) -> Level | None:
    found = judge(one, posts)
    return found.level if found else None


TALK = rule(
    "signal", signal="gathering", level=Level.MAJOR, talk=Step(voices=2, level=Level.MODERATE)
)
SUED = rule(
    "signal", signal="litigation", level=Level.MINOR, talk=Step(voices=2, level=Level.MODERATE)
)
GROUP = rule(
    "group", signal="litigation", ladder=(Step(voices=10, level=Level.CRITICAL),),
    claims=(ClaimStep(stated=10, voices=1, level=Level.MODERATE),),
)  # fmt: skip
PRESS = rule(
    "media", classes=("national", "provincial"),
    ladder=(Step(voices=1, level=Level.MAJOR), Step(voices=3, level=Level.CRITICAL)),
)  # fmt: skip
ORDER = rule(
    "sequence", codes=("K09", "K03", "K05"), ladder=(Step(voices=2, level=Level.MODERATE),)
)
LINKED = rule("complaints", ladder=(Step(voices=3, level=Level.MODERATE),))
CLAIMED = rule(
    "voices", ladder=(Step(voices=3, level=Level.MINOR), Step(voices=8, level=Level.MAJOR)),
    claims=(ClaimStep(stated=10, voices=3, level=Level.MODERATE),),
)  # fmt: skip


def steps(*codes: str, **more: Any) -> list[Counted]:
    """Return posts with these codes, the first the oldest, each a day after the one before."""
    days = len(codes)
    return [post(24 * (days - at), categories=(code,), **more) for at, code in enumerate(codes)]


TABLE: list[tuple[str, Rule, list[Counted], Level | None]] = [
    ("one voice's talk pushes nobody", TALK, [post(1, **says("gathering"))], None),
    (
        "two voices' talk does", TALK, [post(n, **says("gathering")) for n in (1, 2)],
        Level.MODERATE,
    ),
    (
        "one voice that talks twice does not", TALK,
        [post(n, author="甲", **says("gathering")) for n in (1, 2)], None,
    ),
    (
        "nor does its copy", TALK,
        [post(1, **says("gathering")), post(2, duplicate=True, **says("gathering"))], None,
    ),
    ("with an anchor one is enough", TALK, [post(1, **says("gathering", anchored=True))],
     Level.MAJOR),
    ("one lawsuit is for the daily report", SUED, [post(1, **says("litigation", anchored=True))],
     Level.MINOR),
    (
        "two people's lawsuits are pushed", SUED,
        [post(n, **says("litigation", anchored=True)) for n in (1, 2)], Level.MODERATE,
    ),
    ("ten voices without a lawsuit are no group lawsuit", GROUP, [post(n) for n in range(10)],
     None),
    (
        "ten voices of whom two talk of it are", GROUP,
        [*[post(n) for n in range(8)], *[post(n, **says("litigation")) for n in (8, 9)]],
        Level.CRITICAL,
    ),
    (
        "one who talks of it is not enough", GROUP,
        [*[post(n) for n in range(9)], post(9, **says("litigation"))], None,
    ),
    (
        "a claim beside an anchored lawsuit lifts to what the rule says", GROUP,
        [post(1, **says("litigation", anchored=True), **claim(30, 39))], Level.MODERATE,
    ),
    ("a first article of a mainstream outlet", PRESS, [news(1, "新京报")], Level.MAJOR),
    ("by its host, and the host above it", PRESS, [news(1, "www.thepaper.cn")], Level.MAJOR),
    ("praise is no alarm", PRESS, [news(1, "新京报", negative=False)], None),
    ("a blog is not mainstream", PRESS, [news(1, "某号"), news(2, None)], None),
    ("an owner who names it is no article", PRESS, [post(1, outlet="新京报")], None),
    ("three articles of one outlet are one", PRESS, [news(n, "新京报") for n in range(3)],
     Level.MAJOR),
    (
        "a copy in another outlet is another outlet", PRESS,
        [news(1, "新京报"), news(2, "人民网", duplicate=True), news(3, "thepaper.cn")],
        Level.CRITICAL,
    ),
    ("old articles that are imported say nothing", PRESS, [news(1, "新京报", backfill=True)], None),
    ("leak, authority, court by three people", ORDER, steps("K09", "K03", "K05"), Level.MODERATE),
    ("the other way round", ORDER, steps("K05", "K03", "K09"), None),
    ("by one person", ORDER, steps("K09", "K03", "K05", author="甲"), None),
    ("all in one post is no order", ORDER, [post(1, categories=("K09", "K03", "K05")), post(2)],
     None),
    ("a stranger in between does no harm", ORDER, steps("K09", "K17", "K03", "K09", "K05"),
     Level.MODERATE),
    ("beyond the window the first step is forgotten", ORDER,
     [post(24 * 15), *steps("K03", "K05")], None),
    ("three complaints a person linked", LINKED, [post(1, complaints=3)], Level.MODERATE),
    ("two", LINKED, [post(1, complaints=2)], None),
    ("three nobody linked", LINKED, [post(n, complaints=1) for n in range(3)], None),
    ("three voices", CLAIMED, [post(n) for n in range(3)], Level.MINOR),
    ("of whom one states thirty households", CLAIMED,
     [post(0, **claim(30, 39)), post(1), post(2)], Level.MODERATE),
    ("one voice that states three hundred", CLAIMED, [post(0, **claim(300, 300))], None),
    ("the lower bound counts, not the upper", CLAIMED,
     [post(0, **claim(5, 30)), post(1), post(2)], Level.MINOR),
    ("a claim never lowers", CLAIMED, [post(n, **claim(12, 12)) for n in range(8)], Level.MAJOR),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "posts", "want"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_holds(one: Rule, posts: list[Counted], want: Level | None) -> None:
    assert level(one, posts) == want
    assert level(replace(one, status="draft"), posts) is None


def test_the_reason_tells_a_claim_as_a_range_with_its_source() -> None:
    found = judge(CLAIMED, [post(0, **claim(30, 39)), post(1), post(2)])
    assert found is not None
    assert "文中自称“三十多户”（30–39 户，论坛，1 人所说，未核实）" in found.reason_zh
    assert found.snapshot["stated"] == [30, 39]
    assert "至少 3 个不同账号" in found.reason_zh


def test_stored_facts_become_claims() -> None:
    rows: list[dict[str, Any]] = [
        {"kind": "household", "low": 30.0, "high": 39.0, "text": "三十多户"},
        {"kind": "person", "low": 1.0, "high": 1.0, "text": "一个业主"},
        {"kind": "date", "low": "2026-11-20", "high": "2026-11-20", "text": "今天"},
        {"kind": "household", "low": None, "high": None, "text": "几户"},
    ]
    assert stored(rows) == (Claim(kind="household", low=30, high=39, text="三十多户"),)


def test_the_chain_and_its_voices_can_be_recounted() -> None:
    found = judge(ORDER, steps("K09", "K03", "K05"))
    assert found is not None
    assert found.snapshot["chain"] == [p.key for p in found.posts]
    assert found.observed == found.snapshot["certain"] == 3
    assert "渗漏 → 政府投诉 → 诉讼" in found.reason_zh
    assert found.changes_at == found.posts[0].published_at + ORDER.window


def test_an_outlet_is_known_by_name_or_host() -> None:
    classes = {"新京报": "provincial", "people.com.cn": "national"}
    assert outlet_class(" 新京报 ", classes) == "provincial"
    assert outlet_class("bj.people.com.cn", classes) == "national"
    assert outlet_class("people.com", classes) is None
    assert outlet_class(None, classes) is None


any_post = st.builds(
    post,
    st.integers(0, 500),
    author=st.sampled_from(["甲", "乙", "丙", None]),
    categories=st.sampled_from([("K09",), ("K03",), ("K05",), ("K09", "K03"), ()]),
    complaints=st.integers(0, 4),
    duplicate=st.booleans(),
    backfill=st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(posts=st.lists(any_post, max_size=20, unique_by=lambda p: p.key), order=st.randoms())
def test_order_and_copies_change_nothing(posts: list[Counted], order: Any) -> None:
    shuffled = list(posts)
    order.shuffle(shuffled)
    copies = [replace(p, key=f"{p.key}c", duplicate=True, complaints=0) for p in posts]
    for one in (TALK, GROUP, ORDER, LINKED, CLAIMED):
        want = judge(one, posts)
        assert judge(one, shuffled) == want
        again = judge(one, [*posts, *copies])
        assert (again and (again.level, again.observed)) == (want and (want.level, want.observed))
