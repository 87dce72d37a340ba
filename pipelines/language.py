"""Load what nlp needs: the YAML facts and the shipped weights; cached, since both never change."""

import hashlib
import io
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources

import numpy as np

from config.language import read_language
from domain.errors import FactsError
from domain.language import Language
from domain.source import Subject
from nlp.bayes import BayesTable, build_table
from nlp.facts import NlpFacts, build_facts
from nlp.relate import Idf, RelateIndex

BAYES_FILE, IDF_FILE = "bayes.npz", "idf.npz"


def load_facts(subjects: Sequence[Subject] = ()) -> NlpFacts:
    """Return the facts for these subjects; raises FactsError where a file is missing or wrong."""
    return _facts(tuple(_spoken(subject) for subject in subjects))


def _spoken(subject: Subject) -> Subject:
    """Return the names a text may use, alone: a new phone number is no reason to read all again."""
    official = (subject.filing_name, subject.promotion_name)
    names = dict.fromkeys((*subject.aliases, *(name for name in official if name)))
    return Subject(
        key=subject.key, name=subject.name, kind=subject.kind, city=subject.city,
        legal_entity=subject.legal_entity, context=subject.context, ambiguous=subject.ambiguous,
        aliases=tuple(name for name in names if name not in subject.ambiguous),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _facts(subjects: tuple[Subject, ...]) -> NlpFacts:
    return build_facts(_language(), _bayes(), subjects, weights=_digest(BAYES_FILE))


def load_relate() -> RelateIndex:
    """Return an empty index with the frozen IDF table."""
    return RelateIndex(_idf())


def unpack_counts(
    words: bytes, negative: np.ndarray, other: np.ndarray
) -> dict[str, tuple[int, int]]:
    """Return the (negative, other) counts per word as stored in bayes.npz."""
    names = words.decode("utf-8").split("\n")
    pairs = zip(negative.tolist(), other.tolist(), strict=True)
    return dict(zip(names, pairs, strict=True))


@cache
def _language() -> Language:
    return read_language()


@cache
def _bayes() -> BayesTable:
    with np.load(io.BytesIO(_read(BAYES_FILE))) as stored:
        return build_table(
            unpack_counts(stored["words"].tobytes(), stored["negative"], stored["other"])
        )


@cache
def _idf() -> Idf:
    with np.load(io.BytesIO(_read(IDF_FILE))) as stored:
        return Idf(weights=stored["idf"].astype(np.float32) / 16.0)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_read(name)).hexdigest()


def _read(name: str) -> bytes:
    try:
        return resources.files("nlp.weights").joinpath(name).read_bytes()
    except FileNotFoundError as error:
        raise FactsError(
            f"nlp/weights/{name}：文件不存在；"
            "请重新安装，或运行 python -m pipelines.train --data 目录。"
        ) from error
