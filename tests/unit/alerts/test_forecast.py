"""Forecast, counterfactual, phase, the same elsewhere, key dates: said only where it is true."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.counting import count_voices, in_window
from alerts.elsewhere import OpenEvent, elsewhere
from alerts.forecast import FLAT, next_score, next_step, reach
from alerts.heard import heard
from alerts.key_dates import watched, windows
from alerts.outlook import outlook
from alerts.phase import phase
from config.indicator_facts import indicator_facts
from domain.alert import EventView, Rule, Step
from domain.indicator import Heard
from domain.level import Level
from domain.source import KeyDate
from tests.unit.alerts.indicator_posts import NOW, article, post

LADDER = (
    Step(voices=3, level=Level.MINOR), Step(voices=5, level=Level.MODERATE),
    Step(voices=8, level=Level.MAJOR), Step(voices=10, level=Level.CRITICAL),
)  # fmt: skip


def said(*hours: float) -> list[Heard]:
    return [Heard(at=NOW - timedelta(hours=h), key=f"k{n}") for n, h in enumerate(hours)]


# ---- voices -------------------------------------------------------------------------------------


@given(st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_copies_doubles_and_order_add_no_voice(rng: random.Random) -> None:
    posts = [post(n, hours=n) for n in range(6)] + [post(7, 1, site="x", author=None)]
    more = [
        post(10, 9, author="业主1"), post(11, 3, duplicate=True), post(12, 3, backfill=True),
        article(13, "新京报"), post(14, 2, onsite="banner"), post(15, 2, negative=False),
    ]  # fmt: skip
    found = heard(posts)
    assert [one.key for one in found] == [f"bbs.example|{n}" for n in (5, 4, 3, 2, 1, 0)]
    mixed = [*posts, *posts, *(one for one in more if rng.random() < 0.5 and one.author != "业主1")]
    rng.shuffle(mixed)
    assert heard(mixed) == found
    assert len(heard([*posts, *more])) == 6
    assert heard([*posts, *more])[0].key == "bbs.example|10"  # his first words count
    assert len(heard(posts, joined=True)) == 7


# ---- forecast -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voices", "refused", "said_zh"),
    [
        (said(*range(10)), "reached", "已达 10 户"),
        (said(1, 2, 3), "few", "近 7 天只有 3 个新声音"),
        (said(1, 2, 3, 200, 201), "few", "近 7 天只有 3 个新声音"),
        (said(49, 50, 51, 52), "silent", "已 49 小时没有新声音"),
        (said(1, 160, 161, 162), "", "最快约 5 天后、也可能 14 天内都不达 10 户"),
    ],
)
def test_where_nothing_can_be_said_it_is_refused(
    voices: list[Heard], refused: str, said_zh: str
) -> None:
    found = reach(voices, 10, NOW)
    assert found.refused == refused
    assert said_zh in found.reason_zh
    assert (found.soon is None) == bool(refused)


def test_far_lines_are_not_promised() -> None:
    found = reach(said(1, 40, 80, 120), 500, NOW)
    assert (found.refused, found.soon) == ("slow", None)


def test_a_range_with_its_posts() -> None:
    found = reach(said(1, 2, 4, 6, 7), 10, NOW)
    assert found.reason_zh.startswith("按此速度约 ")
    assert "后达 10 户（按不同账号计；依据最近 5 个新声音，八成把握的范围）。" in found.reason_zh
    assert found.keys == ("k4", "k3", "k2", "k1", "k0")
    assert found.numbers == {"voices": 5, "missing": 5, "pace": 4, "hours": 7}
    assert reach(said(7, 2, 6, 1, 4), 10, NOW).soon == found.soon


def test_eight_of_ten_ranges_hold_at_a_steady_pace() -> None:
    rng = random.Random(5)
    held = 0
    for _ in range(200):
        at, times = NOW, []
        pace = rng.uniform(0.3, 10)
        for _ in range(10):
            at += timedelta(hours=rng.expovariate(1 / pace))
            times.append(Heard(at=at, key=str(at)))
        now = times[5].at
        found = reach(times[:6], 10, now)
        assert found.soon is not None
        held += found.soon <= times[9].at - now <= (found.late or timedelta(days=99))
    assert 140 <= held <= 180


def test_a_night_is_no_calm() -> None:
    """Posts of the evening, asked again at seven: by the board's hours hardly a pause."""
    awake = tuple(0.02 if hour % 24 < 7 else 1.4 for hour in range(168))
    morning = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # 07:00 in Shanghai
    voices = [Heard(at=morning - timedelta(hours=7.2 + n / 3), key=str(n)) for n in range(6)]
    by_clock, by_board = reach(voices, 10, morning), reach(voices, 10, morning, busy=awake)
    assert by_clock.late is not None
    assert by_board.late is not None
    assert by_board.late < by_clock.late / 3
    assert len(FLAT) == 168


