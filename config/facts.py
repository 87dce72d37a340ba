"""Read and check the YAML facts: rules and packs; every mistake names file, key and cure."""

from importlib.resources import files
from typing import Any

from config.checked import UNITS, items, level, mapping, once, parse, read_text, whole
from config.rule_facts import ONSITE, rules
from domain.case import ClockDef, Pack
from domain.errors import FactsError

__all__ = ["ONSITE", "pack", "pack_names", "parse", "read_text", "rules"]


def pack_names() -> list[str]:
    """Return the names of the shipped procedure packs."""
    folder = files("config").joinpath("packs")
    return sorted(item.name[:-4] for item in folder.iterdir() if item.name.endswith(".yml"))


def pack(text: str, name: str) -> Pack:
    """Return a checked procedure pack; raises FactsError naming the clock and key."""
    raw = parse(name, text)
    found = tuple(_clock(name, item) for item in raw.get("clocks") or [])
    once(name, "时限", [clock.id for clock in found])
    return Pack(
        name=str(raw.get("name", name)),
        version=whole(name, "version", raw.get("version")),
        title=str(raw.get("title", "")),
        numbering=str(raw.get("numbering", "descending")),
        levels={
            level(name, "levels", key): str(shown)
            for key, shown in mapping(name, "levels", raw.get("levels")).items()
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
            level(name, key, each) for each in items(name, f"{key} levels", raw["levels"])
        ),
        source=str(raw.get("source", "")),
    )  # fmt: skip


def _check_limit(name: str, key: str, limit: str, calendar: str) -> None:
    """Check a limit on load: failing when a case is graded would be the worst minute."""
    working = calendar == "working_days_cn"
    unit = "wd" if working else limit[-1:]
    if limit.removesuffix(unit).isdecimal() and limit.endswith(unit) and (working or unit in UNITS):
        return
    wanted = "15wd（工作日）" if working else "30m、24h 或 7d"
    raise FactsError(f"{name} {key}：limit={limit!r} 写法不对，calendar={calendar} 时请写 {wanted}")
