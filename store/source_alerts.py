"""Alerts about sources (数据中断): one open alert a source, opened and closed by rule."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from domain.level import Level
from store import audit
from store.alerts import next_number
from store.db import inserted_id
from store.tables import alert, alert_change

#: The rule's name in change rows; there is one for all sources.
RULE = "source-silent"


def open_ones(connection: Connection) -> dict[int, str]:
    """Return source id → number of its open alert."""
    rows = connection.execute(
        select(alert.c.source_id, alert.c.number).where(
            alert.c.status == "open", alert.c.source_id.is_not(None)
        )
    )
    return {row.source_id: row.number for row in rows}


def open_alert(
    connection: Connection,
    *,
    source_id: int,
    subject_id: int | None,
    level: Level,
    reason: str,
    now: datetime,
) -> str:
    """Open the alert of a source whose data are interrupted; return its number."""
    number = next_number(connection, now)
    key = connection.execute(
        insert(alert).values(
            number=number, identity=f"source:{source_id}", subject_id=subject_id,
            source_id=source_id, topic=None, status="open", level=level, version=1,
            reason_zh=reason, opened_at=now, changed_at=now,
        )
    )  # fmt: skip
    _log(connection, inserted_id(key), number, 1, "opened", level, reason, now)
    return number


def close_alert(connection: Connection, number: str, reason: str, now: datetime) -> None:
    """Close it: the source gives again, or is no longer meant to."""
    row = connection.execute(
        select(alert.c.id, alert.c.version, alert.c.level).where(
            alert.c.number == number, alert.c.status == "open"
        )
    ).first()
    if row is None:
        return
    connection.execute(
        update(alert)
        .where(alert.c.id == row.id)
        .values(status="closed", closed_at=now, changed_at=now, version=row.version + 1)
    )
    _log(connection, row.id, number, row.version + 1, "closed", Level(row.level), reason, now)


def _log(
    connection: Connection, alert_id: int, number: str, version: int, change: str, level: Level,
    reason: str, now: datetime,
) -> None:  # fmt: skip
    connection.execute(
        insert(alert_change).values(
            alert_id=alert_id, version=version, at=now, change=change, level=level, rule=RULE,
            reason_zh=reason, post_ids=[], by=audit.RULE.name,
        )
    )  # fmt: skip
    audit.append(
        connection, f"alert:{number}", change, actor=audit.RULE, at=now, reason=reason,
        payload={"level": level, "version": version},
    )  # fmt: skip
