"""Alert, post and source pages: what their read models promise."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, update

from domain.access import Actor
from store import board_alert, board_health, board_posts
from store import tables as t
from store.board_posts import Wanted, find
from tests.builders import EDITED_AFTER, EDITED_BEFORE, NOW, Sample, sample_home

WHO = Actor(name="王敏", via="cli")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return sample_home(tmp_path_factory.mktemp("details"))


@pytest.fixture
def db(sample: Sample) -> Iterator[Connection]:
    with sample.app.db.engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def alert(sample: Sample, db: Connection) -> board_alert.AlertView:
    seen = board_alert.view(db, WHO, sample.critical)
    assert seen is not None
    return seen


# ---- alert -------------------------------------------------------------------------------------


def test_the_text_that_justified_the_alarm_stays(
    sample: Sample, alert: board_alert.AlertView
) -> None:
    [item] = [item for item in alert.evidence if item.post.id == sample.edited]
    assert item.changed
    assert (item.n, item.text) == (1, EDITED_BEFORE)
    assert (item.post.revision, item.post.text) == (2, EDITED_AFTER)
    assert item.label == "negative"
    assert item.details["signals"][0]["code"] == "casualty"


def test_a_deleted_post_keeps_its_text_and_says_so(
    sample: Sample, alert: board_alert.AlertView
) -> None:
    [item] = [item for item in alert.evidence if item.post.id == sample.deleted]
    assert item.changed
    assert item.post.deleted_at is not None
    assert item.text


def test_the_decisive_post_comes_first(alert: board_alert.AlertView) -> None:
    assert "signal-gathering" in alert.evidence[0].rules


def test_the_repost_is_told_apart(sample: Sample, alert: board_alert.AlertView) -> None:
    copies = [item.post.id for item in alert.evidence if item.post.copy_of is not None]
    assert copies == [sample.repost]


def test_versions_messages_and_trail_are_complete(alert: board_alert.AlertView) -> None:
    assert [change.version for change in alert.changes] == [3, 2, 1]
    assert [told.status for told in alert.told].count("failed") == 1
    assert {told.recipient for told in alert.told} == {"周敏", "陈立", "林晓"}
    assert [line.seq for line in alert.trail] == [3, 2, 1]
    assert alert.clocks[0].steps


def test_an_alert_with_a_case_shows_the_cases_clocks_and_trail(
    sample: Sample, db: Connection
) -> None:
    seen = board_alert.view(db, WHO, sample.major)
    assert seen is not None
    assert len(seen.clocks) == 3
    assert {line.action for line in seen.trail} == {"registered", "graded"}


def test_a_closed_alert_can_still_be_read(sample: Sample, db: Connection) -> None:
    seen = board_alert.view(db, WHO, sample.closed)
    assert seen is not None
    assert seen.line.status == "closed"
    assert board_alert.view(db, WHO, "W-20990101-0001") is None


# ---- posts -------------------------------------------------------------------------------------


def test_words_must_all_stand_in_the_text(db: Connection) -> None:
    both = find(db, WHO, Wanted(words="停工 监管资金"))
    assert both.total > 0
    assert all("停工" in line.text and "监管资金" in line.text for line in both.lines)
    assert find(db, WHO, Wanted(words="停工 羽毛球")).total == 0


def test_filters_narrow_together(db: Connection) -> None:
    found = find(
        db,
        WHO,
        Wanted(subject="江湾雅苑", kind="group", label="negative", since=date(2026, 11, 1)),
    )
    assert found.total > 0
    for line in found.lines:
        assert line.kind == "group"
        assert line.label == "negative"
        assert "江湾雅苑" in {m.subject for m in line.mentions}


def test_ads_are_not_negative(db: Connection) -> None:
    found = find(db, WHO, Wanted(negative=True))
    assert not any(line.noise for line in found.lines)


def test_pages_do_not_overlap_and_are_newest_first(db: Connection) -> None:
    pages = [find(db, WHO, Wanted(), page=page).lines for page in (1, 2, 3, 4, 5)]
    ids = [line.id for page in pages for line in page]
    times = [line.published_at for page in pages for line in page]
    assert len(ids) == len(set(ids)) == 200
    assert times == sorted(times, reverse=True)
    assert pages[4] == ()


def test_an_event_and_a_source_open_to_their_posts(sample: Sample, db: Connection) -> None:
    assert find(db, WHO, Wanted(event="ev-yunqi-stop")).total == len(sample.fast)
    assert all(line.source == "江城晚报" for line in find(db, WHO, Wanted(source="江城晚报")).lines)


def test_a_hostile_query_is_only_words(db: Connection) -> None:
    for words in ('"', "NEAR(", "* OR 1", "停工'--", "^", "bigrams:x"):
        assert find(db, WHO, Wanted(words=words)).total >= 0


def test_one_post_tells_its_whole_story(sample: Sample, db: Connection) -> None:
    seen = board_posts.view(db, WHO, sample.edited)
    assert seen is not None
    assert [(r.n, r.text) for r in seen.revisions] == [(2, EDITED_AFTER), (1, EDITED_BEFORE)]
    assert seen.alerts == ((sample.critical, "critical"),)
    assert (seen.event_key, seen.event_posts) == ("ev-yunqi-stop", len(sample.fast))
    assert board_posts.view(db, WHO, 10**9) is None


# ---- sources -----------------------------------------------------------------------------------


def test_the_source_in_trouble_comes_first_with_its_issue(db: Connection) -> None:
    first = board_health.sources(db, WHO, NOW)[0]
    assert (first.name, first.last_outcome) == ("滨江社区", "blocked")
    assert [issue.code for issue in first.issues] == ["blocked"]


def test_a_sources_numbers_open_to_its_posts(db: Connection) -> None:
    today = date(2026, 11, 21)
    for line in board_health.sources(db, WHO, NOW):
        same = Wanted(source=line.name, since=today, until=today)
        assert find(db, WHO, same).total == line.posts_today


def test_lag_leaves_out_what_cannot_be_measured(db: Connection) -> None:
    before = {line.name: line.lag for line in board_health.sources(db, WHO, NOW)}
    assert before["江城论坛"] == board_health.Lag(median=6, p90=6)
    db.execute(update(t.post).values(published_precision="day"))
    assert all(line.lag is None for line in board_health.sources(db, WHO, NOW))


@pytest.mark.parametrize(
    ("minutes", "median", "p90"),
    [([5], 5, 5), ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 5.5, 9), ([9, 1], 5, 9)],
)
def test_lag_is_median_and_nearest_rank(minutes: list[float], median: float, p90: float) -> None:
    assert board_health.lag(minutes) == board_health.Lag(median=median, p90=p90)


def test_the_pulse_tells_last_tick_and_queue(db: Connection) -> None:
    pulse = board_health.pulse(db)
    assert pulse.last_tick == NOW - timedelta(seconds=4)
    assert pulse.queued == 1
    assert pulse.newest_fetch is not None
