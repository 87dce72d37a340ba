"""Facts: everything shipped loads; every mistake names file, key and cure."""

from datetime import timedelta

import pytest

from config import facts
from config.language import SIGNALS, read_language
from domain.errors import FactsError
from domain.level import Level

CATEGORIES = read_language().categories
RULES = """
version: 3
calm: 24h
triage: {critical: 10m, major: 30m, moderate: 24h, minor: 72h}
rules:
  - id: voices
    version: 2
    kind: voices
    window: 30d
    ladder: [{voices: 3, level: minor}, {voices: 10, level: critical}]
  - id: casualty
    version: 1
    kind: signal
    signal: casualty
    window: 7d
    level: critical
"""
PACK = """
name: sample
version: 1
levels: {critical: 一级}
clocks:
  - {id: T-1, name: 上报, role: 客服, start: graded, stop: reported, limit: 30m, calendar: wall,
     levels: [critical]}
  - {id: T-2, name: 结案, role: 客服, start: graded, stop: closed, limit: 15wd,
     calendar: working_days_cn, levels: [critical, major]}
"""


def test_good_rules_are_read_as_written() -> None:
    rules = facts.rules(RULES, CATEGORIES)
    assert (rules.version, rules.calm) == (3, timedelta(hours=24))
    assert rules.triage[Level.MINOR] == timedelta(hours=72)
    voices, casualty = rules.rules
    assert [(s.voices, s.level) for s in voices.ladder] == [(3, Level.MINOR), (10, Level.CRITICAL)]
    assert (casualty.signal, casualty.level, casualty.window) == (
        "casualty", Level.CRITICAL, timedelta(days=7),
    )  # fmt: skip
    assert rules.words["K09"]
    assert set(rules.topics) <= set(rules.words)


BAD_RULES = [
    ("rules:\n  - id: a\n   kind: [", "第 3 行 不是正确的 YAML"),
    ("- just\n- a list\n", "应当是“键: 值”的列表"),
    ("", "应当是“键: 值”的列表"),
    (RULES.replace("version: 3", "version: 三"), "version='三' 应当是非负整数"),
    (RULES.replace("version: 3", "version: true"), "version=True 应当是非负整数"),
    (RULES.replace("calm: 24h", "calm: 一天"), "calm='一天' 写法不对"),
    (RULES.replace("calm: 24h", ""), "calm=None 写法不对"),
    (RULES.replace("window: 30d", "window: 30 days"), "规则 voices window='30 days' 写法不对"),
    (RULES.replace("level: critical", "level: 1"), "级别 1 不对，只能用 minor"),
    (RULES.replace("voices: 10", "voices: 十"), "规则 voices ladder.voices='十'"),
    (RULES.replace("[{voices: 3, level: minor}, {voices: 10, level: critical}]", "[]"),
     "规则 voices：缺少 ladder"),
    (RULES.replace("[{voices: 3, level: minor}, {voices: 10, level: critical}]", "[3, 10]"),
     "每一级写成 {voices: 3, level: minor}"),
    (RULES.replace("[{voices: 3, level: minor}, {voices: 10, level: critical}]", "3"),
     "规则 voices ladder 应当是非空列表"),
    (RULES.replace("signal: casualty", ""), "规则 casualty：信号规则要写 signal 和 level"),
    (RULES.replace("kind: signal", "kind: guess"),
     "规则 casualty：kind 只能是 voices、signal、group、onsite"),
    (RULES.replace("kind: signal", "kind: onsite\n    onsite: flood"),
     "规则 casualty：现场规则要写 onsite（casualty、petition"),
    (RULES.replace("id: casualty\n    version: 1", "version: 1"), "规则 ?：缺少 id"),
    (RULES.replace("id: casualty", "id: voices"), "规则 voices 写了两次"),
    (RULES.replace("major: 30m, ", ""), "缺少 major 级的研判时限"),
    (RULES.replace("{critical: 10m, major: 30m, moderate: 24h, minor: 72h}", "[10m]"),
     "triage 应当是“级别: 内容”的列表"),
    (RULES.replace("critical: 10m", "serious: 10m"), "级别 'serious' 不对"),
    (RULES.split("rules:", maxsplit=1)[0], "rules 应当是非空列表"),
    (RULES.split("rules:", maxsplit=1)[0] + "rules: [voices]", "规则：kind 只能是"),
]  # fmt: skip


