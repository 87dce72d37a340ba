"""Open the database: one reading and one writing kind of transaction, same on both engines."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, create_engine, event
from sqlalchemy.engine import make_url

from domain.errors import StoreError

#: Steps above the store type their connections by this name, without importing SQLAlchemy.
__all__ = ["BULK_ROWS", "SMALL_ROWS", "Connection", "Database", "inserted_id"]

#: A transaction of more rows than this takes the bulk lock; it never holds more than BULK_ROWS.
SMALL_ROWS = 50
BULK_ROWS = 500
#: Seconds a writer waits for another; bulk writers queue on the lock file instead.
BUSY_TIMEOUT = 30


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
    def write(self, *, bulk: bool = False) -> Iterator[Connection]:
        """Yield a connection that commits at the end; `bulk` queues behind other bulk writers.

        SQLite has no fair queue: without the lock file a click beside two bulk writers waits
        seconds (platform §2).
        """
        with _flock(self._lock_path if bulk else None), self.engine.connect() as connection:
            connection.info["mode"] = "IMMEDIATE"
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
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    if parsed.get_backend_name() == "postgresql":
        return create_engine(url)
    raise StoreError(
        f"不支持的数据库 {parsed.get_backend_name()}：FENGHUO_DB 请用 sqlite:///… 或 postgresql://…"
    )


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
    connection.exec_driver_sql(f"BEGIN {connection.info.get('mode', 'IMMEDIATE')}")


@contextmanager
def _flock(path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield  # closing the file releases the lock
