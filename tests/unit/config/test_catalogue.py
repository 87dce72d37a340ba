"""The catalogue as it ships: enough of it, nothing twice or impossible; a bad one is named."""

import re
from collections import Counter
from urllib.parse import urlsplit

import pytest

from config import catalogue
from config.catalogue import AUTO, NATIONAL, Catalogue
from crawlers.run import ENGINES
from domain.errors import FactsError
from pipelines import source_book

HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:cc|cn|com|net|org)")


@pytest.fixture(scope="module")
def book() -> Catalogue:
    return catalogue.load()


def test_it_is_large_and_covers_the_cities(book: Catalogue) -> None:
    assert len(book.templates) >= 150
    assert len(book.cities()) >= 30
    groups = Counter(item.group for item in book.templates)
    assert min(groups.values()) >= 5
    cities = set(book.cities())
    for group in ("住建部门", "省市新闻"):
        covered = {item.place for item in book.templates if item.group == group} & cities
        assert len(covered) >= 30, group


def test_nothing_stands_twice(book: Catalogue) -> None:
    for told in ("name", "url"):
        counts = Counter(getattr(item, told) for item in book.templates)
        assert [value for value, n in counts.items() if n > 1] == []


def test_every_entry_makes_a_source(book: Catalogue) -> None:
    for item in book.templates:
        parts = urlsplit(item.url)
        assert parts.scheme in ("http", "https"), item.name
        assert HOST.fullmatch(parts.netloc), item.url
        assert parts.path, f"{item.url} has no path"
        assert item.engine == AUTO or item.engine in ENGINES
        assert re.search(r"[㐀-鿿]", item.group + item.place)
        if item.engine != AUTO:
            source_book.check_facts(catalogue.source_of(item))
        if item.by_hand:
            assert item.note, f"{item.name}: by hand, but how is not told"


def test_every_province_names_cities_of_the_catalogue(book: Catalogue) -> None:
    listed = set(book.places())
    for province, cities in book.provinces.items():
        assert {province, *cities} <= listed, province
    assert NATIONAL not in listed


def test_a_city_brings_its_province_and_a_province_its_cities(book: Catalogue) -> None:
    def places(*named: str) -> set[str]:
        return {item.place for item in book.of_places(named)}

    assert places() == {NATIONAL}
    assert places("武汉市") == {NATIONAL, "武汉", "湖北"}
    assert places("山东省") == {NATIONAL, "山东", "济南", "青岛", "烟台"}
    assert places("没有这个地方") == {NATIONAL}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("groups: 1", "groups"),
        ("groups: [{group: 甲, kind: news}]", "places"),
        ("groups: [{group: 甲, kind: radio, places: {}}]", "radio"),
        ("groups: [{group: 甲, kind: news, places: {全国: [[只有名称]]}}]", "甲 全国"),
        ("groups: [{group: 甲, kind: news, places: {全国: [[乙, 'http://a.cn/', {colour: 1}]]}}]",
         "甲 全国 乙"),
    ],
)  # fmt: skip
def test_a_wrong_catalogue_names_the_place(text: str, word: str) -> None:
    with pytest.raises(FactsError, match=word):
        catalogue.read(text)
