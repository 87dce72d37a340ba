"""Rows for tests: one invented sample home, rich enough for every page of the dashboard.

Everything here is made up: people, places, boards, papers. `sample_home()` is the only entry most
tests need; the smaller builders beside it write one thing each.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert, update

from config.clock import FixedClock
from config.settings import read_settings
from domain.clock import SHANGHAI, shanghai_day
from pipelines.wiring import App, create_home, open_app
from store import tables as t
from store.installation import start_playback
from store.search import index_posts

#: 2026-11-21 14:00 in Shanghai.
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)

#: Texts that try to leave their cell: each must be shown as the letters it is.
HOSTILE = (
    "![看图](http://evil.example/pixel.png) <script>fetch('http://evil.example/s')</script>"
    " <img src=http://evil.example/i.png onerror=alert(1)> [点我](javascript:alert(1))"
    " $x^2$ :red[红]"
)
FORMULA = '=HYPERLINK("http://evil.example/f","云栖花园停工补偿")'

COMPLAINTS = {
    "K08": (
        "云栖花园二期工地已经{n}天没人干活了，塔吊都不转，是不是停工了？",
        "又去看了一次云栖花园，二期还是停工，保安说工人都走了，监管资金去哪了？",
        "云栖二期烂尾了吗？按揭还在还，{n}号楼还停在十八层。",
    ),
    "K09": (
        "江湾雅苑{n}号楼地下车库又漏水，下一次雨淹一次，物业只会拿桶接。",
        "江湾雅苑交房半年，卫生间返水渗水，报修{n}次没人理。",
        "江湾车库顶板渗漏，水滴到车上都是白印，谁来赔？",
    ),
    "K11": (
        "江湾雅苑精装缩水，样板间是品牌马桶，交付换成没听过的牌子。",
        "江湾雅苑入户门减配，合同里写的是{n}厘米。",
    ),
}
SMALL_TALK = (
    "江湾雅苑附近哪家早餐好吃？求推荐",
    "云栖花园团购窗帘，满{n}户开团，想参加的接龙",
    "今天路过江湾雅苑，绿化做得不错，花开得挺好",
    "请问云栖花园公积金贷款要带哪些材料？",
    "江湾雅苑物业今天帮忙把快递送上楼，给个赞",
    "周末小区羽毛球约起来，江湾的邻居有没有",
    "云栖花园到地铁站走路要{n}分钟左右",
)
ADS = ("专业除甲醛，江湾雅苑业主{n}折优惠，当天上门", "验房找我，云栖花园已验{n}户，包满意")
REDLINE = (
    "大家11月22日上午9点云栖花园售楼部门口集合，一起拉横幅要说法！"
    "联系13812345678，我住3栋2单元1501室。"
)
EDITED_BEFORE = "云栖花园二期工地发生坍塌，我亲眼看见有两个工人受伤被抬走，开发商封锁消息！"
EDITED_AFTER = "云栖花园二期昨天工地上有点情况，等通知吧。"


@dataclass(slots=True, kw_only=True)
class Sample:
    """The rows of the sample home that tests speak of by name."""

    app: App
    subjects: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    posts: list[int] = field(default_factory=list)
    #: Fast crisis at 云栖花园, slow one at 江湾雅苑: ids of the posts behind each.
    fast: list[int] = field(default_factory=list)
    slow: list[int] = field(default_factory=list)
    hostile: int = 0
    formula: int = 0
    edited: int = 0
    deleted: int = 0
    repost: int = 0
    critical: str = "W-20261121-0002"
    major: str = "W-20261119-0001"
    closed: str = "W-20261108-0001"
    case: str = "C-20261119-0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSpec:
    """What one sample post is to be."""

    text: str
    at: datetime
    source: str
    author: str | None
    title: str = ""
    subject: str | None = None
    code: str | None = None
    negativity: float = 0.12
    noise: str | None = None
    signals: Sequence[dict[str, Any]] = ()
    marked: Sequence[str] = ()
    household: str | None = None
    url: str | None = None


def home(folder: Path, *, now: datetime = NOW) -> App:
    """Return the App of a fresh, empty home in `folder`, its clock standing at `now`."""
    settings = read_settings({"FENGHUO_HOME": str(folder), "USER": "测试员"})
    create_home(settings)
    return open_app(settings, clock=FixedClock(now))


def row(connection: Connection, table: Table, **values: Any) -> int:
    """Insert one row and return its id."""
    key = connection.execute(insert(table).values(**values)).inserted_primary_key
    return key[0] if key is not None and isinstance(key[0], int) else 0


def span(text: str, part: str, **more: Any) -> dict[str, Any]:
    """Return a span of the JSONL contract for the first `part` in `text`."""
    start = text.index(part)
    return {"text": part, "start": start, "end": start + len(part), "field": "text", **more}


def sample_home(folder: Path, *, now: datetime = NOW) -> Sample:
    """Return a home with two projects, 200 posts, three alerts, one case and its clocks."""
    sample = Sample(app=home(folder, now=now))
    dice = random.Random(20261121)
    with sample.app.db.write() as connection:
        _company(connection, sample, now)
        _small_talk(connection, sample, now, dice)
        _slow_crisis(connection, sample, now, dice)
        _fast_crisis(connection, sample, now, dice)
        _statistics(connection, sample, now)
        _alerts(connection, sample, now)
        _case(connection, sample, now)
        _health(connection, sample, now)
        # The home says what time it is, also to a server in another process.
        start_playback(connection, now, now + timedelta(days=1), timedelta(minutes=15))
    return sample


def _company(connection: Connection, sample: Sample, now: datetime) -> None:
    row(connection, t.installation, key="company", value="江城示例地产")
    for key, name in (("jiangwan", "江湾雅苑"), ("yunqi", "云栖花园")):
        sample.subjects[key] = row(
            connection,
            t.subject,
            key=key,
            kind="project",
            name=name,
            city="江城",
            legal_entity="江城示例置业有限公司",
            created_at=now - timedelta(days=90),
        )
    for key, name, post in (
        ("kefu", "周敏", "客服监测员"),
        ("weiji", "陈立", "危机小组组长"),
        ("meijie", "林晓", "媒介主管"),
    ):
        row(connection, t.person, key=key, name=name, post=post)
    for name, engine, kind, site, least in (
        ("江城论坛", "discuzx", "forum", "bbs.jiangcheng.example", 1),
        ("江城晚报", "feed", "news", "news.jiangcheng.example", 1),
        ("云栖业主群", "folder", "group", "qq:云栖花园业主群", 0),
        ("滨江社区", "discuzx", "forum", "bbs.binjiang.example", 5),
    ):
        sample.sources[name] = row(
            connection,
            t.source,
            name=name,
            engine=engine,
            kind=kind,
            site=site,
            url=f"https://{site}/" if kind != "group" else "./inbox",
            every_seconds=900,
            min_posts=least,
            next_check_at=now + timedelta(minutes=7),
        )
    row(connection, t.analyser, version="sample-1", active=True, created_at=now)


def add_post(connection: Connection, sample: Sample, spec: PostSpec, *, lag: int = 6) -> int:
    """Insert a post with its revision, analysis, mention and index entry; return its id."""
    n = len(sample.posts) + 1
    kind, site = _source_of(spec.source)
    author = None if spec.author is None else _key(site, spec.author)
    post_id = row(
        connection,
        t.post,
        site=site,
        native_id=f"{n}",
        source_id=sample.sources[spec.source],
        kind=kind,
        url=spec.url or (f"https://{site}/thread-{n}-1-1.html" if kind != "group" else None),
        thread_id=f"{n}",
        floor=1,
        outlet="江城晚报" if kind == "news" else None,
        author_key=author,
        household_key=spec.household and _key("household", spec.household),
        published_at=spec.at,
        published_precision="minute",
        fetched_at=spec.at + timedelta(minutes=lag),
        day_cn=day_number(shanghai_day(spec.at)),
        views=30 + n * 7 % 900,
        replies=n % 23,
    )
    sample.posts.append(post_id)
    add_revision(connection, sample, post_id, spec, n=1)
    return post_id


def add_revision(
    connection: Connection,
    sample: Sample,
    post_id: int,
    spec: PostSpec,
    *,
    n: int,
    deleted: bool = False,
) -> int:
    """Insert revision `n` of a post and, unless it is a deletion, what nlp said of it."""
    revision_id = row(
        connection,
        t.revision,
        post_id=post_id,
        n=n,
        title=spec.title,
        text=spec.text,
        content_hash=hashlib.md5(spec.text.encode(), usedforsecurity=False).hexdigest(),
        fetched_at=spec.at + timedelta(minutes=6, hours=n - 1),
        deleted=deleted,
        edited_at=spec.at + timedelta(hours=1) if n > 1 else None,
    )
    if not deleted:
        _analysis(connection, sample, post_id, revision_id, spec)
        index_posts(connection, {post_id: f"{spec.title} {spec.text}"})
    return revision_id


def _analysis(
    connection: Connection, sample: Sample, post_id: int, revision_id: int, spec: PostSpec
) -> None:
    label = "positive" if spec.negativity < 0.1 else "neutral"
    label = "negative" if spec.negativity >= 0.6 else label
    negative = label == "negative" and spec.noise is None
    codes = [spec.code] if spec.code else []
    analysis_id = row(
        connection,
        t.analysis,
        revision_id=revision_id,
        analyser_id=1,
        post_id=post_id,
        negativity=spec.negativity,
        severity=0.8 if spec.signals else spec.negativity / 2,
        label=label,
        relevant=spec.noise is None,
        noise=spec.noise,
        at=spec.at + timedelta(minutes=7),
        details={
            "categories": [{"code": code, "score": 0.83} for code in codes],
            "facts": [],
            "signals": list(spec.signals),
            "why": [span(spec.text, part, weight=1.4) for part in spec.marked if part in spec.text],
        },
    )
    if spec.subject is None:
        return
    name = {"jiangwan": "江湾", "yunqi": "云栖"}[spec.subject]
    start = spec.text.find(name)
    row(
        connection,
        t.mention,
        analysis_id=analysis_id,
        post_id=post_id,
        subject_id=sample.subjects[spec.subject],
        via="text" if start >= 0 else "board",
        alias=name if start >= 0 else "",
        start=start if start >= 0 else None,
        end=start + len(name) if start >= 0 else None,
        negativity=spec.negativity,
        severity=0.5,
        label=label,
        categories=codes,
        negative=negative,
        published_at=spec.at,
        day_cn=day_number(shanghai_day(spec.at)),
    )


def _small_talk(connection: Connection, sample: Sample, now: datetime, dice: random.Random) -> None:
    for _ in range(130):
        ad = dice.random() < 0.1
        text = dice.choice(ADS if ad else SMALL_TALK).format(n=dice.randint(2, 9))
        at = now - timedelta(minutes=dice.randint(30, 21 * 1440))
        add_post(
            connection,
            sample,
            PostSpec(
                text=text,
                at=at,
                source=dice.choice(("江城论坛", "江城论坛", "云栖业主群")),
                title=text[:14],
                author=f"u{dice.randint(1, 60)}",
                subject="jiangwan" if "江湾" in text else "yunqi" if "云栖" in text else None,
                negativity=dice.choice((0.04, 0.12, 0.3)),
                noise="ad" if ad else None,
            ),
        )


def _slow_crisis(
    connection: Connection, sample: Sample, now: datetime, dice: random.Random
) -> None:
    for i in range(46):
        code = "K09" if i % 4 else "K11"
        text = dice.choice(COMPLAINTS[code]).format(n=dice.randint(2, 9))
        hours = 20 * 24 * (1 - (i / 46) ** 0.5) + dice.random() * 9
        post_id = add_post(
            connection,
            sample,
            PostSpec(
                text=text,
                at=now - timedelta(hours=hours),
                source=("江城论坛", "云栖业主群")[i % 5 == 4],
                title=text[:16],
                author=f"o{i % 17}",
                subject="jiangwan",
                code=code,
                negativity=0.66 + 0.3 * dice.random(),
                marked=("漏水", "渗水", "渗漏", "精装缩水", "减配", "没人理", "淹"),
                household=f"3-1-{i % 17}01" if i % 6 == 0 else None,
            ),
        )
        if code == "K09":
            sample.slow.append(post_id)


def _fast_crisis(
    connection: Connection, sample: Sample, now: datetime, dice: random.Random
) -> None:
    def say(text: str, minutes: int, **more: Any) -> int:
        given = {"source": "江城论坛", "author": f"y{minutes}", "title": text[:15], **more}
        post_id = add_post(
            connection,
            sample,
            PostSpec(
                text=text,
                at=now - timedelta(minutes=minutes),
                subject="yunqi",
                code="K08",
                negativity=0.9,
                marked=("停工", "烂尾", "没人干活", "坍塌", "受伤", "拉横幅"),
                **given,
            ),
        )
        sample.fast.append(post_id)
        return post_id

    for i in range(18):
        text = dice.choice(COMPLAINTS["K08"]).format(n=dice.randint(5, 30))
        say(text, 330 - 15 * i, source=("江城论坛", "云栖业主群")[i % 3 == 2], author=f"y{i % 14}")
    gathering = span(
        REDLINE, "集合", code="gathering", anchored=True, anchor="11月22日上午9点 售楼部"
    )
    say(REDLINE, 52, signals=(gathering,), household="3-2-1501")
    say(
        "《江城晚报》：云栖花园二期停工，业主盼复工时间表",
        40,
        source="江城晚报",
        author=None,
        title="云栖花园二期停工 业主盼答复",
    )
    sample.repost = say(REDLINE, 33, source="云栖业主群", author="y99")
    sample.hostile = say(
        f"云栖花园停工了 {HOSTILE}",
        28,
        title=f"云栖 {HOSTILE}",
        url="javascript:alert(document.domain)",
    )
    sample.formula = say(FORMULA, 25, title=FORMULA)
    spec = PostSpec(
        text=EDITED_BEFORE,
        at=now - timedelta(hours=3),
        source="江城论坛",
        author="y7",
        title="二期出事了",
        subject="yunqi",
        code="K08",
        negativity=0.95,
        marked=("坍塌", "受伤", "封锁消息"),
        signals=(
            span(EDITED_BEFORE, "受伤", code="casualty", anchored=True, anchor="两个工人受伤"),
        ),
    )
    sample.edited = add_post(connection, sample, spec)
    sample.fast.append(sample.edited)
    softer = PostSpec(
        text=EDITED_AFTER,
        at=spec.at,
        source="江城论坛",
        author="y7",
        title="二期出事了",
        subject="yunqi",
        negativity=0.35,
    )
    add_revision(connection, sample, sample.edited, softer, n=2)
    sample.deleted = sample.fast[3]
    gone = PostSpec(text="", at=now - timedelta(hours=4), source="江城论坛", author="y3")
    add_revision(connection, sample, sample.deleted, gone, n=2, deleted=True)
    connection.execute(
        update(t.post)
        .where(t.post.c.id == sample.deleted)
        .values(deleted_at=now - timedelta(hours=1))
    )


def _statistics(connection: Connection, sample: Sample, now: datetime) -> None:
    """Day statistics for all but the last two days, which pages must count for themselves."""
    rows = connection.execute(t.mention.select()).all()
    posts = {post.id: post for post in connection.execute(t.post.select())}
    last = day_number(shanghai_day(now - timedelta(days=2)))
    groups: dict[tuple[int, int, str], list[Any]] = {}
    for mention in rows:
        if mention.day_cn <= last:
            key = (mention.day_cn, mention.subject_id, posts[mention.post_id].kind)
            groups.setdefault(key, []).append(mention)
    for (day, subject, kind), members in groups.items():
        bad = {m.post_id for m in members if m.negative}
        row(
            connection,
            t.day_stat,
            day_cn=day,
            subject_id=subject,
            kind=kind,
            posts=len({m.post_id for m in members}),
            negative=len(bad),
            voices=len({posts[post].author_key for post in bad}),
        )


def _alerts(connection: Connection, sample: Sample, now: datetime) -> None:
    fast, slow = sample.fast, sample.slow
    storm = _event(connection, "ev-yunqi-stop", fast, now, "云栖花园二期停工", twin=sample.repost)
    leak = _event(connection, "ev-jiangwan-leak", slow, now, "江湾雅苑车库渗漏")
    critical = add_alert(
        connection,
        sample,
        number=sample.critical,
        subject="yunqi",
        event=storm,
        level="critical",
        version=3,
        opened=now - timedelta(hours=4),
        reason=(
            "已公开约定聚集：11月22日上午9点 售楼部；同一事件至少17个不同账号发声，"
            "《江城晚报》已报道"
        ),
    )
    _finding(
        connection,
        critical,
        "signal-gathering",
        "critical",
        1,
        None,
        fast[18:19],
        "出现“预告线下聚集”信号：11月22日上午9点 售楼部（1 帖，依据 D-N1、K01）。",
        now - timedelta(minutes=50),
        {"window_seconds": 604_800, "anchors": ["11月22日上午9点 售楼部"]},
    )
    _finding(
        connection,
        critical,
        "event-voices",
        "major",
        17,
        None,
        fast,
        "过去30天至少 17 个不同账号就同一件事“停工/烂尾/资金”发出负面声音，"
        "达到“同一问题多人投诉”的界线。",
        now - timedelta(hours=2),
        _voices_snapshot(8, forum=17, group=6, reposts=1),
    )
    for version, change, level, hours, text in (
        (1, "opened", "moderate", 4.0, "同一事件至少5个不同账号投诉"),
        (2, "raised", "major", 2.0, "同一事件至少17个不同账号投诉（规则：不少于10个）"),
        (3, "raised", "critical", 0.8, "公开约定了时间和地点的聚集"),
    ):
        _change(
            connection, critical, version, change, level, now - timedelta(hours=hours), text, fast
        )
    major = add_alert(
        connection,
        sample,
        number=sample.major,
        subject="jiangwan",
        event=leak,
        level="major",
        version=2,
        opened=now - timedelta(days=2),
        reason="同一事件至少15个不同账号投诉“渗漏水”，超过10人投诉同一问题",
    )
    _finding(
        connection,
        major,
        "event-voices",
        "major",
        15,
        None,
        slow[-24:],
        "过去30天至少 15 个不同账号就同一件事“渗漏水”发出负面声音，达到“同一问题多人投诉”的界线。",
        now - timedelta(days=2),
        _voices_snapshot(8, forum=15, group=5, reposts=0),
    )
    _change(
        connection,
        major,
        1,
        "opened",
        "moderate",
        now - timedelta(days=2),
        "7天内6个账号投诉",
        slow[:6],
    )
    _change(
        connection, major, 2, "raised", "major", now - timedelta(days=1), "至少15个账号投诉", slow
    )
    old = add_alert(
        connection,
        sample,
        number=sample.closed,
        subject="jiangwan",
        event=None,
        level="minor",
        version=2,
        opened=now - timedelta(days=13),
        status="closed",
        closed=now - timedelta(days=11),
        reason="3天内3个账号谈“精装缩水”，平时约0.6个",
    )
    _change(
        connection,
        old,
        1,
        "opened",
        "minor",
        now - timedelta(days=13),
        "3天内3个账号谈“精装缩水”",
        [],
    )
    _change(connection, old, 2, "closed", "minor", now - timedelta(days=11), "24小时低于复位值", [])
    _told(connection, critical, sample.critical, now)
    audit(
        connection,
        f"alert:{sample.critical}",
        (
            (now - timedelta(hours=4), "规则 event-voices", "rule", "opened", "首次达到一般"),
            (now - timedelta(hours=2), "规则 event-voices", "rule", "raised", "升为较大"),
            (now - timedelta(minutes=50), "规则 signal-gathering", "rule", "raised", "升为重大"),
        ),
    )


def add_alert(
    connection: Connection,
    sample: Sample,
    *,
    number: str,
    subject: str,
    event: int | None,
    level: str,
    version: int,
    opened: datetime,
    reason: str,
    status: str = "open",
    closed: datetime | None = None,
) -> int:
    """Insert one alert and return its id."""
    identity = f"subject:{subject}|" + (f"event:{event}" if event else "topic:fitting")
    return row(
        connection,
        t.alert,
        number=number,
        identity=identity,
        subject_id=sample.subjects[subject],
        event_id=event,
        topic="quality",
        status=status,
        level=level,
        version=version,
        reason_zh=reason,
        opened_at=opened,
        changed_at=opened,
        closed_at=closed,
    )


def _event(
    connection: Connection,
    key: str,
    posts: Sequence[int],
    now: datetime,
    title: str,
    *,
    twin: int | None = None,
) -> int:
    event_id = row(
        connection,
        t.event,
        key=key,
        first_post_id=posts[0],
        title=title,
        first_at=now - timedelta(hours=6),
        last_at=now - timedelta(minutes=25),
    )
    for post_id in posts:
        copy = post_id == twin
        row(
            connection,
            t.relation,
            post_id=post_id,
            event_id=event_id,
            similarity=1.0 if copy else 0.6,
            duplicate_of=posts[posts.index(post_id) - 2] if copy else None,
            edge="exact" if copy else None,
            revision_id=first_revision(connection, post_id),
            at=now,
        )
    return event_id


def first_revision(connection: Connection, post_id: int) -> int:
    """Return the id of a post's first revision."""
    query = t.revision.select().where(t.revision.c.post_id == post_id, t.revision.c.n == 1)
    return int(connection.execute(query).one().id)


