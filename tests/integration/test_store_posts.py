"""Posts: never lost, never doubled, never overwritten; evidence before its row."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Select, func, select

from config.clock import FixedClock
from domain.post import EvidenceIn, Mark, Page, ParsedPost, SourceKind
from pipelines import ingest
from pipelines.wiring import App
from store import evidence, posts, sources, stats
from store import tables as t
from store.posts import Stored
from store.sources import StoredCrawlMemory
from tests.conftest import NOON
from tests.posts import LEAKS, SITE, feed, post, prepare, run_at


def rows(app: App, query: Select[Any]) -> list[tuple[Any, ...]]:
    with app.db.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def count(app: App, table: Any) -> int:
    return int(rows(app, select(func.count()).select_from(table))[0][0])


def later(app: App, hours: float) -> None:
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON + timedelta(hours=hours))


def page(
    *items: ParsedPost, source: str = "板块", body: bytes = b"", private: bool = False
) -> Page:
    proof = EvidenceIn(url="http://x.example/1", fetched_at=NOON, body=body, private=private)
    return Page(
        source=source, site=SITE, kind=SourceKind.FORUM, posts=items,
        evidence=proof if body else None,
    )  # fmt: skip


def test_an_edit_adds_a_revision_and_the_same_again_adds_nothing(app: App) -> None:
    prepare(app)
    first = post("1", "外墙渗水", NOON, "甲")
    edited = post("1", "外墙渗水，已报修", NOON, "甲", edited_at=NOON + timedelta(hours=1))
    results: list[Stored] = []
    for item in (first, first, edited, edited):
        later(app, len(results))
        results.append(ingest.store_page(app, page(item)))
    assert results == [
        Stored(new_posts=1), Stored(unchanged=1), Stored(new_revisions=1), Stored(unchanged=1),
    ]  # fmt: skip
    assert rows(app, select(t.revision.c.n, t.revision.c.text).order_by(t.revision.c.n)) == [
        (1, "外墙渗水"), (2, "外墙渗水，已报修"),
    ]  # fmt: skip
    assert count(app, t.post) == 1


def test_a_changed_title_is_a_revision_too(app: App) -> None:
    prepare(app)
    feed(app, [post("1", "正文", NOON, "甲", title="旧题")])
    feed(app, [post("1", "正文", NOON, "甲", title="新题")])
    assert rows(app, select(t.revision.c.title).order_by(t.revision.c.n)) == [("旧题",), ("新题",)]


def test_two_sources_of_one_site_share_the_post_and_both_are_remembered(app: App) -> None:
    prepare(app)
    feed(app, [post("1", "外墙渗水", NOON, "甲")], source="板块")
    later(app, 1)
    feed(app, [post("1", "外墙渗水", NOON, "甲")], source="镜像")
    later(app, 2)
    feed(app, [post("1", "外墙渗水", NOON, "甲")], source="镜像")
    seen = select(t.source.c.name, t.post_seen.c.first_at).join(
        t.source, t.source.c.id == t.post_seen.c.source_id
    )
    assert rows(app, seen.order_by(t.source.c.name)) == [
        ("板块", NOON), ("镜像", NOON + timedelta(hours=1)),
    ]  # fmt: skip
    assert count(app, t.revision) == 1


def test_the_same_id_on_another_site_is_another_post(app: App) -> None:
    prepare(app)
    feed(app, [post("1", "甲", NOON, "甲"), post("1", "乙", NOON, "甲", site="other.example")])
    assert rows(app, select(t.post.c.site).order_by(t.post.c.site)) == [(SITE,), ("other.example",)]
    keys = {key for (key,) in rows(app, select(t.post.c.author_key))}
    assert len(keys) == 2, "nobody is joined across sites"


def visited(app: App) -> str:
    """Give the home a board that a spider visits; return its name."""
    prepare(app)
    with app.db.write() as connection:
        found = sources.find(connection, "板块")
        assert found is not None
        sources.put(connection, replace(found, name="论坛", engine="discuzx"))
    return "论坛"


def test_a_deletion_is_a_revision_and_a_return_is_another(app: App) -> None:
    board = visited(app)
    feed(app, [post("1", "外墙渗水", NOON, "甲")], source=board)
    later(app, 1)
    feed(app, [post("1", "", NOON, "甲", deleted=True)], source=board)
    assert rows(app, select(t.post.c.deleted_at)) == [(NOON + timedelta(hours=1),)]
    later(app, 2)
    feed(app, [post("1", "外墙渗水", NOON, "甲")], source=board)
    assert rows(app, select(t.post.c.deleted_at)) == [(None,)], "it is there again"
    assert rows(
        app,
        select(t.revision.c.n, t.revision.c.deleted, t.revision.c.text).order_by(t.revision.c.n),
    ) == [(1, False, "外墙渗水"), (2, True, ""), (3, False, "外墙渗水")]


def test_counts_are_a_series_with_a_row_only_on_change(app: App) -> None:
    prepare(app)
    series = [(10, 1), (10, 1), (25, 1), (25, 4)]
    for hour, (views, replies) in enumerate(series):
        later(app, hour)
        feed(app, [post("1", "外墙渗水", NOON, "甲", views=views, replies=replies)])
    feed(app, [post("2", "没有计数", NOON, "乙")])
    found = rows(
        app,
        select(t.post_count.c.at, t.post_count.c.views, t.post_count.c.replies).order_by(
            t.post_count.c.at
        ),
    )
    assert found == [
        (NOON, 10, 1), (NOON + timedelta(hours=2), 25, 1), (NOON + timedelta(hours=3), 25, 4),
    ]  # fmt: skip
    assert rows(app, select(t.post.c.views, t.post.c.replies).order_by(t.post.c.id))[0] == (25, 4)
    assert count(app, t.revision) == 2, "a count is no revision"


def test_an_older_file_again_neither_fails_nor_turns_the_numbers_back(app: App) -> None:
    """Import A, then the newer B, then A once more (its fetched_at is in the records)."""
    prepare(app)
    later(app, 9)
    old = post("1", "外墙渗水", NOON, "甲", views=10, fetched_at=NOON)
    new = post("1", "外墙渗水", NOON, "甲", views=30, fetched_at=NOON + timedelta(hours=5))
    for item in (old, new, old, new, old):
        feed(app, [item])
    assert [views for (views,) in rows(app, select(t.post_count.c.views))] == [10, 30]
    assert rows(app, select(t.post.c.views)) == [(30,)]


A, B = "外墙渗水", "外墙渗水，物业已来看过"


@pytest.mark.parametrize("order", ["ABAB", "ABAAB", "ABBA", "BABA"])
def test_files_without_fetch_times_may_come_again_in_any_order(app: App, order: str) -> None:
    """What a file says was so at some unknown time: only a content never seen is news."""
    prepare(app)
    for hour, letter in enumerate(order):
        later(app, hour)
        feed(app, [post("1", {"A": A, "B": B}[letter], NOON, "甲")])
    texts = rows(app, select(t.revision.c.text).order_by(t.revision.c.n))
    assert texts == [({"A": A, "B": B}[letter],) for letter in order[:2]]


def test_an_older_file_with_fetch_times_does_not_undo_the_edit(app: App) -> None:
    prepare(app)
    old = post("1", A, NOON, "甲", fetched_at=NOON)
    new = post("1", B, NOON, "甲", fetched_at=NOON + timedelta(hours=2))
    back = post("1", A, NOON, "甲", fetched_at=NOON + timedelta(hours=4))
    later(app, 9)
    for item in (old, new, old, new, old):
        feed(app, [item])
    revisions = select(t.revision.c.n, t.revision.c.text).order_by(t.revision.c.n)
    assert rows(app, revisions) == [(1, A), (2, B)]
    for item in (back, old, new, back):
        feed(app, [item])
    assert rows(app, revisions) == [(1, A), (2, B), (3, A)], "the record says it was taken back"


def test_an_edit_taken_back_on_the_site_is_a_revision(app: App) -> None:
    board = visited(app)
    for hour, text in enumerate((A, B, A, A)):
        later(app, hour)
        feed(app, [post("1", text, NOON, "甲")], source=board)
    assert rows(app, select(t.revision.c.n, t.revision.c.text).order_by(t.revision.c.n)) == [
        (1, A), (2, B), (3, A),
    ]  # fmt: skip


def test_a_batch_beyond_one_in_list_is_stored_once(app: App) -> None:
    prepare(app)
    many = [post(f"p{n}", f"第{n}帖", NOON, f"业主{n % 7}") for n in range(900)]
    feed(app, many)
    feed(app, [*many[450:], post("p900", "新的", NOON, "甲")])
    assert (count(app, t.post), count(app, t.revision)) == (901, 901)


def test_two_equal_keys_in_one_page_are_one_post(app: App) -> None:
    prepare(app)
    feed(app, [post("1", "先", NOON, "甲"), post("1", "后", NOON, "甲")])
    assert rows(app, select(t.revision.c.text)) == [("后",)]


def test_authors_are_pseudonyms_and_names_are_nowhere(app: App) -> None:
    prepare(app)
    feed(app, [post("1", "外墙渗水", NOON, "隔壁老王头"), post("2", "匿名的话", NOON, "")])
    keys = dict(rows(app, select(t.post.c.native_id, t.post.c.author_key)))
    assert len(keys["1"]) == 32
    assert keys["2"] is None
    kept = b"".join(p.read_bytes() for p in app.settings.home.rglob("*") if p.is_file())
    assert "外墙渗水".encode() in kept
    assert "隔壁老王头".encode() not in kept


# ---- evidence ----------------------------------------------------------------------------------


def test_evidence_is_on_disk_before_its_row_and_only_once(app: App) -> None:
    prepare(app)
    body = "<html>原文</html>".encode()
    for n in range(2):
        ingest.store_page(app, page(post(str(n), f"第{n}帖", NOON, "甲"), body=body))
    ((key, digest, path, size),) = rows(
        app, select(t.evidence.c.id, t.evidence.c.sha256, t.evidence.c.path, t.evidence.c.size)
    )
    assert (digest, size) == (hashlib.sha256(body).hexdigest(), len(body))
    assert (app.evidence_folder / path).exists()
    with app.db.read() as connection:
        assert evidence.read(connection, key, app.evidence_folder) == body
    assert rows(app, select(t.revision.c.evidence_id).distinct()) == [(key,)]


def test_a_known_post_stands_at_the_floor_where_it_was_seen_last(app: App) -> None:
    prepare(app)
    for floor in (7, 6):
        one = replace(post("1", "外墙渗水", NOON, "甲"), floor=floor)
        assert ingest.store_page(app, page(one)).new_revisions == 0
    assert rows(app, select(t.post.c.floor)) == [(6,)]


def test_a_transaction_that_fails_leaves_a_file_and_no_row(app: App) -> None:
    item = EvidenceIn(url="u", fetched_at=NOON, body=b"page")

    def keep_and_die() -> None:
        with app.db.write() as connection:
            evidence.keep(connection, item, app.evidence_folder)
            assert len(list(app.evidence_folder.rglob("*.zst"))) == 1
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        keep_and_die()
    assert count(app, t.evidence) == 0
    with app.db.write() as connection:
        key = evidence.keep(connection, item, app.evidence_folder)
        assert evidence.read(connection, key, app.evidence_folder) == b"page"
    assert len(list(app.evidence_folder.rglob("*"))) == 2  # folder and file, no leftover


def test_private_evidence_keeps_no_bytes(app: App) -> None:
    prepare(app)
    body = "业主群原始记录".encode()
    ingest.store_page(app, page(post("1", "外墙渗水", NOON, "甲"), body=body, private=True))
    ((key, digest, path, private),) = rows(
        app, select(t.evidence.c.id, t.evidence.c.sha256, t.evidence.c.path, t.evidence.c.private)
    )
    assert (digest, path, private) == (hashlib.sha256(body).hexdigest(), None, True)
    assert list(app.evidence_folder.rglob("*")) == []
    with app.db.read() as connection:
        assert evidence.read(connection, key, app.evidence_folder) is None


# ---- sources, memory, issues -------------------------------------------------------------------


def test_crawl_memory_remembers_by_source_and_key_and_the_last_state_wins(app: App) -> None:
    prepare(app)
    memory = StoredCrawlMemory(app.db)
    assert memory.known("板块", "thread:1") is None
    memory.settle("板块", (Mark(key="thread:1", state={"replies": 1}),), NOON)
    memory.settle("板块", (Mark(key="thread:1", state={"replies": 2}),), NOON)
    assert memory.known("板块", "thread:1") == {"replies": 2}
    assert memory.known("镜像", "thread:1") is None
    long = "list:" + "x" * 400
    memory.settle("板块", (Mark(key=long, state={"n": 1}),), NOON)
    assert memory.known("板块", long) == {"n": 1}


def test_a_pages_marks_are_settled_with_its_posts_or_not_at_all(app: App) -> None:
    prepare(app)
    memory = StoredCrawlMemory(app.db)
    good = Page(
        source="板块", site=SITE, kind=SourceKind.FORUM, posts=(post("1", "甲", NOON, "甲"),),
        settles=(Mark(key="thread:1", state={"n": 1}),),
    )  # fmt: skip
    unknown = Page(
        source="没有这个来源", site=SITE, kind=SourceKind.FORUM,
        posts=(post("2", "乙", NOON, "乙"),),
    )  # fmt: skip
    ingest.store_page(app, good)
    with pytest.raises(Exception, match="没有名为“没有这个来源”的来源"):
        ingest.store_page(app, unknown)
    assert memory.known("板块", "thread:1") == {"n": 1}
    assert rows(app, select(t.post.c.native_id)) == [("1",)]


def test_a_visit_pushes_the_next_one_and_an_abandoned_one_is_due_again(app: App) -> None:
    prepare(app)
    memory = StoredCrawlMemory(app.db)
    with app.db.write() as connection:
        found = sources.find(connection, "板块")
        assert found is not None
        sources.put(connection, replace(found, name="论坛", engine="discuzx"), now=NOON)
    assert memory.due("论坛", NOON)
    with app.db.write() as connection:
        sources.start_crawl(connection, "论坛", NOON)
    assert not memory.due("论坛", NOON + timedelta(hours=23))
    assert memory.due("论坛", NOON + timedelta(hours=24))
    with app.db.write() as connection:
        assert sources.abandon_crawls(connection, NOON + timedelta(hours=1)) == 1
    assert memory.due("论坛", NOON + timedelta(hours=1))
    assert rows(app, select(t.crawl.c.outcome)) == [("failed",)]


def test_an_issue_is_opened_once_closed_and_may_come_back(app: App) -> None:
    prepare(app)
    for hour in range(3):
        with app.db.write() as connection:
            sources.raise_issue(
                connection, at=NOON + timedelta(hours=hour), code="login-wall",
                message="要求登录", source_name="板块",
            )  # fmt: skip
    with app.db.write() as connection:
        sources.raise_issue(
            connection, at=NOON, code="login-wall", message="要求登录", source_name="镜像"
        )
        sources.close_issues(connection, "板块", "login-wall", NOON + timedelta(hours=4))
        sources.raise_issue(
            connection,
            at=NOON + timedelta(hours=5),
            code="login-wall",
            message="要求登录",
            source_name="板块",
        )
    found = rows(
        app, select(t.issue.c.at, t.issue.c.closed_at).order_by(t.issue.c.at, t.issue.c.id)
    )
    assert found == [
        (NOON, NOON + timedelta(hours=4)), (NOON, None), (NOON + timedelta(hours=5), None),
    ]  # fmt: skip


# ---- statistics --------------------------------------------------------------------------------

RECOUNT = """
SELECT m.day_cn, m.subject_id, p.kind, count(*),
       sum(m.negative),
       count(DISTINCT CASE WHEN m.negative THEN coalesce(p.author_key, 'anon' || p.site) END)
