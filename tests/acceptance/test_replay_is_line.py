"""Replay equals the line: same alert identities, levels, times and post sets (design §2)."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.clock import iso_shanghai
from domain.post import ParsedPost
from domain.source import Subject
from pipelines import language, rulebook
from pipelines.alert_book import AlertBook
from pipelines.replay import Replay
from pipelines.wiring import App
from store.tables import alert, alert_change
from tests.conftest import NOON, MakeApp
from tests.posts import LEAKS, SITE, SUBJECTS, feed, post, prepare, run_at

STEP = timedelta(hours=6)
START = NOON - timedelta(days=40) + timedelta(hours=2)  # on the grid: midnight UTC + n × 6 h

TROUBLES = (
    "{p}{b}栋地下车库又被淹了，{n}台车泡水，谁来赔",
    "{p}精装修缩水，马桶换成杂牌，合同写的不是这个牌子，第{n}户了",
    "{p}停工{n}天了，工地没人干活，是不是要烂尾",
    "{p}延期交付{n}个月，违约金一分没给",
    "{p}我家{b}栋1{n:02}2漏水，物业不管，停工{n}天",
    "我家{p}{b}栋10{b}漏水没人管，泡了地板，要求赔偿",
    "{p}电梯困人，{b}栋这个月第{n}次了，物业不管",
)
CHATTER = (
    "{p}附近哪里有早餐", "今天天气不错，{p}散步的人真多", "除甲醛找我，{p}业主八折，加微信",
    "{p}绿化真漂亮，物业服务也不错，点赞", "谁家有多余的车位出租", "团购窗帘的接龙一下{n}",
)  # fmt: skip


def stream(count: int, seed: int) -> Iterator[ParsedPost]:
    """Yield invented posts over forty days: troubles, leaks, chatter, copies, edits."""
    chance = random.Random(seed)
    last: list[ParsedPost] = []
    for n in range(count):
        at = START + timedelta(minutes=int(40 * 1440 * n / count), seconds=chance.randrange(60))
        project = chance.choice(("望江府", "星河湾里", "星河湾"))
        kind = chance.random()
        if kind < 0.04 and last:
            text = chance.choice(last).text  # a repost
        elif kind < 0.14:
            text = LEAKS[chance.randrange(len(LEAKS))]
        elif kind < 0.5:
            text = chance.choice(TROUBLES)
        else:
            text = chance.choice(CHATTER)
        text = text.format(p=project, b=chance.randrange(1, 9), n=chance.randrange(2, 30))
        made = post(f"s{n}", text, at, f"网友{chance.randrange(200)}", site=SITE)
        yield replace(made, fetched_at=at)
        if kind > 0.99:
            yield replace(made, text=text + "（更正：已有人联系我）", fetched_at=at + STEP)
        last = [*last[-50:], made]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What both ways are given: posts, watched subjects, the first tick and the step."""

    posts: list[ParsedPost]
    watched: tuple[Subject, ...] = SUBJECTS
    start: datetime = START
    step: timedelta = STEP


def by_line(app: App, course: Course) -> list[dict[str, Any]]:
    """Feed the posts on the grid, run the line at each tick, return the stored changes."""
    prepare(app, course.watched)
    posts, now, position = course.posts, course.start, 0
    while now <= known_at(posts[-1]) + course.step:
        batch = []
        while position < len(posts) and known_at(posts[position]) <= now:
            batch.append(posts[position])
            position += 1
        app.clock.move(now)  # type: ignore[attr-defined]
        if batch:
            feed(app, batch)
        run_at(app, now)
        now += course.step
    with app.db.read() as connection:
        rows = connection.execute(
            select(alert_change, alert.c.identity, alert.c.number)
            .join(alert, alert.c.id == alert_change.c.alert_id)
            .order_by(alert_change.c.id)
        ).all()
    return [
        {
            "at": iso_shanghai(row.at), "identity": row.identity, "number": row.number,
            "event": row.change, "version": row.version, "level": row.level, "rule": row.rule,
            "observed": row.observed, "reason": row.reason_zh,
            "posts": [key.split("|", 1)[1] for key in row.post_ids],
        }
        for row in rows
    ]  # fmt: skip


def with_nicknames(posts: list[ParsedPost]) -> list[ParsedPost]:
    """Return the posts, every third with the home of its author's nickname."""
    return [
        replace(item, project="wangjiangfu", household=("", "3", "2", f"{n % 30 + 1}01"))
        if n % 3 == 0
        else item
        for n, item in enumerate(posts)
    ]


def by_replay(course: Course) -> list[dict[str, Any]]:
    run = Replay(
        book=AlertBook(rules=rulebook.shipped_rules()),
        facts=language.load_facts(course.watched),
        index=language.load_relate(),
        names={item.key: item.name for item in course.watched},
        step=course.step,
        projects=frozenset(item.key for item in course.watched),
    )
    given = [replace(item, source_kind=item.source_kind or "forum") for item in course.posts]  # type: ignore[arg-type]
    return [
        {
            "at": row["at"], "identity": f"{row['project']}|{row['event_id']}",
            "number": row["alert_id"], "event": row["event"], "version": row["version"],
            "level": row["level"], "rule": row["rule"], "observed": row["observed"],
            "reason": row["reason_zh"], "posts": row["post_ids"],
        }
        for row in run.run(given, lag=True)
    ]  # fmt: skip


def known_at(item: ParsedPost) -> datetime:
    assert item.fetched_at is not None
    return item.fetched_at


@pytest.mark.parametrize(("count", "seed"), [(300, 3), pytest.param(2000, 7, id="2000")])
def test_replay_equals_the_line(make_app: MakeApp, count: int, seed: int) -> None:
    posts = sorted(stream(count, seed), key=known_at)
    course = Course(posts=posts)
    line = by_line(make_app(f"home{seed}", START), course)
    replay = by_replay(course)
    assert len(line) >= 10, "the stream must raise alerts for the comparison to mean anything"
    for one, other in zip(replay, line, strict=False):
        assert one == other
    assert len(replay) == len(line)


def test_replay_equals_the_line_where_nicknames_name_other_homes(make_app: MakeApp) -> None:
    posts = with_nicknames(sorted(stream(300, 5), key=known_at))
    course = Course(posts=posts)
    line = by_line(make_app("nicknames", START), course)
    assert line
    assert by_replay(course) == line
