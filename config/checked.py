"""Checked values of YAML facts: each mistake names file, key and cure."""

from datetime import timedelta
from importlib.resources import files
from typing import Any

import yaml

from domain.errors import FactsError
from domain.level import Level

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_text(name: str) -> str:
    """Return a seed file of config/, e.g. "rules.yml" or "packs/group-000.yml"."""
    return files("config").joinpath(name).read_text(encoding="utf-8")


def parse(name: str, text: str) -> dict[str, Any]:
    """Return the mapping a YAML text holds; FactsError naming file and line otherwise."""
    try:
        value = yaml.load(text, Loader=_LOADER)  # noqa: S506 (a safe loader, in C where there is one)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        last = text.count("\n") + 1  # the parser may name the line behind the end
        where = f"第 {min(mark.line + 1, last)} 行" if mark else "开头"
        raise FactsError(f"{name} {where} 不是正确的 YAML：请检查缩进与冒号") from error
    if not isinstance(value, dict):
        raise FactsError(f"{name} 应当是“键: 值”的列表，现在不是：请参照自带文件改写")
    return value


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def once(name: str, what: str, ids: list[str]) -> None:
    """Refuse an id that is written twice."""
    twice = sorted({item for item in ids if ids.count(item) > 1})
    if twice:
        raise FactsError(f"{name}：{what} {'、'.join(twice)} 写了两次，请改成不同的 id")


def mapping(name: str, key: str, value: Any) -> dict[Any, Any]:
    """Return a mapping that is not empty."""
    if isinstance(value, dict) and value:
        return value
    raise FactsError(f"{name} 的 {key} 应当是“级别: 内容”的列表，现在缺失或写法不对")


def items(name: str, key: str, value: Any) -> list[Any]:
    """Return a list that is not empty."""
    if isinstance(value, list) and value:
        return value
    raise FactsError(f"{name} 的 {key} 应当是非空列表")


def whole(name: str, key: str, value: Any) -> int:
    """Return a whole number from 0 on."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise FactsError(f"{name} 的 {key}={value!r} 应当是非负整数")


def level(name: str, key: str, value: Any) -> Level:
    """Return a level by its name, never by a number (LC-1)."""
    try:
        return Level(value)
    except ValueError:
        raise FactsError(
            f"{name} 的 {key}：级别 {value!r} 不对，"
            "只能用 minor、moderate、major、critical（不用数字，LC-1）"
        ) from None


def span(name: str, key: str, value: Any) -> timedelta:
    """Return a span of time: 30m, 24h or 30d."""
    text = str(value)
    if text[:-1].isdecimal() and text[-1:] in UNITS:
        return timedelta(**{UNITS[text[-1]]: int(text[:-1])})
    raise FactsError(f"{name} 的 {key}={value!r} 写法不对：请写 30m、24h 或 30d")
