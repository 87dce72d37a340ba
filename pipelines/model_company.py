"""A company's own model (自训): the one in use, nudged by what its monitors said of texts.

Not a training anew: a few hundred labels would unlearn what fifty thousand rows taught. In the
registers with enough labels the start and the slopes move, then single grams; both are pulled
towards the weights they come from. Our own rows are anchors: there the nudged model is asked to
say what it said before, since the grams know those rows by heart and their labels teach nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit

from domain.analysis import TextIn
from nlp.grams import GramTable, gram_buckets
from nlp.model import Model
from nlp.reading import Reading, Register, read, register_of
from nlp.score import combine, measure
from pipelines import language
from pipelines.model_files import stamped
from pipelines.model_measure import log_loss
from pipelines.model_rows import Row, fold

#: A register moves once so many labels lie in it.
ENOUGH = 20
#: Parts whose weight a register may change, beside its start.
_MOVED = ("gram", "word", "blame", "praise")
#: What one squared unit of change costs: a start, a slope, the log-odds of one gram.
_RIDGE_STACK, _RIDGE_GRAMS = 2.0, 1.0
#: Label rows a gram must stand in; it moves by no more than this (int8 steps).
_MET, _STEPS = 3, 16
_LOT = 256
_FOLDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to nudge, and what it says of the labels without having learned from them."""

    #: "stack" moves starts and slopes, "grams" single grams as well.
    name: str
    model: Model
    #: Cross-validated log-loss on the labels it may learn from.
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """Rows as the analyser reads them with the model that is to be nudged."""

    readings: Sequence[Reading]
    registers: Sequence[Register]
    #: Whether a row is a label; else it is an anchor.
    is_label: np.ndarray
    #: 0–1 that a row complains: a label, or for an anchor what the model said before.
    target: np.ndarray
    weights: np.ndarray
    #: Log-odds before.
    before: np.ndarray

    def part(self, places: np.ndarray) -> "_Sheet":
        """Return some of the rows."""
        return _Sheet(
            readings=[self.readings[at] for at in places.tolist()],
            registers=[self.registers[at] for at in places.tolist()],
            is_label=self.is_label[places], target=self.target[places],
            weights=self.weights[places], before=self.before[places],
        )  # fmt: skip


def candidates(base: Model, labels: Sequence[Row], anchors: Sequence[Row]) -> list[Candidate]:
    """Return the nudged models, the one that generalises best first.

    `labels` and `anchors` must not hold rows that are measured on.
    """
    sheet = _sheet(base, labels, anchors)
    folds = np.array([fold("cv" + row.family, _FOLDS) for row in labels])
    found = []
    for name in ("stack", "grams"):
        told = np.zeros(len(labels))
        for number in range(_FOLDS):
            rest = np.flatnonzero(folds == number)
            if len(rest):
                keep = np.ones(len(sheet.target), dtype=bool)
                keep[rest] = False
                nudged = _nudge(name, base, sheet.part(np.flatnonzero(keep)))
                told[rest] = _logits(nudged, [labels[at] for at in rest.tolist()])
        loss = log_loss(np.array([row.negative for row in labels]), expit(told))
        found.append(Candidate(name=name, model=stamped(_nudge(name, base, sheet)), loss=loss))
    return sorted(found, key=lambda each: each.loss)


def _nudge(name: str, base: Model, sheet: _Sheet) -> Model:
    model, told = _move_stack(base, sheet)
    if name == "grams":
        model = replace(model, grams=_move_grams(model, sheet, told))
    return model


# ---- rows ----------------------------------------------------------------------------------------


def _sheet(base: Model, labels: Sequence[Row], anchors: Sequence[Row]) -> _Sheet:
    """Read the rows; the anchors of a register weigh together what its labels do."""
    readings = _read([*labels, *anchors], base)
    registers = [register_of(each) for each in readings]
    before = np.array([_logit(r, v, base) for r, v in zip(readings, registers, strict=True)])
    names = [each.name for each in registers]
    labelled, anchored = Counter(names[: len(labels)]), Counter(names[len(labels) :])
    share = [min(1.0, labelled[name] / anchored[name]) for name in names[len(labels) :]]
    said = [float(row.negative) for row in labels]
    return _Sheet(
        readings=readings, registers=registers, before=before,
        is_label=np.arange(len(readings)) < len(labels),
        target=np.concatenate([said, expit(before[len(labels) :])]),
        weights=np.concatenate([np.ones(len(labels)), share]),
    )  # fmt: skip


