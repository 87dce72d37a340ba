"""Relate step: whose copy each read post is, and which event it belongs to."""

from datetime import datetime
from pathlib import Path

from domain.step import StepResult
from pipelines import language
from pipelines.wiring import App
from store import analyses, events
from store.events import Unrelated

#: Posts of one transaction.
BATCH = 150


class _Held:
    """The index of one home in this process, and how far it has followed the store."""

    def __init__(self) -> None:
        self.index = language.load_relate()
        self.last_id = 0
        self.since: datetime | None = None


#: One index a home: rebuilt from the store at start, extended by what other workers decide.
_HELD: dict[Path, _Held] = {}


def run(app: App, now: datetime) -> StepResult:
    """Relate all unrelated posts in canonical order, one transaction a batch."""
    done = 0
    while True:
        with app.db.read() as connection:
            analyser_id = analyses.active_id(connection)
            batch = events.unrelated(connection, analyser_id, BATCH) if analyser_id else []
        if not batch:
            return StepResult(step="relate", done=done)
        held = _catch_up(app, batch)
        placed = [(source, held.index.place(source.item)) for source in batch]
        try:
            with app.db.write(bulk=True) as connection:
                events.put(connection, placed, now)
                held.last_id = events.last_relation(connection)
        except BaseException:
            _HELD.pop(app.settings.home, None)  # the index knows posts the store does not
            raise
        done += len(batch)


def _catch_up(app: App, batch: list[Unrelated]) -> _Held:
    """Bring the index to what the store holds: all relations of the last 90 days before."""
    home = app.settings.home
    since = min(source.item.published_at for source in batch) - events.OPEN_FOR
    held = _HELD.get(home)
    if held is None or held.since is None or since < held.since:
        held = _HELD[home] = _Held()
        held.since = since
    with app.db.read() as connection:
        for row in events.decided(connection, held.last_id, held.since):
            held.index.remember(row.item, row.relation)
            held.last_id = row.id
    return held


def forget(home: Path) -> None:
    """Drop the index of a home (tests that restart in one process)."""
    _HELD.pop(home, None)
