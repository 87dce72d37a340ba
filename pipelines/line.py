"""The line: the whole application on one screen.

    source → spider → Page → ingest → analyse → relate → assess → watch → (person) → remind
    → brief → deliver → purge

Collecting (pipelines/crawl.py) stores Pages as they arrive; everything after it is the steps
below. Each finds its own work in the store (missing result rows, due times), writes results in
one transaction, and may be run alone, again, or after any crash.
"""

from collections.abc import Callable
from datetime import datetime

from domain.step import StepResult
from pipelines import analyse, assess, brief, deliver, purge, relate, remind, watch
from pipelines.wiring import App

Step = Callable[[App, datetime], StepResult]

#: In a post's order of travel; a clock that runs out is told in the same pass.
STEPS: tuple[tuple[str, Step], ...] = (
    ("analyse", analyse.run),
    ("relate", relate.run),
    ("assess", assess.run),
    ("watch", watch.run),
    ("remind", remind.run),
    ("brief", brief.run),
    ("deliver", deliver.run),
    ("purge", purge.run),
)


def run_line(app: App) -> list[StepResult]:
    """Run every step once, in order, each at its own moment: what came in meanwhile counts."""
    return [step(app, app.clock.now()) for _, step in STEPS]
