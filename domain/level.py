"""Level (预警级别): four named severities; a number exists only in a company profile (LC-1)."""

from enum import StrEnum


class Level(StrEnum):
    """How grave an alert is; stored and exported by name, never as a number."""

    MINOR = "minor"
    MODERATE = "moderate"
    MAJOR = "major"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Order of gravity, for comparison only."""
        return _ORDER.index(self)

    def graver_than(self, other: "Level | None") -> bool:
        """Whether this level is graver; anything is graver than none."""
        return other is None or self.rank > other.rank

    # A StrEnum would compare alphabetically; that would be silently wrong.
    def __lt__(self, other: object) -> bool:
        raise TypeError("levels are compared with graver_than()")

    __le__ = __gt__ = __ge__ = __lt__


_ORDER = (Level.MINOR, Level.MODERATE, Level.MAJOR, Level.CRITICAL)


def gravest(levels: "list[Level]") -> Level | None:
    """Return the gravest of the levels, None of none."""
    return max(levels, key=lambda level: level.rank, default=None)
