"""Hostile servers: each is refused with a reason, in seconds, in bounded memory, others untouched.

Real sockets on loopback. What is patched: the time-out (2 s for 30 s), retries (1 for 2), and the
pace. In the SSRF part `is_public` takes 127.0.0.2, where the bait is served, for a public address;
127.0.0.1 stays what it is, and a server there must never be asked.
"""

import gzip
import itertools
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd
from sqlalchemy import func, select

from config.clock import FixedClock
from crawlers import guard, settings
from crawlers.run import CrawlOutcome
from crawlers.spiders import base
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import NOON
from tests.discuz_site import DiscuzSite
from tests.hostile_site import Answer, Hostile, Peak, free_port, hostile, moved, ok, slowly

BAIT = "127.0.0.2"
SECONDS, MEGABYTES = 20.0, 160.0
RSS = '<rss version="2.0"><channel><title>甲报</title>{}</channel></rss>'
ITEM = "<item><guid>{n}</guid><title>外墙渗水第{n}日</title><link>{link}</link></item>"
ARTICLE = (
    "<html><head><title>外墙渗水</title></head><body><h1>外墙渗水</h1><p>2026-11-20 10:00</p><p>"
    + "江城某小区的外墙渗水已经三天，物业公司说正在联系施工单位。" * 6
    + "</p></body></html>"
)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Told(NamedTuple):
    """What one run with a hostile and a decent source came to."""

    outcome: CrawlOutcome
    #: Issues of the hostile source.
    issues: dict[str, str]
    posts: int
    deleted: int


