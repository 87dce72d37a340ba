"""Crawl: visit sources through the spiders and record how each visit ended."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawlers import schedule
from crawlers.run import CrawlOutcome, crawl
from crawlers.schedule import Activity
from domain.clock import say_time
from domain.errors import FactsError
from domain.source import Source
from pipelines import folder_terms, ingest
from pipelines.wiring import App
from store import evidence, source_state, sources
from store.db import Connection

#: A source's visits within this span together must bring its `min_posts`: most visits find
#: nothing new, so one of them says nothing.
MIN_POSTS_WITHIN = timedelta(days=1)
#: A field of at least USUAL of all posts that falls below LOST of this visit's is lost.
USUAL, LOST = 0.8, 0.3
ENOUGH_POSTS, ENOUGH_VISITS = 5, 3
FIELD_WORDS = {"text": "正文", "title": "标题", "author": "作者", "time": "时间", "floor": "楼层"}
#: A sweep may ask for every page of a board.
SWEEP_REQUESTS = 100_000
#: A feed without a new entry for so long is dead unless its source says otherwise.
DEAD_AFTER_DAYS = 30


def choose(app: App, names: Sequence[str], *, sweep: bool = False) -> list[Source]:
    """Return the named sources, or all enabled ones; raises FactsError for what is no such name.

    `sweep` makes their spiders read everything once more, also what no list says has changed.
    """
    with app.db.read() as connection:
        if names:
            found = [_visitable(connection, name) for name in dict.fromkeys(names)]
        else:
            found = sources.all_sources(connection)
    return [_sweeping(item, app.clock.now()) if sweep else item for item in found]


def _sweeping(item: Source, now: datetime) -> Source:
    options = {**item.options, "sweep": now.isoformat(), "max_requests": SWEEP_REQUESTS}
    return replace(item, options=options)


def _visitable(connection: Connection, name: str) -> Source:
    sources.get_id(connection, name)
    item = sources.find(connection, name)
    assert item is not None
    if item.engine == "file":
        raise FactsError(
            f"“{name}”是由导入文件建立的来源，没有网址可以采集：新内容请用 fenghuo import 导入"
        )
    if not item.enabled:
        raise FactsError(f"来源“{name}”已停用，没有采集：请先启用它")
    return item


def visit(app: App, items: Sequence[Source]) -> dict[str, CrawlOutcome]:
    """Crawl sources one after the other in this process; return how each ended."""
    return asyncio.run(visit_async(app, items))


async def visit_async(app: App, items: Sequence[Source]) -> dict[str, CrawlOutcome]:
    """Crawl sources inside a running event loop (playback does many rounds in one)."""
    ingest.share(app)
    items = [folder_terms.noted(app, item, app.clock.now()) for item in items]
    runs = {item.name: _start(app, item) for item in items}
    outcomes = await crawl(items, settings={"FENGHUO_HOME": str(app.settings.home)})
    for item in items:
        _finish(app, item, runs[item.name], outcomes.get(item.name))
        folder_terms.record(app, item, app.clock.now())
    return outcomes


def _start(app: App, item: Source) -> int:
    with app.db.write() as connection:
        return sources.start_crawl(connection, item.name, app.clock.now())


def _finish(app: App, item: Source, run: int, outcome: CrawlOutcome | None) -> None:
    now = app.clock.now()
    outcome = outcome or CrawlOutcome()
    with app.db.write() as connection:
        sources.finish_crawl(connection, run, now, _state(outcome), _numbers(outcome))
        _judge(connection, item, run, outcome, now)
        _plan(connection, item, now)
    _train(app, item, now)


def _judge(
    connection: Connection, item: Source, run: int, outcome: CrawlOutcome, now: datetime
) -> None:
    """Open and close the source's issues by what the visit came to."""
    _tell(connection, item, now, "crawl-failed", _failure(item, outcome))
    if not outcome.finished:
        return
    sources.close_issues(connection, item.name, "crawl-died", now)
    sources.close_issues(connection, item.name, "not-visited", now)
    _tell(connection, item, now, "blocked", _refusal(item, outcome))
    _tell(connection, item, now, "no-data", _nothing(item, outcome))
    _tell(
        connection, item, now, "page-error", _page_errors(item, outcome), level="warning",
        errors=outcome.errors,
    )  # fmt: skip
    if outcome.blocked:
        return
    source_id = sources.get_id(connection, item.name)
    got = sources.posts_since(connection, item.name, now - MIN_POSTS_WITHIN)
    _tell(connection, item, now, "below-min", _too_few(item, got), level="warning")
    seen, crawls = source_state.fields_seen(connection, source_id, run)
    lost = lost_fields(outcome.fields, seen, crawls)
    if outcome.fields.get("posts", 0) >= ENOUGH_POSTS:
        _tell(connection, item, now, "layout-changed", _layout(item, lost))
    _tell(connection, item, now, "dead-feed", _dead(connection, item, source_id, now))
    if outcome.posts and not lost and not outcome.errors:
        source_state.verified(connection, source_id, now)


