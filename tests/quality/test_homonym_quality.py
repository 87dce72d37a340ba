"""Homonyms: who a name means, on invented cases written by somebody who had not seen the rules."""

import json
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from domain.source import Subject
from nlp.aliases import build_aliases, find_subjects
from nlp.normal import normalise
from pipelines.name_facts import load_names

#: Share of cases that are right; the first measure of these rules was 102 of 110.
FLOOR = 1.0
_FIELDS = {field.name for field in fields(Subject)}


def cases() -> list[dict[str, Any]]:
    path = Path(__file__).with_name("homonyms.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def subject(given: dict[str, Any]) -> Subject:
    known: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in given.items() if key in _FIELDS
    }  # fmt: skip
    return Subject(**known)


def right(case: dict[str, Any]) -> bool:
    table = build_aliases([subject(each) for each in case["subjects"]], load_names())
    found = find_subjects(normalise(case["text"]).text, table)
    return {each.subject for each in found} == set(case["expect"])


def test_names_are_given_to_the_right_subject() -> None:
    every = cases()
    wrong = [case["text"] for case in every if not right(case)]
    assert len(every) - len(wrong) >= FLOOR * len(every), wrong


def test_the_set_is_large_and_mixed() -> None:
    every = cases()
    assert len(every) >= 100
    assert len({case["text"] for case in every}) >= 100
    assert len(Counter(case["case"] for case in every)) >= 20
    assert sum(not case["expect"] for case in every) >= 25
