"""Which home an author calls his own: invented phrases, more than half of them traps (A12).

A wrong home adds a household that is not there, a missed one only leaves it out: so precision has
the high floor.
"""

import json
from functools import cache
from pathlib import Path

from domain.analysis import TextIn
from domain.homes import Home
from domain.post import SourceKind
from domain.source import Subject
from nlp.analyse import analyse
from nlp.facts import NlpFacts
from pipelines.language import load_facts

PHRASES = Path(__file__).parent / "own_homes.jsonl"
#: Shares; never lowered silently.
PRECISION, RECALL = 0.98, 0.90


@cache
def facts() -> NlpFacts:
    return load_facts([Subject(key="w", name="望江府", city="江城")])


def test_only_what_the_author_calls_his_own_counts() -> None:
    right: list[str] = []
    wrong: list[str] = []
    missed: list[str] = []
    rows = [json.loads(line) for line in PHRASES.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        kind = SourceKind(row["kind"]) if "kind" in row else None
        said = analyse(TextIn(id="q", text=row["text"], source_kind=kind), facts(), why=False).home
        wanted: Home | None = tuple(row["home"]) if row["home"] else None
        if said is not None:
            (right if said == wanted else wrong).append(row["text"])
        elif wanted is not None:
            missed.append(row["text"])
    traps = sum(row["home"] is None for row in rows)
    assert len(rows) >= 170
    assert traps >= len(rows) / 2
    assert len(right) / (len(right) + len(wrong)) >= PRECISION, wrong
    assert len(right) / (len(right) + len(missed)) >= RECALL, missed
