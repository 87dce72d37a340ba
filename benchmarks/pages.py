"""What people wait for on a home with many posts: inbox, overview, weekly report, dry run.

The peer in the same run is the plainest query there is: counting the week's posts by their index.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from config.clock import FixedClock
from domain.access import Actor
from domain.clock import shanghai_day
from domain.source import Subject
from pipelines import home, weekly
from pipelines.wiring import App, open_app
from store import board, inbox, subjects
from store import tables as t
from store.board import day_number
from store.db import Connection
from tests.conftest import NOON, settings_for
from tests.posts import prepare

#: Posts over this many days; a week of them is what most pages look at.
DAYS = 100
PART = 20_000
WHO = Actor(name="基准", via="cli")
DETAILS = {
    "categories": [{"code": "K09", "score": 0.9}],
    "facts": [],
    "signals": [],
    "why": [{"text": "漏水", "start": 3, "end": 5, "weight": 1.2}] * 4,
}


def pages(count: int = 200_000) -> Iterator[str]:
    """Yield one line a page: median of three on a home of `count` posts."""
    with tempfile.TemporaryDirectory() as folder:
        made = home.create(settings_for(Path(folder)), None, company="云麓", procedure="group-000")
        app = open_app(made, clock=FixedClock(NOON))
        prepare(app)
        _fill(app, count)
        with app.db.read() as connection:
            plain = _median(lambda: _plain(connection))
            for name, work, wanted in _works(app, connection):
                took = _median(work)
                yield (
                    f"| {name}，库中 {count / 1e6:g} 百万帖 | {took:.2f} 秒 | 数一周的帖 "
                    f"{plain * 1000:.2f} 毫秒 | {took / plain:.0f} × | {wanted} |"
                )
        app.db.dispose()


def _works(app: App, connection: Connection) -> Iterator[tuple[str, Callable[[], object], str]]:
    yield "今日待阅（300 帖一屏）", lambda: inbox.read(connection, WHO, NOON), "≤ 1 秒"
    yield "交接一行话", lambda: inbox.hand_over(connection, WHO, NOON), "≤ 1 秒"
    yield (
        "态势总览的数字与趋势",
        lambda: (board.headline(connection, WHO, NOON), board.trend(connection, WHO, NOON)),
        "≤ 1 秒",
    )
    yield "周报 Word 与附表", lambda: weekly.make(app, actor=WHO, now=NOON), "≤ 30 秒"


def _plain(connection: Connection) -> int:
    first = day_number(shanghai_day(NOON - timedelta(days=7)))
    return connection.scalar(select(func.count()).where(t.post.c.day_cn >= first)) or 0


def _median(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return sorted(spent)[1]


def _fill(app: App, count: int) -> None:
    """Fill the tables as ingest and analyse would, by plain inserts: three posts in ten are ours,
    four in ten of those complain, and one in ten of them names no subject."""
    dice = random.Random(20261122)
    with app.db.write() as connection:
        watched = [Subject(key=f"s{n}", name=f"项目{n}", region=f"区域{n % 6}") for n in range(60)]
        subjects.put(connection, watched, NOON)
        ids = list(subjects.ids(connection).values())
        source = connection.scalar(select(func.min(t.source.c.id)))
        connection.execute(
            insert(t.analyser).values(id=1, version="v", parts={}, created_at=NOON, active=True)
        )
    for start in range(0, count, PART):
        rows = [
            _row(n, NOON - timedelta(days=DAYS) * (count - n) / count, dice, ids, source or 1)
            for n in range(start, min(start + PART, count))
        ]
        with app.db.write() as connection:
            for table, part in zip(
                (t.post, t.revision, t.analysis, t.mention), zip(*rows, strict=True), strict=True
            ):
                connection.execute(insert(table), [row for row in part if row])
    with app.db.write() as connection:
        connection.exec_driver_sql("ANALYZE")


def _row(
    n: int, at: datetime, dice: random.Random, ids: list[int], source: int
) -> tuple[dict[str, object], ...]:
    day, key = day_number(shanghai_day(at)), n + 1
    ours = dice.random() < 0.3
    bad = ours and dice.random() < 0.4
    score, label = (0.8, "negative") if bad else (0.2, "neutral")
    post = {
        "id": key, "site": "x", "native_id": str(n), "source_id": source, "kind": "forum",
        "message_kind": "text", "author_key": f"a{dice.randrange(50_000)}", "published_at": at,
        "published_precision": "second", "fetched_at": at, "backfill": False, "day_cn": day,
    }  # fmt: skip
    revision = {
        "id": key, "post_id": key, "n": 1, "title": "", "text": f"外墙渗水，一下雨就漏 {n}",
        "content_hash": str(n), "fetched_at": at, "deleted": False,
    }  # fmt: skip
    analysis = {
        "id": key, "revision_id": key, "analyser_id": 1, "post_id": key, "negativity": score,
        "severity": dice.random(), "label": label, "relevant": ours, "noise": None, "at": at,
        "details": DETAILS,
    }  # fmt: skip
    mention: dict[str, object] = {}
    if ours and dice.random() < 0.9:
        mention = {
            "analysis_id": key, "post_id": key, "subject_id": dice.choice(ids), "via": "text",
            "alias": "", "field": "text", "negativity": score, "severity": 0.5, "label": label,
            "categories": ["K09"], "relevant": True, "negative": bad, "published_at": at,
            "day_cn": day,
        }  # fmt: skip
    return post, revision, analysis, mention
