"""What reading 1,000 texts holds and loads, each scorer in a process of its own."""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.analysis import OURS, ROOT, SCORERS, TEXTS, lines_of, texts

PEAK_MB, IMPORT_SECONDS = 250, 1.0


def footprint(name: str) -> dict[str, float]:
    """Return import seconds and peak MB of one scorer over 1,000 texts, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.footprint", name],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure_here(name: str) -> None:
    """Print this process's figures; `base_mb` is what it held when its modules were imported."""
    base = peak_mb()
    start = time.perf_counter()
    score = SCORERS[name]()
    loaded = time.perf_counter() - start
    rows = lines_of(texts(TEXTS)[1] if name in OURS else texts(20)[1])
    score(rows)
    print(json.dumps({"load_seconds": loaded, "peak_mb": peak_mb(), "base_mb": base}))


def import_seconds() -> float:
    """Return seconds to import the analyser and load its facts and model in a fresh process."""
    code = (
        "import time; t = time.perf_counter()\n"
        "from nlp.analyse import analyse\nfrom domain.analysis import TextIn\n"
        "from pipelines.language import load_facts\n"
        "analyse(TextIn(id='', text='漏水'), load_facts())\nprint(time.perf_counter() - t)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True,
                             text=True, check=True).stdout)
        for _ in range(3)
    ]  # fmt: skip
    return sorted(times)[1]


def peak_mb() -> float:
    """Return the most memory this process has held.

    Linux's ru_maxrss starts with what the parent held before exec, so /proc is asked where it is.
    """
    status = Path("/proc/self/status")
    if status.exists() and (told := re.search(r"VmHWM:\s+(\d+)", status.read_text())):
        return int(told[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def footprints() -> Iterator[str]:
    """Yield the rows of the table in docs/benchmarks.md."""
    plain = "jieba + SnowNLP"
    memory = {name: footprint(name)["peak_mb"] for name in (OURS[1], plain)}
    yield (
        f"| 分析内存峰值（{TEXTS} 条，独立进程） | {memory[OURS[1]]:.0f} MB | {plain} "
        f"{memory[plain]:.0f} MB | {memory[plain] / memory[OURS[1]]:.2f} × | ≤ {PEAK_MB} MB |"
    )
    yield (
        f"| 载入分析器（含词表与模型） | {import_seconds():.2f} 秒 | {plain} "
        f"{footprint(plain)['load_seconds']:.2f} 秒 | — | ≤ {IMPORT_SECONDS:.0f} 秒 |"
    )


if __name__ == "__main__":
    _measure_here(sys.argv[1])
