"""Train severity (严重程度): what of our own set is grave, from rules, signals and grams."""

import numpy as np

from config.language import SIGNALS
from nlp.analyse import find_raw_signals
from nlp.counts import find_counts
from nlp.facts import NlpFacts
from nlp.grams import GramTable, gram_sums
from nlp.model import SeverityWeights
from nlp.reading import REGISTERS
from nlp.severity import by_rules, log_odds, tempered
from pipelines.model_sheet import FOLDS, Recipe, Sheet, fit_weights, logistic

#: A plain complaint is a third as grave as a grave one.
_MIDDLE = 0.35


def train_severity(
    sheet: Sheet, logits: np.ndarray, facts: NlpFacts, recipe: Recipe
) -> tuple[GramTable, SeverityWeights, np.ndarray]:
    """Return grams, weights and out-of-fold log-odds of every graded row.

    `logits` are the negativity of every row. Public sets only know good and bad: they are left out.
    """
    own = np.flatnonzero([row.graded for row in sheet.rows]).tolist()
    grave = np.array([sheet.rows[at].negativity == 2 for at in own])
    matrix = sheet.grams.matrix[own]
    weights = np.ones(len(own))
    gram, title = np.zeros(len(own)), np.zeros(len(own))
    folds = sheet.folds[own]
    for number in range(FOLDS):
        keep, rest = folds != number, np.flatnonzero(folds == number).tolist()
        table = sheet.grams.table(
            fit_weights(matrix[np.flatnonzero(keep)], grave[keep], weights[keep], recipe.grave_c)
        )
        for at in rest:
            reading = sheet.readings[own[at]]
            sums = gram_sums([sheet.told[own[at]]], table)[0][0]
            gram[at], title[at] = sums.score(0, sums.length), sums.score(0, reading.head_end)
    design = _grave_design(sheet, own, gram, title, logits[own], facts)
    level = np.array([(0.0, _MIDDLE, 1.0)[sheet.rows[at].negativity] for at in own])
    learned, start = logistic(
        np.vstack([design, design]), np.repeat([True, False], len(own)),
        np.concatenate([level, 1.0 - level]), recipe.stack_c,
    )  # fmt: skip
    table = sheet.grams.table(fit_weights(matrix, grave, weights, recipe.grave_c))
    return table, _severity_weights(learned, start), design @ learned + start


def _grave_design(
    sheet: Sheet, own: list[int], gram: np.ndarray, title: np.ndarray, logits: np.ndarray,
    facts: NlpFacts,
) -> np.ndarray:  # fmt: skip
    rows = []
    for at, index in enumerate(own):
        reading, register = sheet.readings[index], sheet.registers[index]
        counts = find_counts(reading.text)
        signals = find_raw_signals(reading, counts, facts)
        anchored = {each.code for each in signals if each.anchored}
        rows.append([
            log_odds(by_rules(reading, signals, counts, facts)), gram[at], title[at],
            tempered(float(logits[at])),
            *(float(code in anchored) for code in SIGNALS),
            *(float(register.name == name) for name in REGISTERS),
        ])  # fmt: skip
    return np.array(rows)


def _severity_weights(learned: np.ndarray, start: float) -> SeverityWeights:
    values = [round(float(value), 4) for value in learned]
    return SeverityWeights(
        bias=round(start, 4), rules=values[0], gram=values[1], title_gram=values[2],
        negativity=values[3],
        signals=dict(zip(SIGNALS, values[4 : 4 + len(SIGNALS)], strict=True)),
        registers=dict(zip(REGISTERS, values[4 + len(SIGNALS) :], strict=True)),
    )  # fmt: skip
