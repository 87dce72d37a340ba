"""Serve the town on loopback: what a visitor sees depends on the clock."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from domain.clock import Clock
from domain.post import SourceKind
from domain.source import Source, Subject
from pipelines.town import exports, forum, news
from pipelines.town.load import Town, read_facts

#: How often the demo visits its sources; short, because the live town moves within minutes.
EVERY = timedelta(minutes=5)
Answer = tuple[HTTPStatus, str, bytes]


@dataclass(slots=True, kw_only=True)
class RunningTown:
    """A served town; stop it when done."""

    town: Town
    base_url: str
    folder: Path
    _server: ThreadingHTTPServer
    _thread: threading.Thread

    def write_exports(self, now: datetime) -> list[Path]:
        """Let the members export the group as they would have by `now`; return changed files."""
        return exports.write_exports(self.town, self.folder, now)

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


@dataclass(slots=True, kw_only=True)
class _Site:
    """What answers requests: the town, the clock, and who was redirected already."""

    town: Town
    clock: Clock
    redirected: set[str] = field(default_factory=set)

    def answer(self, path: str, base_url: str) -> Answer | str:
        """Return the answer to a path, or the address to redirect to."""
        parts, now = urlsplit(path), self.clock.now()
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/robots.txt":
            return HTTPStatus.OK, "text/plain; charset=utf-8", forum.ROBOTS.encode()
        if parts.path == "/forum.php":
            return self._forum(path, query, now)
        if parts.path == "/news/rss.xml":
            feed = news.rss(self.town, now, base_url)
            return HTTPStatus.OK, "application/rss+xml; charset=utf-8", feed.encode()
        guid = parts.path.removeprefix("/news/").removesuffix(".html")
        page = news.article_page(self.town, guid, now)
        if page is None:
            return HTTPStatus.NOT_FOUND, "text/html; charset=utf-8", b"<h1>404</h1>"
        return HTTPStatus.OK, "text/html; charset=utf-8", page.encode()

    def _forum(self, path: str, query: dict[str, str], now: datetime) -> Answer | str:
        page = int(query.get("page", "1"))
        if query.get("mod") == "viewthread":
            tid = query.get("tid", "")
            # Discuz answers the first guest view of a thread with a deleted floor by a
            # redirect to the same address (collection §0 #5).
            if self._has_deletion(tid, now) and tid not in self.redirected:
                self.redirected.add(tid)
                return path
            html = forum.thread_page(self.town, tid, page, now)
        else:
            html = forum.board_page(self.town, int(query.get("fid", "0")), page, now)
        return HTTPStatus.OK, "text/html; charset=gbk", forum.encode(html)

    def _has_deletion(self, tid: str, now: datetime) -> bool:
        return any(
            post.gone_at is not None and post.gone_at <= now
            for thread in self.town.threads
            if thread.tid == tid
            for post in thread.posts
        )


def serve_town(
    town: Town, clock: Clock, *, host: str = "127.0.0.1", port: int, folder: Path
) -> RunningTown:
    """Serve in a daemon thread (port 0 = any free one) and write the first exports."""
    site = _Site(town=town, clock=clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            base_url = f"http://{self.headers.get('Host', host)}"
            answer = site.answer(self.path, base_url)
            if isinstance(answer, str):
                self.send_response(HTTPStatus.FOUND)
                self.send_header("Location", answer)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, kind, body = answer
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: the terminal belongs to the demo."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="town", daemon=True)
    thread.start()
    running = RunningTown(
        town=town, base_url=f"http://{host}:{server.server_address[1]}", folder=folder,
        _server=server, _thread=thread,
    )  # fmt: skip
    running.write_exports(clock.now())
    return running


def town_sources(base_url: str, folder: Path) -> list[Source]:
    """Return the town's sources; site names do not depend on the port."""
    facts = read_facts()
    boards = [
        Source(
            name=f"{facts['forum']['name']}-{board['name']}",
            engine="discuzx",
            url=f"{base_url}/forum.php?mod=forumdisplay&fid={board['fid']}",
            site=facts["forum"]["site"],
            kind=SourceKind.FORUM,
            every=EVERY,
            subject=board["subject"],
            allow_private=True,
        )
        for board in facts["forum"]["boards"]
    ]
    paper = Source(
        name=facts["news"]["name"], engine="feed", url=f"{base_url}/news/rss.xml",
        site=facts["news"]["site"], kind=SourceKind.NEWS, every=EVERY, allow_private=True,
        options={"outlet": facts["news"]["outlet"]},
    )  # fmt: skip
    group = Source(
        name=facts["group"]["name"], engine="folder", url=str(folder),
        site=facts["group"]["site"], kind=SourceKind.GROUP, every=EVERY,
        subject=facts["group"]["subject"], allow_private=True,
        options={"basis": "业主自愿提供的群聊导出（演示数据，虚构）"},
    )  # fmt: skip
    return [*boards, paper, group]


def town_subjects() -> list[Subject]:
    """Return the two watched projects."""
    facts = read_facts()
    return [
        Subject(
            key=row["key"], name=row["name"], aliases=tuple(row["aliases"]),
            city=facts["city"], legal_entity=row["legal_entity"], region=row["region"],
            owner=row["owner"], owner_phone=row["owner_phone"],
            service=row["service"], service_phone=row["service_phone"],
        )
        for row in facts["subjects"]
    ]  # fmt: skip
