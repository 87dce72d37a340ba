"""Case files: registered by a named person, graded by a named person (B-SN1, AD-10)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from domain.clock import shanghai_day
from domain.errors import CaseError
from domain.level import Level
from store.db import inserted_id
from store.tables import case, case_alert, subject


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case as people act on it."""

    id: int
    number: str
    state: str
    level: Level | None
    pack_copy: str
    subject_id: int


def register(
    connection: Connection,
    *,
    alert_id: int,
    subject_id: int,
    title: str,
    pack_id: int,
    pack_copy: str,
    by: str,
    now: datetime,
) -> str:
    """Open a case on an alert with a frozen copy of the pack; return its number."""
    known = of_alert(connection, alert_id)
    if known is not None:
        raise CaseError(f"该预警已登记为个案 {known}，不必重复登记")
    prefix = f"G-{shanghai_day(now):%Y%m%d}-"
    used = connection.scalar(
        select(func.count()).select_from(case).where(case.c.number.startswith(prefix))
    )
    number = f"{prefix}{(used or 0) + 1:03d}"
    key = connection.execute(
        insert(case).values(
            number=number, subject_id=subject_id, title=title, state="registered",
            registered_at=now, registered_by=by, pack_id=pack_id, pack_copy=pack_copy,
        )
    )  # fmt: skip
    connection.execute(
        insert(case_alert).values(case_id=inserted_id(key), alert_id=alert_id, at=now)
    )
    return number


def of_alert(connection: Connection, alert_id: int) -> str | None:
    """Return the number of the case an alert was registered as."""
    found: str | None = connection.scalar(
        select(case.c.number)
        .join(case_alert, case_alert.c.case_id == case.c.id)
        .where(case_alert.c.alert_id == alert_id)
    )
    return found


def by_number(connection: Connection, number: str) -> CaseRow:
    """Return one case; raises CaseError naming the number if there is none."""
    row = connection.execute(select(case).where(case.c.number == number)).first()
    if row is None:
        raise CaseError(f"没有编号为 {number} 的个案：请在看板核对编号")
    return CaseRow(
        id=row.id, number=row.number, state=row.state, pack_copy=row.pack_copy,
        subject_id=row.subject_id,
        level=Level(row.level) if row.level else None,
    )  # fmt: skip


def newest(connection: Connection, subject_key: str) -> CaseRow | None:
    """Return the newest case of a subject."""
    number: str | None = connection.scalar(
        select(case.c.number)
        .join(subject, subject.c.id == case.c.subject_id)
        .where(subject.c.key == subject_key)
        .order_by(case.c.id.desc())
        .limit(1)
    )
    return None if number is None else by_number(connection, number)


def move(connection: Connection, row: CaseRow, state: str) -> None:
    """Put a case into a state that alerts.cases.move allowed."""
    connection.execute(update(case).where(case.c.id == row.id).values(state=state))


def grade(connection: Connection, row: CaseRow, level: Level, *, by: str, now: datetime) -> None:
    """Set the level a person decided (S-05)."""
    connection.execute(
        update(case)
        .where(case.c.id == row.id)
        .values(state="graded", level=level, graded_at=now, graded_by=by)
    )
