"""An invented town's pushes on every channel at every level: what the golden texts are made of."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select

from config.clock import FixedClock
from domain.level import Level
from domain.post import Page, ParsedPost, SourceKind
from domain.source import Source, Subject
from notify.briefs import render_brief
from notify.content import BriefContent
from notify.marks import MARKS
from notify.messages import Rendered
from pipelines import analyse, brief, home, ingest, push, relate
from pipelines.wiring import App, open_app
from store import alerts, outbox, sources
from store import tables as t
from tests.conftest import NOON, settings_for
from tests.posts import LEAKS, SITE, feed, post, prepare, run_at

#: Level → voices that lead to it.
VOICES = {Level.MINOR: 3, Level.MODERATE: 5, Level.MAJOR: 8, Level.CRITICAL: 10}
SUBJECT = Subject(
    key="wangjiangfu", name="云麓·望江府", aliases=("望江府",), city="江城", region="华中区域",
    legal_entity="江城云麓置业有限公司", owner="李明", owner_phone="13900001111",
    service="华中区域客服中心", service_phone="027-88880000",
)  # fmt: skip
#: What was said before, seldom, and what came within one day: one topic, each another trouble.
ROOMS = ("主卧", "书房", "厨房", "阳台", "过道", "飘窗", "玄关")
FAULTS = ("墙面裂缝", "地砖空鼓", "渗水发霉", "墙皮脱落", "窗边漏雨")
ENDS = ("质量太差了", "报修没人来", "没人管", "气死人", "物业不管")
TROUBLES = (
    "望江府客厅瓷砖空鼓，敲一下全是响声，质量太差",
    "望江府卫生间漏水到楼下，报修三次没人来",
    "望江府楼板开裂，裂缝能塞进硬币，太吓人了",
    "望江府顶楼下雨就漏雨，接了三个盆，没人管",
    "望江府外墙保温层脱落，砸下来怎么办，没人管",
    "望江府书房渗水返潮，墙面发霉，报修没人来",
)
#: What owners wrote of themselves: none of it may stand in any push.
PERSONAL = ("13812345678", "2单元1501", "420106199003074517", "鄂A12345", "zhang.wei@mail.example")
ELSEWHERE = "luntan.test.example"
PUBLIC_URL = "https://fenghuo.yunlu.example"


def town(folder: Path, level: Level) -> App:
    """Return a home where so many owners wrote that an alert of this level was raised."""
    app = _home(folder)
    feed(app, [_said(n) for n in range(VOICES[level])])
    page = Page(source="外站", site=ELSEWHERE, kind=SourceKind.FORUM, posts=(_said(11),))
    ingest.store_page(app, page)
    run_at(app, NOON)
    return app


def _home(folder: Path) -> App:
    folder.mkdir(parents=True)
    (folder / "secret.key").write_text("5" * 64)
    settings = home.create(settings_for(folder), None, company="云麓地产", procedure="group-000")
    app = open_app(replace(settings, public_url=PUBLIC_URL), clock=FixedClock(NOON))
    prepare(app, (SUBJECT,))
    with app.db.write() as connection:
        for name, site in (("板块", SITE), ("外站", ELSEWHERE)):
            sources.put(
                connection,
                Source(
                    name=name, engine="file", url="test", site=site, kind=SourceKind.FORUM,
                    every=timedelta(days=1), subject=SUBJECT.key,
                ),
            )  # fmt: skip
    people(app)
    return app


def counted_town(folder: Path) -> App:
    """Return a home where many spoke of one topic within a day, each of another trouble of it."""
    app = _home(folder)
    feed(app, [
        post(f"h{day}", _before(day), NOON - timedelta(days=day, hours=day % 9), f"旧{day}")
        for day in range(5, 61, 2)
    ])  # fmt: skip
    run_at(app, NOON - timedelta(hours=30))
    assert isinstance(app.clock, FixedClock)
    app.clock.move(NOON)
    feed(app, [
        post(
            f"c{n}",
            f"{words} {PERSONAL[n % len(PERSONAL)]}",
            NOON - timedelta(minutes=100 * n + 9),
            f"业主{n}",
            url=f"https://bbs.test.example/thread-{n}-1-1.html",
            household=("一期", "2", "1", f"{900 + n}") if n < 3 else None,
        )
        for n, words in enumerate(TROUBLES)
    ])  # fmt: skip
    run_at(app, NOON)
    return app


def _before(day: int) -> str:
    room, fault = ROOMS[day % len(ROOMS)], FAULTS[day % len(FAULTS)]
    return f"望江府{day}栋{room}{fault}，{ENDS[day % len(ENDS)]}"


def close(app: App) -> None:
    """Let go of a town."""
    relate.forget(app.settings.home)
    analyse.forget(app.settings.home)
    app.db.dispose()


def people(app: App) -> None:
    """Add a manager told by mail and by the crisis group, and one who is told of all by mail."""
    with app.db.write() as connection:
        for key, name, office, ways in (
            ("wangmin", "王敏", "危机领导小组办公室主任", (("email", "wangmin@yunlu.example"),)),
            ("zhaolei", "赵磊", "项目总经理", (("wecom", "危机群"), ("feishu", "媒介群"))),
        ):
            (person,) = connection.execute(
                insert(t.person).values(key=key, name=name, post=office)
            ).inserted_primary_key or (0,)
            connection.execute(
                insert(t.subscription),
                [
                    {"person_id": person, "min_level": "minor", "channel": way, "address": to}
                    for way, to in ways
                ],
            )


def _said(n: int) -> ParsedPost:
    trap = "*[点此](http://evil.example)* @所有人" if n % 3 == 1 else ""
    return post(
        f"p{n}",
        f"{LEAKS[n]} {PERSONAL[n // 2 % len(PERSONAL)]} {trap}",
        NOON - timedelta(minutes=7 * (n + 1)),
        f"业主{n}",
        url=f"https://bbs.test.example/thread-{n}-1-1.html",
        household=("一期", "2", "1", f"{900 + n}") if n < 3 else None,
    )


def alert_push(app: App, channel: str, reason: str, notice: str = "") -> Rendered:
    """Return the message of the town's alert, that of a topic first, as a channel carries it."""
    now = app.clock.now()
    with app.db.read() as connection:
        number = connection.scalar(
            select(t.alert.c.number).order_by(t.alert.c.event_id.is_not(None), t.alert.c.id)
        )
        item = alerts.by_number(connection, str(number))
        told = push.concerned(connection, item.subject_id, item.level)
        content = push.alert_content(
            app, connection, item, reason=reason, now=now, told=told, notice=notice
        )
    recipient = outbox.Recipient(key="wangmin", channel=channel, address="x", min_level=Level.MINOR)
    return push._render(app, recipient, content)


