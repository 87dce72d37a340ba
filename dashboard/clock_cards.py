"""Clocks (时限) as the alert and the case page show them."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from dashboard import cards, safe, words
from dashboard.safe import Html, tag, text
from domain.clock import say_time
from store.board import Clock


def clock_list(clocks: Sequence[Clock], now: datetime) -> None:
    """Show clocks with who, since when, until when, and why it is due then (B-CL6)."""
    if not clocks:
        safe.show(cards.meta([words.NO_CLOCKS]))
    for clock in clocks:
        with st.container(border=True):
            safe.show(_clock(clock, now))


def _clock(clock: Clock, now: datetime) -> Html:
    facts = [
        clock.role or words.NONE,
        words.CALENDARS.get(clock.calendar, clock.calendar),
        words.STARTED.format(time=say_time(clock.started_at)),
        words.DUE_AT.format(time=say_time(clock.due_at)),
    ]
    if clock.stopped_at is not None:
        facts.append(
            words.STOPPED.format(time=say_time(clock.stopped_at), by=clock.stopped_by or words.NONE)
        )
    parts = [cards.row([cards.clock_chip(clock, now)]), cards.meta(facts)]
    if clock.provisional:
        parts.append(tag("div", text(words.PROVISIONAL), css="fh-note"))
    if clock.steps:
        steps = tag("ol", *(tag("li", text(step)) for step in clock.steps), css="fh-steps")
        parts.append(tag("details", tag("summary", text(words.WHY_DUE)), steps, css="fh-meta"))
    return tag("div", *parts)
