"""Load what nlp needs: the YAML facts and the trained model; cached, since they rarely change."""

import io
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path

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
_VERSION = re.compile("[0-9a-f]{8}")
_CURE = "请运行 fenghuo model use public 换回随产品发布的模型"
#: Shipped models: trained with public sets, or only with what is clearly licensed.
SHIPPED = ("public", "own")


def load_facts(subjects: Sequence[Subject] = (), model: Model | None = None) -> NlpFacts:
    """Return the facts for these subjects; raises FactsError where a file is missing or wrong."""
    return _facts(tuple(_spoken(subject) for subject in subjects), model or shipped("public"))


def model_of(home: Path) -> Model:
    """Return the model a home uses; raises FactsError where its file is gone or broken."""
    name = chosen(home)
    if name in SHIPPED:
        return shipped(name)
    file = kept_file(home, name)
    try:
        stat = file.stat()
        return _kept(file, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise FactsError(f"{file} 读不了（{type(error).__name__}）：{_CURE}") from error


def chosen(home: Path) -> str:
    """Return what a home chose: public, own, or the version of a model it keeps.

    A name and no copy: a home that uses a shipped model uses the new one after an upgrade.
    """
    file = pointer(home)
    try:
        name = file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return SHIPPED[0]
    except (OSError, ValueError) as error:
        raise FactsError(f"{file} 读不了（{type(error).__name__}）：{_CURE}") from error
    if name not in SHIPPED and _VERSION.fullmatch(name) is None:
        raise FactsError(f"{file} 写的不是模型的名称：{_CURE}")
    return name


def pointer(home: Path) -> Path:
    """Return the file that names the chosen model; the database has the last word on it."""
    return home / "models" / "active"


def kept_file(home: Path, version: str) -> Path:
    """Return where a home keeps a model it trained itself or was given."""
    return home / "models" / f"{version}.npz"


@cache
def shipped(name: str) -> Model:
    """Return one of the shipped models."""
    content = _read(f"{name}.npz")
    try:
        return unpack(content)
    except FactsError as error:
        raise FactsError(f"nlp/weights/{name}.npz：{error}；请重新安装。") from error


@lru_cache(maxsize=2)
def _kept(file: Path, _changed: int, _size: int) -> Model:
    try:
        model = unpack(file.read_bytes())
    except FactsError as error:
        raise FactsError(f"{file}：{error}；{_CURE}") from error
    if model.version != file.stem:
        raise FactsError(f"{file} 里是另一个模型（{model.version}）：{_CURE}")
    return model


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
