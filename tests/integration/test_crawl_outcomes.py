"""How a visit ended is a row and, where somebody must act, an issue that closes by itself."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from config.clock import FixedClock
from crawlers.run import CrawlOutcome
from crawlers.spiders.folder import PART, FolderSpider, Found
from domain.errors import FactsError
from domain.post import Page, SourceKind
from domain.source import Source
from pipelines import crawl, ingest
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import NOON


def drop(folder: Path, name: str, *texts: str, first: int = 1) -> None:
    """Put a file of posts into the folder."""
    folder.mkdir(exist_ok=True)
    lines = [
        json.dumps({"id": str(n), "text": text, "published_at": "2026-11-20 08:00"})
        for n, text in enumerate(texts, first)
    ]
    (folder / name).write_text("\n".join(lines), encoding="utf-8")


def board(folder: Path, **more: Any) -> Source:
    made = Source(
        name="投放", engine="folder", url=str(folder), site="drop.example", kind=SourceKind.FORUM
    )
    return replace(made, **more)


def put(app: App, item: Source) -> Source:
    with app.db.write() as connection:
        sources.put(connection, item, now=NOON)
    return item


def visit(app: App, item: Source, *, hours: float = 0) -> CrawlOutcome:
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON + timedelta(hours=hours))
    return crawl.visit(app, [item])[item.name]


def last(app: App) -> dict[str, Any]:
    with app.db.read() as connection:
        query = select(t.crawl).order_by(t.crawl.c.id.desc()).limit(1)
        return dict(connection.execute(query).mappings().one())


def issues(app: App) -> dict[str, tuple[str, str]]:
    """Return the open issues: code → (level, message)."""
    with app.db.read() as connection:
        rows = connection.execute(select(t.issue).where(t.issue.c.closed_at.is_(None)))
        return {row.code: (row.level, row.message) for row in rows}


def test_what_was_new_is_counted_and_kept(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    drop(folder, "a.jsonl", "外墙渗水", "电梯停了")
    item = put(app, board(folder))
    first = visit(app, item)
    assert (first.posts, first.new_posts, first.new_revisions) == (2, 2, 0)
    drop(folder, "b.jsonl", "外墙渗水，已修好", "电梯停了", "车位涨价")
    second = visit(app, item, hours=1)
    assert (second.posts, second.new_posts, second.new_revisions) == (3, 1, 1)
    kept = last(app)
    assert (kept["posts"], kept["new_posts"], kept["new_revisions"]) == (3, 1, 1)
    assert (kept["outcome"], kept["message"]) == ("done", "")


def test_an_unknown_engine_is_said_and_its_issue_closes_when_it_works(
    app: App, tmp_path: Path
) -> None:
    folder = tmp_path / "drop"
    drop(folder, "a.jsonl", "外墙渗水")
    outcome = visit(app, put(app, board(folder, engine="vbulletin")))
    assert not outcome.finished
    assert (last(app)["outcome"], last(app)["errors"]) == ("failed", 1)
    assert "引擎“vbulletin”不认识" in last(app)["message"]
    level, message = issues(app)["crawl-failed"]
    assert level == "error"
    assert "引擎“vbulletin”不认识" in message
    visit(app, put(app, board(folder)), hours=1)
    assert issues(app) == {}


def test_a_spider_that_breaks_is_said(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    drop(folder, "a.jsonl", "外墙渗水")
    item = put(app, board(folder))

    def broken(self: FolderSpider, found: Found) -> Iterator[Page]:
        raise ValueError(f"cannot read {found.name}")

    with monkeypatch.context() as patch:
        patch.setattr(FolderSpider, "_pages", broken)
        outcome = visit(app, item)
    assert not outcome.finished, "an exception is not a quiet visit"
    assert last(app)["outcome"] == "failed"
    assert "cannot read a.jsonl" in last(app)["message"]
    assert "cannot read a.jsonl" in issues(app)["crawl-failed"][1]
    visit(app, item, hours=1)
    assert issues(app) == {}
    assert last(app)["outcome"] == "done"


def test_a_lost_page_leaves_its_file_open_for_the_next_visit(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "drop"
    texts = [f"第 {n} 条：外墙渗水" for n in range(2 * PART + 5)]
    drop(folder, "a.jsonl", *texts)
    item = put(app, board(folder))
    calls, store = [0], ingest.store_page

    def once_broken(*args: Any, **kwargs: Any) -> Any:
        calls[0] += 1
        if calls[0] == 2:
            raise OSError("disk full")
        return store(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(ingest, "store_page", once_broken)
        broken = visit(app, item)
    assert broken.errors
    again = visit(app, item, hours=1)
    assert again.errors == ()
    with app.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(t.post)) == len(texts)


def test_a_spider_that_cannot_be_built_is_said(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("no such option")

    monkeypatch.setattr(FolderSpider, "__init__", broken)
    assert not visit(app, put(app, board(tmp_path))).finished
    assert "no such option" in last(app)["message"]
    assert "no such option" in issues(app)["crawl-failed"][1]


def test_a_died_child_is_forgiven_by_the_next_good_visit(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    drop(folder, "a.jsonl", "外墙渗水")
    item = put(app, board(folder))
    with app.db.write() as connection:
        sources.raise_issue(
            connection, at=NOON, code="crawl-died", message="异常退出", source_name=item.name
        )
    visit(app, item)
    assert issues(app) == {}


def test_too_few_posts_in_a_day_is_a_warning_that_closes(app: App, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    drop(folder, "a.jsonl", "外墙渗水", "电梯停了")
    item = put(app, board(folder, min_posts=2))
    visit(app, item)
    assert issues(app) == {}
    visit(app, item, hours=12)
    assert issues(app) == {}, "a visit that finds nothing new half a day later is no alarm"
    visit(app, item, hours=24.5)
    assert list(issues(app)) == ["below-min"]
    level, message = issues(app)["below-min"]
    assert level == "warning"
    assert "不足 2 条" in message
    drop(folder, "b.jsonl", "车位涨价", first=3)
    visit(app, item, hours=25)
    assert list(issues(app)) == ["below-min"], "one is fewer than two"
    drop(folder, "c.jsonl", "物业换人", first=4)
    visit(app, item, hours=26)
    assert issues(app) == {}


def test_without_a_minimum_nothing_is_expected(app: App, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    visit(app, put(app, board(tmp_path / "drop")))
    assert issues(app) == {}


def test_a_source_that_cannot_be_visited_is_refused_in_words(app: App, tmp_path: Path) -> None:
    put(app, board(tmp_path, name="导入 甲.jsonl", engine="file"))
    put(app, board(tmp_path, name="停用的", enabled=False))
    with pytest.raises(FactsError, match="由导入文件建立"):
        crawl.choose(app, ["导入 甲.jsonl"])
    with pytest.raises(FactsError, match="“停用的”已停用"):
        crawl.choose(app, ["停用的"])
    assert crawl.choose(app, []) == []
