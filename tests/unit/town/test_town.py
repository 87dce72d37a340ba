"""The demo town keeps its promises: who speaks where, when, and nothing depends on the anchor."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from domain.clock import aware
from domain.errors import FactsError
from pipelines.town import Town, town_sources, town_subjects
from pipelines.town.load import TownPost, qq_of, uid_of
from pipelines.town.moments import dated, moment

ANCHOR = aware(datetime.fromisoformat("2026-11-21T16:00:00+08:00"))


@pytest.fixture(scope="module")
def town() -> Town:
    return Town.load(ANCHOR)


def voices(posts: list[TownPost], story: str, site: str) -> set[str]:
    return {post.author for post in posts if (post.story, post.site) == (story, site)}


def test_size_and_span(town: Town) -> None:
    past = town.posts_until(ANCHOR)
    assert 240 <= len(past) <= 400
    assert timedelta(days=20) < ANCHOR - past[0].at < timedelta(days=22)
    live = [post for post in town.posts if post.at > ANCHOR]
    assert 20 <= len(live) <= 40
    assert max(post.at for post in live) < ANCHOR + timedelta(hours=4)


def test_every_story_is_expected_and_has_its_voices(town: Town) -> None:
    past = list(town.posts_until(ANCHOR))
    assert {post.story for post in town.posts} == set(town.expected)
    for story, wanted in town.expected.items():
        for site, count in wanted.get("by_site", {}).items():
            assert len(voices(past, story, site)) >= count, (story, site)


def test_slow_crisis_grows_from_one_voice(town: Town) -> None:
    def known(days: float) -> int:
        posts = list(town.posts_until(ANCHOR - timedelta(days=days)))
        return len(voices(posts, "leak", "bbs.jiangcheng.example"))

    assert known(19) == 0
    assert [known(day) for day in (18, 12, 8, 5, 0)] == sorted(
        known(day) for day in (18, 12, 8, 5, 0)
    )
    assert known(18) <= 2 < known(12) < 10 <= known(5) < known(0)


def test_fast_crisis_starts_within_seven_hours(town: Town) -> None:
    starts = min(post.at for post in town.posts if post.story == "delay")
    assert timedelta(hours=6) < ANCHOR - starts <= timedelta(hours=7)


def test_quarrel_is_long_and_has_two_voices(town: Town) -> None:
    said = Counter(post.author for post in town.posts if post.story == "quarrel")
    assert sum(said.values()) >= 30
    assert [count > 10 for _, count in said.most_common(3)] == [True, True, False]


def test_gathering_is_announced_with_date_time_and_place(town: Town) -> None:
    calls = [
        p for p in town.posts_until(ANCHOR) if "11月22日上午9点" in p.text and "售楼部" in p.text
    ]
    assert {post.site for post in calls} == {"bbs.jiangcheng.example", "qq:星河湾里业主群"}
    assert any("江城晚报" in post.text and "记者" in post.text for post in town.messages)


def test_no_full_phone_number_and_no_placeholder_is_left(town: Town) -> None:
    for post in town.posts:
        assert "{d" not in post.text + post.title
        assert not any(part.isdigit() and len(part) >= 11 for part in post.text.split("，"))


def test_keys_do_not_depend_on_the_anchor(town: Town) -> None:
    later = Town.load(ANCHOR + timedelta(days=40, hours=5))
    assert [p.native_id for t in later.threads for p in t.posts] == [
        p.native_id for t in town.threads for p in t.posts
    ]
    native = [p.native_id for p in town.posts if p.native_id]
    assert len(native) == len(set(native))


def test_invented_numbers_are_distinct(town: Town) -> None:
    names = {post.author for post in town.posts}
    assert len({uid_of(name) for name in names}) == len(names) == len({qq_of(n) for n in names})
    assert all(len(qq_of(name)) == 12 for name in names)


def test_edits_and_deletions_follow_the_clock(town: Town) -> None:
    edited = next(post for post in town.posts if post.edited_at)
    assert edited.edited_at is not None
    before = town.posts_until(edited.edited_at - timedelta(minutes=1))
    after = town.posts_until(edited.edited_at)
    assert [p.text for p in before if p.native_id == edited.native_id] == [edited.text]
    assert [p.text for p in after if p.native_id == edited.native_id] == [edited.edited_text]
    gone = next(post for post in town.posts if post.gone_at)
    assert gone.gone_at is not None
    assert gone.native_id not in {p.native_id for p in town.posts_until(gone.gone_at)}


def test_sources_and_subjects_name_each_other() -> None:
    from pathlib import Path

    sources = town_sources("http://127.0.0.1:1", Path("exports"))
    keys = {subject.key for subject in town_subjects()}
    assert {source.subject for source in sources} - {None} == keys
    assert all(source.allow_private for source in sources)
    assert not any("127" in source.site or ":1" in source.site for source in sources)
    assert len({source.name for source in sources}) == len(sources)


def test_moments() -> None:
    assert moment("d-1 20:13", ANCHOR) == datetime(2026, 11, 20, 12, 13, tzinfo=UTC)
    assert moment("h-6:40", ANCHOR) == ANCHOR - timedelta(hours=6, minutes=40)
    assert moment("h+0:12", ANCHOR) == ANCHOR + timedelta(minutes=12)
    assert dated("{d+1}上午", ANCHOR) == "11月22日上午"
    with pytest.raises(FactsError, match="写法不对"):
        moment("yesterday", ANCHOR)
