"""Evaluate the model against its peers on the same rows (design §5 `model evaluate`).

An honest figure needs a model that has not seen the frozen part: one is trained without it, and
so are the peers that can be trained. scikit-learn is loaded only then.
"""

import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import FenghuoError
from nlp.bayes import build_table, probability
from nlp.model import Model
from nlp.normal import normalise
from nlp.words import cut
from pipelines import language, model_files
from pipelines.model_measure import Figures, measure, negativities, shared_rows
from pipelines.model_rows import Row, needed_files, own_rows, public_rows

Say = Callable[[str], None]
Scorer = Callable[[Sequence[Row]], list[float]]

#: What the rows of the table are called.
OURS = "烽火"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Figures of every scorer on the same rows."""

    #: Version of the measured model, and whether it learned from the frozen rows.
    model: str
    seen: bool
    #: Rows the measured model and its trainable peers learned from; 0 where none was trained.
    trained_on: int
    #: Scorer → register → figures.
    scorers: dict[str, dict[str, Figures]]
    #: Peers that could not run: how to install them.
    missing: dict[str, str]


def evaluate(
    data: Path | None,
    shipped: Model | None,
    *,
    peers: bool = False,
    own: bool = False,
    say: Say,
) -> Evaluation:
    """Measure a model trained without the frozen part, or `shipped` as it is where one is given.

    `own` trains on our own set alone, whatever `data` there are to measure on. Raises FenghuoError
    where data or scikit-learn are missing.
    """
    if data is not None:
        require_files(data)
    rows = [row for row in own_rows() if row.measured]
    rows += shared_rows(data) if data is not None else ()
    training = [row for row in training_rows(None if own else data) if not row.measured]
    model = shipped or fit(training, say).model
    said = {OURS: negativities(rows, language.load_facts((), model))}
    missing: dict[str, str] = {}
    for name, make in PEERS.items() if peers else ():
        try:
            say(f"对照：{name}")
            said[name] = make(training)(rows)
        except FenghuoError as problem:
            missing[name] = str(problem)
    return Evaluation(
        model=model.version, seen=shipped is not None,
        trained_on=0 if shipped is not None else len(training),
        scorers={name: measure(rows, told) for name, told in said.items()}, missing=missing,
    )  # fmt: skip


def training_rows(data: Path | None) -> list[Row]:
    """Return our own rows, and the public ones where a data folder is given."""
    return [*own_rows(), *(public_rows(data) if data is not None else ())]


def require_files(data: Path) -> None:
    """Raise FenghuoError naming the files a data folder lacks."""
    missing = [name for name in needed_files() if not (data / name).is_file()]
    if missing:
        raise FenghuoError(
            f"{data} 缺少 {len(missing)} 个文件：{'、'.join(missing)}；"
            "请对照 docs/model-card.md 的“训练数据”补齐。"
        )


def fit(rows: Sequence[Row], say: Say) -> Any:
    """Train on some rows (model_fit.Trained); raises FenghuoError without scikit-learn."""
    trainer = learner("pipelines.model_fit")
    facts = language.load_facts((), model_files.blank())
    return trainer.train(rows, facts, recipe(), say)


def recipe() -> Any:
    """Return the choices of every training here (model_sheet.Recipe)."""
    return learner("pipelines.model_sheet").Recipe()


def learner(module: str) -> Any:
    """Return a module that needs scikit-learn or scipy; raises FenghuoError without them."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("sklearn", "scipy"):
            raise
        raise FenghuoError(
            "没有安装 scikit-learn，不能训练：请先运行 .venv/bin/pip install 'scikit-learn>=1.7'"
        ) from error


# ---- peers -------------------------------------------------------------------------------------


def _whole(row: Row) -> str:
    return f"{row.title}\n{row.text}" if row.title else row.text


def _snownlp(_: Sequence[Row]) -> Scorer:
    """Return SnowNLP as it comes: its own segmenter, trained on shopping reviews."""
    try:
        package = importlib.import_module("snownlp")
    except ImportError:
        raise FenghuoError("没有安装 snownlp：pip install snownlp") from None
    return lambda rows: [
        1.0 - float(package.SnowNLP(text).sentiments) if (text := _whole(row).strip()) else 0.5
        for row in rows
    ]


def _snownlp_retrained(training: Sequence[Row]) -> Scorer:
    """Return SnowNLP's Bayes over jieba words, trained on the same rows as ours."""
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for row in training:
        counts[row.negative].update(cut(normalise(_whole(row)).text))
    table = build_table({
        word: (counts[True][word], counts[False][word])
        for word in counts[True].keys() | counts[False].keys()
    })  # fmt: skip
    return lambda rows: [probability(table.logit(cut(normalise(_whole(row)).text))) for row in rows]


def _bixin(_: Sequence[Row]) -> Scorer:
    """Return bixin's lexicon rules; -1 … 1 with praise above."""
    try:
        predict = importlib.import_module("bixin").predict
    except Exception:  # it fails in several ways without its compiled segmenter
        raise FenghuoError(
            "bixin 不能用：pip install bixin jieba_fast（jieba_fast 需要 C 编译器）"
        ) from None

    def score(text: str) -> float:
        try:
            return (1.0 - float(predict(text))) / 2
        except Exception:  # it divides by the sentences it found
            return 0.5

    return lambda rows: [score(_whole(row)) for row in rows]


def _char_lr(training: Sequence[Row]) -> Scorer:
    """Return the usual baseline: TF-IDF of one to three characters and logistic regression."""
    text = learner("sklearn.feature_extraction.text")
    linear = learner("sklearn.linear_model")
    grams = text.TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, sublinear_tf=True)
    matrix = grams.fit_transform([normalise(_whole(row)).text for row in training])
    model = linear.LogisticRegression(C=1.0, solver="lbfgs", max_iter=200, tol=1e-3)
    chosen = recipe()  # each row counts as much as for ours
    weights = [
        chosen.own_weight if row.graded else chosen.distant_weight if row.distant else 1.0
        for row in training
    ]
    model.fit(matrix, [row.negative for row in training], sample_weight=weights)

    def score(rows: Sequence[Row]) -> list[float]:
        seen = grams.transform([normalise(_whole(row)).text for row in rows])
        told: list[float] = model.predict_proba(seen)[:, 1].tolist()
        return told

    return score


PEERS: dict[str, Callable[[Sequence[Row]], Scorer]] = {
    "SnowNLP": _snownlp,
    "SnowNLP 重新训练": _snownlp_retrained,
    "bixin": _bixin,
    "字符 LR": _char_lr,
}
