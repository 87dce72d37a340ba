"""Benchmarks: each a ratio against a named peer in the same run; appended to docs/benchmarks.md.

make bench            with ../shared/data at hand it uses real complaints, else invented posts;
                      installs the peers of benchmarks/peers.txt
"""

import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks.analysis import analysis
from benchmarks.chat_stream import chat_stream
from benchmarks.crawl import crawl_and_ingest
from benchmarks.detecting import assessment
from benchmarks.footprint import footprints
from benchmarks.pages import pages
from benchmarks.relating import relating
from benchmarks.storm import storming
from config.clock import FixedClock
from config.settings import read_settings
from pipelines import files, home
from pipelines.line import STEPS
from pipelines.wiring import open_app
from tests.acceptance.test_replay_is_line import START, stream

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/benchmarks.md"


def chat_import() -> Iterator[str]:
    """Import of a long chat, with and without analysis, against parsing alone."""
    count = 100_000
    chance = random.Random(3)
    words = [post.text for post in stream(2000, 2)]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "群.txt"
        with path.open("w", encoding="utf-8") as out:
            out.write("消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:测试群\n\n")
            for n in range(count):
                at = START + timedelta(seconds=20 * n)
                who = chance.randrange(400)
                out.write(f"{at:%Y-%m-%d %H:%M:%S} 业主{who}({10000 + who})\n")
                out.write(f"{words[n % len(words)]}{n}\n\n")
        start = time.perf_counter()
        files.read(str(path), format_name="auto", mapping={})
        parsing = time.perf_counter() - start
        settings = read_settings({"FENGHUO_HOME": str(Path(name) / "var")})
        app = open_app(
            home.create(settings, None, company="", procedure="group-000"),
            clock=FixedClock(START + timedelta(days=40)),
        )
        start = time.perf_counter()
        files.import_file(app, str(path), source_name=None, format_name="auto", mapping={})
        stored = time.perf_counter() - start
        spent = {}
        for step, work in STEPS[:2]:
            start = time.perf_counter()
            work(app, app.clock.now())
            spent[step] = time.perf_counter() - start
    both = stored + spent["analyse"]
    yield (
        f"| 导入群聊 {count // 1000} 千行（2,000 种说法反复出现）与分析 | 入库 {stored:.1f} 秒，"
        f"分析 {spent['analyse']:.1f} 秒 | 只解析 {parsing:.1f} 秒 | {parsing / both:.3f} × "
        "| ≤ 30 秒 |"
    )
    yield (
        f"| 随后关联这 {count // 1000} 千行 | {count / spent['relate']:,.0f} 帖/秒 | 入库 "
        f"{count / stored:,.0f} 帖/秒 | {stored / spent['relate']:.2f} × | ≥ 500 帖/秒 |"
    )


def main() -> None:
    parts = (
        analysis, footprints, relating, assessment, storming, chat_import, chat_stream,
        crawl_and_ingest, pages,
    )  # fmt: skip
    rows = [row for part in parts for row in part()]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    machine = f"{platform.machine()}，{os.cpu_count()} 核，Python {platform.python_version()}"
    head = [
        f"## {date.today()} · {machine}，{commit}",
        "",
        "| 项目 | 烽火 | 对照 | 比值 | 目标 |",
        "|---|---|---|---|---|",
    ]
    block = "\n".join([*head, *rows])
    print(block)
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# 基准\n"
        PAGE.write_text(f"{page.rstrip()}\n\n{block}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