def _voices_snapshot(threshold: int, *, forum: int, group: int, reposts: int) -> dict[str, Any]:
    return {
        "window_seconds": 2_592_000,
        "certain": max(forum, group),
        "probable": forum + group,
        "by_site": {"bbs.jiangcheng.example": forum, "qq:云栖花园业主群": group},
        "reposts": reposts,
        "threshold": threshold,
    }


def _finding(  # noqa: PLR0917
    connection: Connection,
    alert_id: int,
    rule: str,
    level: str,
    observed: float,
    expected: float | None,
    posts: Sequence[int],
    reason: str,
    at: datetime,
    snapshot: dict[str, Any],
) -> None:
    finding_id = row(
        connection,
        t.finding,
        alert_id=alert_id,
        rule=rule,
        rule_version=1,
        level=level,
        observed=observed,
        expected=expected,
        reason_zh=reason,
        opened_at=at,
        changed_at=at,
        snapshot=snapshot,
    )
    for post_id in posts:
        row(
            connection,
            t.finding_post,
            finding_id=finding_id,
            post_id=post_id,
            revision_id=first_revision(connection, post_id),
        )


def _change(
    connection: Connection,
    alert_id: int,
    version: int,
    change: str,
    level: str,
    at: datetime,
    reason: str,
    posts: Sequence[int],
) -> None:
    row(
        connection,
        t.alert_change,
        alert_id=alert_id,
        version=version,
        at=at,
        change=change,
        level=level,
        rule="event-voices",
        observed=len(posts),
        expected=10,
        reason_zh=reason,
        post_ids=list(posts),
        by="规则",
    )


