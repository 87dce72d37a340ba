"""Evidence: only what proves something is kept, small, and its manifest outlives the bytes."""

import gzip
import hashlib
import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from config.clock import FixedClock
from domain.errors import StoreError
from domain.post import Answer, EvidenceIn, Page, ParsedPost, SourceKind, ThreadCount
from domain.source import Source
from pipelines import evidence as evidence_step
from pipelines import ingest
from pipelines.crawl import _train
from pipelines.wiring import App
from store import evidence, sources
from store import tables as t
from tests.conftest import NOON

BOARD = Source(
    name="板块", engine="discuzx", url="http://f.example/", site="f.example",
    kind=SourceKind.FORUM,
)  # fmt: skip


@pytest.fixture
def crawl_id(app: App) -> int:
    with app.db.write() as connection:
        sources.put(connection, BOARD, now=NOON)
        return sources.start_crawl(connection, BOARD.name, NOON)


def page(n: int, text: str, body: bytes | None = None, **more: Any) -> Page:
    one = ParsedPost(native_id=str(n), text=text, published_at=NOON, thread_id="7", floor=1, **more)
    seen = EvidenceIn(
        url=f"http://f.example/{n}", fetched_at=NOON, body=body or html(n, text),
        headers={"Date": "x"},
    )  # fmt: skip
    return Page(
        source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=(one,), evidence=seen
    )


def html(n: int, text: str) -> bytes:
    """Return a page as forums send them: the same frame around a few words of its own."""
    same = random.Random(0)
    frame = "".join(f"<div class='{same.getrandbits(64):x}'>版块</div>" for _ in range(400))
    noise = f"{random.Random(n).getrandbits(64):x}"
    return f"<html>{frame}<p id={noise}>{text}</p>{frame}</html>".encode()


def count(app: App, table: Any) -> int:
    with app.db.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_page_without_news_keeps_no_bytes(app: App, crawl_id: int) -> None:
    ingest.store_page(app, page(1, "外墙渗水"), crawl_id=crawl_id)
    ingest.store_page(app, page(1, "外墙渗水", body=b"other noise"), crawl_id=crawl_id)
    assert (count(app, t.evidence), count(app, t.manifest)) == (1, 1)
    ingest.store_page(app, page(1, "外墙渗水，已三个月"), crawl_id=crawl_id)
    assert (count(app, t.evidence), count(app, t.manifest)) == (2, 2)


def test_a_dictionary_of_the_site_makes_pages_tiny_and_they_read_back(
    app: App, crawl_id: int
) -> None:
    for n in range(evidence.SAMPLES):
        ingest.store_page(app, page(n, f"第 {n} 帖"), crawl_id=crawl_id)
    _train(app, BOARD, NOON)
    ingest.store_page(app, page(99, "训练之后"), crawl_id=crawl_id)
    with app.db.read() as connection:
        kept = connection.execute(select(t.evidence).order_by(t.evidence.c.id)).all()
        plain, small = kept[0], kept[-1]
        assert (plain.dictionary_id, small.dictionary_id) == (None, 1)
        sizes = [(app.evidence_folder / row.path).stat().st_size for row in (plain, small)]
        assert sizes[1] * 2 < sizes[0]
        for row, text in ((plain, "第 0 帖"), (small, "训练之后")):
            body = evidence.read(connection, row.id, app.evidence_folder)
            assert body is not None
            assert text in body.decode()
    _train(app, BOARD, NOON)
    assert count(app, t.evidence_dictionary) == 1


def test_damaged_bytes_are_told_and_never_handed_out(app: App, crawl_id: int) -> None:
    ingest.store_page(app, page(1, "外墙渗水"), crawl_id=crawl_id)
    [file] = list(app.evidence_folder.rglob("*.zst"))
    file.write_bytes(file.read_bytes()[:-9])
    with app.db.read() as connection, pytest.raises(StoreError, match="备份"):
        evidence.read(connection, 1, app.evidence_folder)


def test_pages_kept_by_an_earlier_release_still_read(app: App) -> None:
    body = b"<html>kept by 0.2</html>"
    digest = hashlib.sha256(body).hexdigest()
    (app.evidence_folder / f"{digest}.gz").write_bytes(gzip.compress(body))
    with app.db.write() as connection:
        connection.execute(
            t.evidence.insert().values(
                sha256=digest, url="http://f.example/", fetched_at=NOON, size=len(body),
                path=f"{digest}.gz",
            )
        )  # fmt: skip
        assert evidence.read(connection, 1, app.evidence_folder) == body


