"""Purge step (到期清除): erases private texts and raw pages whose time is over, once a day.

Source health says a week ahead what will be erased, while a missing basis can still be given.
"""

import secrets
from collections import Counter
from datetime import date, datetime, timedelta

from domain.clock import shanghai_day
from domain.step import StepResult
from pipelines import evidence
from pipelines.wiring import App
from store import audit, purge, source_state, sources
from store.board import day_number
from store.db import Connection

#: Posts of one transaction.
PART = 100
#: Posts of one transaction where nothing hangs on them but their own text.
IRRELEVANT_PART = 400
#: How long before it source health tells of a coming purge.
AHEAD = timedelta(days=7)
SOON = "purge-soon"


def run(app: App, now: datetime) -> StepResult:
    """Erase everything that is overdue, once a day, audited per source with the number of posts."""
    today = shanghai_day(now)
    with app.db.read() as connection:
        if not purge.due(connection, day_number(today)):
            return StepResult(step="purge")
    done = 0
    salt = secrets.token_bytes(32)  # forgotten at the end: keys made with it are nobody's
    while True:
        with app.db.read() as connection:
            found = purge.overdue(connection, now, today, PART)
        if not found:
            done += _erase_irrelevant(app, now, salt)
            done += evidence.purge(app, now)
            with app.db.write() as connection:
                _announce(connection, now, today)
                purge.mark(connection, day_number(today), now)
            return StepResult(step="purge", done=done)
        with app.db.write(bulk=True) as connection:
            purge.erase(connection, [post_id for post_id, _ in found], salt)
            for name, count in Counter(name for _, name in found).items():
                audit.append(
                    connection, f"source:{name}"[:64], "purged", actor=audit.RULE, at=now,
                    reason="依据缺失满 30 天，或已过删除日期", payload={"posts": count},
                )  # fmt: skip
        done += len(found)


def _erase_irrelevant(app: App, now: datetime, salt: bytes) -> int:
    """Erase group messages that are about nothing watched and near nothing that is."""
    with app.db.read() as connection:
        found = purge.irrelevant(connection, now)
        names = source_state.names(connection, {source_id for _, source_id in found})
    of = dict(found)
    ids, done = sorted(of), 0
    for start in range(0, len(ids), IRRELEVANT_PART):
        with app.db.write(bulk=True) as connection:
            part = purge.still_irrelevant(connection, ids[start : start + IRRELEVANT_PART])
            purge.erase(connection, part, salt)
            for source_id, count in Counter(of[post_id] for post_id in part).items():
                audit.append(
                    connection, f"source:{names[source_id]}"[:64], "purged", actor=audit.RULE,
                    at=now, reason="与监测对象无关的群消息满 30 天", payload={"posts": count},
                )  # fmt: skip
        done += len(part)
    return done


def _announce(connection: Connection, now: datetime, today: date) -> None:
    """Say on the source health page what is erased within a week; take back what is over."""
    soon = {item.source: item for item in purge.coming(connection, now, today, AHEAD)}
    for name in purge.announced(connection, SOON):
        if name not in soon:
            sources.close_issues(connection, name, SOON, now)
    for item in soon.values():
        why = (
            "没有写明提供人与依据，满 30 天即清除：请补全后再粘贴一次，或确认不再需要"
            if item.without_basis
            else "即将到删除日期：仍需保留的，请先在个案中写明，或改删除日期"
        )
        sources.raise_issue(
            connection, at=now, code=SOON, source_name=item.source, level="warning",
            message=f"来源“{item.source}”的私域文字 {AHEAD.days} 天内将清除：{why}",
            data={"posts": item.posts},
        )  # fmt: skip
