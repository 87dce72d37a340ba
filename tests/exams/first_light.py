"""Exam of "First light": one line a check with what was measured and what is wanted.

    make exam-first-light            everything, a clean clone included (about ten minutes)
    make exam-first-light QUICK=1    without the clean clone's `make run` and `make test`

EXAM_AFTER_TESTS=1 leaves out what `make test` has just shown (.ci/run sets it).
Real data is read from ../shared/data (SHARED overrides); without it those checks fall short.
"""

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.clock import FixedClock
from domain.clock import aware
from domain.post import ParsedPost
from domain.source import Subject
from pipelines import home
from pipelines.wiring import open_app
from tests.acceptance.test_replay_is_line import Course, by_line, by_replay
from tests.conftest import settings_for
from tests.exams.checks import (
    AFTER_TESTS,
    QUICK,
    ROOT,
    Check,
    Part,
    cli,
    conduct,
    new_home,
    query,
    run,
)  # fmt: skip
from tests.posts import SITE

DATA = Path(os.environ.get("SHARED", ROOT.parent / "shared")) / "data"
PORT = 8531
FORMATS = {
    "qq_txt": "txt", "qce_json": "json", "qce_txt": "txt", "memotrace_csv": "csv",
    "memotrace_txt": "txt", "weflow_json": "json",
}  # fmt: skip


def rows_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        return [json.loads(line) for line in handle if line.strip()]


# ---- make run and make test from a clean clone -------------------------------------------------


def clean_clone() -> Iterator[Check]:
    if QUICK:
        return
    with tempfile.TemporaryDirectory(prefix="fenghuo-exam-") as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        yield from demo(clone)
        tested = run("make", "test", cwd=clone, timeout=1500)
        last = [x for x in tested.stdout.decode().splitlines() if " passed" in x or "failed" in x][
            -1:
        ]
        yield Check("make test in a clean clone", last, "exit 0", tested.returncode == 0)


