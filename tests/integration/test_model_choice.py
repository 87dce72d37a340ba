"""Which model a home uses: by name or kept whole; audit, choice and file never disagree."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from domain.access import Actor, Role
from domain.errors import AccessError, FactsError, FenghuoError
from nlp.model import Model
from pipelines import analyse, cli, language, model_choice, model_trial
from pipelines.model_files import card_bytes, pack, put, stamped
from pipelines.wiring import App
from store import audit, installation
from tests.conftest import NOON
from tests.posts import feed, post, prepare

CLERK = Actor(name="王敏", via="cli")


@cache
def other(by: float = 1.0) -> Model:
    """Return a model that calls everything a little worse."""
    model = language.shipped("public")
    stack = {key: replace(each, bias=each.bias + by) for key, each in model.stack.items()}
    return stamped(replace(model, stack=stack))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "brought.npz"
    path.write_bytes(pack(other()))
    return path


def use(app: App, name: object) -> str:
    return model_choice.use(app, str(name), actor=CLERK, now=NOON)


def said(app: App) -> list[tuple[str, str]]:
    """Return (before, chosen) of every audit line."""
    with app.db.read() as connection:
        return [(r["payload"]["before"], r["payload"]["model"])
                for r in audit.export(connection, "home:model")]  # fmt: skip


def stored(app: App) -> str:
    with app.db.read() as connection:
        return installation.get(connection, "model", "public")


def nothing_changed(app: App) -> bool:
    """Whether choice, file and audit are those of a fresh home."""
    home = app.settings.home
    return (stored(app), language.chosen(home), said(app)) == ("public", "public", [])


def show(app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what `fenghuo model show` prints."""
    monkeypatch.setenv("FENGHUO_HOME", str(app.settings.home))
    monkeypatch.setattr(sys, "argv", ["fenghuo", "model", "show"])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code, capsys.readouterr().err
    return capsys.readouterr().out


# ---- choosing ------------------------------------------------------------------------------------


def test_a_file_is_used_audited_and_read_again_by_the_next_run(app: App, file: Path) -> None:
    prepare(app)
    feed(app, [post(f"p{n}", f"第{n}条说的是别的事", NOON + timedelta(seconds=n), f"业主{n}")
               for n in range(3)])  # fmt: skip
    assert analyse.run(app, NOON).done == 3
    assert analyse.run(app, NOON).done == 0
    version = use(app, file)
    assert version == other().version
    assert analyse.run(app, NOON).done == 3
    assert model_choice.in_use(app.settings.home).kind == "file"
    file.unlink()  # the home keeps its own copy, under its version
    assert language.model_of(app.settings.home).version == version
    assert use(app, "public") == language.shipped("public").version
    assert analyse.run(app, NOON).done == 0
    assert use(app, version) == version
    public = language.shipped("public").version
    assert said(app) == [(public, version), (version, public), (public, version)]