FROM mention m
JOIN analysis a ON a.id = m.analysis_id
JOIN analyser r ON r.id = a.analyser_id AND r.active
JOIN revision v ON v.id = a.revision_id
JOIN post p ON p.id = m.post_id
WHERE NOT EXISTS (
    SELECT 1 FROM revision w
    WHERE w.post_id = v.post_id AND w.n > v.n AND NOT w.deleted AND w.hidden IS NULL
) AND NOT v.deleted AND v.hidden IS NULL
GROUP BY m.day_cn, m.subject_id, p.kind ORDER BY 1, 2, 3
"""


def test_day_stat_equals_a_recount_after_edits_and_deletions(app: App) -> None:
    prepare(app)
    day = timedelta(days=1)
    feed(app, [post(f"p{n}", LEAKS[n], NOON - day * (n % 3), f"业主{n % 5}") for n in range(12)])
    feed(app, [
        post("n1", "望江府业主反映外墙渗水，记者走访", NOON, "", source_kind=SourceKind.NEWS),
        post("a1", "望江府外墙渗水，没人管", NOON, ""), post("a2", "望江府又渗水了", NOON, ""),
    ])  # fmt: skip
    run_at(app, NOON)
    feed(app, [
        post("p0", "望江府外墙修好了，感谢物业", NOON, "业主0"),
        post("p1", "", NOON - day, "业主1", deleted=True),
        post("p2", "说的是星河湾里渗水，写错了", NOON - day * 2, "业主2"),
    ])  # fmt: skip
    run_at(app, NOON + timedelta(hours=1))
    with app.db.read() as connection:
        kept = connection.exec_driver_sql(
            "SELECT day_cn, subject_id, kind, posts, negative, voices FROM day_stat"
            " ORDER BY 1, 2, 3"
        ).all()
        again = connection.exec_driver_sql(RECOUNT).all()
    assert len(kept) >= 5
    assert [tuple(row) for row in kept] == [tuple(row) for row in again]
    assert count(app, t.dirty_day) == 0
    with app.db.write() as connection:
        assert stats.recompute(connection, 100, {}) == 0


def test_storing_nothing_is_nothing(app: App) -> None:
    prepare(app)
    with app.db.write() as connection:
        assert posts.put(connection, [], source_id=1, keep=lambda _rows: []) == Stored()
