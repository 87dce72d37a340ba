"""Evidence at the end of its time: bytes are erased, digests and manifests stay (design §9)."""

from datetime import datetime, timedelta

from pipelines.wiring import App
from store import evidence

#: Files of one transaction.
PART = 200


def purge(app: App, now: datetime) -> int:
    """Erase raw pages older than the setting that prove nothing in an open matter; return how many.

    The row is marked first: a crash leaves a file nobody refers to, never a row without its file.
    """
    before = now - timedelta(days=app.settings.evidence_days)
    done = 0
    while True:
        with app.db.write(bulk=True) as connection:
            found = evidence.overdue(connection, before, PART)
            evidence.forget(connection, [key for key, _ in found], now)
        for _, path in found:
            (app.evidence_folder / path).unlink(missing_ok=True)
        done += len(found)
        if len(found) < PART:
            return done
