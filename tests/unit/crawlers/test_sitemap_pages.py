"""Sitemaps: what they list, in which form, and what is refused."""

import gzip
from datetime import UTC, datetime

import pytest

from crawlers.pages.sitemap import MAX_BYTES, read_sitemap
from crawlers.spiders.sitemap import newest_first, patterns
from domain.clock import iso_shanghai
from domain.errors import BlockedError, FactsError, ParseError

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
URL = "http://n.example.test/sitemap.xml"
SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="urn:image"'
)
NEWS = f"""<?xml version="1.0" encoding="UTF-8"?><urlset {SPACES}>
<url><image:image><image:loc>http://n.example.test/1.jpg</image:loc></image:image>
<loc> http://n.example.test/1.html?a=1&amp;b=2 </loc><lastmod>2026-11-20</lastmod>
<news:news><news:publication_date>2026-11-20T10:00:00+08:00</news:publication_date>
<news:title><![CDATA[交房 & 延期]]></news:title></news:news></url>
<url><loc>javascript:alert(1)</loc></url>
<url><loc>/2.html</loc>&nbsp;</url></urlset>"""
INDEX = f"""<sitemapindex {SPACES}><sitemap><loc>http://n.example.test/a.xml</loc>
<lastmod>2026-11-20T08:00:00+08:00</lastmod></sitemap><sitemap><loc>/b.xml</loc></sitemap>
</sitemapindex>"""


@pytest.mark.parametrize("body", [NEWS.encode(), gzip.compress(NEWS.encode(), mtime=0)])
def test_pages_come_with_title_time_and_change(body: bytes) -> None:
    one, two = read_sitemap(body, url=URL, now=NOW).entries
    assert (one.url, one.title, one.changed) == (
        "http://n.example.test/1.html?a=1&b=2", "交房 & 延期", "2026-11-20"
    )  # fmt: skip
    assert one.published_at is not None
    assert iso_shanghai(one.published_at) == "2026-11-20T10:00:00+08:00"
    assert (two.url, two.published_at, two.changed) == ("http://n.example.test/2.html", None, "")


def test_an_index_names_further_maps() -> None:
    found = read_sitemap(INDEX.encode(), url=URL, now=NOW)
    assert [link.url for link in found.maps] == [
        "http://n.example.test/a.xml",
        "http://n.example.test/b.xml",
    ]
    assert found.maps[0].changed_at == datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    assert found.entries == ()


def test_a_plain_list_and_a_cut_document_are_read() -> None:
    plain = b"http://n.example.test/1.html\nhttp://n.example.test/2.html\n"
    assert len(read_sitemap(plain, url=URL, now=NOW).entries) == 2
    cut = NEWS[: NEWS.index("<url><loc>javascript")].encode()
    assert len(read_sitemap(cut, url=URL, now=NOW).entries) == 1


LAUGHS = """<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<urlset><url><loc>http://n.example.test/&b;</loc></url></urlset>"""
OUTSIDE = """<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<urlset><url><loc>http://n.example.test/&x;</loc></url></urlset>"""


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE])
def test_entities_are_refused_not_expanded(text: str) -> None:
    with pytest.raises(ParseError, match="实体"):
        read_sitemap(text.encode(), url=URL, now=NOW)


def test_what_is_no_sitemap_is_refused_in_words() -> None:
    with pytest.raises(ParseError, match="不是网站地图"):
        read_sitemap(b"<html><body>404</body></html>", url=URL, now=NOW)
    with pytest.raises(BlockedError):
        read_sitemap("<title>安全验证</title>".encode(), url=URL, now=NOW)


def test_a_bomb_is_refused_while_it_unpacks() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * (MAX_BYTES + 1))
    assert len(bomb) < 200_000
    with pytest.raises(ParseError, match="MB"):
        read_sitemap(bomb, url=URL, now=NOW)


def test_the_latest_come_first_and_those_without_time_last() -> None:
    found = read_sitemap(NEWS.encode(), url=URL, now=NOW).entries
    assert [entry.url for entry in newest_first(list(reversed(found)))] == [e.url for e in found]


def test_a_wrong_pattern_names_source_and_option() -> None:
    assert [pattern.pattern for pattern in patterns("/news/", "include", "甲")] == ["/news/"]
    assert patterns(None, "include", "甲") == []
    with pytest.raises(FactsError, match=r"甲.*include"):
        patterns(["("], "include", "甲")
