"""Relating over the store decides like relating in memory: in batches, restarted, upgraded."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from domain.relation import RelateIn, Relation
from pipelines import analyse, language, relate
from pipelines.wiring import App
from store import events, installation
from store import tables as t
from store.db import Connection
from store.events import natural_key
from tests.acceptance.test_replay_is_line import START, known_at, stream
from tests.conftest import NOON, MakeApp
from tests.posts import feed, post, prepare


def related(connection: Connection) -> Iterator[tuple[RelateIn, Relation]]:
    """Yield what the store related, in the order of deciding, as relate sees it."""
    copy, hop = t.post.alias("copy"), t.post.alias("hop")
    rows = connection.execute(
        select(
            t.relation, t.event.c.key, t.post.c.site, t.post.c.native_id, t.post.c.published_at,
            t.revision.c.title, t.revision.c.text, copy.c.native_id.label("original"),
            hop.c.native_id.label("hop_id"),
        )
        .join(t.event, t.event.c.id == t.relation.c.event_id)
        .join(t.post, t.post.c.id == t.relation.c.post_id)
        .join(t.revision, t.revision.c.id == t.relation.c.revision_id)
        .outerjoin(copy, copy.c.id == t.relation.c.duplicate_of)
        .outerjoin(hop, hop.c.id == t.relation.c.hop)
        .order_by(t.relation.c.id)
    )  # fmt: skip
    for row in rows:
        name = natural_key(row.site, row.native_id)
        item = RelateIn(
            id=name, title=row.title, text=row.text, published_at=row.published_at,
            subjects=tuple(row.subjects), categories=tuple(row.categories),
        )  # fmt: skip
        yield item, Relation(
            id=name, event=row.key, similarity=row.similarity, edge=row.edge,
            duplicate_of=row.original and natural_key(row.site, row.original),
            evidence=row.evidence, hop=row.hop_id and natural_key(row.site, row.hop_id),
        )  # fmt: skip


POSTS = sorted(stream(360, 3), key=known_at)


def fill(app: App, start: int, end: int) -> None:
    for first in range(start, end, 60):
        feed(app, POSTS[first : first + 60])
        analyse.run(app, NOON)
        relate.run(app, NOON)


def as_an_older_home(app: App) -> None:
    """Take away all keys, as migration 0005 finds a home."""
    with app.db.write() as connection:
        connection.execute(delete(t.posting))
        connection.execute(delete(t.event_profile))
        installation.put(connection, "relate_keyed_through", "0")
    relate.forget(app.settings.home)


@pytest.mark.parametrize("older", [False, True])
def test_the_store_decides_like_an_index_in_memory(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, *, older: bool
) -> None:
    monkeypatch.setattr(relate, "BATCH", 7)
    app = make_app("home", START)
    prepare(app)
    fill(app, 0, 180)
    if older:
        as_an_older_home(app)
    fill(app, 180, 360)
    index = language.load_relate()
    with app.db.read() as connection:
        rows = list(related(connection))
        assert not installation.get(connection, "relate_keyed_through")
    assert len({relation.event for _, relation in rows}) > 20
    assert sum(relation.hop is not None for _, relation in rows) > 20
    for item, relation in rows:
        assert index.place(item) == relation


THREE = (
    (
        "望江府外墙渗水，次卧墙面全湿了，物业说等天晴",
        "望江府外墙渗水，客厅墙面也湿了，物业说等天晴",
    ),
    ("望江府电梯困人半小时没人管，老人吓坏了", "望江府电梯困人没人管，半小时才有人来开门"),
    (
        "望江府延期交付半年，违约金一分没给，一直等通知",
        "望江府延期交付半年了，违约金没给，还等通知",
    ),
)


def test_merged_events_count_as_set_unions_and_split_again(make_app: MakeApp) -> None:
    app = make_app("home", NOON)
    prepare(app)
    feed(app, [
        post(f"m{kind}{n}", text, NOON - timedelta(hours=9 - 3 * kind - n), f"网友{kind + n}")
        for kind, texts in enumerate(THREE)
        for n, text in enumerate(texts)
    ])  # fmt: skip
    analyse.run(app, NOON)
    relate.run(app, NOON)
    with app.db.write() as connection:
        found = list(dict.fromkeys(connection.scalars(
            select(t.relation.c.event_id).order_by(t.relation.c.id)
        )))  # fmt: skip
        leak, lift, noise = found
        where = events.subjects_by_key(connection)["wangjiangfu"]

        def authors(event: int) -> set[str | None]:
            return {item.author for item in events.view(connection, event, where).posts}

        alone = {event: events.view(connection, event, where) for event in found}
        apart = {event: authors(event) for event in found}
        assert apart[leak] & apart[lift], "one author writes about both"
        events.merge(connection, leak, where, lift, "王敏", NOON)
        events.merge(connection, lift, where, noise, "王敏", NOON)
        assert authors(noise) == apart[leak] | apart[lift] | apart[noise]
        assert len(events.view(connection, noise, where).posts) == 6
        assert events.take_dirty(connection) == [(noise, where)]
        events.split(connection, lift, where)
        assert events.view(connection, noise, where) == alone[noise]
        assert authors(lift) == apart[leak] | apart[lift]
        events.split(connection, leak, where)
        assert {event: events.view(connection, event, where) for event in found} == alone


def test_what_leads_to_closed_events_is_swept(
    make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.known._SLICES", 1)
    app = make_app("home", START)
    prepare(app)
    fill(app, 0, 60)
    with app.db.write() as connection:
        before = set(connection.scalars(select(t.posting.c.relation_id)))
        connection.execute(t.posting.update().values(day=t.posting.c.day - 400))
    fill(app, 60, 120)
    with app.db.read() as connection:
        after = set(connection.scalars(select(t.posting.c.relation_id)))
    assert before
    assert after
    assert not before & after
