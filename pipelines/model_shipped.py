"""Train what ships (维护者): public.npz, own.npz, their cards, and idf.npz (docs/model-card.md)."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nlp.model import Model
from pipelines.language import IDF_FILE
from pipelines.model_evaluate import Say, fit, recipe, require_files
from pipelines.model_files import pack
from pipelines.model_idf import messages_of, pack_idf, train_idf
from pipelines.model_measure import measure
from pipelines.model_rows import Row, own_rows, public_rows

#: What a lawyer asks of each shipped model first.
LICENCES = {
    "public": "自有标注集（Apache-2.0），加来源未声明许可的公开数据的统计权重，不含原文",
    "own": "只用自有标注集（Apache-2.0），不含任何第三方数据的统计",
}


def train_shipped(data: Path, out: Path, say: Say) -> list[Path]:
    """Train both models and the idf table and return the files, written at the very end.

    The same data give the same files. Raises FenghuoError where data or scikit-learn are missing.
    """
    require_files(data)
    own = list(own_rows())
    files: dict[str, bytes] = {}
    for name, rows in (("own", own), ("public", [*own, *public_rows(data)])):
        trained = fit(rows, lambda what, name=name: say(f"{name}：{what}"))  # type: ignore[misc]
        files[f"{name}.npz"] = pack(trained.model)
        files[f"{name}.json"] = card_bytes(
            _card(name, trained.model, rows, trained.negativity.tolist())
        )
    files[IDF_FILE] = pack_idf(train_idf(messages_of(data)))
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
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


def card_bytes(card: dict[str, Any]) -> bytes:
    """Return a card as the bytes of its file."""
    return (json.dumps(card, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def read_card(file: Path) -> dict[str, Any]:
    """Return a card; empty where there is none or it is torn."""
    try:
        card: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card
