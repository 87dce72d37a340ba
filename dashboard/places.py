"""Where the pages are, and links between them: every number leads to its posts by one of these."""

from datetime import date
from pathlib import Path

import streamlit as st

from dashboard import safe, words

_VIEWS = Path(__file__).with_name("views")
OVERVIEW = _VIEWS / "overview.py"
ALERT = _VIEWS / "alert_detail.py"
SEARCH = _VIEWS / "post_search.py"
HEALTH = _VIEWS / "source_health.py"
INBOX = _VIEWS / "inbox.py"
CASES = _VIEWS / "cases.py"
INTAKE = _VIEWS / "intake.py"
ONSITE = _VIEWS / "onsite.py"
MEDIA = _VIEWS / "media.py"
WEEKLY = _VIEWS / "weekly.py"
START = _VIEWS / "start.py"
SUBJECTS = _VIEWS / "subjects.py"
RECIPIENTS = _VIEWS / "recipients.py"
ACCOUNTS = _VIEWS / "accounts.py"
SOURCES = _VIEWS / "sources.py"


def to_alert(number: str, label: str = words.OPEN_ALERT) -> None:
    """Offer a link to one alert."""
    st.page_link(ALERT, label=safe.label(label), query_params={"id": number})


def to_post(post_id: int, label: str = words.OPEN_RECORD) -> None:
    """Offer a link to one post's whole record."""
    st.page_link(SEARCH, label=safe.label(label), query_params={"post": str(post_id)})


def to_posts(
    label: str = words.OPEN_POSTS,
    *,
    negative: bool = False,
    since: date | None = None,
    until: date | None = None,
    **equal: str,
) -> None:
    """Offer a link to the posts a number counts; `equal` are further filters of the search."""
    params = dict(equal)
    if negative:
        params["neg"] = "true"
    if since:
        params["since"] = since.isoformat()
    if until:
        params["until"] = until.isoformat()
    st.page_link(SEARCH, label=safe.label(label), query_params=params)


def to_case(number: str, label: str) -> None:
    """Offer a link to one case."""
    st.page_link(CASES, label=safe.label(label), query_params={"id": number})


def to_start(label: str = words.OPEN_START) -> None:
    """Offer a link to the guide of the first hour."""
    st.page_link(START, label=safe.label(label))


def to_inbox() -> None:
    """Offer a link to the inbox."""
    st.page_link(INBOX, label=words.OPEN_INBOX)


def to_health() -> None:
    """Offer a link to the health of the sources."""
    st.page_link(HEALTH, label=words.OPEN_HEALTH)


def to_sources(label: str, name: str = "") -> None:
    """Offer a link to the page of sources, or to one of them there."""
    params = {"source": name} if name else None
    st.page_link(SOURCES, label=safe.label(label), query_params=params)


def original(url: str | None, *, key: str, brief: bool = False) -> None:
    """Show where a post stands: the address as text, a button only if it is a web page.

    `brief` leaves the text out where many posts stand below each other.
    """
    if not url:
        return
    target = safe.link(url)
    if target:
        st.link_button(words.OPEN_ORIGINAL, target, key=key)
        if brief:
            return
        safe.show(safe.tag("span", safe.text(url), css="fh-url"))
    else:
        shown = f"{words.NO_SAFE_LINK}：{url}"
        safe.show(safe.tag("span", safe.text(shown), css="fh-url"))
