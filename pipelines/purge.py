"""Purge step (到期清除): erases private texts whose time is over, once a day, a part at a time."""

from collections import Counter
from datetime import datetime

from domain.clock import shanghai_day
from domain.step import StepResult
from pipelines.wiring import App
from store import audit, purge
from store.board import day_number

#: Posts of one transaction.
PART = 100


def run(app: App, now: datetime) -> StepResult:
    """Erase everything that is overdue, once a day, audited per source with the number of posts."""
    today = shanghai_day(now)
    with app.db.read() as connection:
        if not purge.due(connection, day_number(today)):
            return StepResult(step="purge")
    done = 0
    while True:
        with app.db.read() as connection:
            found = purge.overdue(connection, now, today, PART)
        if not found:
            with app.db.write() as connection:
                purge.mark(connection, day_number(today), now)
            return StepResult(step="purge", done=done)
        with app.db.write(bulk=True) as connection:
            purge.erase(connection, [post_id for post_id, _ in found])
            for name, count in Counter(name for _, name in found).items():
                audit.append(
                    connection, f"source:{name}"[:64], "purged", actor=audit.RULE, at=now,
                    reason="依据缺失满 30 天，或已过删除日期", payload={"posts": count},
                )  # fmt: skip
        done += len(found)
