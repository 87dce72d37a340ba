"""Retention classes (保存期限): how long private texts are kept, as data (A12 privacy 2)."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from config.facts import parse
from domain.errors import FactsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """One class; `days` None = as long as its case, erased by a person."""

    code: str
    name: str
    days: int | None


@cache
def classes() -> dict[str, Retention]:
    """Return the classes by code; raises FactsError naming file and key."""
    name = "retention.yml"
    found = parse(name, resources.files("config").joinpath(name).read_text(encoding="utf-8"))
    return {str(code): _class(str(code), item, name) for code, item in found.items()}


def _class(code: str, item: object, name: str) -> Retention:
    if not isinstance(item, dict) or not str(item.get("name") or "").strip():
        raise FactsError(f"{name} 的 {code}：缺少 name，请写界面上的名称")
    days = item.get("days")
    if days is not None and not (isinstance(days, int) and days > 0):
        raise FactsError(f"{name} 的 {code}：days 应为正整数，不写表示随个案")
    return Retention(code=code, name=str(item["name"]).strip(), days=days)
