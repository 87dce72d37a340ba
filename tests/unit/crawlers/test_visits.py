"""When a thread is opened, what is remembered of it, and what a source may change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.guard import is_public
from crawlers.pages.article import Article
from crawlers.pages.discuz import ThreadPage, ThreadRow
from crawlers.pages.feed import Entry
from crawlers.pages.walls import refuse_wall
from crawlers.sources import source_from_json
from crawlers.spiders.base import pace
from crawlers.spiders.discuzx import thread_mark, vanished, why_visit
from crawlers.spiders.feed import entry_mark, post_of
from domain.errors import BlockedError, FactsError
from domain.post import Precision, SourceKind
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


def test_a_thread_is_opened_when_new_moved_or_ageing() -> None:
    assert why_visit(ROW, None, now=NOW, ageing=AGEING) == "new"
    state = thread_mark(ROW, {}, now=NOW, pids=("a", "b", "c")).state
    assert why_visit(ROW, state, now=NOW + timedelta(hours=23), ageing=AGEING) is None
    assert why_visit(replace(ROW, replies=3), state, now=NOW, ageing=AGEING) == "moved"
    assert why_visit(replace(ROW, last_at=NOW), state, now=NOW, ageing=AGEING) == "moved"
    assert why_visit(ROW, state, now=NOW + timedelta(days=1), ageing=AGEING) == "ageing"


def test_ageing_visits_come_at_their_days_and_end() -> None:
    state = thread_mark(ROW, {}, now=NOW, pids=("a", "b", "c")).state
    visits = []
    for hour in range(24 * 12):
        now = NOW + timedelta(hours=hour)
        if why_visit(ROW, state, now=now, ageing=AGEING):
            visits.append(hour / 24)
            state = thread_mark(ROW, state, now=now, pids=("a", "b", "c")).state
    assert visits == [1, 3, 7]


def thread(*, gone: bool = False) -> ThreadPage:
    return ThreadPage(tid="7", title="t", posts=(), page=1, pages=1, next_url=None, gone=gone)


def test_a_missing_floor_is_a_deletion_only_when_the_count_fits() -> None:
    state = thread_mark(ROW, {}, now=NOW, pids=("a", "b", "c")).state
    fewer = replace(ROW, replies=1)
    assert [post.native_id for post in vanished(thread(), fewer, state, seen=("a", "c"))] == ["b"]
    # Two floors read where the list counts three: the pager may have shifted; wait and see.
    assert vanished(thread(), ROW, state, seen=("a", "c")) == ()
    kept = thread_mark(ROW, state, now=NOW, pids=("a", "c")).state
    assert kept["pids"] == ["a", "b", "c"]
    assert len(vanished(thread(gone=True), ROW, state, seen=())) == 3


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


ENTRY = Entry(
    guid="g1",
    title="题",
    url="http://n.example.test/1",
    summary="摘要",
    author=None,
    published_at=NOW,
    precision=Precision.MINUTE,
)


def test_an_entry_without_its_article_is_kept_by_its_summary() -> None:
    post = post_of(ENTRY, None, outlet="示例日报")
    assert (post.native_id, post.text, post.outlet) == ("g1", "摘要", "示例日报")
    article = Article(
        title="题",
        text="正文",
        published_at=None,
        precision=Precision.NONE,
        outlet="转自甲报",
        author="乙",
    )
    full = post_of(ENTRY, article, outlet="示例日报")
    assert (full.text, full.author, full.published_at) == ("正文", "乙", NOW)


def test_an_entry_is_read_again_when_its_title_changes() -> None:
    assert entry_mark(ENTRY) == entry_mark(replace(ENTRY, summary="别的摘要"))
    assert entry_mark(ENTRY) != entry_mark(replace(ENTRY, title="更正"))
