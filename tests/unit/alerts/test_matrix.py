"""Likelihood × impact: the table of requirements A3, and why a value is what it is."""

from typing import Any

import pytest

from alerts.heard import growing, heard
from alerts.matrix import Stakes, grade, impact, likelihood, other_signs, post_signs
from config.checked import read_text
from config.indicator_facts import indicator_facts, press, read_indicators
from domain.alert import Counted
from domain.errors import FactsError
from domain.indicator import Part, Rating
from domain.level import Level
from tests.unit.alerts.indicator_posts import NOW, article, post, signal

FACTS = indicator_facts().matrix
WORDS = {"K09": "渗漏水", "K06": "退房退款"}
#: Requirements A3: likelihood down, impact across.
TABLE = {
    4: "moderate major critical critical", 3: "minor moderate major critical",
    2: "minor minor moderate major", 1: "- minor minor moderate",
}  # fmt: skip


def rating(value: int) -> Rating:
    return Rating(value=value, reasons=(Part(name="依据", value=value, keys=("a",)),))


@pytest.mark.parametrize("likely", [1, 2, 3, 4])
@pytest.mark.parametrize("worst", [1, 2, 3, 4])
def test_the_matrix_is_that_of_the_requirements(likely: int, worst: int) -> None:
    dimensions = {"brand": rating(1), "customers": rating(worst), "loss": rating(1)}
    found = grade(rating(likely), dimensions, FACTS)
    assert (found.level or "-") == TABLE[likely].split()[worst - 1]
    if worst > 1:
        assert "客户流失（依据）" in found.reason_zh


def test_hard_criteria_lift_and_never_lower() -> None:
    low = {"brand": rating(1)}
    assert grade(rating(1), low, FACTS, at_least=Level.CRITICAL).level is Level.CRITICAL
    high = grade(rating(4), {"brand": rating(4)}, FACTS, at_least=Level.MINOR)
    assert high.level is Level.CRITICAL
    assert "硬性标准" not in high.reason_zh


def rate(posts: list[Counted], **more: Any) -> Rating:
    voices = tuple(one.key for one in heard(posts))
    return likelihood(
        [*post_signs(posts, FACTS, press), *other_signs(voices=voices, facts=FACTS, **more)], FACTS
    )


SIGNS: list[tuple[str, list[Counted], dict[str, Any], int, str]] = [
    ("one voice", [post(1)], {}, 1, "1 个声音"),
    ("three voices", [post(n) for n in range(3)], {}, 2, "3 个不同的声音"),
    ("one author thrice", [post(n, author="老张") for n in range(3)], {}, 1, "1 个声音"),
    ("second complaint", [post(1)], {"repeats": 2}, 2, "同一投诉第 2 次"),
    ("open alarm", [post(1)], {"alarm": Level.MINOR}, 3, "预警已开启（轻微）"),
    ("press asks", [post(1)], {"enquiries": 1}, 3, "媒体来访 1 次"),
    ("reporter at the site", [post(1, onsite="reporter")], {}, 3, "现场上报“记者到场”"),
    ("petition", [post(1, onsite="petition")], {}, 4, "现场上报“集访”"),
    ("lawsuit", [post(1, signals=signal("litigation"))], {}, 4, "出现“已进入诉讼”"),
    ("mainstream article", [article(1, "新京报")], {}, 4, "“新京报”已负面报道"),
    ("small outlet", [article(1, "某某小报")], {}, 1, "0 个声音"),
    ("friendly article", [article(1, "新京报", negative=False)], {}, 1, "0 个声音"),
    ("one grave credible post", [post(1, signals=signal("gathering"))], {}, 2, "预告线下聚集"),
    ("grave without anchor", [post(1, signals=signal("gathering", anchored=False))], {}, 1, "1 个"),
    ("grave beside an alarm", [post(1, signals=signal("gathering"))],
     {"alarm": Level.MAJOR}, 3, "预警已开启（较大）"),
    ("old news", [post(1, onsite="petition", backfill=True)], {}, 1, "0 个声音"),
]  # fmt: skip


@pytest.mark.parametrize(("posts", "more", "value", "why"), [row[1:] for row in SIGNS],
                         ids=[row[0] for row in SIGNS])  # fmt: skip
