"""Read and check config/indicators.yml; every mistake names file, key and cure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from config.checked import parse, read_text
from config.facts import ONSITE
from config.outlets import outlet_class, outlets
from domain.errors import FactsError
from domain.indicator import HeatFacts, IndicatorFacts, MatrixFacts, ShareFacts, WatchRule
from domain.level import Level
from domain.post import SourceKind

_NAME = "indicators.yml"
#: What a sign may say (requirements A3, AD-6).
_SIGNS = ("single", "several", "repeat", "alarm", "asks", "happening")
_DIMENSIONS = ("brand", "customers", "loss", "legal")
#: An outlet nobody listed: its weight in heat and in media attention.
PRESS, OTHER = "press", "other"


@cache
def indicator_facts() -> IndicatorFacts:
    """Return the shipped indicator facts."""
    return read_indicators(read_text(_NAME))


def press(name: str) -> tuple[str, str]:
    """Return an outlet's one name and its class ("other" where nobody listed it)."""
    found = outlets().by_name(name) or outlets().by_host(name)
    return (found.name, found.kind) if found else (name.strip(), outlet_class(name) or OTHER)


def read_indicators(text: str, name: str = _NAME) -> IndicatorFacts:
    """Return the checked facts; FactsError names the section and key that is wrong."""
    raw = _Section(name, "", parse(name, text))
    return IndicatorFacts(
        version=raw.whole("version"),
        heat=_heat(raw.section("heat")),
        share=_share(raw.section("share")),
        media=_weights(raw.section("media"), [*outlets().classes, OTHER]),
        matrix=_matrix(raw),
        watch=tuple(_watch(raw.name, item) for item in raw.items("watch")),
    )


class _Section:
    """One mapping of the file; every reader refuses by naming its key."""

    def __init__(self, name: str, key: str, raw: Any) -> None:
        self.name, self.key = name, key
        if not isinstance(raw, dict):
            raise FactsError(f"{name} 的 {key}：应当是“键: 值”的列表")
        self.raw: dict[Any, Any] = raw

    def wrong(self, key: object, cure: str) -> FactsError:
        where = f"{self.key}.{key}" if self.key else str(key)
        return FactsError(f"{self.name} 的 {where}={self.raw.get(key)!r}：{cure}")

    def section(self, key: object) -> "_Section":
        return _Section(self.name, f"{self.key}.{key}".strip("."), self.raw.get(key))

    def items(self, key: str) -> list[Any]:
        value = self.raw.get(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "应当是非空列表")
        return value

    def number(self, key: object, *, most: float = 1e9) -> float:
        value = self.raw.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise self.wrong(key, f"应当是 0 到 {most:g} 的数")
        return float(value)

    def whole(self, key: object, *, least: int = 0, most: int = 10**9) -> int:
        value = self.raw.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, f"应当是 {least} 到 {most} 的整数")
        return value

    def words(self, key: str, allowed: Iterable[str]) -> dict[str, str]:
        """Return a mapping of words to words out of `allowed`."""
        found = self.section(key)
        known = list(allowed)
        for word, meaning in found.raw.items():
            if meaning not in known:
                raise found.wrong(word, f"只能是 {'、'.join(known)}")
        return {str(word): str(meaning) for word, meaning in found.raw.items()}


def _weights(raw: _Section, names: Iterable[str]) -> dict[str, float]:
    """Every class has a weight: one forgotten would count nothing in silence."""
    return {name: raw.number(name, most=100) for name in names}


def _heat(raw: _Section) -> HeatFacts:
    kinds = [kind.value for kind in SourceKind if kind is not SourceKind.NEWS]
    anchors = tuple(_pair(raw, point) for point in raw.items("anchors"))
    if list(anchors) != sorted(anchors) or len({raw_ for raw_, _ in anchors}) < len(anchors):
        raise raw.wrong("anchors", "请从小到大写成 [[原始热度, 分], …]")
    if not 0 <= anchors[0][1] <= anchors[-1][1] <= 100 or len(anchors) < 2:
        raise raw.wrong("anchors", "至少两点，分数在 0 到 100 之间")
    hours = str(raw.raw.get("half_life"))
    if not hours.endswith("h") or not hours[:-1].isdecimal() or int(hours[:-1]) < 1:
        raise raw.wrong("half_life", "请写成 24h")
    return HeatFacts(
        half_life=timedelta(hours=int(hours[:-1])),
        weights=_weights(raw.section("weights"), [*outlets().classes, PRESS, *kinds]),
        growth_cap=raw.number("growth_cap", most=10), anchors=anchors,
        band=raw.number("band", most=100), history=raw.whole("history"),
    )  # fmt: skip


