"""Source as JSON: how `scrapy crawl ENGINE -a source_json=` gets its source."""

import json
from dataclasses import fields
from datetime import timedelta

from domain.errors import FactsError
from domain.post import SourceKind
from domain.source import Source

_FIELDS = {field.name for field in fields(Source)}


def source_from_json(text: str) -> Source:
    """Return the source, `every` in seconds; raise FactsError naming what is missing or unknown."""
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise FactsError(f"source_json 不是 JSON：{error}") from error
    if not isinstance(facts, dict):
        raise FactsError("source_json 应是一个 JSON 对象 {…}")
    unknown = set(facts) - _FIELDS
    if unknown:
        raise FactsError(f"source_json 有不认识的字段：{'、'.join(sorted(unknown))}")
    try:
        facts["kind"] = SourceKind(facts["kind"])
        if "every" in facts:
            facts["every"] = timedelta(seconds=float(facts["every"]))
        return Source(**facts)
    except (KeyError, TypeError, ValueError) as error:
        raise FactsError(
            f"source_json 缺少字段或字段值不对（{error}），需要 name engine url site kind"
        ) from error
