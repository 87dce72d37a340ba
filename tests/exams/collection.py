"""Exam of "Collection": one line a check with what was measured and what is wanted.

    make exam-collection            everything that can be automated (about fifteen minutes)
    make exam-collection QUICK=1    without the simulated month, the long chats and the speed

EXAM_AFTER_TESTS=1 leaves out what `make test` has just shown (.ci/run sets it).
Real pages and chats are read from ../shared/data (SHARED overrides); without it those checks fall
short, except after the tests, where CI has none. docs/collection.md says which check stands for
which line of the issue.
"""

import gzip
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.chat_stream import chat_stream
from config.catalogue import load
from domain.clock import SHANGHAI
from pipelines import files
from tests.discuz_site import DiscuzSite
from tests.exams import extraction, forum_pages
from tests.exams.checks import (
    AFTER_TESTS,
    QUICK,
    ROOT,
    Check,
    Part,
    cli,
    conduct,
    new_home,
    pytest_says,
    query,
)  # fmt: skip
from tests.exams.crawling import months, speed
from tests.hostile_site import hostile, ok
from tests.loopback import served

DATA = Path(os.environ.get("SHARED", ROOT.parent / "shared")) / "data"
CHATS = {
    "qq_txt": "txt", "qce_json": "json", "qce_txt": "txt", "memotrace_csv": "csv",
    "memotrace_txt": "txt", "weflow_json": "json",
}  # fmt: skip
SEEDS = range(2100, 2106)
FLOORS_EXACT = 0.98
ADD_SECONDS, IMPORT_SECONDS, GROWTH_MB = 120, 10, 60


def passed(name: str, *tests: str) -> Check:
    """Return the line of what pytest alone can say."""
    done = pytest_says(*tests)
    return Check(name, done, "all passed", done.ok)


# ---- forums -------------------------------------------------------------------------------------


def forums() -> Iterator[Check]:
    yield passed(
        "django-spirit, an engine nobody here wrote, crawled end to end and incrementally",
        "tests/integration/test_spirit.py",
    )
    yield passed(
        "Discuz!-like site in GBK and UTF-8, dynamic and rewritten, through the line",
        "tests/integration/test_forum_site.py", "tests/integration/test_forum_command.py",
    )  # fmt: skip


def forum_floors() -> Iterator[Check]:
    for charset, rewritten in (("utf-8", False), ("gbk", True), ("gbk", False), ("utf-8", True)):
        exact, total, wrong = forum_pages.exactness(SEEDS, charset=charset, rewritten=rewritten)
        share = exact / total if total else 0.0
        yield Check(
            f"floors of generated Discuz! pages exact, {charset}{', rewritten' * rewritten}",
            f"{exact} of {total} = {share:.2%}{' wrong: ' + str(dict(wrong)) if wrong else ''}",
            f"≥ {FLOORS_EXACT:.0%}", share >= FLOORS_EXACT,
        )  # fmt: skip


def golden_pages() -> Iterator[Check]:
    yield passed(
        "golden pages of every engine, field by field", "tests/golden/test_golden_pages.py"
    )


# ---- news ---------------------------------------------------------------------------------------


def articles() -> Iterator[Check]:
    folder = DATA / "extraction"
    if folder.is_dir():
        yield from extraction.scores(folder)
    elif not AFTER_TESTS:
        yield Check(
            "article extraction", "no ../shared/data/extraction", "labelled pages", ok=False
        )


def news() -> Iterator[Check]:
    yield passed("feeds and sitemaps over a week", "tests/integration/test_news_site.py")


# ---- chats --------------------------------------------------------------------------------------


def chats() -> Iterator[Check]:
    folder = DATA / "chat_exports"
    if not folder.is_dir():
        if not AFTER_TESTS:
            yield Check("chat exports", "no ../shared/data/chat_exports", "six formats", ok=False)
        return
    for name, ending in CHATS.items():
        want = Counter(_gold(folder / f"{name}.dev.expected.jsonl.gz"))
        got = Counter(_messages(folder / f"{name}.dev.{ending}.gz", ending))
        yield Check(
            f"{name}: messages with time, sender, kind and text as in .expected.jsonl",
            f"{sum((want & got).values())} of {sum(want.values())}, {sum(got.values())} read",
            "all, no other", want == got,
        )  # fmt: skip


def _gold(path: Path) -> Iterator[tuple[str, ...]]:
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        for line in handle:
            row = json.loads(line)
            yield row["time"], row["sender"], row["kind"], "".join(row["text"].split())


