"""Crawl: visit sources through the spiders and record how each visit ended."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from crawlers.run import CrawlOutcome, crawl
from domain.errors import FactsError
from domain.source import Source
from pipelines import ingest
from pipelines.wiring import App
from store import sources
from store.db import Connection

#: A source's visits within this span together must bring its `min_posts`: most visits find
#: nothing new, so one of them says nothing.
MIN_POSTS_WITHIN = timedelta(days=1)


def choose(app: App, names: Sequence[str]) -> list[Source]:
    """Return the named sources, or all enabled ones; raises FactsError for what is no such name."""
    with app.db.read() as connection:
        if not names:
            return sources.all_sources(connection)
        return [_visitable(connection, name) for name in dict.fromkeys(names)]


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
    runs = {item.name: _start(app, item) for item in items}
    outcomes = await crawl(items, settings={"FENGHUO_HOME": str(app.settings.home)})
    for item in items:
        _finish(app, item, runs[item.name], outcomes.get(item.name))
    return outcomes


def _start(app: App, item: Source) -> int:
    with app.db.write() as connection:
        return sources.start_crawl(connection, item.name, app.clock.now())


def _finish(app: App, item: Source, run: int, outcome: CrawlOutcome | None) -> None:
    now = app.clock.now()
    outcome = outcome or CrawlOutcome()
    with app.db.write() as connection:
        sources.finish_crawl(connection, run, now, _state(outcome), _numbers(outcome))
        _tell(connection, item, now, "crawl-failed", _failure(item, outcome))
        if not outcome.finished:
            return
        sources.close_issues(connection, item.name, "crawl-died", now)
        _tell(connection, item, now, "blocked", _refusal(item, outcome))
        _tell(
            connection, item, now, "page-error", _page_errors(item, outcome), level="warning",
            errors=outcome.errors,
        )  # fmt: skip
        if not outcome.blocked:
            got = sources.posts_since(connection, item.name, now - MIN_POSTS_WITHIN)
            _tell(connection, item, now, "below-min", _too_few(item, got), level="warning")


def _state(outcome: CrawlOutcome) -> str:
    if outcome.blocked:
        return "blocked"
    return "done" if outcome.finished and not outcome.errors else "failed"


def _numbers(outcome: CrawlOutcome) -> dict[str, object]:
    message = outcome.blocked or "；".join(outcome.errors)
    return {
        "pages": outcome.pages, "posts": outcome.posts, "new_posts": outcome.new_posts,
        "new_revisions": outcome.new_revisions, "errors": len(outcome.errors),
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


def _page_errors(item: Source, outcome: CrawlOutcome) -> str:
    if not outcome.errors:
        return ""
    return f"{item.name} 有页面未能读出，可能改版：网址与原因见该来源最近一次采集"


def _too_few(item: Source, got: int) -> str:
    if got >= item.min_posts:
        return ""
    return f"{item.name} 近 24 小时取得的帖子不足 {item.min_posts} 条：请打开网址看是否改版或停更"
