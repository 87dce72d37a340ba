"""Model files (模型文件): one .npz of weights and one card beside it, whole or not at all."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from nlp.grams import GramTable
from nlp.model import Coefficients, Model, SeverityWeights
from nlp.reading import REGISTERS


def pack(model: Model) -> bytes:
    """Return a model as the bytes of its .npz file."""
    names = list(model.words)
    held = {
        "version": model.version, "unknown": model.unknown,
        "scale": model.grams.scale, "grave_scale": model.grave.scale,
        "domain_scale": model.domain.scale,
        "stack": {name: asdict(each) for name, each in model.stack.items()},
        "severity": asdict(model.severity),
    }  # fmt: skip
    out = io.BytesIO()
    np.savez_compressed(
        out, grams=model.grams.weights, domain=model.domain.weights, grave=model.grave.weights,
        names=_bytes("\n".join(names)), odds=np.array([model.words[n] for n in names], np.float32),
        rest=_bytes(json.dumps(held, sort_keys=True)),
    )  # fmt: skip
    return out.getvalue()


def unpack(data: bytes) -> Model:
    """Return the model of a file; ValueError, KeyError or OSError where it is not a whole one."""
    with np.load(io.BytesIO(data)) as stored:
        held: Mapping[str, Any] = json.loads(stored["rest"].tobytes())
        names = stored["names"].tobytes().decode("utf-8").split("\n")
        _check(held, stored)
        return Model(
            version=held["version"],
            grams=GramTable(stored["grams"], held["scale"]),
            domain=GramTable(stored["domain"], held["domain_scale"]),
            grave=GramTable(stored["grave"], held["grave_scale"]),
            words=dict(zip(names, stored["odds"].round(3).tolist(), strict=True)),
            unknown=held["unknown"],
            stack={name: Coefficients(**each) for name, each in held["stack"].items()},
            severity=SeverityWeights(**held["severity"]),
        )


def _check(held: Mapping[str, Any], stored: Mapping[str, np.ndarray]) -> None:
    """Raise ValueError where a register or a table is missing: half a model judges nothing."""
    for known in (held["stack"], held["severity"]["registers"]):
        if set(known) != set(REGISTERS):
            raise ValueError("registers")
    size = len(stored["grams"])
    for name in ("grams", "domain", "grave"):
        if stored[name].dtype != np.int8 or len(stored[name]) != size or size & (size - 1):
            raise ValueError(name)
    if re.fullmatch("[0-9a-f]{8}", held["version"]) is None:
        raise ValueError("version")


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
