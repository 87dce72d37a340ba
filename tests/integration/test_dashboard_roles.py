"""Every page for every role on a full and an empty home; what a click on it writes (AppTest)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboard import menu, session, words
from dashboard import words_inbox as wi
from dashboard import words_triage as wt
from domain.access import Act, Actor, Role
from pipelines import rulebook
from store import tables as t
from tests.builders import NOW, Sample, home, sample_home


@pytest.fixture(autouse=True)
def errors_in_words() -> None:
    """Show what a page refused: dashboard.app, imported by another test, hides it process-wide."""
    config.set_option("client.showErrorDetails", "full")


DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
#: (script, title, right) of every page of the menu.
PAGES = [(path, title, act) for entries in menu._PAGES.values() for path, title, _, act in entries]
#: Shown in full on no page: the phone and the room in the sample's posts.
PERSONAL = ("13812345678", "2单元1501")
As = Callable[[Actor], None]


def actor(*roles: Role, entities: frozenset[str] | None = None) -> Actor:
    return Actor(name="周敏", via="web", roles=frozenset(roles), entities=entities)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return sample_home(tmp_path_factory.mktemp("roles"))


@pytest.fixture
def as_(monkeypatch: pytest.MonkeyPatch) -> As:
    """Look at the pages as this person."""

    def become(who: Actor) -> None:
        monkeypatch.setattr(session, "actor", lambda: who)

    return become


def at_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AppTest:
    monkeypatch.setenv("FENGHUO_HOME", str(folder))
    page = AppTest.from_file(str(DASHBOARD / "main.py"), default_timeout=60).run()
    assert not page.exception
    return page


def go(page: AppTest, path: Path, **params: str) -> AppTest:
    page.query_params.update(params)
    page.switch_page(str(path))
    page.run()
    assert not page.exception, [problem.message for problem in page.exception]
    return page


def everything(page: AppTest) -> str:
    return "\n".join(str(element.proto) for element in page.main)


@pytest.fixture(params=["full", "empty"])
def folder(request: pytest.FixtureRequest, sample: Sample, tmp_path: Path) -> Iterator[Path]:
    if request.param == "full":
        yield sample.app.settings.home
    else:
        home(tmp_path)
        yield tmp_path


@pytest.mark.parametrize("role", list(Role))
def test_every_page_of_a_role_opens(
    monkeypatch: pytest.MonkeyPatch, as_: As, folder: Path, role: Role
) -> None:
    who = actor(role)
    as_(who)
    page = at_home(monkeypatch, folder)
    opened = []
    for path, title, act in PAGES:
        if not who.may(act):
            with pytest.raises(ValueError, match="navigation"):
                page.switch_page(str(path))
            continue
        go(page, path)
        assert [found.value for found in page.title] == [title]
        shown = everything(page)
        assert words.NOT_ALLOWED not in shown, title
        assert not [secret for secret in PERSONAL if secret in shown], title
        opened.append(title)
    assert words.OVERVIEW in opened
    assert (words.ACCOUNTS in opened) == (role is Role.ADMIN)


@pytest.mark.parametrize(
    ("path", "act"), [(p, a) for p, _, a in PAGES if a is not Act.VIEW], ids=lambda v: str(v)[-12:]
)
@pytest.mark.parametrize("role", list(Role))
def test_a_page_left_out_of_the_menu_refuses_by_itself(
    monkeypatch: pytest.MonkeyPatch, as_: As, sample: Sample, role: Role, path: Path, act: Act
) -> None:
    who = actor(role)
    if who.may(act):
        return
    as_(who)
    monkeypatch.setenv("FENGHUO_HOME", str(sample.app.settings.home))
    page = AppTest.from_file(str(path), default_timeout=60).run()
    assert [problem.message for problem in page.exception]
    assert "没有这项权限" in page.exception[0].message
    assert len(page.main) <= 2, "a title, and nothing read"


def test_a_page_of_a_foreign_entity_shows_none_of_its_posts(
    monkeypatch: pytest.MonkeyPatch, as_: As, sample: Sample
) -> None:
    as_(actor(*Role, entities=frozenset({"别处置业"})))
    page = at_home(monkeypatch, sample.app.settings.home)
    for path, title, _ in PAGES:
        if path in menu._WHOLE:
            continue  # company-wide, left out of the menu and refused by itself
        page.switch_page(str(path))
        page.run()
        shown = everything(page)
        for name in ("云栖花园", "江湾雅苑", sample.critical, sample.case):
            assert name not in shown, (title, name)


# ---- what a click writes ------------------------------------------------------------------------


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_: As) -> tuple[Sample, AppTest]:
    """Return a sample home of this test alone, seen by a monitor who is also of the crisis team."""
    made = sample_home(tmp_path)
    with made.app.db.write() as connection:
        rulebook.seed(connection, author="示例", now=NOW, procedure="group-000")
    as_(actor(Role.MONITOR, Role.CRISIS))
    return made, at_home(monkeypatch, made.app.settings.home)


def rows(sample: Sample, *columns: Any, table: Any) -> list[tuple[Any, ...]]:
    with sample.app.db.read() as connection:
        query = select(*columns).select_from(table).order_by(table.c.id)
        return [tuple(row) for row in connection.execute(query)]


LABEL = (t.label.c.field, t.label.c.value, t.label.c.by, t.label.c.undone_at.is_not(None))


def test_one_click_in_the_inbox_labels_and_one_takes_it_back(fresh: tuple[Sample, AppTest]) -> None:
    sample, page = fresh
    go(page, DASHBOARD / "views" / "inbox.py")
    verb = _verbs(page)[0]
    page.button_group(key=verb).select(wi.READ).run()
    assert not page.exception
    assert rows(sample, *LABEL, table=t.label) == [("read", "yes", "周敏", False)]
    assert verb not in _verbs(page)
    page.button(key="undo-last").click().run()
    assert rows(sample, *LABEL, table=t.label) == [("read", "yes", "周敏", True)]
    assert verb in _verbs(page)
    assert [row[0] for row in rows(sample, t.audit.c.action, table=t.audit)][-2:] == [
        "labelled", "label-undone",
    ]  # fmt: skip


def test_a_false_alarm_needs_its_reason_and_can_be_taken_back(
    fresh: tuple[Sample, AppTest],
) -> None:
    sample, page = fresh
    go(page, DASHBOARD / "views" / "alert_detail.py", id=sample.critical)
    _button(page, wt.DISMISS).click().run()
    assert "误报须选择原因" in everything(page)
    assert _status(sample) == "open"
    next(radio for radio in page.radio if radio.label == wt.WHY_DISMISS).set_value("ad")
    _button(page, wt.DISMISS).click().run()
    assert _status(sample) == "dismissed"
    assert wt.DONE_DISMISS in everything(page)
    _button(page, wt.UNDO_DISMISSAL).click().run()
    assert _status(sample) == "open"


def test_a_case_is_opened_and_graded_by_a_named_person(fresh: tuple[Sample, AppTest]) -> None:
    sample, page = fresh
    go(page, DASHBOARD / "views" / "alert_detail.py", id=sample.critical)
    next(radio for radio in page.radio if radio.label == wt.LEVEL).set_value("critical")
    reason = next(field for field in page.text_input if field.label == wt.REASON)
    reason.set_value("已电话核实三户")
    _button(page, wt.GRADE).click().run()
    assert not page.exception
    found = rows(sample, t.case.c.level, t.case.c.graded_by, table=t.case)
    assert found[-1] == ("critical", "周敏")


def _verbs(page: AppTest) -> list[str]:
    """Keys of the rows of verbs, one a post."""
    return [key for group in page.button_group if (key := group.key or "").startswith("verb-")]


def _button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if button.label == label)


def _status(sample: Sample) -> str:
    found = dict(rows(sample, t.alert.c.number, t.alert.c.status, table=t.alert))
    return str(found[sample.critical])
