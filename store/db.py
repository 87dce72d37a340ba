"""Open the database: one reading and one writing kind of transaction, same on both engines."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import Connection, CursorResult, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from domain.errors import StoreError

#: Steps above the store type their connections by this name, without importing SQLAlchemy.
__all__ = ["BULK_ROWS", "SMALL_ROWS", "Connection", "Database", "inserted_id"]

#: A transaction of more rows than this takes the bulk lock; it never holds more than BULK_ROWS.
SMALL_ROWS = 50
BULK_ROWS = 500
#: Seconds a writer waits for another; bulk writers queue on the lock file instead.
BUSY_TIMEOUT = 30
#: Seconds between two tries for a lock. SQLite's own wait grows to 0.1 s and misses the short gap
#: between two bulk transactions: a click then waited until the last bulk writer was done.
LOCK_POLL = 0.002
#: Seconds a bulk writer stands back after each transaction: the gap for clicks and other bulk.
#: What it does meanwhile without the database (reading, hashing) is part of the gap.
STAND_BACK = 0.005
#: Lock file → when this process last let go of it.
_LET_GO: dict[Path, float] = {}
_CONNECT: dict[str, dict[str, Any]] = {"sqlite": {"timeout": BUSY_TIMEOUT}, "postgresql": {}}
_ADDRESSES = "请用 sqlite:///绝对路径 或 postgresql://用户@主机/库名，不设则用数据目录中的 SQLite"
#: SQLite's primary result codes that are not our doing, and what to do about each.
_SQLITE_CAUSES = {
    5: "一直被另一个进程占用，请稍后再试",
    8: "不能写入，请检查文件与文件夹的权限",
    10: "读写磁盘失败，请检查磁盘",
    11: "文件已损坏，请用 fenghuo db restore 恢复备份",
    13: "磁盘已满，请清出空间",
    14: "打不开文件，请检查路径与权限",
    26: "文件不是 SQLite 数据库，请核对 FENGHUO_DB 与数据目录",
}


class Database:
    """The engine and the two ways to use it (design §4 "Writers")."""

    def __init__(self, url: str, *, lock_path: Path | None = None) -> None:
        self.url = url
        self.engine: Engine = _engine(url)
        self._lock_path = lock_path

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self.engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for reading only; sees one consistent snapshot."""
        with self.engine.connect() as connection:
            connection.info["mode"] = "DEFERRED"
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, *, bulk: bool = False, durable: bool = True) -> Iterator[Connection]:
        """Yield a connection that commits at the end; `bulk` queues behind other bulk writers.

        Without `durable` a power cut may take the commit back, as long as no durable one followed:
        for the parts of a file that is recorded as finished by a durable one.

        SQLite has no fair queue: without the lock file a click beside two bulk writers waits
        seconds (platform §2).
        """
        with _queued(self._lock_path if bulk else None), self.engine.connect() as connection:
            connection.info["mode"] = "IMMEDIATE"
            connection.info["durable"] = durable
            with connection.begin():
                yield connection

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()


def inserted_id(result: CursorResult[Any]) -> int:
    """Return the id of the one row an INSERT added."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def _engine(url: str) -> Engine:
    try:
        backend = make_url(url).get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise StoreError(f"不支持的数据库 {backend}：FENGHUO_DB {_ADDRESSES}")
        engine = create_engine(
            # An error must not quote the texts it could not store.
            url,
            connect_args=_CONNECT[backend],
            hide_parameters=True,
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StoreError(f"FENGHUO_DB 不是数据库地址：{_ADDRESSES}") from None
    except ModuleNotFoundError as missing:
        raise StoreError(
            f"数据库 {backend} 需要 Python 包 {missing.name}，还没有安装："
            "PostgreSQL 请先运行 pip install 'psycopg[binary]'"
        ) from None
    if backend == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    event.listen(engine, "handle_error", _in_words)
    return engine


def _in_words(context: ExceptionContext) -> None:
    """Turn what the surroundings did to us into a StoreError; our own mistakes stay as they are."""
    error = context.original_exception
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        cause = _SQLITE_CAUSES.get(code & 0xFF)
    else:
        cause = "连不上或连接中断，请检查 FENGHUO_DB 与数据库服务"
        if not (context.is_disconnect or context.connection is None):
            return
    if cause is not None:
        raise StoreError(f"数据库出错：{cause}（{str(error).strip()}）") from error


def _sqlite_connect(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # BEGIN is ours: see _sqlite_begin
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # A transaction that reads and then writes fails at once if another commit came between,
    # whatever the timeout (platform §2); so writers take the lock first.
    mode = connection.info.get("mode", "IMMEDIATE")
    if mode == "IMMEDIATE":
        raw: Any = connection.connection.dbapi_connection
        level = "FULL" if connection.info.get("durable", True) else "NORMAL"
        raw.execute(f"PRAGMA synchronous={level}")
        if _taken(connection):
            return
    connection.exec_driver_sql(f"BEGIN {mode}")


def _taken(connection: Connection) -> bool:
    """Begin to write as soon as nobody else does; False after BUSY_TIMEOUT, for SQLite to tell."""
    raw: Any = connection.connection.dbapi_connection
    end = time.monotonic() + BUSY_TIMEOUT
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < end:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False  # said again, and then in words, by SQLAlchemy's own BEGIN
                time.sleep(LOCK_POLL)
            else:
                return True
        return False
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT * 1000}")


@contextmanager
def _queued(path: Path | None) -> Iterator[None]:
    """Hold the lock file while writing much; the system frees it when the process dies."""
    if path is None:
        yield
        return
    gap = time.monotonic() - _LET_GO.get(path, 0.0)
    if gap < STAND_BACK:
        time.sleep(STAND_BACK - gap)
    try:
        with FileLock(path, poll_interval=LOCK_POLL):
            yield
    finally:
        _LET_GO[path] = time.monotonic()
