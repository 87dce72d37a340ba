"""The shape of the house: packages listed, nothing shadowed, nothing of this machine committed."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
#: Anything larger does not belong in a repository of source and small weights.
MAX_BYTES = 2_000_000


def committed() -> list[Path]:
    """Return the files git knows or would add; all of them where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        kept = (p for top in [*PACKAGES, "tests", "docs"] for p in (ROOT / top).rglob("*"))
        return [path for path in kept if path.is_file() and "__pycache__" not in path.parts]
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in committed():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, weights, pages in GBK


def sources(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def test_the_ten_packages_are_there() -> None:
    assert sorted([
        "alerts", "config", "crawlers", "dashboard", "domain", "nlp", "notify", "pipelines",
        "reports", "store",
    ]) == PACKAGES  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "listed"),
    [
        ("setuptools", [
            name.rstrip("*")
            for name in PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
        ]),
        ("import-linter", PYPROJECT["tool"]["importlinter"]["root_packages"]),
        ("mypy", PYPROJECT["tool"]["mypy"]["packages"]),
    ],
    ids=["setuptools", "import-linter", "mypy"],
)  # fmt: skip
def test_every_package_is_listed(tool: str, listed: list[str]) -> None:
    assert sorted(listed) == PACKAGES, f"{tool} does not know every top-level package"


def test_every_package_has_its_place_in_the_layers() -> None:
    layers = next(
        contract["layers"]
        for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    named = [name.strip() for layer in layers for name in layer.split("|")]
    assert sorted(named) == PACKAGES


def test_no_dashboard_module_shadows_a_package_or_the_standard_library() -> None:
    """`streamlit run` puts dashboard/ first on the path (style §3 "Traps")."""
    names = {path.stem for path in (ROOT / "dashboard").iterdir() if path.suffix in ("", ".py")}
    assert names & (set(PACKAGES) | set(sys.stdlib_module_names)) == set()


def test_no_path_of_this_machine_is_committed() -> None:
    machine = re.compile(r"(?<![\w.\-])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
    found = [
        name for name, text in texts() if machine.search(text) and name != "tests/test_shape.py"
    ]
    assert found == []


def test_requirements_name_no_download_address_and_are_hashed() -> None:
    for path in sorted(ROOT.glob("requirements*.txt")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links|\bfile:", text), path
        pins = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
        assert pins, path
        assert all("==" in line for line in pins), path
        blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
        assert sum("--hash=sha256:" in block for block in blocks) == len(pins), path


def test_no_file_is_large() -> None:
    large = [str(path) for path in committed() if path.stat().st_size > MAX_BYTES]
    assert large == []


def test_test_files_have_unique_names() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip


def test_only_config_clock_reads_the_time() -> None:
    found = [
        name
        for name, tree in sources(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]
    assert set(found) == {"config/clock.py"}


def test_only_config_settings_reads_the_environment() -> None:
    found = {
        name
        for name, tree in sources(*PACKAGES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in ("environ", "getenv", "putenv")
    }
    assert found == {"config/settings.py"}


def test_decisions_touch_no_file() -> None:
    """What import-linter cannot see: built-in open(), print(), input()."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources("domain", "nlp", "alerts")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("open", "print", "input", "exec", "eval")
    ]
    assert found == []


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "managers", "manager", "common", "misc"}
    assert [path for path in committed() if path.suffix == ".py" and path.stem in drawers] == []
