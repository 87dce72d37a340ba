"""A real Chromium, real processes and a counted hand on the page, for the browser tests."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Playwright

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

#: address, title of the page: the whole menu.
PAGES = (
    ("", "态势总览"),
    ("inbox", "今日待阅"),
    ("alert", "预警详情"),
    ("search", "帖子检索"),
    ("cases", "个案"),
    ("intake", "录入"),
    ("onsite", "现场上报"),
    ("weekly", "周报"),
    ("media", "媒体来访与自有发布"),
    ("start", "第一小时"),
    ("subjects", "监测对象"),
    ("recipients", "收件人"),
    ("sources", "来源"),
    ("health", "来源健康"),
    ("accounts", "账号"),
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


@contextmanager
def running(home: Path, **settings: str) -> Iterator[str]:
    """Run `fenghuo serve` with all its processes on a free loopback port; yields its address."""
    port = _free_port()
    log = (home / "serve.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines", "serve"],
        cwd=ROOT,
        env={
            **child_environment(home), "FENGHUO_PORT": str(port), "FENGHUO_OPEN_BROWSER": "0",
            "FENGHUO_LINE_SECONDS": "1", **settings,
        },
        stdout=log,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=40)
        log.close()


@dataclass
class Hand:
    """A person's hand on the page: does one step at a time and keeps each in Chinese.

    With `pictures` set, every click is photographed before it is done, its target framed in red.
    `typing` is the pause between two letters in milliseconds; 0 fills a field at once.
    """

    page: Page
    pictures: Path | None = None
    typing: float = 0
    steps: list[str] = field(default_factory=list)

    def open(self, url: str, title: str) -> None:
        """Open the first address; all others are reached by clicks."""
        self.steps.append("打开看板网址")
        open_page(self.page, url, title)

    def link(self, label: str, title: str, *, scope: Locator | None = None) -> None:
        """Click a link and wait for the page it leads to."""
        target = (scope or self.page).get_by_role("link", name=label).first
        self._do(f"点“{label.removesuffix(' →')}”", target)
        target.click()
        self.page.get_by_role("heading", name=title, exact=True).first.wait_for(timeout=60_000)
        settled(self.page)

    def menu(self, section: str, title: str) -> None:
        """Open a section of the menu and click a page: two steps."""
        head = self.page.get_by_test_id("stTopNavSection").filter(has_text=section).first
        self._do(f"点菜单“{section}”", head)
        head.click()
        entry = self.page.get_by_role("link", name=title, exact=True).last
        self._do(f"点“{title}”", entry)
        entry.click()
        self.page.get_by_role("heading", name=title, exact=True).first.wait_for(timeout=60_000)
        settled(self.page)

    def click(self, label: str, target: Locator | None = None) -> None:
        """Press a button, or another target by its label."""
        found = target or self.page.get_by_role("button", name=label, exact=True).first
        self._do(f"点“{label}”", found)
        found.click()
        settled(self.page)

    def pick(self, label: str) -> None:
        """Press one of the choices that lie open side by side."""
        self.click(label, self.page.get_by_role("radio", name=label, exact=True).first)

    def fill(self, label: str, value: str) -> None:
        """Type into a field."""
        target = self.page.get_by_label(label, exact=True).first
        self._do(f"填“{label}”", target)
        if self.typing:
            target.click()
            target.press_sequentially(value, delay=self.typing)
        else:
            target.fill(value)
        target.blur()
        settled(self.page)

    def choose(self, label: str, option: str) -> None:
        """Pick an entry of a list, by typing a part of it as people do with sixty entries."""
        target = self.page.get_by_role("combobox", name=re.compile(re.escape(label))).first
        self._do(f"选“{label}”", target)
        target.click()
        target.press_sequentially(option, delay=self.typing or 20)
        self.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()
        settled(self.page)

    def upload(self, file: Path, what: str) -> None:
        """Choose a file for the page's uploader."""
        target = self.page.locator("[data-testid=stFileUploaderDropzone] input[type=file]").first
        self._do(f"选择文件：{what}", self.page.get_by_test_id("stFileUploaderDropzone").first)
        target.set_input_files(file)
        self.page.get_by_text(file.name).first.wait_for(timeout=30_000)
        settled(self.page)

    def _do(self, step: str, target: Locator) -> None:
        self.steps.append(step)
        target.wait_for(timeout=30_000)
        if self.pictures is None or (step[0] in "填选" and not step.startswith("选择文件")):
            return
        target.scroll_into_view_if_needed()
        target.evaluate("e => { e.style.boxShadow = '0 0 0 4px #D0021B'; }")
        path = self.pictures / f"first-hour-{len(self.steps):02d}.png"
        self.page.screenshot(path=path)
        shrink(path)
        target.evaluate("e => { e.style.boxShadow = ''; }")


def open_page(page: Page, url: str, title: str) -> None:
    """Open an address and wait until the page named `title` has been drawn to the end."""
    page.goto(url)
    page.get_by_role("heading", name=title, exact=True).first.wait_for(timeout=60_000)
    settled(page)


def sign_in(page: Page, url: str, login: str, password: str) -> None:
    """Sign in through the form and wait for the first page."""
    page.goto(f"{url}/login")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", name="态势总览", exact=True).first.wait_for(timeout=60_000)
    settled(page)


def settled(page: Page) -> None:
    """Wait until no script runs and no element is stale."""
    page.wait_for_function(
        "() => !document.querySelector('[data-testid=\"stStatusWidget\"]')"
        " && !document.querySelector('[data-testid=\"stSkeleton\"]')",
        timeout=60_000,
    )
    page.wait_for_timeout(400)


def shrink(path: Path) -> None:
    """Store a picture of the docs with at most 128 colours: pages are flat, files get small."""
    with Image.open(path) as shot:
        small = shot.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def until(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.3)


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
