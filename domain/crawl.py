"""CrawlMemory: what a spider may ask about earlier visits; the store implements it (design §3)."""

from datetime import datetime
from typing import Any, Protocol

from domain.post import Mark


class CrawlMemory(Protocol):
    """Memory of one source between crawls; `settle` of a Page happens with its posts."""

    def due(self, source: str, now: datetime) -> bool:
        """Whether the source should be visited now."""
        ...

    def known(self, source: str, key: str) -> dict[str, Any] | None:
        """Return the state remembered under `key`, None if never settled."""
        ...

    def due_marks(
        self, source: str, prefix: str, now: datetime
    ) -> list[tuple[str, dict[str, Any]]]:
        """Return (key, state) of the marks under `prefix` whose `due_at` has come, oldest first."""
        ...

    def settle(self, source: str, marks: tuple[Mark, ...], now: datetime) -> None:
        """Remember the marks (used for pages without posts; a Page's own marks go with it)."""
        ...
