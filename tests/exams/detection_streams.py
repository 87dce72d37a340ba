"""Set A of the detection exam (C4): hidden seeds in, one line E-D1…E-D12 each out.

    python -m tests.exams.detection_streams --seed 7                  350 projects, 30 weeks
    python -m tests.exams.detection_streams --seed 7 --family hidden
    python -m tests.exams.detection_streams --seed 7 --traps          set C only
    python -m tests.exams.detection_streams --seed 7 --all --json figures.json

`must` decides the exit code, `aim` is printed beside it; a run with fewer than 1,000 crises or
5,000 quiet project-weeks says so. The measured program is FENGHUO (default .venv/bin/fenghuo).
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from math import inf
from pathlib import Path
from typing import Any

from tests.exams.checks import ROOT
from tests.exams.detection_alarms import History, histories
from tests.exams.detection_figures import Share, judged, quiet
from tests.exams.detection_lines import (
    MODERATE,
    Line,
    Measured,
    bands,
    lines,
    others,
    table,
)
from tests.exams.peers_detection import PEERS, alarms, calibrate, scored
from tests.quality.crisis_families import FAMILIES
from tests.quality.crisis_rows import write
from tests.quality.crisis_streams import Spec, Stream, stream
from tests.quality.crisis_traps import TRAPS, trapped

Row = dict[str, Any]
ENOUGH_CRISES, ENOUGH_WEEKS = 1_000, 5_000
TRAP_COUNT = 240
#: Seed the thresholds of the peers are set on; never the one they are measured on.
_PEER_SEED = 900_001


# ---- running the program ------------------------------------------------------------------------


def make(spec: Spec) -> list[Stream]:
    """Return all streams of a spec."""
    return [stream(spec, number) for number in range(spec.projects)]


def replayed(streams: Sequence[Stream], folder: Path, *, parts: int = 2) -> Iterator[Row]:
    """Run `fenghuo replay` over the streams, one process a part, and yield its alert events."""
    files = write(streams, folder, parts=parts)
    program = shlex.split(os.environ.get("FENGHUO", str(ROOT / ".venv/bin/fenghuo")))
    env = {**os.environ, "FENGHUO_HOME": str(folder / "home")}
    running = []
    for part, file in enumerate(files):
        out = (folder / f"alerts-{part}.jsonl").open("wb")
        words = [*program, "replay", str(file), "--analysed", "--lag", "fetched"]
        running.append(subprocess.Popen(words, cwd=ROOT, env=env, stdout=out))
        out.close()
    codes = [process.wait() for process in running]
    if any(codes):
        raise SystemExit(f"replay ended with {codes}")
    for part in range(len(files)):
        yield from read(folder / f"alerts-{part}.jsonl")


def read(file: Path) -> Iterator[Row]:
    """Yield alert events of a replay; a refused line ends the exam."""
    with file.open() as lines:
        for line in lines:
            row = json.loads(line)
            if "error" in row:
                raise SystemExit(f"{file.name}: {row}")
            yield row


def measure(streams: Sequence[Stream], rows: Iterator[Row]) -> Measured:
    """Return the figures of alert rows against the truth of the streams."""
    since = time.monotonic()
    found = histories(rows)
    seconds = time.monotonic() - since
    projects = [item.project for item in streams]
    crises = [crisis for item in streams for crisis in item.crises]
    return Measured(
        quiet=quiet(projects, crises, found), crises=judged(crises, found), seconds=seconds
    )


def run(spec: Spec, *, parts: int = 2, keep: Path | None = None) -> tuple[list[Stream], Measured]:
    """Generate, replay, measure; `keep` names a folder that stays."""
    streams = make(spec)
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        return streams, measure(streams, replayed(streams, folder, parts=parts))


def doubled(spec: Spec, far: float, parts: int) -> Line:
    """Return E-D11: FAR on quiet streams whose bursts are twice as strong, against E-D2."""
    quieter = replace(spec, family="doubled", crises=False, seed=spec.seed + 50_000,
                      projects=max(1, round(spec.projects * 0.6)))  # fmt: skip
    _, found = run(quieter, parts=parts)
    rate = found.quiet.rate(MODERATE)
    ratio = rate.value / far if far else (0.0 if not rate.events else inf)
    shown = f"{ratio:.2f} x ({rate} in {rate.weeks:.0f} weeks, against {far:.3f})"
    return Line(name="E-D11 FAR at doubled noise / E-D2", measured=ratio, shown=shown,
                must=1.5, aim=1.2)  # fmt: skip


def benign(seed: int, parts: int, keep: Path | None = None) -> Line:
    """Return E-D10: traps with an alarm, and how many streams without the trap had one then."""
    streams, traps = trapped(seed, TRAP_COUNT)
    with tempfile.TemporaryDirectory() as temporary:
        found = histories(replayed(streams, keep or Path(temporary), parts=parts))

    def alarmed(project: str, start: float, end: float) -> bool:
        rises = found.get(project, History()).rises
        return any(start <= rise.at <= end and rise.reaches(MODERATE) for rise in rises)

    caught = [trap.kind for trap in traps if alarmed(trap.project, trap.start, trap.end)]
    chance = sum(alarmed(trap.twin, trap.start, trap.end) for trap in traps)
    share = Share(len(caught), len(traps))
    kinds = {kind: caught.count(kind) for kind in TRAPS if kind in caught}
    shown = f"{share}, by kind {kinds}; without the trap {Share(chance, len(traps))}"
    return Line(name="E-D10 traps alarmed >= moderate", measured=share.value, shown=shown,
                must=0.05, aim=0.02)  # fmt: skip


def compare(spec: Spec, streams: Sequence[Stream], far: float) -> dict[str, Measured]:
    """Return the peers on the same streams, each set to this FAR on streams of another seed."""
    other = make(replace(spec, seed=_PEER_SEED))
    named = {}
    for name, peer in PEERS.items():
        threshold = calibrate(other, scored(other, peer), far)
        rows = alarms(scored(streams, peer), threshold)
        named[f"{name} (at {threshold:.1f})"] = measure(streams, rows)
    return named


# ---- the command --------------------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> int:
    """Run the exam and return 1 if a must is missed."""
    args = _arguments(words)
    spec = Spec(
        seed=args.seed, projects=args.projects, weeks=args.weeks, family=args.family,
        lag_hours=6.0 if args.lag else 0.0, noise=args.noise,
    )  # fmt: skip
    if args.traps:
        print(line := benign(args.seed, args.parts, args.keep))
        return int(not line.ok)
    if args.alerts:
        streams = make(spec)
        found = measure(streams, (row for file in args.alerts for row in read(file)))
    else:
        streams, found = run(spec, parts=args.parts, keep=args.keep)
    results = [*lines(found)]
    far = found.quiet.rate(MODERATE).value
    _opening(spec, streams, found)
    if args.all:
        results += [benign(spec.seed, args.parts), doubled(spec, far, args.parts)]
    print(*results, sep="\n")
    named = {"fenghuo": found}
    if args.peers:
        named |= compare(spec, streams, 0.1)
    print(*table(named), *bands(streams, found), *others(found), sep="\n")
    if args.json:
        rows = [{**asdict(line), "ok": line.ok} for line in results]
        args.json.write_text(json.dumps({"spec": asdict(spec), "lines": rows}, indent=1))
    return int(not all(line.ok for line in results))


def _opening(spec: Spec, streams: Sequence[Stream], found: Measured) -> None:
    """Say what was measured, and whether it is enough."""
    total = sum((item.project.end - item.project.live) / 604_800 for item in streams)
    print(
        f"{asdict(spec)}\n{sum(len(item.posts.at) for item in streams)} posts, {total:.0f} "
        f"project-weeks, replayed in {found.seconds:.0f} s; {len(found.crises.verdicts)} crises, "
        f"{found.quiet.weeks:.0f} quiet project-weeks"
    )
    if len(found.crises.verdicts) < ENOUGH_CRISES or found.quiet.weeks < ENOUGH_WEEKS:
        print(f"too small to judge by: wanted {ENOUGH_CRISES} crises, {ENOUGH_WEEKS} quiet weeks")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flag = argparse.BooleanOptionalAction
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--projects", type=int, default=350)
    parser.add_argument("--weeks", type=int, default=30)
    parser.add_argument("--family", choices=sorted(FAMILIES), default="pilot")
    parser.add_argument("--lag", action=flag, default=True, help="crawl lag 0-6 h")
    parser.add_argument("--noise", type=float, default=0.25, help="share of wrong topics")
    parser.add_argument("--all", action="store_true", help="doubled noise and traps too")
    parser.add_argument("--traps", action="store_true", help="the traps only")
    parser.add_argument("--peers", action=flag, default=True)
    parser.add_argument("--parts", type=int, default=2, help="processes")
    parser.add_argument("--keep", type=Path, help="folder for posts and alerts")
    parser.add_argument("--alerts", type=Path, nargs="+", help="measure these, run nothing")
    parser.add_argument("--json", type=Path)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
