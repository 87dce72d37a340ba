"""The YAML facts: the shipped ones are right; each rule refuses its broken sample in Chinese."""

import copy
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.language import read_categories, read_language, read_lexicon, read_signals
from domain.errors import FactsError

READERS = {"categories": read_categories, "lexicon": read_lexicon, "signals": read_signals}


def shipped(name: str) -> Any:
    text = resources.files("config").joinpath(f"{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def broken(name: str, path: tuple[str | int, ...], value: Any) -> Any:
    data = copy.deepcopy(shipped(name))
    place = data
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return data


def test_the_shipped_facts_are_read() -> None:
    language = read_language()
    assert len(language.categories.topics) == 12
    assert len(language.categories.categories) == 28
    assert language.lexicon.groups
    assert language.signals.outlets


@pytest.mark.parametrize(
    ("name", "path", "value", "says"),
    [
        ("categories", ("topics", "quality"), None, "应恰好为 12 个"),
        ("categories", ("topics",), [], "缺失或不是“键: 值”结构"),
        ("categories", ("categories", 3), None, "缺少 K04"),
        ("categories", ("categories", 1, "code"), "K01", "重复 K01"),
        ("categories", ("categories", 1, "topic"), "nowhere", "没有专题"),
        ("categories", ("categories", 0, "words"), "维权", "不是列表"),
        ("categories", ("categories", 0, "words"), ["维权", "维权"], "词语重复：维权"),
        ("categories", ("categories", 0, "words"), [12345], "须加引号"),
        ("categories", ("categories", 0, "weak"), ["维权"], "同时出现在"),
        ("categories", ("categories", 0, "weight"), 9, "超出范围"),
        ("categories", ("categories", 0, "severity"), "重", "不是数字"),
        ("categories", ("categories", 0, "labelled"), False, "只有 K24"),
        ("categories", ("categories", 23, "words"), ["水军"], "不能有词"),
        ("categories", ("categories",), "K01", "不是列表"),
        ("lexicon", ("groups", 0, "name"), 3, "不是文字"),
        ("lexicon", ("groups", 0, "register"), "forum", "只能是 news"),
        ("lexicon", ("groups", 0, "weight"), True, "不是数字"),
        ("lexicon", ("cues", "ad"), None, "缺少 ad"),
        ("lexicon", ("cues", "adverts"), ["x"], "多出 adverts"),
        ("lexicon", ("degrees", "很"), 0, "超出范围"),
        ("lexicon", ("negations",), "不", "不是列表"),
        ("signals", ("triggers", "gathering"), None, "缺少 gathering"),
        ("signals", ("severity", "media"), 2, "超出范围"),
        ("signals", ("traps", "war"), [], "多出 war"),
        ("signals", ("outlets",), None, "不是列表"),
    ],
)
def test_a_broken_sample_is_refused(
    name: str, path: tuple[str | int, ...], value: Any, says: str
) -> None:
    with pytest.raises(FactsError) as error:
        READERS[name](broken(name, path, value))
    message = str(error.value)
    assert message.startswith(f"config/{name}.yml：")
    assert says in message
    assert message.endswith("。")


@pytest.mark.parametrize("name", READERS)
def test_a_list_instead_of_a_mapping_is_refused(name: str) -> None:
    with pytest.raises(FactsError, match="不是“键: 值”结构"):
        READERS[name](["x"])


def test_a_missing_file_and_bad_yaml_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"config/categories\.yml：文件不存在"):
        read_language(tmp_path)
    (tmp_path / "categories.yml").write_text("topics: [", encoding="utf-8")
    with pytest.raises(FactsError, match="第 1 行：不是合法的 YAML"):
        read_language(tmp_path)
