"""Mild posts count where most of their event complain, and only there."""

from dataclasses import replace

from alerts.counting import in_context
from domain.alert import Counted
from tests.unit.alerts.test_detect import post

BAD = [post(f"b{n}", n) for n in range(3)]
MILD = replace(post("m", 4, negative=False), leans=True)
CALM = post("c", 5, negative=False)


def negative(posts: list[Counted]) -> list[str]:
    return [one.key for one in in_context(posts) if one.negative]


def test_a_mild_post_counts_among_complaints() -> None:
    assert negative([*BAD, MILD, CALM]) == ["b0", "b1", "b2", "m"]


def test_it_does_not_where_few_complain_or_most_do_not() -> None:
    assert negative([*BAD[:2], MILD]) == ["b0", "b1"]
    assert negative([*BAD, MILD, *(replace(CALM, key=f"c{n}") for n in range(4))]) == [
        "b0", "b1", "b2",
    ]  # fmt: skip
