"""Serve: the processes of one home — web, scheduler, worker, crawl children — and the demo."""

import os
import shutil
import signal
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from config.clock import SystemClock
from config.settings import Settings, child_environment, has_display
from domain.clock import say_time
from domain.errors import FenghuoError, StoreError
from pipelines import accounts, demo_home, playback, scheduler, worker
from pipelines.demo_home import DemoTown
from pipelines.net import answers, free_port
from pipelines.process import only_one
from pipelines.wiring import open_app
from store import installation
from store.installation import Playback

#: Seconds a child gets to finish its transaction before it is killed (a kill loses nothing).
GRACE = 10.0
#: A child that dies is started again after this many seconds, doubling up to the maximum.
RESTART_FIRST, RESTART_MAX = 1.0, 60.0
#: A child that lived this long was well: its next death is the first again.
HEALTHY = 60.0


# ---- one role, in this process ----------------------------------------------------------------


def run_web(settings: Settings) -> None:
    """Run the dashboard with one uvicorn worker; blocks."""
    import uvicorn  # noqa: PLC0415 (only this role needs it)

    app = open_app(settings)
    _check_host(settings, signed_in=accounts.any_account(app))
    app.db.dispose()
    uvicorn.run(
        "dashboard.app:app",
        host=settings.host,
        port=settings.port,
        log_config=None,  # Streamlit adds handlers of its own; with uvicorn's all would come twice
        log_level="warning",
        access_log=False,
    )


def _check_host(settings: Settings, *, signed_in: bool) -> None:
    """Refuse to be reached by others before anybody must sign in (design §9)."""
    if settings.host in ("127.0.0.1", "::1", "localhost"):
        return
    if not signed_in:
        raise FenghuoError(
            "建立账号之前看板只监听本机：请先运行 fenghuo user add 建立管理员，"
            "或把 FENGHUO_HOST 设为 127.0.0.1"
        )
    if not settings.public_url:
        raise FenghuoError(
            "监听本机以外的地址时请设置 FENGHUO_PUBLIC_URL，例如 https://fh.example.cn"
        )


ROLES: dict[str, Callable[[Settings], None]] = {
    "web": run_web,
    "scheduler": scheduler.run,
    "worker": worker.run,
}


# ---- all roles, supervised ----------------------------------------------------------------------


def supervise(settings: Settings, out: Console) -> None:
    """Run every role as a child, restart what dies, stop all on Ctrl-C."""
    with only_one(settings.home), demo_home.running_town(settings) as town:
        if town is not None:
            _finish_playback(settings, town, out)
        port = free_port(settings.host, settings.port)
        children = {role: _Child(settings, role, port) for role in ROLES}
        with _stop_signals() as stopped:
            try:
                for child in children.values():
                    child.start()
                _say_ready(settings, port, out, stopped)
                while not stopped():
                    for child in children.values():
                        child.mind(out)
                    if town is not None:
                        town.write_exports()
                    time.sleep(0.5)
            finally:
                out.print("正在停止…")
                _stop_all(list(children.values()))
        out.print("已停止。再次运行会接着上次的数据继续。")


def demo(settings: Settings, out: Console, *, fresh: bool, play_only: bool) -> None:
    """Make the demo home if needed, play its past, then serve it live."""
    with only_one(settings.home):
        if demo_home.is_other(settings):
            raise StoreError(
                f"{settings.home} 里是真实数据，演示不会动它：请另设 FENGHUO_HOME，例如 ./var-demo"
            )
        if fresh:
            _empty(settings.home)
        made = demo_home.create(settings)
    if made:
        out.print(f"[bold]演示[/bold]：虚构的江城，数据目录 {settings.home}")
    else:
        out.print(f"接着使用已有的演示数据 {settings.home}（--fresh 可重新播放）")
    if play_only:
        with only_one(settings.home), demo_home.running_town(settings) as town:
            assert town is not None
            _finish_playback(settings, town, out)
        return
    supervise(settings, out)


def _empty(home: Path) -> None:
    """Delete what a demo home holds, but not the lock that is held meanwhile."""
    for item in home.iterdir():
        if item.is_dir():
            shutil.rmtree(item)
        elif item.name != "serve.lock":
            item.unlink()


def _finish_playback(settings: Settings, town: DemoTown, out: Console) -> None:
    app = open_app(settings)
    with app.db.read() as connection:
        state = installation.playback(connection)
    if state is None:
        return
    out.print(
        f"在模拟时钟上播放 {say_time(state.now)} 至 {say_time(state.until)}"
        "（可随时 Ctrl-C，下次接着播）"
    )
    town.clock.clock = app.clock
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(), console=out,
    )  # fmt: skip
    with bar:
        start = state.now
        task = bar.add_task("播放", total=(state.until - start).total_seconds())

        def progress(now: Playback) -> None:
            bar.update(
                task,
                description=f"播放 {say_time(now.now)}",
                completed=(now.now - start).total_seconds(),
            )

        playback.play(app, town, demo_home.SLOW_SUBJECT, progress)
        bar.update(task, completed=(state.until - start).total_seconds())
    app.db.dispose()
    town.clock.clock = SystemClock()


class _Child:
    """One role as a child process; restarted with growing pauses when it dies."""

    def __init__(self, settings: Settings, role: str, port: int) -> None:
        self.role = role
        self._env = {**child_environment(settings.home), "FENGHUO_PORT": str(port)}
        self._process: subprocess.Popen[bytes] | None = None
        self._pause = RESTART_FIRST
        self._again_at = self._started_at = 0.0

    def start(self) -> None:
        """Start the role."""
        command = [
            sys.executable, "-m", "pipelines", "serve", "--role", self.role,
            "--parent", str(os.getpid()),
        ]  # fmt: skip
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command, env=self._env, cwd=Path(__file__).parents[1]
        )

    def mind(self, out: Console) -> None:
        """Restart the role if it died; say so."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if not self._again_at and now - self._started_at > HEALTHY:
            self._pause = RESTART_FIRST
        if not self._again_at:
            out.print(f"[yellow]{self.role} 退出（{self._process.returncode}），稍后重启[/yellow]")
            self._again_at = now + self._pause
            self._pause = min(self._pause * 2, RESTART_MAX)
        elif now >= self._again_at:
            self._again_at = 0.0
            self.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end; kill what does not end."""
        if self._process is None:
            return
        try:
            self._process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _stop_all(children: list[_Child]) -> None:
    for child in children:
        child.ask_to_stop()
    end = time.monotonic() + GRACE
    for child in children:
        child.wait(end - time.monotonic())


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Turn SIGINT and SIGTERM into a question asked in the loop."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    old = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _say_ready(settings: Settings, port: int, out: Console, stopped: Callable[[], bool]) -> None:
    url = f"http://{settings.host}:{port}"
    end = time.monotonic() + 60
    while not stopped() and time.monotonic() < end:
        if answers(f"{url}/healthz"):
            out.print(f"[bold green]看板已就绪：{url}[/bold green]　停止请按 Ctrl-C")
            if settings.open_browser and has_display():
                webbrowser.open(url)
            return
        time.sleep(0.5)
    if not stopped():
        out.print("[red]看板 60 秒内没有应答[/red]：请看上面的报错，或运行 fenghuo doctor")
