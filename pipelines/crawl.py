"""Crawl: visit sources through the spiders and record how each visit ended."""

import asyncio
from collections.abc import Sequence

from crawlers.run import CrawlOutcome, crawl
from domain.source import Source
from pipelines import ingest
from pipelines.wiring import App
from store import sources


def choose(app: App, names: Sequence[str]) -> list[Source]:
    """Return the named sources, or all enabled ones; raises FactsError for an unknown name."""
    with app.db.read() as connection:
        items = sources.all_sources(connection)
        known = {item.name: item for item in items}
        for name in names:
            sources.get_id(connection, name)
    return [known[name] for name in names if name in known] if names else items


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
    with app.db.write() as connection:
        if outcome is None or not outcome.finished:
            sources.finish_crawl(connection, run, now, "failed", {"message": "采集未走完"})
            return
        state = "blocked" if outcome.blocked else "failed" if outcome.errors else "done"
        sources.finish_crawl(
            connection, run, now, state,
            {
                "pages": outcome.pages, "posts": outcome.posts, "errors": len(outcome.errors),
                "message": outcome.blocked or "；".join(outcome.errors)[:500],
            },
        )  # fmt: skip
        if outcome.blocked:
            sources.raise_issue(
                connection, at=now, code="blocked", source_name=item.name,
                message=f"{item.name} 拒绝访问（{outcome.blocked}）：已停止，请联系站方",
            )  # fmt: skip
        else:
            sources.close_issues(connection, item.name, "blocked", now)
        if outcome.errors:
            sources.raise_issue(
                connection, at=now, code="page-error", source_name=item.name, level="warning",
                message=f"{item.name} 有页面未能读出：请看日志，页面可能改版",
                data={"errors": list(outcome.errors)[:20]},
            )  # fmt: skip
        else:
            sources.close_issues(connection, item.name, "page-error", now)
