"""Scheduler role: APScheduler, elected by a lock file, only asks for ticks (platform §3)."""

import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

from config.settings import Settings
from pipelines.process import elected, stop_event
from pipelines.wiring import App, open_app
from store import ticks

#: Seconds between asking for due crawls to be started.
CRAWL_SECONDS = 5


def run(settings: Settings) -> None:
    """Wait to be elected, then ask for ticks until stopped; blocks."""
    stop = stop_event()
    app = open_app(settings)
    with elected(settings.home / "scheduler.lock", stop) as leading:
        if leading:
            _lead(app, settings, stop)


def _lead(app: App, settings: Settings, stop: threading.Event) -> None:
    scheduler = BackgroundScheduler(
        # The default drops a job that is 1 s late; a tick is never too late (platform §3).
        job_defaults={"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1}
    )
    for name, seconds in (("line", settings.line_seconds), ("crawl", CRAWL_SECONDS)):
        scheduler.add_job(_asker(app, name), "interval", seconds=seconds, id=name)
        _asker(app, name)()
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=False)


def _asker(app: App, name: str) -> Callable[[], None]:
    def ask() -> None:
        with app.db.write() as connection:
            ticks.ask(connection, name, app.clock.now())

    return ask
