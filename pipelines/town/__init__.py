"""Demo town (演示小城): an invented forum, newspaper and owner group that live on a clock."""

from pipelines.town.load import Town, TownPost
from pipelines.town.server import RunningTown, serve_town, town_sources, town_subjects

__all__ = ["RunningTown", "Town", "TownPost", "serve_town", "town_sources", "town_subjects"]
