"""Read and check the facts about language: categories.yml, lexicon.yml, signals.yml."""

from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from domain.errors import FactsError
from domain.language import (
    CategoryFacts,
    CategoryWords,
    Language,
    LexiconFacts,
    SignalFacts,
    Topic,
    WordGroup,
)

CODES = tuple(f"K{number:02}" for number in range(1, 29))
#: Never labelled by the system (requirements A12 privacy 5, N-05).
UNLABELLED = ("K24",)
CUES = ("official", "question", "ad", "ad_strong", "own", "sarcasm", "resolved", "domain")
SIGNALS = (
    "gathering", "media", "casualty", "litigation", "authority", "refund", "stopwork", "selfharm",
)  # fmt: skip


def read_language(folder: Traversable | None = None) -> Language:
    """Read the three files of a folder (default: the shipped ones); raises FactsError."""
    folder = resources.files("config") if folder is None else folder
    categories = read_categories(_load(folder, "categories.yml"))
    lexicon = read_lexicon(_load(folder, "lexicon.yml"))
    signals = read_signals(_load(folder, "signals.yml"))
    return Language(lexicon=lexicon, categories=categories, signals=signals)


def read_categories(data: Any) -> CategoryFacts:
    """Check categories.yml: all of K01–K28 once, 12 topics, no word in two roles of one code."""
    file = _File("categories.yml", data)
    topics = tuple(
        Topic(key=key, name=file.text(name, f"topics.{key}"))
        for key, name in file.mapping("topics").items()
    )
    if len(topics) != 12:
        raise file.wrong("topics", f"有 {len(topics)} 个专题", "应恰好为 12 个（design §4）")
    known = {topic.key for topic in topics}
    rows = file.rows("categories")
    categories = tuple(_category(file, at, row, known) for at, row in enumerate(rows))
    codes = [category.code for category in categories]
    if sorted(codes) != list(CODES):
        missing = sorted(set(CODES) - set(codes))
        twice = sorted({code for code in codes if codes.count(code) > 1})
        what = f"缺少 {'、'.join(missing) or '无'}，重复 {'、'.join(twice) or '无'}"
        raise file.wrong("categories", what, "K01–K28 须各出现一次")
    return CategoryFacts(topics=topics, categories=categories)


def read_lexicon(data: Any) -> LexiconFacts:
    """Check lexicon.yml: weights in bounds, every cue given."""
    file = _File("lexicon.yml", data)
    groups = tuple(_group(file, at, row) for at, row in enumerate(file.rows("groups")))
    cues = file.mapping("cues")
    _same_keys(file, "cues", cues, CUES)
    return LexiconFacts(
        groups=groups,
        masks=file.words(data.get("masks"), "masks"),
        negations=file.words(data.get("negations"), "negations"),
        degrees=tuple(
            (file.text(word, "degrees"), file.number(value, f"degrees.{word}", 0.1, 3.0))
            for word, value in file.mapping("degrees").items()
        ),
        cues=tuple((cue, file.words(cues[cue], f"cues.{cue}")) for cue in CUES),
    )


def read_signals(data: Any) -> SignalFacts:
    """Check signals.yml: words, severity and traps for each known signal."""
    file = _File("signals.yml", data)
    triggers, severity = file.mapping("triggers"), file.mapping("severity")
    traps = file.mapping("traps")
    for key, found in (("triggers", triggers), ("severity", severity), ("traps", traps)):
        _same_keys(file, key, found, SIGNALS)
    return SignalFacts(
        triggers=tuple((code, file.words(triggers[code], f"triggers.{code}")) for code in SIGNALS),
        severity=tuple(
            (code, file.number(severity[code], f"severity.{code}", 0.0, 1.0)) for code in SIGNALS
        ),
        traps=tuple((code, file.words(traps[code], f"traps.{code}")) for code in SIGNALS),
        gathering_places=file.words(data.get("gathering_places"), "gathering_places"),
        outlets=file.words(data.get("outlets"), "outlets"),
        outlet_suffixes=file.words(data.get("outlet_suffixes"), "outlet_suffixes"),
        media_context=file.words(data.get("media_context"), "media_context"),
        authorities=file.words(data.get("authorities"), "authorities"),
        building_context=file.words(data.get("building_context"), "building_context"),
    )