def _told(connection: Connection, alert_id: int, number: str, now: datetime) -> None:
    for version, recipient, channel, status, verdict, minutes in (
        (2, "kefu", "console", "accepted", "OK", 119),
        (3, "weiji", "console", "accepted", "OK", 49),
        (3, "meijie", "console", "failed", "errcode 93000: 机器人地址无效", 49),
        (3, "kefu", "console", "queued", "", 49),
    ):
        at = now - timedelta(minutes=minutes)
        row(
            connection,
            t.outbox,
            object=f"alert:{alert_id}",
            alert_id=alert_id,
            version=version,
            recipient=recipient,
            channel=channel,
            reason="raised",
            subject_line=f"【疑似重大】云栖花园 {number}-v{version}",
            body="云栖花园 公开约定聚集",
            status=status,
            queued_at=at,
            verdict=verdict,
            attempts=0 if status == "queued" else 1,
            accepted_at=at + timedelta(seconds=8) if status == "accepted" else None,
        )


def add_clock(
    connection: Connection,
    *,
    on: str,
    name: str,
    due: datetime,
    started: datetime,
    **more: Any,
) -> int:
    """Insert one clock and return its id."""
    values = {
        "definition": "triage",
        "start_event": "opened",
        "stop_event": "alert.triaged",
        "calendar": "wall",
        "steps": [],
        **more,
    }
    return row(connection, t.clock, object=on, name=name, due_at=due, started_at=started, **values)


