"""Train the shipped tables: python -m pipelines.train --data DIR (deterministic, ~1 minute).

DIR is a folder laid out as described in docs/model-card.md. Texts are never copied, only counts.
"""

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp.normal import normalise
from nlp.relate import BUCKETS, features
from nlp.words import cut

#: A word must occur this often over both classes to stay; keeps the table small and exact.
RAREST = 4
#: (file, field of the negative answer, negative values, ignored values, repetitions)
REVIEWS = (
    ("sentiment/chnsenticorp_htl.train.jsonl.gz", {0}, set[Any]()),
    ("sentiment/waimai_10k.train.jsonl.gz", {0}, set[Any]()),
    ("sentiment/online_shopping_10_cats.train.jsonl.gz", {0}, set[Any]()),
    ("sentiment/weibo_senti_100k_part.train.jsonl.gz", {0}, set[Any]()),
    ("sentiment/smp2020_usual.train.jsonl.gz", {"angry", "sad", "fear"}, {"surprise"}),
    ("sentiment/smp2020_virus.train.jsonl.gz", {"angry", "sad", "fear"}, {"surprise"}),
)
CIVIC = "civic/with_replies.train.jsonl.gz"
#: Distant labels of civic messages: what the writer calls his own message.
_ASKS = re.compile("咨询|请问|建议|希望|询问|请教|感谢|表扬|公开")
_COMPLAINS = re.compile(
    "投诉|举报|反映|何时|拖欠|不作为|扰民|违规|违法|欺|骗|严重|强烈|质疑|请求|恳请"
)
#: Complaints and answers, few beside the reviews: more would teach a register (nlp.md A3).
CIVIC_ROWS = 900
IDF_FILES = ("civic/unlabeled.train.jsonl.gz", CIVIC, "hot_issues/messages.dev.jsonl.gz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train both tables and write them; return 0, or 1 where a file is missing."""
    parser = argparse.ArgumentParser(description="训练随产品发布的权重")
    parser.add_argument("--data", type=Path, required=True, help="数据目录，见 docs/model-card.md")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "nlp" / "weights")
    options = parser.parse_args(arguments)
    missing = [name for name in _needed() if not (options.data / name).is_file()]
    if missing:
        sys.stderr.write(
            f"数据目录缺少文件：{'、'.join(missing)}；请对照 docs/model-card.md 补齐。\n"
        )
        return 1
    _write_bayes(options.out / "bayes.npz", count_words(_examples(options.data)))
    _write_idf(options.out / "idf.npz", train_idf(_messages(options.data)))
    return 0


def count_words(examples: Iterator[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """Return (negative, other) counts of each word that is not rare."""
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for text, negative in examples:
        counts[0 if negative else 1].update(cut(normalise(text).text))
    words = sorted(
        word
        for word in counts[0].keys() | counts[1].keys()
        if counts[0][word] + counts[1][word] >= RAREST and "\n" not in word and word.strip()
    )
    return {word: (counts[0][word], counts[1][word]) for word in words}


def train_idf(messages: Iterator[tuple[str, str]]) -> np.ndarray:
    """Return the inverse document frequency of every bucket, in sixteenths (uint8)."""
    seen = np.zeros(BUCKETS, dtype=np.int64)
    number = 0
    for title, text in messages:
        buckets, _ = features(title, text)
        seen[buckets] += 1
        number += 1
    idf = np.log((1 + number) / (1 + seen)) + 1
    rounded: np.ndarray = np.clip(np.round(idf * 16), 1, 255).astype(np.uint8)
    return rounded


def _needed() -> tuple[str, ...]:
    return (*(name for name, _, _ in REVIEWS), *IDF_FILES)


def _examples(data: Path) -> Iterator[tuple[str, bool]]:
    for name, negative, ignored in REVIEWS:
        for row in _rows(data / name):
            if row["label"] not in ignored:
                yield row["text"], row["label"] in negative
    rows = list(_rows(data / CIVIC))
    step = max(1, len(rows) // CIVIC_ROWS)
    for row in rows[::step]:
        kind = _kind(row["title"])
        if kind is not None:
            yield f"{row['title']}\n{row['text']}", kind
        yield row["reply"], False


def _kind(title: str) -> bool | None:
    """Return whether the title announces a complaint; None where it says neither."""
    if _ASKS.search(title):
        return False
    return True if _COMPLAINS.search(title) else None


def _messages(data: Path) -> Iterator[tuple[str, str]]:
    for name in IDF_FILES:
        for row in _rows(data / name):
            yield normalise(row["title"]).text, normalise(row["text"]).text


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _write_bayes(path: Path, counts: dict[str, tuple[int, int]]) -> None:
    words = np.frombuffer("\n".join(counts).encode("utf-8"), dtype=np.uint8)
    pairs = np.array(list(counts.values()), dtype=np.int32)
    np.savez_compressed(path, words=words, negative=pairs[:, 0], other=pairs[:, 1])
    _say(path, f"{len(counts)} 词")


def _write_idf(path: Path, idf: np.ndarray) -> None:
    np.savez_compressed(path, idf=idf)
    _say(path, f"{int((idf < idf.max()).sum())} 个桶有值")


def _say(path: Path, what: str) -> None:
    sys.stderr.write(f"{path.name}：{what}，{path.stat().st_size / 1024:.0f} KiB\n")


if __name__ == "__main__":
    raise SystemExit(main())
