"""Run the real `fenghuo serve` and kill it (SIGKILL to itself) at the n-th passing of one point.

    python -m tests.acceptance.killable POINT N

Points: commit (before a transaction commits), begin (after the one before was committed), item
(Pages about to be stored), evidence (raw file written, row not yet), send (channel accepted, not
yet recorded), step:<name> (before a step of the line), tick (clock about to move on).
The playback ends the process instead of going live, so that runs can be compared.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from sqlalchemy import event
from sqlalchemy.engine import Engine

from config.settings import read_settings
from notify.console import ConsoleChannel
from pipelines import demo_home, ingest, line, playback, serve
from store import evidence, installation
from tests.acceptance.short_town import shorten


class Killer:
    """Counts passings of one point and kills the process at the n-th."""

    def __init__(self, point: str, number: int) -> None:
        self.point, self.left = point, number

    def passing(self, point: str) -> None:
        if point != self.point:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def before(killer: Killer, point: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        killer.passing(point)
        return function(*args, **kwargs)

    return wrapped


def after(killer: Killer, point: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        killer.passing(point)
        return result

    return wrapped


def arm(killer: Killer) -> None:
    """Put the killer at every point it may be asked for."""
    event.listen(Engine, "commit", lambda _connection: killer.passing("commit"))
    event.listen(Engine, "begin", lambda _connection: killer.passing("begin"))
    ingest.store_page = before(killer, "item", ingest.store_page)
    ingest.store_pages = before(killer, "item", ingest.store_pages)
    evidence._write = after(killer, "evidence", evidence._write)
    ConsoleChannel.send = after(killer, "send", ConsoleChannel.send)  # type: ignore[method-assign]
    line.STEPS = tuple((n, before(killer, f"step:{n}", s)) for n, s in line.STEPS)
    installation.move_playback = before(killer, "tick", installation.move_playback)


def main() -> None:
    point, number = sys.argv[1], int(sys.argv[2])
    shorten(demo_home, playback)
    arm(Killer(point, number))

    def end(_self: object) -> None:
        sys.exit(0)

    serve._Child.start = end  # type: ignore[method-assign, assignment]
    serve.supervise(read_settings(), Console(stderr=True))


if __name__ == "__main__":
    main()
