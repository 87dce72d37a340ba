"""The database itself: moments, migrations, two kinds of transaction, the secret, backups."""

import fcntl
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import OperationalError, StatementError

from domain.clock import SHANGHAI
from domain.errors import StoreError
from pipelines.wiring import App, create_home, open_app, open_database, stored_clock
from store import backup, installation, migrate, ticks
from store import tables as t
from store.db import Database
from store.types import UtcDateTime
from tests.conftest import NOON, settings_for

moments = Table("moments", MetaData(), Column("id", Integer), Column("at", UtcDateTime))


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(f"sqlite:///{tmp_path / 'x.db'}", lock_path=tmp_path / "bulk.lock")


# ---- UtcDateTime -------------------------------------------------------------------------------


def test_eight_in_shanghai_and_midnight_utc_are_one_instant(db: Database) -> None:
    shanghai = datetime(2026, 11, 21, 8, 0, tzinfo=SHANGHAI)
    utc = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    with db.write() as connection:
        moments.create(connection)
        connection.execute(insert(moments), [{"id": 1, "at": shanghai}, {"id": 2, "at": utc}])
    with db.read() as connection:
        first, second = connection.scalars(select(moments.c.at).order_by(moments.c.id)).all()
        both = select(moments.c.id).where(moments.c.at == shanghai)
        assert len(connection.scalars(both).all()) == 2
    assert first == second == utc
    assert first.tzinfo is UTC


def test_a_naive_moment_is_refused_not_guessed(db: Database) -> None:
    with db.write() as connection:
        moments.create(connection)
    with pytest.raises(StatementError, match="naive moment"), db.write() as connection:
        connection.execute(insert(moments).values(at=datetime(2026, 11, 21)))  # noqa: DTZ001
    with db.read() as connection:
        assert connection.scalars(select(moments.c.at)).all() == []


def test_moments_sort_by_instant_whatever_their_zone(db: Database) -> None:
    base = datetime(2026, 1, 1, tzinfo=UTC)
    written = [
        (base + timedelta(minutes=n, microseconds=n % 3)).astimezone(timezone(timedelta(hours=z)))
        for n, z in ((5, 8), (1, -11), (3, 14), (2, 0), (4, -5), (0, 9))
    ]
    with db.write() as connection:
        moments.create(connection)
        connection.execute(insert(moments), [{"at": at} for at in written] + [{"at": None}])
    with db.read() as connection:
        query = select(moments.c.at).where(moments.c.at.is_not(None)).order_by(moments.c.at)
        found = connection.scalars(query).all()
        late = select(moments.c.at).where(moments.c.at >= written[2]).order_by(moments.c.at)
        assert connection.scalars(late).all() == sorted(written)[3:]
    assert found == sorted(written)
    assert [at.microsecond for at in found] == [0, 1, 2, 0, 1, 2]


# ---- migrations --------------------------------------------------------------------------------


def test_an_empty_database_migrated_is_exactly_the_metadata(db: Database) -> None:
    migrate.upgrade(db)
    with db.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True, "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table"
                or not str(name).startswith("post_fts"),
            },
        )  # fmt: skip
        assert compare_metadata(context, t.metadata) == []
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_migrating_again_changes_nothing(app: App) -> None:
    def state() -> list[str]:
        with app.db.read() as connection:
            names = [table.name for table in t.metadata.sorted_tables]
            return [str(connection.exec_driver_sql(f"SELECT * FROM {n}").all()) for n in names]

    before = state()
    migrate.upgrade(app.db)
    create_home(app.settings)
    assert state() == before
    migrate.check(app.db)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999_future'",
            r"更新的程序写成（9999_future）",
        ),
        ("DELETE FROM alembic_version", "数据库结构较旧：请先停止服务，运行 fenghuo db upgrade"),
    ],
)
def test_another_schema_is_refused_with_the_cure(app: App, statement: str, message: str) -> None:
    with app.db.write() as connection:
        connection.exec_driver_sql(statement)
    with pytest.raises(StoreError, match=message):
        open_app(app.settings)


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(StoreError, match=r"不支持的数据库 mysql：FENGHUO_DB 请用"):
        Database("mysql://x/y")


