"""Exam of "Working day": one line a check with what was measured and what is wanted.

    make exam-working-day            everything that can be automated (about ten minutes)
    make exam-working-day QUICK=1    without the real browser

EXAM_AFTER_TESTS=1 leaves out what `make test` has just shown (.ci/run sets it).

Every figure is measured in this run; what only eyes can judge (screenshots) is checked for being
there. docs/working-day.md tells which check stands for which line of the issue.
"""

import json
import re
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO, StringIO
from itertools import product
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from config.clock import FixedClock
from domain.access import ALLOWED, Act, Actor, Role
from pipelines import home, projects
from pipelines.wiring import App, open_app
from tests.conftest import NOON, settings_for
from tests.exams.checks import AFTER_TESTS, QUICK, ROOT, Check, Part, conduct, pytest_says, run
from tests.golden.test_pushes_answer import LIMITS, OWNERS, STAFF
from tests.integration import test_access_matrix as matrix
from tests.posts import LEAKS, feed, post, prepare, run_at

BROWSER = "tests/acceptance/test_browser_{}.py"
PUSHES = ROOT / "tests/golden/pushes"
MINUTES = 15


# ---- the three people's day ---------------------------------------------------------------------


def day() -> Iterator[Check]:
    story = pytest_says("tests/acceptance/test_working_day.py")
    yield Check(
        "a day by the clock, 08:30 brief to 23:10 F4 and Friday's report", story, "all passed",
        story.ok,
    )  # fmt: skip
    report = pytest_says("tests/integration/test_weekly_report.py")
    yield Check("the weekly report equals the rows", report, "all passed", report.ok)
    forms = pytest_says("tests/integration/test_forms.py", "tests/integration/test_intake.py")
    yield Check("forms and intake", forms, "all passed", forms.ok)
    told = pytest_says(
        "tests/integration/test_telling.py", "tests/integration/test_notify_channels.py"
    )
    yield Check("routing, repeats, channels on strict receivers", told, "all passed", told.ok)
    link = pytest_says("tests/integration/test_acknowledge_page.py")
    yield Check("looking at a link acknowledges nothing", link, "all passed", link.ok)


# ---- pushes -------------------------------------------------------------------------------------


def pushes() -> Iterator[Check]:
    answered = pytest_says(
        "tests/golden/test_golden_pushes.py", "tests/golden/test_pushes_answer.py"
    )
    files = sorted(PUSHES.glob("*.txt"))
    yield Check(
        f"{len(files)} golden pushes say who, where, how many, which words, what next, whom to call",
        answered, "all passed", answered.ok and len(files) == 35,
    )  # fmt: skip
    for channel, limit in LIMITS.items():
        sizes = {path.stem: path.stat().st_size for path in files if path.stem.startswith(channel)}
        stem, size = max(sizes.items(), key=lambda item: item[1])
        yield Check(
            f"largest push of {channel}, bytes", f"{size} ({stem})", f"≤ {limit}", size <= limit
        )
    leaks = [
        (path.stem, found[0])
        for path in files
        for pattern in OWNERS
        if (found := re.search(pattern, _without_staff(path.read_text(encoding="utf-8"))))
    ]
    yield Check("personal numbers of owners readable in a push", leaks or 0, 0, not leaks)


def _without_staff(text: str) -> str:
    for number in STAFF:
        text = text.replace(number, "")
    return text


# ---- who may what -------------------------------------------------------------------------------


def access() -> Iterator[Check]:
    done = pytest_says(
        "tests/integration/test_access_matrix.py", "tests/integration/test_accounts.py"
    )
    own = [(role, deed) for role, deed in product(Role, matrix.OWN)]
    refused = [(r, d) for r, d in own if matrix.OWN[d][0] not in ALLOWED[r]]
    pages = {**matrix._VIEW_PAGES, **matrix.INBOX_PAGES}
    yield Check(
        "store: role × action at home, refused as wanted",
        f"{len(refused)} of {len(own)} combinations; {done}", "all", done.ok,
    )  # fmt: skip
    yield Check(
        "store: foreign entity, all roles together",
        f"{len(matrix.FOREIGN)} actions refused, {len(pages)} reads without a foreign row",
        "all", done.ok and len(matrix.FOREIGN) >= 5 and len(pages) >= 15,
    )  # fmt: skip
    seen = pytest_says(
        "tests/integration/test_dashboard_roles.py", "tests/integration/test_dashboard_pages.py"
    )
    entries = _menu()
    hidden = [(r, e[1]) for r, e in product(Role, entries) if e[3] not in ALLOWED[r]]
    yield Check(
        "pages: role × page on a full and an empty home; a page out of the menu refuses by itself",
        f"{len(Role) * len(entries)} combinations, {len(hidden)} refused; {seen}", "all", seen.ok,
    )  # fmt: skip


