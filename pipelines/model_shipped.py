"""Train what ships (维护者): public.npz, own.npz, their cards, and idf.npz (docs/model-card.md)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nlp.model import Model
from pipelines.language import IDF_FILE
from pipelines.model_evaluate import Say, fit, recipe, require_files
from pipelines.model_files import card_bytes, pack, put
from pipelines.model_idf import messages_of, pack_idf, train_idf
from pipelines.model_measure import measure
from pipelines.model_rows import Row, own_rows, public_rows

#: What a lawyer asks of each shipped model first.
LICENCES = {
    "public": "自有标注集（Apache-2.0），加来源未声明许可的公开数据的统计权重，不含原文",
    "own": "只用自有标注集（Apache-2.0），不含任何第三方数据的统计",
}

#: The package is read by every user of the machine, whatever the umask of who trained.
_READABLE = 0o644


def train_shipped(data: Path, out: Path, say: Say) -> list[Path]:
    """Train both models and the idf table and return the files, written at the very end.

    The same data give the same files. Raises FenghuoError where data or scikit-learn are missing.
    """
    require_files(data)
    own = list(own_rows())
    files: dict[str, bytes] = {}
    for name, rows in (("own", own), ("public", [*own, *public_rows(data)])):
        trained = fit(rows, lambda what, name=name: say(f"{name}：{what}"))  # type: ignore[misc]
        card = _card(name, trained.model, rows, trained.negativity.tolist())
        files[f"{name}.json"] = card_bytes(card)
        files[f"{name}.npz"] = pack(trained.model)
    files[IDF_FILE] = pack_idf(train_idf(messages_of(data)))
    for name, content in files.items():
        put(out / name, content, mode=_READABLE)
    return [out / name for name in files]


def _card(
    name: str, model: Model, rows: Sequence[Row], negativity: Sequence[float]
) -> dict[str, Any]:
    """Return what stands beside a shipped model; its figures are cross-validated by family."""
    return {
        "version": model.version, "kind": name, "licences": LICENCES[name],
        "rows": dict(Counter(row.source for row in rows)),
        "figures": {key: asdict(each) for key, each in measure(rows, negativity).items()},
        "recipe": asdict(recipe()),
        "measured": "五折交叉验证，同一模板族、同一撰写者不跨折",
    }  # fmt: skip