# ---- home --------------------------------------------------------------------------------------


def test_the_secret_is_readable_by_its_owner_only_and_never_replaced(app: App) -> None:
    key = app.settings.home / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(app.secret) == 32
    create_home(app.settings)
    assert open_app(app.settings).secret == app.secret
    assert sorted(p.name for p in app.settings.home.glob("secret*")) == ["secret.key"]


def test_two_homes_have_different_secrets(make_app: Callable[..., App]) -> None:
    assert make_app("a").secret != make_app("b").secret


def test_a_folder_that_is_no_home_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="还没有初始化：请先运行 fenghuo init"):
        open_app(settings_for(tmp_path / "leer"))


def test_the_clock_is_simulated_only_while_a_playback_runs(app: App) -> None:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    with app.db.write() as connection:
        installation.start_playback(
            connection, start, start + timedelta(hours=1), timedelta(minutes=15)
        )
    assert stored_clock(app.db).now() == start
    with app.db.write() as connection:
        installation.move_playback(connection, start + timedelta(minutes=30))
    assert stored_clock(app.db).now() == start + timedelta(minutes=30)
    with app.db.write() as connection:
        installation.finish_playback(connection, start + timedelta(hours=1))
        assert installation.playback(connection) is None
    assert stored_clock(app.db).now() != start + timedelta(hours=1)


def test_a_tick_is_work_until_done_and_again_when_asked_later(app: App) -> None:
    minute = timedelta(minutes=1)
    with app.db.write() as connection:
        ticks.ask(connection, "line", NOON)
        ticks.ask(connection, "crawl", NOON - minute)
        assert ticks.asked(connection) == ["crawl", "line"]
        ticks.done(connection, "line", NOON, "12 帖")
        assert ticks.asked(connection) == ["crawl"]
        ticks.ask(connection, "line", NOON + minute)
        assert ticks.asked(connection) == ["crawl", "line"]
        ticks.done(connection, "line", NOON + minute)
        ticks.done(connection, "never asked", NOON)
        assert ticks.asked(connection) == ["crawl"]


# ---- writers -----------------------------------------------------------------------------------


def _count_up(db: Database, times: int, errors: list[BaseException]) -> None:
    """Read, think, write: what fails at once in SQLite unless the lock is taken first."""
    try:
        for _ in range(times):
            with db.write() as connection:
                seen = int(connection.scalar(text("SELECT n FROM counter")) or 0)
                time.sleep(0.002)
                connection.execute(text("UPDATE counter SET n = :n"), {"n": seen + 1})
    except BaseException as error:
        errors.append(error)


