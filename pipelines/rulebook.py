"""Rulebook: the facts in force, from the active pack rows; seeds them from config/*.yml."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from config import facts
from config.indicator_facts import indicator_facts
from config.language import read_language
from config.settings import read_settings
from domain.alert import Rules
from domain.case import Pack
from domain.errors import FactsError, StoreError
from pipelines.wiring import App, open_app
from store import packs
from store.db import Connection


def seed(connection: Connection, *, author: str, now: datetime, procedure: str) -> None:
    """Store the shipped facts as pack rows; unchanged texts add nothing (design §4 "Packs")."""
    for name in facts.pack_names():
        text = facts.read_text(f"packs/{name}.yml")
        facts.pack(text, name)
        row = packs.seed(connection, "procedure", name, text, author=author, now=now)
        if name == procedure and packs.active(connection, "procedure") is None:
            packs.activate(connection, row)
    _prove(facts.read_text("rules.yml"))
    for kind in ("rules", "categories", "lexicon", "signals"):
        text = facts.read_text(f"{kind}.yml")
        packs.activate(connection, packs.seed(connection, kind, kind, text, author=author, now=now))


def _prove(text: str) -> None:
    """Run the examples of the rules about to be stored (B-RU1); FactsError names what fails."""
    from pipelines import rule_check  # noqa: PLC0415 (the analyser loads only when rules are stored)

    rule_check.prove(text)


def active_rules(app: App) -> Rules:
    """Return the rules in force; raises StoreError before `init` seeded them."""
    with app.db.read() as connection:
        row = packs.active(connection, "rules")
    if row is None:
        raise StoreError("规则还没有装入：请运行 fenghuo init")
    return _parsed(row.yaml)


def shipped_rules() -> Rules:
    """Return the rules as shipped, for `replay` without a home."""
    return _parsed(facts.read_text("rules.yml"))


def in_force() -> Rules:
    """Return the rules of the home, those shipped where there is no home yet."""
    settings = read_settings()
    if (settings.home / "secret.key").exists():
        return active_rules(open_app(settings))
    return shipped_rules()


def read(text: str, name: str) -> Rules:
    """Return the checked rules of a text; FactsError names file and key."""
    rules = facts.rules(text, read_language().categories, name)
    return replace(rules, share=indicator_facts().share)


def of_folder(folder: Path) -> Rules:
    """Return the rules of a folder of packs; raises FactsError where it holds none."""
    path = folder / "rules.yml"
    if not path.is_file():
        raise FactsError(f"{folder} 里没有 rules.yml：--packs 请写放规则的文件夹")
    return read(path.read_text(encoding="utf-8"), str(path))


@cache
def _parsed(text: str) -> Rules:
    return read(text, "rules.yml")


def procedure(connection: Connection) -> tuple[int, str, Pack]:
    """Return (pack id, its text, the checked pack) of the company's chosen procedure."""
    row = packs.active(connection, "procedure")
    if row is None:
        raise StoreError("尚未选定程序包：请运行 fenghuo init --pack group-000")
    return row.id, row.yaml, facts.pack(row.yaml, row.name)
