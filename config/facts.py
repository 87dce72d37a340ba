"""Read and check the YAML facts: rules and packs; every mistake names file, key and cure."""

from datetime import timedelta
from importlib.resources import files
from typing import Any

import yaml

from domain.alert import Rule, Rules, Step
from domain.case import ClockDef, Pack
from domain.errors import FactsError
from domain.language import CategoryFacts
from domain.level import Level

_RULE_KINDS = ("voices", "signal", "onsite")
#: What staff can report from the site (AD-11), with its name on screen.
ONSITE = {
    "casualty": "人员伤亡", "petition": "集访", "banner": "拉横幅", "reporter": "记者到场",
    "other": "其他现场情况",
}  # fmt: skip
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def read_text(name: str) -> str:
    """Return a seed file of config/, e.g. "rules.yml" or "packs/group-000.yml"."""
    return files("config").joinpath(name).read_text(encoding="utf-8")


def pack_names() -> list[str]:
    """Return the names of the shipped procedure packs."""
    folder = files("config").joinpath("packs")
    return sorted(item.name[:-4] for item in folder.iterdir() if item.name.endswith(".yml"))


def parse(name: str, text: str) -> dict[str, Any]:
    """Return the mapping a YAML text holds; FactsError naming file and line otherwise."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "开头"
        raise FactsError(f"{name} {where} 不是正确的 YAML：请检查缩进与冒号") from error
    if not isinstance(value, dict):
        raise FactsError(f"{name} 应当是“键: 值”的列表，现在不是：请参照自带文件改写")
    return value


def rules(text: str, categories: CategoryFacts, name: str = "rules.yml") -> Rules:
    """Return the checked rules; raises FactsError naming the rule and key that is wrong."""
    raw = parse(name, text)
    found = tuple(_rule(name, item) for item in _list(name, "rules", raw.get("rules")))
    _once(name, "规则", [rule.id for rule in found])
    return Rules(
        version=_int(name, "version", raw.get("version")),
        rules=found,
        calm=_span(name, "calm", raw.get("calm")),
        words={item.code: item.name for item in categories.categories},
        topics={item.code: item.topic for item in categories.categories if item.topic},
        triage=_triage(name, raw.get("triage")),
    )


def _triage(name: str, raw: Any) -> dict[Level, timedelta]:
    """Every level has a limit: the alert that lacked one could not be opened."""
    found = {
        _level(name, "triage", level): _span(name, f"triage.{level}", limit)
        for level, limit in _mapping(name, "triage", raw).items()
    }
    missing = [level.value for level in Level if level not in found]
    if missing:
        raise FactsError(f"{name} 的 triage：缺少 {'、'.join(missing)} 级的研判时限")
    return found


def _rule(name: str, raw: Any) -> Rule:
    key = f"规则 {raw.get('id', '?')}" if isinstance(raw, dict) else "规则"
    if not isinstance(raw, dict) or raw.get("kind") not in _RULE_KINDS:
        raise FactsError(f"{name} {key}：kind 只能是 {'、'.join(_RULE_KINDS)}")
    if not raw.get("id"):
        raise FactsError(f"{name} {key}：缺少 id（规则编号）")
    ladder = _ladder(name, key, raw["ladder"]) if raw.get("ladder") else ()
    if raw["kind"] == "voices" and not ladder:
        raise FactsError(f"{name} {key}：缺少 ladder（几个声音对应哪一级）")
    if raw["kind"] == "signal" and not (raw.get("signal") and raw.get("level")):
        raise FactsError(f"{name} {key}：信号规则要写 signal 和 level")
    if raw["kind"] == "onsite" and not (raw.get("onsite") in ONSITE and raw.get("level")):
        raise FactsError(f"{name} {key}：现场规则要写 onsite（{'、'.join(ONSITE)}）和 level")
    return Rule(
        id=str(raw["id"]),
        version=_int(name, f"{key} version", raw.get("version")),
        kind=raw["kind"],
        title=str(raw.get("title", raw["id"])),
        source=str(raw.get("source", "")),
        window=_span(name, f"{key} window", raw.get("window")),
        ladder=ladder,
        signal=str(raw.get("signal", "")),
        onsite=str(raw.get("onsite", "")),
        level=_level(name, f"{key} level", raw["level"]) if raw.get("level") else None,
    )


def _ladder(name: str, key: str, raw: Any) -> tuple[Step, ...]:
    steps = _list(name, f"{key} ladder", raw)
    if not all(isinstance(step, dict) for step in steps):
        raise FactsError(f"{name} {key} ladder：每一级写成 {{voices: 3, level: minor}}")
    return tuple(
        Step(
            voices=_int(name, f"{key} ladder.voices", step.get("voices")),
            level=_level(name, f"{key} ladder.level", step.get("level")),
        )
        for step in steps
    )


def pack(text: str, name: str) -> Pack:
    """Return a checked procedure pack; raises FactsError naming the clock and key."""
    raw = parse(name, text)
    found = tuple(_clock(name, item) for item in raw.get("clocks") or [])
    _once(name, "时限", [clock.id for clock in found])
    return Pack(
        name=str(raw.get("name", name)),
        version=_int(name, "version", raw.get("version")),
        title=str(raw.get("title", "")),
        numbering=str(raw.get("numbering", "descending")),
        levels={
            _level(name, "levels", level): str(shown)
            for level, shown in _mapping(name, "levels", raw.get("levels")).items()
        },
        clocks=found,
    )


def _clock(name: str, raw: Any) -> ClockDef:
    if not isinstance(raw, dict):
        raise FactsError(f"{name} 的 clocks：每一项写成“键: 值”，现在是 {raw!r}")
    key = f"时限 {raw.get('id', '?')}"
    missing = [
        field
        for field in ("id", "name", "role", "start", "stop", "limit", "calendar", "levels")
        if field not in raw
    ]
    if missing:
        raise FactsError(f"{name} {key}：缺少 {'、'.join(missing)}")
    if raw["calendar"] not in ("wall", "working_days_cn"):
        raise FactsError(f"{name} {key}：calendar 只能是 wall 或 working_days_cn")
    _check_limit(name, key, str(raw["limit"]), raw["calendar"])
    return ClockDef(
        id=str(raw["id"]), name=str(raw["name"]), role=str(raw["role"]), start=str(raw["start"]),
        stop=str(raw["stop"]), limit=str(raw["limit"]), calendar=str(raw["calendar"]),
        levels=tuple(
            _level(name, key, level) for level in _list(name, f"{key} levels", raw["levels"])
        ),
        source=str(raw.get("source", "")),
    )  # fmt: skip


def _check_limit(name: str, key: str, limit: str, calendar: str) -> None:
    """Check a limit on load: failing when a case is graded would be the worst minute."""
    working = calendar == "working_days_cn"
    unit = "wd" if working else limit[-1:]
    if (
        limit.removesuffix(unit).isdecimal()
        and limit.endswith(unit)
        and (working or unit in _UNITS)
    ):
        return
    wanted = "15wd（工作日）" if working else "30m、24h 或 7d"
    raise FactsError(f"{name} {key}：limit={limit!r} 写法不对，calendar={calendar} 时请写 {wanted}")


def _once(name: str, what: str, ids: list[str]) -> None:
    twice = sorted({item for item in ids if ids.count(item) > 1})
    if twice:
        raise FactsError(f"{name}：{what} {'、'.join(twice)} 写了两次，请改成不同的 id")


def _mapping(name: str, key: str, value: Any) -> dict[Any, Any]:
    if isinstance(value, dict) and value:
        return value
    raise FactsError(f"{name} 的 {key} 应当是“级别: 内容”的列表，现在缺失或写法不对")


def _list(name: str, key: str, value: Any) -> list[Any]:
    if isinstance(value, list) and value:
        return value
    raise FactsError(f"{name} 的 {key} 应当是非空列表")


def _int(name: str, key: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise FactsError(f"{name} 的 {key}={value!r} 应当是非负整数")


def _level(name: str, key: str, value: Any) -> Level:
    try:
        return Level(value)
    except ValueError:
        raise FactsError(
            f"{name} 的 {key}：级别 {value!r} 不对，"
            "只能用 minor、moderate、major、critical（不用数字，LC-1）"
        ) from None


def _span(name: str, key: str, value: Any) -> timedelta:
    text = str(value)
    if text[:-1].isdecimal() and text[-1:] in _UNITS:
        return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
    raise FactsError(f"{name} 的 {key}={value!r} 写法不对：请写 30m、24h 或 30d")
