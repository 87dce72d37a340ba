"""Storm (E-ST1): thousands of posts on one event in ten minutes beside quiet projects.

python -m benchmarks.storm [POSTS [PROJECTS]]     default 10,000 and 200

The peer in the same run is the same ten minutes without the storm: its ratio says how much longer
the quiet projects wait for their assessment.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from config.clock import FixedClock
from config.settings import read_settings
from domain.post import ParsedPost
from domain.source import Subject
from pipelines import analyse, deliver, home, relate, remind
from pipelines.line import STEPS
from pipelines.wiring import App, open_app
from store import tables as t
from tests.posts import feed, post, prepare

POSTS, PROJECTS = 10_000, 200
START = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MINUTES, HISTORY = 10, 21
MINUTE = timedelta(minutes=1)
_NAMES = tuple(
    f"{a}{b}{c}" for a in "望观听枕揽映" for b in "江山湖溪云月松" for c in "府苑园湾郡里"
)
_ROOM = ("次卧", "主卧", "客厅", "书房", "飘窗", "阳台", "厨房", "走廊", "儿童房", "储藏间")
_STATE = ("整面墙都湿了", "墙皮脱落", "发霉发黑", "地板泡坏了", "一下雨就漏", "水滴到床上",
          "踢脚线烂了", "插座进水", "柜子全毁了", "拿盆接水")  # fmt: skip
_WHO = ("物业", "开发商", "施工方", "项目部", "维修师傅", "客服", "监理", "售后")
_DID = ("推来推去", "说下周来看", "至今没人来", "电话不接", "看了一眼就走", "让我们等通知",
        "说不归他管", "只会拍照")  # fmt: skip
_CALM = ("请问{name}附近有没有菜场", "{name}的桂花开了，很香", "{name}快递柜密码怎么查",
         "{name}团购苹果，想要的接龙", "{name}的电梯声音有点大，希望检查一下",
         "{name}门口路灯不亮，已经报修", "{name}羽毛球场周末怎么约")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """What a storm did."""

    #: Seconds from the arrival of a minute's posts to the end of their assessment.
    lags: tuple[float, ...]
    #: Alerts the stormy project ever had, alerts of all others.
    alerts: int
    others: int
    #: Most messages one way to one person got within any hour.
    messages: int


def storm(folder: Path, posts: int, projects: int) -> Storm:
    """Let the storm rage ten minutes, then two calm hours pass; `posts` 0 is the quiet run."""
    chance = random.Random(7)
    subjects = [
        Subject(key=f"p{n}", name=f"云麓·{name}", aliases=(name,), city="江城")
        for n, name in enumerate(_NAMES[: projects + 1])
    ]
    settings = read_settings({"FENGHUO_HOME": str(folder), "USER": "测试员"})
    app = open_app(
        home.create(settings, None, company="云麓地产", procedure="group-000"),
        clock=FixedClock(START),
    )
    prepare(app, subjects)
    feed(app, list(_history(subjects, chance)))
    _pass(app, START - 15 * MINUTE)
    lags = []
    for minute in range(MINUTES):
        at = START + minute * MINUTE
        batch = [*_storm(subjects[0], posts // MINUTES, at, chance), *_calm(subjects, at, chance)]
        _move(app, at + MINUTE)
        started = time.perf_counter()
        feed(app, batch)
        lags.append(time.perf_counter() - started + _pass(app, at + MINUTE))
    for minute in range(MINUTES, 120, 2):
        _move(app, START + minute * MINUTE)
        remind.run(app, app.clock.now())
        deliver.run(app, app.clock.now())
    found = _found(app, lags)
    relate.forget(app.settings.home)
    analyse.forget(app.settings.home)
    app.db.dispose()
    return found


def _move(app: App, at: datetime) -> None:
    assert isinstance(app.clock, FixedClock)
    app.clock.move(at)


def _pass(app: App, at: datetime) -> float:
    """Run the line once; return the seconds up to the end of assessing."""
    _move(app, at)
    started, assessed = time.perf_counter(), 0.0
    for name, step in STEPS:
        step(app, at)
        if name == "assess":
            assessed = time.perf_counter() - started
    return assessed


def _history(subjects: Sequence[Subject], chance: random.Random) -> Iterator[ParsedPost]:
    for day in range(1, HISTORY + 1):
        for subject in subjects[:: 1 if day % 3 == 0 else 7]:
            at = START - timedelta(days=day, minutes=chance.randrange(600))
            yield _said(chance.choice(_CALM).format(name=subject.aliases[0]), at, chance)


def _storm(subject: Subject, count: int, at: datetime, chance: random.Random) -> list[ParsedPost]:
    name = subject.aliases[0]
    return [
        _said(
            f"{name}{chance.randrange(1, 40)}栋外墙渗水，{chance.choice(_ROOM)}"
            f"{chance.choice(_STATE)}，{chance.choice(_WHO)}{chance.choice(_DID)}",
            at + timedelta(seconds=chance.randrange(60)), chance,
        )
        for _ in range(count)
    ]  # fmt: skip


def _calm(subjects: Sequence[Subject], at: datetime, chance: random.Random) -> list[ParsedPost]:
    """One everyday post at a tenth of the quiet projects."""
    return [
        _said(chance.choice(_CALM).format(name=one.aliases[0]), at, chance)
        for one in subjects[1 + at.minute % 10 :: 10]
    ]


def _said(text: str, at: datetime, chance: random.Random) -> ParsedPost:
    key = f"{chance.getrandbits(60):x}"
    return post(key, text, at, f"业主{chance.randrange(10**7)}")


def _found(app: App, lags: list[float]) -> Storm:
    with app.db.read() as connection:
        rows = connection.execute(
            select(t.subject.c.key).join(t.alert, t.alert.c.subject_id == t.subject.c.id)
        ).all()
        sent = connection.execute(
            select(t.outbox.c.recipient, t.outbox.c.channel, t.outbox.c.address,
                   t.outbox.c.accepted_at)
            .where(t.outbox.c.accepted_at.is_not(None))
            .order_by(t.outbox.c.accepted_at)
        ).all()  # fmt: skip
    most: Counter[tuple[str, str, str]] = Counter()
    for row in sent:
        way = (row.recipient, row.channel, row.address)
        until = row.accepted_at + timedelta(hours=1)
        within = [one for one in sent if (one[0], one[1], one[2]) == way]
        inside = sum(row.accepted_at <= one.accepted_at < until for one in within)
        most[way] = max(most[way], inside)
    stormy = sum(row.key == "p0" for row in rows)
    return Storm(
        lags=tuple(lags), alerts=stormy, others=len(rows) - stormy,
        messages=max(most.values(), default=0),
    )  # fmt: skip


def line(posts: int = POSTS, projects: int = PROJECTS) -> str:
    """Return the row of the benchmark table."""
    with tempfile.TemporaryDirectory() as name:
        calm = storm(Path(name) / "calm", 0, projects)
        wild = storm(Path(name) / "storm", posts, projects)
    ratio = max(calm.lags) / max(wild.lags)
    return (
        f"| 风暴：10 分钟内 {posts:,} 帖说一件事，另有 {projects} 个平静楼盘 | 平静楼盘最久等 "
        f"{max(wild.lags):.1f} 秒；风暴楼盘预警 {wild.alerts} 条，其余 {wild.others} 条；"
        f"每人每小时至多 {wild.messages} 条消息 | 无风暴时最久等 {max(calm.lags):.1f} 秒 "
        f"| {ratio:.3f} × | ≤ 15 秒，1 条预警，≤ 3 条消息 |"
    )


def storming() -> Iterator[str]:
    """Yield the row at full size, as benchmarks.run asks for it."""
    yield line()


if __name__ == "__main__":
    print(line(*(int(word) for word in sys.argv[1:3])))
