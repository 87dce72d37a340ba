"""A home of the release before (schema 0001) is upgraded: what was decided stays decided."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from domain.level import Level
from store import migrate, outbox, pushes
from store.db import Connection, Database
from tests.conftest import NOON

_MIGRATIONS = Path(migrate.__file__).with_name("migrations")
#: Rows as that release wrote them: moments are UTC text.
_AT = "2026-11-20T04:00:00.000000"
_ALERT = (
    "INSERT INTO alert (id, number, identity, subject_id, status, level, version, reason_zh, "
    "opened_at, changed_at) VALUES ({id}, 'W-20261120-000{id}', 'i{id}', 1, 'open', 'critical', "
    f"1, '十人', '{_AT}', '{_AT}')"
)
_CASE = (
    "INSERT INTO case_file (id, number, subject_id, title, state, registered_at, registered_by, "
    "pack_id, pack_copy) VALUES (1, 'S-20261120-001', 1, '外墙渗水', 'registered', "
    "'2026-11-20T04:14:00.000000', '王敏', 1, '')"
)
_SUBJECT = (
    "INSERT INTO subject (id, key, kind, name, context, details, created_at) VALUES "
    f"(1, 'wangjiangfu', 'project', '云麓·望江府', '[]', '{{}}', '{_AT}')"
)
_PACK = (
    "INSERT INTO pack (id, kind, name, version, yaml, sha256, author, created_at) VALUES "
    f"(1, 'procedure', 'p', 1, '', '', '系统', '{_AT}')"
)
_MESSAGE = (
    "INSERT INTO outbox (alert_id, version, recipient, channel, address, reason, subject_line, "
    "body, status, queued_at, attempts, verdict) VALUES (1, 1, 'duty', 'console', '', 'opened', "
    f"'题', '文', 'accepted', '{_AT}', 1, 'ok')"
)
_ROWS = (
    _SUBJECT,
    _PACK,
    _ALERT.format(id=1),
    _ALERT.format(id=2),
    _CASE,
    f"INSERT INTO case_alert (case_id, alert_id, at) VALUES (1, 1, '{_AT}')",
    _MESSAGE,
)


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Connection]:
    db = Database(f"sqlite:///{tmp_path / 'old.db'}", lock_path=tmp_path / "bulk.lock")
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with db.engine.connect() as connection:
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
        with connection.begin():
            for row in _ROWS:
                connection.execute(text(row))
    migrate.upgrade(db)
    with db.read() as connection:
        yield connection
    db.dispose()


def test_an_alert_with_a_case_has_the_verdict_of_whoever_registered_it(
    upgraded: Connection,
) -> None:
    rows = upgraded.execute(
        text("SELECT verdict, verdict_by, verdict_at FROM alert ORDER BY id")
    ).all()
    assert [tuple(row) for row in rows] == [
        ("registered", "王敏", "2026-11-20T04:14:00.000000"), (None, None, None),
    ]  # fmt: skip


def test_only_what_nobody_judged_is_still_unanswered(upgraded: Connection) -> None:
    found = pushes.unanswered(upgraded, outbox.GRAVE)
    assert [(item.number, item.level) for item in found] == [("W-20261120-0002", Level.CRITICAL)]
    assert found[0].last_told_at == NOON


def test_old_messages_say_what_they_are_about(upgraded: Connection) -> None:
    assert upgraded.scalar(text("SELECT object FROM outbox")) == "alert:W-20261120-0001"