def test_the_manifest_verifies_and_a_touched_link_is_named(app: App, crawl_id: int) -> None:
    for n in range(3):
        ingest.store_page(app, page(n, f"第 {n} 帖"), crawl_id=crawl_id)
    with app.db.read() as connection:
        assert evidence.verify(connection) == (3, [])
    with app.db.write() as connection:
        connection.execute(update(t.manifest).where(t.manifest.c.n == 2).values(url="http://x/"))
    with app.db.read() as connection:
        links, broken = evidence.verify(connection)
    assert (links, [(one.n, one.url) for one in broken]) == (3, [(2, "http://x/")])
    with app.db.write() as connection:
        connection.execute(t.manifest.delete().where(t.manifest.c.n == 2))
    with app.db.read() as connection:
        assert [one.n for one in evidence.verify(connection)[1]] == [3]


def test_old_bytes_are_erased_but_not_what_an_open_alert_stands_on(app: App, crawl_id: int) -> None:
    for n in range(3):
        ingest.store_page(app, page(n, f"第 {n} 帖"), crawl_id=crawl_id)
    with app.db.write() as connection:
        connection.execute(
            t.alert.insert().values(
                number="W-1", identity="x", status="open", level="major", version=1,
                reason_zh="", opened_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        connection.execute(
            t.finding.insert().values(
                alert_id=1, rule="r", rule_version=1, level="major", observed=1, reason_zh="",
                snapshot={}, opened_at=NOON, changed_at=NOON,
            )
        )  # fmt: skip
        connection.execute(t.finding_post.insert().values(finding_id=1, revision_id=2, post_id=2))
    days = app.settings.evidence_days
    assert isinstance(app.clock, FixedClock)
    assert evidence_step.purge(app, NOON + timedelta(days=days) - timedelta(minutes=1)) == 0
    assert evidence_step.purge(app, NOON + timedelta(days=days, minutes=1)) == 2
    assert len(list(app.evidence_folder.rglob("*.zst"))) == 1
    with app.db.read() as connection:
        assert evidence.read(connection, 1, app.evidence_folder) is None
        assert evidence.read(connection, 2, app.evidence_folder) is not None
        assert evidence.verify(connection) == (3, [])
    # The same bytes seen again after their end are kept again.
    again = page(0, "第 0 帖")
    with app.db.write() as connection:
        assert again.evidence is not None
        assert evidence.keep(connection, again.evidence, app.evidence_folder) == 1
        assert evidence.read(connection, 1, app.evidence_folder) == again.evidence.body


def test_counts_of_a_list_are_a_series_at_the_first_post(app: App, crawl_id: int) -> None:
    ingest.store_page(app, page(1, "外墙渗水"))
    assert isinstance(app.clock, FixedClock)
    for minute, views in ((1, 10), (2, 10), (3, 25)):
        app.clock.move(NOON + timedelta(minutes=minute))
        listed = Page(
            source=BOARD.name, site=BOARD.site, kind=SourceKind.FORUM, posts=(),
            counts=(
                ThreadCount(thread_id="7", views=views, replies=2),
                ThreadCount(thread_id="8", views=1, replies=0),
            ),
        )  # fmt: skip
        ingest.store_page(app, listed)
    with app.db.read() as connection:
        series = connection.execute(
            select(t.post_count.c.views, t.post_count.c.replies).order_by(t.post_count.c.at)
        ).all()
        assert [tuple(row) for row in series] == [(10, 2), (25, 2)]
        assert connection.execute(select(t.post.c.views, t.post.c.replies)).one() == (25, 2)


def test_an_authoritys_state_and_answer_stand_beside_the_post(app: App, crawl_id: int) -> None:
    ingest.store_page(app, page(1, "暖气不热", state="已受理"))
    done = Answer(author="江城市住建局", text="已责令整改。", at=NOON)
    for _ in range(2):
        ingest.store_page(app, page(1, "暖气不热", state="办结", answer=done))
    with app.db.read() as connection:
        assert connection.scalar(select(t.post.c.state)) == "办结"
        reply = connection.execute(select(t.public_reply)).one()
        assert (reply.author, reply.text, reply.at) == (done.author, done.text, NOON)
    assert count(app, t.revision) == 1
