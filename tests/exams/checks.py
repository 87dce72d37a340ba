"""What the exams share: one line a check, a home made by the command line, pytest's own verdict."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
QUICK = bool(os.environ.get("QUICK"))
AFTER_TESTS = bool(os.environ.get("EXAM_AFTER_TESTS"))


@dataclass(frozen=True, slots=True)
class Check:
    """One line of an exam."""

    name: str
    measured: object
    wanted: object
    ok: bool


Part = Callable[[], Iterator[Check]]


def conduct(parts: Iterable[Part]) -> int:
    """Print every check of every part; return 1 if one fell short."""
    short = 0
    for part in parts:
        try:
            for check in part():
                short += not check.ok
                mark = "ok  " if check.ok else "MISS"
                print(f"{mark} {check.name}: {check.measured} (wanted {check.wanted})", flush=True)
        except Exception as error:
            short += 1
            print(f"MISS {part.__name__}: {type(error).__name__}: {error} (wanted no error)")
    print("all checks reached" if not short else f"{short} checks fell short")
    return int(short > 0)


def run(
    *words: str,
    home: Path | None = None,
    cwd: Path = ROOT,
    timeout: int = 900,
    extra: Mapping[str, str] | None = None,
) -> Any:
    """Run a command without opening a browser; `extra` goes into its environment."""
    env = {**os.environ, "FENGHUO_OPEN_BROWSER": "0", **(extra or {})}
    if home is not None:
        env["FENGHUO_HOME"] = str(home)
    return subprocess.run(
        words, cwd=cwd, env=env, capture_output=True, timeout=timeout, check=False
    )


def cli(home: Path, *words: str) -> Any:
    """Run a command of the command line on a home."""
    return run(sys.executable, "-m", "pipelines", *words, home=home)


def new_home(folder: Path, name: str) -> Path:
    """Make a home by the command line."""
    home = folder / name
    cli(home, "init", "--company", "考试")
    return home


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask a home's database file."""
    with sqlite3.connect(home / "fenghuo.db") as connection:
        return connection.execute(sql).fetchall()


@dataclass(frozen=True, slots=True)
class Tested:
    """What pytest says of some files: tests that passed, all there are, seconds, its last line."""

    passed: int
    asked: int
    seconds: float
    names: tuple[str, ...]
    last: str

    @property
    def ok(self) -> bool:
        """Whether there were tests and all passed; a skipped one is none."""
        return self.asked > 0 and self.passed == self.asked

    def __str__(self) -> str:
        return f"{self.passed} of {self.asked} passed in {self.seconds:.0f} s" + (
            "" if self.ok else f" [{self.last}]"
        )


def pytest_says(*words: str, extra: Mapping[str, str] | None = None) -> Tested:
    """Run pytest on these files and read its JUnit report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        done = run(
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
            f"--junitxml={report}", *words, extra=extra,
        )  # fmt: skip
        last = [line for line in done.stdout.decode().strip().splitlines() if line.strip()][-1:]
        if not report.exists():
            return Tested(0, 0, 0.0, (), " ".join(last))
        cases = list(ET.parse(report).iter("testcase"))
    good = [case for case in cases if not list(case)]
    return Tested(
        len(good), len(cases), sum(float(case.get("time", 0)) for case in cases),
        tuple(str(case.get("name")) for case in good), " ".join(last),
    )  # fmt: skip