def demo(clone: Path) -> Iterator[Check]:
    env = {**os.environ, "FENGHUO_OPEN_BROWSER": "0", "FENGHUO_PORT": str(PORT)}
    env.pop("FENGHUO_HOME", None)
    started = time.monotonic()
    with (clone / "run.log").open("wb") as log:
        process = subprocess.Popen(
            ["make", "run"], cwd=clone, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            seconds = _wait_for_dashboard(clone / "run.log", process, started)
            yield Check("make run, seconds to a dashboard", round(seconds), "≤ 300", seconds <= 300)
            yield from demo_state(clone / "var")
        finally:
            process.terminate()
            process.wait(60)
    yield Check(
        "make run stops on a signal", process.returncode, "stopped", process.poll() is not None
    )


def _wait_for_dashboard(log: Path, process: Any, started: float) -> float:
    while time.monotonic() - started < 420:
        if process.poll() is not None:
            raise RuntimeError(f"make run ended: {log.read_text(encoding='utf-8')[-800:]}")
        found = re.search(r"看板已就绪：(http://[\d.:]+)", log.read_text(encoding="utf-8"))
        if found:
            with urllib.request.urlopen(f"{found[1]}/healthz", timeout=10) as answer:
                assert answer.status == 200
            return time.monotonic() - started
        time.sleep(1)
    raise RuntimeError("no dashboard within 420 s")


def demo_state(home: Path) -> Iterator[Check]:
    alerts = query(
        home,
        "SELECT s.key, a.level, a.reason_zh, a.id FROM alert a"
        " JOIN subject s ON s.id = a.subject_id WHERE a.status = 'open'",
    )
    by_subject = Counter(row[0] for row in alerts)
    yield Check(
        "open alerts by crisis",
        dict(by_subject),
        "both crises",
        {"wangjiangfu", "xinghewanli"} <= set(by_subject),
    )
    yield Check(
        "alerts without a reason in Chinese",
        sum(not row[2] for row in alerts),
        0,
        all(row[2] for row in alerts),
    )
    stories = _stories_behind(home)
    foreign = {name: n for name, n in stories.items() if name in ("quarrel", "ad", "praise")}
    yield Check(
        "alerts whose posts are mostly quarrel, ads or praise", foreign, "none", not foreign
    )
    clocks = query(home, "SELECT definition FROM clock WHERE stopped_at IS NULL")
    triage = sum(row[0] == "triage" for row in clocks)
    yield Check("running triage clocks", triage, "≥ 1", triage >= 1)
    case = query(
        home,
        "SELECT c.number, count(k.id) FROM case_file c LEFT JOIN clock k"
        " ON k.object = 'case:' || c.number GROUP BY c.number",
    )
    yield Check(
        "case with procedure clocks", case, "1 case, ≥ 1 clock", len(case) == 1 and case[0][1] >= 1
    )
    sent = query(home, "SELECT count(*) FROM outbox WHERE status = 'accepted' AND verdict != ''")
    yield Check("messages accepted by the console", sent[0][0], "≥ 1", sent[0][0] >= 1)
    played = query(home, "SELECT DISTINCT via, actor FROM audit WHERE via = 'demo'")
    yield Check("the demo's person is marked in the audit", played, "via demo", bool(played))


def _stories_behind(home: Path) -> Counter[str]:
    """Return story → alerts of which it makes up most of the posts behind."""
    from pipelines.town.load import Town

    anchor = query(home, "SELECT value FROM installation WHERE key = 'demo_anchor'")[0][0]
    story = {
        " ".join(p.text.split()): p.story for p in Town.load(datetime.fromisoformat(anchor)).posts
    }
    found: Counter[str] = Counter()
    for (alert_id,) in query(home, "SELECT id FROM alert"):
        texts = query(
            home,
            "SELECT DISTINCT r.text FROM revision r JOIN finding_post x ON"
            " x.revision_id = r.id JOIN finding f ON f.id = x.finding_id"
            f" WHERE f.alert_id = {int(alert_id)}",
        )
        behind = Counter(story.get(" ".join(text.split()), "?") for (text,) in texts)
        if behind:
            found[behind.most_common(1)[0][0]] += 1
    return found


# ---- real input --------------------------------------------------------------------------------


def chats() -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as name:
        for number, (fmt, ext) in enumerate(FORMATS.items()):
            home = new_home(Path(name), f"h{number}")
            file = Path(name) / f"{fmt}.{ext}"
            file.write_bytes(
                gzip.decompress((DATA / f"chat_exports/{fmt}.dev.{ext}.gz").read_bytes())
            )
            done = cli(home, "import", str(file))
            gold = rows_of(DATA / f"chat_exports/{fmt}.dev.expected.jsonl.gz")
            want = Counter((row["time"], row["kind"], _flat(row["text"])) for row in gold)
            got = Counter(_stored_messages(home))
            same = sum((want & got).values())
            yield Check(
                f"import {fmt}: messages equal to .expected.jsonl",
                f"{same} of {len(gold)}, {sum(got.values())} stored",
                "all, no other",
                want == got and done.returncode == 0,
            )
            if fmt == "qq_txt":
                yield from _again_and_overlap(Path(name), home, file, len(gold))


def _stored_messages(home: Path) -> Iterator[tuple[str, str, str]]:
    sql = (
        "SELECT p.published_at, p.message_kind, r.text FROM post p"
        " JOIN revision r ON r.post_id = p.id"
    )
    for at, kind, text in query(home, sql):
        local = datetime.fromisoformat(at) + timedelta(hours=8)
        yield local.strftime("%Y-%m-%d %H:%M:%S"), kind, _flat(text)


def _flat(text: str | None) -> str:
    return "".join((text or "").split())


def _again_and_overlap(folder: Path, home: Path, file: Path, total: int) -> Iterator[Check]:
    before = _dump(home)
    cli(home, "import", str(file))
    yield Check(
        "a second import changes nothing",
        "equal" if _dump(home) == before else "changed",
        "equal",
        _dump(home) == before,
    )
    text = file.read_text(encoding="utf-8-sig")
    starts = [
        m.start() for m in re.finditer(r"^\d{4}-\d\d-\d\d \d?\d:\d\d:\d\d ", text, re.MULTILINE)
    ]
    head, third = text[: starts[0]], len(starts) // 3
    parts = {"a": head + text[starts[0] : starts[2 * third]], "b": head + text[starts[third] :]}
    union = new_home(folder, "union")
    for key in ("b", "a"):
        (folder / f"{key}.txt").write_text(parts[key], encoding="utf-8")
        cli(union, "import", str(folder / f"{key}.txt"))
    stored = Counter(_stored_messages(union))
    yield Check(
        "two overlapping parts give their union",
        f"{sum(stored.values())} messages",
        f"{total}, the same",
        stored == Counter(_stored_messages(home)),
    )


def _dump(home: Path) -> list[Any]:
    tables = ("post", "revision", "post_seen", "post_count", "evidence", "mention", "analysis")
    return [query(home, f"SELECT * FROM {table}") for table in tables]


def hot_issues() -> Iterator[Check]:
    with tempfile.TemporaryDirectory() as name:
        file = DATA / "hot_issues/messages.dev.jsonl.gz"
        home = new_home(Path(name), "hot")
        cli(home, "import", str(file), "--source", "市长信箱")
        line = run(sys.executable, "-m", "tests.exams.run_line_once", home=home)
        stored, back = query(home, "SELECT count(*), sum(backfill) FROM post")[0]
        alerts = query(home, "SELECT count(*) FROM alert")[0][0]
        related = query(home, "SELECT count(*) FROM relation")[0][0]
        yield Check(
            "import of hot_issues: complaints stored as back-fill",
            f"{back} of {stored}",
            "2089 of 2089",
            (stored, back) == (2089, 2089),
        )
        yield Check(
            "alerts opened by that back-fill",
            f"{alerts} ({related} posts related)",
            0,
            alerts == 0 and related == 2089 and line.returncode == 0,
        )
        out = cli(Path(name) / "nohome", "replay", str(file), "--step", "15m")
        events = [json.loads(x) for x in out.stdout.decode().splitlines() if x.strip()]
        opened = [e for e in events if e.get("event") == "opened"]
        yield Check("replay of hot_issues prints alerts", len(opened), "≥ 1", len(opened) >= 1)
        early, late, total = early_alerts(opened)
        yield Check(
            "events with ≥ 3 users in 30 days that have an alert by the third's message",
            f"{early} of {total} ({late} more later)",
            "stated",
            total > 0,
        )


def early_alerts(opened: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Return (alert by the third user, later, all) over events with ≥ 3 users within 30 days."""
    messages = {m["id"]: m for m in rows_of(DATA / "hot_issues/messages.dev.jsonl.gz")}
    early = late = total = 0
    for event in rows_of(DATA / "hot_issues/events.dev.jsonl.gz"):
        third = _third_user(
            sorted((messages[i]["time"], messages[i]["user"]) for i in event["message_ids"])
        )
        if third is None:
            continue
        total += 1
        members = set(event["message_ids"])
        times = [
            row["at"]
            for row in opened
            if 2 * len(members & set(row["post_ids"])) > len(row["post_ids"])
        ]
        limit = datetime.fromisoformat(f"{third}+08:00") + timedelta(minutes=15)
        if any(datetime.fromisoformat(at) <= limit for at in times):
            early += 1
        elif times:
            late += 1
    return early, late, total


def _third_user(rows: list[tuple[str, str]]) -> str | None:
    for at, _ in rows:
        end = datetime.fromisoformat(at)
        recent = {
            u for t, u in rows if end - timedelta(days=30) <= datetime.fromisoformat(t) <= end
        }
        if len(recent) >= 3:
            return at
    return None


def replay_is_line() -> Iterator[Check]:
    """Replay and line on 2,000 real complaints, watched subjects taken from the annotation."""
    names = {e["project"] for e in rows_of(DATA / "hot_issues/events.dev.jsonl.gz") if e["housing"]}
    watched = tuple(
        Subject(key=f"p{n}", name=name, aliases=(name,))
        for n, name in enumerate(sorted(name for name in names if len(name) >= 3))
    )
    messages = sorted(
        rows_of(DATA / "hot_issues/messages.dev.jsonl.gz"), key=lambda m: (m["time"], m["id"])
    )[-2000:]
    posts = [
        ParsedPost(
            native_id=m["id"], title=m["title"], text=m["text"], author=m["user"], site=SITE,
            published_at=(at := aware(datetime.fromisoformat(m["time"]))), fetched_at=at,
        )
        for m in messages
    ]  # fmt: skip
    first = posts[0].published_at
    assert first is not None
    start = first.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    course = Course(posts=posts, watched=watched, start=start, step=timedelta(days=1))
    with tempfile.TemporaryDirectory() as name, redirect_stderr(io.StringIO()):
        settings = home.create(
            settings_for(Path(name)), None, company="考试", procedure="group-000"
        )
        line = by_line(open_app(settings, clock=FixedClock(start)), course)
        replay = by_replay(course)
    yield Check(
        "replay = line on 2,000 real complaints (identities, levels, times, post sets)",
        f"{sum(a == b for a, b in zip(line, replay, strict=False))} of {len(line)} changes"
        f" equal, replay has {len(replay)}",
        "all",
        line == replay and bool(line),
    )


# ---- what the test suite shows -----------------------------------------------------------------

NODES = (
    ("replay equals the line on 2,000 posts", "tests/acceptance/test_replay_is_line.py"),
    ("kill -9 at ≥ 8 points of the line", "tests/acceptance/test_kill_nine.py"),
    ("kill -9 of live children", "tests/acceptance/test_serve.py"),
    ("edited posts, two projects, back-fill, cases", "tests/acceptance/test_line_story.py"),
    ("08:00+08:00 and 00:00Z are one instant", "tests/integration/test_store_database.py"),
    ("planted violations of lint, types and contracts", "tests/test_contracts.py"),
    ("docs agree with the program", "tests/test_docs.py"),
)


def suite() -> Iterator[Check]:
    if AFTER_TESTS:
        return
    for name, node in NODES:
        done = run(sys.executable, "-m", "pytest", "-q", node)
        last = done.stdout.decode().strip().splitlines()[-1:]
        yield Check(name, " ".join(last), "all passed", done.returncode == 0)
    for target in ("lint", "types", "imports", "licences"):
        done = run("make", "-s", target)
        last = (done.stdout + done.stderr).decode().strip().splitlines()[-1:]
        yield Check(f"make {target}", " ".join(last), "exit 0", done.returncode == 0)


# ---- bad input ---------------------------------------------------------------------------------


def bad_input() -> Iterator[Check]:
    good = '{"id": "g1", "text": "望江府漏水", "time": "2026-11-20 10:00:00", "author": "甲"}\n'
    files = {
        "empty file": (b"", 0),
        "binary": (bytes(range(256)) * 40, 0),
        "half-written JSON": ((good + '{"id": "g2", "text": "半').encode(), 1),
        # A byte order mark says UTF-8, the bytes are GBK and cut in the middle of a character.
        "GBK announced as UTF-8": (
            b"\xef\xbb\xbf" + good.replace("g1", "G1").encode("gbk")[:-40],
            0,
        ),
        "post without time": ((good + '{"id": "g3", "text": "没有时间"}\n').encode(), 1),
    }
    with tempfile.TemporaryDirectory() as name:
        home = new_home(Path(name), "bad")
        stored = 0
        for what, (data, kept) in files.items():
            path = Path(name) / f"{what.split()[0]}.jsonl"
            path.write_bytes(data.replace(b"g1", what[:1].encode() + b"1"))
            done = cli(home, "import", str(path))
            said = done.stderr.decode().strip().splitlines()
            stored += kept
            now = query(home, "SELECT count(*) FROM post")[0][0]
            chinese = bool(re.search(r"[\u4e00-\u9fff]{4,}", " ".join(said)))
            clear = path.name in " ".join(said) and chinese and "Traceback" not in " ".join(said)
            yield Check(
                f"bad input, {what}",
                f"exit {done.returncode}, {' '.join(said)[-90:]}",
                f"exit 1, named, {kept} kept",
                done.returncode == 1 and clear and now == stored,
            )
        gbk = Path(name) / "gbk.csv"
        gbk.write_bytes("时间,作者,内容\n2026-11-20 10:00,乙,星河湾里停工了\n".encode("gb18030"))
        done = cli(home, "import", str(gbk))
        text = query(home, "SELECT r.text FROM revision r ORDER BY id DESC LIMIT 1")[0][0]
        yield Check(
            "a GBK table is read right",
            text,
            "星河湾里停工了",
            done.returncode == 0 and text == "星河湾里停工了",
        )


def architecture() -> Iterator[Check]:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    asked = ("阈值", "关键词", "时限", "消息文字", "选择器", "列", "界面文字", "为什么", "顺序")
    table = [line for line in page.splitlines() if line.startswith("|")]
    missing = [q for q in asked if not any(q in line and "`" in line for line in table)]
    dead = [f for f in re.findall(r"`([\w./-]+\.(?:py|yml|md))`", page) if not (ROOT / f).exists()]
    yield Check(
        "docs/architecture.md answers with file names",
        f"missing {missing}, dead {dead}",
        "none",
        not missing and not dead,
    )


PARTS: tuple[Part, ...] = (
    architecture, bad_input, chats, hot_issues, replay_is_line, suite, clean_clone,
)  # fmt: skip

if __name__ == "__main__":
    if not DATA.is_dir():
        print(f"MISS data: {DATA.name} not found (wanted: shared data beside the checkout)")
        sys.exit(1)
    if shutil.which("git") is None:
        sys.exit("git is needed")
    sys.exit(conduct(PARTS))
