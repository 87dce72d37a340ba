"""A real Chromium and a real server for the browser tests and the screenshots of the docs."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

from config.settings import child_environment

ROOT = Path(__file__).resolve().parents[1]

#: No sandbox as root in containers; nothing that talks to anybody but the page.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

#: address, title of the page.
PAGES = (
    ("", "态势总览"),
    ("alert", "预警详情"),
    ("search", "帖子检索"),
    ("health", "来源健康"),
)


def chromium(playwright: Playwright, *, named: str = "") -> Browser:
    """Start the Chromium that deploy/setup.sh chooses (the one named first); fails in its words."""
    asked = subprocess.run(
        ["sh", "deploy/setup.sh", "which-browser"],
        cwd=ROOT,
        env={**os.environ, "CHROMIUM": named or os.environ.get("CHROMIUM", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        raise RuntimeError(asked.stderr.strip())
    return playwright.chromium.launch(executable_path=asked.stdout.strip(), args=list(FLAGS))


@contextmanager
def served(home: Path) -> Iterator[str]:
    """Serve the dashboard of a home on a free loopback port; yields its address."""
    port = _free_port()
    log = (home / "web.log").open("w")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "dashboard.app:app",
            "--port",
            str(port),
            "--host",
            "127.0.0.1",
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
        env=child_environment(home),
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def open_page(page: Page, url: str, title: str) -> None:
    """Open an address and wait until the page named `title` has been drawn to the end."""
    page.goto(url)
    page.get_by_role("heading", name=title, exact=True).first.wait_for(timeout=60_000)
    settled(page)


def settled(page: Page) -> None:
    """Wait until no script runs and no element is stale."""
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=\"stStatusWidget\"]')"
        " && !document.querySelector('[data-testid=\"stSkeleton\"]')",
        timeout=60_000,
    )
    page.wait_for_timeout(400)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(url: str, process: subprocess.Popen[bytes], *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"dashboard did not answer at {url}")