def golden(folder: Path) -> dict[str, str]:
    """Return file stem → text for all channels × levels, and overdue, repeat and brief."""
    found: dict[str, str] = {}
    for level in Level:
        app = town(folder / level.value, level)
        for channel in MARKS:
            found[f"{channel}-{level.value}"] = text(alert_push(app, channel, "opened"))
        if level is Level.CRITICAL:
            found |= _later(app)
        close(app)
    return found


def _later(app: App) -> dict[str, str]:
    """Return what is said when the triage clock ran out, on a repeat, and the next morning."""
    assert isinstance(app.clock, FixedClock)
    found: dict[str, str] = {}
    for name, minutes, wanted in (("overdue", 10, "overdue"), ("repeat", 60, "repeat-1")):
        run_at(app, NOON + timedelta(minutes=minutes))
        with app.db.read() as connection:
            rows = connection.execute(select(t.outbox.c.channel).where(t.outbox.c.reason == wanted))
            assert "email" in {row.channel for row in rows}, wanted
        notice = {
            "overdue": "研判超时（应于 2026-11-20 12:10 前）",
            "repeat": "第 1 次提醒（至今无人确认已知悉）",
        }[name]
        for channel in MARKS:
            found[f"{channel}-{name}"] = text(alert_push(app, channel, name, notice))
    app.clock.move(NOON + timedelta(hours=20, minutes=30))
    for channel in MARKS:
        found[f"{channel}-brief"] = text(render_brief(channel, brief_content(app)))
    return found


def brief_content(app: App) -> BriefContent:
    """Return the morning's brief of somebody told of everything."""
    now = app.clock.now()
    with app.db.read() as connection:
        who = outbox.briefed(connection)[0]
        day = brief._day(connection, now - timedelta(days=1), now)
        return brief._content(app, day, who, False, "")


def text(message: Rendered) -> str:
    """Return what a golden file holds: the subject line, a blank line, the body."""
    return f"{message.subject_line}\n\n{message.body}\n"
