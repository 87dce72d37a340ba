"""A newspaper on loopback through Scrapy and the store: 304, retries, edits, deletion, sitemap."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from config.clock import FixedClock
from crawlers.run import CrawlOutcome
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import NOON

ITEM = (
    "<item><guid>{n}</guid><title>江城消息第{n}条</title><link>{base}/{n}.html</link>"
    "<description>第{n}条的摘要</description></item>"
)
ARTICLE = (
    "<html><head><title>江城消息第{n}条</title></head><body><h1>江城消息第{n}条</h1>"
    "<div>2026-11-20 09:0{n}</div><p>昨天上午，居民开会讨论第{n}部电梯的费用由谁承担。</p>"
    "<p>{last}</p></body></html>"
)


class Paper(ThreadingHTTPServer):
    """A paper of three articles; `answers` overrides an article by status or text."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.answers: dict[str, int | str] = {}
        self.log: list[tuple[str, int]] = []

    def page(self, path: str) -> tuple[int, bytes]:
        if path == "/rss.xml":
            items = "".join(ITEM.format(n=n, base=self.base) for n in (1, 2, 3))
            return 200, f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()
        if path == "/sitemap.xml.gz":
            urls = "".join(f"<url><loc>{self.base}/{n}.html</loc></url>" for n in (1, 2, 3))
            return 200, gzip.compress(f"<urlset>{urls}</urlset>".encode())
        told = self.answers.get(path, "物业公司说，下月可以动工，居民都希望快一点修好。")
        if path.strip("/").removesuffix(".html") not in {"1", "2", "3"} or isinstance(told, int):
            return told if isinstance(told, int) else 404, b"gone"
        return 200, ARTICLE.format(n=path[1], last=told).encode()


class _Answer(BaseHTTPRequestHandler):
    server: Paper

    def do_GET(self) -> None:
        status, body = self.server.page(self.path)
        if self.path == "/rss.xml" and self.headers.get("If-None-Match") == '"1"':
            status, body = 304, b""
        self.server.log.append((self.path, status))
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def paper() -> Iterator[Paper]:
    server = Paper()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def visit(app: App, paper: Paper, engine: str, path: str, *, days: float) -> CrawlOutcome:
    item = Source(
        name=engine, engine=engine, url=paper.base + path, site="paper.example.test",
        kind=SourceKind.NEWS, allow_private=True,
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, item, now=NOON)
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON + timedelta(days=days))
    paper.log.clear()
    return crawl.visit(app, [item])[item.name]


def states(app: App) -> dict[str, tuple[int, bool]]:
    """Return each post's revisions and whether it is gone."""
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.post.c.native_id, t.revision.c.n, t.post.c.deleted_at).join(
                t.revision, t.revision.c.post_id == t.post.c.id
            )
        ).all()
    found: dict[str, tuple[int, bool]] = {}
    for row in rows:
        found[row.native_id] = (max(row.n, found.get(row.native_id, (0,))[0]), bool(row.deleted_at))
    return found


def test_a_feed_over_a_week(app: App, paper: Paper) -> None:
    paper.answers["/3.html"] = 503
    first = visit(app, paper, "feed", "/rss.xml", days=0)
    assert first.new_posts == 3
    assert set(states(app)) == {"1", "2", "3"}
    # Nothing changed but for the article that failed: it is asked for though the feed says 304.
    paper.answers.clear()
    visit(app, paper, "feed", "/rss.xml", days=0.01)
    asked = [entry for entry in paper.log if entry[0] != "/robots.txt"]
    assert asked == [("/rss.xml", 304), ("/3.html", 200)]
    before = states(app)
    # A day later: one is edited, one is gone, one is as it was.
    paper.answers |= {
        "/1.html": "更正：物业公司说，后年才能动工，居民表示不能接受。",
        "/2.html": 404,
    }
    outcome = visit(app, paper, "feed", "/rss.xml", days=1.02)
    after = states(app)
    assert after["1"] == (before["1"][0] + 1, False)
    assert after["2"][1]
    assert after["3"] == before["3"]
    assert outcome.errors == ()
    # Between two days of ageing only the feed itself is asked.
    visit(app, paper, "feed", "/rss.xml", days=2)
    assert [path for path, _ in paper.log if path != "/robots.txt"] == ["/rss.xml"]


def test_a_packed_sitemap(app: App, paper: Paper) -> None:
    assert visit(app, paper, "sitemap", "/sitemap.xml.gz", days=0).new_posts == 3
    assert visit(app, paper, "sitemap", "/sitemap.xml.gz", days=0.1).new_posts == 0
    assert [path for path, _ in paper.log if path.endswith(".html")] == []
