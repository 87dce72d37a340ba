"""Playback: the demo's past weeks on a simulated clock; resumable, because all state is stored."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from config.clock import FixedClock
from domain.access import Actor
from domain.level import Level
from pipelines import actions, crawl
from pipelines.demo_home import DemoTown
from pipelines.line import run_line
from pipelines.wiring import App
from store import alerts, cases, installation, sources
from store.installation import Playback

#: The demo plays this invented person; the audit says so by its via.
DEMO_ACTOR = Actor(name="周敏（演示：客服主管）", via="demo")
#: Before this the playback takes long steps, after it the steps of the fast crisis.
FINE_FROM = timedelta(hours=8)
FINE_STEP = timedelta(minutes=20)

Progress = Callable[[Playback], None]


def play(app: App, town: DemoTown, subject: str, progress: Progress) -> None:
    """Play until the simulated clock reaches its end; a killed playback goes on where it was."""
    asyncio.run(_play(app, town, subject, progress))


async def _play(app: App, town: DemoTown, subject: str, progress: Progress) -> None:
    assert isinstance(app.clock, FixedClock)
    with app.db.write() as connection:
        sources.abandon_crawls(connection, app.clock.now())
    while True:
        with app.db.read() as connection:
            state = installation.playback(connection)
        if state is None:
            return
        app.clock.move(state.now)
        progress(state)
        await tick(app, town, subject, state.now)
        with app.db.write() as connection:
            if state.now < state.until:
                installation.move_playback(connection, _next(state))
            else:
                installation.finish_playback(connection, state.now)


async def tick(app: App, town: DemoTown, subject: str, now: datetime) -> None:
    """One simulated moment: collect, run the line, let the demo's person act."""
    town.write_exports()
    with app.db.read() as connection:
        due = sources.due(connection, now)
    if due:
        await crawl.visit_async(app, due)
    run_line(app)
    act(app, subject, now)


def _next(state: Playback) -> datetime:
    fine = state.until - state.now <= FINE_FROM
    step = FINE_STEP if fine else min(state.step, state.until - FINE_FROM - state.now)
    return min(state.now + step, state.until)


def act(app: App, subject: str, now: datetime) -> None:
    """Do what the demo's person does about the slow crisis: register, grade, report."""
    while _act_once(app, subject, now):
        pass


def _act_once(app: App, subject: str, now: datetime) -> bool:
    """Do the next thing, decided by what is stored, so that a kill in between changes nothing."""
    with app.db.read() as connection:
        rows = [alerts.by_number(connection, n) for n in alerts.open_numbers(connection, subject)]
        known = cases.newest(connection, subject)
    grave = next((row for row in rows if row.level is Level.CRITICAL), None)
    if known is None and grave is not None:
        reason = "业主反映集中，经电话核实属实"
        actions.register_case(app, grave.number, DEMO_ACTOR, now, reason)
        return True
    if known is not None and known.state == "registered":
        reason = "十户以上就同一渗漏水问题投诉（L-03），按一级处理"
        actions.grade_case(app, known.number, Level.CRITICAL, DEMO_ACTOR, now, reason)
        return True
    if known is not None and known.state == "graded":
        reason = "《情况报告跟进表》第 1 次已报集团"
        actions.report_case(app, known.number, DEMO_ACTOR, now, reason)
        return True
    return False
