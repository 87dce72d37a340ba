"""Overview (态势总览): the state of things in one look, refreshed without touching the visitor."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import streamlit as st

from dashboard import cards, charts, data, places, safe, session, words
from dashboard.data import Overview
from dashboard.safe import Html, tag, text
from domain.access import Act
from domain.clock import say_time, shanghai_day
from domain.level import Level
from store.board import CaseLine, TrendPoint

#: Seconds between refreshes; a reading takes far less (design §8).
REFRESH = 10
#: The line is called silent after this.
SILENT = timedelta(minutes=2)


@st.fragment(run_every=REFRESH)
def page() -> None:
    """Show the page; only this fragment runs again by itself."""
    now = data.now()
    seen = data.overview(session.viewer(), now)
    _head(seen, now)
    if seen.newest is None and session.allowed(Act.CONFIGURE):
        _guide()
    _waiting(now)
    _tiles(seen, shanghai_day(now))
    left, right = st.columns([3, 2], gap="large")
    with left:
        _alerts(seen, now)
    with right:
        _trend(data.trend(session.viewer(), now))
        _cases(seen.cases, now)


def _head(seen: Overview, now: datetime) -> None:
    st.title(words.OVERVIEW, anchor=False)
    parts = [
        text(seen.company),
        text(words.AS_OF.format(time=say_time(now))),
        text(words.REFRESHED.format(seconds=REFRESH)),
        _heartbeat(seen, now),
    ]
    if seen.simulated:
        parts.append(cards.chip(words.SIMULATED, "fh-soon"))
    safe.show(tag("div", *(tag("span", part) for part in parts if part), css="fh-sub"))


def _guide() -> None:
    """Lead from an empty home to the first hour."""
    with st.container(border=True):
        safe.show(cards.quiet(words.NO_DATA_YET, words.GUIDE))
        st.page_link(places.START, label=words.OPEN_START)


def _waiting(now: datetime) -> None:
    """Show the hand-over line with its way to the inbox (T-28)."""
    actor = session.viewer()
    if not actor.may(Act.READ_INBOX):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        safe.show(cards.chip(data.hand_over(actor, now), "fh-run"))
        st.page_link(places.INBOX, label=words.OPEN_INBOX)


def _heartbeat(seen: Overview, now: datetime) -> Html:
    last = max((tick.done_at for tick in seen.ticks if tick.done_at), default=None)
    if last is None:
        return cards.chip(words.LINE_NEVER, "fh-bad")
    ago = words.ago((now - last).total_seconds())
    if now - last > SILENT:
        return cards.chip(words.LINE_SILENT.format(ago=ago), "fh-bad")
    return cards.chip(words.LINE_ALIVE.format(ago=ago), "fh-ok")


# ---- tiles -------------------------------------------------------------------------------------


def _tiles(seen: Overview, today: date) -> None:
    top = seen.headline
    with st.grid(6, min_column_width=150, gap="xsmall", border=True) as grid:
        with grid.cell():
            open_ones = sum(top.open_by_level.values()) + top.interrupted
            _tile(words.TILE_ALERTS, open_ones, _levels(top.open_by_level, top.interrupted))
            st.page_link(places.ALERT, label=words.OPEN_ALERT)
        with grid.cell():
            _tile(words.TILE_POSTS, top.today.posts, _versus(top.today.posts, top.yesterday.posts))
            places.to_posts(since=today, until=today)
        with grid.cell():
            _tile(
                words.TILE_NEGATIVE,
                top.today.negative,
                _versus(top.today.negative, top.yesterday.negative),
            )
            places.to_posts(since=today, until=today, negative=True)
        with grid.cell():
            _tile(
                words.TILE_VOICES, top.today.voices, _versus(top.today.voices, top.yesterday.voices)
            )
            places.to_posts(since=today, until=today, negative=True)
        with grid.cell():
            clocks = top.clocks_running + top.clocks_overdue
            _tile(words.TILE_CLOCKS, clocks, _overdue(top.clocks_overdue))
            st.page_link(places.ALERT, label=words.OPEN_ALERT)
        with grid.cell():
            _tile(words.TILE_SOURCES, top.sources_in_trouble, _sources(top.sources_in_trouble))
            places.to_health()


def _tile(name: str, value: int, below: Html) -> None:
    safe.show(
        tag(
            "div",
            tag("div", text(name), css="fh-k"),
            tag("div", text(f"{value:,}"), css="fh-v"),
            tag("div", below, css="fh-d"),
            css="fh-tile",
        )
    )


def _levels(by_level: dict[str, int], interrupted: int) -> Html:
    grave_first = sorted(by_level, key=lambda name: -Level(name).rank)
    chips = [
        cards.chip(f"{words.LEVELS[name]} {by_level[name]}", f"fh-level fh-{name}")
        for name in grave_first
    ]
    if interrupted:
        chips.append(cards.chip(f"{words.INTERRUPTED} {interrupted}", "fh-bad"))
    return safe.join(chips) if chips else text(words.NO_ALERTS)


def _versus(now: int, before: int) -> Html:
    sign, css = ("▲", "fh-up") if now > before else ("▼", "fh-down") if now < before else ("＝", "")
    moved = tag("span", text(f"{sign}{abs(now - before)}"), css=css)
    return safe.join([moved, tag("span", text(words.VERSUS.format(n=before)))])


def _overdue(count: int) -> Html:
    if count:
        return cards.chip(words.OVERDUE_N.format(n=count), "fh-over")
    return text(words.NONE_OVERDUE)


def _sources(count: int) -> Html:
    return text(words.SOURCES_TO_MEND if count else words.ALL_SOURCES_WELL)


# ---- alerts, trend, cases ----------------------------------------------------------------------


def _alerts(seen: Overview, now: datetime) -> None:
    st.subheader(words.OPEN_ALERTS, anchor=False)
    if not seen.alerts and seen.newest is None:
        safe.show(cards.quiet(words.NO_DATA_YET, words.NO_DATA_HINT))
    elif not seen.alerts:
        safe.show(cards.quiet(words.NOTHING_OPEN, words.NOTHING_OPEN_HINT))
    for line in seen.alerts:
        with st.container(border=True, gap="xsmall"):
            safe.show(cards.alert_card(line, now))
            places.to_alert(line.number)


def _trend(points: Sequence[TrendPoint]) -> None:
    st.subheader(words.TREND, anchor=False)
    names = charts.leading(points)
    if not names:
        safe.show(cards.meta([words.TREND_EMPTY]))
        return
    picked = st.altair_chart(
        charts.trend(points), key="trend", on_select="rerun", selection_mode="picked"
    )
    safe.show(cards.meta([words.TREND_HINT, *_left_out(names)]))
    for point in _picked(picked, points):
        places.to_posts(
            words.TREND_PICKED.format(day=point.day, subject=point.subject, n=point.negative),
            negative=True,
            since=point.day,
            until=point.day,
            subject=point.subject,
        )


def _left_out(names: Sequence[str]) -> list[str]:
    more = len(names) - charts.MOST_LINES
    return [words.MORE_SUBJECTS.format(n=more)] if more > 0 else []


def _picked(state: object, points: Sequence[TrendPoint]) -> list[TrendPoint]:
    chosen = getattr(state, "selection", {}).get("picked", [])
    keys = {(item.get("date"), item.get("subject")) for item in chosen}
    return [point for point in points if (point.day.isoformat(), point.subject) in keys]


def _cases(lines: Sequence[CaseLine], now: datetime) -> None:
    st.subheader(words.CASES, anchor=False)
    if not lines:
        safe.show(cards.meta([words.NO_CASES]))
    for line in lines:
        with st.container(border=True, gap="xsmall"):
            safe.show(_case(line, now))
            for number in line.alerts:
                places.to_alert(number, words.OPEN_CASE_ALERT.format(number=number))


def _case(line: CaseLine, now: datetime) -> Html:
    graded = words.GRADED.format(level=words.LEVELS[line.level]) if line.level else words.UNGRADED
    return tag(
        "div",
        cards.row(
            [
                cards.chip(graded, f"fh-level fh-{line.level}" if line.level else ""),
                tag("span", text(line.title), css="fh-name"),
                tag("span", text(line.number), css="fh-num"),
            ]
        ),
        cards.meta(
            [
                line.subject,
                words.CASE_META.format(
                    time=say_time(line.registered_at),
                    by=line.registered_by,
                    state=words.CASE_STATES.get(line.state, line.state),
                ),
            ]
        ),
        cards.row([cards.clock_chip(clock, now) for clock in line.clocks]),
    )


page()
