"""Catalogue (来源目录): templates of sources by place, as data; each 未验证 until it was seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from config import facts
from domain.errors import FactsError
from domain.post import SourceKind
from domain.source import Source

_FILE = "catalogue.yml"
#: What everybody is offered, whatever their cities.
NATIONAL = "全国"
AUTO = "auto"
_MORE = frozenset({"engine", "options", "note", "by_hand"})


class Status(StrEnum):
    """What came of looking at a template."""

    WORKS = "works"
    ROBOTS = "robots"
    LOGIN = "login"
    UNKNOWN = "unknown"
    SILENT = "silent"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One source as it could be set up."""

    name: str
    #: 全国, a province or a city.
    place: str
    #: National and provincial news, message boards, bureaus, courts, local forums.
    group: str
    kind: SourceKind
    #: Engine of the source, or `auto`: recognised when it is looked at.
    engine: str
    url: str
    every: timedelta
    options: dict[str, Any] = field(default_factory=dict)
    #: What to know before: needs a login, drawn by scripts …
    note: str = ""
    #: Nobody visits it: somebody with a right to it exports files, which are imported.
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All templates, and which city lies in which province."""

    templates: tuple[Template, ...]
    provinces: dict[str, tuple[str, ...]]

    def of_places(self, places: Sequence[str]) -> list[Template]:
        """Return the national templates and those of these cities and provinces.

        A city brings its province's; a province brings all its cities'.
        """
        named = {place.strip().removesuffix("市").removesuffix("省") for place in places}
        wanted = {NATIONAL, *named}
        for province, cities in self.provinces.items():
            if province in named:
                wanted.update(cities)
            if named & set(cities):
                wanted.add(province)
        return [item for item in self.templates if item.place in wanted]

    def places(self) -> list[str]:
        """Return every place there is a template for but 全国: cities first, then provinces."""
        found = dict.fromkeys(item.place for item in self.templates if item.place != NATIONAL)
        return sorted(found, key=lambda place: place in self.provinces)

    def cities(self) -> list[str]:
        """Return the places that are no provinces."""
        return [place for place in self.places() if place not in self.provinces]


def load() -> Catalogue:
    """Return the catalogue; FactsError naming the group and entry that is wrong."""
    return read(facts.read_text(_FILE))


def read(text: str) -> Catalogue:
    """Return the catalogue a YAML text holds."""
    told = facts.parse(_FILE, text)
    provinces = told.get("provinces", {})
    groups = told.get("groups")
    if not isinstance(provinces, Mapping) or not isinstance(groups, list):
        raise FactsError(f"{_FILE}：应有 provinces（省: [城市]）与 groups（组的列表）")
    return Catalogue(
        templates=tuple(item for group in groups for item in _group(group)),
        provinces={str(key): tuple(map(str, cities)) for key, cities in provinces.items()},
    )


def source_of(item: Template) -> Source:
    """Return the source a template makes; of an `auto` one everything but engine and options."""
    return Source(
        name=item.name, engine=item.engine, url=item.url, kind=item.kind, every=item.every,
        site=urlsplit(item.url).hostname or item.url, options=dict(item.options),
    )  # fmt: skip


def _group(row: Any) -> Iterator[Template]:
    try:
        name, kind = str(row["group"]), SourceKind(row["kind"])
        every = timedelta(minutes=float(row.get("every_minutes", 30)))
        places = dict(row["places"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FactsError(
            f"{_FILE}：有一组缺少 group、kind 或 places，或写法不对（{error}）"
        ) from error
    for place, entries in places.items():
        for entry in entries or ():
            yield _template(entry, place=str(place), group=name, kind=kind, every=every)


def _template(
    entry: Any, *, place: str, group: str, kind: SourceKind, every: timedelta
) -> Template:
    where = f"{_FILE} {group} {place}"
    if not isinstance(entry, list) or len(entry) not in (2, 3):
        raise FactsError(
            f"{where}：每条应写 [名称, 网址] 或 [名称, 网址, {{其他}}]，现在是 {entry}"
        )
    more = entry[2] if len(entry) == 3 else {}
    if not isinstance(more, Mapping) or set(more) - _MORE:
        raise FactsError(f"{where} {entry[0]}：其他只能写 {'、'.join(sorted(_MORE))}")
    return Template(
        name=str(entry[0]), place=place, group=group, kind=kind, every=every,
        engine=str(more.get("engine", AUTO)), url=str(entry[1]),
        options=dict(more.get("options", {})), note=str(more.get("note", "")),
        by_hand=more.get("by_hand") is True,
    )  # fmt: skip
