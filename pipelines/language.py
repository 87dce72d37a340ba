"""Load what nlp needs: the YAML facts and the trained model; cached, since they rarely change."""

import io
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from config.language import read_language
from domain.errors import FactsError
from domain.language import Language
from domain.source import Subject
from nlp.facts import NlpFacts, build_facts
from nlp.model import Model
from nlp.relate import Idf, RelateIndex
from pipelines.model_files import unpack
from pipelines.name_facts import load_names

IDF_FILE = "idf.npz"
#: Shipped models: trained with public sets, or only with what is clearly licensed.
SHIPPED = ("public", "own")


def load_facts(subjects: Sequence[Subject] = (), model: Model | None = None) -> NlpFacts:
    """Return the facts for these subjects; raises FactsError where a file is missing or wrong."""
    return _facts(tuple(_spoken(subject) for subject in subjects), model or shipped("public"))


def model_of(home: Path) -> Model:
    """Return the model a home uses: the one it chose or trained itself, else the shipped one."""
    chosen = active_file(home)
    if chosen.is_file():
        return _chosen(chosen, chosen.stat().st_mtime_ns)
    return shipped("public")


def active_file(home: Path) -> Path:
    """Return where a home keeps the model it chose or trained itself."""
    return home / "models" / "active.npz"


@cache
def shipped(name: str) -> Model:
    """Return one of the shipped models."""
    return unpack(_read(f"{name}.npz"))


@lru_cache(maxsize=2)
def _chosen(path: Path, _changed: int) -> Model:
    try:
        return unpack(path.read_bytes())
    except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise FactsError(
            f"{path.name}：不是可用的模型文件（{type(error).__name__}）；"
            "请运行 fenghuo model use public 换回随产品发布的模型。"
        ) from error


def _spoken(subject: Subject) -> Subject:
    """Return the names a text may use, alone: a new phone number is no reason to read all again."""
    return Subject(
        key=subject.key, name=subject.name, kind=subject.kind, city=subject.city,
        legal_entity=subject.legal_entity, context=subject.context, ambiguous=subject.ambiguous,
        filing_name=subject.filing_name, promotion_name=subject.promotion_name,
        phases=subject.phases,
        aliases=tuple(dict.fromkeys(n for n in subject.aliases if n not in subject.ambiguous)),
    )  # fmt: skip


@lru_cache(maxsize=4)
def _facts(subjects: tuple[Subject, ...], model: Model) -> NlpFacts:
    return build_facts(_language(), model, subjects, load_names())


def load_relate() -> RelateIndex:
    """Return an empty index with the frozen IDF table."""
    return RelateIndex(_idf())


@cache
def _language() -> Language:
    return read_language()


@cache
def _idf() -> Idf:
    with np.load(io.BytesIO(_read(IDF_FILE))) as stored:
        return Idf(weights=stored["idf"].astype(np.float32) / 16.0)


def _read(name: str) -> bytes:
    try:
        return resources.files("nlp.weights").joinpath(name).read_bytes()
    except FileNotFoundError as error:
        raise FactsError(f"nlp/weights/{name}：文件不存在；请重新安装。") from error
