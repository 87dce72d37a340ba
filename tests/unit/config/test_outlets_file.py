"""Outlets: found by host and name, classes as data, mistakes named."""

import pytest

from config.outlets import outlet_class, outlets, read_outlets
from domain.errors import FactsError


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("people.com.cn", "national"),
        ("bj.people.com.cn", "national"),
        ("liuyan.people.com.cn", "government"),
        ("央视新闻客户端", "national"),
        ("《新京报》", "provincial"),
        ("红星新闻", "local"),
        ("第一财经日报", "finance"),
        ("news.sina.com.cn", "portal"),
        ("mp.weixin.qq.com", "self_media"),
        ("zjj.sz.gov.cn", "government"),
        ("www.gov.cn:443", "government"),
        ("n.example.test", None),
        ("某某楼盘业主", None),
        ("", None),
    ],
)
def test_the_class_of_an_outlet(asked: str, kind: str | None) -> None:
    assert outlet_class(asked) == kind


def test_every_class_has_outlets_and_a_name() -> None:
    known = outlets()
    assert {outlet.kind for outlet in known.names.values()} == set(known.classes)
    assert len({outlet.name for outlet in known.names.values()}) >= 120


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("classes: {a: 甲}", "outlets"),
        ("classes: {a: 甲}\noutlets: {b: {乙报: []}}", "'b'"),
        ("classes: {a: 甲}\noutlets: {a: {乙报: b.cn}}", "乙报"),
        ("classes: {a: 甲}\noutlets: {a: {乙报: [b.cn], 丙报: [b.cn]}}", "b.cn"),
        ("classes: {a: 甲}\nsuffixes: {gov.cn: b}\noutlets: {a: {乙报: []}}", "suffixes"),
    ],
)
def test_a_mistake_is_named(text: str, word: str) -> None:
    with pytest.raises(FactsError, match=word):
        read_outlets(text)
