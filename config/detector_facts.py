"""Read the statistics' parameters (`detector:` of rules.yml); mistakes name key and cure."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from domain.detection import Detector, Grade, Window
from domain.errors import FactsError
from domain.level import Level

_NUMBERS = (
    "reset", "half_life_days", "prior_rate", "prior_days", "topic_days", "winsor", "warm_up_days",
    "history_days", "pooled_weeks", "version",
)  # fmt: skip


def read_detector(name: str, raw: Any) -> Detector:
    """Return the checked parameters; raises FactsError naming the key that is wrong."""
    if not isinstance(raw, dict):
        raise FactsError(f"{name} detector：应当是“键: 值”的列表，请参照自带文件改写")
    numbers = {key: _number(name, key, raw.get(key)) for key in _NUMBERS}
    windows = tuple(_window(name, item) for item in _items(name, "windows", raw.get("windows")))
    grades = tuple(_grade(name, item) for item in _items(name, "grades", raw.get("grades")))
    _check_rising(name, grades)
    return Detector(
        version=int(numbers["version"]), grid=_minutes(name, raw.get("grid")), windows=windows,
        grades=grades, reset=numbers["reset"], half_life_days=numbers["half_life_days"],
        prior_rate=numbers["prior_rate"], prior_days=numbers["prior_days"],
        topic_days=numbers["topic_days"],
        winsor=numbers["winsor"], warm_up_days=int(numbers["warm_up_days"]),
        history_days=int(numbers["history_days"]), pooled_weeks=int(numbers["pooled_weeks"]),
    )  # fmt: skip


def _check_rising(name: str, grades: tuple[Grade, ...]) -> None:
    """Refuse a graver level with no higher rarity: it could not be told from the one below."""
    for low, high in pairwise(grades):
        rises = high.rarity > low.rarity
        if not (rises and high.level.graver_than(low.level)):
            raise FactsError(f"{name} detector.grades：级别和罕见度要由低到高逐级写")


def _items(name: str, key: str, raw: Any) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not raw or not all(isinstance(item, dict) for item in raw):
        raise FactsError(f"{name} detector.{key}：写成几行 {{键: 值}}，请参照自带文件")
    return raw


def _window(name: str, raw: dict[str, Any]) -> Window:
    hours = int(_number(name, "windows.hours", raw.get("hours")))
    return Window(
        hours=hours,
        least_topic=int(_number(name, "windows.least_topic", raw.get("least_topic"))),
        least_all=int(_number(name, "windows.least_all", raw.get("least_all"))),
        phi=_number(name, "windows.phi", raw.get("phi")),
        overlap_topic=_number(name, "windows.overlap_topic", raw.get("overlap_topic"), least=0),
        overlap_all=_number(name, "windows.overlap_all", raw.get("overlap_all"), least=0),
    )


def _grade(name: str, raw: dict[str, Any]) -> Grade:
    try:
        level = Level(str(raw.get("level")))
    except ValueError:
        known = "、".join(Level)
        raise FactsError(f"{name} detector.grades.level 只能是 {known}") from None
    return Grade(
        rarity=_number(name, "grades.rarity", raw.get("rarity")),
        voices=int(_number(name, "grades.voices", raw.get("voices"))),
        level=level,
    )


def _number(name: str, key: str, raw: Any, *, least: float = 1e-9) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or raw < least:
        wanted = "大于 0 的数" if least else "不小于 0 的数"
        raise FactsError(f"{name} detector.{key}：应当是{wanted}，现在是 {raw!r}")
    return float(raw)


def _minutes(name: str, raw: Any) -> timedelta:
    text = str(raw)
    if text[-1:] != "m" or not text[:-1].isdecimal() or 1440 % (int(text[:-1]) or 7):
        raise FactsError(f"{name} detector.grid：写成 15m 这样能整除一天的分钟数，现在是 {raw!r}")
    return timedelta(minutes=int(text[:-1]))
