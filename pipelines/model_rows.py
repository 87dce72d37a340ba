"""Rows a model is trained and measured on: our own labelled set and, where at hand, public sets."""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from domain.analysis import TextIn
from domain.errors import FactsError
from domain.post import SourceKind

#: One family in so many is kept for measuring.
TEST_SHARE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled text; `negativity` 0, 1 or 2, where 2 is grave (docs/labelling.md)."""

    text: str
    negativity: int
    #: Where it comes from: a register of our own set, a public set, "labels".
    source: str
    #: Near-copies share a family and never stand on both sides of a split.
    family: str
    title: str = ""
    kind: SourceKind | None = None
    #: Whether 2 is told apart from 1: most public sets only know good and bad.
    graded: bool = False
    #: Who wrote it (the letters its id begins with): one hand's habits are no general truth.
    hand: str = ""
    #: Whether the label is only guessed from what stands around the text.
    distant: bool = False

    @property
    def negative(self) -> bool:
        """Whether it complains at all."""
        return self.negativity > 0

    @property
    def measured(self) -> bool:
        """Whether its family belongs to the frozen test part."""
        return fold(self.family, TEST_SHARE) == 0

    def item(self) -> TextIn:
        """Return it as the analyser reads it."""
        return TextIn(id="", text=self.text, title=self.title, source_kind=self.kind)


def fold(family: str, number: int) -> int:
    """Return which of `number` parts a family belongs to; the same on every machine."""
    return int.from_bytes(sha256(family.encode()).digest()[:4], "big") % number


def own_rows() -> Iterator[Row]:
    """Yield our own labelled set; raises FactsError where it is missing."""
    folder = resources.files("nlp.labelled")
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".jsonl")), key=lambda f: f.name
    )
    if not files:
        raise FactsError("nlp/labelled：没有标注文件；请重新安装。")
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield Row(
                text=row["text"], title=row.get("title", ""), negativity=row["negativity"],
                kind=SourceKind(row["source_kind"]), source=row["register"],
                family=row["family"], graded=True,
                hand=row["id"].rstrip("0123456789"),
            )  # fmt: skip


# ---- public sets (docs/model-card.md) ----------------------------------------------------------

#: file → labels that mean negative, labels that are left out.
REVIEWS: dict[str, tuple[frozenset[Any], frozenset[Any]]] = {
    "chnsenticorp_htl": (frozenset({0}), frozenset()),
    "waimai_10k": (frozenset({0}), frozenset()),
    "online_shopping_10_cats": (frozenset({0}), frozenset()),
    "weibo_senti_100k_part": (frozenset({0}), frozenset()),
    "smp2020_usual": (frozenset({"angry", "sad", "fear"}), frozenset({"surprise"})),
    "smp2020_virus": (frozenset({"angry", "sad", "fear"}), frozenset({"surprise"})),
}
#: Letters to authorities; the first file has the answers too.
CIVIC = (
    "civic/with_replies.train.jsonl.gz",
    "civic/unlabeled.train.jsonl.gz",
    "civic/topic_labeled.train.jsonl.gz",
    "hot_issues/messages.dev.jsonl.gz",
)
#: Measured on, never learned from.
MEASURED = "domain_negativity/messages.dev.jsonl.gz"
#: Distant labels of civic letters: what the writer calls his own letter.
_ASKS = re.compile("咨询|请问|建议|希望|询问|请教|感谢|表扬|公开")
_COMPLAINS = re.compile(
    "投诉|举报|反映|何时|拖欠|不作为|扰民|违规|违法|欺|骗|严重|强烈|质疑|请求|恳请"
)
#: Answers, few beside the reviews: more would teach a register (nlp.md A3).
_ANSWERS = 900


def needed_files() -> tuple[str, ...]:
    """Return the public files a full training reads, relative to its data folder."""
    return (*(f"sentiment/{name}.train.jsonl.gz" for name in REVIEWS), *CIVIC, MEASURED)


def public_rows(data: Path) -> Iterator[Row]:
    """Yield the public sets of a data folder, without what is measured on."""
    for name, (negative, ignored) in REVIEWS.items():
        kind = SourceKind.SOCIAL if name.startswith("smp") else None
        for at, row in enumerate(_read(data / f"sentiment/{name}.train.jsonl.gz")):
            if row["label"] not in ignored:
                yield Row(
                    text=row["text"], negativity=int(row["label"] in negative), source=name,
                    family=f"{name}{at}", kind=kind,
                )  # fmt: skip
    yield from _letters(data)
    answers = [row["reply"] for row in _read(data / CIVIC[0])]
    for at, text in enumerate(answers[:: max(1, len(answers) // _ANSWERS)]):
        yield Row(text=text, negativity=0, source="civic_reply", family=f"reply{at}")


def _letters(data: Path) -> Iterator[Row]:
    """Yield letters: those we read with our own label, of others the body with a guessed one.

    The guess comes from the title, which is therefore left out of the text.
    """
    known = {row["text"].strip() for row in _read(data / MEASURED)}
    read = _own_labels()
    for name in CIVIC:
        for row in _read(data / name):
            body = row["text"].strip()
            if body in known:
                continue
            label, says = read.get((name, str(row["id"]))), _says(row["title"])
            if label is not None or says is not None:
                known.add(body)
                yield _letter(row["title"], body, label, guess=bool(says))


def _letter(title: str, body: str, label: int | None, *, guess: bool) -> Row:
    kind, family = SourceKind.COMPLAINT, body[:40]
    if label is not None:
        return Row(
            text=body, title=title, negativity=label, source="letter", family=family, kind=kind,
            graded=True,
        )  # fmt: skip
    return Row(
        text=body, negativity=int(guess), source="civic", family=family, kind=kind, distant=True
    )


def _own_labels() -> dict[tuple[str, str], int]:
    """Return our own labels of public letters by (file, id); the letters are not ours to ship."""
    file = resources.files("nlp.labelled") / "letters.csv"
    rows = csv.reader(file.read_text(encoding="utf-8").splitlines())
    return {(name, number): int(label) for name, number, label in rows}


def _says(title: str) -> bool | None:
    """Return whether the title announces a complaint; None where it says neither."""
    if _ASKS.search(title):
        return False
    return True if _COMPLAINS.search(title) else None


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
