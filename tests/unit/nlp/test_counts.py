"""Counts: ranges of invented phrases, and the traps of nlp.md F."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.counts import find_counts, parse_number
from nlp.normal import normalise


@pytest.mark.parametrize(
    ("text", "kind", "low", "high"),
    [
        ("我们20户联名", "household", 20, 20),
        ("三百余户业主", "household", 300, 399),
        ("上百户受影响", "household", 100, 199),
        ("十几户都漏", "household", 11, 19),
        ("数十户", "household", 20, 99),
        ("两千多户", "household", 2000, 2999),
        ("一百二十户", "household", 120, 120),
        ("近千人聚集", "person", 900, 1000),
        ("几十个业主", "person", 20, 99),
        ("来了30多名业主", "person", 30, 39),
        ("赔偿1.5万元", "money", 15000, 15000),
        ("首付300多万元", "money", 3_000_000, 3_999_999),
        ("交了2万3", "money", 23000, 23000),
        ("50万首付", "money", 500_000, 500_000),
        ("罚款80万元", "money", 800_000, 800_000),
        ("15600元/平", "money", 15600, 15600),
        ("退还12,000元", "money", 12000, 12000),
    ],
)
def test_range(text: str, kind: str, low: float, high: float) -> None:
    found = [(c.kind, c.low, c.high) for c in find_counts(normalise(text).text)]
    assert found == [(kind, low, high)]


@pytest.mark.parametrize(
    "text",
    [
        "02户型图", "每一户都有", "一户一签", "那一块地", "五一路3号", "三一重工", "一直没人管",
        "九死一生", "一家人", "3栋2户", "每户3000", "人民广场", "电话13800000000一个",
        "户口迁入", "一块水表", "2019年", "第3人民医院",
    ],
)  # fmt: skip
def test_trap(text: str) -> None:
    assert find_counts(normalise(text).text) == []


@given(st.text(alphabet="0123456789一二两三十百千万亿零〇几数多余来户人元块.,近上", max_size=30))
def test_never_raises_and_ranges_are_ordered(text: str) -> None:
    for count in find_counts(text):
        assert 0 < count.low <= count.high
        assert text[count.start : count.end]


@given(st.integers(1, 10**9))
def test_arabic_numbers_mean_themselves(number: int) -> None:
    assert parse_number(str(number)) == (number, number)
