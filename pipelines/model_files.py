"""Model files (模型文件): one .npz of weights and one card beside it, whole or not at all.

A model is called by what it holds: its version is the digest of its content and nothing a file
says of itself, so that no two models share one and a changed file is no model any more.
"""

import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from domain.errors import FactsError
from nlp.grams import GramTable
from nlp.model import Coefficients, Model, SeverityWeights
from nlp.reading import REGISTERS

#: Unpacked bytes of the largest file that is opened at all; ours have about 4 MB.
MOST = 64 << 20
#: No scale or coefficient of a sound model comes near; a larger one would make logits infinite.
_LARGEST = 1e6
_TABLES = ("grams", "domain", "grave")
_ARRAYS = (*_TABLES, "names", "odds")
#: What a file says of itself; the digest is made of all the rest.
_SAID = ("sha256", "version")


# ---- weights -------------------------------------------------------------------------------------


def pack(model: Model) -> bytes:
    """Return a model as the bytes of its .npz file; equal content gives equal bytes."""
    held = _held(model)
    arrays: dict[str, Any] = {**_arrays(model)}
    signed = {**held, "sha256": _digest(arrays, held)}
    out = io.BytesIO()
    np.savez_compressed(out, rest=_bytes(json.dumps(signed, sort_keys=True)), **arrays)
    return out.getvalue()


def unpack(data: bytes) -> Model:
    """Return the model of a file; raises FactsError where it is not a whole, unchanged one."""
    try:
        return _read(data)
    except Exception as error:  # of zip, zlib, numpy and json: a foreign file may raise anything
        raise FactsError(f"不是可用的模型文件（{type(error).__name__}：{error}）") from error


def stamped(model: Model) -> Model:
    """Return the model under the version its file will have."""
    return replace(model, version=_digest(_arrays(model), _held(model))[:8])


def _arrays(model: Model) -> dict[str, np.ndarray]:
    return {
        "grams": model.grams.weights, "domain": model.domain.weights, "grave": model.grave.weights,
        "names": _bytes("\n".join(model.words)),
        "odds": np.array([round(each, 3) for each in model.words.values()], np.float32),
    }  # fmt: skip


def _held(model: Model) -> dict[str, Any]:
    """Return what is no array."""
    return {
        "unknown": model.unknown,
        "scale": model.grams.scale, "grave_scale": model.grave.scale,
        "domain_scale": model.domain.scale,
        "stack": {name: asdict(each) for name, each in model.stack.items()},
        "severity": asdict(model.severity),
    }  # fmt: skip


def _digest(arrays: Mapping[str, np.ndarray], held: Mapping[str, Any]) -> str:
    said = sha256(json.dumps(held, sort_keys=True).encode())
    for name in _ARRAYS:
        said.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        said.update(arrays[name].tobytes())
    return said.hexdigest()


def _read(data: bytes) -> Model:
    with ZipFile(io.BytesIO(data)) as packed:
        if sum(each.file_size for each in packed.infolist()) > MOST:
            raise ValueError("too large")
    with np.load(io.BytesIO(data)) as stored:
        arrays = {name: stored[name] for name in _ARRAYS}
        written: dict[str, Any] = json.loads(stored["rest"].tobytes())
    held = {key: value for key, value in written.items() if key not in _SAID}
    digest = _digest(arrays, held)
    if written.get("sha256") != digest:
        raise ValueError("sha256")
    _check(held, arrays)
    names = arrays["names"].tobytes().decode("utf-8").split("\n")
    return Model(
        version=digest[:8],
        grams=GramTable(arrays["grams"], held["scale"]),
        domain=GramTable(arrays["domain"], held["domain_scale"]),
        grave=GramTable(arrays["grave"], held["grave_scale"]),
        words=dict(zip(names, arrays["odds"].round(3).tolist(), strict=True)),
        unknown=held["unknown"],
        stack={name: Coefficients(**each) for name, each in held["stack"].items()},
        severity=SeverityWeights(**held["severity"]),
    )


def _check(held: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError where a register or a table is missing: half a model judges nothing."""
    for known in (held["stack"], held["severity"]["registers"]):
        if set(known) != set(REGISTERS):
            raise ValueError("registers")
    size = len(arrays["grams"])
    for name in _TABLES:
        table = arrays[name]
        if table.dtype != np.int8 or table.shape != (size,) or not size or size & (size - 1):
            raise ValueError(name)
    if not all(abs(each) <= _LARGEST for each in (*_leaves(held), *arrays["odds"].tolist())):
        raise ValueError("numbers")  # not-a-number is not less than anything


def _leaves(held: Any) -> Iterator[Any]:
    """Yield every value of a nested mapping."""
    if isinstance(held, Mapping):
        for each in held.values():
            yield from _leaves(each)
    else:
        yield held


def blank(bits: int = 20) -> Model:
    """Return a model that knows nothing: what a training reads the rows with."""
    nothing = GramTable(np.zeros(1 << bits, dtype=np.int8), 0.0)
    severity = SeverityWeights(
        bias=0.0, rules=0.0, gram=0.0, title_gram=0.0, negativity=0.0, signals={}, registers={}
    )
    return Model(
        version="", grams=nothing, domain=nothing, grave=nothing, words={}, unknown=0.0, stack={},
        severity=severity,
    )  # fmt: skip


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-8"), dtype=np.uint8)


# ---- files ---------------------------------------------------------------------------------------


def put(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file whole or not at all, and safe from a power cut before anything names it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.chmod(mode)
        part.replace(file)
        _settle_folder(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _settle_folder(folder: Path) -> None:
    """Make a renaming safe from a power cut; Windows has no way to and needs none."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def card_bytes(card: dict[str, Any]) -> bytes:
    """Return a card as the bytes of its file."""
    return (json.dumps(card, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def read_card(file: Path) -> dict[str, Any]:
    """Return a card; empty where there is none or it is torn."""
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}