def _read(rows: Sequence[Row], model: Model) -> list[Reading]:
    facts = replace(language.load_facts(), model=model)
    texts = [TextIn(id="", text=row.text, title=row.title, source_kind=row.kind) for row in rows]
    found: list[Reading] = []
    for start in range(0, len(texts), _LOT):
        found += read(texts[start : start + _LOT], facts)
    return found


def _logits(model: Model, rows: Sequence[Row]) -> np.ndarray:
    return np.array([_logit(each, register_of(each), model) for each in _read(rows, model)])


def _parts(reading: Reading, register: Register, model: Model) -> Any:
    return measure(reading, reading.weighed, model, sarcasm=register.sarcasm is not None)


def _logit(reading: Reading, register: Register, model: Model) -> float:
    return combine(_parts(reading, register, model), register, model.stack[register.name])


# ---- starts and slopes ---------------------------------------------------------------------------


def _move_stack(base: Model, sheet: _Sheet) -> tuple[Model, np.ndarray]:
    """Return the model with moved starts and slopes, and its log-odds of the rows."""
    stack, told = dict(base.stack), sheet.before.copy()
    names = np.array([each.name for each in sheet.registers])
    for name in sorted(set(names)):
        here = np.flatnonzero(names == name)
        if int(sheet.is_label[here].sum()) < ENOUGH:
            continue
        part = sheet.part(here)
        measured = (_parts(*pair, base) for pair in zip(part.readings, part.registers, strict=True))
        design = np.array([[1.0, *(getattr(p, each) for each in _MOVED)] for p in measured])
        moved = _solve(design, part, sheet.before[here], _RIDGE_STACK)
        told[here] += design @ moved
        old = stack[name]
        slopes = {
            key: round(getattr(old, key) + float(by), 4)
            for key, by in zip(("bias", *_MOVED), moved, strict=True)
        }
        stack[name] = replace(old, **slopes)
    return replace(base, stack=stack), told


# ---- grams ---------------------------------------------------------------------------------------


def _move_grams(model: Model, sheet: _Sheet, told: np.ndarray) -> GramTable:
    """Return the gram table with a small change of grams that stand in several labelled texts."""
    table = model.grams
    names = [each.name for each in sheet.registers]
    slopes = np.array([model.stack[name].gram for name in names])
    moving = Counter(n for n, is_label in zip(names, sheet.is_label, strict=True) if is_label)
    rows = np.flatnonzero([moving[name] >= ENOUGH for name in names])
    if not len(rows) or not table.scale:
        return table
    design = _grams([sheet.readings[at].text for at in rows.tolist()], len(table.weights))
    design = design.multiply(slopes[rows][:, None]).tocsr()
    label_rows = np.flatnonzero(sheet.is_label[rows])
    met = np.bincount(design[label_rows].indices, minlength=design.shape[1])
    columns = np.flatnonzero(met >= _MET)
    moved = _solve(design[:, columns], sheet.part(rows), told[rows], _RIDGE_GRAMS)
    steps = np.clip(np.round(moved / table.scale), -_STEPS, _STEPS).astype(np.int64)
    weights = table.weights.astype(np.int64)
    weights[columns] += steps
    return GramTable(np.clip(weights, -127, 127).astype(np.int8), table.scale)


def _grams(texts: Sequence[str], width: int) -> csr_matrix:
    """Return counts over √(3n), as nlp.grams weighs them."""
    columns, values, ends = [], [], [0]
    for text in texts:
        unique, counts = np.unique(gram_buckets(text, width.bit_length() - 1), return_counts=True)
        columns.append(unique.astype(np.int32))
        values.append(counts / np.sqrt(3 * max(1, len(text))))
        ends.append(ends[-1] + len(unique))
    return csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)),
        shape=(len(texts), width),
    )


def _solve(design: Any, sheet: _Sheet, told: np.ndarray, ridge: float) -> np.ndarray:
    """Return the change that fits the targets best, pulled towards no change at all."""

    def cost(change: np.ndarray) -> tuple[float, np.ndarray]:
        logits = told + design @ change
        missed = sheet.weights * (expit(logits) - sheet.target)
        loss = float(np.sum(sheet.weights * (np.logaddexp(0.0, logits) - sheet.target * logits)))
        return loss + ridge / 2 * float(change @ change), design.T @ missed + ridge * change

    found = minimize(cost, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B")
    moved: np.ndarray = found.x
    return moved