@pytest.mark.parametrize("name", language.SHIPPED)
def test_a_shipped_model_is_chosen_by_name_and_follows_an_upgrade(
    app: App, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    home = app.settings.home
    use(app, name)
    assert language.model_of(home) is language.shipped(name)
    assert not list(home.rglob("*.npz"))
    newer = other()
    monkeypatch.setattr(language, "shipped", lambda _: newer)
    assert language.model_of(home) is newer
    assert model_choice.in_use(home).kind == name


def test_the_file_of_a_shipped_model_is_that_model(app: App, tmp_path: Path) -> None:
    copy = tmp_path / "copy.npz"
    copy.write_bytes(pack(language.shipped("own")))
    use(app, copy)
    assert (stored(app), language.chosen(app.settings.home)) == ("own", "own")


def test_only_who_may_configure_switches_on_the_web(app: App, file: Path) -> None:
    monitor = Actor(name="王敏", via="web", roles=frozenset({Role.MONITOR}), entities=None)
    limited = Actor(
        name="分管", via="web", roles=frozenset({Role.ADMIN}), entities=frozenset({"甲"})
    )
    for actor in (monitor, limited):
        with pytest.raises(AccessError):
            model_choice.use(app, str(file), actor=actor, now=NOON)
    assert nothing_changed(app)
    assert not (app.settings.home / "models").exists()


# ---- what is no model ----------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"not a model", b"PK\x03\x04 torn", None])
def test_what_is_no_model_is_refused_and_nothing_changes(
    app: App, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "x.npz"
    if content is not None:
        path.write_bytes(content)
    says = "没有这个模型或文件" if content is None else "不是可用的模型文件"
    with pytest.raises(FactsError, match=says):
        use(app, path)
    assert nothing_changed(app)


@pytest.mark.parametrize("name", [".", "/dev/zero", "长" * 300, "a\0b", "../fenghuo"])
def test_odd_names_are_refused(app: App, name: str) -> None:
    with pytest.raises(FactsError, match="请写 public、own、本机训练的版本号"):
        use(app, name)
    assert nothing_changed(app)


def test_a_model_that_lacks_a_register_is_refused(app: App, file: Path) -> None:
    model = language.shipped("public")
    file.write_bytes(pack(replace(model, stack={"post": model.stack["post"]})))
    with pytest.raises(FactsError, match="不是可用的模型"):
        use(app, file)


def _gone(kept: Path, _: Path) -> None:
    kept.unlink()


def _folder(kept: Path, _: Path) -> None:
    kept.unlink()
    kept.mkdir()


def _torn(kept: Path, _: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:-9])


def _foreign(kept: Path, _: Path) -> None:
    kept.write_bytes(pack(other(by=2.0)))


def _unnamed(_: Path, pointer: Path) -> None:
    pointer.write_text("../../etc/passwd\n")


def _undecoded(_: Path, pointer: Path) -> None:
    pointer.write_bytes(b"\xff\xfe")


@pytest.mark.parametrize("harm", [_gone, _folder, _torn, _foreign, _unnamed, _undecoded])
def test_a_harmed_model_is_told_with_its_cure_which_cures(
    app: App, file: Path, harm: Callable[[Path, Path], None]
) -> None:
    home = app.settings.home
    version = use(app, file)
    harm(language.kept_file(home, version), language.pointer(home))
    with pytest.raises(FactsError, match="请运行 fenghuo model use public"):
        language.model_of(home)
    use(app, "public")
    assert language.model_of(home) is language.shipped("public")


def test_a_folder_in_the_place_of_the_pointer_is_told(app: App) -> None:
    home = app.settings.home
    language.pointer(home).mkdir(parents=True)
    with pytest.raises(FactsError, match="读不了（IsADirectoryError）"):
        language.model_of(home)
    with pytest.raises(FactsError, match="移走同名的文件夹"):
        use(app, "own")
    language.pointer(home).rmdir()
    model_choice.settle(app)
    assert language.chosen(home) == "own"


# ---- cut short -----------------------------------------------------------------------------------


class CutError(Exception):
    """The power goes."""


def cut(*_: Any, **__: Any) -> None:
    raise CutError


def test_a_switch_that_is_rolled_back_leaves_the_old_one(
    app: App, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = use(app, file)
    before = said(app)
    file.write_bytes(pack(other(by=2.0)))
    write = app.db.write

    @contextmanager
    def torn(**more: bool) -> Any:
        with write(**more) as connection:
            yield connection
            raise CutError  # at the commit, when everything is written

    with monkeypatch.context() as patch:
        patch.setattr(app.db, "write", torn)
        with pytest.raises(CutError):
            use(app, file)
    assert (stored(app), language.chosen(app.settings.home), said(app)) == (first, first, before)
    assert language.model_of(app.settings.home).version == first


def test_a_switch_cut_between_commit_and_file_is_settled_by_the_next_command(
    app: App, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = app.settings.home
    with monkeypatch.context() as patch:
        patch.setattr(model_choice, "settle", cut)
        with pytest.raises(CutError):
            use(app, file)
    version = other().version
    assert (stored(app), language.chosen(home)) == (version, "public")
    assert f"版本\t{version}" in show(app, monkeypatch, capsys)
    assert language.chosen(home) == version == said(app)[-1][1]


@pytest.mark.parametrize("at", [1, 2, 3], ids=["card", "weights", "pointer"])
def test_training_cut_at_any_file_leaves_no_model_without_its_card(
    app: App, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    home, model, base = app.settings.home, other(), language.shipped("public")
    verdict = model_trial.Verdict(
        name="stack", used=base, base_name="public", base=base, model=model, labels=50,
        registers={}, loss_before=0.5, loss_after=0.4,
    )  # fmt: skip
    written: list[Path] = []

    def failing(path: Path, content: bytes, **more: int) -> None:
        written.append(path)
        if len(written) == at:
            raise CutError
        put(path, content, **more)

    with monkeypatch.context() as patch:
        patch.setattr(model_choice, "put", failing)
        with pytest.raises(CutError):
            model_choice.activate_trained(app, verdict, actor=CLERK, now=NOON)
    kept = language.kept_file(home, model.version)
    assert not kept.exists() or kept.with_suffix(".json").exists()
    assert (at == 3) == (stored(app) == model.version) == (len(said(app)) == 1)
    model_choice.settle(app)
    assert language.chosen(home) == stored(app)
    model_choice.activate_trained(app, verdict, actor=CLERK, now=NOON)
    assert model_choice.in_use(home).kind == "company"


def test_a_failed_write_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.npz"
    put(path, b"old")
    monkeypatch.setattr("os.fsync", cut)
    with pytest.raises(CutError):
        put(path, b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("x.npz", b"old")]


# ---- what a training starts from -----------------------------------------------------------------


@pytest.mark.parametrize("name", language.SHIPPED)
def test_a_trained_model_is_trained_again_from_the_shipped_one_even_after_an_upgrade(
    app: App, file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Else the labels it has learned would count twice."""
    home = app.settings.home
    use(app, name)
    assert model_trial._base(home) == name
    version = use(app, file)
    card = {"kind": "company", "base": name, "base_version": "0123abcd"}
    put(language.kept_file(home, version).with_suffix(".json"), card_bytes(card))
    newer = other(by=3.0)
    monkeypatch.setattr(language, "shipped", lambda _: newer)
    assert model_trial._base(home) == name


def test_a_model_brought_as_a_file_is_no_start(app: App, file: Path) -> None:
    use(app, file)
    with pytest.raises(FenghuoError, match="可能已经学过这些标注"):
        model_trial._base(app.settings.home)
