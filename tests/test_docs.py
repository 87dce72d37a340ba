"""Docs that cannot rot: whatever a person can set, type or meet stands in its page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from config.facts import pack_names, read_text
from config.settings import SETTINGS
from dashboard import words as words_of_pages
from domain.errors import FactsError
from domain.level import Level
from notify import channels
from notify.messages import LEVEL_WORDS
from pipelines import source_words
from pipelines.cli import app
from pipelines.rulebook import shipped_rules
from store.source_state import INTERRUPTIONS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

#: Words somebody new will meet in code, screen or messages, in both languages.
TERMS = (
    ("Post", "帖子"), ("Source", "来源"), ("Subject", "监测对象"), ("Alias", "别名"),
    ("Analysis", "分析"), ("Event", "事件"), ("voice", "声音"), ("Alert", "预警"),
    ("Finding", "发现"), ("Level", "级别"), ("Case", "个案"), ("Clock", "时限"),
    ("Evidence", "取证"), ("back-fill", "回填"), ("Pack", "程序包"), ("Outbox", "待发"),
)  # fmt: skip


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, click.Command]]:
    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        below = getattr(command, "commands", None)
        if below is None:
            yield name, command
            return
        for key, child in below.items():
            yield from walk(f"{name} {key}".strip(), child)

    yield from walk("", typer.main.get_command(app))


COMMANDS = dict(commands())


def test_the_contracts_verbs_are_there() -> None:
    assert set(COMMANDS) == {
        "init", "demo", "serve", "crawl", "import", "parse", "analyse", "relate", "replay",
        "trace", "doctor", "audit verify", "audit heads", "audit export",
        "db upgrade", "db backup", "db restore",
        "projects import", "projects export", "projects template",
        "recipients import", "recipients export", "recipients template", "orders import",
        "report weekly", "report form", "labels export", "labels import",
        "model train", "model evaluate", "model show", "model use",
        "user add", "user passwd", "user disable", "user list",
        "forum", "extract", "keys add", "keys list", "keys revoke",
        "sources add", "sources check", "sources list", "sources on", "sources off",
        "sources import", "sources export", "sources catalogue",
        "rules check", "rules test", "rules backtest",
    }  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_one_line_of_its_page(setting: Any) -> None:
    lines = [
        line for line in read("settings.md").splitlines()
        if line.startswith(f"| `{setting.variable}` |")
    ]  # fmt: skip
    assert len(lines) == 1
    assert setting.help in lines[0]
    assert (setting.default or "空") in lines[0]


def test_no_setting_is_documented_that_does_not_exist() -> None:
    known = {setting.variable for setting in SETTINGS}
    named = {word for page in PAGES for word in re.findall(r"FENGHUO_[A-Z_]+", page.read_text())}
    assert named <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_example_and_its_line_in_the_docs(name: str) -> None:
    command, page = COMMANDS[name], read("commands.md")
    assert command.help
    assert command.help.rstrip().endswith("。")
    assert command.epilog, f"{name} has no example"
    assert command.epilog.startswith("例：")
    assert f"fenghuo {name}" in command.epilog
    assert f"- `fenghuo {name}` " in page
    assert f"例：`{command.epilog.removeprefix('例：')}`" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help_and_is_in_the_docs(name: str) -> None:
    page = read("commands.md")
    for option in COMMANDS[name].params:
        if option.name == "help" or getattr(option, "hidden", False):
            continue
        assert getattr(option, "help", None), f"{name} {option.name}"
        if option.param_type_name == "option":
            assert option.opts[0] in _section(page, name), f"{name} {option.opts[0]}"


def _section(page: str, name: str) -> str:
    """Return the lines of one command: from its bullet to the next."""
    return page.split(f"- `fenghuo {name}` ", 1)[1].split("\n- ", 1)[0]


def test_every_rule_channel_and_level_is_explained() -> None:
    page = read("settings.md")
    for rule in shipped_rules().rules:
        assert f"| `{rule.id}` |" in page
        for step in rule.ladder:
            assert f"{step.voices} " in page
            assert LEVEL_WORDS[step.level] in page
    for channel in channels(Path()):
        assert f"| `{channel}` |" in page
    assert set(LEVEL_WORDS) == set(Level)


def test_every_state_pace_refusal_and_interruption_of_a_source_is_explained() -> None:
    page = read("sources.md")
    for words in (
        source_words.STATES, source_words.PACES, source_words.STATUSES, source_words.REJECTED,
    ):  # fmt: skip
        for word in words.values():
            assert word in page, word
    for code in INTERRUPTIONS:
        assert f"| `{code}` |" in page
        assert code in words_of_pages.ADVICE


@pytest.mark.parametrize(("english", "chinese"), TERMS)
def test_every_term_is_in_the_glossary(english: str, chinese: str) -> None:
    assert f"| {english} | {chinese} |" in read("glossary.md")


def test_packs_say_where_they_come_from() -> None:
    for name in pack_names():
        assert re.match(r"# 程序包：.+\(requirements ", read_text(f"packs/{name}.yml")), name


def test_the_readme_is_short_and_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    assert "make run" in text
    assert "make test" in text
    for page in ("docs/commands.md", "docs/settings.md", "docs/architecture.md"):
        assert page in text


LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_or_picture_is_dead(page: Path) -> None:
    for found in LINK.finditer(page.read_text(encoding="utf-8")):
        target = (found[1] or found[2]).split("#")[0]
        if target and not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_files_named_in_the_docs_exist() -> None:
    """`pipelines/line.py` in a page is a promise."""
    named = re.compile(
        r"`((?:alerts|config|crawlers|dashboard|domain|nlp|notify|pipelines|reports|store|tests)"
        r"/[\w/.\-]+\.(?:py|yml|md|json))`"
    )
    dead = [
        f"{page.name}: {name}"
        for page in PAGES
        for name in named.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / name).exists()
    ]
    assert dead == []


def test_the_error_quoted_in_the_settings_page_is_the_real_one() -> None:
    from config import facts
    from config.language import read_language

    text = facts.read_text("rules.yml").replace("  major: 30m\n", "", 1)
    with pytest.raises(FactsError) as wrong:
        facts.rules(text, read_language().categories)
    assert str(wrong.value) in read("settings.md")
