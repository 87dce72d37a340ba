"""Measure scorers of negativity on labelled rows, one line a register (docs/model-card.md).

Needs no scikit-learn: a home without the extra can measure the model it uses.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from domain.post import SourceKind
from nlp.analyse import analyse_many
from nlp.facts import NlpFacts
from pipelines.model_rows import CIVIC, MEASURED, Row, public_rows

#: News titles with a polarity; measured on, never learned from.
TITLES = "domain_negativity/news_titles.dev.jsonl.gz"
#: From here on a text counts as negative.
NEGATIVE_FROM = 0.5
#: Bins of the calibration error.
BINS = 10
#: Resamplings of its interval.
DRAWS = 500
#: Rows of one public set at most: SnowNLP reads 45 texts a second.
MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a scorer is worth on one register; None where the rows hold one class only."""

    n: int
    negative: int
    auc: float | None
    accuracy: float
    #: Share of the negative rows that are found, and of the others that are not left alone.
    recall: float | None
    false_alarms: float | None
    #: Expected calibration error, with its bootstrap 95 % interval.
    ece: float
    ece_low: float
    ece_high: float


def measure(rows: Sequence[Row], negativity: Sequence[float]) -> dict[str, Figures]:
    """Return figures by `Row.source`, in the order met; `negativity` 0–1 of each row."""
    places: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        places.setdefault(row.source, []).append(at)
    negative = np.array([row.negative for row in rows], dtype=bool)
    scores = np.asarray(negativity, dtype=np.float64)
    return {name: figures(negative[at], scores[at]) for name, at in places.items()}


def figures(negative: np.ndarray, negativity: np.ndarray) -> Figures:
    """Return the figures of some rows taken together."""
    found = negativity >= NEGATIVE_FROM
    low, high = ece_interval(negative, negativity)
    return Figures(
        n=len(negative), negative=int(negative.sum()), auc=auc(negative, negativity),
        accuracy=_share(found == negative) or 0.0, recall=_share(found[negative]),
        false_alarms=_share(found[~negative]), ece=round(ece(negative, negativity), 4),
        ece_low=low, ece_high=high,
    )  # fmt: skip


def auc(negative: np.ndarray, negativity: np.ndarray) -> float | None:
    """Return how often a negative row scores above another one; ties count half."""
    bad, good = negativity[negative], np.sort(negativity[~negative])
    if not len(bad) or not len(good):
        return None
    below = np.searchsorted(good, bad, "left") + np.searchsorted(good, bad, "right")
    return round(float(below.sum()) / 2 / (len(bad) * len(good)), 4)


def log_loss(negative: np.ndarray, negativity: np.ndarray) -> float:
    """Return the mean surprise in nats; a sure error costs 9.2 at most."""
    sure = np.clip(negativity, 1e-4, 1 - 1e-4)
    return float(-np.mean(np.where(negative, np.log(sure), np.log(1 - sure))))


def ece(negative: np.ndarray, negativity: np.ndarray) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = _bins(negativity)
    sums = np.bincount(bins, weights=negativity - negative, minlength=BINS)
    return float(np.abs(sums).sum() / max(1, len(bins)))


def ece_interval(negative: np.ndarray, negativity: np.ndarray) -> tuple[float, float]:
    """Return the bootstrap 95 % interval of the calibration error; the same on every run."""
    if not len(negative):
        return 0.0, 0.0
    random = np.random.default_rng(5)
    gaps, bins = negativity - negative, _bins(negativity)
    drawn = []
    for _ in range(DRAWS):
        some = random.integers(0, len(gaps), len(gaps))
        sums = np.bincount(bins[some], weights=gaps[some], minlength=BINS)
        drawn.append(np.abs(sums).sum() / len(gaps))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return round(float(low), 4), round(float(high), 4)


def _bins(negativity: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.minimum((negativity * BINS).astype(int), BINS - 1)
    return found


def _share(found: np.ndarray) -> float | None:
    return round(float(np.mean(found)), 4) if len(found) else None


# ---- rows to measure on ------------------------------------------------------------------------


def negativities(rows: Sequence[Row], facts: NlpFacts) -> list[float]:
    """Return what the analyser says of each row, as a post would be read."""
    texts = (row.item() for row in rows)
    return [each.negativity for each in analyse_many(texts, facts, why=False)]


def shared_rows(data: Path) -> Iterator[Row]:
    """Yield rows of the data folder no training learns from, then the frozen part of its sets.

    Raises OSError where a file is missing.
    """
    for row in _lines(data / MEASURED):
        yield Row(
            text=row["text"], title=row["title"], negativity=row["negativity"],
            source="shared_message", family=row["source_id"], kind=SourceKind.COMPLAINT,
            graded=True,
        )  # fmt: skip
    for at, row in enumerate(_lines(data / TITLES)):
        yield Row(
            text=row["title"], negativity=int(row["polarity"] < 0), source="shared_title",
            family=f"title{at}", kind=SourceKind.NEWS,
        )  # fmt: skip
    public = list(public_rows(data))
    learned = {row.text for row in public if row.source == "civic_reply"}
    for at, row in enumerate(_lines(data / CIVIC[0])):
        if row["reply"] not in learned:
            yield Row(text=row["reply"], negativity=0, source="shared_answer", family=f"answer{at}")
    yield from _frozen(public)


def _frozen(public: Sequence[Row]) -> Iterator[Row]:
    """Yield the frozen part of each public set of reviews, MOST rows of it."""
    sets: dict[str, list[Row]] = {}
    for row in public:
        if row.measured and not row.source.startswith("civic"):
            sets.setdefault(row.source, []).append(row)
    for rows in sets.values():
        yield from sorted(rows, key=lambda row: sha256(row.family.encode()).digest())[:MOST]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