def test_what_would_raise_the_level() -> None:
    found = next_step(LADDER, 7, Level.MAJOR)
    assert found is not None
    assert found.reason_zh == "再有 3 户将升为重大。"
    assert next_step(LADDER, 12, Level.CRITICAL) is None
    assert next_step(LADDER, 4, Level.CRITICAL) is None
    lower = next_step(LADDER, 2, None)
    assert lower is not None
    assert (lower.missing, lower.level) == (1, Level.MINOR)


def test_what_would_raise_the_score() -> None:
    steps = [(3.0, 2, Level.MINOR), (3.7, 3, Level.MODERATE), (4.4, 12, Level.MAJOR)]
    found = next_score(lambda c: 0.5 * c, 6, steps, Level.MINOR)
    assert found is not None
    assert found.reason_zh == "再有 2 个声音，数量异常将达到一般。"
    guarded = next_score(lambda c: 0.5 * c, 6, steps, Level.MODERATE)
    assert guarded is not None
    assert guarded.missing == 6  # rare enough at nine, but twelve voices are the fewest
    assert next_score(lambda c: 0.5 * c, 6, steps, Level.CRITICAL) is None
    assert next_score(lambda _: 0.0, 6, steps, None) is None


def test_the_outlook_speaks_of_the_voices_the_rule_counts() -> None:
    rule = Rule(
        id="voices", version=1, kind="voices", title="多人投诉", source="L-03",
        window=timedelta(days=30), ladder=LADDER,
    )  # fmt: skip
    posts = [*(post(n, hours=n) for n in range(6)), post(9, 24 * 40), post(8, 3, site="x")]
    view = EventView(subject="a", subject_name="甲苑", event="e", posts=tuple(posts))
    found = outlook(view, rule, Level.MODERATE, NOW)
    assert len(found.voices) == count_voices(in_window(posts, rule, NOW))["bbs.example"] == 6
    assert found.more is not None
    assert found.more.reason_zh == "再有 2 户将升为较大。"
    assert found.forecast.target == 10
    assert found.forecast.numbers["missing"] == 4
    assert found.phase.phase == "outbreak"
    assert found.growth is not None


# ---- phase --------------------------------------------------------------------------------------

AGO = {"handled": NOW - timedelta(days=5)}
PHASES = [
    ("nobody yet", [], None, "latent"),
    ("a few old ones", said(50, 90), None, "latent"),
    ("grows", said(1, 2, 3, 30), None, "outbreak"),
    ("five in a day", said(1, 2, 3, 4, 5, 25, 26, 27, 28), None, "outbreak"),
    ("two more than yesterday's one", said(1, 2, 30), None, "latent"),
    ("handled, still talked about", said(1, 20, 200), NOW - timedelta(days=5), "handling"),
    ("handled, three days quiet", said(73, 200), NOW - timedelta(days=5), "aftermath"),
    ("handled an hour ago", said(100, 200), NOW - timedelta(hours=1), "handling"),
    ("out again", said(1, 2, 3, 4, 5, 200), NOW - timedelta(days=5), "outbreak"),
    ("handled in the future", said(1, 2, 3, 30), NOW + timedelta(days=1), "outbreak"),
]


