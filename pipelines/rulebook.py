"""Rulebook: the facts in force, from the active pack rows; seeds them from config/*.yml."""

from datetime import datetime
from functools import cache

from config import facts
from config.language import read_language
from domain.alert import Rules
from domain.case import Pack
from domain.errors import StoreError
from pipelines.wiring import App
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
    for kind in ("rules", "categories", "lexicon", "signals"):
        text = facts.read_text(f"{kind}.yml")
        packs.activate(connection, packs.seed(connection, kind, kind, text, author=author, now=now))


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


@cache
def _parsed(text: str) -> Rules:
    return facts.rules(text, read_language().categories)


def procedure(connection: Connection) -> tuple[int, str, Pack]:
    """Return (pack id, its text, the checked pack) of the company's chosen procedure."""
    row = packs.active(connection, "procedure")
    if row is None:
        raise StoreError("尚未选定程序包：请运行 fenghuo init --pack group-000")
    return row.id, row.yaml, facts.pack(row.yaml, row.name)
