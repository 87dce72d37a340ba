"""Train the negativity model (训练): grams, words, then the stack over both.

Level 1 learns character grams and words on all rows; level 2 (Platt-stacked, nlp.md A2) learns
from out-of-fold figures how far to trust each part in each register. Deterministic.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from nlp.facts import NlpFacts
from nlp.grams import GramTable, gram_sums
from nlp.model import Coefficients, Model
from nlp.reading import CUES, REGISTERS
from nlp.score import lexicon_parts
from pipelines.model_files import stamped
from pipelines.model_rows import REVIEWS, Row
from pipelines.model_severity import train_severity
from pipelines.model_sheet import FOLDS, Recipe, Sheet, fit_weights, logistic, read_sheet

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model, and what it says of its own rows without having learned from their family."""

    model: Model
    negativity: np.ndarray
    #: Of our own rows in order; the public ones are not graded.
    severity: np.ndarray


def train(rows: Sequence[Row], facts: NlpFacts, recipe: Recipe, say: Progress) -> Trained:
    """Train a model; `facts` give the lexicon, the model they hold is not used."""
    sheet = read_sheet(rows, facts, recipe)
    say(f"读入 {len(rows)} 条，其中自有标注 {sum(row.graded for row in rows)} 条")
    negativity = _negativity(sheet, recipe, say)
    grave, severity, gravity = train_severity(sheet, negativity.logits, facts, recipe)
    say("严重程度：完成")
    model = Model(
        version="", grams=negativity.grams, domain=negativity.domain, grave=grave,
        words=negativity.words, unknown=negativity.unknown, stack=negativity.stack,
        severity=severity,
    )  # fmt: skip
    return Trained(
        model=stamped(model), negativity=expit(negativity.logits), severity=expit(gravity)
    )


# ---- level 1: grams and words ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Negativity:
    grams: GramTable
    domain: GramTable
    words: dict[str, float]
    unknown: float
    stack: dict[str, Coefficients]
    #: Out-of-fold log-odds of every row, of the whole stack.
    logits: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """What level 1 says of every row without having learned from its family."""

    gram: np.ndarray
    domain: np.ndarray
    title: np.ndarray
    model: np.ndarray
    bayes: np.ndarray


def _negativity(sheet: Sheet, recipe: Recipe, say: Progress) -> _Negativity:
    negative = sheet.negative
    weights = np.array([
        recipe.own_weight if row.graded else recipe.distant_weight if row.distant else 1.0
        for row in sheet.rows
    ])  # fmt: skip
    trade = np.array([
        0.0 if row.source in REVIEWS else 1.0 if row.graded else recipe.trade_weight
        for row in sheet.rows
    ])  # fmt: skip
    level = _out_of_fold(sheet, negative, weights, trade, recipe, say)
    stack, mix, logits = _stack(sheet, level, recipe)
    say("二层：完成")
    every = np.ones(len(negative), dtype=bool)
    grams = sheet.grams.table(fit_weights(sheet.grams.matrix, negative, weights, recipe.gram_c))
    domain = sheet.grams.table(_fit_seen(sheet.grams.matrix, negative, trade, recipe.gram_c))
    told = fit_weights(sheet.words.matrix, negative, weights, recipe.word_c) * sheet.words.idf
    odds, unknown = sheet.words.odds(every, negative)
    fused = mix[0] * told + mix[1] * odds
    kept = {
        name: round(float(value), 3) for name, value in zip(sheet.words.names, fused, strict=True)
    }
    return _Negativity(
        grams=grams, domain=domain, words=kept, unknown=round(mix[1] * unknown, 3),
        stack=stack, logits=logits,
    )  # fmt: skip


def _fit_seen(
    matrix: csr_matrix, negative: np.ndarray, weights: np.ndarray, c: float
) -> np.ndarray:
    """Fit on the rows that have a weight."""
    seen = np.flatnonzero(weights)
    return fit_weights(matrix[seen], negative[seen], weights[seen], c)


