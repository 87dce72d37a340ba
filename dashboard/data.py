"""What pages read: one App a process, results shared by all viewers for a few seconds.

The database is not asked once per viewer (platform §5); keys carry its address, so that two homes
in one process (tests) never mix.
"""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from config.language import read_language
from config.settings import read_settings
from dashboard import words
from domain.errors import StoreError
from pipelines import rulebook
from pipelines.wiring import App, open_app, stored_clock
from store import board, board_alert, board_health, board_posts, installation
from store.board import AlertLine, CaseLine, Headline, TrendPoint
from store.board_alert import AlertView
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


def overview(moment: datetime) -> Overview:
    """Return the overview as of `moment`."""
    return _overview(app().db.url, moment)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=8)
def _overview(url: str, _moment: datetime) -> Overview:
    with app().db.read() as connection:
        return Overview(
            company=installation.get(connection, "company"),
            simulated=installation.playback(connection) is not None,
            headline=board.headline(connection, _moment),
            alerts=tuple(board.alerts(connection)),
            cases=tuple(board.cases(connection)),
            ticks=tuple(board_health.ticks(connection)),
            newest=board_health.pulse(connection).newest_fetch,
        )


def trend(moment: datetime) -> list[TrendPoint]:
    """Return 30 days of negative posts."""
    return _trend(app().db.url, moment)


@st.cache_data(ttl=SLOW, show_spinner=False, max_entries=8)
def _trend(url: str, _moment: datetime) -> list[TrendPoint]:
    with app().db.read() as connection:
        return board.trend(connection, _moment)


def alerts() -> list[AlertLine]:
    """Return alerts to choose from: open ones first, then those of the recent past."""
    return _alerts(app().db.url)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=8)
def _alerts(url: str) -> list[AlertLine]:
    with app().db.read() as connection:
        return board.alerts(connection, status=("open", "closed", "dismissed", "merged"))


def alert(number: str) -> AlertView | None:
    """Return one alert with all that belongs to it."""
    return _alert(app().db.url, number)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=64)
def _alert(url: str, number: str) -> AlertView | None:
    with app().db.read() as connection:
        return board_alert.view(connection, number)


def find(wanted: Wanted, page: int) -> Found:
    """Return one page of posts."""
    return _find(app().db.url, wanted, page)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=64)
def _find(url: str, wanted: Wanted, page: int) -> Found:
    with app().db.read() as connection:
        return board_posts.find(connection, wanted, page=page)


def post(post_id: int) -> PostView | None:
    """Return one post with all its revisions."""
    with app().db.read() as connection:
        return board_posts.view(connection, post_id)


def subjects() -> list[str]:
    """Return the names of everything watched."""
    with app().db.read() as connection:
        return list(board.subjects(connection).values())


def source_names() -> list[str]:
    """Return the names of all sources."""
    with app().db.read() as connection:
        return board_health.source_names(connection)


def sources(moment: datetime) -> list[SourceLine]:
    """Return all sources with their health."""
    return _sources(app().db.url, moment)


@st.cache_data(ttl=FRESH, show_spinner=False, max_entries=8)
def _sources(url: str, _moment: datetime) -> list[SourceLine]:
    with app().db.read() as connection:
        return board_health.sources(connection, _moment)


def heartbeat() -> tuple[list[TickLine], list[IssueLine]]:
    """Return ticks and open issues."""
    with app().db.read() as connection:
        return board_health.ticks(connection), board_health.issues(connection)


@st.cache_data(show_spinner=False)
def category_names() -> dict[str, str]:
    """Return code → Chinese name of the complaint categories."""
    return {item.code: item.name for item in read_language().categories.categories}


def rule_titles() -> dict[str, str]:
    """Return rule id → its title in the rules in force."""
    return _rule_titles(app().db.url)


@st.cache_data(ttl=SLOW, show_spinner=False, max_entries=8)
def _rule_titles(url: str) -> dict[str, str]:
    try:
        rules = rulebook.active_rules(app())
    except StoreError:  # a home whose packs are not seeded yet
        rules = rulebook.shipped_rules()
    return {rule.id: rule.title for rule in rules.rules} | {"calm": words.CALM}
