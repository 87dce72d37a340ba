"""Group messages about nothing watched go after 30 days, all but five lines around what counts."""

from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from domain.access import Actor
from domain.label import YES, Field, Judgement
from domain.post import Page, ParsedPost, SourceKind
from domain.source import Source
from pipelines import ingest, purge
from pipelines.complaints import ComplaintForm, register_complaint
from pipelines.wiring import App
from store import audit, labels, search, sources
from store import purge as rows
from store import tables as t
from tests.conftest import NOON
from tests.posts import prepare, run_at

GROUP = "望江府业主群"
START = NOON - timedelta(hours=2)
OVER = NOON + timedelta(days=30, minutes=1)
WANG = Actor(name="王敏", via="cli")


def say(app: App, texts: list[str], *, kind: SourceKind = SourceKind.GROUP) -> None:
    """Store one message a minute in a group with provider and basis."""
    prepare(app)
    terms = {"provider": "业委会", "basis": "授权"}
    with app.db.write() as connection:
        sources.put(
            connection,
            Source(name=GROUP, engine="file", url="x", site=GROUP, kind=kind, options=terms),
        )
    posts = tuple(
        ParsedPost(
            native_id=f"m{n}", text=text, author=f"邻居{n % 4}", author_id=f"n{n % 4}",
            published_at=START + timedelta(minutes=n),
        )
        for n, text in enumerate(texts)
    )  # fmt: skip
    ingest.store_page(app, Page(source=GROUP, site=GROUP, kind=kind, posts=posts))


def left(app: App) -> list[int]:
    """Return the numbers of the messages that still have text."""
    with app.db.read() as connection:
        found = connection.scalars(
            select(t.post.c.native_id)
            .join(t.revision, t.revision.c.post_id == t.post.c.id)
            .where(t.revision.c.text != "")
            .order_by(t.post.c.published_at, t.post.c.id)
        )
        return [int(name.removeprefix("m")) for name in found]


LEAK = "望江府外墙渗水，报修三次没人来，质量太差"
CHAT = [f"今晚一起打球吗第{n}次问" for n in range(21)]


def test_five_lines_around_a_relevant_one_stay_the_sixth_goes(app: App) -> None:
    texts = CHAT.copy()
    texts[10] = LEAK
    say(app, texts)
    run_at(app, NOON)
    assert purge.run(app, OVER).done == 10
    assert left(app) == list(range(5, 16))
    with app.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(t.post)) == 21, "counts stay"
        assert search.find(connection, "打球吗第3次", limit=5) == []
        assert len(search.find(connection, "打球吗第6次", limit=5)) == 1
        said = connection.execute(
            select(t.audit.c.object, t.audit_payload.c.payload)
            .join(t.audit_payload, t.audit_payload.c.audit_id == t.audit.c.id)
            .where(t.audit.c.action == "purged")
        ).all()
        assert all(verdict.broken_at is None for verdict in audit.verify(connection))
    assert [(row.object, row.payload["posts"]) for row in said] == [(f"source:{GROUP}", 10)]


def test_not_a_minute_before_thirty_days(app: App) -> None:
    say(app, CHAT)
    run_at(app, NOON)
    assert purge.run(app, NOON + timedelta(days=30) - timedelta(minutes=1)).done == 0
    assert len(left(app)) == 21
    assert purge.run(app, OVER + timedelta(days=1)).done == 21


def test_what_is_not_analysed_yet_stays_with_its_neighbours(app: App) -> None:
    say(app, CHAT)
    assert purge.run(app, OVER).done == 0
    say(app, CHAT[:3])
    assert len(left(app)) == 21


def test_what_somebody_labelled_or_registered_as_a_complaint_stays(app: App) -> None:
    say(app, [f"{text}，改天再约" for text in CHAT * 2])
    run_at(app, NOON)
    with app.db.write() as connection:
        found = connection.execute(select(t.post.c.native_id, t.post.c.id)).all()
        ids = {row.native_id: row.id for row in found}
        said = [Judgement(field=Field.RELEVANT, value=YES)]
        labels.add(connection, ids["m0"], said, actor=WANG, now=NOON)
    form = ComplaintForm(text="群里反映的", category="其他")
    register_complaint(app, form, WANG, NOON, post_id=ids["m41"])
    purge.run(app, OVER)
    assert left(app) == [0, 1, 2, 3, 4, 5, 36, 37, 38, 39, 40, 41]


def test_a_label_given_while_the_purge_runs_is_seen(app: App) -> None:
    say(app, CHAT)
    run_at(app, NOON)
    with app.db.write() as connection:
        first = connection.scalar(select(t.post.c.id).where(t.post.c.native_id == "m0"))
        assert first is not None
        before = rows.still_irrelevant(connection, [first])
        said = [Judgement(field=Field.RELEVANT, value=YES)]
        labels.add(connection, first, said, actor=WANG, now=NOON)
        assert (before, rows.still_irrelevant(connection, [first])) == ([first], [])


def test_other_kinds_of_sources_are_left_alone(app: App) -> None:
    say(app, CHAT, kind=SourceKind.FORUM)
    run_at(app, NOON)
    assert purge.run(app, OVER).done == 0


def test_lines_are_neighbours_within_their_group_only(app: App) -> None:
    say(app, CHAT)
    with app.db.write() as connection:
        other = Source(
            name="另一群", engine="file", url="x", site="另一群", kind=SourceKind.GROUP,
            options={"provider": "甲", "basis": "乙"},
        )  # fmt: skip
        sources.put(connection, other)
    near = ParsedPost(
        native_id="m900", text=LEAK, author_id="z", published_at=START + timedelta(minutes=10)
    )
    ingest.store_page(
        app, Page(source="另一群", site="另一群", kind=SourceKind.GROUP, posts=(near,))
    )
    run_at(app, NOON)
    assert purge.run(app, OVER).done == 21
    assert left(app) == [900]


def test_a_retention_class_ends_what_is_older_than_it(app: App) -> None:
    say(app, [LEAK, LEAK + "！"])
    with app.db.write() as connection:
        item = sources.find(connection, GROUP)
        assert item is not None
        item.options["retention"] = "90d"
        sources.put(connection, item)
    run_at(app, NOON)
    assert purge.run(app, NOON + timedelta(days=89)).done == 0
    assert purge.run(app, NOON + timedelta(days=91)).done == 2


@pytest.mark.parametrize("count", [40, 400])
def test_looking_takes_one_query_however_many_messages(app: App, count: int) -> None:
    say(app, [f"第{n}次问晚上吃什么" for n in range(count)])
    run_at(app, NOON)
    asked: list[str] = []
    event.listen(app.db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with app.db.read() as connection:
        assert len(rows.irrelevant(connection, OVER)) == count
    assert [text[:6] for text in asked if not text.startswith("BEGIN")] == ["SELECT"]
