"""A message board by configuration: new, changed and late-answered items, nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from config.clock import FixedClock
from crawlers.run import CrawlOutcome
from domain.post import SourceKind
from domain.source import Source
from pipelines import crawl
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import NOON
from tests.loopback import Answer, served
from tests.unit.crawlers.test_listing_pages import HTML


@dataclass
class Office:
    """A message board of an office: id → (title, text, state, answer)."""

    items: dict[int, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        self.asked.append(path)
        page = "" if path == "/robots.txt" else self.page(path)
        return 200, "text/html; charset=utf-8", page.encode()

    def page(self, path: str) -> str:
        if path.startswith("/show"):
            _, text, _, answer = self.items[int(path.partition("id=")[2])]
            reply = (
                f'<div class="answer">{answer}</div><b class="dept">住建局</b>' if answer else ""
            )
            return f'<div class="ask">{text}</div>{reply}'
        rows = "".join(
            f'<li><a href="/show?id={n}">{title}</a><i>【{state}】</i>'
            f'<b class="date">2026-11-19 10:00</b></li>'
            for n, (title, _, state, _) in sorted(self.items.items(), reverse=True)
        )
        return f'<ul class="msg">{rows}</ul>'


@pytest.fixture
def office() -> Iterator[tuple[Office, str]]:
    told = Office()
    with served(told.answer) as base:
        yield told, f"{base}/list"


def visit(app: App, url: str, days: float) -> CrawlOutcome:
    item = Source(
        name="留言板", engine="listing", url=url, site="liuyan.example",
        kind=SourceKind.COMPLAINT, allow_private=True, options=HTML,
    )  # fmt: skip
    with app.db.write() as connection:
        sources.put(connection, item)
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON + timedelta(days=days))
    return crawl.visit(app, [item])[item.name]


def test_items_come_once_and_again_when_they_change_or_age(
    app: App, office: tuple[Office, str]
) -> None:
    told, url = office
    told.items = {
        1: ["停工", "云麓花园停工三个月", "待受理", ""],
        2: ["漏水", "地下车库漏水", "待受理", ""],
    }
    first = visit(app, url, 0)
    assert (first.finished, first.errors, first.new_posts) == (True, (), 2)
    told.asked.clear()
    again = visit(app, url, 0.1)
    assert (again.new_posts, again.new_revisions) == (0, 0)
    assert [path for path in told.asked if path != "/robots.txt"] == ["/list"]
    # The state changes in the list; an answer came that no list tells of.
    told.items[1][2:] = ["办结", "已复工"]
    told.items[2][3] = "已派人查看"
    told.asked.clear()
    visit(app, url, 0.2)
    assert [path for path in told.asked if path.startswith("/show")] == ["/show?id=1"]
    told.asked.clear()
    visit(app, url, 1.3)
    assert sorted(path for path in told.asked if path.startswith("/show")) == [
        "/show?id=1", "/show?id=2",
    ]  # fmt: skip
    with app.db.read() as connection:
        posts = connection.execute(
            select(t.post.c.native_id, t.post.c.state).order_by(t.post.c.native_id)
        ).all()
        replies = connection.execute(
            select(t.public_reply.c.text, t.public_reply.c.author).order_by(t.public_reply.c.text)
        ).all()
        revisions = connection.scalar(select(func.count()).select_from(t.revision))
    assert [tuple(row) for row in posts] == [("1", "办结"), ("2", "待受理")]
    assert [tuple(row) for row in replies] == [("已复工", "住建局"), ("已派人查看", "住建局")]
    assert revisions == 2
