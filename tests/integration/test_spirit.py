"""A forum nobody here wrote (django-spirit from PyPI), crawled end to end through the real line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from config.clock import FixedClock, SystemClock
from crawlers.run import CrawlOutcome
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import MakeApp

pytest.importorskip("spirit")
HERE = Path(__file__).resolve().parents[2]


class Spirit:
    """The forum in its own process; orders go in and answers come out as JSON lines."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.spirit_site", str(folder)], cwd=HERE, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )  # fmt: skip
        self.url = f"http://127.0.0.1:{self._read()['port']}"

    def do(self, verb: str, **order: Any) -> Any:
        """Have the forum do something; return what it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": verb, **order}) + "\n")
        self._process.stdin.flush()
        return self._read()["did"]

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(timeout=10)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        answer = json.loads(self._process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


class Told(NamedTuple):
    """One revision as stored."""

    pid: str
    n: int
    text: str
    deleted: bool
    floor: int | None
    thread: str | None


@pytest.fixture
def spirit(tmp_path: Path) -> Iterator[Spirit]:
    folder = tmp_path / "spirit"
    folder.mkdir()
    site = Spirit(folder)
    yield site
    site.stop()


@pytest.fixture
def app(make_app: MakeApp) -> App:
    """Return a home whose clock stands where the forum's does: its times are real ones."""
    return make_app(now=SystemClock().now().replace(microsecond=0) + timedelta(minutes=1))


def board_of(app: App, spirit: Spirit) -> Source:
    item = Source(
        name="东岸花园", engine="spirit", url=spirit.url + spirit.do("base"), site="spirit.example",
        kind=SourceKind.FORUM, allow_private=True,
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, item, now=app.clock.now())
    return item


def visit(app: App, item: Source) -> CrawlOutcome:
    outcome = crawl.visit(app, [item])[item.name]
    assert (outcome.errors, outcome.blocked, outcome.finished) == ((), None, True)
    return outcome


def told(app: App, *, after: int = 0) -> list[Told]:
    with app.db.read() as connection:
        rows = connection.execute(
            select(
                t.post.c.native_id, t.revision.c.n, t.revision.c.text, t.revision.c.deleted,
                t.post.c.floor, t.post.c.thread_id,
            )
            .join_from(t.revision, t.post)
            .order_by(t.revision.c.id)
            .offset(after)
        )  # fmt: skip
        return [Told(*row) for row in rows]


def test_a_forum_of_other_people_is_crawled_and_followed(app: App, spirit: Spirit) -> None:
    assert isinstance(app.clock, FixedClock)
    long, _ = spirit.do("topic", author="laohuai", title="地库漏水", text="负二层积水\n\n车都泡了")
    replies = [
        spirit.do("comment", author=f"yezhu{n % 5}", topic=long, text=f"第{n}条：我家也是")
        for n in range(26)
    ]
    short, first = spirit.do("topic", author="xiaoqiao", title="电梯停运", text="三天了")
    item = board_of(app, spirit)

    visit(app, item)
    rows = told(app)
    assert len(rows) == 28
    assert [row.floor for row in rows if row.thread == str(long)] == list(range(1, 28))
    assert rows[[row.pid for row in rows].index(str(first))].text == "三天了"
    assert {row.text for row in rows if row.floor == 1} == {"负二层积水\n车都泡了", "三天了"}
    with app.db.read() as connection:
        posts = connection.execute(select(t.post.c.author_key, t.post.c.published_at)).all()
    assert len({row.author_key for row in posts}) == 7
    now = app.clock.now()
    assert all(timedelta(0) <= now - row.published_at < timedelta(minutes=5) for row in posts)

    assert visit(app, item).requests == 1, "an unchanged forum costs its list only"
    assert told(app, after=28) == []

    new = spirit.do("comment", author="yezhu1", topic=short, text="修好了")
    spirit.do("edit", comment=replies[3], text="第3条：更正，我家没有")
    spirit.do("delete", comment=replies[20])
    other, opening = spirit.do("topic", author="laohuai", title="停车费", text="又涨了")
    app.clock.move(app.clock.now() + timedelta(days=1, minutes=1))
    visit(app, item)
    changes = {(row.pid, row.n, row.text, row.deleted) for row in told(app, after=28)}
    assert changes == {
        (str(new), 1, "修好了", False),
        (str(opening), 1, "又涨了", False),
        (str(replies[3]), 2, "第3条：更正，我家没有", False),
        (str(replies[20]), 2, "", True),
    }
    assert other != short