class _File:
    """One loaded file and the errors about it."""

    def __init__(self, name: str, data: Any) -> None:
        self.name = name
        if not isinstance(data, Mapping):
            raise self.wrong("（全文）", "不是“键: 值”结构", "请对照随产品发布的同名文件")
        self.data = data

    def wrong(self, key: str, what: str, remedy: str) -> FactsError:
        """Return the error in the one form all facts use: file, key, what, what to do."""
        return FactsError(f"config/{self.name}：{key}：{what}；{remedy}。")

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return a mapping found under `key`."""
        value = self.data.get(key)
        if not isinstance(value, Mapping) or not value:
            raise self.wrong(key, "缺失或不是“键: 值”结构", "请补上该项")
        return value

    def rows(self, key: str) -> list[Mapping[str, Any]]:
        """Return a list of mappings found under `key`."""
        value = self.data.get(key)
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise self.wrong(key, "缺失或不是列表", "每一条写成“- 键: 值”")
        return value

    def text(self, value: Any, key: str) -> str:
        """Return a non-empty text."""
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"{value!r} 不是文字", "请写成文字；数字、日期、no 等须加引号")
        return value.strip()

    def words(self, value: Any, key: str) -> tuple[str, ...]:
        """Return a list of distinct words."""
        if not isinstance(value, list):
            raise self.wrong(key, "缺失或不是列表", "请写成 [词, 词]；没有则写 []")
        words = [self.text(word, key) for word in value]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise self.wrong(key, f"词语重复：{'、'.join(twice)}", "请删去重复的词")
        return tuple(words)

    def number(self, value: Any, key: str, low: float, high: float) -> float:
        """Return a number within bounds."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(key, f"{value!r} 不是数字", "请写成数字")
        if not low <= value <= high:
            raise self.wrong(key, f"{value} 超出范围", f"应在 {low} 与 {high} 之间")
        return float(value)


def _category(file: _File, at: int, row: Mapping[str, Any], topics: set[str]) -> CategoryWords:
    key = f"categories[{at}]"
    code = file.text(row.get("code"), f"{key}.code")
    key = f"categories.{code}"
    topic = row.get("topic")
    if topic is not None and topic not in topics:
        raise file.wrong(f"{key}.topic", f"没有专题 {topic!r}", "请用 topics 中的键，或写 null")
    labelled = row.get("labelled", True)
    if (code in UNLABELLED) == bool(labelled):
        raise file.wrong(f"{key}.labelled", "只有 K24 不由系统标注", "K24 写 false，其余不写")
    words = file.words(row.get("words"), f"{key}.words")
    weak = file.words(row.get("weak"), f"{key}.weak")
    masks = file.words(row.get("masks"), f"{key}.masks")
    both = (set(words) & set(weak)) | (set(words) & set(masks)) | (set(weak) & set(masks))
    if both:
        what = f"{'、'.join(sorted(both))} 同时出现在 words、weak、masks 中的两处"
        raise file.wrong(key, what, "请只保留一处")
    if not labelled and (words or weak):
        raise file.wrong(key, "不由系统标注的类别不能有词", "请清空 words 与 weak")
    return CategoryWords(
        code=code,
        name=file.text(row.get("name"), f"{key}.name"),
        topic=topic,
        weight=file.number(row.get("weight"), f"{key}.weight", 0.0, 3.0),
        severity=file.number(row.get("severity"), f"{key}.severity", 0.0, 1.0),
        words=words,
        weak=weak,
        masks=masks,
        labelled=bool(labelled),
    )


def _group(file: _File, at: int, row: Mapping[str, Any]) -> WordGroup:
    name = file.text(row.get("name"), f"groups[{at}].name")
    key = f"groups.{name}"
    register = row.get("register", "")
    if register not in ("", "news"):
        raise file.wrong(f"{key}.register", f"{register!r} 未知", "只能是 news，或不写")
    return WordGroup(
        name=name,
        weight=file.number(row.get("weight"), f"{key}.weight", -3.0, 3.0),
        severity=file.number(row.get("severity"), f"{key}.severity", 0.0, 1.0),
        words=file.words(row.get("words"), f"{key}.words"),
        register=register,
    )


def _same_keys(file: _File, key: str, found: Mapping[str, Any], wanted: tuple[str, ...]) -> None:
    missing = [name for name in wanted if name not in found]
    extra = [str(name) for name in found if name not in wanted]
    if missing:
        raise file.wrong(key, f"缺少 {'、'.join(missing)}", "请补上")
    if extra:
        raise file.wrong(key, f"多出 {'、'.join(extra)}", "请删去或改正拼写")


def _load(folder: Traversable, name: str) -> Any:
    try:
        return yaml.safe_load(folder.joinpath(name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FactsError(f"config/{name}：文件不存在；请恢复该文件或重新安装。") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        at = f"第 {where.line + 1} 行" if where is not None else "（全文）"
        raise FactsError(
            f"config/{name}：{at}：不是合法的 YAML（UTF-8）；请检查缩进与引号。"
        ) from error
