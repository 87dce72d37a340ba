"""Heat, negative share, media attention: recomputable, fading, and blind to copies and order."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.heat import Norm, Sighting, growth, heat, history, increment, norm, sighting
from alerts.media import attention
from alerts.share import beta_binomial_tail, share, usual_share, wilson
from config.indicator_facts import indicator_facts, press
from domain.alert import Counted
from domain.indicator import Indicator
from domain.post import Precision, SourceKind
from tests.unit.alerts.indicator_posts import NOW, article, post

FACTS = indicator_facts()
HEAT = FACTS.heat
WEEK = timedelta(days=7)


def seen(n: int, hours: float, text: str = "", source: str = "forum") -> Sighting:
    return Sighting(
        key=f"p{n}", text=text or f"p{n}", source=source, at=NOW - timedelta(hours=hours)
    )


# ---- heat ---------------------------------------------------------------------------------------


def test_heat_is_the_sum_of_its_texts() -> None:
    loud = [seen(1, 24), seen(2, 0, "p1", "national"), seen(3, 0, "p1", "national"), seen(4, 48)]
    found = heat(loud, [], HEAT, NOW)
    first, second = found.parts
    assert first.keys == ("p1", "p2", "p3")
    assert first.value == pytest.approx(8 + 0.5 * log(2))  # young again: the press took it up
    assert second.value == pytest.approx(2 * 0.25)
    assert found.numbers["raw"] == pytest.approx(first.value + second.value)
    assert found.keys == ("p1", "p2", "p3", "p4")
    assert "2 篇不同的文字，连转载共 4 帖" in found.reason_zh


def test_more_copies_in_one_forum_neither_refresh_nor_flood() -> None:
    one = heat([seen(1, 24)], [], HEAT, NOW).numbers["raw"]
    flood = heat([seen(1, 24), *(seen(n, 0, "p1") for n in range(2, 32))], [], HEAT, NOW)
    assert flood.numbers["raw"] == pytest.approx(one + 0.5 * 0.5 * log(31))


SIGHTINGS = st.lists(
    st.builds(
        seen, st.integers(0, 9), st.floats(0, 200), st.sampled_from(["", "a", "b"]),
        st.sampled_from(sorted(HEAT.weights)),
    ),
    max_size=12, unique_by=lambda one: one.key,
)  # fmt: skip
HISTORY = st.lists(st.floats(0, 120), max_size=90)


@given(SIGHTINGS, HISTORY, st.floats(0, 100), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_heat_falls_with_age_whatever_the_order(
    items: list[Sighting], history: list[float], hours: float, rng: random.Random
) -> None:
    found = heat(items, history, HEAT, NOW)
    mixed = [*items, *items]
    rng.shuffle(mixed)
    assert heat(mixed, history, HEAT, NOW) == found
    later = heat(items, history, HEAT, NOW + timedelta(hours=hours))
    assert found.value is not None
    assert later.value is not None
    assert later.numbers["raw"] <= found.numbers["raw"] + 1e-9
    assert 0 <= later.value <= found.value <= 100
    assert sum(part.value for part in found.parts) == pytest.approx(found.numbers["raw"])


def test_history_moves_the_absolute_scale_within_its_band() -> None:
    calm, loud = [0.5] * 60, [80.0] * 60
    items = [seen(n, 0) for n in range(5)]  # raw 10: 40 points
    assert heat(items, [], HEAT, NOW).value == 40
    assert heat(items, calm, HEAT, NOW).value == 65
    assert heat(items, loud, HEAT, NOW).value == 15
    assert "历史只有 0 天" in heat(items, [], HEAT, NOW).reason_zh


@given(SIGHTINGS)
@settings(max_examples=30, deadline=None)
def test_history_is_the_heat_of_the_days_before(items: list[Sighting]) -> None:
    days = history(items, HEAT, NOW, 9)
    for ago, raw in enumerate(reversed(days), start=1):
        then = NOW - timedelta(days=ago)
        assert raw == pytest.approx(heat(items, [], HEAT, then).numbers["raw"])
    assert len(days) == min(9, max((int((NOW - one.at) / timedelta(days=1)) for one in items),
                                   default=0))  # fmt: skip


def test_growth_needs_the_boards_own_norm_and_is_capped() -> None:
    usual = norm([0.1, 0.12, 0.08, 0.11, 0.09, 0.1, 0.13, 0.07])
    assert norm([0.1] * 7) is None
    assert growth(increment(10, 5000, 1.0), usual) > 100
    assert growth(0.5, Norm(mean=0.1, sd=0.2, readings=9)) == pytest.approx(2)
    assert growth(0.5, None) == growth(None, usual) == 0
    assert increment(5, 6, 0.1) is None
    wild = replace(seen(1, 0), growth=100.0)
    assert heat([wild], [], HEAT, NOW).numbers["raw"] == 2 + HEAT.growth_cap


def test_a_post_counts_by_its_outlets_class_or_its_kind() -> None:
    paper, forum = article(1, "江城晚报"), post(2)
    assert sighting(paper, original=None, outlet="local").source == "local"
    assert sighting(paper, original=None, outlet="other").source == "press"
    assert sighting(forum, original="x|1", outlet=None).source == "forum"
    assert sighting(forum, original="x|1", outlet=None).text == "x|1"


# ---- negative share -----------------------------------------------------------------------------


def judge(
    items: Sequence[Counted], usual: float | None = 0.2, count_score: float = 0.0
) -> Indicator:
    return share(
        items, usual=usual, facts=FACTS.share, window=WEEK, now=NOW, count_score=count_score
    )


def mixed(bad: int, good: int) -> list[Counted]:
    return [post(n, negative=n < bad) for n in range(bad + good)]


def test_too_few_voices_are_no_share() -> None:
    found = judge(mixed(7, 0))
    assert found.value is None
    assert not found.alarm
    assert "样本不足" in found.reason_zh
    assert judge(mixed(8, 0)).alarm


def test_without_a_baseline_nothing_is_compared() -> None:
    found = judge(mixed(12, 2), usual=None)
    assert not found.alarm
    assert "基线不足" in found.reason_zh


def test_a_voice_counts_once_however_loud() -> None:
    loud = [post(n, author=f"业主{n % 7}") for n in range(70)]
    assert judge(loud).value is None
    found = judge([*mixed(5, 7), *(post(100 + n, author="业主11") for n in range(30))])
    assert (found.numbers["k"], found.numbers["n"]) == (6, 12)
    assert (found.numbers["posts"], found.numbers["negative"]) == (42, 35)
    assert "12 个不同账号发帖，6 个有负面（35 帖）" in found.reason_zh
    assert not judge(mixed(4, 4), 0.01).alarm  # fewer than five negative voices


def test_the_second_way_needs_an_open_count_alarm() -> None:
    items = mixed(20, 14)
    assert not judge(items, 0.31).alarm
    found = judge(items, 0.31, count_score=3.0)
    assert found.alarm
    assert found.numbers["low"] >= 0.41
    assert found.numbers["p"] >= FACTS.share.p
    assert "数量异常" in found.reason_zh


def test_what_is_no_post_of_ours_to_count_is_left_out() -> None:
    items = [
        *mixed(5, 5), post(20, duplicate=True), post(21, backfill=True), post(22, relevant=False),
        article(23, "人民日报"), post(24, hours=24 * 7), post(25, onsite="banner"),
    ]  # fmt: skip
    found = judge(items)
    assert (found.numbers["k"], found.numbers["n"]) == (5, 10)
    assert set(found.keys) == {f"bbs.example|{n}" for n in range(10)}
    assert found == judge([*items[::-1], *items])  # the same posts twice change nothing


def test_arithmetic_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for k, n, p, m in [(9, 12, 0.3, 20), (1, 40, 0.05, 20), (40, 40, 0.6, 20), (3, 8, 0.99, 5)]:
        wanted = float(stats.betabinom.sf(k - 1, n, m * p, m * (1 - p)))
        assert beta_binomial_tail(k, n, p, m) == pytest.approx(wanted, rel=1e-9)
        low, high = stats.binomtest(k, n).proportion_ci(method="wilson")
        assert wilson(k, n) == pytest.approx((low, high), rel=1e-9)
    assert beta_binomial_tail(0, 5, 0.2, 20) == 1
    assert wilson(0, 0) == (0, 1)


def test_the_last_day_is_no_part_of_its_own_baseline() -> None:
    quiet = [(2, 10)] * 60
    assert usual_share([*quiet, (10, 10)]) == usual_share([*quiet, (0, 10)])
    assert usual_share(quiet) == pytest.approx(0.2, abs=0.01)
    assert usual_share([]) == 0.25


# ---- media --------------------------------------------------------------------------------------


def test_outlets_count_once_and_only_for_what_is_bad() -> None:
    items = [
        article(1, "人民网"), article(2, "人民日报客户端"), article(3, "某某小报", 30),
        article(4, "新华社", negative=False), article(5, "新京报", backfill=True),
        article(6, "新华社", 80), post(7),
    ]  # fmt: skip
    found = attention(items, FACTS.media, press, NOW)
    assert [part.name for part in found.parts] == ["人民日报", "某某小报"]
    assert found.parts[0].keys == ("bbs.example|1", "bbs.example|2")
    assert found.value == found.numbers["weight_24h"] == 8
    assert found.numbers["weight_72h"] == 10
    assert found.keys == ("bbs.example|1", "bbs.example|2", "bbs.example|3")
    assert (
        "24 小时内 1 家、72 小时内 2 家媒体负面报道（人民日报、某某小报，共 3 篇" in found.reason_zh
    )
    assert attention([*items[::-1], *items], FACTS.media, press, NOW) == found
    assert attention([post(1)], FACTS.media, press, NOW).value == 0


def test_a_copy_in_another_paper_is_another_outlet() -> None:
    items = [article(1, "人民日报"), article(2, "新京报", duplicate=True)]
    assert attention(items, FACTS.media, press, NOW).numbers["outlets_24h"] == 2


def test_a_day_alone_counts_when_it_was_fetched_in_short_windows() -> None:
    one = article(1, "新华社", 30, precision=Precision.DAY, fetched_at=NOW)
    assert attention([one], FACTS.media, press, NOW).numbers["outlets_24h"] == 1


# ---- recomputable (E-D14) -----------------------------------------------------------------------

POSTS = st.lists(
    st.builds(
        lambda n, hours, author, more: post(n, hours, author=author, **more),
        st.integers(0, 40), st.floats(0, 100), st.sampled_from(["甲", "乙", "丙", None]),
        st.sampled_from([
            {}, {}, {"negative": False}, {"duplicate": True}, {"backfill": True},
            {"relevant": False}, {"kind": SourceKind.NEWS, "outlet": "新京报"},
        ]),
    ),
    max_size=30, unique_by=lambda one: one.key,
)  # fmt: skip


@given(POSTS)
@settings(max_examples=60, deadline=None)
def test_every_number_comes_again_from_the_keys_listed(posts: list[Counted]) -> None:
    for judged in (judge, lambda items: attention(items, FACTS.media, press, NOW)):
        found = judged(posts)
        assert judged([one for one in posts if one.key in found.keys]) == found
        assert {key for part in found.parts for key in part.keys} <= set(found.keys)
