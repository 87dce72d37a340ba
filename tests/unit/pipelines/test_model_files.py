"""Model files: called by what they hold; harmed, foreign or endless ones are refused."""

import io
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from domain.errors import FactsError
from nlp.model import PARTS, Coefficients, Model
from nlp.reading import REGISTERS
from pipelines import language
from pipelines.model_files import MOST, _digest, blank, pack, read_card, stamped, unpack

WEIGHTS = Path(__file__).parents[3] / "nlp" / "weights"


def small(bias: float = 0.1) -> Model:
    """Return a whole model of 256 grams and two words."""
    model = blank(8)
    dice = np.random.default_rng(7)
    grams = replace_weights(model, dice.integers(-127, 128, 256).astype(np.int8))
    coefficients = Coefficients(**{**dict.fromkeys(PARTS, 0.5), "bias": bias})
    return stamped(replace(
        grams, words={"漏水": 1.25, "满意": -2.5}, unknown=0.25,
        stack=dict.fromkeys(REGISTERS, coefficients),
        severity=replace(model.severity, registers=dict.fromkeys(REGISTERS, 0.0)),
    ))  # fmt: skip


def replace_weights(model: Model, weights: np.ndarray) -> Model:
    return replace(model, grams=type(model.grams)(weights, 0.5))


def rewritten(model: Model, *, signed: bool = False, **more: Any) -> bytes:
    """Return the file with other parts and a sound checksum of the zip, as a person would.

    `signed` gives it the digest of what it then holds.
    """
    with np.load(io.BytesIO(pack(model))) as stored:
        parts = {name: stored[name] for name in stored.files}
    rest = json.loads(parts["rest"].tobytes())
    for name, value in more.items():
        if isinstance(value, np.ndarray):
            parts[name] = value
        elif value is None:
            del rest[name]
        else:
            rest[name] = value
    if signed:
        held = {name: value for name, value in rest.items() if name not in ("sha256", "version")}
        rest["sha256"] = _digest(parts, held)
    parts["rest"] = np.frombuffer(json.dumps(rest).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **parts)
    return out.getvalue()


def test_what_is_written_is_read_and_called_by_its_content() -> None:
    model = small()
    read = unpack(pack(model))
    assert read.version == model.version == stamped(replace(model, version="whatever")).version
    assert read.stack == model.stack
    assert read.words == model.words
    assert (read.grams.weights == model.grams.weights).all()
    assert pack(read) == pack(model)


def test_a_file_cannot_choose_its_version() -> None:
    """What a file says of its version counts for nothing; without a digest it is no model."""
    one, two = small(), small(0.2)
    assert one.version != two.version
    claimed = [rewritten(each, version="0badcafe") for each in (one, two)]
    assert [unpack(each).version for each in claimed] == [one.version, two.version]
    with pytest.raises(FactsError, match="sha256"):
        unpack(rewritten(one, sha256=None))


def test_each_part_counts_for_the_version() -> None:
    model = small()
    weights = model.grams.weights.copy()
    weights[3] ^= 1
    others = [
        replace_weights(model, weights), replace(model, unknown=0.5),
        replace(model, domain=replace_weights(model, weights).grams),
        replace(model, words={"漏水": 1.25, "满足": -2.5}),
        replace(model, words={"漏水": 1.25, "满意": -2.501}),
        replace(model, severity=replace(model.severity, bias=0.5)),
    ]  # fmt: skip
    assert len({stamped(each).version for each in (model, *others)}) == len(others) + 1


@pytest.mark.parametrize(
    "harm",
    [
        {"unknown": 0.5}, {"odds": np.array([1.25, -2.4], np.float32)},
        {"grams": np.zeros(256, np.int8)},
        {"names": np.frombuffer("漏水\n满足".encode(), np.uint8)},
    ],
    ids=lambda harm: next(iter(harm)),
)  # fmt: skip
def test_a_changed_part_is_refused(harm: dict[str, Any]) -> None:
    with pytest.raises(FactsError, match="sha256"):
        unpack(rewritten(small(), **harm))


@pytest.mark.parametrize(
    "harm",
    [
        {"unknown": float("nan")}, {"scale": float("inf")}, {"scale": "0.5"}, {"stack": {}},
        {"stack": []}, {"severity": None}, {"unknown": 10**400}, {"scale": 1e308},
        {"grams": np.zeros(255, np.int8)}, {"grams": np.zeros((16, 16), np.int8)},
        {"grams": np.zeros(256, np.float64)}, {"odds": np.array([1.0], np.float32)},
        {"odds": np.array([np.nan, 1.0], np.float32)}, {"domain": np.zeros(0, np.int8)},
    ],
    ids=repr,
)  # fmt: skip
def test_half_a_model_is_refused_even_with_a_digest_of_its_own(harm: dict[str, Any]) -> None:
    with pytest.raises(FactsError, match="不是可用的模型文件"):
        unpack(rewritten(small(), signed=True, **harm))


def test_any_flipped_bit_or_cut_is_refused_or_harmless() -> None:
    dice, good = random.Random(5), pack(small())
    for _ in range(300):
        harmed = bytearray(good[: dice.choice((len(good), dice.randrange(len(good))))])
        if harmed:
            harmed[dice.randrange(len(harmed))] ^= 1 << dice.randrange(8)
        try:
            found = unpack(bytes(harmed)).version
        except FactsError:
            continue
        assert found == small().version


def test_a_file_that_would_fill_the_memory_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed:
        packed.writestr("grams.npy", bytes(MOST + 1))
    assert len(out.getvalue()) < MOST // 500
    with pytest.raises(FactsError, match="too large"):
        unpack(out.getvalue())


@pytest.mark.parametrize("name", language.SHIPPED)
def test_what_ships_packs_into_itself(name: str) -> None:
    model = language.shipped(name)
    assert unpack(pack(model)).version == model.version == stamped(model).version
    card = read_card(WEIGHTS / f"{name}.json")
    assert card["version"] == model.version
