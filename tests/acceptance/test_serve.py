"""`fenghuo serve` as processes: answers, restarts what dies, survives kill -9, stops on Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config.settings import child_environment
from pipelines import home as homes
from pipelines.net import answers, free_port
from pipelines.wiring import open_app
from store import installation
from store.tables import analysis, post, tick
from tests.conftest import settings_for

ROOT = Path(__file__).parents[2]


def wait(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.3)


def children(pid: int) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    return [int(each) for each in found]


def role_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return words[words.index("--role") + 1] if "--role" in words else ""


@pytest.mark.slow
def test_serve_works_is_killed_goes_on_and_stops(tmp_path: Path) -> None:
    home = tmp_path / "var"
    settings = settings_for(home)
    homes.create(settings, None, company="云麓地产", procedure="group-000")
    port = free_port("127.0.0.1", 8611)
    env = {**child_environment(home), "FENGHUO_PORT": str(port), "FENGHUO_OPEN_BROWSER": "0",
           "FENGHUO_LINE_SECONDS": "1"}  # fmt: skip
    log = (tmp_path / "serve.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    app = open_app(settings)

    def analysed() -> int:
        with app.db.read() as connection:
            return connection.scalar(select(func.count()).select_from(analysis)) or 0

    try:
        wait(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        second = subprocess.run(
            [sys.executable, "-m", "pipelines", "serve"], cwd=ROOT, env=env, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert "已有一个烽火在运行" in second.stderr
        victim = next(pid for pid in children(process.pid) if role_of(pid) == "worker")
        os.kill(victim, signal.SIGKILL)
        (tmp_path / "in.jsonl").write_text(
            '{"id": "x1", "text": "望江府渗水", "time": "2026-11-20 10:00:00", "author": "甲"}\n',
            encoding="utf-8",
        )
        done = subprocess.run(
            [sys.executable, "-m", "pipelines", "import", str(tmp_path / "in.jsonl")],
            cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        wait(lambda: analysed() == 1)
        with app.db.read() as connection:
            assert connection.scalar(select(func.count()).select_from(post)) == 1
            assert connection.scalar(select(tick.c.done_at).where(tick.c.name == "line"))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        log.close()
    assert children(process.pid) == []
    assert not answers(f"http://127.0.0.1:{port}/healthz")
    assert "已停止" in (tmp_path / "serve.log").read_text(encoding="utf-8")


@pytest.mark.slow
def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    home = tmp_path / "var"
    homes.create(settings_for(home), None, company="云麓地产", procedure="group-000")
    port = free_port("127.0.0.1", 8651)
    env = {**child_environment(home), "FENGHUO_PORT": str(port), "FENGHUO_OPEN_BROWSER": "0"}
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "serve"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
    )
    wait(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
    orphans = children(process.pid)
    assert {role_of(pid) for pid in orphans} == {"web", "scheduler", "worker"}
    process.kill()
    process.wait(10)
    wait(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in orphans), 30)
    again = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "serve"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
    )
    try:
        wait(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
    finally:
        again.terminate()
        assert again.wait(30) == 0


def test_a_demo_never_touches_somebodys_own_data(tmp_path: Path) -> None:
    home = tmp_path / "real"
    homes.create(settings_for(home), None, company="真实公司", procedure="project-002")
    for words in (["demo", "--play-only"], ["demo", "--fresh", "--play-only"]):
        done = subprocess.run(
            [sys.executable, "-m", "pipelines", *words],
            cwd=ROOT, env=child_environment(home), capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert "真实数据" in done.stderr
    app = open_app(settings_for(home))
    with app.db.read() as connection:
        assert installation.get(connection, "company") == "真实公司"
        assert installation.playback(connection) is None
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600
