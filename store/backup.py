"""Backup and restore of the SQLite database; PostgreSQL has pg_dump."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from domain.clock import SHANGHAI
from domain.errors import StoreError
from store.db import Database


def write(db: Database, target: Path) -> None:
    """Copy a consistent state while others write; raises StoreError on any other engine."""
    origin_path = _path(db.url)
    if not target.parent.is_dir():
        raise StoreError(f"没有文件夹 {target.parent}：请先建立它，或换一个位置")
    if target.exists():
        raise StoreError(f"{target} 已存在：请换一个文件名，备份从不覆盖")
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(origin_path)) as origin,
            closing(sqlite3.connect(part)) as copy,
        ):
            origin.backup(copy)
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"写不了备份 {target}（{error}）：请检查权限与磁盘空间") from error
    part.replace(target)


def restore(url: str, origin: Path, *, now: datetime) -> Path:
    """Put a backup in the database's place; return where the old one was kept.

    Each restore keeps under its own moment what it replaced, the write-ahead log beside it, so
    that no log ever stands beside a database it does not belong to.
    """
    if not origin.is_file():
        raise StoreError(f"找不到备份文件 {origin}")
    with closing(sqlite3.connect(f"file:{origin}?mode=ro", uri=True)) as check:
        try:
            found = check.execute("PRAGMA integrity_check").fetchone()[0]
            known = check.execute("SELECT count(*) FROM alembic_version").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{origin} 不是烽火的备份：{error}") from error
    if found != "ok" or known != 1:
        raise StoreError(f"{origin} 已损坏（{found}）：请换一份备份")
    path = Path(_path(url))
    kept = path.with_suffix(f".before-restore-{now.astimezone(SHANGHAI):%Y%m%d-%H%M%S}")
    if kept.exists() or Path(f"{kept}-wal").exists():
        raise StoreError(f"{kept} 已存在，不会覆盖：请过一秒再恢复")
    new = path.with_suffix(".restoring")
    new.write_bytes(origin.read_bytes())
    if path.exists():
        path.replace(kept)
    Path(f"{path}-shm").unlink(missing_ok=True)
    if Path(f"{path}-wal").exists():  # after a kill, the last transactions stand only there
        Path(f"{path}-wal").replace(f"{kept}-wal")
    new.replace(path)
    return kept


def _path(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise StoreError("此命令只用于 SQLite；PostgreSQL 请用 pg_dump 与 pg_restore")
    return parsed.database
