"""Crawl + ingest against the same spider on the same pages with its items dropped.

A loopback board of ready pages (about 48 KB each, as real Discuz! ones) is served by a second
process; each run is a process and a home of its own. The median of three interleaved runs counts.

    python -m benchmarks.crawl            prints the row
    python -m benchmarks.crawl profile    prints where the time of crawl + ingest goes
"""

import asyncio
import cProfile
import json
import pickle
import pstats
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from config.clock import FixedClock
from config.settings import read_settings
from crawlers.run import crawl
from domain.post import SourceKind
from domain.source import Source
from pipelines import home, ingest
from pipelines.wiring import open_app
from store import sources
from tests.acceptance.test_replay_is_line import START, stream
from tests.discuz_site import DiscuzSite

ROOT = Path(__file__).resolve().parents[1]
PAGES, FLOORS_A_PAGE, PAGE_BYTES = 600, 10, 48_000
WANTED, ROUNDS = 0.8, 3
NOW = START + timedelta(days=40)


def render() -> dict[str, bytes]:
    """Return path → page of an invented board of at least PAGES thread pages."""
    random.seed(4)
    clock = FixedClock(START)
    site = DiscuzSite(clock=clock, charset="gbk", rewritten=True, floors_a_page=FLOORS_A_PAGE)
    texts = (post.text for post in stream(PAGES * FLOORS_A_PAGE * 2, 7))
    made = 0
    while made < PAGES:
        clock.move(clock.now() + timedelta(minutes=3))
        pages = random.choice((1, 1, 2, 3, 3, 5, 6))
        thread = site.open(f"业主{random.randrange(300)}", f"房屋问题{made}", next(texts))
        for _ in range(pages * FLOORS_A_PAGE - random.randrange(1, 5)):
            site.reply(thread, f"业主{random.randrange(300)}", next(texts))
        made += -(-len(thread.posts) // FLOORS_A_PAGE)
    clock.move(NOW)
    paths = [site.board_path(n) for n in range(1, -(-len(site.threads) // site.rows_a_page) + 1)]
    for thread in site.threads.values():
        count = -(-len(thread.posts) // FLOORS_A_PAGE)
        paths += [f"/thread-{thread.tid}-{number}-1.html" for number in range(1, count + 1)]
    return {path: _page(site, path) for path in paths}


def _page(site: DiscuzSite, path: str) -> bytes:
    """Return a page made as long as real ones by the menus and scripts that these carry."""
    answer = site.answer(path)
    assert not isinstance(answer, str)
    body = answer[2]
    menu = b'<li id="mn_%d"><a href="forum-%d-1.html" hidefocus="true">x</a></li>\n'
    lack = max(0, PAGE_BYTES - len(body))
    filler = b"".join(menu % (n, n) for n in range(lack // (len(menu) + 2)))
    return body.replace(b'<div id="wp"', b'<ul id="nv">' + filler + b'</ul><div id="wp"', 1)


# ---- the second process -------------------------------------------------------------------------


async def serve(pages: dict[str, bytes]) -> None:
    """Answer from memory, connections kept open; print the port first."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = pages.get(head.split(b" ", 2)[1].decode())
                status = b"200 OK" if body is not None else b"404 Not Found"
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=gbk\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (status, len(body or b""), body or b"")
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield (address of the board, thread pages, bytes of one on average)."""
    pages = render()
    saved = folder / "pages.pickle"
    saved.write_bytes(pickle.dumps(pages))
    command = [sys.executable, "-m", "benchmarks.crawl", "serve", str(saved)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        threads = [body for path, body in pages.items() if path.startswith("/thread-")]
        size = sum(map(len, threads)) // len(threads)
        try:
            yield f"http://127.0.0.1:{port}/forum-2-1.html", len(threads), size
        finally:
            server.terminate()


# ---- one run ------------------------------------------------------------------------------------


def run(url: str, *, stored: bool, folder: Path) -> dict[str, float]:
    """Crawl the board once into a new home; return seconds, CPU seconds, answers and posts."""
    settings = read_settings({"FENGHUO_HOME": str(folder)})
    app = open_app(
        home.create(settings, None, company="", procedure="group-000"), clock=FixedClock(NOW)
    )
    item = Source(
        name="基准版块", engine="discuzx", url=url, site="bench.example", kind=SourceKind.FORUM,
        allow_private=True, options={"max_requests": 100_000},
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, item, now=NOW)
        sources.start_crawl(connection, item.name, NOW)
    ingest.share(app)
    more: dict[str, Any] = {} if stored else {"ITEM_PIPELINES": {}}
    started, worked = time.perf_counter(), time.process_time()
    done = asyncio.run(crawl([item], settings={"FENGHUO_HOME": str(folder), **more}))[item.name]
    assert done.finished, done
    assert not done.errors, done.errors
    return {
        "seconds": time.perf_counter() - started, "cpu": time.process_time() - worked,
        "answers": done.requests, "posts": done.posts, "stored": done.new_posts,
    }  # fmt: skip


def _run_apart(url: str, *, stored: bool) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "benchmarks.crawl", "run", url, str(int(stored)), name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Medians of crawling with everything stored and with items dropped, seconds a page."""

    pages: int
    page_bytes: int
    posts: int
    stored: float
    stored_cpu: float
    dropped: float
    dropped_cpu: float

    @property
    def ratio(self) -> float:
        """Return the speed with everything stored as a part of that with items dropped."""
        return self.dropped / self.stored


def measure() -> Speeds:
    """Crawl the same pages in turn with items dropped and stored, each in a new process."""
    runs: dict[bool, list[dict[str, float]]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as (url, pages, size):
        for _ in range(ROUNDS):
            for stored in (False, True):
                runs[stored].append(_run_apart(url, stored=stored))
    assert all(one["stored"] == one["posts"] for one in runs[True]), "not everything was stored"

    def median(stored: bool, key: str) -> float:
        return statistics.median(one[key] / one["answers"] for one in runs[stored])

    return Speeds(
        pages=pages, page_bytes=size, posts=int(runs[True][0]["posts"]),
        stored=median(True, "seconds"), stored_cpu=median(True, "cpu"),
        dropped=median(False, "seconds"), dropped_cpu=median(False, "cpu"),
    )  # fmt: skip


def crawl_and_ingest() -> Iterator[str]:
    """Yield the row: pages a second with everything stored against items dropped."""
    found = measure()
    yield (
        f"| 采集并入库 {found.pages} 页（{found.page_bytes / 1000:.0f} KB 一页，共 "
        f"{found.posts:,} 帖） | {1 / found.stored:,.0f} 页/秒（CPU "
        f"{1000 * found.stored_cpu:.1f} 毫秒/页） | 同一爬虫丢弃结果 {1 / found.dropped:,.0f} "
        f"页/秒（CPU {1000 * found.dropped_cpu:.1f} 毫秒/页） | {found.ratio:.2f} × "
        f"| ≥ {WANTED} × |"
    )


def profile() -> None:
    """Print where the time of crawl + ingest goes."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as (url, _, _):
        watch = cProfile.Profile()
        watch.runcall(run, url, stored=True, folder=Path(name) / "var")
        pstats.Stats(watch).sort_stats("cumtime").print_stats(90)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", saved]:
            asyncio.run(serve(pickle.loads(Path(saved).read_bytes())))
        case ["run", address, keeps, target]:
            print(json.dumps(run(address, stored=keeps == "1", folder=Path(target) / "var")))
        case ["profile"]:
            profile()
        case _:
            print("\n".join(crawl_and_ingest()))
