"""Read and check rules.yml (B-RU1): what cannot be evaluated exactly is refused by its key."""

from collections.abc import Callable
from typing import Any, NamedTuple

from config.checked import items, level, mapping, once, parse, span, whole
from config.detector_facts import read_detector
from config.language import CODES, SIGNALS
from config.outlets import outlet_classes, outlets
from config.rule_examples import read_examples
from domain.alert import ClaimStep, Rule, Rules, Step
from domain.errors import FactsError
from domain.language import CategoryFacts
from domain.level import Level

#: What staff can report from the site (AD-11), with its name on screen.
ONSITE = {
    "casualty": "人员伤亡", "petition": "集访", "banner": "拉横幅", "reporter": "记者到场",
    "other": "其他现场情况",
}  # fmt: skip
STATUSES = ("active", "draft", "off")
_KEYS = frozenset(("version", "calm", "triage", "detector", "rules"))
_COMMON = frozenset(
    ("id", "version", "kind", "title", "source", "window", "status", "author", "reason",
     "false_positives", "examples")
)  # fmt: skip


class _Row(NamedTuple):
    """One rule as written, with the words that name it in a refusal."""

    file: str
    key: str
    raw: dict[str, Any]

    def wrong(self, what: str) -> FactsError:
        """Return the refusal."""
        return FactsError(f"{self.file} {self.key}：{what}")

    def text(self, field: str) -> str:
        """Return a text, "" where it is not written."""
        value = self.raw.get(field, "")
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        raise self.wrong(f"{field} 应当是一句话")


def rules(text: str, categories: CategoryFacts, name: str = "rules.yml") -> Rules:
    """Return the checked rules; raises FactsError naming the rule and key that is wrong."""
    raw = parse(name, text)
    found = tuple(_rule(name, item) for item in items(name, "rules", raw.get("rules")))
    once(name, "规则", [rule.id for rule in found])
    if strange := sorted(str(key) for key in raw.keys() - _KEYS):
        raise FactsError(
            f"{name}：不认识 {'、'.join(strange)}，请删去或改成 {'、'.join(sorted(_KEYS))}"
        )
    return Rules(
        version=whole(name, "version", raw.get("version")),
        rules=found,
        calm=span(name, "calm", raw.get("calm")),
        words={item.code: item.name for item in categories.categories},
        topics={item.code: item.topic for item in categories.categories if item.topic},
        topic_names={item.key: item.name for item in categories.topics},
        triage=_triage(name, raw.get("triage")),
        outlets=outlet_classes(),
        detector=read_detector(name, raw["detector"]) if raw.get("detector") else None,
    )  # fmt: skip


def _triage(name: str, raw: Any) -> dict[Level, Any]:
    """Every level has a limit: the alert that lacked one could not be opened."""
    found = {
        level(name, "triage", key): span(name, f"triage.{key}", limit)
        for key, limit in mapping(name, "triage", raw).items()
    }
    missing = [each.value for each in Level if each not in found]
    if missing:
        raise FactsError(f"{name} 的 triage：缺少 {'、'.join(missing)} 级的研判时限")
    return found


def _rule(name: str, raw: Any) -> Rule:
    row = _Row(name, f"规则 {raw.get('id', '?')}" if isinstance(raw, dict) else "规则", raw)
    if not isinstance(raw, dict) or raw.get("kind") not in _KINDS:
        raise row.wrong(f"kind 只能是 {'、'.join(_KINDS)}")
    if not raw.get("id"):
        raise row.wrong("缺少 id（规则编号）")
    own, read = _KINDS[raw["kind"]]
    values = read(row)
    if strange := sorted(str(key) for key in raw.keys() - _COMMON - own):
        raise row.wrong(f"{raw['kind']} 规则没有 {'、'.join(strange)} 这个键：请核对写法，或删去")
    if raw.get("status", "active") not in STATUSES:
        raise row.wrong(f"status 只能是 {'、'.join(STATUSES)}（启用、试行、停用）")
    return Rule(
        id=str(raw["id"]),
        version=whole(name, f"{row.key} version", raw.get("version")),
        kind=raw["kind"],
        title=row.text("title") or str(raw["id"]),
        source=row.text("source"),
        window=span(name, f"{row.key} window", raw.get("window")),
        status=raw.get("status", "active"),
        author=row.text("author"),
        reason=row.text("reason"),
        false_positives=_texts(row, "false_positives"),
        examples=read_examples(name, row.key, raw.get("examples")),
        **values,
    )


def _texts(row: _Row, field: str) -> tuple[str, ...]:
    raw = row.raw.get(field)
    if raw is None:
        return ()
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return tuple(raw)
    raise row.wrong(f"{field} 写成几行“- 一句话”")


# ---- what each kind of rule has ------------------------------------------------------------------


def _voices(row: _Row) -> dict[str, Any]:
    if not row.raw.get("ladder"):
        raise row.wrong("缺少 ladder（几个声音对应哪一级）")
    return {"ladder": _ladder(row, "voices"), "claims": _claims(row)}


