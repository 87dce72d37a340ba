"""The overview's numbers agree with the posts they open to."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from domain.access import Actor
from store import board
from store import tables as t
from store.board_posts import Wanted, find
from tests.builders import NOW, Sample, home, sample_home

TODAY = date(2026, 11, 21)

WHO = Actor(name="王敏", via="cli")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return sample_home(tmp_path_factory.mktemp("board"))


@pytest.fixture
def db(sample: Sample) -> Iterator[Connection]:
    """A writing connection that is rolled back, so that a test may change rows."""
    with sample.app.db.engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


def test_todays_tiles_open_to_exactly_their_posts(db: Connection) -> None:
    today = board.headline(db, WHO, NOW).today
    assert find(db, WHO, Wanted(since=TODAY, until=TODAY)).total == today.posts
    negative = Wanted(since=TODAY, until=TODAY, negative=True)
    assert find(db, WHO, negative).total == today.negative
    assert 0 < today.voices <= today.negative


def test_yesterday_is_compared_at_the_same_hour(db: Connection) -> None:
    until_noon = board.day_count(db, None, NOW - timedelta(days=1))
    whole = find(db, WHO, Wanted(since=date(2026, 11, 20), until=date(2026, 11, 20))).total
    assert until_noon.posts < whole


def test_headline_counts_levels_clocks_sources_and_messages(db: Connection) -> None:
    top = board.headline(db, WHO, NOW)
    assert top.open_by_level == {"critical": 1, "major": 1}
    assert (top.clocks_running, top.clocks_overdue) == (2, 1)
    assert (top.sources_in_trouble, top.queued, top.failed) == (1, 1, 1)


def test_an_old_analysers_mentions_do_not_count(db: Connection) -> None:
    before = board.day_count(db, None, NOW).negative
    db.execute(update(t.analyser).values(active=False))
    db.execute(insert(t.analyser).values(version="next", active=True, created_at=NOW))
    assert before > 0
    assert board.day_count(db, None, NOW).negative == 0


def test_an_edited_post_counts_as_it_reads_now(sample: Sample, db: Connection) -> None:
    negative = find(db, WHO, Wanted(negative=True, since=TODAY, until=TODAY))
    shown = {line.id for line in negative.lines}
    assert sample.edited not in shown  # softened by its author; the alert keeps the old text
    assert sample.deleted in shown  # it was said; deleting does not unsay it


def test_the_trend_is_the_same_from_statistics_and_counted_live(db: Connection) -> None:
    stored = board.trend(db, WHO, NOW)
    db.execute(t.day_stat.delete())
    assert board.trend(db, WHO, NOW) == stored
    assert sum(point.negative for point in stored) > 50
    assert len(stored) == 30 * 2


def test_a_dirty_day_is_counted_again(sample: Sample, db: Connection) -> None:
    day = 20261110
    db.execute(update(t.day_stat).where(t.day_stat.c.day_cn == day).values(negative=999))
    assert max(point.negative for point in board.trend(db, WHO, NOW)) >= 999
    db.execute(insert(t.dirty_day).values(day_cn=day, subject_id=sample.subjects["jiangwan"]))
    assert max(point.negative for point in board.trend(db, WHO, NOW)) < 999


def test_open_alerts_stand_grave_first(sample: Sample, db: Connection) -> None:
    lines = board.alerts(db, WHO)
    assert [line.number for line in lines] == [sample.critical, sample.major]
    assert lines[0].posts == len(sample.fast)
    assert lines[0].voices == board.Voices(
        certain=17,
        probable=23,
        by_site=(("bbs.jiangcheng.example", 17), ("qq:云栖花园业主群", 6)),
    )
    assert [clock.name for clock in lines[0].clocks] == ["研判"]
    assert lines[1].case_number == sample.case


def test_an_alert_of_signals_only_counts_its_voices_itself(sample: Sample, db: Connection) -> None:
    db.execute(update(t.finding).values(snapshot={}))
    voices = board.alerts(db, WHO)[0].voices
    posts = db.execute(select(t.post).where(t.post.c.id.in_(sample.fast))).all()
    own = {p.household_key or p.author_key for p in posts if p.site == "bbs.jiangcheng.example"}
    assert voices.certain == len(own)


def test_voices_across_sites_are_a_range_and_nameless_ones_count_once() -> None:
    voices = board.count_voices([("a", "x"), ("a", "x"), ("a", None), ("a", None), ("b", "x")])
    assert (voices.certain, voices.probable) == (2, 3)
    assert voices.by_site == (("a", 2), ("b", 1))


def test_cases_carry_their_clocks_and_alerts(sample: Sample, db: Connection) -> None:
    [line] = board.cases(db, WHO)
    assert line.number == sample.case
    assert line.alerts == (sample.major,)
    assert [clock.name for clock in line.clocks] == [
        "首次联系客户",
        "上报集团危机小组",
        "书面答复客户",
    ]


def test_an_empty_home_has_nothing_and_breaks_nowhere(tmp_path: Path) -> None:
    app = home(tmp_path)
    with app.db.read() as connection:
        top = board.headline(connection, WHO, NOW)
        assert top.today == board.DayCount(posts=0, negative=0, voices=0)
        assert board.trend(connection, WHO, NOW) == []
        assert board.alerts(connection, WHO) == []
        assert board.cases(connection, WHO) == []