def test_read_then_write_beside_another_writer_never_fails_nor_loses(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
    errors: list[BaseException] = []
    other = Database(db.url)
    threads = [
        threading.Thread(target=_count_up, args=(each, 40, errors)) for each in (db, other, db)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with db.read() as connection:
        assert connection.scalar(text("SELECT n FROM counter")) == 120


def test_a_reader_sees_one_state_while_another_writes(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")
    with db.read() as reader:
        before = reader.scalar(text("SELECT count(*) FROM counter"))
        with db.write() as writer:
            writer.exec_driver_sql("INSERT INTO counter VALUES (1)")
        assert reader.scalar(text("SELECT count(*) FROM counter")) == before == 0
    with db.read() as reader:
        assert reader.scalar(text("SELECT count(*) FROM counter")) == 1


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")

    def write_and_die() -> None:
        with db.write(bulk=True) as connection:
            connection.exec_driver_sql("INSERT INTO counter VALUES (1)")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_and_die()
    with db.write(bulk=True) as connection:  # the bulk lock was released
        assert connection.scalar(text("SELECT count(*) FROM counter")) == 0


def test_a_bulk_writer_waits_for_the_lock_file_and_a_click_does_not(
    db: Database, tmp_path: Path
) -> None:
    """Without the queue a click beside two bulk writers waits seconds (platform §2)."""
    entered = threading.Event()

    def bulk() -> None:
        with db.write(bulk=True):
            entered.set()

    with (tmp_path / "bulk.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = threading.Thread(target=bulk)
        waiting.start()
        assert not entered.wait(0.3)
        with db.write() as connection:  # holds no queue up and is in none
            connection.exec_driver_sql("CREATE TABLE click (n INTEGER)")
        assert not entered.is_set()
    waiting.join(timeout=10)
    assert entered.is_set()


HOLD = """
import sys, time
from pathlib import Path
from store.db import Database
folder = Path(sys.argv[1])
db = Database(f"sqlite:///{folder / 'x.db'}", lock_path=folder / "bulk.lock")
for _ in range(6):
    with db.write(bulk=True) as connection:
        (folder / "holding").touch()
        seen = connection.exec_driver_sql("SELECT n FROM counter").scalar()
        time.sleep(0.15)
        connection.exec_driver_sql(f"UPDATE counter SET n = {seen + 1}")
"""


def test_bulk_writers_queue_and_a_click_gets_through_between_them(
    db: Database, tmp_path: Path
) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("CREATE TABLE counter (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO counter VALUES (0)")
        connection.exec_driver_sql("CREATE TABLE click (n INTEGER)")
    args = [sys.executable, "-c", HOLD, str(tmp_path)]
    holders = [subprocess.Popen(args) for _ in range(2)]
    try:
        while not (tmp_path / "holding").exists():
            time.sleep(0.01)
            assert all(holder.poll() in (None, 0) for holder in holders)
        waits, between = [], set()
        while any(holder.poll() is None for holder in holders):
            began = time.monotonic()
            with db.write() as connection:
                connection.exec_driver_sql("INSERT INTO click VALUES (1)")
                between.add(connection.exec_driver_sql("SELECT n FROM counter").scalar())
            waits.append(time.monotonic() - began)
            time.sleep(0.1)
    finally:
        for holder in holders:
            holder.wait(timeout=60)
    assert [holder.returncode for holder in holders] == [0, 0]
    assert max(waits) < 2.0
    assert between - {0, 12}, "no click got through between two bulk transactions"
    with db.read() as connection:
        assert connection.exec_driver_sql("SELECT n FROM counter").scalar() == 12


# ---- backup ------------------------------------------------------------------------------------


def test_a_backup_taken_while_running_restores_that_state(app: App, tmp_path: Path) -> None:
    with app.db.write() as connection:
        installation.put(connection, "company", "备份前")
    backup.write(app.db, tmp_path / "kopie.db")
    with app.db.write() as connection:
        installation.put(connection, "company", "备份后")
    app.db.dispose()
    kept = backup.restore(app.db.url, tmp_path / "kopie.db", now=NOON)
    with open_database(app.settings).read() as connection:
        assert installation.get(connection, "company") == "备份前"
    with sqlite3.connect(kept) as old:
        query = "SELECT value FROM installation WHERE key = 'company'"
        assert old.execute(query).fetchone() == ("备份后",)


def test_what_a_killed_process_left_in_the_log_is_kept_beside_the_old_database(
    app: App, tmp_path: Path
) -> None:
    """A restore must not lose the last transactions of the database it replaces."""
    backup.write(app.db, tmp_path / "kopie.db")
    app.db.dispose()
    script = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1])\n"
        "c.execute(\"INSERT INTO installation VALUES ('last', 'words')\")\n"
        "c.commit()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = app.settings.home / "fenghuo.db"
    subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert Path(f"{path}-wal").stat().st_size > 0
    kept = backup.restore(app.db.url, tmp_path / "kopie.db", now=NOON)
    with sqlite3.connect(kept) as old:
        query = "SELECT value FROM installation WHERE key = 'last'"
        assert old.execute(query).fetchone() == ("words",)
    with open_database(app.settings).read() as connection:
        assert installation.get(connection, "last") == ""


def test_each_restore_keeps_what_it_replaced_and_its_own_log(app: App, tmp_path: Path) -> None:
    backup.write(app.db, tmp_path / "kopie.db")
    app.db.dispose()
    path = app.settings.home / "fenghuo.db"
    kept = []
    for n in range(2):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("INSERT INTO installation VALUES ('round', ?)", (str(n),))
            connection.commit()
        if n == 0:
            Path(f"{path}-wal").write_bytes(b"the log of the first")
        kept.append(backup.restore(app.db.url, tmp_path / "kopie.db", now=NOON + timedelta(n)))
    assert kept[0] != kept[1]
    assert Path(f"{kept[0]}-wal").read_bytes() == b"the log of the first"
    assert not Path(f"{kept[1]}-wal").exists()
    assert not Path(f"{path}-wal").exists()
    Path(f"{kept[0]}-wal").unlink()
    for n, old in enumerate(kept):
        with closing(sqlite3.connect(old)) as connection:
            query = "SELECT value FROM installation WHERE key = 'round'"
            assert connection.execute(query).fetchone() == (str(n),)
    with pytest.raises(StoreError, match="已存在，不会覆盖"):
        backup.restore(app.db.url, tmp_path / "kopie.db", now=NOON)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("garbage", "不是数据库地址"),
        ("postgresql://h:port/x", "不是数据库地址"),
        ("mysql://x", "不支持的数据库 mysql"),
        ("sqlite:////nonexistent/folder/x.db", "打不开文件"),
    ],
)
def test_a_wrong_database_address_is_said_in_words(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words), Database(url).read():
        pass