@pytest.mark.parametrize(("voices", "handled", "wanted"), [row[1:] for row in PHASES],
                         ids=[row[0] for row in PHASES])  # fmt: skip
def test_phase(voices: list[Heard], handled: datetime | None, wanted: str) -> None:
    found = phase(voices, NOW, handled_at=handled)
    assert found.phase == wanted
    assert found.reason_zh.startswith(f"系统建议：{found.name_zh}。")
    assert set(found.keys) <= {one.key for one in voices}
    assert phase(voices[::-1], NOW, handled_at=handled) == found


# ---- elsewhere ----------------------------------------------------------------------------------


def event(n: int, subject: str, **more: object) -> OpenEvent:
    values = {
        "event": f"e{n}", "subject": subject, "subject_name": f"{subject}苑", "alert": "",
        "code": "K09", "category": "渗漏水", "problem": "外墙渗水", "contractors": (), "voices": n,
        "last_at": NOW,
    }  # fmt: skip
    return OpenEvent(**{**values, **more})  # type: ignore[arg-type]


def test_the_closest_of_other_subjects_come_first() -> None:
    own = event(1, "甲", contractors=("江城三建",))
    others = [
        event(2, "甲"), event(9, "乙", problem="窗户漏水"), event(3, "丙", problem="渗水"),
        event(4, "丁", code="K10", problem="空鼓", contractors=("江城三建",), alert="W-1"),
        event(5, "戊", code="K18", problem="物业费"), event(6, "己", code=None, problem=""),
    ]  # fmt: skip
    found = elsewhere(own, others)
    assert [(same.other.subject, same.shared) for same in found] == [
        ("丁", ("contractor",)), ("丙", ("problem", "category")), ("乙", ("category",)),
    ]  # fmt: skip
    assert [same.reason_zh for same in found] == [
        "丁苑：同一施工单位或材料“江城三建”（4 个声音，预警 W-1）。",
        "丙苑：同样是“渗水”（3 个声音）。",
        "乙苑：同一类别“渗漏水”（9 个声音）。",
    ]
    assert elsewhere(own, others[::-1]) == found


# ---- key dates ----------------------------------------------------------------------------------


def test_a_key_date_opens_its_window_by_days_of_shanghai() -> None:
    rules = indicator_facts().watch
    dates = (KeyDate(kind="集中交付", day=date(2026, 11, 27), note="二期"),)

    def is_open(day: int, hour: int) -> bool:
        found = windows(dates, rules, datetime(2026, 11, day, hour, 0, tzinfo=UTC))
        return found[0].open

    assert not is_open(19, 15)  # 23:00 on the 19th in Shanghai
    assert is_open(19, 16)  # midnight: seven days before
    one = windows(dates, rules, NOW)[0]
    assert one.reason_zh.startswith(
        "关键日期“集中交付”（2026-11-27，二期）还有 7 天，关注到 2026-12-11"
    )
    assert one.closes == datetime(2026, 12, 11, 16, 0, tzinfo=UTC)
    assert watched(dates, rules, one.closes) is None
    assert "关注已于 2026-12-11 结束" in windows(dates, rules, one.closes)[0].reason_zh


def test_the_nearest_open_date_is_named_and_others_wait() -> None:
    rules = indicator_facts().watch
    dates = [
        KeyDate(kind="业主大会", day=date(2026, 11, 23)),
        KeyDate(kind="开盘", day=date(2027, 3, 1)),
        KeyDate(kind="交付", day=date(2026, 11, 20)),
    ]  # fmt: skip
    nearest = watched(dates, rules, NOW)
    assert nearest is not None
    assert nearest.kind == "交付"
    assert "就在今天" in nearest.reason_zh
    found = windows(dates, rules, NOW)
    assert [(window.kind, window.open) for window in found] == [
        ("交付", True), ("业主大会", True), ("开盘", False),
    ]  # fmt: skip
    assert "2027-02-26 起关注" in found[2].reason_zh
