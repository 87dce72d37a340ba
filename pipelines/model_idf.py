"""Train the frozen table of rare grams (逆文档频率) that relating posts needs; deterministic."""

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from nlp.normal import normalise
from nlp.relate import BUCKETS, features
from pipelines.model_rows import CIVIC

#: Letters to authorities in the order they are read; labels play no part here.
IDF_FILES = (CIVIC[1], CIVIC[0], CIVIC[3])


def train_idf(messages: Iterable[tuple[str, str]]) -> np.ndarray:
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


def messages_of(data: Path) -> Iterator[tuple[str, str]]:
    """Yield (title, body) of the letters of a data folder, in normal form."""
    for name in IDF_FILES:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                yield normalise(row["title"]).text, normalise(row["text"]).text


def pack_idf(idf: np.ndarray) -> bytes:
    """Return the table as the bytes of its .npz file."""
    out = io.BytesIO()
    np.savez_compressed(out, idf=idf)
    return out.getvalue()
