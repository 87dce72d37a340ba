"""Who looks: the signed-in account, or the OS user while no account exists (design §9)."""

from datetime import datetime

import streamlit as st

from config.clock import SystemClock
from dashboard import data, words
from domain.access import Act, Actor
from domain.errors import AccessError
from pipelines import accounts

#: The cookie that a browser shows; HttpOnly, so only the server reads it.
COOKIE = "fenghuo_session"


def viewer() -> Actor:
    """Return who looks at this page; stops the script with a way to sign in when nobody does."""
    found = actor()
    if found is None:
        st.title(words.SIGN_IN, anchor=False)
        st.link_button(words.SIGN_IN, "/login", type="primary")
        st.stop()
    return found


def actor() -> Actor | None:
    """Return who looks, None if nobody is signed in where people sign in."""
    app = data.app()
    if not accounts.any_account(app):
        return accounts.owner(app)
    token = st.context.cookies.get(COOKIE, "")
    now = SystemClock().now()  # sessions live in real time, also while a demo plays
    known = accounts.signed_in(app, token, now) if token else None
    if known is None:
        return None
    _touch(token, now)
    return accounts.web_actor(known)


def acting() -> Actor:
    """Return who acts, asked at the moment of the click: a callback or fragment outlives the page.

    Raises AccessError when the session ended meanwhile.
    """
    found = actor()
    if found is None:
        raise AccessError(words.SIGNED_OUT)
    return found


def _touch(token: str, now: datetime) -> None:
    """Keep the session alive, writing at most once in a while."""
    last: datetime | None = st.session_state.get("session_seen")
    if last is None or now - last > accounts.TOUCH:
        accounts.touch(data.app(), token, now)
        st.session_state["session_seen"] = now


def signed_in() -> bool:
    """Whether this browser is signed in with an account (as opposed to the OS user)."""
    return accounts.any_account(data.app())


def allowed(act: Act) -> bool:
    """Whether the viewer may do this: to leave out what would be refused by the store anyway."""
    return viewer().may(act)
