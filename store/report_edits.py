"""The editor's hand on a report: what is listed, notes, and the numbers of each issue (P-03).

Rows of one report: alert:<number>, enquiry:<number>, release:<id> (listed or not), note:<section>
(the editor's words) and made:<time> (what an issue said, so that corrections can be told).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from domain.access import Act, Actor
from store import access, audit
from store.tables import report_edit

_NOTE, _MADE = "note:", "made:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """The edits in force on one report."""

    left_out: frozenset[str]
    #: Section → note.
    notes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One issue of a report: when, by whom, with which numbers (row key → measure → value)."""

    at: datetime
    by: str
    cells: dict[str, dict[str, int]]


def load(connection: Connection, actor: Actor, report: str) -> Edits:
    """Return the edits of a report."""
    access.require(actor, Act.VIEW)
    rows = connection.execute(
        select(report_edit).where(
            report_edit.c.report == report, ~report_edit.c.item.startswith(_MADE)
        )
    ).all()
    return Edits(
        left_out=frozenset(row.item for row in rows if not row.included),
        notes={
            row.item.removeprefix(_NOTE): row.note
            for row in rows
            if row.item.startswith(_NOTE) and row.note
        },
    )


def include(
    connection: Connection, report: str, item: str, *, included: bool, actor: Actor, now: datetime
) -> None:
    """List an item or leave it out; totals do not change by it."""
    _put(connection, report, item, included=included, note="", actor=actor, now=now)
    audit.append(
        connection, f"report:{report}", "report-edited", actor=actor, at=now,
        reason="列出" if included else "不列出", payload={"item": item, "included": included},
    )  # fmt: skip


def note(
    connection: Connection, report: str, section: str, text: str, *, actor: Actor, now: datetime
) -> None:
    """Keep the editor's note on a section; an empty text takes it away."""
    _put(connection, report, f"{_NOTE}{section}", included=True, note=text, actor=actor, now=now)
    audit.append(
        connection, f"report:{report}", "report-edited", actor=actor, at=now,
        reason="编者按", payload={"item": f"{_NOTE}{section}", "length": len(text)},
    )  # fmt: skip


def remember(
    connection: Connection,
    report: str,
    cells: Mapping[str, Mapping[str, int]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what this issue of the report said."""
    text = json.dumps(cells, ensure_ascii=False, sort_keys=True)
    item = f"{_MADE}{now.isoformat(timespec='seconds')}"
    _put(connection, report, item, included=True, note=text, actor=actor, now=now)
    audit.append(
        connection, f"report:{report}", "report-made", actor=actor, at=now,
        payload={"rows": len(cells)},
    )  # fmt: skip


def made(connection: Connection, report: str) -> Made | None:
    """Return the last issue of a report."""
    row = connection.execute(
        select(report_edit)
        .where(report_edit.c.report == report, report_edit.c.item.startswith(_MADE))
        .order_by(report_edit.c.at.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    cells: dict[str, dict[str, int]] = json.loads(row.note)
    return Made(at=row.at, by=row.by, cells=cells)


def _put(
    connection: Connection, report: str, item: str, *, included: bool, note: str, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    connection.execute(
        delete(report_edit).where(report_edit.c.report == report, report_edit.c.item == item)
    )
    values: dict[str, Any] = {"included": included, "note": note, "by": actor.name, "at": now}
    connection.execute(insert(report_edit).values(report=report, item=item, **values))