def _menu() -> list[tuple[Path, str, str, Act]]:
    """Return script, title, address and right of every page, without Streamlit's own chatter."""
    with redirect_stderr(StringIO()):
        from dashboard import menu

    return [entry for part in menu._PAGES.values() for entry in part]


# ---- own data -----------------------------------------------------------------------------------

SYLLABLES = "云麓望江星河澄湖锦绣翡翠东方山海天城府苑园里湾庭悦和光晴川岚"
SETUP = Actor(name="考官", via="web", roles=frozenset({Role.ADMIN}), entities=None)


def own_subjects() -> Iterator[Check]:
    """60 subjects × 300 aliases into a home that holds posts, until the posts are matched."""
    stored = 5000
    with tempfile.TemporaryDirectory() as name, redirect_stderr(StringIO()):
        settings = home.create(
            settings_for(Path(name)), None, company="考试", procedure="group-000"
        )
        app = open_app(settings, clock=FixedClock(NOON))
        data, aliases = _projects()
        _posts(app, aliases, stored)
        started = time.monotonic()
        plan = projects.plan(app, data, name="项目.xlsx", now=NOON)
        planned = time.monotonic() - started
        done = projects.apply(app, plan, SETUP, NOON)
        run_at(app, NOON + timedelta(minutes=1))
        seconds = time.monotonic() - started
        with app.db.read() as connection:
            said = connection.exec_driver_sql("SELECT count(DISTINCT post_id) FROM mention")
            matched = said.scalar_one()
        app.db.dispose()
    yield Check(
        f"projects import 60 × 300 on {stored} stored posts, until all are matched again",
        f"{seconds:.0f} s (dry run {planned:.1f} s, {done.new} new, {matched} posts matched)",
        f"≤ {MINUTES} min, 60 new, all posts", seconds <= MINUTES * 60 and done.new == 60
        and matched == stored,
    )  # fmt: skip


def _projects() -> tuple[bytes, list[str]]:
    """A sheet of 60 subjects with five aliases each, all 300 different."""
    names = ["".join(pair) for pair in product(SYLLABLES[::2], SYLLABLES[1::2])]
    aliases = [f"{name}{tail}" for name in names for tail in ("雅苑", "花城")][:300]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["名称", "类型", "城市", "区域", "别名"])
    for n in range(60):
        sheet.append(
            [f"考试{n:02d}号院", "项目", "江城", "华中", "、".join(aliases[n * 5 : n * 5 + 5])]
        )
    out = BytesIO()
    book.save(out)
    return out.getvalue(), aliases


def _posts(app: App, aliases: list[str], count: int) -> None:
    prepare(app, ())
    said = [
        post(
            f"p{n}", f"{LEAKS[n % 12].replace('望江府', aliases[n % 300])}，第{n}号",
            NOON - timedelta(minutes=n % 3000), f"业主{n % 900}",
        )
        for n in range(count)
    ]  # fmt: skip
    for start in range(0, count, 500):
        feed(app, said[start : start + 500])
    run_at(app, NOON)


# ---- a real browser -----------------------------------------------------------------------------


def first_hour() -> Iterator[Check]:
    if QUICK:
        return
    done, said = _measured("first_hour", "FENGHUO_STEPS_REPORT")
    yield Check("first hour in a real browser, no terminal", done, "all passed", done.ok)
    if said:
        counts = said.get("counts", {})
        yield Check("first hour: steps of a person", said["count"], "counted and listed in the docs",
                    _listed(said["steps"]))  # fmt: skip
        yield Check("first hour: seconds to the first matched post in the inbox",
                    said["seconds_to_first_post"], f"≤ {MINUTES * 60}",
                    said["seconds_to_first_post"] <= MINUTES * 60)  # fmt: skip
        yield Check("first hour: seconds to the first push", said["seconds_to_first_push"],
                    f"≤ {MINUTES * 60}", said["seconds_to_first_push"] <= MINUTES * 60)  # fmt: skip
        yield Check("first hour: what stands in the database", counts, "60 subjects, 300 aliases, an alert",
                    counts.get("subject") == 60 and counts.get("alias") == 300 and counts.get("alert", 0) >= 1)  # fmt: skip


