"""Read the examples of a rule: short invented texts, or posts described by their facts."""

from dataclasses import fields
from typing import Any

from config.checked import level, whole
from config.language import CODES, SIGNALS
from domain.errors import FactsError
from domain.post import SourceKind
from domain.rule_example import Example, Sample

_NUMBERS = ("n", "stated", "complaints", "hours_ago")
_FLAGS = ("negative", "duplicate", "backfill")
_CODES = {"codes": CODES, "signals": SIGNALS}
_SIDES = {"must_fire": True, "must_not": False}


def read_examples(name: str, key: str, raw: Any) -> tuple[Example, ...]:
    """Return the checked examples; raises FactsError naming rule and example."""
    if raw is None:
        return ()
    if not isinstance(raw, dict) or not raw.keys() <= _SIDES.keys():
        raise FactsError(f"{name} {key} examples：分成 must_fire（必报）和 must_not（不报）两段")
    found: list[Example] = []
    for side, fires in _SIDES.items():
        rows = raw.get(side) or []
        if not isinstance(rows, list):
            raise FactsError(f"{name} {key} examples.{side}：写成几行“- 例子”")
        found.extend(
            _example(name, f"{key} examples.{side} 第 {at} 个", row, fires=fires)
            for at, row in enumerate(rows, start=1)
        )
    return tuple(found)


def _example(name: str, key: str, raw: Any, *, fires: bool) -> Example:
    """Read one: a text is one post, a list as many people; else {what, posts, level}."""
    if isinstance(raw, str):
        return Example(fires=fires, title=raw, samples=(Sample(text=raw),))
    if isinstance(raw, list) and raw and all(isinstance(text, str) for text in raw):
        return Example(
            fires=fires, title=" ／ ".join(raw), samples=tuple(Sample(text=text) for text in raw)
        )
    if (
        not isinstance(raw, dict)
        or not raw.keys() <= {"what", "posts", "level"}
        or not isinstance(raw.get("posts"), list)
        or not raw["posts"]
        or not isinstance(raw.get("what"), str)
    ):
        raise FactsError(f"{name} {key}：写成一句话、几句话的列表，或 {{what: 说明, posts: [...]}}")
    return Example(
        fires=fires, title=raw["what"],
        samples=tuple(_sample(name, key, post) for post in raw["posts"]),
        level=level(name, f"{key} level", raw["level"]) if raw.get("level") else None,
    )  # fmt: skip


def _sample(name: str, key: str, raw: Any) -> Sample:
    known = {field.name for field in fields(Sample)}
    if not isinstance(raw, dict) or not raw.keys() <= known:
        strange = sorted(map(str, raw.keys() - known)) if isinstance(raw, dict) else [repr(raw)]
        raise FactsError(
            f"{name} {key} posts：不认识 {'、'.join(strange)}，只能写 {'、'.join(sorted(known))}"
        )
    values = {field: _value(name, f"{key} {field}", field, raw[field]) for field in raw}
    return Sample(**values)


def _value(name: str, key: str, field: str, raw: Any) -> Any:
    if field in _NUMBERS:
        return whole(name, key, raw)
    if field in _FLAGS:
        if isinstance(raw, bool):
            return raw
        raise FactsError(f"{name} {key}：写 true 或 false")
    if field in _CODES:
        if isinstance(raw, list) and set(raw) <= set(_CODES[field]):
            return tuple(raw)
        raise FactsError(f"{name} {key}：写成列表，只能用 {'、'.join(_CODES[field])}")
    if field == "kind":
        if raw in list(SourceKind):
            return SourceKind(raw)
        raise FactsError(f"{name} {key}：只能用 {'、'.join(SourceKind)}")
    return str(raw)
