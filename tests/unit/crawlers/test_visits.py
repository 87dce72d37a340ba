"""When a thread is opened, what is remembered of it, and what a source may change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawlers.guard import is_public
from crawlers.pages.forum import ThreadPage, ThreadRow
from crawlers.pages.walls import refuse_wall
from crawlers.sources import source_from_json
from crawlers.spiders import forum_asked as asked
from crawlers.spiders import forum_reading as visits
from crawlers.spiders.base import pace
from crawlers.spiders.forum_reading import Reading, why_visit
from domain.errors import BlockedError, FactsError
from domain.post import ParsedPost, SourceKind
from domain.source import Source

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ROW = ThreadRow(
    tid="7",
    title="t",
    url="http://x.example.test/7",
    author=None,
    replies=2,
    views=9,
    last="2026-11-21 15:00",
    last_at=NOW - timedelta(hours=1),
)
AGEING = (1.0, 3.0, 7.0)
SOURCE = Source(
    name="示例版块",
    engine="discuzx",
    url="http://x.example.test/",
    site="x.example.test",
    kind=SourceKind.FORUM,
    subject="s",
    options={"ageing_days": [1]},
)


def reading(
    state: dict[str, Any] | None, row: ThreadRow | None = ROW, reason: str = "moved"
) -> Reading:
    return visits.begin(row, state, tid="7", url="http://x.example.test/7", reason=reason)


def page(number: int, pages: int, *pids: str, **facts: Any) -> ThreadPage:
    posts = tuple(ParsedPost(native_id=pid, text="话") for pid in pids)
    return ThreadPage(
        tid="7", title="t", posts=posts, page=number, pages=pages, next_url=None, **facts
    )


def read_all(visit: Reading, *pages: ThreadPage) -> list[int]:
    """Serve the pages the visit asks for; return their numbers in order."""
    site = {item.page: item for item in pages}
    asked = [visits.first_page(visit)]
    while True:
        visits.absorb(visit, site[min(asked[-1], len(site))])
        number = visits.next_page(visit)
        if number is None:
            return asked
        asked.append(number)


def state_of(*pages: ThreadPage, row: ThreadRow = ROW) -> dict[str, Any]:
    """Return what a first, complete reading remembers."""
    visit = reading(None, row, "new")
    read_all(visit, *pages)
    return visits.settle(visit, now=NOW, ageing=AGEING)[0].state


def test_a_thread_is_opened_for_a_named_reason() -> None:
    def why(row: ThreadRow, state: dict[str, Any] | None, **more: Any) -> str | None:
        return why_visit(row, state, **{"now": NOW, "ageing": AGEING, **more})

    assert why(ROW, None) == "new"
    state = state_of(page(1, 1, "a", "b", "c"))
    assert why(ROW, state, now=NOW + timedelta(hours=23)) is None
    assert why(replace(ROW, replies=3), state) == "moved"
    assert why(replace(ROW, last_at=NOW), state) == "moved"
    assert why(replace(ROW, title="改了题"), state) == "retitled"
    assert why(ROW, state, now=NOW + timedelta(days=1)) == "ageing"
    assert why(ROW, state, sweep=True) == "sweep"
    stub = replace(ROW, replies=None, last="", last_at=None)
    assert (why(stub, state), why(stub, None)) == (None, "new")
    assert why(ROW, state | {"gone": True}) == "new"


def test_ageing_visits_come_at_their_days_and_then_wait_for_a_sweep() -> None:
    state = state_of(page(1, 1, "a", "b", "c"))
    days = []
    for hour in range(24 * 12):
        now = NOW + timedelta(hours=hour)
        if why_visit(ROW, state, now=now, ageing=AGEING):
            days.append(hour / 24)
            visit = reading(state, reason="ageing")
            read_all(visit, page(1, 1, "a", "b", "c"))
            mark = visits.settle(visit, now=now, ageing=AGEING)[0]
            state = mark.state
    assert days == [1, 3, 7]
    assert mark.due_at == visits.SWEEP_ONLY


def test_a_sweep_that_was_cut_off_goes_on_where_it_was() -> None:
    state = state_of(page(1, 1, "a", "b", "c"))
    assert visits.unswept(state, sweep=True)
    assert visits.unswept(None, NOW.isoformat())
    assert visits.unswept(state, (NOW + timedelta(hours=1)).isoformat())
    assert not visits.unswept(state, (NOW - timedelta(hours=1)).isoformat())


LONG = replace(ROW, replies=8)
THREE = (page(1, 3, "a", "b", "c"), page(2, 3, "d", "e", "f"), page(3, 3, "g", "h", "i"))


def test_a_new_thread_is_read_forward_and_a_moved_one_from_its_end() -> None:
    assert read_all(reading(None, LONG, "new"), *THREE) == [1, 2, 3]
    state = state_of(*THREE, row=LONG)
    assert state["per"] == 3
    grown = replace(LONG, replies=9)
    four = (*(replace(item, pages=4) for item in THREE), page(4, 4, "j"))
    visit = reading(state, grown)
    assert read_all(visit, *four) == [4, 3]
    mark, gone = visits.settle(visit, now=NOW, ageing=AGEING)
    assert (gone, len(mark.state["pages"])) == ((), 4)


def test_a_deletion_shifts_pages_back_to_where_it_was() -> None:
    state = state_of(*THREE, row=LONG)
    fewer = replace(LONG, replies=7)
    visit = reading(state, fewer)
    shifted = (page(1, 3, "a", "b", "c"), page(2, 3, "d", "f", "g"), page(3, 3, "h", "i"))
    assert read_all(visit, *shifted) == [3, 2]
    mark, gone = visits.settle(visit, now=NOW, ageing=AGEING)
    assert [post.native_id for post in gone] == ["e"]
    assert mark.state["pages"] == [["a", "b", "c"], ["d", "f", "g"], ["h", "i"]]


def test_a_missing_floor_is_a_deletion_only_when_the_count_fits() -> None:
    state = state_of(page(1, 1, "a", "b", "c"))
    visit = reading(state, replace(ROW, replies=1))
    read_all(visit, page(1, 1, "a", "c"))
    assert [post.native_id for post in visits.settle(visit, now=NOW, ageing=AGEING)[1]] == ["b"]
    # Two floors read where the list counts three: the pager may have shifted; wait and see.
    visit = reading(state, ROW)
    read_all(visit, page(1, 1, "a", "c"))
    mark, gone = visits.settle(visit, now=NOW, ageing=AGEING)
    assert (gone, mark.state["pending"]) == ((), ["b"])
    visit = reading(mark.state, replace(ROW, replies=1))
    read_all(visit, page(1, 1, "a", "c"))
    assert [post.native_id for post in visits.settle(visit, now=NOW, ageing=AGEING)[1]] == ["b"]


def test_a_floor_seen_twice_is_a_shift_under_the_reader_and_proves_nothing() -> None:
    state = state_of(*THREE, row=LONG)
    visit = reading(state, LONG, "sweep")
    read_all(visit, page(1, 3, "a", "b", "c"), page(2, 3, "c", "e", "f"), page(3, 3, "g", "h", "i"))
    mark, gone = visits.settle(visit, now=NOW, ageing=AGEING)
    assert (gone, mark.state["pending"]) == ((), ["d"])


def test_comments_among_the_replies_are_learnt_as_a_constant_surplus() -> None:
    commented = replace(ROW, replies=4)
    state = state_of(page(1, 1, "a", "b", "c"), row=commented)
    assert state["extra"] == 2
    visit = reading(state, replace(commented, replies=3))
    read_all(visit, page(1, 1, "a", "c"))
    assert [post.native_id for post in visits.settle(visit, now=NOW, ageing=AGEING)[1]] == ["b"]


def test_a_place_that_says_deleted_is_believed() -> None:
    state = state_of(page(1, 1, "a", "b", "c"))
    visit = reading(state, ROW, "ageing")
    read_all(visit, page(1, 1, "a", "c", removed=("b",)))
    mark, gone = visits.settle(visit, now=NOW, ageing=AGEING)
    assert [post.native_id for post in gone] == ["b"]
    assert mark.state["pending"] == []


def test_a_gone_thread_takes_every_known_floor() -> None:
    visit = reading(state_of(*THREE, row=LONG), None, "ageing")
    mark, gone = visits.settle_gone(visit, now=NOW)
    assert [post.native_id for post in gone] == list("abcdefghi")
    assert (mark.state["gone"], mark.due_at) == (True, None)


def test_newest_first_threads_are_read_whole() -> None:
    state = state_of(*THREE, row=LONG)
    visit = reading(state, replace(LONG, replies=9))
    turned = (
        page(1, 4, "a", "j", "i", reversed=True), page(2, 4, "h", "g", "f", reversed=True),
        page(3, 4, "e", "d", "c", reversed=True), page(4, 4, "b", reversed=True),
    )  # fmt: skip
    assert sorted(read_all(visit, *turned)) == [1, 2, 3, 4]


def test_a_mark_of_the_first_release_keeps_its_floors_and_is_read_whole_once() -> None:
    stood = {"replies": 2, "last": visits.last_of(ROW)}
    old = stood | {"moved": NOW.isoformat(), "fetched": NOW.isoformat(), "pids": ["a", "b", "c"]}
    assert why_visit(ROW, old, now=NOW, ageing=AGEING) == "upgraded"
    fewer = replace(ROW, replies=1)
    visit = reading(old, fewer)
    read_all(visit, page(1, 1, "a", "c"))
    mark, gone = visits.settle(visit, now=NOW, ageing=AGEING)
    assert [post.native_id for post in gone] == ["b"]
    assert why_visit(fewer, mark.state, now=NOW, ageing=AGEING) is None
    closed = visits.settle_unread(reading(old, reason="upgraded"), now=NOW, ageing=AGEING)
    assert why_visit(ROW, closed.state, now=NOW, ageing=AGEING) is None
    assert closed.state["pids"] == ["a", "b", "c"]


def test_an_asked_thread_is_owed_until_it_is_settled() -> None:
    state = state_of(*THREE, row=LONG)
    grown = replace(LONG, replies=9, last_at=NOW)
    owed = asked.mark("7", asked.asked(grown, state), NOW)
    assert (owed.due_at, owed.state["pages"]) == (NOW, state["pages"])
    later = NOW + timedelta(days=2)
    visit = reading(owed.state, None, "resumed")
    read_all(visit, *(replace(item, pages=4) for item in THREE), page(4, 4, "j"))
    mark, gone = visits.settle(visit, now=later, ageing=AGEING)
    assert gone == ()
    assert "asked" not in mark.state
    assert mark.due_at == later + timedelta(days=1)  # it moved, so its ageing begins anew
    assert why_visit(grown, mark.state, now=later, ageing=AGEING) is None
    new = asked.asked(ROW, None)
    assert why_visit(ROW, new, now=NOW, ageing=AGEING) == "new"
    assert visits.unswept(new, NOW.isoformat())


def test_a_thread_that_fails_is_put_off_for_longer_and_longer() -> None:
    state, waits = asked.asked(ROW, None), []
    for _ in range(20):
        mark = asked.put_off(reading(state, None, "resumed"), now=NOW)
        assert mark is not None
        assert mark.due_at is not None
        waits.append(mark.due_at - NOW)
        state = asked.asked(ROW, mark.state)
    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits[-1] == asked.LONGEST_WAIT
    settled = state_of(page(1, 1, "a", "b", "c"))
    assert asked.put_off(reading(settled, None, "ageing"), now=NOW) is None


def test_list_pages_that_are_owed_move_down_with_what_comes_in_above() -> None:
    walk = asked.Walk.after({"next": 4})
    assert walk.reach(20) == 4
    walk.pushed = 21
    assert walk.reach(20) == 6
    assert walk.remember(4) is None
    mark = walk.remember(0)
    assert mark is not None
    assert mark.state == {"next": 0}
    assert asked.Walk.after(mark.state).reach(20) == 0
    assert asked.Walk.after(None).remember(0) is None


def test_a_source_is_read_from_one_json_object() -> None:
    text = (
        '{"name": "示例版块", "engine": "discuzx", "url": "http://x.example.test/",'
        ' "kind": "forum", "site": "x.example.test", "subject": "s", "every": 60,'
        ' "options": {"ageing_days": [1]}}'
    )
    assert source_from_json(text) == replace(SOURCE, every=timedelta(minutes=1))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "不是 JSON"),
        ("[]", "JSON 对象"),
        ('{"name": "a"}', "缺少"),
        ('{"colour": 1}', "colour"),
        ('{"name":"a","engine":"feed","url":"u","site":"s","kind":"dream"}', "dream"),
    ],
)
def test_a_wrong_source_is_refused_in_words(text: str, word: str) -> None:
    with pytest.raises(FactsError, match=word):
        source_from_json(text)


def test_a_public_site_is_never_hurried() -> None:
    hurried = replace(SOURCE, options={"delay": 0})
    assert pace(hurried)["DOWNLOAD_DELAY"] == 1.0
    assert pace(SOURCE)["DOWNLOAD_DELAY"] == 2.0
    assert pace(replace(hurried, allow_private=True))["DOWNLOAD_DELAY"] == 0
    assert pace(SOURCE)["AUTOTHROTTLE_ENABLED"] is True


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True),
        ("2002:7f00:1::", False),
        ("224.0.0.1", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("title", ["安全验证", "百度安全验证", "访问过于频繁"])
def test_walls_are_recognised_by_title(title: str) -> None:
    with pytest.raises(BlockedError, match="已停止采集"):
        refuse_wall(f"<html><title>{title}</title>{'x' * 9000}</html>", url="u")


def test_a_long_article_about_captchas_is_no_wall() -> None:
    refuse_wall("<title>新闻</title>" + "市民反映请输入验证码时常出错。" * 800, url="u")
