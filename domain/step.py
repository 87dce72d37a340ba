"""StepResult: what every step of the line returns (design §2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """Counts of one run of a step."""

    step: str
    done: int = 0
    skipped: int = 0
    failed: int = 0