class Rig:
    """An app, a hostile server and a decent one, visited in the same run."""

    def __init__(self, app: App, bad: Hostile, good: Hostile, monkeypatch: Any) -> None:
        assert isinstance(app.clock, FixedClock)
        self.app, self.bad, self.good, self.patch = app, bad, good, monkeypatch
        good.answers["/rss"] = ok(RSS.format(ITEM.format(n=1, link=f"{good.base}/a.html")))
        good.answers["/a.html"] = ok(ARTICLE)
        monkeypatch.setattr(settings, "DOWNLOAD_TIMEOUT", 2)
        monkeypatch.setattr(settings, "RETRY_TIMES", 1)
        pace = base.pace

        def quick(source: Source) -> dict[str, Any]:
            return {**pace(source), "DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False}

        monkeypatch.setattr(base, "pace", quick)

    def visit(
        self, engine: str = "feed", path: str = "/rss", *, url: str = "", private: bool = True,
        **options: Any,
    ) -> Told:  # fmt: skip
        """Visit both; the decent source must come whole, all in time and memory."""
        bad = Source(
            name="坏", engine=engine, url=url or self.bad.base + path, site="bad.example",
            kind=SourceKind.NEWS, allow_private=private, options=options,
        )  # fmt: skip
        good = Source(
            name="好", engine="feed", url=f"{self.good.base}/rss", site="good.example",
            kind=SourceKind.NEWS, allow_private=True, options={"ageing_days": [0.00001]},
        )  # fmt: skip
        with self.app.db.write() as connection:
            sources.put(connection, bad, now=NOON)
            sources.put(connection, good, now=NOON)
        peak, begun = Peak(), time.monotonic()
        outcomes = crawl.visit(self.app, [bad, good])
        seconds = time.monotonic() - begun
        assert seconds < SECONDS, f"{seconds:.1f} s"
        assert peak.growth_mb < MEGABYTES, f"{peak.growth_mb:.0f} MB"
        decent = outcomes["好"]
        assert (decent.finished, decent.errors, decent.blocked) == (True, (), None)
        assert decent.new_posts == 1
        return self._told(outcomes["坏"])

    def _told(self, outcome: CrawlOutcome) -> Told:
        with self.app.db.read() as connection:
            bad = sources.get_id(connection, "坏")
            rows = connection.execute(
                select(t.issue.c.code, t.issue.c.message).where(
                    t.issue.c.source_id == bad, t.issue.c.closed_at.is_(None)
                )
            ).all()
            mine = t.post.c.source_id == bad
            count = connection.scalar(select(func.count()).where(mine)) or 0
            gone = t.post.c.deleted_at.is_not(None)
            deleted = connection.scalar(select(func.count()).where(mine, gone)) or 0
        issues = {row.code: row.message for row in rows}
        return Told(outcome, issues, count - deleted, deleted)


@pytest.fixture
def rig(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with hostile() as bad, hostile() as good:
        yield Rig(app, bad, good, monkeypatch)


@pytest.fixture
def bait(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Rig, Hostile]]:
    """A bait that counts as public, and a victim inside that must never be asked."""
    real = guard.is_public
    monkeypatch.setattr(guard, "is_public", lambda address: address == BAIT or real(address))
    with hostile(BAIT) as bad, hostile() as good, hostile() as victim:
        victim.other = lambda _: ok(ARTICLE)
        yield Rig(app, bad, good, monkeypatch), victim


def refused(told: Told, code: str) -> None:
    """Nothing stored, the reason counted, said and an issue."""
    assert told.posts == 0, told
    assert told.outcome.rejected.get(code), told.outcome
    assert told.outcome.errors or told.outcome.blocked, told.outcome
    assert told.issues.keys() & {"page-error", "crawl-failed", "blocked"}, told.issues


# ---- addresses inside ---------------------------------------------------------------------------

INSIDE = (
    "127.0.0.1", "[::1]", "0.0.0.0", "localhost", "127.1", "2130706433", "0x7f000001",
    "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "10.0.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "[fd00::1]", "inside.example", "both.example",
)  # fmt: skip
#: Spellings the HTTP client refuses before it resolves them; 0x7f000001 is resolved like a name.
ODD = ("127.1", "2130706433")


def names(monkeypatch: pytest.MonkeyPatch, known: dict[str, Callable[[], list[str]]]) -> None:
    """Let invented names resolve to addresses of the test's choice."""
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host not in known:
            return real(host, port, *args, **more)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, int(port)))
            for address in known[host]()
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("host", INSIDE)
def test_a_redirect_inside_is_refused(
    bait: tuple[Rig, Hostile], host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig, victim = bait
    inside = lambda: ["10.1.2.3"]  # noqa: E731
    both = lambda: ["127.0.0.1", "10.1.2.3"]  # noqa: E731
    names(monkeypatch, {"inside.example": inside, "both.example": both})
    rig.bad.answers["/rss"] = moved(f"http://{host}:{victim.port}/secret")
    told = rig.visit(private=False)
    refused(told, "not-http" if host in ODD else "private-address")
    assert host in ODD or "内网或本机地址" in "".join(told.outcome.errors)
    assert victim.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost", "[::1]"])
def test_a_source_that_is_inside_is_refused(bait: tuple[Rig, Hostile], host: str) -> None:
    rig, victim = bait
    told = rig.visit(url=f"http://{host}:{victim.port}/rss", private=False)
    refused(told, "not-http" if host in ODD else "private-address")
    assert victim.asked == []


def test_a_name_that_turns_inside_is_refused(
    bait: tuple[Rig, Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the guard judges the address connected to, at every connection."""
    rig, victim = bait
    answers = iter([[BAIT]])
    names(monkeypatch, {"turns.example": lambda: next(answers, ["127.0.0.1"])})
    link = f"http://turns.example:{victim.port}/secret"
    rig.bad.answers["/rss"] = ok(RSS.format(ITEM.format(n=1, link=link)))
    told = rig.visit(url=f"http://turns.example:{rig.bad.port}/rss", private=False)
    assert rig.bad.asked[-1] == "/rss", "the first answer was public"
    assert victim.asked == []
    assert told.outcome.rejected.get("private-address"), told.outcome


def test_robots_that_lead_inside_are_refused(bait: tuple[Rig, Hostile]) -> None:
    rig, victim = bait
    rig.bad.answers["/robots.txt"] = moved(f"http://127.0.0.1:{victim.port}/secret")
    rig.bad.answers["/rss"] = ok(RSS.format(""))
    refused(rig.visit(private=False), "private-address")
    assert victim.asked == []


def lists(inside: str) -> dict[str, tuple[str, bytes, dict[str, Any]]]:
    """Return a page of each engine that names an address inside."""
    board = DiscuzSite(clock=FixedClock(NOON))
    board.open("业主甲", "外墙渗水", "三天了没人管")
    forum = board._board(1).replace(
        "forum.php?mod=viewthread", f"{inside}/forum.php?mod=viewthread"
    )
    listing = {"rows": "li", "fields": {"title": "a", "url": "a @href"}, "next": "a.next @href"}
    sitemap = f"<urlset><url><loc>{inside}/a.html</loc></url></urlset>"
    return {
        "entry": ("feed", ok(RSS.format(ITEM.format(n=1, link=f"{inside}/a"))), {}),
        "sitemap": ("sitemap", ok(sitemap, kind="application/xml"), {}),
        "threads": ("discuzx", ok(forum), {}),
        "rows": (
            "listing",
            ok(f"<ul><li><a href='{inside}/1'>一</a></li></ul><a class=next href='{inside}/2'>"),
            {"list": listing, "detail": "article"},
        ),
    }


@pytest.mark.parametrize("kind", ["entry", "sitemap", "threads", "rows"])
def test_links_that_lead_inside_are_refused(bait: tuple[Rig, Hostile], kind: str) -> None:
    rig, victim = bait
    engine, answer, options = lists(f"http://127.0.0.1:{victim.port}")[kind]
    rig.bad.answers["/list"] = answer
    told = rig.visit(engine, "/list", private=False, **options)
    assert victim.asked == []
    assert sum(told.outcome.rejected.values()) >= 1, told.outcome
    assert told.outcome.rejected.keys() <= {"private-address", "other-host", "no-answer"}


def test_the_next_page_of_an_article_is_not_fetched_inside(bait: tuple[Rig, Hostile]) -> None:
    rig, victim = bait
    inside = f"http://127.0.0.1:{victim.port}/a_2.html"
    page = ARTICLE.replace("</body>", f"<a rel=next href='{inside}'>下一页</a></body>")
    rig.bad.answers["/a.html"] = ok(page)
    rig.bad.answers["/rss"] = ok(RSS.format(ITEM.format(n=1, link=f"{rig.bad.base}/a.html")))
    told = rig.visit(private=False)
    assert victim.asked == []
    assert told.posts == 1


@pytest.mark.parametrize(
    "link",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/html,x", "gopher://127.0.0.1:70/x",
     "javascript:alert(1)", "http://[bad", "http://", "//", "http://h:99999/", "http://\u0000x/"],
)  # fmt: skip
def test_no_other_scheme_is_followed(rig: Rig, link: str) -> None:
    rig.bad.answers["/rss"] = moved(link)
    told = rig.visit()
    assert told.posts == 0
    assert told.outcome.errors, told.outcome
    assert told.issues
    assert "程序出错" not in "".join(told.outcome.errors)
    with_link = RSS.format(ITEM.format(n=1, link=link.replace("\u0000", "")))
    rig.bad.answers["/rss"] = ok(with_link)
    rig.good.answers["/rss"] = ok(RSS.format(ITEM.format(n=2, link=f"{rig.good.base}/a.html")))
    told = rig.visit()
    assert "程序出错" not in "".join(told.outcome.errors), told.outcome
    assert told.posts <= 1


# ---- sizes --------------------------------------------------------------------------------------

ZEROS = bytes(1 << 20)


def gzip_bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(ZEROS) for _ in range(megabytes)) + packer.flush()


BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "gzip": lambda: ("gzip", gzip_bomb(300)),
    "gzip in gzip": lambda: ("gzip, gzip", gzip.compress(gzip_bomb(300))),
    "deflate": lambda: ("deflate", zlib.compress(ZEROS * 100, 9)),
    "br": lambda: ("br", brotli.compress(ZEROS * 100, quality=5)),
    "zstd": lambda: ("zstd", zstd.compress(ZEROS * 100)),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_compression_bomb_is_refused(rig: Rig, kind: str) -> None:
    packing, body = BOMBS[kind]()
    rig.bad.answers["/rss"] = ok(body, f"Content-Encoding: {packing}")
    del body
    refused(rig.visit(), "too-big")


def test_a_packed_sitemap_that_is_a_bomb_is_refused(rig: Rig) -> None:
    rig.bad.answers["/map.xml.gz"] = ok(gzip_bomb(300), kind="application/gzip")
    refused(rig.visit("sitemap", "/map.xml.gz"), "not-readable")


def endless() -> Iterator[bytes]:
    yield CHUNKED
    chunk = b"x" * 65536
    while True:
        yield b"10000\r\n" + chunk + b"\r\n"


def endless_plain() -> Iterator[bytes]:
    yield HEAD + b"Connection: close\r\n\r\n"
    while True:
        yield b"y" * 65536


SIZES: dict[str, Answer] = {
    "2 GB told": HEAD + b"Content-Length: 2147483648\r\n\r\n" + b"x" * 1000,
    "endless chunks": endless,
    "endless": endless_plain,
}


@pytest.mark.parametrize("kind", SIZES)
def test_a_page_too_big_is_refused(rig: Rig, kind: str) -> None:
    rig.bad.answers["/rss"] = SIZES[kind]
    refused(rig.visit(), "too-big")


# ---- time ---------------------------------------------------------------------------------------

SLOW: dict[str, Answer] = {
    "headers": slowly(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100),
    "body": slowly(b"x" * 500, first=HEAD + b"Content-Length: 500\r\n\r\n"),
    "chunks": slowly(b"1\r\nx\r\n" * 100, first=CHUNKED),
    "silence": slowly(b"x", pause=15),
}


@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_answer_is_given_up(rig: Rig, kind: str) -> None:
    """Slow-loris: each byte comes in time, the whole never does."""
    rig.bad.answers["/rss"] = SLOW[kind]
    refused(rig.visit(), "timeout")


# ---- rings and endless ways ---------------------------------------------------------------------


def test_redirects_in_a_ring_are_given_up(rig: Rig) -> None:
    rig.bad.answers["/rss"] = moved("/b")
    rig.bad.answers["/b"] = moved("/rss")
    refused(rig.visit(), "redirect-loop")


def test_a_redirect_to_itself_is_given_up(rig: Rig) -> None:
    rig.bad.answers["/rss"] = moved("/rss")
    refused(rig.visit(), "redirect-loop")
    assert rig.bad.asked.count("/rss") <= settings.REDIRECT_MAX_TIMES + 1


def test_a_redirect_to_itself_that_ends_is_followed(rig: Rig) -> None:
    """Discuz! answers so at the first view of a thread after a deletion (collection §0 #5)."""
    answers = iter([moved("/rss"), moved("/rss")])
    page = ok(RSS.format(ITEM.format(n=1, link=f"{rig.bad.base}/a.html")))
    rig.bad.answers["/a.html"] = ok(ARTICLE)
    rig.bad.other = lambda _: next(answers, page)
    told = rig.visit()
    assert (told.posts, told.outcome.errors) == (1, ())


def test_redirects_that_never_repeat_are_given_up(rig: Rig) -> None:
    numbers = itertools.count()
    rig.bad.other = lambda _: moved(f"/r{next(numbers)}")
    refused(rig.visit(), "redirect-loop")
    assert len(rig.bad.asked) < 20


def test_pages_without_end_are_given_up(rig: Rig) -> None:
    """A calendar trap: each list page has new rows and a next page."""
    numbers = itertools.count(1)

    def page(_: str) -> bytes:
        n = next(numbers)
        return ok(
            f"<ul><li><a href='/i{n}'>第{n}日</a></li></ul><a class=next href='/l{n + 1}'>n</a>"
        )

    rig.bad.other = page
    listing = {"rows": "li", "fields": {"title": "a", "url": "a @href"}, "next": "a.next @href"}
    told = rig.visit("listing", "/l1", list=listing)
    assert told.outcome.finished
    assert len(rig.bad.asked) <= 52


def test_a_thread_without_end_is_given_up(rig: Rig) -> None:
    """Each page of the thread names a further one, and every link a new thread."""
    site = DiscuzSite(clock=FixedClock(NOON), floors_a_page=1)
    thread = site.open("业主甲", "外墙渗水", "三天了没人管")
    for n in range(3):
        site.reply(thread, "业主乙", f"第{n}天")

    def page(path: str) -> bytes:
        answer = site.answer(path)
        assert not isinstance(answer, str)
        return ok(answer[2].replace("共 4 页".encode(), "共 999999999 页".encode()))

    rig.bad.other = page
    told = rig.visit("discuzx", site.board_path(), max_requests=30)
    assert len(rig.bad.asked) <= 32
    assert told.outcome.full


def test_a_huge_crawl_delay_is_capped(rig: Rig) -> None:
    """Told by the spider's own pace: a site may slow us down to a minute, not for ever."""
    assert base.MAX_CRAWL_DELAY <= 60
    rig.bad.answers["/robots.txt"] = ok("User-agent: *\nCrawl-delay: 99999999\n", kind="text/plain")
    rig.bad.answers["/rss"] = ok(RSS.format(ITEM.format(n=1, link=f"{rig.bad.base}/a.html")))
    rig.bad.answers["/a.html"] = ok(ARTICLE)
    assert rig.visit().posts == 1


# ---- robots -------------------------------------------------------------------------------------


def test_robots_of_fifty_megabytes_are_no_consent(rig: Rig) -> None:
    rig.bad.answers["/robots.txt"] = ok(b"Disallow: /x\n" * 4_000_000, kind="text/plain")
    rig.bad.answers["/rss"] = ok(RSS.format(""))
    refused(rig.visit(), "too-big")
    assert "/rss" not in rig.bad.asked


def test_long_robots_are_read_as_far_as_the_rule_says(rig: Rig) -> None:
    rules = b"User-agent: *\n" + b"Disallow: /*a*b*c*d*e*f$\n" * 100_000
    rig.bad.answers["/robots.txt"] = ok(rules, kind="text/plain")
    rig.bad.answers["/rss"] = ok(RSS.format(ITEM.format(n=1, link=f"{rig.bad.base}/a.html")))
    rig.bad.answers["/a.html"] = ok(ARTICLE)
    assert rig.visit().posts == 1


def test_robots_with_a_server_error_are_no_consent(rig: Rig) -> None:
    rig.bad.answers["/robots.txt"] = ok("", status="503 Service Unavailable")
    rig.bad.answers["/rss"] = ok(RSS.format(""))
    told = rig.visit()
    refused(told, "robots-unreadable")
    assert "/rss" not in rig.bad.asked
    assert "HTTP 503" in "".join(told.outcome.errors)


def test_robots_are_followed_over_a_redirect(rig: Rig) -> None:
    rig.bad.answers["/robots.txt"] = moved("/rules")
    rig.bad.answers["/rules"] = ok("User-agent: *\nDisallow: /rss\n", kind="text/plain")
    rig.bad.answers["/rss"] = ok(RSS.format(""))
    refused(rig.visit(), "robots")
    assert "/rss" not in rig.bad.asked


# ---- what is no proper answer -------------------------------------------------------------------

BROKEN: dict[str, Answer] = {
    "no http": b"hello\r\n\r\n",
    "status line": b"HTTP/1.1 abc OK\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -5\r\n\r\nhello",
    "length is a word": HEAD + b"Content-Length: many\r\n\r\nhello",
    "two lengths": HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello12",
    "header bomb": HEAD + b"X-Long: " + b"y" * 5_000_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n",
    "bad chunk": CHUNKED + b"zz\r\nhello\r\n",
    "nothing": b"",
    "cut gzip": ok(gzip.compress(b"x" * 10000)[:40], "Content-Encoding: gzip"),
    "no gzip": ok(b"hello hello hello", "Content-Encoding: gzip"),
    "no br": ok(b"hello hello hello", "Content-Encoding: br"),
    "no zstd": ok(b"hello hello hello", "Content-Encoding: zstd"),
    "empty": ok(b""),
    "binary": ok(bytes(range(256)) * 400),
    "empty status": ok(b"", status="204 No Content"),
    "too little": HEAD + b"Content-Length: 5000\r\n\r\n<rss>",
    "cut chunks": CHUNKED + b"5\r\nhello\r\n",
    "switching": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("engine", ["feed", "discuzx"])
def test_a_broken_answer_is_refused(rig: Rig, kind: str, engine: str) -> None:
    rig.bad.answers["/rss"] = BROKEN[kind]
    told = rig.visit(engine)
    assert told.posts == 0
    assert told.outcome.rejected, told.outcome
    assert told.outcome.errors, told.outcome
    assert told.issues
    assert "程序出错" not in "".join(told.outcome.errors), told.outcome


def test_a_certificate_of_nobody_is_refused(
    app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """Evidence must come from whom it says: a self-signed server is not asked for its page."""
    from tests.certificates import self_signed

    with hostile(tls=self_signed(tmp_path)) as bad, hostile() as good:
        rig = Rig(app, bad, good, monkeypatch)
        bad.answers["/rss"] = ok(RSS.format(""))
        refused(rig.visit(url=f"https://127.0.0.1:{bad.port}/rss"), "no-answer")
        assert bad.asked == []


def test_a_port_that_is_closed_is_told(rig: Rig) -> None:
    refused(rig.visit(url=f"http://127.0.0.1:{free_port()}/rss"), "no-answer")


# ---- a page cut off midway ----------------------------------------------------------------------

CUTS: dict[str, Callable[[bytes], bytes]] = {
    "length": lambda b: HEAD + b"Content-Length: %d\r\n\r\n" % len(b) + b[: len(b) * 3 // 4],
    "chunks": lambda b: CHUNKED + b"%x\r\n" % len(b) + b[: len(b) // 2],
    "plain": lambda b: HEAD + b"Connection: close\r\n\r\n" + b[: len(b) * 3 // 4],
    "gzip": lambda b: HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b)[:-200],
}  # fmt: skip


@pytest.mark.parametrize("kind", CUTS)
def test_a_thread_cut_off_midway_deletes_and_changes_no_floor(rig: Rig, kind: str) -> None:
    clock = rig.app.clock
    assert isinstance(clock, FixedClock)
    site = DiscuzSite(clock=clock)
    thread = site.open("业主甲", "外墙渗水", "三天了没人管")
    for n in range(8):
        site.reply(thread, f"业主{n}", f"第{n}天了，还是没有人来看，我们准备一起去找物业公司。")
    cut: Callable[[bytes], bytes] | None = None

    def page(path: str) -> bytes:
        answer = site.answer(path)
        assert not isinstance(answer, str)
        return cut(answer[2]) if cut and "viewthread" in path else ok(answer[2])

    rig.bad.other = page
    first = rig.visit("discuzx", site.board_path())
    assert (first.posts, first.deleted) == (9, 0)
    cut = CUTS[kind]
    clock.move(NOON.replace(hour=9))
    site.reply(thread, "业主九", "今天来了。")
    rig.good.answers["/rss"] = ok(RSS.format(ITEM.format(n=2, link=f"{rig.good.base}/a.html")))
    second = rig.visit("discuzx", site.board_path())
    assert (second.posts, second.deleted) == (9, 0)
    assert second.outcome.new_revisions == 0
    assert second.outcome.rejected.get("cut-off"), second.outcome
    cut = None
    rig.good.answers["/rss"] = ok(RSS.format(ITEM.format(n=3, link=f"{rig.good.base}/a.html")))
    third = rig.visit("discuzx", site.board_path())
    assert (third.posts, third.deleted) == (10, 0), "what was cut off is read at the next visit"


# ---- cookies, charsets, monsters ----------------------------------------------------------------


def test_no_cookie_is_kept_or_handed_on(rig: Rig) -> None:
    feed = RSS.format(ITEM.format(n=1, link=f"{rig.good.base}/a.html"))
    rig.bad.answers["/rss"] = ok(feed, "Set-Cookie: sid=secret; Path=/", "Set-Cookie: b=2")
    rig.visit()
    rig.good.answers["/rss"] = ok(RSS.format(ITEM.format(n=2, link=f"{rig.good.base}/a.html")))
    rig.visit()
    assert rig.bad.heads
    assert rig.good.heads
    assert not any(b"cookie" in head.lower() for head in [*rig.bad.heads, *rig.good.heads])


CHARSETS = {
    "utf-8 that is gbk": ("text/html; charset=utf-8", "gb18030"),
    "gb2312 that is utf-8": ("text/html; charset=gb2312", "utf-8"),
    "nothing said": ("text/html", "gb18030"),
    "no such charset": ("text/html; charset=klingon", "utf-8"),
    "utf-7": ("text/html; charset=utf-7", "utf-8"),
}


@pytest.mark.parametrize("kind", CHARSETS)
def test_a_wrong_charset_is_seen_through(rig: Rig, kind: str) -> None:
    declared, real = CHARSETS[kind]
    rig.bad.answers["/rss"] = ok(
        RSS.format(ITEM.format(n=1, link=f"{rig.bad.base}/a.html")).encode(real), kind=declared
    )
    rig.bad.answers["/a.html"] = ok(ARTICLE.encode(real), kind=declared)
    told = rig.visit()
    assert (told.posts, told.outcome.errors) == (1, ())
    with rig.app.db.read() as connection:
        texts = connection.execute(select(t.revision.c.text)).scalars().all()
    assert all("外墙渗水已经三天" in text for text in texts), texts


ROWS = "<li><a href='/i{n}'>第{n}行的标题</a></li>"
MONSTERS: dict[str, Callable[[], str]] = {
    "nested": lambda: "<html>" + "<div>" * 100_000 + "字",
    "attribute": lambda: f"<html><p class='{'x' * 7_900_000}'>字</p></html>",
    "attributes": lambda: "<p " + " ".join(f"a{n}=1" for n in range(300_000)) + ">字</p>",
    "fonts": lambda: "".join(f"<p><font size={n}>字" for n in range(20_000)),
    "options": lambda: "<select>" + "<option>字" * 400_000,
    "rows": lambda: "<ul>" + "".join(ROWS.format(n=n) for n in range(180_000)) + "</ul>",
    "open tags": lambda: "<" * 7_900_000,
    "entities": lambda: "&amp;#13907;" * 600_000,
}


@pytest.mark.parametrize("kind", MONSTERS)
def test_a_monster_is_read_or_refused_in_time(rig: Rig, kind: str) -> None:
    rig.patch.setattr("tests.integration.test_hostile_servers.MEGABYTES", 900.0)
    rig.bad.answers["/rss"] = ok(MONSTERS[kind]())
    listing = {"rows": "li", "fields": {"title": "a", "url": "a @href"}}
    told = rig.visit("listing", list=listing, max_requests=2)
    if kind != "rows":
        refused(told, "not-readable")