def test_without_the_driver_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"psycopg.*pip install"):
        Database("postgresql://localhost/x")


def test_what_the_disk_does_to_us_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all " * 500)
    with (
        pytest.raises(StoreError, match="不是 SQLite 数据库"),
        Database(f"sqlite:///{tmp_path / 'x.db'}").write(),
    ):
        pass


def test_a_backup_that_cannot_be_written_says_so(app: App, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="没有文件夹"):
        backup.write(app.db, tmp_path / "nirgends" / "x.db")
    with pytest.raises(StoreError, match="写不了备份"):
        backup.write(app.db, Path("/proc/x.db"))


def test_a_backup_never_overwrites_and_a_wrong_file_is_never_restored(
    app: App, tmp_path: Path
) -> None:
    backup.write(app.db, tmp_path / "kopie.db")
    with pytest.raises(StoreError, match="已存在：请换一个文件名"):
        backup.write(app.db, tmp_path / "kopie.db")
    (tmp_path / "foto.db").write_bytes(b"\x89PNG not a database at all, but long enough" * 50)
    with pytest.raises(StoreError, match="不是烽火的备份"):
        backup.restore(app.db.url, tmp_path / "foto.db", now=NOON)
    sqlite3.connect(tmp_path / "fremd.db").execute("CREATE TABLE x (n)").connection.commit()
    with pytest.raises(StoreError, match="不是烽火的备份"):
        backup.restore(app.db.url, tmp_path / "fremd.db", now=NOON)
    with pytest.raises(StoreError, match="找不到备份文件"):
        backup.restore(app.db.url, tmp_path / "nichts.db", now=NOON)
    migrate.check(app.db)


def test_references_are_enforced(app: App) -> None:
    with pytest.raises(Exception, match="FOREIGN KEY"), app.db.write() as connection:
        connection.execute(insert(t.alias).values(subject_id=999, text="无主"))
    with pytest.raises(OperationalError), app.db.read() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")
