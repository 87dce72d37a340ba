"""Process: locks that elect one process of a home, stop signals, and never outliving the parent."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from domain.errors import StoreError

#: Seconds between two looks at whether the parent lives, and between two tries to get a lock.
LOOK = 1.0


def stop_event() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set; call it in the main thread."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return stop


def die_with(parent: int | None) -> None:
    """End this process by SIGTERM once its parent is gone: no orphan works on beside a new one."""
    if parent is None:
        return

    def watch() -> None:
        while os.getppid() == parent:
            threading.Event().wait(LOOK)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()


@contextmanager
def elected(lock: Path, stop: threading.Event) -> Iterator[bool]:
    """Wait for the lock; yields False if asked to stop before it was free."""
    held = FileLock(lock)
    while not stop.is_set():
        try:
            held.acquire(blocking=False)
        except Timeout:
            stop.wait(LOOK)
            continue
        try:
            yield True
        finally:
            held.release()
        return
    yield False


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home's serve lock; raises StoreError if another process serves it."""
    home.mkdir(parents=True, exist_ok=True)
    held = FileLock(home / "serve.lock")
    try:
        held.acquire(blocking=False)
    except Timeout:
        raise StoreError(f"{home} 已有一个烽火在运行：请使用已打开的看板，或先停止它") from None
    try:
        yield
    finally:
        held.release()


def limit_memory(megabytes: int) -> None:
    """Let this process fail rather than eat the machine (data segment; not on Windows)."""
    try:
        import resource  # noqa: PLC0415 (there is none on Windows)
    except ImportError:
        return
    most = megabytes << 20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
