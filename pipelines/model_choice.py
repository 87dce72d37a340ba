"""Which model a home uses (选用): shipped, trained here, or a file; every switch is audited."""

import zipfile
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from domain.access import Actor
from domain.clock import iso_shanghai
from domain.errors import FactsError
from nlp.model import Model
from pipelines import language
from pipelines.model_files import pack, unpack
from pipelines.model_rows import Row
from pipelines.model_shipped import LICENCES, card_bytes, read_card
from pipelines.model_trial import RULE, Verdict, told
from pipelines.wiring import App
from store import audit

# ---- choosing ------------------------------------------------------------------------------------


def activate_trained(app: App, verdict: Verdict, *, actor: Actor, now: datetime) -> Path:
    """Keep a trained model with its card and use it from the next run on; audited."""
    model, folder = verdict.model, app.settings.home / "models"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{model.version}.npz"
    _put(file, pack(model))
    card = {
        "version": model.version, "kind": "company", "base": verdict.base.version,
        "licences": "本公司的标注与其底版模型；不出本机", "trained_at": iso_shanghai(now),
        "labels": verdict.labels, "rule": RULE,
        "loss": {"before": verdict.loss_before, "after": verdict.loss_after},
        "figures": {name: asdict(each.after) for name, each in verdict.registers.items()},
        "before": {name: asdict(each.before) for name, each in verdict.registers.items()},
    }  # fmt: skip
    _put(file.with_suffix(".json"), card_bytes(card))
    _activate(app, file.read_bytes(), model.version, "company", actor=actor, now=now)
    return file


def use(app: App, name: str, *, actor: Actor, now: datetime) -> str:
    """Use a shipped model, one trained here (its version) or a file; return its version.

    The posts are read again by the next run, since an analyser is named by its model. Raises
    FactsError for a file that is no model.
    """
    if name == "public":
        version = language.shipped("public").version
        _activate(app, None, version, name, actor=actor, now=now)
        return version
    if name == "own":
        model = language.shipped("own")
        _activate(app, pack(model), model.version, name, actor=actor, now=now)
        return model.version
    kept = app.settings.home / "models" / f"{name}.npz"
    file = kept if kept.is_file() else Path(name)
    try:
        content = file.read_bytes()
        model = unpack(content)
        told([Row(text="外墙渗水", negativity=1, source="", family="")], model)
    except _NO_MODEL as error:
        raise FactsError(
            f"{name} 不是可用的模型：请写 public、own、本机训练的版本号，或 .npz 文件的路径"
        ) from error
    _activate(app, content, model.version, file.name, actor=actor, now=now)
    return model.version


#: What reading a file that is no model, or one of another make, may raise.
_NO_MODEL = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile)


def _activate(
    app: App, content: bytes | None, version: str, what: str, *, actor: Actor, now: datetime
) -> None:
    """Write the audit line and the file together; no content = the shipped model again."""
    home = app.settings.home
    before = language.model_of(home).version if _readable(home) else ""
    with app.db.write() as connection:
        audit.append(
            connection, "home:model", "model-activated", actor=actor, at=now,
            payload={"model": version, "kind": what, "before": before},
        )  # fmt: skip
        if content is None:
            language.active_file(home).unlink(missing_ok=True)
        else:
            _put(language.active_file(home), content)


def _readable(home: Path) -> bool:
    try:
        language.model_of(home)
    except FactsError:
        return False
    return True


def _put(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(file.name + ".new")
    new.write_bytes(content)
    new.replace(file)


# ---- what is in use ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """The model a home uses."""

    version: str
    #: public, own, company, or file: brought from elsewhere.
    kind: str
    licences: str
    size: int
    #: The card as stored; empty where none came with it.
    card: dict[str, Any]


def in_use(home: Path) -> InUse:
    """Return which model a home uses; raises FactsError where its file is broken."""
    model = language.model_of(home)
    kind, card = "file", read_card(home / "models" / f"{model.version}.json")
    if card:
        kind = str(card.get("kind", kind))
    for name in language.SHIPPED:
        if _is_shipped(name, model):
            kind, card = name, _shipped_card(name)
            break
    file = language.active_file(home)
    return InUse(
        version=model.version, kind=kind, card=card,
        licences=str(card.get("licences") or LICENCES.get(kind, "不明：文件没有附说明")),
        size=file.stat().st_size if file.is_file() else len(pack(model)),
    )  # fmt: skip


def _is_shipped(name: str, model: Model) -> bool:
    try:
        return language.shipped(name).version == model.version
    except FactsError:  # a build without the variant
        return False


def _shipped_card(name: str) -> dict[str, Any]:
    with resources.as_file(resources.files("nlp.weights").joinpath(f"{name}.json")) as file:
        return read_card(file)