def _messages(path: Path, ending: str) -> Iterator[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / f"群.{ending}"
        export.write_bytes(gzip.decompress(path.read_bytes()))
        posts = files.read(str(export), format_name="auto", mapping={}).posts
    for post in posts:
        at = post.published_at.astimezone(SHANGHAI) if post.published_at else None
        stamp = f"{at:%Y-%m-%d %H:%M:%S}" if at else ""
        yield stamp, post.author or "", str(post.kind), "".join(post.text.split())


def long_chats() -> Iterator[Check]:
    if QUICK:
        return
    rows = list(chat_stream())
    seconds = float(re.findall(r"([\d.]+) 秒（CPU", rows[0])[0])
    grown = float(re.findall(r"多 (-?\d+) MB，?", rows[-1])[0])
    yield Check("import of 100 k lines, seconds", seconds, f"≤ {IMPORT_SECONDS}",
                seconds <= IMPORT_SECONDS)  # fmt: skip
    yield Check("import of 1 M lines, MB above that of 100 k", grown, f"≤ {GROWTH_MB}",
                grown <= GROWTH_MB)  # fmt: skip
    yield passed("rejected lines, encodings, streams", "tests/integration/test_import_stream.py")


# ---- running ------------------------------------------------------------------------------------


def silence() -> Iterator[Check]:
    yield passed("数据中断: two intervals without data", "tests/integration/test_watch.py")
    yield passed("evidence: hash, manifest chain, dictionary, retention",
                 "tests/integration/test_evidence.py")  # fmt: skip
    yield passed(
        "intake API and tables", "tests/integration/test_intake_api.py",
        "tests/integration/test_intake.py",
    )  # fmt: skip


# ---- safety -------------------------------------------------------------------------------------


def safety() -> Iterator[Check]:
    yield passed(
        "hostile servers: each refused with a reason, in seconds, the decent source untouched",
        "tests/integration/test_hostile_servers.py",
    )
    yield passed(
        "hostile pages: every parser ends in time with ParseError or BlockedError",
        "tests/unit/crawlers/test_hostile_pages.py", "tests/unit/crawlers/test_article_hostile.py",
    )  # fmt: skip


# ---- adding sources -----------------------------------------------------------------------------


def catalogue() -> Iterator[Check]:
    found = load()
    groups = Counter(item.group for item in found.templates)
    cities = found.cities()
    yield Check(
        "catalogue: templates, groups, cities",
        f"{len(found.templates)}, {len(groups)}, {len(cities)}",
        "≥ 100, ≥ 5, ≥ 20", len(found.templates) >= 100 and len(groups) >= 5 and len(cities) >= 20,
    )  # fmt: skip


LIST = "<li><span>2026-11-{n:02d}</span><a href='/n/{n}.html'>望江府第{n}次交房说明会通知</a></li>"
ARTICLE = (
    "<html><head><title>望江府说明会</title></head><body><h1>望江府说明会</h1>"
    "<p>2026-11-20 10:00 来源：甲报</p><p>"
    + "说明会上，业主们问了渗水的事。" * 12
    + "</p></body></html>"
)
FEED = "<rss version='2.0'><channel><title>甲报</title>{}</channel></rss>"
ENTRY = "<item><guid>{n}</guid><title>望江府渗水{n}</title><link>{base}/n/{n}.html</link></item>"


def adding() -> Iterator[Check]:
    """`fenghuo sources add URL --yes` on a board, a feed and a list page nobody has seen."""
    from config.clock import SystemClock

    site = DiscuzSite(clock=SystemClock())
    for n in range(6):
        site.open(f"业主{n}", f"望江府外墙渗水第{n}次", "三天了没人管")
    with hostile() as paper, served(site.answer) as forum, tempfile.TemporaryDirectory() as folder:
        rows = "".join(LIST.format(n=n) for n in range(1, 16))
        entries = "".join(ENTRY.format(n=n, base=paper.base) for n in range(1, 6))
        paper.answers["/list/"] = ok(f"<html><title>公告</title><body><ul class=news>{rows}</ul>")
        paper.answers["/rss"] = ok(FEED.format(entries), kind="application/rss+xml")
        paper.other = lambda path: ok(ARTICLE if path.startswith("/n/") else "")
        home = new_home(Path(folder), "home")
        addresses = {
            "discuzx": forum + site.board_path(), "feed": f"{paper.base}/rss",
            "listing": f"{paper.base}/list/",
        }  # fmt: skip
        for engine, url in addresses.items():
            yield _added(home, engine, url)


def _added(home: Path, engine: str, url: str) -> Check:
    started = time.monotonic()
    done = cli(home, "sources", "add", url, "--yes", "--allow-private", "--name", engine)
    seconds = time.monotonic() - started
    saved: list[tuple[Any, ...]] = query(home, f"SELECT engine FROM source WHERE name = '{engine}'")
    said = "" if done.returncode == 0 else f", {(done.stderr or done.stdout).decode()[-200:]!r}"
    return Check(
        f"sources add URL of a fresh {engine} page: recognised, previewed, saved",
        f"{seconds:.0f} s, saved {saved}{said}", f"≤ {ADD_SECONDS} s, {engine}",
        done.returncode == 0 and saved == [(engine,)] and seconds <= ADD_SECONDS,
    )  # fmt: skip


PARTS: tuple[Part, ...] = (
    catalogue, forum_floors, golden_pages, forums, articles, news, chats, adding, silence, safety,
    speed, long_chats, months,
)  # fmt: skip

#: What `make test` has not just shown.
AFTER: tuple[Part, ...] = (catalogue, forum_floors, articles, chats, adding, speed, long_chats)

if __name__ == "__main__":
    sys.exit(conduct(AFTER if AFTER_TESTS else PARTS))
