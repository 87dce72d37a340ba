"""Red lines on invented texts: what must alarm does, what only sounds like it does not (D-N1)."""

import json
from datetime import UTC, datetime
from pathlib import Path

from domain.analysis import TextIn
from domain.post import SourceKind
from nlp.analyse import analyse_many
from pipelines import language

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "red_lines.jsonl").read_text("utf-8").splitlines()
]
#: Shares measured when the set was made; they never sink silently.
RECALL, SILENCE = 0.94, 0.97


def test_red_lines_are_found_and_false_friends_are_not() -> None:
    at = datetime(2026, 11, 20, 4, tzinfo=UTC)
    items = [
        TextIn(id=str(n), text=row["text"], source_kind=SourceKind.FORUM, published_at=at)
        for n, row in enumerate(ROWS)
    ]
    found = analyse_many(items, language.load_facts(()), why=False)
    right: dict[bool, list[bool]] = {True: [], False: []}
    wrong = []
    for row, result in zip(ROWS, found, strict=True):
        fired = any(s.anchored and s.code == row["code"] for s in result.signals)
        right[row["red"]].append(fired is row["red"])
        if fired is not row["red"]:
            wrong.append(row["text"])
    assert len(right[True]) >= 30 <= len(right[False])
    assert sum(right[True]) >= RECALL * len(right[True]), wrong
    assert sum(right[False]) >= SILENCE * len(right[False]), wrong
