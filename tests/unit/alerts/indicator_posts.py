"""Counted posts in few words for the tests of the indicators."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.alert import Counted
from domain.analysis import Signal, Span
from domain.post import Precision, SourceKind

#: 2026-11-20 12:00 in Shanghai.
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def post(n: int, hours: float = 0.0, **more: Any) -> Counted:
    """Return a negative forum post of author n, so many hours ago."""
    at = NOW - timedelta(hours=hours)
    values: dict[str, Any] = {
        "key": f"bbs.example|{n}", "revision": n, "site": "bbs.example", "kind": SourceKind.FORUM,
        "author": f"业主{n}", "household": None, "published_at": at,
        "precision": Precision.SECOND, "fetched_at": at, "backfill": False, "negative": True,
        "relevant": True, "duplicate": False, "outlet": None, "categories": ("K09",),
        "signals": (),
    }  # fmt: skip
    return Counted(**{**values, **more})


def article(n: int, outlet: str, hours: float = 1.0, **more: Any) -> Counted:
    """Return an article of an outlet, negative towards the subject."""
    values = {"kind": SourceKind.NEWS, "author": None, "site": f"news{n}.example", "outlet": outlet}
    return post(n, hours, **{**values, **more})


def signal(code: str, *, anchored: bool = True) -> tuple[Signal, ...]:
    return (Signal(code=code, span=Span(text="字", start=0, end=1), anchored=anchored),)
