"""Exam of the rule alarms on real quiet text: alarms a project-week, per rule, with precision.

    python -m tests.exams.rule_alarms

Quiet text = all messages of `civic` and those of `hot_issues` outside annotated events, replayed
at their own times, by the event rules alone and without subjects: an event keeps all its posts, as if each
belonged to one project whole. Event rules look at one event at a time, so whichever project an
event is given to, the number of alarms is the same; what remains to say is how many project-weeks
so many texts are. A project hears 0.3–20 negative voices a day, log-uniformly (warnings.md C1), on
average 4.7 a day or 32.8 a week; so project-weeks = negative texts / 32.8. (At the median of 2.4 a
day it would be twice as many, and the figure half.)

Precision is our own reading of what fired, by id, in tests/quality/rule_alarms.jsonl: right = had
the text been about a watched project, its people would have wanted the call. What fires and has
not been read counts as wrong.
"""

import gzip
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from math import log
from pathlib import Path
from typing import Any

from domain.level import Level
from pipelines import files, language
from pipelines.alert_book import AlertBook
from pipelines.replay import Replay
from pipelines.rule_check import run as run_examples
from pipelines.rulebook import shipped_rules
from store.labels import NEGATIVE_FROM
from tests.exams.checks import Check, conduct
from tests.exams.text_figures import DATA, missing

FILES = (
    "civic/topic_labeled.train", "civic/with_replies.train", "civic/unlabeled.train",
    "hot_issues/messages.dev",
)  # fmt: skip
LABELS = Path(__file__).parents[1] / "quality" / "rule_alarms.jsonl"
LEAST, MOST = 0.3, 20.0
#: Mean negative voices a project-week: the mean of a log-uniform rate a day, times seven.
RATE = 7 * (MOST - LEAST) / log(MOST / LEAST)
WANTED = 0.05


@cache
def quiet() -> tuple[dict[str, Any], ...]:
    """Return the quiet messages as posts of one board."""
    found = []
    for name in FILES:
        with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        found += [
            {
                "id": str(row["id"]), "title": row["title"], "text": row["text"],
                "author": row["user"], "published_at": row["time"], "source": "board.example",
                "source_kind": "complaint",
            }
            for row in rows
            if not row.get("event_id")
        ]  # fmt: skip
    return tuple(found)


def replayed() -> tuple[list[dict[str, Any]], int]:
    """Return what the event rules alone open and raise, and how many texts are negative."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts.jsonl"
        lines = (json.dumps(post, ensure_ascii=False) + "\n" for post in quiet())
        path.write_text("".join(lines), encoding="utf-8")
        parsed = files.read(str(path), format_name="auto", mapping={})
        run = Replay(
            book=AlertBook(rules=replace(shipped_rules(), detector=None)),
            facts=language.load_facts(()), index=language.load_relate(), names={},
            step=timedelta(minutes=15),
        )  # fmt: skip
        rows = list(run.run(list(files.posts_of([parsed])), lag=False))
    kept = run.memory.posts.values()
    negative = sum(one.analysis.negativity >= NEGATIVE_FROM for one in kept)
    return [row for row in rows if row["event"] in ("opened", "raised")], negative


def alarms() -> Iterator[Check]:
    """Replay the quiet text; one line a rule, one for all of them."""
    if not DATA.is_dir():
        yield from missing("data")
        return
    posts = quiet()
    loud, negative = replayed()
    weeks = negative / RATE
    grave = [row for row in loud if row["level"] != Level.MINOR]
    said = f"{len(posts)} texts, {negative} negative = {weeks:.0f} project-weeks at {RATE:.1f} each"
    yield Check("quiet text", said, "more than 5,000 texts", len(posts) > 5000)
    yield from _by_rule(grave)
    rate = len(grave) / weeks
    yield Check(
        "rule alarms >= moderate a project-week", f"{rate:.3f} ({len(grave)} alarms)", WANTED,
        rate <= WANTED,
    )  # fmt: skip
    minor = (len(loud) - len(grave)) / weeks
    yield Check("rule alarms of level minor a project-week", f"{minor:.3f}", 0.20, minor <= 0.20)


def _by_rule(rows: list[dict[str, Any]]) -> Iterator[Check]:
    read = {(label["id"], label["rule"]): label["right"] for label in _labels()}
    fired = Counter(row["rule"] for row in rows)
    right = Counter(
        row["rule"] for row in rows if any(read.get((i, row["rule"])) for i in row["post_ids"])
    )
    for rule in sorted(fired):
        share = f"{fired[rule]} alarms, {right[rule]} right by our reading"
        yield Check(f"precision of {rule}", share, "stated", True)
    every = f"{sum(right.values())} of {sum(fired.values())}"
    good = 2 * sum(right.values()) >= sum(fired.values())
    yield Check("precision of all rules by our reading", every, "half", good)


def _labels() -> list[dict[str, Any]]:
    return [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]


def examples() -> Iterator[Check]:
    """Run every example of the shipped rules (B-RU1, E-D13)."""
    found = list(run_examples(shipped_rules()))
    passed = sum(verdict.passed for verdict in found)
    yield Check("rule examples exact", f"{passed} of {len(found)}", "all", passed == len(found) > 0)


PARTS = (examples, alarms)

if __name__ == "__main__":
    sys.exit(conduct(PARTS))
