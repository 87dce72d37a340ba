"""Try a model trained from labels (试训): it must do better on what nobody trained on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from domain.errors import FenghuoError
from domain.post import SourceKind
from nlp.model import Model
from nlp.normal import normalise
from pipelines import language
from pipelines.model_evaluate import Say, learner
from pipelines.model_files import read_card
from pipelines.model_measure import Figures, figures, log_loss, negativities
from pipelines.model_rows import Row, own_rows
from pipelines.wiring import App
from store.training import labelled_texts

#: Fewer labels say nothing about a model.
FEWEST = 50
#: The group of the frozen labels beside the registers of our own set.
LABELS = "labels"
#: The rule in words; it stands above every table.
RULE = (
    "启用条件：冻结部分（自有集的五分之一与标注的五分之一，从不参与训练）上，"
    "对数损失（两者各占一半）必须下降，且每个语域的准确率（以 0.5 为界）与 AUC 都不低于原模型"
)


# ---- rows ----------------------------------------------------------------------------------------


def label_rows(app: App) -> list[Row]:
    """Return the texts monitors called a complaint or not; near-copies share a family."""
    with app.db.read() as connection:
        return [
            Row(
                text=each.text, title=each.title, negativity=int(each.negative), source=LABELS,
                family="label" + "".join(normalise(each.title + each.text).text.split())[:40],
                kind=SourceKind(each.kind),
            )
            for each in labelled_texts(connection)
        ]  # fmt: skip


def _require_enough(rows: Sequence[Row]) -> None:
    negative = sum(row.negative for row in rows)
    if len(rows) < FEWEST:
        raise FenghuoError(
            f"标注太少：现有 {len(rows)} 条“是否负面”的标注，至少要 {FEWEST} 条；"
            "请在收件箱里用“情感错”继续标注"
        )
    learned = {row.negative for row in rows if not row.measured}
    if len(learned) < 2:
        raise FenghuoError(
            f"标注只有一类：负面 {negative} 条，非负面 {len(rows) - negative} 条；"
            "两类都要有才能训练"
        )
    if not any(row.measured for row in rows):
        raise FenghuoError("标注的内容太相似，留不出冻结的部分来检验：请标注更多不同的帖子")


# ---- training ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One register of the frozen rows before and after."""

    before: Figures
    after: Figures

    @property
    def worse(self) -> bool:
        """Whether accuracy or AUC fell at all."""
        return self.after.accuracy < self.before.accuracy or (
            self.before.auc is not None and (self.after.auc or 0.0) < self.before.auc
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a nudged model is worth beside the one in use."""

    name: str
    #: The model in use, which `model` is compared with.
    used: Model
    #: The shipped model it was nudged from: public or own.
    base_name: str
    base: Model
    model: Model
    labels: int
    registers: dict[str, Compared]
    #: Log-loss, our own set and the labels counting half each.
    loss_before: float
    loss_after: float

    @property
    def reason(self) -> str:
        """Why it is not to be used; "" where it is better."""
        worse = [name for name, each in self.registers.items() if each.worse]
        if worse:
            return f"这些语域变差：{'、'.join(worse)}"
        return "" if self.loss_after < self.loss_before else "对数损失没有下降"


def train_company(app: App, say: Say) -> Verdict:
    """Return the best nudged model that passes RULE, else the best one with why it does not.

    Raises FenghuoError where labels or scikit-learn are missing. Nothing is written.
    """
    rows = label_rows(app)
    _require_enough(rows)
    company = learner("pipelines.model_company")
    used = language.model_of(app.settings.home)
    base_name = _base(app.settings.home)
    base = language.shipped(base_name)
    own = list(own_rows())
    say(
        f"标注 {len(rows)} 条，其中冻结 {sum(row.measured for row in rows)} 条；"
        f"底版 {base_name}（{base.version}）"
    )
    found = company.candidates(
        base, [row for row in rows if not row.measured], [row for row in own if not row.measured]
    )
    frozen = [row for row in (*own, *rows) if row.measured]
    before = told(frozen, used)
    verdicts = []
    for candidate in found:
        say(f"检验候选 {candidate.name}（标注交叉验证的对数损失 {candidate.loss:.3f}）")
        after = told(frozen, candidate.model)
        verdicts.append(
            judge(
                frozen, before, after, name=candidate.name, used=used, base_name=base_name,
                base=base, model=candidate.model, labels=len(rows),
            )
        )  # fmt: skip
        if not verdicts[-1].reason:
            return verdicts[-1]
    return verdicts[0]


def told(rows: Sequence[Row], model: Model) -> np.ndarray:
    """Return the negativity of each row as this model sees it."""
    facts = replace(language.load_facts(), model=model)
    return np.array(negativities(rows, facts))


def _base(home: Path) -> str:
    """Return the shipped model to nudge: never one that has learned labels, or they count twice.

    A model that came as a file may have learned the very same ones, here or elsewhere: refused.
    """
    name = language.chosen(home)
    if name in language.SHIPPED:
        return name
    base = read_card(language.kept_file(home, name).with_suffix(".json")).get("base")
    if base not in language.SHIPPED:
        raise FenghuoError(
            f"在用的模型 {name} 是外来文件，可能已经学过这些标注，再学就重复计数了："
            "请先运行 fenghuo model use public（或 own），再训练"
        )
    return str(base)


def judge(
    rows: Sequence[Row], before: np.ndarray, after: np.ndarray, *, name: str, used: Model,
    base_name: str, base: Model, model: Model, labels: int,
) -> Verdict:  # fmt: skip
    """Compare what two models say of the frozen rows, register by register."""
    negative = np.array([row.negative for row in rows])
    sources = np.array([row.source for row in rows])
    registers = {
        key: Compared(
            before=figures(negative[here], before[here]), after=figures(negative[here], after[here])
        )
        for key in dict.fromkeys(sources.tolist())
        for here in [sources == key]
    }
    return Verdict(
        name=name, used=used, base_name=base_name, base=base, model=model, labels=labels,
        registers=registers,
        loss_before=_halves(negative, before, sources == LABELS),
        loss_after=_halves(negative, after, sources == LABELS),
    )  # fmt: skip


def _halves(negative: np.ndarray, said: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of the log-loss of our own rows and that of the labels."""
    parts = [log_loss(negative[part], said[part]) for part in (labels, ~labels)]
    return sum(parts) / 2