def _case(connection: Connection, sample: Sample, now: datetime) -> None:
    pack = row(
        connection,
        t.pack,
        kind="procedure",
        name="jiangcheng",
        version=1,
        yaml="{}",
        sha256="0" * 64,
        author="示例",
        created_at=now - timedelta(days=60),
    )
    registered = now - timedelta(hours=30)
    case_id = row(
        connection,
        t.case,
        number=sample.case,
        subject_id=sample.subjects["jiangwan"],
        title="江湾雅苑地下车库渗漏集中投诉",
        state="graded",
        level="major",
        registered_at=registered,
        registered_by="周敏",
        graded_by="陈立",
        graded_at=registered + timedelta(hours=1),
        pack_id=pack,
        pack_copy="{}",
    )
    alert_id = connection.execute(t.alert.select().where(t.alert.c.number == sample.major)).one().id
    row(connection, t.case_alert, case_id=case_id, alert_id=alert_id, at=registered)
    add_clock(
        connection,
        on=f"alert:{sample.critical}",
        name="研判",
        role="客服监测员",
        started=now - timedelta(minutes=50),
        due=now + timedelta(minutes=10),
        steps=[
            "预警 13:10 升为疑似重大",
            "疑似重大的研判时限为60分钟，自然时间，不停表",
            "到期：2026-11-21 14:10",
        ],
    )
    add_clock(
        connection,
        on=f"case:{sample.case}",
        definition="T-08",
        name="上报集团危机小组",
        role="项目负责人",
        started=registered,
        due=registered + timedelta(hours=12),
        breached_at=registered + timedelta(hours=12),
        steps=["登记 2026-11-20 08:00", "12小时，自然时间", "到期：2026-11-20 20:00"],
    )
    add_clock(
        connection,
        on=f"case:{sample.case}",
        definition="T-23",
        name="书面答复客户",
        role="客服部",
        started=registered,
        due=now + timedelta(days=6),
        calendar="working_days_cn",
        steps=[
            "登记 2026-11-20（周五）",
            "11月21日、22日为周末，不计",
            "5个工作日：11月27日 14:00",
        ],
    )
    add_clock(
        connection,
        on=f"case:{sample.case}",
        definition="T-02",
        name="首次联系客户",
        role="客服部",
        started=registered,
        due=registered + timedelta(hours=2),
        stopped_at=registered + timedelta(hours=1),
        stopped_by="周敏",
    )
    audit(
        connection,
        f"case:{sample.case}",
        (
            (registered, "周敏", "web", "registered", "核实属实，登记个案"),
            (registered + timedelta(hours=1), "陈立", "web", "graded", "定为较大"),
        ),
    )


