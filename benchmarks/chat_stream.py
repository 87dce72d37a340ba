"""A long chat through `fenghuo import`: seconds and memory at 100 thousand and a million lines.

Each size runs in a process of its own, so that its peak memory is its own. The peer in the same run
is reading the same file as a stream of posts without storing them.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from config.clock import FixedClock
from config.settings import read_settings
from pipelines import files, home
from pipelines.wiring import open_app
from tests.acceptance.test_replay_is_line import START, stream

SIZES = (100_000, 1_000_000)
MEGABYTE = 1024


def write_chat(path: Path, count: int) -> None:
    """Write an invented QQ export of so many messages."""
    chance = random.Random(3)
    words = [post.text for post in stream(2000, 2)]
    with path.open("w", encoding="utf-8") as out:
        out.write("消息记录（此消息记录为文本格式，不支持重新导入）\n\n消息对象:测试群\n\n")
        at = START
        for n in range(count):
            at += timedelta(seconds=chance.choice((0, 0, 1, 3, 9)))
            who = chance.randrange(400)
            name = f"{who % 9 + 1}-{who % 2 + 1}-{who % 20 + 101} 业主{who}"
            out.write(f"{at:%Y-%m-%d %H:%M:%S} {name}({10000 + who})\n")
            out.write(f"{words[n % len(words)]}{n}\n\n")


def measure(path: str) -> dict[str, float]:
    """Return seconds of reading and of importing, memory before and at its peak (MB)."""
    started = time.perf_counter()
    with files.reading(path, format_name="auto", mapping={}) as opened:
        messages = sum(1 for _ in opened.items)
    reading = time.perf_counter() - started
    settings = read_settings({"FENGHUO_HOME": str(Path(path).parent / "var")})
    app = open_app(
        home.create(settings, None, company="", procedure="group-000"),
        clock=FixedClock(START + timedelta(days=40)),
    )
    before, started, worked = _peak(), time.perf_counter(), time.process_time()
    files.import_file(app, path, source_name=None, format_name="auto", mapping={})
    return {
        "messages": messages, "reading": reading, "importing": time.perf_counter() - started,
        "cpu": time.process_time() - worked, "before": before, "peak": _peak(),
    }  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def chat_stream(sizes: tuple[int, ...] = SIZES) -> Iterator[str]:
    """Yield one line a size; the last one tells how memory grew with the file."""
    peaks = []
    for count in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "群.txt"
            write_chat(path, count)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.chat_stream", str(path)],
                cwd=Path(__file__).resolve().parents[1],
                capture_output=True,
                text=True,
                check=True,
            )
        found = json.loads(done.stdout)
        peaks.append(found["peak"])
        wanted = "≤ 10 秒" if count == sizes[0] else f"内存比 {sizes[0]:,} 行多 ≤ 60 MB"
        grown = "" if count == sizes[0] else f"，多 {peaks[-1] - peaks[0]:.0f} MB"
        ratio = found["reading"] / found["importing"]
        yield (
            f"| 导入群聊 {count:,} 行（不分析） | {found['importing']:.1f} 秒（CPU "
            f"{found['cpu']:.1f} 秒），内存峰值 {found['peak']:.0f} MB{grown} | 只读 "
            f"{found['reading']:.1f} 秒 | {ratio:.3f} × | {wanted} |"
        )


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
