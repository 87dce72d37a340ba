"""Bring a database to the schema this program speaks (Alembic), and say so when it is not."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from domain.errors import StoreError
from store.db import Database

_FOLDER = Path(__file__).with_name("migrations")


def upgrade(db: Database) -> None:
    """Apply all missing migrations in one transaction; up to date = nothing happens."""
    with db.engine.connect() as connection:
        _foreign_keys(connection, on=False)  # batch mode would cascade-delete rows (platform §2)
        try:
            with connection.begin():
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                _check_references(connection)
        finally:
            _foreign_keys(connection, on=True)


def check(db: Database) -> None:
    """Raise StoreError unless the schema is exactly the one this program speaks."""
    with db.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if found == script.get_current_head():
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if found is None or found in known:
        raise StoreError("数据库结构较旧：请先停止服务，运行 fenghuo db upgrade")
    raise StoreError(f"数据库由更新的程序写成（{found}）：请升级本程序，不要降级数据库")


def current(db: Database) -> str | None:
    """Return the schema revision found in the database."""
    with db.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite" or not inspect(connection).has_table("post"):
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise StoreError(f"迁移后有 {len(broken)} 行引用失效，已全部撤回：请从备份恢复后报告")
