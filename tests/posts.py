"""Posts in few words: what acceptance tests feed into the line."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from config.clock import FixedClock
from domain.post import Page, ParsedPost, SourceKind
from domain.source import Source, Subject
from pipelines import ingest
from pipelines.line import run_line
from pipelines.wiring import App
from store import sources, subjects

SITE = "bbs.test.example"
SUBJECTS = (
    Subject(key="wangjiangfu", name="云麓·望江府", aliases=("望江府",), city="江城"),
    Subject(key="xinghewanli", name="云麓·星河湾里", aliases=("星河湾里", "星河湾"), city="江城"),
)
#: Ten ways to say the same thing at the same place.
LEAKS = (
    "望江府2栋外墙渗水，次卧整面墙都湿了",
    "望江府3栋也是外墙渗水，主卧墙面发霉了",
    "我家望江府外墙渗水到客厅了，物业不管",
    "望江府外墙渗水，报修三次没人来",
    "又渗水了，望江府的外墙到底怎么做的防水",
    "望江府5栋外墙渗水，地板都泡坏了",
    "同样望江府，外墙渗水严重，墙皮脱落",
    "望江府外墙渗水，开发商推给施工方",
    "望江府业主，外墙渗水一下雨就漏，太差了",
    "望江府外墙渗水问题什么时候解决，天天漏",
    "望江府1栋外墙渗水，窗边全是水",
    "望江府外墙渗水，质量太差要求赔偿",
)


def post(native_id: str, text: str, at: datetime, author: str, **more: Any) -> ParsedPost:
    """Return a forum post."""
    return ParsedPost(
        native_id=native_id, text=text, published_at=at, author=author, author_id=author, **more
    )


def prepare(app: App, watched: Sequence[Subject] = SUBJECTS) -> None:
    """Give a home its subjects and two sources of one board."""
    with app.db.write() as connection:
        subjects.put(connection, watched, app.clock.now())
        for name in ("板块", "镜像"):
            sources.put(
                connection,
                Source(
                    name=name,
                    engine="file",
                    url="test",
                    site=SITE,
                    kind=SourceKind.FORUM,
                    every=timedelta(days=1),
                ),
            )


def feed(app: App, posts: Sequence[ParsedPost], *, source: str = "板块") -> None:
    """Store posts as one page of a board."""
    ingest.store_page(
        app, Page(source=source, site=SITE, kind=SourceKind.FORUM, posts=tuple(posts))
    )


def run_at(app: App, now: datetime) -> None:
    """Put the clock at `now` and run the line once."""
    assert isinstance(app.clock, FixedClock)
    app.clock.move(now)
    run_line(app)