def _group(row: _Row) -> dict[str, Any]:
    if not (row.raw.get("signal") and row.raw.get("ladder")):
        raise row.wrong("群体规则要写 signal 和 ladder（几个声音对应哪一级）")
    return {"signal": _signal_code(row), **_voices(row)}


def _signal(row: _Row) -> dict[str, Any]:
    if not (row.raw.get("signal") and row.raw.get("level")):
        raise row.wrong("信号规则要写 signal 和 level")
    return {"signal": _signal_code(row), "level": _own_level(row), "talk": _talk(row)}


def _signal_code(row: _Row) -> str:
    if row.raw["signal"] not in SIGNALS:
        raise row.wrong(f"signal 只能是 {'、'.join(SIGNALS)}，现在是 {row.raw['signal']!r}")
    return str(row.raw["signal"])


def _talk(row: _Row) -> Step | None:
    """Talk without an anchor needs two voices at least: the red lines' budget."""
    if not row.raw.get("talk"):
        return None
    (step,) = _steps(row, "talk", "voices", [row.raw["talk"]])
    if step.voices < 2:
        raise row.wrong(
            "talk.voices 至少为 2：没有具体线索（时间地点、媒体、案号）时一个人说的不报警"
        )
    return step


def _onsite(row: _Row) -> dict[str, Any]:
    if not (row.raw.get("onsite") in ONSITE and row.raw.get("level")):
        raise row.wrong(f"现场规则要写 onsite（{'、'.join(ONSITE)}）和 level")
    return {"onsite": str(row.raw["onsite"]), "level": _own_level(row)}


def _media(row: _Row) -> dict[str, Any]:
    known = outlets().classes
    classes = row.raw.get("classes")
    if not (isinstance(classes, list) and classes and set(classes) <= set(known)):
        raise row.wrong(f"classes 写成列表，只能用媒体类别 {'、'.join(known)}")
    return {"classes": tuple(classes), "ladder": _ladder(row, "outlets")}


def _sequence(row: _Row) -> dict[str, Any]:
    codes = row.raw.get("codes")
    if not (isinstance(codes, list) and len(codes) > 1 and set(codes) <= set(CODES)):
        raise row.wrong("codes 写成两个以上类别的列表，按先后次序，如 [K09, K03, K05]")
    return {"codes": tuple(codes), "ladder": _ladder(row, "voices")}


def _complaints(row: _Row) -> dict[str, Any]:
    return {"ladder": _ladder(row, "complaints")}


def _own_level(row: _Row) -> Level:
    return level(row.file, f"{row.key} level", row.raw["level"])


def _ladder(row: _Row, unit: str) -> tuple[Step, ...]:
    rungs = items(row.file, f"{row.key} ladder", row.raw.get("ladder"))
    found = _steps(row, "ladder", unit, rungs)
    ranks = [step.level.rank for step in sorted(found, key=lambda step: step.voices)]
    if ranks != sorted(ranks) or len({step.voices for step in found}) < len(found):
        raise row.wrong("ladder：数目越大级别应越高，且每个数目只写一次")
    return found


def _steps(row: _Row, field: str, unit: str, rungs: list[Any]) -> tuple[Step, ...]:
    if not all(isinstance(rung, dict) and rung.keys() <= {unit, "level"} for rung in rungs):
        raise row.wrong(f"{field}：每一级写成 {{{unit}: 3, level: minor}}")
    found = tuple(
        Step(
            voices=whole(row.file, f"{row.key} {field}.{unit}", rung.get(unit)),
            level=level(row.file, f"{row.key} {field}.level", rung.get("level")),
        )
        for rung in rungs
    )
    if any(step.voices == 0 for step in found):
        raise row.wrong(f"{field}.{unit} 至少为 1")
    return found


def _claims(row: _Row) -> tuple[ClaimStep, ...]:
    raw = row.raw.get("claims") or []
    keys = {"stated", "voices", "level"}
    if not isinstance(raw, list) or not all(
        isinstance(step, dict) and step.keys() == keys for step in raw
    ):
        raise row.wrong("claims：每一级写成 {stated: 10, voices: 3, level: moderate}")
    found = tuple(
        ClaimStep(
            stated=whole(row.file, f"{row.key} claims.stated", step["stated"]),
            voices=whole(row.file, f"{row.key} claims.voices", step["voices"]),
            level=level(row.file, f"{row.key} claims.level", step["level"]),
        )
        for step in raw
    )
    if any(step.voices < 2 and step.level.graver_than(Level.MODERATE) for step in found):
        raise row.wrong("claims：一个人自称的户数单独最多到 moderate，更高的级别要 voices 至少为 2")
    return found


#: Kind of rule → its own keys and who reads them.
_KINDS: dict[str, tuple[frozenset[str], Callable[[_Row], dict[str, Any]]]] = {
    "voices": (frozenset({"ladder", "claims"}), _voices),
    "signal": (frozenset({"signal", "level", "talk"}), _signal),
    "group": (frozenset({"signal", "ladder", "claims"}), _group),
    "onsite": (frozenset({"onsite", "level"}), _onsite),
    "media": (frozenset({"classes", "ladder"}), _media),
    "sequence": (frozenset({"codes", "ladder"}), _sequence),
    "complaints": (frozenset({"ladder"}), _complaints),
}
