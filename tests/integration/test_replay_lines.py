"""Replay counts the lines a store would hold, also those without an id."""

from datetime import timedelta

from sqlalchemy import func, select

from domain.post import ParsedPost, SourceKind
from pipelines import language, rulebook
from pipelines.alert_book import AlertBook
from pipelines.replay import Replay
from pipelines.wiring import App
from store import tables as t
from tests.conftest import NOON
from tests.posts import SITE, SUBJECTS, feed, prepare


def line(text: str, second: int, native_id: str | None = None) -> ParsedPost:
    return ParsedPost(
        native_id=native_id, text=text, author="甲", published_at=NOON + timedelta(seconds=second),
        fetched_at=NOON + timedelta(seconds=second), site=SITE, source_kind=SourceKind.FORUM,
    )  # fmt: skip


def test_equal_lines_of_one_second_are_as_many_as_in_the_store(app: App) -> None:
    leak = "望江府2栋外墙渗水，次卧整面墙都湿了"
    posts = [line(leak, 0), line(leak, 0), line(leak, 60), line(leak, 0), line(leak, 5, "own")]
    prepare(app)
    feed(app, posts)
    run = Replay(
        book=AlertBook(rules=rulebook.shipped_rules()), facts=language.load_facts(SUBJECTS),
        index=language.load_relate(), names={item.key: item.name for item in SUBJECTS},
        step=timedelta(minutes=15),
    )  # fmt: skip
    list(run.run(posts, lag=True))
    with app.db.read() as connection:
        stored = connection.scalar(select(func.count()).select_from(t.post))
    assert stored == len(run.memory.posts) == 5
    assert sorted(run.memory.given_ids.values()) == ["0", "1", "2", "3", "own"]
