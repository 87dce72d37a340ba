"""Homes that authors state: keyed as a nickname's, counted once, never shown, forgotten (A12)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.source import Subject, SubjectKind
from pipelines import pseudonyms, streams
from pipelines.wiring import App
from reports.trace import trace_post
from store import purge, report_posts
from store import tables as t
from tests.conftest import NOON
from tests.posts import SITE, SUBJECTS, feed, post, prepare, run_at

HOME = ("", "3", "2", "1501")
GROUP = Subject(key="yunlu", name="云麓地产", kind=SubjectKind.GROUP, aliases=("云麓地产",))


def tell(app: App, *said: tuple[str, str], **more: Any) -> None:
    """Store one post an author and text, a minute apart, and run the line."""
    prepare(app, (*SUBJECTS, GROUP))
    posts = [
        post(f"p{n}", text, NOON + timedelta(minutes=n), author, **more)
        for n, (author, text) in enumerate(said)
    ]
    feed(app, posts)
    run_at(app, NOON + timedelta(hours=1))


def homes(app: App) -> list[str | None]:
    with app.db.read() as connection:
        return list(connection.scalars(select(t.post.c.household_key).order_by(t.post.c.id)))


def rooms(app: App) -> list[dict[str, Any]]:
    with app.db.read() as connection:
        stored = connection.scalars(select(t.analysis.c.details).order_by(t.analysis.c.post_id))
        return [fact for row in stored for fact in row["facts"] if fact["kind"] == "room"]


def key(app: App, project: str = "wangjiangfu") -> str | None:
    return pseudonyms.household_key(app.secret, project, HOME)


def test_what_the_author_says_is_the_key_his_nickname_would_give(app: App) -> None:
    tell(
        app,
        ("a", "望江府我家3栋2单元1501漏水没人管"),
        ("b", "望江府我家三栋二单元一五零一漏水没人管"),
        ("c", "望江府楼上3栋2单元1501漏水没人管"),
    )
    assert homes(app) == [key(app), key(app), None]
    assert [fact["key"] for fact in rooms(app)] == [key(app)] * 3


@pytest.mark.parametrize(
    ("text", "why_not"),
    [
        ("望江府和星河湾里都差，我家3栋2单元1501漏水", "two projects"),
        ("我家3栋2单元1501漏水没人管，物业推诿", "no project"),
        ("云麓地产骗人，我家3栋2单元1501漏水", "a group is no project"),
    ],
)
def test_without_one_project_a_room_has_no_key(app: App, text: str, why_not: str) -> None:
    tell(app, ("a", text))
    assert homes(app) == [None], why_not
    assert [fact["key"] for fact in rooms(app)] == [None]


def test_the_room_itself_is_in_no_stored_analysis_and_no_trace(app: App) -> None:
    tell(app, ("a", "望江府我家3栋2单元1501漏水，明天上午9点到3栋2单元1501门口集合维权"))
    with app.db.read() as connection:
        kept = json.dumps(
            [list(row) for row in connection.execute(select(t.analysis.c.details))],
            ensure_ascii=False,
        )
        told = trace_post(connection, f"{SITE}|p0")
    assert "3栋*单元****" in kept
    assert "501" not in kept.replace(str(key(app)), "")
    assert "3栋*单元****" in told
    assert "1501" not in told


def test_a_home_said_in_another_form_adds_no_household(app: App) -> None:
    tell(
        app,
        ("a", "望江府我家3-2-1501漏水没人管"),
        ("a", "望江府我家3栋1501还在漏水"),
        ("b", "望江府我家5栋602漏水"),
    )
    first, second, other = homes(app)
    assert first == key(app)
    assert second is None
    assert other not in (None, first)


def test_an_author_with_a_home_in_text_and_nickname_is_one_voice(app: App) -> None:
    tell(app, ("a", "望江府我家3栋1501漏水没人管"), ("b", "望江府地下室漏水没人管"))
    later = post("p2", "望江府漏水没人管，地板都泡了", NOON + timedelta(hours=1), "a")
    feed(app, [replace(later, project="wangjiangfu", household=HOME)])
    run_at(app, NOON + timedelta(hours=2))
    first, _, second = homes(app)
    assert None not in (first, second)
    assert first != second
    with app.db.read() as connection:
        since, until = NOON - timedelta(days=1), NOON + timedelta(days=1)
        found = report_posts.count(report_posts.mentioned(connection, None, since, until))
    assert (found.voices.certain, found.households) == (2, 1)


def test_the_homes_an_author_has_named_are_found_by_index(app: App) -> None:
    with app.db.read() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT household_key FROM post"
            " WHERE site IN ('s') AND author_key IN ('a', 'b') AND household_key IS NOT NULL"
        ).all()
    assert "ix_post_author_home" in str(plan)


def test_what_is_known_already_stays(app: App) -> None:
    prepare(app)
    known = replace(
        post("p0", "望江府我家5栋602漏水", NOON, "a"), project="wangjiangfu", household=HOME
    )
    feed(app, [known])
    run_at(app, NOON + timedelta(hours=1))
    assert homes(app) == [key(app)]


def test_a_purge_forgets_what_was_stated(app: App) -> None:
    tell(app, ("a", "望江府我家3栋2单元1501漏水没人管"), ("b", "望江府楼上5栋602漏水没人管"))
    with app.db.write() as connection:
        ids = list(connection.scalars(select(t.post.c.id)))
        purge.erase(connection, ids, b"salt of this test")
    assert rooms(app) == []
    assert homes(app)[0] not in (None, key(app))
    assert homes(app)[1] is None


def test_the_command_line_tells_the_key_and_not_the_room(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(app)
    monkeypatch.setenv("FENGHUO_HOME", str(app.settings.home))
    file = tmp_path / "posts.jsonl"
    file.write_text(
        json.dumps({"id": "1", "text": "望江府我家3栋2单元1501漏水没人管"}), encoding="utf-8"
    )
    row = next(streams.analyse(str(file), why=True, projects=None, snownlp=False))
    said = [fact for fact in row["facts"] if fact["kind"] == "room"]
    assert said == [
        {
            "kind": "room", "low": None, "high": None, "unit": "", "text": "3栋*单元****",
            "start": 5, "end": 14, "key": key(app),
        }
    ]  # fmt: skip
    assert "1501" not in json.dumps([row["facts"], row["reason_zh"]], ensure_ascii=False)
    assert not any("5" in why["text"] for why in row["why"])
