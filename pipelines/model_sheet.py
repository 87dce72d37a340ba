"""The rows of a training as the analyser reads them, their grams and words as matrices."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from nlp.bayes import build_table
from nlp.facts import NlpFacts
from nlp.grams import GramTable, gram_buckets
from nlp.reading import Reading, Register, nameless, read, register_of
from pipelines.model_rows import Row, fold

#: A word must occur this often to stay.
RAREST = 4
FOLDS = 5
#: Rows a gram or word must stand in.
_MET = 3
#: Rows read at once.
_LOT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The choices of a training; they stand in the card."""

    bits: int = 20
    #: Inverse regularisation of grams, words, the stack and severity.
    gram_c: float = 1.0
    word_c: float = 1.0
    stack_c: float = 1.0
    grave_c: float = 1.0
    #: What one of our own rows counts beside one public row, for grams and words and in the stack.
    own_weight: float = 10.0
    #: What a row counts whose label is only guessed from its title.
    distant_weight: float = 0.4
    #: What a letter with a guessed label and an answer count in the table of our own trade.
    trade_weight: float = 0.3
    stack_weight: float = 6.0
    #: One public row in so many is seen by the stack.
    stack_share: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows as the analyser reads them, and the matrices of grams and words."""

    rows: Sequence[Row]
    readings: Sequence[Reading]
    registers: Sequence[Register]
    #: The normal texts with names, links and numbers blanked, as grams are taken of them.
    told: Sequence[str]
    grams: "Grams"
    words: "Words"

    @property
    def negative(self) -> np.ndarray:
        """Return whether each row complains."""
        return np.array([row.negative for row in self.rows])

    @property
    def folds(self) -> np.ndarray:
        """Return the fold of each row: all of one hand, or of one family, stand in one.

        Grams that know a hand's habits look better than they are; the stack must not believe them.
        """
        hands = sorted({row.hand for row in self.rows})
        return np.array([
            hands.index(row.hand) % FOLDS if row.hand else fold("cv" + row.family, FOLDS)
            for row in self.rows
        ])  # fmt: skip


class Grams:
    """Counts of character grams over √n of every row, and how rare each bucket is."""

    def __init__(self, texts: Sequence[str], bits: int) -> None:
        self.matrix = _matrix((gram_buckets(text, bits) for text in texts), 1 << bits)
        self.idf = _idf(self.matrix)
        self.matrix = self.matrix.multiply(self.idf[None, :]).tocsr()

    def table(self, weights: np.ndarray) -> GramTable:
        """Return folded weights as int8: the rarest thousandth is clipped."""
        folded = weights * self.idf
        used = np.abs(folded[folded != 0])
        scale = float(np.quantile(used, 0.9999)) / 127 if len(used) else 1.0
        return GramTable(np.clip(np.round(folded / scale), -127, 127).astype(np.int8), scale)


class Words:
    """Counts of words over √n of every row; words that are rare in these rows are left out."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        counts = Counter(word for words in lists for word in words)
        self.names = sorted(
            word for word, number in counts.items() if number >= RAREST and word.strip()
        )
        self.index = {word: at for at, word in enumerate(self.names)}
        found = (
            np.array([self.index[word] for word in words if word in self.index], dtype=np.int64)
            for words in lists
        )
        lengths = np.array([max(1, len(words)) for words in lists])
        self.counts = _matrix(found, len(self.names), lengths)
        self.idf = _idf(self.counts)
        self.matrix = self.counts.multiply(self.idf[None, :]).tocsr()
        self.lengths = lengths

    def odds(self, keep: np.ndarray, negative: np.ndarray) -> tuple[np.ndarray, float]:
        """Return SnowNLP's Bayes log-odds of every word over some rows, and of an unknown one."""
        whole = self.counts.multiply(np.sqrt(self.lengths)[:, None]).tocsr()
        sides = [
            np.asarray(whole[keep & (negative == side)].sum(axis=0)).ravel().round().astype(int)
            for side in (True, False)
        ]
        pairs = zip(sides[0].tolist(), sides[1].tolist(), strict=True)
        table = build_table(dict(zip(self.names, pairs, strict=True)))
        return np.array([table.odds[name] for name in self.names]), table.unknown


def read_sheet(rows: Sequence[Row], facts: NlpFacts, recipe: Recipe) -> Sheet:
    """Read the rows as the analyser does."""
    readings: list[Reading] = []
    for start in range(0, len(rows), _LOT):
        part = rows[start : start + _LOT]
        readings += read([row.item() for row in part], facts)
    told = [nameless(each.text, each.found) for each in readings]
    return Sheet(
        rows=rows, readings=readings, registers=[register_of(each) for each in readings],
        told=told, grams=Grams(told, recipe.bits),
        words=Words([each.words for each in readings]),
    )  # fmt: skip


def _matrix(
    found: Iterable[np.ndarray], width: int, lengths: np.ndarray | None = None
) -> csr_matrix:
    """Return a sparse matrix of counts over √n, one row a text."""
    columns, values, ends = [], [], [0]
    for number, places in enumerate(found):
        unique, counts = np.unique(places, return_counts=True)
        size = len(places) if lengths is None else int(lengths[number])
        columns.append(unique.astype(np.int32))
        values.append(counts.astype(np.float64) / sqrt(max(1, size)))
        ends.append(ends[-1] + len(unique))
    return csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)),
        shape=(len(ends) - 1, width),
    )


def _idf(matrix: csr_matrix) -> np.ndarray:
    seen = np.asarray((matrix > 0).sum(axis=0)).ravel()
    found: np.ndarray = np.log((1 + matrix.shape[0]) / (1 + seen)) + 1
    return found


def fit_weights(
    matrix: csr_matrix, positive: np.ndarray, weights: np.ndarray, c: float
) -> np.ndarray:
    """Return the weights of a logistic regression; its start is left to the stack.

    Columns met in fewer rows than _MET are left out: they only remember single texts.
    """
    columns = np.flatnonzero(np.bincount(matrix.indices, minlength=matrix.shape[1]) >= _MET)
    model = LogisticRegression(C=c, solver="lbfgs", max_iter=300, tol=1e-3)
    model.fit(matrix[:, columns], positive, sample_weight=weights)
    found = np.zeros(matrix.shape[1])
    found[columns] = model.coef_[0]
    return found


def logistic(
    design: np.ndarray,
    positive: np.ndarray,
    weights: np.ndarray,
    c: float,
    *,
    not_below_zero: Sequence[int] = (),
) -> tuple[np.ndarray, float]:
    """Return the weights and the start of a small logistic regression.

    scikit-learn's objective; the weights of the columns `not_below_zero` may not be negative.
    """
    sides = np.where(positive, 1.0, -1.0)
    wide = np.hstack([design, np.ones((len(design), 1))])

    def cost(values: np.ndarray) -> tuple[float, np.ndarray]:
        margins = sides * (wide @ values)
        slopes = -sides * expit(-margins) * weights
        free = np.append(values[:-1], 0.0)
        loss = float(c * (weights @ np.logaddexp(0.0, -margins)) + free @ free / 2)
        return loss, c * (wide.T @ slopes) + free

    bounds = [(0.0 if at in set(not_below_zero) else None, None) for at in range(wide.shape[1])]
    found = minimize(
        cost, np.zeros(wide.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 5000},
    ).x  # fmt: skip
    return found[:-1], float(found[-1])
