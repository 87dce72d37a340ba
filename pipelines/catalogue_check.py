"""Look at templates of the catalogue, several sites at once, and enable those that work.

A visit is a handful of requests by the rules of every crawl; two templates of one host are visited
one after the other. The visits can be stopped at any moment: what has answered is kept.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from config.catalogue import Status, Template
from domain.access import Act, Actor
from domain.errors import BlockedError, FenghuoError
from domain.source import Source
from pipelines import source_book
from pipelines.preview import Preview, RobotsError, SilentError, of_template_async
from pipelines.wiring import App
from store import access, sources

#: Sites visited at the same time.
TOGETHER = 6
#: Seconds after which `visits` reports even if nothing has answered, so that it can be stopped.
BEAT = 1.0
_SILENCE = frozenset({"no-answer", "no-such-host", "timeout"})

#: How a template is looked at; tests give one that looks at loopback.
Look = Callable[[Template], Awaitable[tuple[Source, Preview]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One template after a look; `source` is what would be enabled."""

    template: Template
    status: Status
    why: str
    source: Source | None = None
    posts: int = 0


def visits(
    items: Sequence[Template], *, together: int = TOGETHER, look: Look = of_template_async
) -> Generator[tuple[Seen, ...], None, None]:
    """Look at templates; yield what has answered since, at least every `BEAT` seconds.

    Closing the iterator ends the visits under way.
    """
    with asyncio.Runner() as runner:
        pending = runner.run(_begin(items, together, look))
        while pending:
            done, pending = runner.run(_wait(pending))
            yield tuple(seen for task in done for seen in [task.result()])


async def _begin(items: Sequence[Template], together: int, look: Look) -> set[asyncio.Task[Seen]]:
    gate = asyncio.Semaphore(together)
    hosts: dict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def visit(item: Template) -> Seen:
        async with hosts[urlsplit(item.url).hostname], gate:
            return await see(item, look)

    return {asyncio.create_task(visit(item)) for item in items}


async def _wait(
    pending: set[asyncio.Task[Seen]],
) -> tuple[set[asyncio.Task[Seen]], set[asyncio.Task[Seen]]]:
    return await asyncio.wait(pending, timeout=BEAT, return_when=asyncio.FIRST_COMPLETED)


async def see(item: Template, look: Look = of_template_async) -> Seen:
    """Look at one template; what it does never raises."""
    if item.by_hand:
        return Seen(template=item, status=Status.BY_HAND, why=item.note)
    try:
        source, found = await look(item)
    except FenghuoError as error:
        return Seen(template=item, status=_status_of(error), why=str(error))
    except Exception as error:  # one odd site must not end the visits of all others
        why = f"{item.url}：程序出错（{type(error).__name__}：{error}），请把此行交给管理员"
        return Seen(template=item, status=Status.UNKNOWN, why=why)
    if found.good:
        return Seen(
            template=item, status=Status.WORKS, why="", source=source, posts=len(found.posts)
        )
    return Seen(template=item, status=_status_of_visit(found), why=found.problem)


def _status_of(error: FenghuoError) -> Status:
    if isinstance(error, RobotsError):
        return Status.ROBOTS
    if isinstance(error, SilentError):
        return Status.SILENT
    return Status.LOGIN if isinstance(error, BlockedError) else Status.UNKNOWN


def _status_of_visit(found: Preview) -> Status:
    if "robots" in found.outcome.rejected:
        return Status.ROBOTS
    if found.outcome.blocked:
        return Status.LOGIN
    return Status.SILENT if _SILENCE & found.outcome.rejected.keys() else Status.UNKNOWN


def enable(
    app: App, found: Sequence[Seen], *, actor: Actor, now: datetime
) -> tuple[list[str], list[str]]:
    """Register what works, each audited; return the names added and the refusals in words."""
    access.require(actor, Act.CONFIGURE)
    with app.db.read() as connection:
        known = {item.url for item in sources.everything(connection)}
    added, refused = [], []
    for seen in found:
        if seen.source is None or seen.source.url in known:
            continue
        try:
            source_book.add(app, seen.source, actor=actor, now=now)
        except FenghuoError as error:
            refused.append(str(error))
        else:
            added.append(seen.source.name)
    return added, refused
