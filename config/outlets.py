"""Outlets (媒体) by host and name, with their class, read from outlets.yml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from config.checked import parse, read_text
from domain.errors import FactsError

#: What editions add to an outlet's name.
_EDITIONS = ("客户端", "官方微博", "微信公众号", "公众号", "App", "APP", "记者", "讯")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One outlet: its name as shown and its class (national, provincial, portal …)."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """The outlets known, by lower-case host and by name."""

    #: Class → its name on screen.
    classes: Mapping[str, str]
    hosts: Mapping[str, Outlet]
    names: Mapping[str, Outlet]
    #: Suffix of a host (gov.cn) → class of every host under it that is not listed itself.
    suffixes: Mapping[str, str]

    def by_host(self, host: str) -> Outlet | None:
        """Return the outlet of a host; the longest known suffix decides."""
        parts = host.lower().rstrip(".").partition(":")[0].split(".")
        for start in range(len(parts) - 1):
            found = self.hosts.get(".".join(parts[start:]))
            if found:
                return found
        return None

    def by_name(self, name: str) -> Outlet | None:
        """Return the outlet of a name or alias, with or without 客户端, 公众号 …."""
        bare = name.strip().strip("“”\"'《》【】[]（）()")
        for edition in ("", *_EDITIONS):
            if edition and not bare.endswith(edition):
                continue
            found = self.names.get(bare[: len(bare) - len(edition)])
            if found:
                return found
        return None


@cache
def outlets() -> Outlets:
    """Return the shipped outlets."""
    return read_outlets(read_text("outlets.yml"))


def outlet_class(name_or_host: str) -> str | None:
    """Return the class of an outlet by its name or host (government for any .gov.cn), else None."""
    known = outlets()
    found = known.by_name(name_or_host) or known.by_host(name_or_host)
    if found:
        return found.kind
    host = name_or_host.lower()
    return next((kind for end, kind in known.suffixes.items() if host.endswith(f".{end}")), None)


@cache
def outlet_classes() -> Mapping[str, str]:
    """Return name (with its editions) or host → class, for rules that may read no file."""
    known = outlets()
    named = {
        name + edition: outlet.kind
        for name, outlet in known.names.items()
        for edition in ("", *_EDITIONS)
    }
    return {host: outlet.kind for host, outlet in known.hosts.items()} | named


def read_outlets(text: str, name: str = "outlets.yml") -> Outlets:
    """Return the outlets of a YAML text; FactsError names the class and outlet that is wrong."""
    raw = parse(name, text)
    classes = raw.get("classes")
    groups = raw.get("outlets")
    if not isinstance(classes, dict) or not isinstance(groups, dict):
        raise FactsError(f"{name}：要有 classes（类别: 名称）和 outlets（类别: 媒体列表）两段")
    hosts: dict[str, Outlet] = {}
    names: dict[str, Outlet] = {}
    for kind, group in groups.items():
        if kind not in classes:
            raise FactsError(f"{name} 的 outlets：类别 {kind!r} 不在 classes 中，请先写明它的名称")
        if not isinstance(group, dict):
            raise FactsError(f"{name} 的 outlets.{kind}：请写成“名称: [主机名, =别名]”")
        for title, marks in group.items():
            outlet = Outlet(name=str(title), kind=str(kind))
            _add(names, str(title), outlet, name)
            for mark in _marks(name, outlet, marks):
                table, key = (names, mark[1:]) if mark.startswith("=") else (hosts, mark.lower())
                _add(table, key, outlet, name)
    return Outlets(
        classes={str(key): str(shown) for key, shown in classes.items()},
        hosts=hosts,
        names=names,
        suffixes=_suffixes(name, raw.get("suffixes") or {}, classes),
    )


def _suffixes(name: str, raw: Any, classes: Mapping[Any, Any]) -> dict[str, str]:
    if not isinstance(raw, dict) or any(kind not in classes for kind in raw.values()):
        raise FactsError(f"{name} 的 suffixes：请写成“后缀: 类别”，类别要在 classes 中")
    return {str(end).lower(): str(kind) for end, kind in raw.items()}


def _marks(name: str, outlet: Outlet, marks: Any) -> list[str]:
    if not isinstance(marks, list) or not all(isinstance(mark, str) for mark in marks):
        raise FactsError(
            f"{name} 的 {outlet.kind}.{outlet.name}：请写成 [主机名, =别名] 这样的列表"
        )
    return marks


def _add(table: dict[str, Outlet], key: str, outlet: Outlet, name: str) -> None:
    known = table.setdefault(key, outlet)
    if known.name != outlet.name:
        raise FactsError(f"{name}：{key} 同时写在“{known.name}”和“{outlet.name}”之下，请删去一处")
