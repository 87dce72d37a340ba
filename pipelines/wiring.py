"""Wiring: opens settings, clock, store and secrets as one App that every step receives."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from config.clock import FixedClock, SystemClock
from config.settings import Settings, read_settings
from domain.clock import Clock
from domain.errors import StoreError
from store import installation, migrate
from store.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What a step needs from the world; tests build one with a FixedClock."""

    settings: Settings
    db: Database
    clock: Clock
    #: Key of the HMACs that turn author ids into pseudonyms (design §4 "Voices").
    secret: bytes

    @property
    def evidence_folder(self) -> Path:
        """Folder of raw responses, content-addressed."""
        return self.settings.home / "evidence"


def open_app(settings: Settings | None = None, *, clock: Clock | None = None) -> App:
    """Open an initialised home; raises StoreError saying what to do if it is not one."""
    settings = settings or read_settings()
    if not (settings.home / "secret.key").exists():
        raise StoreError(f"{settings.home} 还没有初始化：请先运行 fenghuo init 或 fenghuo demo")
    db = open_database(settings)
    migrate.check(db)
    return App(
        settings=settings,
        db=db,
        clock=clock or stored_clock(db),
        secret=_secret(settings.home / "secret.key"),
    )


def _secret(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise StoreError(f"{path} 已损坏：请从备份恢复；换新密钥会使已存的作者假名全部失配")
    return bytes.fromhex(text)


def create_home(settings: Settings) -> None:
    """Make folders, the secret and an up-to-date database; running it again changes nothing."""
    settings.home.mkdir(parents=True, exist_ok=True)
    (settings.home / "evidence").mkdir(exist_ok=True)
    key = settings.home / "secret.key"
    if not key.exists():
        new = key.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_hex(32))
        new.replace(key)
    db = open_database(settings)
    migrate.upgrade(db)
    db.dispose()


def open_database(settings: Settings) -> Database:
    """Return the database of these settings with its bulk lock beside it."""
    return Database(settings.db_url, lock_path=settings.home / "bulk.lock")


def stored_clock(db: Database) -> Clock:
    """Return the simulated clock while a playback runs, else the machine's."""
    with db.read() as connection:
        playing = installation.playback(connection)
    return FixedClock(playing.now) if playing else SystemClock()
