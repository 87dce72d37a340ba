"""Relate step: whose copy each read post is, and which event it belongs to."""

from datetime import datetime, timedelta
from pathlib import Path

from domain.step import StepResult
from pipelines import language
from pipelines.wiring import App
from store import events
from store.db import Connection

#: Posts of one transaction.
BATCH = 150
#: The index forgets closed events when they reach this far behind what it needs.
SLACK = timedelta(days=30)


class _Held:
    """The index of one home in this process, and how far it has followed the store."""

    def __init__(self, since: datetime) -> None:
        self.index = language.load_relate()
        self.since = since
        self.last_id = 0

    def catch_up(self, connection: Connection) -> None:
        """Take over what was decided since, by this process or another, in that order."""
        for row in events.decided(connection, self.last_id, self.since):
            self.index.remember(row.item, row.relation)
            self.last_id = row.id

    def forget(self, cut: datetime) -> None:
        """Drop events that closed before `cut`, now and then."""
        if cut - self.since > SLACK:
            self.index.forget_before(cut)
            self.since = cut


#: One index a home: rebuilt from the store at start.
_HELD: dict[Path, _Held] = {}
#: Home → every post analysed up to this analysis id is related; only a hint against re-scanning.
_PLACED_THROUGH: dict[Path, int] = {}


def run(app: App, now: datetime) -> StepResult:
    """Relate all unrelated posts in canonical order, one transaction a batch."""
    home = app.settings.home
    with app.db.read() as connection:
        waiting, newest = events.unrelated(connection, after=_PLACED_THROUGH.get(home, 0))
    done = 0
    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        held = _held(home, min(at for _, at in part) - events.OPEN_FOR)
        done += _place(app, held, [post_id for post_id, _ in part], now)
    _PLACED_THROUGH[home] = newest
    return StepResult(step="relate", done=done)


def _place(app: App, held: _Held, post_ids: list[int], now: datetime) -> int:
    with app.db.read() as connection:
        held.catch_up(connection)  # the long part, before anybody has to wait for us
    try:
        # Deciding stands inside the transaction: two workers never place against an old index.
        with app.db.write(bulk=True) as connection:
            held.catch_up(connection)
            batch = events.to_place(connection, post_ids)
            placed = [(source, held.index.place(source.item)) for source in batch]
            events.put(connection, placed, now)
            held.last_id = events.last_relation(connection)
    except BaseException:
        forget(app.settings.home)  # the index knows posts the store does not
        raise
    return len(placed)


def _held(home: Path, cut: datetime) -> _Held:
    held = _HELD.get(home)
    if held is None or cut < held.since:
        held = _HELD[home] = _Held(cut)
    held.forget(cut)
    return held


def forget(home: Path) -> None:
    """Drop the index of a home; it is rebuilt from the store."""
    _HELD.pop(home, None)
    _PLACED_THROUGH.pop(home, None)