ONE = RULES.split("rules:", maxsplit=1)[0] + "rules:\n  - {id: r, version: 1, window: 7d, %s}\n"
BANNER = "kind: onsite, onsite: banner, level: major, "
LADDER = "kind: voices, ladder: [{voices: 3, level: minor}], "
BAD_KINDS = [
    (LADDER + "colour: red", "规则 r：voices 规则没有 colour"),
    ("kind: voices, ladder: [{voices: 3, level: major}, {voices: 5, level: minor}]",
     "规则 r：ladder：数目越大级别应越高"),
    ("kind: voices, ladder: [{voices: 0, level: minor}]", "规则 r：ladder.voices 至少为 1"),
    ("kind: voices, ladder: [{outlets: 1, level: minor}]", "规则 r：ladder：每一级写成 {voices: 3"),
    (LADDER + "claims: [{stated: 30, voices: 1, level: critical}]",
     "一个人自称的户数单独最多到 moderate"),
    ("kind: voices, ladder: [{voices: 3, level: minor}], claims: [{stated: 30, level: minor}]",
     "规则 r：claims：每一级写成"),
    ("kind: signal, signal: flood, level: major", "规则 r：signal 只能是 gathering、"),
    ("kind: signal, signal: media, level: major, talk: {voices: 1, level: minor}",
     "规则 r：talk.voices 至少为 2"),
    ("kind: group, signal: media", "规则 r：群体规则要写 signal 和 ladder"),
    ("kind: media, classes: [foreign], ladder: [{outlets: 1, level: major}]",
     "规则 r：classes 写成列表，只能用媒体类别 national"),
    ("kind: sequence, codes: [K09, K99], ladder: [{voices: 2, level: minor}]",
     "规则 r：codes 写成两个以上类别"),
    ("kind: complaints, ladder: [{voices: 3, level: minor}]", "每一级写成 {complaints: 3"),
    ("kind: onsite, onsite: banner, level: major, status: on", "规则 r：status 只能是 active"),
    ("kind: onsite, onsite: banner, level: major, author: [甲]", "规则 r：author 应当是一句话"),
    ("kind: onsite, onsite: banner, level: major, false_positives: 无", "false_positives 写成几行"),
    ("kind: onsite, onsite: banner, level: major, examples: [甲]", "examples：分成 must_fire"),
    ("kind: onsite, onsite: banner, level: major, examples: {must_fire: 甲}",
     "examples.must_fire：写成几行"),
    ("kind: onsite, onsite: banner, level: major, examples: {must_not: [{posts: [{}]}]}",
     "examples.must_not 第 1 个：写成一句话"),
    (BANNER + "examples: {must_fire: [{what: 甲, posts: [{onsight: banner}]}]}", "不认识 onsight"),
    (BANNER + "examples: {must_fire: [{what: 甲, posts: [{codes: [K99]}]}]}",
     "第 1 个 codes：写成列表"),
    (BANNER + "examples: {must_fire: [{what: 甲, posts: [{kind: radio}]}]}",
     "第 1 个 kind：只能用 forum"),
    (BANNER + "examples: {must_fire: [{what: 甲, posts: [{negative: 1}]}]}", "写 true 或 false"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "message"), BAD_KINDS, ids=[row[1] for row in BAD_KINDS])
def test_a_rule_that_cannot_be_evaluated_exactly_is_refused(rule: str, message: str) -> None:
    with pytest.raises(FactsError) as wrong:
        facts.rules(ONE % rule, CATEGORIES, "我的规则.yml")
    assert message in str(wrong.value)


def test_an_unknown_key_of_the_file_is_refused() -> None:
    with pytest.raises(FactsError, match="不认识 calmness"):
        facts.rules(RULES + "calmness: 24h\n", CATEGORIES)


