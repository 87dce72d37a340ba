"""The pages of taking in and setting up, as people with and without the right see them."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from streamlit import config
from streamlit.testing.v1 import AppTest

from dashboard import session, words
from dashboard import words_intake as w
from domain.access import Actor, Role
from store import tables as t
from tests.builders import Sample, sample_home


@pytest.fixture(autouse=True)
def errors_in_words() -> None:
    """Show what a page refused: dashboard.app, imported by another test, hides it process-wide."""
    config.set_option("client.showErrorDetails", "full")


DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sample:
    made = sample_home(tmp_path)
    monkeypatch.setenv("FENGHUO_HOME", str(made.app.settings.home))
    return made


def open_page(monkeypatch: pytest.MonkeyPatch, who: Actor, name: str, **params: str) -> AppTest:
    monkeypatch.setattr(session, "actor", lambda: who)
    page = AppTest.from_file(str(DASHBOARD / "main.py"), default_timeout=60).run()
    page.query_params.update(params)
    page.switch_page(str(DASHBOARD / "views" / name)).run()
    assert not page.exception
    return page


def web(role: Role, entities: frozenset[str] | None = None) -> Actor:
    return Actor(name="周敏", via="web", roles=frozenset({role}), entities=entities)


def count(sample: Sample, *columns: Any) -> list[Any]:
    with sample.app.db.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns))]


def test_recipients_are_shown_to_administrators_of_the_whole_company(
    monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    whole = open_page(monkeypatch, web(Role.ADMIN), "recipients.py")
    assert words.NOT_ALLOWED not in "".join(str(one.proto) for one in whole.main)
    limited = web(Role.ADMIN, frozenset({"江城示例置业有限公司"}))
    monkeypatch.setattr(session, "actor", lambda: limited)
    alone = AppTest.from_file(str(DASHBOARD / "views/recipients.py"), default_timeout=60).run()
    assert "无权处理其他法人主体" in alone.exception[0].message
    assert "陈立" not in "".join(str(one.proto) for one in alone.main)


def test_a_complaint_registered_from_a_post_makes_no_second_one(
    monkeypatch: pytest.MonkeyPatch, sample: Sample
) -> None:
    before = len(count(sample, t.post.c.id))
    ((post_id,),) = count(sample, t.post.c.id)[:1]
    page = open_page(monkeypatch, web(Role.MONITOR), "intake.py", do="complaint", post=str(post_id))
    opinion = next(area for area in page.text_area if area.label == w.OPINION)
    opinion.set_value("外墙渗水")
    next(button for button in page.button if button.label == w.REGISTER).click().run()
    assert not page.exception
    ((number, linked),) = count(sample, t.complaint.c.number, t.complaint.c.post_id)
    assert linked == post_id
    assert len(count(sample, t.post.c.id)) == before
    assert count(sample, t.label.c.field, t.label.c.value) == [("complaint", number)]
