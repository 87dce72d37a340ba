"""Hostile pages: extraction ends, and raises nothing but ParseError and BlockedError."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.pages.article import inspect_article
from domain.errors import BlockedError, ParseError

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
BODY = "正文内容，很长很长。" * 30
TAGS = ("div", "p", "a", "b", "table", "td", "script", "h1", "title", "meta", "li", "br", "span")
WORDS = (
    "正文，内容。",
    "2026-11-20 10:00",
    "作者：张三",
    "来源：甲报",
    "&#0;",
    "&amp;#13907;",
    "下一页",
    "<",
    "\0",
)
MONSTERS = {
    "nested inline": "<span>" * 500 + BODY,
    "formatting": "<a href=x><b>" * 500 + BODY,
    "one line": "<p>" + "这是一句话，" * 800_000,
    "breaks": "字，字<br>" * 100_000,
    "digits": "<p>" + "1" * 500_000 + "x</p><p>" + "1" * 55 + "x</p>",
    "open scripts": "<script>content='" * 50_000,
    "json": "<script type='application/ld+json'>" + "[" * 50_000 + "</script><p>" + BODY,
    "titles": "<title>" + "-_|" * 200_000 + "</title><p>" + BODY,
    "times": "<p>" + "2026-01-01 10:00 " * 50_000,
    "entities": "&#x110000;&#0;&bogus;&amp;amp;" * 50_000,
    "binary": bytes(range(1, 256)).decode("latin-1") * 4_000,
}


def test_a_page_nested_to_stall_parsers_is_refused() -> None:
    with pytest.raises(ParseError, match="嵌套"):
        inspect_article("<div>" * 200_000 + BODY, url="u", now=NOW)


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_read(name: str) -> None:
    found = inspect_article(MONSTERS[name], url="http://n.example.test/1.html", now=NOW)
    assert 0 <= found.confidence <= 1
    if BODY in MONSTERS[name] and name != "titles":
        assert "正文内容，很长很长。" in found.text


MARKUP = st.lists(
    st.one_of(
        st.sampled_from([f"<{tag}>" for tag in TAGS]),
        st.sampled_from([f"</{tag}>" for tag in TAGS]),
        st.sampled_from(WORDS),
        st.text(max_size=12),
    ),
    max_size=60,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(html=MARKUP, url=st.one_of(st.just("http://n.example.test/1.html"), st.text(max_size=20)))
def test_any_markup_is_read_or_refused(html: str, url: str) -> None:
    try:
        found = inspect_article(html, url=url, now=NOW)
    except (ParseError, BlockedError):
        return
    assert isinstance(found.text, str)
    assert found.published_at is None or found.published_at.tzinfo is not None
