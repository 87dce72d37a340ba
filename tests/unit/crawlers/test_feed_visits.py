"""When a feed's article is read, tried again, looked at again and given up, without a network."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Request, Response
from scrapy.spidermiddlewares.httperror import HttpError

from config.clock import FixedClock
from crawlers.spiders.articles import remembered
from crawlers.spiders.feed import FeedSpider
from crawlers.spiders.sitemap import SitemapSpider
from domain.errors import BlockedError
from domain.post import Mark, Page, SourceKind
from domain.source import Source

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
FEED = "http://n.example.test/rss.xml"
RSS = (
    '<rss version="2.0"><channel><title>江城</title><item><guid>g1</guid><title>{title}</title>'
    "<link>http://n.example.test/1.html</link><pubDate>2026-11-20 10:00:00</pubDate>"
    "<description>业主要求说明原因</description></item></channel></rss>"
)
ARTICLE = (
    "<html><head><title>{title}</title></head><body><h1>{title}</h1><div>2026-11-20 09:58</div>"
    "<p>昨天上午，业主来到售楼处，要求说明为什么不能按合同约定的日期交房，会谈持续了一小时。</p>"
    "<p>{last}</p>{more}</body></html>"
)


class Memory:
    """Marks in a dict, as the store keeps them."""

    def __init__(self) -> None:
        self.marks: dict[str, Mark] = {}

    def due(self, source: str, now: datetime) -> bool:
        return True

    def known(self, source: str, key: str) -> dict[str, Any] | None:
        mark = self.marks.get(key)
        return mark.state if mark else None

    def due_marks(
        self, source: str, prefix: str, now: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        return [
            (mark.key, mark.state)
            for mark in self.marks.values()
            if mark.key.startswith(prefix) and mark.due_at and mark.due_at <= now
        ]

    def settle(self, source: str, marks: tuple[Mark, ...], now: datetime) -> None:
        self.marks.update({mark.key: mark for mark in marks})


class Site:
    """Answers of a site by address: HTML, or a status; visits walk a spider through it."""

    def __init__(self, **options: Any) -> None:
        self.memory = Memory()
        self.clock = FixedClock(NOW)
        self.answers: dict[str, str | int] = {}
        self.options = options
        self.asked: list[str] = []

    def visit(self, spider: type[FeedSpider] | type[SitemapSpider] = FeedSpider) -> list[Page]:
        url = FEED if spider is FeedSpider else "http://n.example.test/sitemap.xml"
        source = Source(
            name="江城报", engine=spider.name, url=url, site="n.example.test",
            kind=SourceKind.NEWS, options=self.options,
        )  # fmt: skip
        run = spider(source)
        run.memory, run.clock = self.memory, self.clock
        self.run = run
        self.asked = []
        return self._follow(run, [run.request(source.url, run.read_start)])

    def _follow(self, run: FeedSpider | SitemapSpider, found: Iterable[Any]) -> list[Page]:
        pages = []
        for item in found:
            if isinstance(item, Page):
                self.memory.settle("江城报", item.settles, self.clock.now())
                pages.append(item)
                continue
            pages += self._follow(run, self._answer(run, item))
        return pages

    def _answer(self, run: FeedSpider | SitemapSpider, request: Request) -> list[Any]:
        self.asked.append(request.url)
        answer = self.answers.get(request.url, 404)
        if isinstance(answer, int) and answer != 304:
            error = HttpError(Response(request.url, status=answer))
            return list(run.failed(SimpleNamespace(value=error, request=request)))
        body = b"" if isinstance(answer, int) else answer.encode()
        status = 304 if isinstance(answer, int) else 200
        response = HtmlResponse(
            request.url, status=status, body=body, headers={"ETag": '"v1"'}, request=request
        )
        return list(run.answered(response, **request.cb_kwargs))


def site(
    last: str = "公司表示一周内公布新的日期，并按合同支付违约金，业主说会继续等。", **options: Any
) -> Site:
    made = Site(**options)
    made.answers[FEED] = RSS.format(title="望江苑交房延期")
    made.answers["http://n.example.test/1.html"] = page(last)
    return made


def page(last: str, more: str = "", title: str = "望江苑交房延期") -> str:
    return ARTICLE.format(title=title, last=last, more=more)


def status(place: Site) -> Any:
    return (place.memory.known("", "entry:g1") or {}).get("status")


def test_an_article_is_read_once_and_looked_at_again_after_1_3_7_days() -> None:
    place = site()
    assert "违约金" in place.visit()[0].posts[0].text
    days = []
    for hour in range(1, 24 * 10):
        place.clock.move(NOW + timedelta(hours=hour))
        if place.visit():
            days.append(hour / 24)
    assert days == [1, 3, 7]
    assert "summary" not in str(place.memory.marks)
    assert place.memory.known("", "feed:newest") == {"at": "2026-11-20T02:00:00+00:00"}


def test_a_changed_title_is_read_at_once() -> None:
    place = site()
    place.visit()
    place.answers[FEED] = RSS.format(title="更正：望江苑交房延期")
    assert place.visit()[0].posts[0].title == "更正：望江苑交房延期"


def test_a_failing_article_is_stood_in_for_and_given_up_after_three_retries() -> None:
    place = site()
    place.answers["http://n.example.test/1.html"] = 500
    first = place.visit()
    assert [post.text for post in first[0].posts] == ["业主要求说明原因"]
    tries = 1
    while status(place) == "failed":
        place.visit()
        tries += 1
    assert (tries, status(place)) == (4, "settled")
    assert place.run.tally.rejected["http-500"] >= 1
    assert place.visit() == []


def test_a_retry_needs_no_feed_and_succeeds_later() -> None:
    place = site()
    place.answers["http://n.example.test/1.html"] = 500
    place.visit()
    place.answers |= {
        FEED: 304,
        "http://n.example.test/1.html": page("后来网页恢复了，全文可以看到，业主都说好。"),
    }
    assert "后来网页恢复了" in place.visit()[0].posts[0].text
    assert status(place) == "read"


def test_what_a_crash_left_is_read_in_full_next_time() -> None:
    place = site()
    place.visit()
    mark = place.memory.marks["entry:g1"]
    place.memory.marks["entry:g1"] = Mark(
        key=mark.key, state={**mark.state, "status": "pending"}, due_at=NOW
    )
    assert place.run.unfinished()
    assert len(place.visit()) == 1
    assert not place.run.unfinished()


def first_request(place: Site) -> Request:
    source = Source(
        name="江城报", engine="feed", url=FEED, site="n.example.test", kind=SourceKind.NEWS
    )
    run = FeedSpider(source)
    run.memory, run.clock = place.memory, place.clock

    async def first() -> Any:
        return await anext(run.start())

    request = asyncio.run(first())
    assert isinstance(request, Request)
    return request


def test_a_feed_is_asked_whether_it_changed_unless_entries_are_left() -> None:
    place = site()
    assert first_request(place).headers.get("If-None-Match") is None
    place.visit()
    assert first_request(place).headers.get("If-None-Match") == b'"v1"'
    mark = place.memory.marks["entry:g1"]
    place.memory.marks["entry:g1"] = Mark(
        key=mark.key, state={**mark.state, "status": "pending"}, due_at=NOW
    )
    assert first_request(place).headers.get("If-None-Match") is None


@pytest.mark.parametrize(("host", "ends"), [("n.example.test", True), ("else.example.test", False)])
def test_a_wall_keeps_the_summary_and_ends_the_crawl_only_on_the_own_site(
    host: str, *, ends: bool
) -> None:
    place = site()
    url = f"http://{host}/1.html"
    place.answers[FEED] = RSS.format(title="望江苑交房延期").replace("n.example.test", host)
    place.answers[url] = page("说了。")
    place.visit()
    entry = remembered("entry:g1", place.memory.marks["entry:g1"].state)
    assert entry is not None
    wall = HtmlResponse(url, body="<title>安全验证</title>".encode())
    kept = place.run.read_article(wall, replace(entry, summary="业主要求说明原因"), {})
    first = next(kept)
    assert isinstance(first, Page)
    assert [post.text for post in first.posts] == ["业主要求说明原因"]
    assert first.settles[0].state["status"] == "failed"
    if ends:
        with pytest.raises(BlockedError):
            next(kept)
    else:
        assert next(kept, None) is None


def test_an_article_that_is_gone_after_it_was_read_is_a_deletion() -> None:
    place = site()
    place.visit()
    place.clock.move(NOW + timedelta(days=1))
    place.answers["http://n.example.test/1.html"] = 410
    post = place.visit()[0].posts[0]
    assert (post.native_id, post.deleted) == ("g1", True)
    assert place.run.tally.errors == []
    assert place.visit() == []


def test_an_article_never_read_and_not_there_is_no_deletion() -> None:
    place = site()
    place.answers["http://n.example.test/1.html"] = 404
    assert [post.deleted for post in place.visit()[0].posts] == [False]
    assert place.run.tally.rejected["http-404"] == 1


def test_pages_of_one_article_are_joined_and_a_ring_ends() -> None:
    place = site()
    more = "<a href='1_2.html'>下一页</a>"
    place.answers["http://n.example.test/1.html"] = page(
        "第一页说到这里，后面还有内容，请看下一页。", more
    )
    place.answers["http://n.example.test/1_2.html"] = page(
        "第二页接着说，双方约定下周再谈，全文到此结束。", more
    )
    found = place.visit()
    assert len(found) == 1
    assert "第二页接着说" in found[0].posts[0].text
    assert found[0].posts[0].text.count("昨天上午") == 1
    assert len(place.asked) == 3


def test_a_feed_without_articles_takes_the_entry() -> None:
    place = site(articles=False)
    assert [post.text for post in place.visit()[0].posts] == ["业主要求说明原因"]
    assert place.visit() == []


def test_a_sitemap_is_read_for_what_is_new_or_changed() -> None:
    place = site(exclude="/ads/", max_articles=2)
    urls = "".join(
        f"<url><loc>http://n.example.test/{name}</loc><lastmod>{day}</lastmod></url>"
        for name, day in (
            ("1.html", "2026-11-20"), ("ads/2.html", "2026-11-20"), ("old.html", "2020-01-01"),
        )
    )  # fmt: skip
    place.answers["http://n.example.test/sitemap.xml"] = f"<urlset>{urls}</urlset>"
    found = place.visit(SitemapSpider)
    assert [post.url for item in found for post in item.posts] == ["http://n.example.test/1.html"]
    assert place.visit(SitemapSpider) == []
    place.answers["http://n.example.test/sitemap.xml"] = (
        f"<urlset>{urls.replace('2026-11-20', '2026-11-21')}</urlset>"
    )
    assert len(place.visit(SitemapSpider)) == 1


def test_an_index_is_followed_only_where_it_moved() -> None:
    place = site()
    link = "<sitemap><loc>http://n.example.test/{}</loc><lastmod>2026-11-20</lastmod></sitemap>"
    place.answers["http://n.example.test/sitemap.xml"] = (
        f"<sitemapindex>{link.format('a.xml')}{link.format('sitemap.xml')}</sitemapindex>"
    )
    place.answers["http://n.example.test/a.xml"] = (
        "<urlset><url><loc>http://n.example.test/1.html</loc></url></urlset>"
    )
    assert len(place.visit(SitemapSpider)) == 1
    place.visit(SitemapSpider)
    assert "http://n.example.test/a.xml" not in place.asked
