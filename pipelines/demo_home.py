"""Demo home: the invented town's subjects and sources, its server, and its simulated past."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from config.clock import SystemClock
from config.settings import Settings
from domain.clock import Clock
from pipelines import home
from pipelines.net import free_port
from pipelines.town.load import Town
from pipelines.town.server import RunningTown, serve_town, town_sources, town_subjects
from pipelines.wiring import open_database, stored_clock
from store import installation, migrate, sources, subjects

#: The company of the demo town and the procedure it follows.
COMPANY, PROCEDURE = "云麓地产（演示）", "group-000"
#: Subject of the slow crisis, which the demo's person registers as a case.
SLOW_SUBJECT = "wangjiangfu"
#: How far back the playback starts, and its step while nothing happens fast.
PAST = timedelta(days=22)
STEP = timedelta(hours=12)
#: The town is looked for a free port from here on.
FIRST_PORT = 18080
_HOST = "127.0.0.1"


@dataclass(slots=True)
class TownClock:
    """The clock the town lives by: simulated while its past is played, then the machine's."""

    clock: Clock

    def now(self) -> datetime:
        """Return the town's present moment."""
        return self.clock.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTown:
    """The running town and the clock it lives by."""

    server: RunningTown
    clock: TownClock

    def write_exports(self) -> None:
        """Let the group's members export their chat again where it is time to."""
        self.server.write_exports(self.clock.now())


def is_demo(settings: Settings) -> bool:
    """Whether this home was made, as a whole, by `fenghuo demo`."""
    return _folder(settings).is_dir() and _anchored(settings)


def is_other(settings: Settings) -> bool:
    """Whether this home holds somebody's own data, which a demo must not touch."""
    return (settings.home / "secret.key").exists() and not _anchored(settings)


def _anchored(settings: Settings) -> bool:
    if not (settings.home / "secret.key").exists():
        return False
    db = open_database(settings)
    try:
        if migrate.current(db) is None:
            return False
        with db.read() as connection:
            return bool(installation.get(connection, "demo_anchor"))
    finally:
        db.dispose()


def create(settings: Settings, now: datetime | None = None) -> bool:
    """Make the demo home with its playback ahead; False if there is one already."""
    if is_demo(settings):
        return False
    anchor = (now or SystemClock().now()).replace(microsecond=0)
    home.create(settings, None, company=COMPANY, procedure=PROCEDURE)
    db = open_database(settings)
    with db.write() as connection:
        start = anchor - PAST
        subjects.put(connection, town_subjects(), start)
        for source in town_sources(_base_url(FIRST_PORT), _folder(settings)):
            sources.put(connection, source, now=start)
        installation.put(connection, "demo_anchor", anchor.isoformat())
        installation.start_playback(connection, start, anchor, STEP)
    db.dispose()
    _folder(settings).mkdir()  # last, so that a half-made home is made again
    return True


@contextmanager
def running_town(settings: Settings) -> Iterator[DemoTown | None]:
    """Serve the town of a demo home while the block runs; None for any other home."""
    if not is_demo(settings):
        yield None
        return
    db = open_database(settings)
    clock = TownClock(stored_clock(db))
    port = free_port(_HOST, FIRST_PORT)
    with db.write() as connection:
        anchor = datetime.fromisoformat(installation.get(connection, "demo_anchor"))
        for source in town_sources(_base_url(port), _folder(settings)):
            sources.put(connection, source)
    db.dispose()
    server = serve_town(Town.load(anchor), clock, host=_HOST, port=port, folder=_folder(settings))
    try:
        yield DemoTown(server=server, clock=clock)
    finally:
        server.stop()


def _folder(settings: Settings) -> Path:
    return settings.home / "town"


def _base_url(port: int) -> str:
    return f"http://{_HOST}:{port}"
