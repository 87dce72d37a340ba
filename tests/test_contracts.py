"""The guards are awake: each is clean on the house and catches one violation planted in a copy."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import licences
from tests.test_shape import PACKAGES, PYPROJECT, ROOT

CONTRACTS: dict[str, str] = {
    contract["id"]: contract["name"] for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
}
TOOLS = Path(sys.executable).parent


def lint_imports(folder: Path) -> tuple[int, set[str]]:
    """Run import-linter in a folder; return its exit code and the names of broken contracts."""
    ran = subprocess.run(
        [TOOLS / "lint-imports", "--no-cache"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", ran.stdout, re.MULTILINE))
    assert set(verdicts) == set(CONTRACTS.values()), ran.stdout + ran.stderr
    return ran.returncode, {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the house in which lines may be planted."""
    folder = tmp_path_factory.mktemp("house")
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package,
            ignore=lambda _, names: [n for n in names if not n.endswith(".py") and "." in n],
        )  # fmt: skip
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_house_keeps_every_contract() -> None:
    assert lint_imports(ROOT) == (0, set())


PLANTED = [
    ("line", "alerts/cases.py", "import store.db", "a decision reaches into the store"),
    ("line", "crawlers/times.py", "import nlp.words", "siblings are strangers"),
    ("line", "store/ticks.py", "import pipelines.line", "the store calls upwards"),
    ("line", "domain/level.py", "import config.clock", "the nouns know the facts"),
    ("line", "reports/trace.py", "import dashboard.words", "a report needs the screen"),
    ("pure", "domain/level.py", "import yaml", "a noun reads files"),
    ("pure", "alerts/clocks.py", "import config.facts", "a decision reads YAML through another"),
    ("pure", "nlp/words.py", "import urllib.request", "language asks the network"),
    ("sql", "pipelines/line.py", "import sqlalchemy", "SQL outside the store"),
    ("sql", "dashboard/words.py", "import sqlite3", "the screen opens the database"),
    ("streamlit", "reports/trace.py", "import streamlit", "a report shows itself"),
    ("scrapy", "notify/base.py", "import scrapy", "a channel crawls"),
]


@pytest.mark.parametrize(
    ("contract", "path", "line"), [row[:3] for row in PLANTED], ids=[row[3] for row in PLANTED]
)
def test_a_planted_import_is_caught(copy: Path, contract: str, path: str, line: str) -> None:
    file = copy / path
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        code, broken = lint_imports(copy)
    finally:
        file.write_text(before, encoding="utf-8")
    assert code == 1
    assert CONTRACTS[contract] in broken


def test_every_contract_has_a_planted_violation() -> None:
    assert {row[0] for row in PLANTED} == set(CONTRACTS)


def test_the_copy_itself_is_clean(copy: Path) -> None:
    assert lint_imports(copy) == (0, set())


RUFF = [
    ("TID251", "alerts/x.py", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
    ("TID251", "nlp/x.py", 'import os\n\nHOME = os.environ["HOME"]\n'),
    ("T201", "store/x.py", 'print("hello")\n'),
    ("DTZ001", "domain/x.py", "from datetime import datetime\n\nX = datetime(2026, 1, 1)\n"),
    ("D103", "reports/x.py", "def public() -> None:\n    pass\n"),
    ("E501", "reports/x.py", f'X = "{"长" * 60}"\n'),
    ("E722", "notify/x.py", "try:\n    X = 1\nexcept:\n    X = 2\n"),
    ("S608", "store/x.py", 'def _f(x: str) -> str:\n    return f"SELECT a FROM b WHERE c = {x}"\n'),
    ("A001", "config/x.py", "list = 3\n"),
    ("C901", "nlp/x.py", "def _f(x: int) -> int:\n"
     + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12)) + "    return x\n"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "text"), RUFF, ids=[f"{r[0]} {r[1]}" for r in RUFF])
def test_ruff_catches(rule: str, path: str, text: str) -> None:
    """Checked under a path of the house, so that its per-file exceptions apply."""
    ran = subprocess.run(
        [TOOLS / "ruff", "check", "--no-cache", "--output-format=concise",
         "--stdin-filename", ROOT / path, "-"],
        input=f'"""Planted."""\n\n{text}', cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    assert f" {rule} " in ran.stdout


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("def loose(x):\n    return x\n", "[no-untyped-def]"),
        ('AT: int = "zwei"\n', "[assignment]"),
        ("def f(level: Level) -> int:\n    return level.weight\n", "[attr-defined]"),
        ("def f(level: Level) -> None:\n    level.rank = 3\n", "[misc]"),
    ],
    ids=["untyped", "wrong type", "no such attribute", "read-only"],
)
def test_mypy_catches(tmp_path: Path, line: str, error: str) -> None:
    (tmp_path / "planted.py").write_text(
        f'"""Planted."""\n\nfrom domain.level import Level\n\n\n{line}', encoding="utf-8"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml",
         "--cache-dir", tmp_path / "cache", tmp_path / "planted.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert error in ran.stdout


def test_all_dependencies_are_permissive(capsys: pytest.CaptureFixture[str]) -> None:
    assert licences.main() == 0
    assert "0 个不可用" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ("MIT", True), ("Apache-2.0 AND MIT", True), ("MIT OR GPL-3.0-only", True),
        ("(MIT OR Apache-2.0) AND ISC", True), ("GPL-3.0-or-later", False),
        ("(MIT OR GPL-3.0-only) AND GPL-2.0-only", False),
        ("MIT AND GPL-2.0-only", False), ("AGPL-3.0-only", False), ("没有写明", False),
        ("Proprietary", False), ("", False),
    ],
)  # fmt: skip
def test_which_licences_are_allowed(expression: str, want: bool) -> None:
    assert licences.allowed(expression) is want


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ("GNU Affero General Public License v3", "AGPL"), ("GPLv3+", "GPL"),
        ("GNU General Public License (GPL)", "GPL"), ("LGPLv2+", "LGPL"),
        ("License :: OSI Approved :: BSD License", "BSD"), ("3-Clause BSD License", "BSD-3-Clause"),
        ("Apache License, Version 2.0", "Apache-2.0"), ("MIT License", "MIT"),
        ("Limited to research", ""),
    ],
)  # fmt: skip
def test_licences_in_words(words: str, want: str) -> None:
    assert licences.named(words) == want


def test_an_unknown_package_is_an_offender() -> None:
    _, bad = licences.check("no-such-distribution-here==1.0 \\\n    --hash=sha256:00\n")
    assert [item.name for item in bad] == ["no-such-distribution-here"]
