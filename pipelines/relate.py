"""Relate step: whose copy each read post is, and which event it belongs to."""

from datetime import datetime
from pathlib import Path

from domain.step import StepResult
from pipelines import language
from pipelines.wiring import App
from store import events, known

#: Posts of one transaction; each has a relation, an event's share and about thirty narrow keys.
BATCH = 150

#: Home → every post analysed up to this analysis id is related; only a hint against re-scanning.
_PLACED_THROUGH: dict[Path, int] = {}


def run(app: App, now: datetime) -> StepResult:
    """Relate all unrelated posts in canonical order, one transaction a batch."""
    home = app.settings.home
    while _give_keys(app):
        pass
    with app.db.read() as connection:
        waiting, newest = events.unrelated(connection, after=_PLACED_THROUGH.get(home, 0))
    done = 0
    for start in range(0, len(waiting), BATCH):
        part = [post_id for post_id, _ in waiting[start : start + BATCH]]
        done += place(app, part, now)
    _PLACED_THROUGH[home] = newest
    return StepResult(step="relate", done=done)


def place(app: App, post_ids: list[int], now: datetime) -> int:
    """Relate these posts in one transaction; return how many nobody had related yet."""
    index = language.load_relate()
    with app.db.read() as connection:
        batch = events.to_place(connection, post_ids)
    prepared = [index.keys(source.item) for source in batch]  # before anybody has to wait for us
    # Deciding stands inside the transaction: two workers never place against an old state.
    with app.db.write(bulk=True) as connection:
        free = events.still_unrelated(connection, post_ids)
        work = [
            (source, post)
            for source, post in zip(batch, prepared, strict=True)
            if source.post_id in free
        ]
        index = index.over(known.StoredKnown(connection=connection))
        index.expect(post for _, post in work)
        placed = [(source, index.settle(post)) for source, post in work]
        numbers = events.put(connection, placed, now)
        known.keep(connection, list(zip(numbers, (found for _, found in placed), strict=True)))
    return len(placed)


def _give_keys(app: App) -> bool:
    """Give the next relations of an older home their keys; False when none is left."""
    with app.db.read() as connection:
        if not known.owes_keys(connection):
            return False
    with app.db.write(bulk=True) as connection:
        batch = known.unkeyed(connection, BATCH)
        index = language.load_relate().over(known.StoredKnown(connection=connection))
        prepared = [index.keys(old.item) for old in batch]
        index.expect(prepared)
        placed = [
            (old.at, index.remember(post, old.relation, old.at))
            for old, post in zip(batch, prepared, strict=True)
        ]
        known.keep(connection, placed)
        known.keyed_through(connection, batch[-1].at.post if len(batch) == BATCH else None)
    return True


def forget(home: Path) -> None:
    """Drop what this process remembers of a home."""
    _PLACED_THROUGH.pop(home, None)
