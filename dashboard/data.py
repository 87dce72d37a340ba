"""What pages read: one App a process, results shared by all viewers for a few seconds.

The database is not asked once per viewer (platform §5); keys carry its address, so that two homes
in one process (tests) never mix.
"""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from config.indicator_facts import indicator_facts
from config.language import read_language
from config.settings import read_settings
from dashboard import words, words_facts, words_inbox
from domain.access import Actor
from domain.errors import StoreError
from domain.level import Level
from pipelines import event_facts as facts
from pipelines import rulebook
from pipelines.event_facts import EventFacts
from pipelines.wiring import App, open_app, stored_clock
from store import (
    board,
    board_alert,
    board_context,
    board_health,
    board_posts,
    inbox,
    installation,
    source_alerts,
)
from store.board import AlertLine, CaseLine, Headline, TrendPoint
from store.board_alert import AlertView
from store.board_context import Context
from store.board_health import IssueLine, SourceLine, TickLine
from store.board_posts import Found, PostView, Wanted

#: Seconds a result may be old; below what a person notices.
FRESH = 3
#: The trend moves once a day, its last point once in a while.
SLOW = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the overview shows, read in one snapshot."""

    company: str
    simulated: bool
    headline: Headline
    alerts: tuple[AlertLine, ...]
    cases: tuple[CaseLine, ...]
    ticks: tuple[TickLine, ...]
    newest: datetime | None


@st.cache_resource(show_spinner=False)
def _app(home: str, url: str) -> App:
    app = open_app()
    assert (str(app.settings.home), app.settings.db_url) == (home, url)
    return app


def app() -> App:
    """Return the App of the home in force; raises StoreError when it is not initialised."""
    settings = read_settings()
    return _app(str(settings.home), settings.db_url)


def now() -> datetime:
    """Return the present moment: the simulated one while a demo plays."""
    return stored_clock(app().db).now()


def key(actor: Actor) -> str:
    """Return what viewers with the same view share: the home and what they may see."""
    seen = "*" if actor.entities is None else "|".join(sorted(actor.entities))
    return f"{app().db.url} {sorted(actor.roles)} {seen}"


def overview(actor: Actor, moment: datetime) -> Overview:
    """Return the overview as of `moment`."""
    return _overview(key(actor), actor, moment)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=32)
def _overview(key: str, _actor: Actor, _moment: datetime) -> Overview:
    with app().db.read() as connection:
        return Overview(
            company=installation.get(connection, "company"),
            simulated=installation.playback(connection) is not None,
            headline=board.headline(connection, _actor, _moment),
            alerts=tuple(board.alerts(connection, _actor)),
            cases=tuple(board.cases(connection, _actor)),
            ticks=tuple(board_health.ticks(connection)),
            newest=board_health.pulse(connection).newest_fetch,
        )


def hand_over(actor: Actor, moment: datetime) -> str:
    """Return the hand-over line (T-28): 未阅 N 条，最早 08:12."""
    return _hand_over(key(actor), actor, moment)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=32)
def _hand_over(key: str, _actor: Actor, _moment: datetime) -> str:
    with app().db.read() as connection:
        found = inbox.hand_over(connection, _actor, _moment)
    return words_inbox.hand_over_line(found.unread, found.oldest)


def trend(actor: Actor, moment: datetime) -> list[TrendPoint]:
    """Return 30 days of negative posts."""
    return _trend(key(actor), actor, moment)


@st.cache_data(ttl=SLOW, show_spinner=False, max_entries=32)
def _trend(key: str, _actor: Actor, _moment: datetime) -> list[TrendPoint]:
    with app().db.read() as connection:
        return board.trend(connection, _actor, _moment)


def alerts(actor: Actor) -> list[AlertLine]:
    """Return alerts to choose from: open ones first, then those of the recent past."""
    return _alerts(key(actor), actor)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=8)
def _alerts(key: str, _actor: Actor) -> list[AlertLine]:
    with app().db.read() as connection:
        return board.alerts(connection, _actor, status=("open", "closed", "dismissed", "merged"))


def alert(actor: Actor, number: str) -> AlertView | None:
    """Return one alert with all that belongs to it, never stale: people act on what they see."""
    with app().db.read() as connection:
        return board_alert.view(connection, actor, number)


def context(actor: Actor, number: str, moment: datetime) -> Context | None:
    """Return what people said of an alert and what else it touches."""
    with app().db.read() as connection:
        return board_context.context(connection, actor, number, moment)


def event_facts(actor: Actor, number: str, moment: datetime) -> EventFacts | None:
    """Return what stands beside an alert; None for one about a source, or before `init`."""
    try:
        return facts.event_facts(app(), actor, number, moment)
    except StoreError:  # a home whose rules are not seeded yet
        return None


def find(actor: Actor, wanted: Wanted, page: int) -> Found:
    """Return one page of posts."""
    return _find(key(actor), actor, wanted, page)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=64)
def _find(key: str, _actor: Actor, wanted: Wanted, page: int) -> Found:
    with app().db.read() as connection:
        return board_posts.find(connection, _actor, wanted, page=page)


def post(actor: Actor, post_id: int) -> PostView | None:
    """Return one post with all its revisions."""
    with app().db.read() as connection:
        return board_posts.view(connection, actor, post_id)


def subjects(actor: Actor) -> list[str]:
    """Return the names of everything watched."""
    with app().db.read() as connection:
        return list(board.subjects(connection, actor).values())


def subject_keys(actor: Actor) -> dict[str, str]:
    """Return key → name of everything watched that this person may see."""
    return _subject_keys(key(actor), actor)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=32)
def _subject_keys(key: str, _actor: Actor) -> dict[str, str]:
    with app().db.read() as connection:
        return board.subject_keys(connection, _actor)


def regions(actor: Actor) -> list[str]:
    """Return the regions of the subjects this person may see."""
    with app().db.read() as connection:
        return board.regions(connection, actor)


def source_names(actor: Actor) -> list[str]:
    """Return the names of all sources."""
    with app().db.read() as connection:
        return board_health.source_names(connection, actor)


def sources(actor: Actor, moment: datetime) -> list[SourceLine]:
    """Return all sources with their health."""
    return _sources(key(actor), actor, moment)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=32)
def _sources(key: str, _actor: Actor, _moment: datetime) -> list[SourceLine]:
    with app().db.read() as connection:
        return board_health.sources(connection, _actor, _moment)


def heartbeat(actor: Actor) -> tuple[list[TickLine], list[IssueLine]]:
    """Return ticks and open issues."""
    with app().db.read() as connection:
        return board_health.ticks(connection), board_health.issues(connection, actor)


@st.cache_data(show_spinner=False)
def category_names() -> dict[str, str]:
    """Return code → Chinese name of the complaint categories."""
    return {item.code: item.name for item in read_language().categories.categories}


@st.cache_data(show_spinner=False)
def topic_names() -> dict[str, str]:
    """Return topic → Chinese name."""
    return {topic.key: topic.name for topic in read_language().categories.topics}


def impact_names() -> dict[str, str]:
    """Return dimension of impact → Chinese name, in the order shown."""
    return dict(indicator_facts().matrix.dimensions)


def level_names() -> dict[str, str]:
    """Return level → name and number by the company's pack: 重大（一级） (LC-1)."""
    return _level_names(app().db.url)


@st.cache_data(ttl=SLOW, show_spinner=False, max_entries=8)
def _level_names(url: str) -> dict[str, str]:
    try:
        with app().db.read() as connection:
            numbers = rulebook.procedure(connection)[2].levels
    except StoreError:  # a home whose packs are not seeded yet
        numbers = {}
    return {
        level.value: words.LEVELS[level] + (f"（{numbers[level]}）" if numbers.get(level) else "")
        for level in Level
    }


def rule_titles() -> dict[str, str]:
    """Return rule id → its title in the rules in force."""
    return _rule_titles(app().db.url)


@st.cache_data(ttl=SLOW, show_spinner=False, max_entries=8)
def _rule_titles(url: str) -> dict[str, str]:
    try:
        rules = rulebook.active_rules(app())
    except StoreError:  # a home whose packs are not seeded yet
        rules = rulebook.shipped_rules()
    own = {
        "calm": words.CALM, source_alerts.RULE: words.INTERRUPTED,
        "count": words_facts.COUNTED_RULE,
    }  # fmt: skip
    return {rule.id: rule.title for rule in rules.rules} | own
