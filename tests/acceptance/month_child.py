"""The crawling side of the simulated month: a process of its own that is really killed.

Forked by a fork server that has everything imported, so that twenty deaths cost no twenty starts.
"""

import os
import signal
import sys
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import Engine

from config.clock import FixedClock
from pipelines import crawl, ingest
from pipelines.wiring import open_app
from store import evidence, sources
from tests.acceptance.killable import Killer, after, before
from tests.conftest import NOON, settings_for

SOURCE = "月度版块"
#: Where the child dies by itself; the site kills it at a request as well.
POINTS = ("begin", "commit", "item", "evidence")


class Order(NamedTuple):
    """One visit to make, and where to die in it or in a later one ("" = nowhere)."""

    at: datetime
    sweep: bool
    point: str = ""
    number: int = 0


def work(pipe: Connection, home: str) -> None:
    """Make the visits asked for until the pipe closes."""
    sys.stderr = (Path(home) / "child.log").open("a", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), 2)
    clock = FixedClock(NOON)
    app = open_app(settings_for(Path(home)), clock=clock)
    killer = Killer("", 0)
    arm(killer)
    recovered = False
    while True:
        try:
            order: Order = pipe.recv()
        except EOFError:
            os._exit(0)
        clock.move(order.at)
        if not recovered:
            with app.db.write() as connection:
                sources.abandon_crawls(connection, order.at)
            recovered = True
        if order.point:
            killer.point, killer.left = order.point, order.number
        items = crawl.choose(app, [SOURCE], sweep=order.sweep)
        outcome = crawl.visit(app, items)[SOURCE]
        pipe.send({
            "finished": outcome.finished, "blocked": outcome.blocked, "errors": outcome.errors,
            "rejected": outcome.rejected,
        })  # fmt: skip


def arm(killer: Killer) -> None:
    """Put the killer before commits, after begins, before a Page is stored, after its bytes are."""
    patched: Any = ingest
    event.listen(Engine, "commit", lambda _connection: killer.passing("commit"))
    event.listen(Engine, "begin", lambda _connection: killer.passing("begin"))
    patched.store_page = before(killer, "item", ingest.store_page)
    patched.store_pages = before(killer, "item", ingest.store_pages)
    evidence._write = after(killer, "evidence", evidence._write)


def die(pid: int) -> None:
    """Kill a child as the system's out-of-memory killer would."""
    os.kill(pid, signal.SIGKILL)
