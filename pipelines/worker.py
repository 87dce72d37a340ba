"""Worker role: does what the scheduler asks for; crawls run as children with a time limit."""

import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from config.settings import Settings, child_environment
from domain.source import Source
from pipelines.line import run_line
from pipelines.process import elected, stop_event
from pipelines.wiring import App, open_app
from store import outbox, sources, ticks

#: Crawls at the same time; politeness is per site, this only bounds memory.
MAX_CRAWLS = 3
#: Seconds between two looks for work.
PAUSE = 0.5

log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Wait to be the home's one worker, then work until stopped; blocks."""
    stop = stop_event()
    app = open_app(settings)
    with elected(settings.home / "worker.lock", stop) as working:
        if working:
            _work(app, stop)


def _work(app: App, stop: threading.Event) -> None:
    with app.db.write() as connection:  # what a killed worker left half done
        sources.abandon_crawls(connection, app.clock.now())
        outbox.release_claims(connection)
    crawls = Crawls(app=app)
    while not stop.is_set():
        with app.db.read() as connection:
            asked = ticks.asked(connection)
        for name in asked:
            _do(app, crawls, name)
        crawls.mind()
        stop.wait(PAUSE)
    crawls.stop()


def _do(app: App, crawls: "Crawls", name: str) -> None:
    message = ""
    try:
        if name == "line":
            run_line(app)
        elif name == "crawl":
            crawls.start_due()
    except Exception as error:  # one broken tick must not stop the others: told, tried again
        message = f"{type(error).__name__}: {error}"
        log.exception("tick failed", tick=name)
        with app.db.write() as connection:
            sources.raise_issue(
                connection,
                at=app.clock.now(),
                code="step-failed",
                message=f"流水线一步出错，下次重试：{message[:300]}",
            )
    with app.db.write() as connection:
        ticks.done(connection, name, app.clock.now(), message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A crawl under way: its process, since when (monotonic seconds), whom it asks."""

    process: subprocess.Popen[bytes]
    started: float
    host: str


@dataclass(slots=True, kw_only=True)
class Crawls:
    """The crawl children of this worker: one subprocess per crawl (platform §3)."""

    app: App
    _running: dict[str, "_Child"] = field(default_factory=dict)

    def start_due(self) -> None:
        """Start a child for every due source, as far as there is room, one at a time for a host.

        Two sources of one host together would ask it twice as fast as it was promised.
        """
        with self.app.db.read() as connection:
            due = sources.due(connection, self.app.clock.now())
        for item in due:
            try:
                self._start(item)
            except (ValueError, OSError) as error:  # one wrong row must not stop the others
                log.exception("crawl not started", source=item.name)
                told = "网址写得不对" if isinstance(error, ValueError) else "采集进程起不来"
                self._failed(
                    item.name,
                    f"{item.name} 没有开始采集：{told}（{type(error).__name__}），请改正或停用",
                )

    def _start(self, item: Source) -> None:
        busy = {child.host for child in self._running.values()}
        host = urlsplit(item.url).hostname or item.name
        if len(self._running) < MAX_CRAWLS and host not in busy:
            self._running[item.name] = _Child(
                process=self._spawn(item.name), started=time.monotonic(), host=host
            )

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "pipelines", "crawl", "--child", "--", name]
        with (self.app.settings.home / "crawl.log").open("ab") as log_file:
            return subprocess.Popen(  # noqa: S603 (our own interpreter and module)
                command,
                env=child_environment(self.app.settings.home),
                cwd=Path(__file__).parents[1],
                stdout=log_file,
                stderr=log_file,
            )

    def mind(self) -> None:
        """Take note of ended children; kill one that exceeds its time and say so."""
        limit = self.app.settings.crawl_limit_seconds
        for name, child in list(self._running.items()):
            process = child.process
            if process.poll() is not None:
                del self._running[name]
                if process.returncode not in (0, 1):  # 1 = ended and recorded by itself
                    self._failed(name, f"{name} 的采集进程异常退出（{process.returncode}）")
            elif time.monotonic() - child.started > limit:
                process.kill()
                process.wait()
                del self._running[name]
                self._failed(name, f"{name} 采集超过 {limit} 秒，已终止；下次从中断处继续")

    def _failed(self, name: str, message: str) -> None:
        now = self.app.clock.now()
        with self.app.db.write() as connection:
            sources.fail_running(connection, name, now, message)
            sources.raise_issue(
                connection, at=now, code="crawl-died", message=message, source_name=name
            )

    def stop(self) -> None:
        """End all children; what they had not settled is crawled again."""
        for child in self._running.values():
            child.process.terminate()
        for child in self._running.values():
            try:
                child.process.wait(5)
            except subprocess.TimeoutExpired:
                child.process.kill()