def audit(
    connection: Connection, on: str, lines: Sequence[tuple[datetime, str, str, str, str]]
) -> None:
    """Insert a chain of audit rows for one object."""
    previous = "0" * 64
    for seq, (at, actor, via, action, reason) in enumerate(lines, start=1):
        digest = hashlib.sha256(f"{on}{seq}{action}".encode()).hexdigest()
        chained = hashlib.sha256((previous + digest).encode()).hexdigest()
        row(
            connection,
            t.audit,
            object=on,
            seq=seq,
            at=at,
            actor=actor,
            via=via,
            action=action,
            reason=reason,
            payload_digest=digest,
            prev_hash=previous,
            hash=chained,
        )
        previous = chained


def _health(connection: Connection, sample: Sample, now: datetime) -> None:
    for name, source_id in sample.sources.items():
        for back in range(6):
            at = now - timedelta(minutes=8 + 15 * back)
            blocked = name == "滨江社区"
            row(
                connection,
                t.crawl,
                source_id=source_id,
                started_at=at,
                finished_at=at + timedelta(seconds=42),
                outcome="blocked" if blocked else "done",
                pages=1 if blocked else 6,
                posts=0 if blocked else 20,
                errors=int(blocked),
                new_posts=0 if blocked else back % 3,
                message="页面要求登录" if blocked else "",
            )
    row(
        connection,
        t.issue,
        source_id=sample.sources["滨江社区"],
        at=now - timedelta(hours=9),
        level="error",
        code="blocked",
        message="滨江社区 要求登录后才能浏览，已停止采集：请改用公开版块网址，"
        "或由有权限的人导出后放入导入目录",
    )
    row(
        connection,
        t.issue,
        source_id=sample.sources["江城晚报"],
        at=now - timedelta(days=2),
        level="warning",
        code="below-min",
        message="江城晚报 近 24 小时取得的帖子不足 1 条：请打开网址看是否改版或停更",
        closed_at=now - timedelta(days=1),
    )
    for name, seconds in (("line", 4), ("clocks", 31), ("auditor", 190)):
        row(
            connection,
            t.tick,
            name=name,
            asked_at=now - timedelta(seconds=seconds + 1),
            done_at=now - timedelta(seconds=seconds),
        )


def day_number(day: date) -> int:
    """Return 20261121 for 21 November 2026."""
    return day.year * 10000 + day.month * 100 + day.day


def local(moment: datetime) -> datetime:
    """Return the moment as people in Shanghai read it."""
    return moment.astimezone(SHANGHAI)


def _source_of(name: str) -> tuple[str, str]:
    return {
        "江城论坛": ("forum", "bbs.jiangcheng.example"),
        "江城晚报": ("news", "news.jiangcheng.example"),
        "云栖业主群": ("group", "qq:云栖花园业主群"),
        "滨江社区": ("forum", "bbs.binjiang.example"),
    }[name]


def _key(scope: str, name: str) -> str:
    return hashlib.sha256(f"{scope}\0{name}".encode()).hexdigest()[:32]
