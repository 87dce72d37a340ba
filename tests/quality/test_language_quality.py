"""Quality on the invented labelled set: no measure may fall below its pinned floor."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.analysis import Analysis, TextIn
from domain.post import SourceKind
from nlp.analyse import analyse
from pipelines.language import load_facts

HERE = Path(__file__).parent
FLOORS: dict[str, float] = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))


@cache
def measured() -> dict[str, float]:
    facts = load_facts()
    hits: dict[str, list[bool]] = defaultdict(list)
    graded: list[tuple[int, float]] = []
    for row in rows():
        item = TextIn(
            id=row["id"],
            text=row["text"],
            title=row.get("title", ""),
            source_kind=SourceKind(row["kind"]),
        )
        found = analyse(item, facts)
        judge(row, found, hits)
        if "severity" in row:
            graded.append((row["severity"], found.severity))
    hits["severity_order"].extend(in_order(graded))
    return {name: sum(values) / len(values) for name, values in hits.items()}


def in_order(graded: list[tuple[int, float]]) -> list[bool]:
    """Say of each pair of a grave and a plain complaint whether the grave one is graver."""
    return [
        high > low
        for level, high in graded if level == 2
        for other, low in graded if other == 1
    ]  # fmt: skip


def rows() -> list[dict[str, Any]]:
    lines = (HERE / "language.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def judge(row: dict[str, Any], found: Analysis, hits: dict[str, list[bool]]) -> None:
    side = "negative" if row["negative"] else "not_negative"
    right = (found.negativity >= 0.5) == row["negative"]
    hits["accuracy_second" if "severity" in row else "accuracy"].append(right)
    hits[f"{row['register']}.{side}"].append(right)
    codes = {category.code for category in found.categories}
    hits["category_recall"].extend(code in codes for code in row.get("codes", ()))
    hits["false_friends"].extend(code not in codes for code in row.get("not_codes", ()))
    if row["register"] in ("ad", "spam"):
        hits[f"{row['register']}_recall"].append(found.noise == "ad" and not found.relevant)
    else:
        hits["ad_precision"].append(found.noise != "ad")


def test_every_measure_has_a_floor() -> None:
    assert set(measured()) == set(FLOORS)


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_not_below_its_floor(name: str) -> None:
    assert measured()[name] >= FLOORS[name]


def test_the_set_is_large_and_of_every_register() -> None:
    found = rows()
    assert len(found) >= 200
    assert len({row["text"] for row in found}) == len(found)
    assert {row["register"] for row in found} >= {
        "complaint", "chat", "news", "official", "ad", "own", "quarrel", "praise", "question",
        "sarcasm", "traps", "social", "dialect", "jammed", "grave", "mild", "answer",
        "spam",
    }  # fmt: skip