def _plan(connection: Connection, item: Source, now: datetime) -> None:
    """Decide the next visit by what happens at the source."""
    source_id = sources.get_id(connection, item.name)
    visit = schedule.next_visit(item, activity(connection, source_id), now)
    begun = sources.last_started(connection, source_id) or now
    source_state.set_pace(
        connection, source_id, pace=visit.pace, reason=visit.reason, next_at=begun + visit.every
    )


def activity(connection: Connection, source_id: int) -> Activity:
    """Return what the pace of a source is decided from."""
    seen = source_state.visits(connection, source_id)
    return Activity(
        open_alert=source_state.behind_alerts(connection).get(source_id), new_posts=seen.last_new,
        newest=seen.newest_new, first=seen.first, walls=seen.walls,
    )  # fmt: skip


def _train(app: App, item: Source, now: datetime) -> None:
    """Train the site's compression dictionary once there are pages enough, outside any lock."""
    with app.db.read() as connection:
        wanted = evidence.wants_dictionary(connection, item.site)
        samples = [evidence.read(connection, one, app.evidence_folder) for one in wanted]
    trained = evidence.train([body for body in samples if body]) if samples else None
    if trained is not None:
        with app.db.write() as connection:
            evidence.add_dictionary(connection, item.site, trained, now)


def _state(outcome: CrawlOutcome) -> str:
    if outcome.blocked:
        return "blocked"
    return "done" if outcome.finished and not outcome.errors else "failed"


def _numbers(outcome: CrawlOutcome) -> dict[str, object]:
    full = "达到一次采集的请求上限，其余下次继续" if outcome.full else ""
    message = outcome.blocked or "；".join(part for part in (full, *outcome.errors) if part)
    return {
        "pages": outcome.pages, "posts": outcome.posts, "new_posts": outcome.new_posts,
        "new_revisions": outcome.new_revisions, "errors": len(outcome.errors),
        "requests": outcome.requests, "rejected": outcome.rejected, "fields": outcome.fields,
        "message": (message or ("" if outcome.finished else "采集未走完"))[:500],
    }  # fmt: skip


def _tell(
    connection: Connection, item: Source, now: datetime, code: str, problem: str, *,
    level: str = "error", errors: Sequence[str] = (),
) -> None:  # fmt: skip
    """Open the issue of this code, or close it when there is no such problem any more."""
    if not problem:
        sources.close_issues(connection, item.name, code, now)
        return
    sources.raise_issue(
        connection, at=now, code=code, source_name=item.name, level=level, message=problem,
        data={"errors": list(errors)[:20]} if errors else {},
    )  # fmt: skip


def _failure(item: Source, outcome: CrawlOutcome) -> str:
    if outcome.finished:
        return ""
    return "；".join(outcome.errors)[:500] or f"来源“{item.name}”的采集未走完，下次重试"


def _refusal(item: Source, outcome: CrawlOutcome) -> str:
    if not outcome.blocked:
        return ""
    return f"{item.name} 拒绝访问（{outcome.blocked}）：已停止，请联系站方"


def _nothing(item: Source, outcome: CrawlOutcome) -> str:
    """Say that not one answer could be read: site down, moved or made anew; "" otherwise."""
    if outcome.blocked or outcome.read or not outcome.errors:
        return ""
    return f"{item.name} 什么也读不到：{outcome.errors[0]}"


def _page_errors(item: Source, outcome: CrawlOutcome) -> str:
    if not outcome.errors:
        return ""
    return f"{item.name} 有页面未能读出，可能改版：网址与原因见该来源最近一次采集"


def _too_few(item: Source, got: int) -> str:
    if got >= item.min_posts:
        return ""
    return f"{item.name} 近 24 小时取得的帖子不足 {item.min_posts} 条：请打开网址看是否改版或停更"


def lost_fields(now: Mapping[str, int], before: Mapping[str, int], crawls: int) -> list[str]:
    """Return the fields most posts used to have and hardly any of this visit has.

    Needs a history of some visits; fewer posts than `ENOUGH_POSTS` say nothing.
    """
    posts, base = now.get("posts", 0), before.get("posts", 0)
    if posts < ENOUGH_POSTS or crawls < ENOUGH_VISITS or not base:
        return []
    return [
        field
        for field in FIELD_WORDS
        if before.get(field, 0) >= USUAL * base and now.get(field, 0) < LOST * posts
    ]


def _layout(item: Source, lost: Sequence[str]) -> str:
    if not lost:
        return ""
    words = "、".join(FIELD_WORDS[field] for field in lost)
    return f"{item.name} 的网页多半改版了：以前都有的{words}，这次几乎读不到，请核对采集规则"


def _dead(connection: Connection, item: Source, source_id: int, now: datetime) -> str:
    """Say that a feed's newest entry is too old, "" while it lives or nothing is known of it."""
    state = source_state.mark_of(connection, source_id, "feed:newest")
    newest = (state or {}).get("at")
    days = float(item.options.get("dead_after_days", DEAD_AFTER_DAYS))
    if not newest or now - datetime.fromisoformat(newest) < timedelta(days=days):
        return ""
    return (
        f"{item.name} 最新一条已是 {say_time(datetime.fromisoformat(newest))}："
        "订阅可能已停更，请到网站核对并更换地址"
    )
