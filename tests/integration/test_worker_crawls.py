"""Crawl children: one at a time for a host, each with limits, a dead one is told and due again."""

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.post import SourceKind
from domain.source import Source
from pipelines import worker
from pipelines.wiring import App
from store import sources
from store import tables as t
from tests.conftest import NOON


def due(app: App, *urls: str) -> None:
    with app.db.write() as connection:
        for n, url in enumerate(urls):
            sources.put(
                connection,
                Source(
                    name=f"来源{n}", engine="discuzx", url=url, site="s", kind=SourceKind.FORUM,
                    every=timedelta(minutes=15),
                ),
                now=NOON,
            )  # fmt: skip


@pytest.fixture
def crawls(app: App, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = worker.Crawls(app=app)
    program = "import time; time.sleep(60)"

    def spawn(self: worker.Crawls, name: str) -> subprocess.Popen[bytes]:
        with app.db.write() as connection:
            sources.start_crawl(connection, name, NOON)
        return subprocess.Popen([sys.executable, "-c", program])

    monkeypatch.setattr(worker.Crawls, "_spawn", spawn)
    yield made
    made.stop()


def test_one_host_is_asked_by_one_child_at_a_time(app: App, crawls: worker.Crawls) -> None:
    due(app, "http://a.example/1", "http://a.example/2", "http://b.example/1")
    crawls.start_due()
    assert sorted(crawls._running) == ["来源0", "来源2"]
    crawls._running["来源0"].process.kill()
    crawls._running["来源0"].process.wait()
    crawls.mind()
    crawls.start_due()
    assert sorted(crawls._running) == ["来源1", "来源2"]


def test_a_source_with_a_bad_address_stops_no_other(app: App, crawls: worker.Crawls) -> None:
    due(app, "http://[::1/x", "http://b.example/1")
    crawls.start_due()
    assert list(crawls._running) == ["来源1"]
    with app.db.read() as connection:
        issue = connection.execute(select(t.issue.c.code, t.issue.c.message)).one()
        again = [item.name for item in sources.due(connection, NOON)]
    assert issue.code == "crawl-died"
    assert "来源0 没有开始采集：网址写得不对" in issue.message
    assert "来源0" not in again, "told once an interval, not twice a second"


def test_no_more_children_than_there_is_room_for(app: App, crawls: worker.Crawls) -> None:
    due(app, *(f"http://h{n}.example/" for n in range(5)))
    crawls.start_due()
    assert len(crawls._running) == worker.MAX_CRAWLS


def test_a_child_that_died_is_told_and_its_source_waits_one_interval(
    app: App, crawls: worker.Crawls
) -> None:
    due(app, "http://a.example/1")
    crawls.start_due()
    crawls._running["来源0"].process.kill()
    crawls._running["来源0"].process.wait()
    crawls.mind()
    with app.db.read() as connection:
        issue = connection.execute(select(t.issue.c.code, t.issue.c.message)).one()
        ended = connection.execute(select(t.crawl.c.outcome)).scalars().all()
        next_at = connection.scalar(select(t.source.c.next_check_at))
    assert (issue.code, "异常退出" in issue.message) == ("crawl-died", True)
    assert ended == ["failed"]
    assert next_at == NOON + timedelta(minutes=15)


def test_a_crawl_that_eats_memory_fails_alone() -> None:
    program = (
        "from pipelines.process import limit_memory\n"
        "limit_memory(300)\n"
        "try:\n    data = bytearray(900 << 20)\n"
        "except MemoryError:\n    print('refused')\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout == "refused\n"
