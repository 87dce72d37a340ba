"""Which model a home uses (选用): shipped, trained here, or a file; every switch is audited.

The database holds the choice beside its audit line, in one transaction; the file `models/active`
repeats it for readers without a database. A model is kept under its version before it is chosen,
and `settle` makes the file follow: whatever is cut short, audit and choice say the same.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from domain.access import Actor
from domain.clock import iso_shanghai
from domain.errors import FactsError
from pipelines import language
from pipelines.model_files import MOST, card_bytes, pack, put, read_card, unpack
from pipelines.model_shipped import LICENCES
from pipelines.model_trial import RULE, Verdict
from pipelines.wiring import App
from store import access, audit, installation

#: Where the database holds the choice: public, own or a version; none = public.
_CHOICE = "model"
#: Object and action of the audit line.
_DEED = ("home:model", "model-activated")

# ---- choosing ------------------------------------------------------------------------------------


def activate_trained(app: App, verdict: Verdict, *, actor: Actor, now: datetime) -> Path:
    """Keep a trained model with its card and use it from the next run on; audited."""
    model = verdict.model
    card = {
        "version": model.version, "kind": "company",
        "base": verdict.base_name, "base_version": verdict.base.version,
        "licences": "本公司的标注与其底版模型；不出本机", "trained_at": iso_shanghai(now),
        "labels": verdict.labels, "rule": RULE,
        "loss": {"before": verdict.loss_before, "after": verdict.loss_after},
        "figures": {name: asdict(each.after) for name, each in verdict.registers.items()},
        "before": {name: asdict(each.before) for name, each in verdict.registers.items()},
    }  # fmt: skip
    _permit(app, actor)
    file = language.kept_file(app.settings.home, model.version)
    put(file.with_suffix(".json"), card_bytes(card))  # first: no model without its card
    put(file, pack(model))
    _choose(app, model.version, model.version, "company", actor=actor, now=now)
    return file


def use(app: App, name: str, *, actor: Actor, now: datetime) -> str:
    """Use a shipped model, one trained here (its version) or a file; return its version.

    The posts are read again by the next run, since an analyser is named by its model. Raises
    FactsError for a file that is no model.
    """
    _permit(app, actor)
    home = app.settings.home
    if name in language.SHIPPED:
        version = language.shipped(name).version
        _choose(app, name, version, name, actor=actor, now=now)
        return version
    try:
        file = _file(home, name)
        content = file.read_bytes()
        version = unpack(content).version
    except (OSError, ValueError, FactsError) as error:
        raise FactsError(
            f"{name[:80]}：{error}；请写 public、own、本机训练的版本号，或 .npz 文件的路径"
        ) from error
    shipped = next((each for each in language.SHIPPED if _is_shipped(each, version)), "")
    if not shipped:
        put(language.kept_file(home, version), content)
    _choose(app, shipped or version, version, shipped or file.name, actor=actor, now=now)
    return version


def _permit(app: App, actor: Actor) -> None:
    """Refuse who may not before anything is written."""
    with app.db.read() as connection:
        access.permit(connection, actor, *_DEED)


def _file(home: Path, name: str) -> Path:
    """Return the file meant: a version kept here, or a path; ValueError for what is none."""
    kept = language.kept_file(home, name)
    file = kept if kept.parent == home / "models" and kept.is_file() else Path(name)
    if not file.is_file():
        raise ValueError("没有这个模型或文件")
    if file.stat().st_size > MOST:
        raise ValueError("文件太大，不是模型")
    return file


def _choose(app: App, name: str, version: str, what: str, *, actor: Actor, now: datetime) -> None:
    """Write choice and audit line together, then let the file follow."""
    with app.db.write() as connection:
        chosen = installation.get(connection, _CHOICE, language.SHIPPED[0])
        audit.append(
            connection, *_DEED, actor=actor, at=now,
            payload={"model": version, "kind": what, "before": _version(chosen)},
        )  # fmt: skip
        installation.put(connection, _CHOICE, name)
    settle(app)


def _version(name: str) -> str:
    """Return the version of a choice, its name where that model cannot be read any more."""
    try:
        return language.shipped(name).version if name in language.SHIPPED else name
    except FactsError:
        return name


def settle(app: App) -> None:
    """Make the file that names the model say what the database says.

    They differ where a switch was cut short or the database restored. Raises FactsError where the
    file cannot be written; the choice stands and is settled by the next who may write.
    """
    home = app.settings.home
    with app.db.read() as connection:
        if _settled(home, installation.get(connection, _CHOICE, language.SHIPPED[0])):
            return
    with app.db.write() as connection:  # one at a time: the later choice is written later
        chosen = installation.get(connection, _CHOICE, language.SHIPPED[0])
        try:
            put(language.pointer(home), f"{chosen}\n".encode())
        except OSError as error:
            raise FactsError(
                f"选用 {chosen} 已记下，但写不了 {language.pointer(home)}（{error.strerror}）："
                "请改正权限或移走同名的文件夹，再运行 fenghuo model show"
            ) from error


def _settled(home: Path, chosen: str) -> bool:
    try:
        return language.chosen(home) == chosen
    except FactsError:
        return False


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
    model, name = language.model_of(home), language.chosen(home)
    if name in language.SHIPPED:
        kind, card, size = name, _shipped_card(name), len(pack(model))
    else:
        file = language.kept_file(home, name)
        card, size = read_card(file.with_suffix(".json")), file.stat().st_size
        kind = str(card.get("kind", "file"))
    return InUse(
        version=model.version, kind=kind, card=card, size=size,
        licences=str(card.get("licences") or LICENCES.get(kind, "不明：文件没有附说明")),
    )  # fmt: skip


def _is_shipped(name: str, version: str) -> bool:
    try:
        return language.shipped(name).version == version
    except FactsError:  # a build without the variant
        return False


def _shipped_card(name: str) -> dict[str, Any]:
    with resources.as_file(resources.files("nlp.weights").joinpath(f"{name}.json")) as file:
        return read_card(file)