def _pair(raw: _Section, point: object) -> tuple[float, float]:
    if isinstance(point, list) and len(point) == 2 and all(type(n) in (int, float) for n in point):
        return float(point[0]), float(point[1])
    raise raw.wrong("anchors", f"{point!r} 请写成 [原始热度, 分]")


def _share(raw: _Section) -> ShareFacts:
    return ShareFacts(
        voices=raw.whole("voices", least=1), negative=raw.whole("negative", least=1),
        p=raw.number("p", most=1), strength=raw.whole("strength", least=1),
        above=raw.number("above", most=1), score=raw.number("score"),
    )  # fmt: skip


def _matrix(raw: _Section) -> MatrixFacts:
    likelihood, impact = raw.section("likelihood"), raw.section("impact")
    kinds = likelihood.section("kinds")
    for key in likelihood.raw.get("onsite") or {}:
        if key not in ONSITE:
            raise likelihood.section("onsite").wrong(key, f"只能是 {'、'.join(ONSITE)}")
    few, many = [*impact.items("households"), 0, 0][:2]
    if type(few) is not int or type(many) is not int or not 0 < few < many:
        raise impact.wrong("households", "请写成 [10, 50]")
    return MatrixFacts(
        cells=_cells(raw.section("matrix")),
        likelihood={sign: kinds.whole(sign, least=1, most=4) for sign in _SIGNS},
        several=likelihood.whole("several", least=2),
        raised_to=likelihood.whole("raised_to", least=1, most=4),
        signals=likelihood.words("signals", [*_SIGNS, "grave"]),
        onsite=likelihood.words("onsite", [*_SIGNS, "grave"]),
        mainstream=frozenset(_known(likelihood, "mainstream", outlets().classes)),
        dimensions={
            key: str(impact.section("dimensions").raw.get(key, key)) for key in _DIMENSIONS
        },
        by_code=_by_code(impact.section("by_code")),
        households=(few, many), loss=impact.number("loss", most=1e12),
    )  # fmt: skip


def _known(raw: _Section, key: str, allowed: Iterable[str]) -> list[str]:
    found = [str(item) for item in raw.items(key)]
    known = list(allowed)
    if not set(found) <= set(known):
        raise raw.wrong(key, f"只能是 {'、'.join(known)}")
    return found


def _cells(raw: _Section) -> dict[tuple[int, int], Level]:
    cells: dict[tuple[int, int], Level] = {}
    for likelihood in range(1, 5):
        row = raw.raw.get(likelihood)
        if not isinstance(row, list) or len(row) != 4:
            raise raw.wrong(likelihood, "每行四个级别，从影响 1 到 4；不预警写 null")
        for impact, level in enumerate(row, start=1):
            if level is None:
                continue
            if level not in list(Level):
                raise raw.wrong(likelihood, f"级别 {level!r} 不对，只能用 {'、'.join(Level)}")
            cells[likelihood, impact] = Level(level)
    _rising(raw, cells)
    return cells


def _rising(raw: _Section, cells: Mapping[tuple[int, int], Level]) -> None:
    """Refuse a matrix in which a graver likelihood or impact gives a milder level."""

    def rank(likelihood: int, impact: int) -> int:
        found = cells.get((likelihood, impact))
        return -1 if found is None else found.rank

    for row in range(1, 5):
        for column in range(1, 5):
            before = (max(row - 1, 1), column), (row, max(column - 1, 1))
            if any(rank(*cell) > rank(row, column) for cell in before):
                raise raw.wrong(row, "更重的一格级别反而更轻，请改正")


def _by_code(raw: _Section) -> dict[str, dict[str, int]]:
    return {
        str(code): {
            dimension: raw.section(code).whole(dimension, least=1, most=4)
            for dimension in _DIMENSIONS
        }
        for code in raw.raw
    }


def _watch(name: str, item: Any) -> WatchRule:
    raw = _Section(name, "watch", item)
    words = raw.raw.get("words")
    if not raw.raw.get("name") or not isinstance(words, list):
        raise raw.wrong("words", "每一项要有 name 和 words（列表，可空）")
    return WatchRule(
        name=str(raw.raw["name"]), words=tuple(str(word) for word in words),
        before=_days(raw, "before"), after=_days(raw, "after"),
    )  # fmt: skip


def _days(raw: _Section, key: str) -> int:
    text = str(raw.raw.get(key))
    if text.endswith("d") and text[:-1].isdecimal():
        return int(text[:-1])
    raise raw.wrong(key, "请写成 7d")
