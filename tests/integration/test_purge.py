"""Group texts without a basis are gone after 30 days, those past their end date the day after."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from domain.access import Actor
from pipelines import intake, purge
from pipelines.intake import Basis
from pipelines.wiring import App
from store import audit, search
from store import tables as t
from tests.conftest import NOON
from tests.posts import prepare, run_at

WANG = Actor(name="王敏", via="cli")
CHAT = """张三 3-2-1501
2026-11-20 11:08
望江府外墙渗水三个月没人管
李四
2026-11-20 11:09
明天一起去售楼部"""


def _paste(app: App, basis: Basis) -> None:
    prepare(app)
    intake.paste_chat(
        app, CHAT, subject_key="wangjiangfu", group="望江府业主群", basis=basis, actor=WANG,
        now=NOON,
    )  # fmt: skip
    run_at(app, NOON + timedelta(minutes=1))


def _texts(app: App) -> list[str]:
    with app.db.read() as connection:
        return list(connection.scalars(select(t.revision.c.text).order_by(t.revision.c.id)))


@pytest.mark.parametrize(
    ("basis", "kept_until"),
    [
        (Basis(), timedelta(days=29, hours=23)),
        (Basis(provider="王先生", basis="本人提供", ends_on="2026-12-31"), timedelta(days=41)),
    ],
    ids=["without a basis: 30 days", "with an end date: to its end"],
)
def test_private_texts_leave_on_time(app: App, basis: Basis, kept_until: timedelta) -> None:
    _paste(app, basis)
    assert purge.run(app, NOON + kept_until).done == 0
    assert any("渗水" in text for text in _texts(app))
    late = NOON + kept_until + timedelta(days=1, hours=1)
    assert purge.run(app, late).done == 2
    assert set(_texts(app)) == {""}
    with app.db.read() as connection:
        assert search.find(connection, "渗水", limit=5) == []
        assert connection.scalars(select(t.post.c.author_key).distinct()).all() == [None]
        assert connection.scalars(select(t.post.c.household_key).distinct()).all() == [None]
        assert "渗水" not in repr(connection.scalars(select(t.analysis.c.details)).all())
        assert all(v.broken_at is None for v in audit.verify(connection))


def test_with_a_basis_and_no_end_nothing_leaves(app: App) -> None:
    _paste(app, Basis(provider="王先生", basis="本人提供"))
    assert purge.run(app, NOON + timedelta(days=400)).done == 0


def test_the_line_purges_once_a_day_and_the_event_forgets_its_title(app: App) -> None:
    _paste(app, Basis())
    run_at(app, NOON + timedelta(days=31))
    assert set(_texts(app)) == {""}
    with app.db.read() as connection:
        assert set(connection.scalars(select(t.event.c.title))) == {""}
    assert purge.run(app, NOON + timedelta(days=31, hours=2)).done == 0