def _listed(steps: list[str]) -> bool:
    """Whether docs/first-hour.md names every step, in this order."""
    page = (ROOT / "docs/first-hour.md").read_text(encoding="utf-8")
    place = 0
    for step in steps:
        place = page.find(step, place)
        if place < 0:
            return False
    return bool(steps)


def two_users() -> Iterator[Check]:
    if QUICK:
        return
    done = pytest_says(BROWSER.format("two_users"))
    yield Check("two people on one alert and one inbox (real browser)", done, "all passed", done.ok)


def phone() -> Iterator[Check]:
    if QUICK:
        return
    done, said = _measured("phone", "FENGHUO_PHONE_REPORT")
    yield Check("on-site report and pages at 390 px (real browser)", done, "all passed", done.ok)
    if "seconds" in said:
        figure = f"{said['seconds']} s, {said.get('count', len(said.get('steps', [])))} steps"
        yield Check("on-site report at 390 px", figure, "≤ 30 s", float(said["seconds"]) <= 30)
    else:
        yield Check("on-site report at 390 px", "no figure reported", "≤ 30 s", ok=False)


def _measured(test: str, variable: str) -> tuple[Any, dict[str, Any]]:
    """Run a browser test and read the figures it writes where the variable says."""
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.json"
        done = pytest_says(BROWSER.format(test), extra={variable: str(report)})
        said = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return done, said


# ---- papers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot a page must have."""

    path: Path
    width: int

    @property
    def wrong(self) -> str:
        """What is wrong with it, "" if nothing."""
        if not self.path.exists():
            return f"{self.path.name} missing"
        head = self.path.read_bytes()[:24]
        if head[:8] != b"\x89PNG\r\n\x1a\n":
            return f"{self.path.name} is no PNG"
        width = struct.unpack(">I", head[16:20])[0]
        return "" if width in (self.width, 2 * self.width) else f"{self.path.name} {width} px"


def screenshots() -> Iterator[Check]:
    folder = ROOT / "docs/img"
    names = [address or "overview" for _, _, address, _ in _menu()]
    shots = [
        Shot(folder / f"{name}{size}.png", width)
        for name, (size, width) in product(names, (("", 1440), ("-phone", 390)))
    ]
    wrong = [shot.wrong for shot in shots if shot.wrong]
    yield Check(
        "screenshots of every page of the menu, 1440 and 390 px",
        f"{len(shots) - len(wrong)} of {len(shots)}{'; ' + ', '.join(wrong) if wrong else ''}",
        "all", not wrong,
    )  # fmt: skip


def docs() -> Iterator[Check]:
    helped = run(sys.executable, "-m", "fenghuo", "--help")
    said = helped.stdout.decode()
    wanted = ("projects", "recipients", "orders", "labels", "report", "user", "init", "serve")
    missing = [word for word in wanted if not re.search(rf"\b{word}\b", said)]
    yield Check(
        "python -m fenghuo --help lists the commands", f"exit {helped.returncode}, missing {missing}",
        "exit 0, none", helped.returncode == 0 and not missing,
    )  # fmt: skip
    done = pytest_says("tests/test_docs.py")
    yield Check("docs agree with the program", done, "all passed", done.ok)
    page = ROOT / "docs/first-hour.md"
    steps = re.findall(r"^\d+\. ", page.read_text(encoding="utf-8"), re.MULTILINE)
    yield Check("docs/first-hour.md lists its steps", len(steps), "≥ 10", len(steps) >= 10)
    dead = [
        f"{path.name}: {target}"
        for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    yield Check("links of the docs that lead nowhere", dead or 0, 0, not dead)


PARTS: tuple[Part, ...] = (
    docs, screenshots, day, pushes, access, own_subjects, first_hour, two_users, phone,
)  # fmt: skip

#: What `make test` has not just shown.
AFTER: tuple[Part, ...] = (docs, screenshots, own_subjects)

if __name__ == "__main__":
    sys.exit(conduct(AFTER if AFTER_TESTS else PARTS))
