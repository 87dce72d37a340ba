"""Source health (来源健康): does every source still give, how late, and what is to be done."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from dashboard import cards, data, places, safe, session, words
from dashboard import words_sources as w
from dashboard.safe import Html, tag, text
from domain.access import Act
from domain.clock import say_time, shanghai_day
from store.board_health import IssueLine, Lag, SourceLine, State, TickLine

#: Seconds between refreshes.
REFRESH = 15
#: Sources on one screen.
PAGE = 25


@st.fragment(run_every=REFRESH)
def page() -> None:
    """Show the page."""
    now = data.now()
    st.title(words.HEALTH, anchor=False)
    ticks, issues = data.heartbeat(session.viewer())
    safe.show(_heartbeat(ticks, now))
    _issues(issues, now)
    _sources(data.sources(session.viewer(), now), now)


def _heartbeat(ticks: Sequence[TickLine], now: datetime) -> Html:
    if not ticks:
        return tag("div", text(words.NO_TICKS), css="fh-note")
    name = tag("span", text(words.HEARTBEAT), css="fh-num")
    return cards.row([name, *(_tick(tick, now) for tick in ticks)])


def _tick(tick: TickLine, now: datetime) -> Html:
    name = words.TICKS.get(tick.name, tick.name)
    if tick.done_at is None:
        return cards.chip(f"{name} {words.TICK_NEVER}", "fh-bad", title=tick.message)
    ago = words.TICK_AGO.format(ago=words.ago((now - tick.done_at).total_seconds()))
    late = now - tick.done_at > timedelta(minutes=15)
    return cards.chip(f"{name} {ago}", "fh-bad" if late else "fh-ok", title=tick.message)


def _issues(issues: Sequence[IssueLine], now: datetime) -> None:
    st.subheader(words.OPEN_ISSUES.format(n=len(issues)), anchor=False)
    if not issues:
        safe.show(cards.meta([words.NO_ISSUES]))
    for issue in issues:
        with st.container(border=True):
            safe.show(_issue(issue, now))


def _issue(issue: IssueLine, now: datetime) -> Html:
    css = "fh-bad" if issue.level == "error" else "fh-soon"
    advice = words.ADVICE.get(issue.code, words.ADVICE_DEFAULT)
    return tag(
        "div",
        cards.row(
            [
                cards.chip(issue.source or words.COMPANY_WIDE, css),
                tag("span", text(cards.since(issue.at, now)), css="fh-num"),
            ]
        ),
        tag("div", text(issue.message), css="fh-reason"),
        cards.meta([f"{words.WHAT_TO_DO}：{advice}"]),
    )


def _sources(lines: Sequence[SourceLine], now: datetime) -> None:
    st.subheader(words.SOURCE, anchor=False)
    if not lines:
        safe.show(cards.quiet(words.NO_SOURCES, words.NO_SOURCES_HINT))
    configures = _configures()
    if configures:
        places.to_sources(w.OPEN_SOURCES)
    first = 0
    if len(lines) > PAGE:
        first = PAGE * (st.pagination(-(-len(lines) // PAGE), key="sources") - 1)
    today = shanghai_day(now)
    with st.grid(2, min_column_width=320, gap="small"):
        for line in lines[first : first + PAGE]:
            with st.container(border=True, gap="xsmall"):
                safe.show(_source(line, now))
                if line.alert:
                    places.to_alert(line.alert, words.INTERRUPTED_BY.format(number=line.alert))
                with st.container(horizontal=True):
                    if configures:
                        places.to_sources(w.ONE_LINK, line.name)
                    places.to_posts(
                        words.TODAY_N.format(n=line.posts_today),
                        since=today,
                        until=today,
                        source=line.name,
                    )
                    places.to_posts(
                        words.WEEK_N.format(n=line.posts_week),
                        since=today - timedelta(days=6),
                        until=today,
                        source=line.name,
                    )


def _source(line: SourceLine, now: datetime) -> Html:
    parts = [
        cards.row(
            [
                tag("span", text(line.name), css="fh-name"),
                cards.chip(words.KINDS.get(line.kind, line.kind)),
                _state(line),
            ]
        ),
        cards.meta([line.site]),
        cards.meta([f"{words.LAST_VISIT}：{_last(line, now)}"]),
        cards.meta([f"{words.NEXT_VISIT}：{_next(line, now)}", _minimum(line)]),
        cards.meta([_lag(line.lag)]),
    ]
    if line.engine not in ("file", "folder"):
        parts.append(cards.meta([f"{words.PACE}：{w.pace_words(line.pace, line.pace_reason)}"]))
    if line.state is State.UNVERIFIED:
        parts.append(cards.meta([words.UNVERIFIED_NOTE]))
    if line.rejected:
        told = words.REJECTED_WEEK.format(told=w.rejected_line(line.rejected))
        parts.append(cards.meta([told]))
    if line.kind == "group" and not line.basis:
        parts.append(tag("div", text(words.BASIS_MISSING), css="fh-note"))
    return tag("div", *parts)


def _configures() -> bool:
    actor = session.viewer()
    return actor.may(Act.CONFIGURE) and actor.sees(None)


def _state(line: SourceLine) -> Html:
    if line.state in (State.OK, State.UNVERIFIED) and line.last_outcome == "failed":
        return cards.chip(words.OUTCOMES["failed"], "fh-bad")
    if line.state in (State.OK, State.UNVERIFIED) and line.issues:
        return cards.chip(w.STATES[line.state], "fh-soon")
    return cards.chip(w.STATES[line.state], cards.STATE_CSS[line.state])


def _last(line: SourceLine, now: datetime) -> str:
    if line.last_at is None or line.last_outcome is None:
        return words.BY_HAND if line.engine == "file" else words.NEVER_VISITED
    ago = words.TICK_AGO.format(ago=words.ago((now - line.last_at).total_seconds()))
    result = words.VISIT_RESULT.format(
        outcome=words.OUTCOMES.get(line.last_outcome, line.last_outcome),
        posts=line.last_posts,
        new=line.last_new,
    )
    return f"{ago}，{result}" + (f"（{line.last_message}）" if line.last_message else "")


def _next(line: SourceLine, now: datetime) -> str:
    if line.next_at is None:
        return words.NONE
    return words.DUE_NOW if line.next_at <= now else say_time(line.next_at)


def _minimum(line: SourceLine) -> str:
    return words.EXPECTED_MIN.format(n=line.min_posts) if line.min_posts else words.NO_MINIMUM


def _lag(lag: Lag | None) -> str:
    if lag is None:
        return words.NO_LAG
    return words.LAG.format(median=words.ago(60 * lag.median), p90=words.ago(60 * lag.p90))


page()
