"""What the statistics find in one subject: windows, topics, late posts, guards (D-C*, D-X1)."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.baseline import Weekday, baseline, calendar, coverage
from alerts.detect import detect
from alerts.pooled import assumed, pools
from domain.alert import Counted, SubjectView
from domain.clock import SHANGHAI
from domain.detection import ALL, ANY, History, Sample, Spoken
from domain.level import Level
from domain.post import Precision, SourceKind
from pipelines.rulebook import shipped_rules

NOW = datetime(2026, 6, 10, 15, 0, tzinfo=SHANGHAI)
RULES = shipped_rules()
DETECTOR = RULES.detector
assert DETECTOR is not None
WEEKDAY: Weekday = calendar(lambda day: day.weekday() < 5)
QUIET = History(
    first=NOW.date() - timedelta(days=80),
    voices={(NOW.date() - timedelta(days=n), ALL): 1 for n in range(2, 80, 2)}
    | {(NOW.date() - timedelta(days=n), "quality"): 1 for n in range(2, 80, 8)},
    posts={(NOW.date() - timedelta(days=n), "bbs"): 3 for n in range(2, 80)},
)


def post(key: str, hours_ago: float, code: str = "K09", **more: object) -> Counted:
    at = NOW - timedelta(hours=hours_ago)
    made = Counted(
        key=key, revision=0, site="bbs", kind=SourceKind.FORUM, author=f"a{key}", household=None,
        published_at=at, precision=Precision.SECOND, fetched_at=at, backfill=False, negative=True,
        relevant=True, duplicate=False, outlet=None, categories=(code,), signals=(),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def view(posts: Iterable[Counted], *, fresh: bool = True) -> SubjectView:
    known = tuple(sorted(posts, key=lambda one: (one.published_at, one.key)))
    keys = frozenset(one.key for one in known) if fresh else frozenset()
    return SubjectView(subject="p", subject_name="望江府", posts=known, day=known, fresh=keys)


def found(
    posts: Iterable[Counted], history: History = QUIET, *, fresh: bool = True,
    held: frozenset[str] = frozenset(),
) -> dict[str, tuple[Level, float, bool]]:  # fmt: skip
    base = baseline(history, assumed(DETECTOR, RULES.topic_names), DETECTOR, NOW.date(), WEEKDAY)  # type: ignore[arg-type]
    findings = detect(view(posts, fresh=fresh), base, RULES, WEEKDAY, NOW, held)
    return {one.stream: (one.level, one.observed, one.opens) for one in findings}


def test_five_voices_on_one_topic_at_a_quiet_project_alarm() -> None:
    level, voices, opens = found(post(str(n), n / 2 + 0.1) for n in range(5))["quality"]
    assert (voices, opens) == (5, True)
    assert level.rank >= Level.MODERATE.rank


def test_posts_of_this_very_second_count() -> None:
    assert found(post(str(n), 0.25 * n) for n in range(5))["quality"][1] == 5


def test_a_few_old_threads_are_no_history() -> None:
    """Followed for three days, three threads of last year in the first crawl (D-X1)."""
    days = {(NOW.date() - timedelta(days=n), "bbs"): 6 for n in (0, 1, 2, 300, 310, 400)}
    young = History(first=NOW.date() - timedelta(days=400), posts=days)
    assert found((post(str(n), n / 2 + 0.1) for n in range(8)), young) == {}


def test_one_angry_owner_and_copies_are_no_alarm() -> None:
    angry = [post(str(n), n / 9, author="甲") for n in range(30)]
    copies = [post(f"c{n}", 1, duplicate=True) for n in range(30)]
    assert found([*angry, *copies]) == {}


def test_back_fill_news_and_praise_do_not_count() -> None:
    old = [post(f"b{n}", 2, backfill=True) for n in range(9)]
    news = [post(f"n{n}", 2, kind=SourceKind.NEWS) for n in range(9)]
    praise = [post(f"p{n}", 2, negative=False) for n in range(9)]
    assert found([*old, *news, *praise]) == {}


def test_a_young_project_has_no_statistics() -> None:
    posts = {key: n for key, n in QUIET.posts.items() if (NOW.date() - key[0]).days <= 13}
    young = replace(QUIET, first=NOW.date() - timedelta(days=13), posts=posts)
    assert found((post(str(n), n / 2) for n in range(8)), young) == {}


def test_late_posts_are_judged_as_if_they_had_come_in_time() -> None:
    """Five voices of the day before yesterday, fetched now: their own 3 hours alarm."""
    assert found(post(str(n), 50 + n / 2) for n in range(5))["quality"][2]


def test_only_windows_with_news_alarm_but_open_alerts_are_held_up() -> None:
    posts = [post(str(n), n / 2) for n in range(5)]
    assert found(posts, fresh=False) == {}
    assert found(posts, fresh=False, held=frozenset({"quality"}))["quality"][2] is False


def test_a_lively_day_of_all_topics_raises_what_a_topic_may_hold() -> None:
    codes = ("K07", "K08", "K13", "K15", "K16", "K17", "K18", "K19", "K20", "K06")
    chatter = [post(f"o{n}", n % 5 / 2, codes[n % 10]) for n in range(40)]
    leak = [post(str(n), n / 2) for n in range(4)]
    base = baseline(QUIET, assumed(DETECTOR, RULES.topic_names), DETECTOR, NOW.date(), WEEKDAY)  # type: ignore[arg-type]
    alone = detect(view(leak), base, RULES, WEEKDAY, NOW)
    beside = detect(view([*leak, *chatter]), base, RULES, WEEKDAY, NOW)
    rarity = {one.stream: one.snapshot["rarity"] for one in alone}["quality"]
    lively = {one.stream: one.snapshot["rarity"] for one in beside}.get("quality", 0.0)
    assert lively < rarity - 1


def test_an_unusual_negative_share_is_told_where_no_count_is() -> None:
    """Twelve voices a day are usual here, but not that all of those who speak complain (D-R1)."""
    days = [NOW.date() - timedelta(days=n) for n in range(1, 80)]
    usual = {ALL: 12, ANY: 48, **dict.fromkeys(RULES.topic_names, 1)}
    history = History(
        first=days[-1], posts={(day, "bbs"): 50 for day in days},
        voices={(day, stream): n for day in days for stream, n in usual.items()},
    )  # fmt: skip
    codes = ("K07", "K08", "K09", "K13", "K15", "K16", "K17", "K18", "K19", "K20", "K06", "K11")
    bad = [post(f"n{n}", 2 * n, codes[n]) for n in range(12)]
    good = [post(f"g{n}", n / 2, negative=False) for n in range(36)]
    assert found([*bad, *good], history) == {}
    assert found(bad, history) == {"share": (Level.MINOR, 12, True)}


def test_a_site_that_was_down_does_not_lower_the_baseline() -> None:
    days = [NOW.date() - timedelta(days=n) for n in range(30, 0, -1)]
    posts = {(day, "bbs"): 5 for day in days if not 8 <= (NOW.date() - day).days < 15}
    covered = coverage(History(first=days[0], posts=posts), days)
    assert covered.tolist() == [0.0 if 8 <= (NOW.date() - day).days < 15 else 1.0 for day in days]


def test_a_holiday_counts_as_a_sunday() -> None:
    weekday = calendar({date(2026, 10, 1): False, date(2026, 10, 10): True}.get)
    assert weekday(date(2026, 10, 1)) == 6
    assert weekday(date(2026, 10, 10)) == 0
    assert weekday(date(2026, 10, 14)) == 2


def sample(rate: float, shape: float, seed: int) -> Sample:
    """Return eight weeks of voices whose days are gamma-mixed with this shape."""
    chance = random.Random(seed)
    monday, spoken = date(2026, 6, 8), []
    voices: dict[tuple[date, str], int] = {}
    for n in range(1, 100):
        day = monday - timedelta(days=n)
        mean = rate * chance.gammavariate(shape, 1 / shape)
        number = sum(chance.random() < mean / 200 for _ in range(200))
        voices[day, ALL] = voices[day, "quality"] = number
        spoken += [
            Spoken(
                at=datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
                + timedelta(minutes=chance.randrange(1440)),
                voice=f"{n}.{k}", topics=("quality",), kind="forum",
            )
            for k in range(number)
        ]  # fmt: skip
    return Sample(history=History(first=min(voices)[0], voices=voices), spoken=spoken)


def test_overdispersion_is_learned_and_each_subject_keeps_its_own() -> None:
    samples = {f"calm{n}": sample(5, 20, n) for n in range(6)}
    samples |= {f"wild{n}": sample(5, 1.5, n + 9) for n in range(6)}
    estimated = pools(samples, DETECTOR, ("quality", "price"), date(2026, 6, 8), WEEKDAY)  # type: ignore[arg-type]
    calm = [estimated.own[f"calm{n}"].every[24] for n in range(6)]
    wild = [estimated.own[f"wild{n}"].every[24] for n in range(6)]
    assert max(calm) < min(wild)
    assert sum(estimated.pooled["forum"].profile) == pytest.approx(7)
    assert estimated.of("calm0") is not None
    assert estimated.of("unknown") is None


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_posts_changes_nothing(order: list[int]) -> None:
    posts = [post(str(n), (n * 7 % 5) / 2, "K09" if n % 3 else "K07") for n in range(8)]
    base = baseline(QUIET, assumed(DETECTOR, RULES.topic_names), DETECTOR, NOW.date(), WEEKDAY)  # type: ignore[arg-type]
    one = detect(view(posts), base, RULES, WEEKDAY, NOW)
    other = detect(view(posts[n] for n in order), base, RULES, WEEKDAY, NOW)
    assert one == other
