"""Hostile pages: every page parser ends in time and raises nothing but ParseError, BlockedError."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawlers.engines import engine_named, forum_engines
from crawlers.pages.article import read_article
from crawlers.pages.discuz_archiver import read_archiver
from crawlers.pages.discuz_text import body_text, shown_text
from crawlers.pages.feed import read_feed
from crawlers.pages.listing import configured, read_item, read_list
from crawlers.pages.recognise import recognise
from crawlers.pages.sitemap import read_sitemap
from crawlers.pages.text import visible_text
from crawlers.pages.tree import refuse_monster
from domain.errors import BlockedError, ParseError

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
URL = "http://bbs.example.test/forum.php?mod=viewthread&tid=7"
#: Of the processor, so that a busy machine fails nobody.
SECONDS = 6.0

HTML_LIST: dict[str, Any] = {"list": {
    "rows": "li, tr", "next": "a.next @href", "fields": {
        "title": "a", "url": "a @href", "time": ".date", "state": "b", "views": "em", "text": "p",
    },
}, "detail": {"fields": {"text": "p", "answer": "div", "title": "h1"}}}  # fmt: skip
JSON_LIST: dict[str, Any] = {"list": {
    "mode": "json", "rows": "data.items", "next": "data.next",
    "fields": {"title": "a", "url": "b.c", "time": "t", "text": "p", "id": "id"},
}, "detail": {"mode": "json", "fields": {"text": "text", "answer": "a.0"}}}  # fmt: skip


def _listed(options: dict[str, Any]) -> Callable[[str], object]:
    config = configured(options, name="试")

    def read(text: str) -> object:
        page = read_list(text, config, url=URL)
        return [read_item(item, config, now=NOW, text=text, url=URL) for item in page.items[:3]]

    return read


def _engine(name: str) -> dict[str, Callable[[str], object]]:
    engine = engine_named(name)
    return {
        f"{name} board": lambda text: engine.read_board(text, url=URL, now=NOW),
        f"{name} thread": lambda text: engine.read_thread(text, url=URL, now=NOW),
    }


READERS: dict[str, Callable[[str], object]] = {
    "article": lambda text: read_article(text, url=URL, now=NOW),
    "archiver": lambda text: read_archiver(text, url=URL, now=NOW),
    "feed": lambda text: read_feed(text, url=URL, now=NOW),
    "sitemap": lambda text: read_sitemap(text.encode("utf-8", "replace"), url=URL, now=NOW),
    "listing": _listed(HTML_LIST),
    "json listing": _listed(JSON_LIST),
    "recognise": lambda text: recognise(text, url=URL),
    **{
        key: read
        for name in forum_engines()
        if name != "configured"
        for key, read in _engine(name).items()
    },
}

FLOOR = '<div id="post_{n}"><table id="pid{n}"><tr><td><div class="pcb"><td class="t_f" '
FLOOR += 'id="postmessage_{n}">{words}</td></div></td></tr></table></div>'
ROW = '<tbody id="normalthread_{n}"><tr><th><a class="s xst" href="thread-{n}-1-1.html">题</a></th>'
ROW += '<td class="num"><a>1</a><em>2</em></td><td class="by"><em><a>2026-11-20 10:00</a></em></td>'
BOARD = '<table id="threadlisttableid">'
ITEM = "<item><guid>{n}</guid><title>题</title><link>http://a.test/{n}</link></item>"
ENTRY = "<url><loc>http://a.test/{n}</loc></url>"


def floors(words: str, count: int = 1) -> str:
    """Return a Discuz! thread page."""
    return "<html><body><div id=postlist>" + "".join(
        FLOOR.format(n=n, words=words) for n in range(1, count + 1)
    )


#: 1-5 MB each unless a few bytes are enough.
MONSTERS: dict[str, Callable[[], str]] = {
    "div": lambda: "<div>" * 200_000 + "字",
    "span": lambda: "<span>" * 500 + "字",
    "spans": lambda: "<span>" * 500_000 + "字",
    "bold": lambda: "<b>" * 500 + "字",
    "closed": lambda: "<div><span></div>" * 150_000,
    "fonts": lambda: "".join(f"<p><font size={n}>字" for n in range(5_000)),
    "attributes": lambda: "<p " + " ".join(f"a{n}=1" for n in range(300_000)) + ">",
    "bodies": lambda: "".join(f"<body a{n}=1>" for n in range(50_000)),
    "attribute": lambda: f"<p class='{'x ' * 2_000_000}' href='{'y' * 1_000_000}'>字",
    "options": lambda: "<select>" + "<option>字" * 300_000,
    "rows": lambda: "<ul>" + "<li><a href='/x'>标题文字很长的一行</a></li>" * 60_000,
    "cells": lambda: "<table>" + "<tr><td><a href=x>标题</a>" * 60_000,
    "open": lambda: "<" * 3_000_000,
    "quotes": lambda: "<a '\"" * 500_000,
    "comment": lambda: "<!--" * 700_000,
    "scripts": lambda: "<script>content='" * 100_000,
    "entities": lambda: "<p>" + "&amp;#13907;&#x41;&#1114112;" * 100_000,
    "line": lambda: "<p>" + "这是一句话，" * 500_000,
    "digits": lambda: "<p>" + "1" * 2_000_000,
    "spaces": lambda: "<p>" + " \t\u3000" * 700_000 + "字",
    "dates": lambda: "<p>" + "2026-01-01 10:00 " * 100_000,
    "titles": lambda: "<title>" + "-_|" * 500_000,
    "floors": lambda: floors("字", 8_000),
    "floor of quotes": lambda: floors('<div class="quote"><blockquote>' * 240),
    "floor of bold": lambda: floors("<strong>回复 <a href='?pid=3'>3#</a>" * 480),
    "floor of notices": lambda: floors("<i class=pstatus>本帖最后由 甲 于 " * 480),
    "floor of links": lambda: floors("<a href='http://a.test/x'>http://a ... x</a>" * 30_000),
    "floor of spaces": lambda: floors("发表于 " * 300_000 + " " * 500_000),
    "floor heads": lambda: '<div id="post_' * 150_000,
    "floor signs": lambda: '<div id="post_1"' + " x" * 400_000,
    "threads": lambda: BOARD + "".join(ROW.format(n=n) for n in range(8_000)),
    "pager": lambda: floors("字") + '<div class="pg">' + "<a href='?page=2'>9</a>" * 50_000,
    "big page": lambda: floors("字") + f"<div class=pg><strong>{'9' * 5_000}</strong></div>",
    "pages": lambda: floors("字")
    + f'<div class="pg"><label><span title="共 {"9" * 6_000} 页"></span></label></div>',
    "feed": lambda: "<rss><channel>" + "".join(ITEM.format(n=n) for n in range(5_000)),
    "feed entities": lambda: '<!DOCTYPE x [<!ENTITY a "aa">' + "".join(
        f'<!ENTITY b{n} "&b{n - 1};&b{n - 1};">' for n in range(1, 60)
    ) + "]><rss><channel><item><title>&b59;</title></item></channel></rss>",
    "feed in a feed": lambda: "<rss><channel>" + "<item>" * 20_000,
    "feed of a monster": lambda: "<rss><channel><item><guid>1</guid><description><![CDATA["
    + "<div>" * 100_000 + "]]></description></item></channel></rss>",
    "sitemap": lambda: "<urlset>" + "".join(ENTRY.format(n=n) for n in range(30_000)) + "</urlset>",
    "sitemap nested": lambda: "<urlset>" + "<url>" * 200_000,
    "json deep": lambda: '{"data":' + "[" * 500_000,
    "json deep objects": lambda: '{"a":' * 300_000,
    "json number": lambda: '{"data": {"items": [{"id": ' + "9" * 100_000 + "}]}}",
    "json rows": lambda: json.dumps({"data": {"items": [{"id": n} for n in range(60_000)]}}),
    "json odd": lambda: '{"version": "https://jsonfeed.org/version/1", "items": [{"id": NaN, '
    '"url": {"a": []}, "authors": [[], null, 3], "tags": Infinity, "date_published": -1e400}]}',
    "binary": lambda: bytes(range(256)).decode("latin-1") * 4_000,
    "surrogates": lambda: "<p>\ud800\udfff 字 \udc00</p>",
}  # fmt: skip


def _read(reader: str, text: str) -> None:
    with suppress(ParseError, BlockedError):
        READERS[reader](text)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("monster", MONSTERS)
def test_a_monster_is_read_or_refused_in_time(monster: str, reader: str) -> None:
    text = MONSTERS[monster]()
    begun = time.process_time()
    _read(reader, text)
    assert time.process_time() - begun < SECONDS


def test_what_cannot_be_parsed_cheaply_is_refused_before_it_is_parsed() -> None:
    for name in ("div", "fonts", "attributes", "bodies", "options"):
        with pytest.raises(ParseError, match="恶意"):
            refuse_monster(MONSTERS[name](), url=URL)


def test_what_only_looks_large_is_read() -> None:
    for name in ("closed", "rows", "floors", "threads", "line", "digits", "entities"):
        refuse_monster(MONSTERS[name](), url=URL)
    script = "<script>" + "s += '<b><i size=1>';" * 30_000 + "</script>"
    refuse_monster(
        f"<!--{'<font a=1>' * 9_000}-->{script}<textarea>{'<div>' * 9_000}</textarea>字", url=URL
    )
    refuse_monster("<p><font size=2>字</font></p>" * 50_000, url=URL)


@pytest.mark.parametrize("words", [visible_text, body_text, shown_text])
def test_words_are_found_at_any_depth(words: Callable[..., str]) -> None:
    for tag in ("span", "b", "i", "a href='http://x.test'", "td", "li", "blockquote"):
        root = LexborHTMLParser(f"<{tag}>" * 4_000 + "深处的字").root
        assert words(root) == "深处的字", tag


# ---- any markup ---------------------------------------------------------------------------------

PIECES = [
    *(f"<{tag}>" for tag in ("div", "p", "a", "b", "table", "tr", "td", "li", "ul", "br", "html")),
    *(f"</{tag}>" for tag in ("div", "p", "a", "b", "table", "tr", "td", "li", "ul", "body")),
    '<div id="post_1">', '<table id="pid1">', '<em id="authorposton1">', '<a id="postnum1">',
    '<td class="t_f" id="postmessage_1">', '<div class="quote"><blockquote>', "发表于 ",
    '<div class="pg">', "<strong>", '<a class="nxt" href="http://[bad">', '<a href="//[x">',
    '<label><span title="共 0 页">', '<base href="http://[bad">', '<base href="?page=">',
    '<tbody id="normalthread_1">', '<a class="s xst" href="thread-1-1-1.html">', "1万", "-",
    '<td class="num">', '<td class="by">', '<div id="messagetext">', "您需要登录", "主题不存在",
    "<p class='author'>", "<div id=content>", "<rss><channel>", "<item>", "<guid>", "</guid>",
    "<link>http://[bad</link>", "<pubDate>", "</pubDate>", "2026-13-45 25:61", "昨天 25:00",
    "99999999999小时前", "<urlset><url><loc>", "</loc></url>", "<lastmod>", "<sitemapindex>",
    "<?xml version='1.0' encoding='klingon'?>", "<feed xmlns='http://www.w3.org/2005/Atom'>",
    "<entry>", "<content type='xhtml'>", "<link rel='alternate' type='application/rss+xml' href='",
    "'>", '{"data": {"items": [', "]}}", '{"a": "字"}', "null", ",", "²", "٣", "Ⅷ", "\0", "&#0;",
    "<title>", "</title>", "Powered by Discuz!", "phpBB", "page=²",
    "<script type=application/ld+json>",
]  # fmt: skip
MARKUP = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=50)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=60, deadline=None)
@given(pieces=MARKUP)
def test_any_markup_is_read_or_refused(reader: str, pieces: list[str]) -> None:
    _read(reader, "".join(pieces))


@pytest.mark.parametrize(
    "reader", [name for name in READERS if "thread" in name or "board" in name]
)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_to_a_page_is_read_or_refused(reader: str, data: st.DataObject) -> None:
    """A page of the engine with a part cut out and another put in."""
    whole = floors("字", 3) + BOARD + ROW.format(n=5) + '<div class="pg"><strong>2</strong></div>'
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, len(whole)))
    put = "".join(data.draw(MARKUP))
    _read(reader, whole[:begin] + put + whole[end:])
