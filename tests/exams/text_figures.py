"""Exam of "Text": figures on rows no model has seen, and whether they are probabilities.

One training without the frozen fifth of every set, split by families; about two minutes.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nlp.reading import REGISTERS, read, register_of
from pipelines import language, model_evaluate
from pipelines.model_measure import Figures, figures, measure, negativities, shared_rows
from pipelines.model_rows import REVIEWS, Row, own_rows
from tests.exams.checks import AFTER_TESTS, QUICK, ROOT, Check

SHARED = Path(os.environ.get("SHARED", ROOT.parent / "shared"))
DATA = SHARED / "data"
#: Reviews and weibo: a regression guard, here on rows the model has not seen.
REVIEWS_WANTED = {
    "chnsenticorp_htl": 0.88, "waimai_10k": 0.88, "online_shopping_10_cats": 0.91,
    "weibo_senti_100k_part": 0.90,
}  # fmt: skip
SMP_F1, ANSWERS, ECE, ENOUGH = 0.75, 0.10, 0.05, 750
#: Letters are labelled by what their titles say: no truth to be calibrated to.
DISTANT = ("civic",)


def missing(name: str) -> Iterator[Check]:
    """Yield the line of a check that needs shared data which is not there."""
    if not AFTER_TESTS:
        yield Check(name, f"no {DATA.name}", "../shared", ok=False)


@cache
def fair() -> Any:
    """Train without the frozen fifth of every set, by families (model_fit.Trained)."""
    return model_evaluate.fit(fair_rows(), lambda _: None)


@cache
def fair_rows() -> list[Row]:
    """Return the rows of that training."""
    return [row for row in model_evaluate.training_rows(DATA) if not row.measured]


def unseen() -> Iterator[Check]:
    """Measure a model on the families it has not seen; a minute or two of training."""
    if QUICK:
        return
    if not DATA.is_dir():
        yield from missing("figures on unseen rows")
        return
    facts = language.load_facts((), fair().model)
    rows = [*(row for row in own_rows() if row.measured), *shared_rows(DATA)]
    found = measure(rows, negativities(rows, facts))
    for name, wanted in REVIEWS_WANTED.items():
        here = found[name]
        yield Check(f"{name} accuracy, one fifth held out", f"{here.accuracy:.3f} (n {here.n})",
                    wanted, here.accuracy >= wanted)  # fmt: skip
    for name in (name for name in REVIEWS if name.startswith("smp")):
        score = f1(found[name])
        yield Check(f"{name} negative-vs-rest F1, one fifth held out",
                    f"{score:.3f} (n {found[name].n})", SMP_F1, score >= SMP_F1)  # fmt: skip
    answers = found["shared_answer"].false_alarms or 0.0
    yield Check(f"official answers called negative, {found['shared_answer'].n} not trained on",
                f"{answers:.3f}", f"≤ {ANSWERS}", answers <= ANSWERS)  # fmt: skip
    for name, here in found.items():
        if name not in REVIEWS and name != "shared_answer":
            yield Check(f"{name}, families not trained on", told(here), "stated", True)


def f1(found: Figures) -> float:
    """Return F1 of the negative class."""
    hits = (found.recall or 0.0) * found.negative
    wrong = (found.false_alarms or 0.0) * (found.n - found.negative)
    return 2 * hits / max(1.0, hits + wrong + found.negative)


def told(found: Figures) -> str:
    """Return the figures of a register in one line."""
    shares = (("AUC", found.auc), ("recall", found.recall), ("false alarms", found.false_alarms))
    return ", ".join(
        [f"n {found.n}"] + [f"{name} {value:.3f}" for name, value in shares if value is not None]
    )


def calibration() -> Iterator[Check]:
    """Say how far out-of-fold figures are from being probabilities, by register and by set.

    The bound is the register's; a set is one of the voices of its register and is stated.
    """
    if QUICK:
        return
    if not DATA.is_dir():
        yield from missing("calibration")
        return
    rows = fair_rows()
    said = np.asarray(fair().negativity)
    bad = np.array([row.negative for row in rows])
    told = np.array([row.source not in DISTANT for row in rows])
    registers = np.array(_registers(rows))
    for name in REGISTERS:
        here = (registers == name) & told
        if here.any():
            found = figures(bad[here], said[here])
            yield Check(
                f"ECE of the register {name}, out-of-fold", _ece(found),
                f"≤ {ECE}" if found.n >= ENOUGH else f"stated: fewer than {ENOUGH}",
                found.n < ENOUGH or found.ece <= ECE,
            )  # fmt: skip
    sources = np.array([row.source for row in rows])
    for name in sorted(set(sources)):
        here = sources == name
        yield Check(f"ECE of the set {name}, out-of-fold",
                    _ece(figures(bad[here], said[here])), "stated", True)  # fmt: skip


def _registers(rows: list[Row]) -> list[str]:
    """Return whose voice each row is, as the analyser hears it."""
    facts = language.load_facts((), fair().model)
    return [register_of(read([row.item()], facts)[0]).name for row in rows]


def _ece(found: Figures) -> str:
    return f"{found.ece:.3f} [{found.ece_low:.3f}, {found.ece_high:.3f}] (n {found.n})"
