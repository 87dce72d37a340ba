"""Read config/engines/*.yml: how forum programs without code of their own are read."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from config import facts
from domain.errors import FactsError

#: What a list and a thread may say; the first of each pair of lists must be there.
_NEEDED = {"board": ("tid", "title", "url"), "thread": ("id", "page_url")}
_BODY = ("text", "html")
_KNOWN = {
    "board": frozenset({
        "row", "rows", "url", "base", "suffix", "tid", "title", "author", "author_id", "replies",
        "floors", "views", "last", "next", "page", "pages", "page_url",
    }),
    "thread": frozenset({
        "tid", "title", "post", "rows", "id", "floor", "index", "author", "author_id", "time",
        "edited", "text", "html", "quote", "quote_author", "quote_id", "noise", "hidden",
        "attachments", "deleted", "removed", "replies", "floors", "views", "page", "pages", "next",
        "page_size", "page_url",
    }),
}  # fmt: skip
_TOP = frozenset({"name", "format", "recognise", "time_zone", "board", "thread"})


def names() -> list[str]:
    """Return the names of the shipped engines."""
    folder = files("config").joinpath("engines")
    return sorted(item.name[:-4] for item in folder.iterdir() if item.name.endswith(".yml"))


def read(name: str) -> dict[str, Any]:
    """Return a shipped engine's facts; raise FactsError naming the known ones."""
    if name not in names():
        raise FactsError(f"没有名为“{name}”的论坛程序：可用 discuzx、{'、'.join(names())}")
    return check(facts.parse(f"engines/{name}.yml", facts.read_text(f"engines/{name}.yml")), name)


def check(spec: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the facts; raise FactsError naming the key that is wrong or missing."""
    unknown = set(spec) - _TOP
    if unknown:
        raise FactsError(f"论坛程序 {name} 有不认识的键：{'、'.join(sorted(unknown))}")
    if spec.get("format", "html") not in ("html", "json"):
        raise FactsError(f"论坛程序 {name} 的 format 应为 html 或 json")
    for part, keys in _NEEDED.items():
        given = spec.get(part)
        if not isinstance(given, Mapping):
            raise FactsError(f"论坛程序 {name} 缺少 {part} 一段：请参照 config/engines 里的文件")
        strange = set(given) - _KNOWN[part]
        if strange:
            raise FactsError(
                f"论坛程序 {name} 的 {part} 有不认识的键：{'、'.join(sorted(strange))}"
            )
        missing = [key for key in keys if not given.get(key)]
        if not (given.get("row") or given.get("rows") or given.get("post")):
            missing.append("row 或 rows")
        if missing:
            raise FactsError(f"论坛程序 {name} 的 {part} 缺少：{'、'.join(missing)}")
    if not any(spec["thread"].get(key) for key in _BODY):
        raise FactsError(f"论坛程序 {name} 的 thread 缺少 text（选择器）或 html（JSON 里的正文）")
    return dict(spec)


def overridden(spec: Mapping[str, Any], changes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an engine's facts with a source's own selectors laid over them."""
    merged = dict(spec)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(old, Mapping)
        merged[key] = {**old, **value} if both and isinstance(old, Mapping) else value
    return check(merged, name)