def test_likelihood(posts: list[Counted], more: dict[str, Any], value: int, why: str) -> None:
    found = rate(posts, **more)
    assert found.value == value
    assert why in "；".join(part.name for part in found.reasons)
    assert rate([*posts[::-1], *posts], **more) == found  # order and doubles change nothing


def test_growth_raises_by_one_and_names_its_posts() -> None:
    posts = [post(n, hours=n) for n in range(4)] + [post(9, hours=30)]
    growth = growing(heard(posts), NOW)
    assert growth is not None
    assert growth.numbers == {"last_24h": 4, "before": 1}
    found = rate(posts, growth=growth)
    assert found.value == 3
    assert set(found.reasons[0].keys) == {one.key for one in posts}
    assert growing(heard(posts[:2]), NOW) is None


def weigh(posts: list[Counted], **stakes: Any) -> dict[str, Rating]:
    return impact(posts, Stakes(**stakes), FACTS, WORDS, press)


def test_impact_by_category_and_what_lifts_it() -> None:
    leak = [post(n) for n in range(3)]
    assert {k: v.value for k, v in weigh(leak).items()} == FACTS.by_code["K09"]
    assert weigh(leak)["brand"].reasons[0].name == "渗漏水"
    assert len(weigh(leak)["brand"].reasons[0].keys) == 3
    assert {rating.value for rating in weigh([]).values()} == {1}
    hurt = weigh([*leak, post(5, signals=signal("casualty"))])
    assert (hurt["brand"].value, hurt["legal"].value) == (4, 4)
    seen = weigh([post(5, onsite="petition", negative=False, relevant=False)])
    assert [rating.value for rating in seen.values()] == [3, 3, 1, 1]
    assert seen["brand"].reasons[0].name == "集访"
    assert weigh([*leak, article(6, "新京报", 2)])["brand"].value == 3
    assert weigh([*leak, article(6, "新华社", 2)])["brand"].value == 4
    assert weigh([*leak, article(6, "新京报"), article(7, "澎湃")])["brand"].value == 4


@pytest.mark.parametrize(
    ("stakes", "dimension", "value"),
    [
        ({"households": 9}, "customers", 2), ({"households": 10}, "customers", 3),
        ({"households": 50}, "customers", 4),
        ({"households": 10, "households_all": 50}, "customers", 4),
        ({"suing": 9}, "legal", 1), ({"suing": 10}, "legal", 4),
        ({"loss": 499_999}, "loss", 2), ({"loss": 500_000}, "loss", 4),
        ({"edited": {"brand": 1}}, "brand", 1), ({"edited": {"brand": 4}}, "brand", 4),
    ],
)  # fmt: skip
def test_impact_by_what_people_know(stakes: dict[str, Any], dimension: str, value: int) -> None:
    found = weigh([post(1)], **stakes)[dimension]
    assert found.value == value
    assert found.edited == ("edited" in stakes)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("4: [moderate, major, critical, critical]", "4: [minor, minor, minor, minor]", "matrix.4"),
        ("3: [minor, moderate, major, critical]", "3: [minor, 2, major, critical]", "级别 2 不对"),
        ("growth_cap: 3 ", "growth_cap: -3 ", "heat.growth_cap=-3"),
        ("    portal: 3\n", "", "heat.weights.portal=None"),
        ("[2, 10], [10, 40]", "[10, 40], [2, 10]", "heat.anchors"),
        ("mainstream: [national,", "mainstream: [nation,", "likelihood.mainstream"),
        ("casualty: happening, media", "casualty: happens, media", "likelihood.signals.casualty"),
        ("K09: {brand: 2,", "K09: {brand: 5,", "impact.by_code.K09.brand=5"),
        ("before: 7d, after: 14d}\n  - {name: 开盘", "before: 7, after: 14d}\n  - {name: 开盘",
         "watch.before=7"),
        ("petition: happening", "petitoin: happening", "petitoin"),
    ],
)  # fmt: skip
def test_a_wrong_file_names_the_key(old: str, new: str, said: str) -> None:
    text = read_text("indicators.yml")
    assert old in text
    with pytest.raises(FactsError) as caught:
        read_indicators(text.replace(old, new, 1))
    assert "indicators.yml" in str(caught.value)
    assert said in str(caught.value)