@pytest.mark.parametrize(("text", "message"), BAD_RULES, ids=[row[1] for row in BAD_RULES])
def test_a_mistake_in_the_rules_names_file_and_key(text: str, message: str) -> None:
    with pytest.raises(FactsError) as wrong:
        facts.rules(text, CATEGORIES, "我的规则.yml")
    assert str(wrong.value).startswith("我的规则.yml")
    assert message in str(wrong.value)


BAD_PACKS = [
    (PACK.replace("version: 1", "version: -1"), "version=-1 应当是非负整数"),
    (PACK.replace("role: 客服, start: graded, stop: reported", "role: 客服"),
     "时限 T-1：缺少 start、stop"),
    (PACK.replace("calendar: wall", "calendar: lunar"), "时限 T-1：calendar 只能是"),
    (PACK.replace("limit: 30m", "limit: 30 分钟"), "时限 T-1：limit='30 分钟' 写法不对"),
    (PACK.replace("limit: 30m", "limit: 15wd"), "calendar=wall 时请写 30m、24h 或 7d"),
    (PACK.replace("limit: 15wd", "limit: 24h"), "calendar=working_days_cn 时请写 15wd"),
    (PACK.replace("limit: 15wd", "limit: wd"), "时限 T-2：limit='wd' 写法不对"),
    (PACK.replace("[critical, major]", "[一级]"), "时限 T-2：级别 '一级' 不对"),
    (PACK.replace("[critical, major]", "critical"), "时限 T-2 levels 应当是非空列表"),
    (PACK.replace("{critical: 一级}", "[一级]"), "levels 应当是“级别: 内容”的列表"),
    (PACK.replace("id: T-2", "id: T-1"), "时限 T-1 写了两次"),
    (PACK.split("  - {id", maxsplit=1)[0] + "  - T-1\n", "每一项写成“键: 值”"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_PACKS, ids=[row[1] for row in BAD_PACKS])
def test_a_mistake_in_a_pack_names_file_and_clock(text: str, message: str) -> None:
    with pytest.raises(FactsError) as wrong:
        facts.pack(text, "我的程序包")
    assert str(wrong.value).startswith("我的程序包")
    assert message in str(wrong.value)


def test_the_sample_pack_itself_is_good() -> None:
    pack = facts.pack(PACK, "sample")
    assert [(c.id, c.limit, c.calendar) for c in pack.clocks] == [
        ("T-1", "30m", "wall"), ("T-2", "15wd", "working_days_cn"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", facts.pack_names())
def test_every_shipped_pack_loads(name: str) -> None:
    pack = facts.pack(facts.read_text(f"packs/{name}.yml"), name)
    assert pack.name == name
    assert pack.title
    assert set(pack.levels) == set(Level)
    assert all(clock.source for clock in pack.clocks), "every limit quotes its source"
    used = {level for clock in pack.clocks for level in clock.levels}
    assert used <= set(pack.levels)


def test_group_000_has_the_companys_limits() -> None:
    pack = facts.pack(facts.read_text("packs/group-000.yml"), "group-000")
    assert {clock.id: (clock.limit, clock.start) for clock in pack.clocks} == {
        "T-08": ("30m", "graded"), "T-07": ("20m", "contact_linked"), "T-23": ("15wd", "graded"),
    }  # fmt: skip


def test_the_shipped_rules_load_and_keep_the_companys_line() -> None:
    rules = facts.rules(facts.read_text("rules.yml"), CATEGORIES)
    ladders = [rule.ladder for rule in rules.rules if rule.kind == "voices"]
    assert any((s.voices, s.level) == (10, Level.CRITICAL) for steps in ladders for s in steps)
    assert all(rule.source for rule in rules.rules)


def test_what_the_shipped_rules_name_is_known() -> None:
    rules = facts.rules(facts.read_text("rules.yml"), CATEGORIES)
    known = {code for code, _ in read_language().signals.triggers}
    assert set(SIGNALS) == known
    assert rules.outlets["人民日报"] == rules.outlets["people.com.cn"] == "national"
    assert rules.outlets["人民日报客户端"] == "national"
    kinds = {rule.kind for rule in rules.rules}
    assert kinds == {"voices", "signal", "group", "onsite", "media", "sequence", "complaints"}