def _out_of_fold(
    sheet: Sheet,
    negative: np.ndarray,
    weights: np.ndarray,
    trade: np.ndarray,
    recipe: Recipe,
    say: Progress,
) -> _Level:
    size = len(negative)
    found = {name: np.zeros(size) for name in ("gram", "domain", "title", "model", "bayes")}
    for number in range(FOLDS):
        keep, rest = sheet.folds != number, np.flatnonzero(sheet.folds == number).tolist()
        seen = np.flatnonzero(keep)
        told = fit_weights(sheet.grams.matrix[seen], negative[seen], weights[seen], recipe.gram_c)
        own = _fit_seen(sheet.grams.matrix, negative, trade * keep, recipe.gram_c)
        tables = sheet.grams.table(told), sheet.grams.table(own)
        for at in rest:
            reading = sheet.readings[at]
            sums, domain = gram_sums([sheet.told[at]], *tables)[0]
            found["gram"][at] = sums.score(0, sums.length)
            found["domain"][at] = domain.score(0, domain.length)
            found["title"][at] = domain.score(0, reading.head_end)
        words = fit_weights(sheet.words.matrix[seen], negative[seen], weights[seen], recipe.word_c)
        found["model"][rest] = sheet.words.matrix[rest] @ words
        odds, unknown = sheet.words.odds(keep, negative)
        known = np.asarray(sheet.words.counts[rest].sum(axis=1)).ravel()
        missing = np.sqrt(sheet.words.lengths[rest]) - known
        found["bayes"][rest] = sheet.words.counts[rest] @ odds + unknown * missing
        say(f"一层：第 {number + 1}/{FOLDS} 份")
    return _Level(**found)


# ---- level 2: the stack ------------------------------------------------------------------------

#: What people wrote down, lexicon and cues: weighed among themselves first, without the tables,
#: which know our own set so well that they would leave the rules nothing to say.
_RULES = ("blame", "title_blame", "praise", *CUES)
#: What the registers then weigh, each at its own rate around a common one.
_MIXED = ("gram", "domain", "title", "word", "rules")
#: What a register's own rate costs beside the common one. The rules it may only trust more: where
#: the tables know our own set by heart they would else count for nothing, or against.
_RELUCTANT = 0.2


def _stack(
    sheet: Sheet, level: _Level, recipe: Recipe
) -> tuple[dict[str, Coefficients], tuple[float, float], np.ndarray]:
    """Return coefficients by register, the mix of the two word tables, and every row's logit."""
    seen = np.array([
        row.graded or (at % recipe.stack_share == 0 and not row.distant)
        for at, row in enumerate(sheet.rows)
    ])  # fmt: skip
    weights = np.array([recipe.stack_weight if row.graded else 1.0 for row in sheet.rows])

    def learn(
        design: np.ndarray, rows: np.ndarray = seen, above: Sequence[int] = ()
    ) -> tuple[np.ndarray, float]:
        return logistic(
            design[rows], sheet.negative[rows], weights[rows], recipe.stack_c,
            not_below_zero=above,
        )  # fmt: skip

    tables = np.column_stack([level.model, level.bayes])
    mix = learn(tables)[0]
    told, registers = _told(sheet), _registers(sheet)
    own_rows = np.array([row.graded for row in sheet.rows])
    rules = learn(np.hstack([told, registers]), own_rows)[0][: len(_RULES)]
    mixed = np.column_stack([level.gram, level.domain, level.title, tables @ mix, told @ rules])
    own = [mixed * registers[:, [at]] * _RELUCTANT for at in range(len(REGISTERS))]
    design = np.hstack([mixed, registers, *own])
    first = len(_MIXED) + len(REGISTERS)
    rule_rates = range(first + _MIXED.index("rules"), design.shape[1], len(_MIXED))
    learned, start = learn(design, above=rule_rates)
    stack = {name: _coefficients(at, learned, start, rules) for at, name in enumerate(REGISTERS)}
    return stack, (float(mix[0]), float(mix[1])), design @ learned + start


def _told(sheet: Sheet) -> np.ndarray:
    """Return what lexicon and cues say of every row."""
    rows = []
    for reading, register in zip(sheet.readings, sheet.registers, strict=True):
        found = lexicon_parts(reading, reading.weighed, sarcasm=register.sarcasm is not None)
        found |= {cue: float(getattr(register, cue) is not None) for cue in CUES}
        rows.append([found[name] for name in _RULES])
    return np.array(rows)


def _registers(sheet: Sheet) -> np.ndarray:
    return np.array([[float(each.name == name) for name in REGISTERS] for each in sheet.registers])


def _coefficients(at: int, learned: np.ndarray, start: float, rules: np.ndarray) -> Coefficients:
    """Return what one register trusts: the common rate and its own."""
    size = len(_MIXED)
    first = size + len(REGISTERS) + at * size
    rates = learned[:size] + learned[first : first + size] * _RELUCTANT
    found = dict(zip(_MIXED, rates.tolist(), strict=True))
    rule = found.pop("rules")
    found |= dict(zip(_RULES, (rules * rule).tolist(), strict=True))
    bias = start + float(learned[size + at])
    return Coefficients(
        bias=round(bias, 4), **{name: round(value, 4) for name, value in found.items()}
    )
