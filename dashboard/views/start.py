"""First hour (第一小时): what an empty home still needs, in order, each with its way."""

import streamlit as st

from dashboard import cards, data, places, safe, session, words
from dashboard import words_setup as w
from domain.access import Act, Actor, who_may
from domain.errors import FenghuoError
from pipelines import home
from pipelines.home import SetupState
from store import access

_GO = {
    "subjects": places.SUBJECTS, "recipients": places.RECIPIENTS, "sources": places.SOURCES,
    "posts": places.INTAKE, "accounts": places.ACCOUNTS,
}  # fmt: skip
#: Concerns the company as a whole: not in the menu of people of some legal entities.
_WHOLE = ("recipients", "sources", "accounts")


def page() -> None:
    """Show the page."""
    st.title(words.START, anchor=False)
    actor = session.viewer()
    access.require(actor, Act.CONFIGURE)
    safe.show(cards.meta([w.INTRO]))
    state = home.state(data.app())
    if said := st.session_state.pop("start_done", None):
        st.success(safe.label(said))
    for number, (name, title) in enumerate(w.STEPS.items(), start=1):
        with st.container(border=True):
            _step(actor, state, number, name, title)
    if set(state.missing) <= {"accounts", "sources"}:
        safe.show(cards.quiet(w.ALL_DONE, ""))


def _step(actor: Actor, state: SetupState, number: int, name: str, title: str) -> None:
    done = name not in state.missing
    mark = cards.chip(w.DONE_MARK, "fh-ok") if done else cards.chip(w.TODO_MARK, "fh-soon")
    head = safe.tag("span", safe.text(f"{number}. {title}"), css="fh-name")
    safe.show(cards.row([mark, head]))
    if name == "company":
        _company(actor, state, done=done)
    else:
        _link(actor, name)


def _link(actor: Actor, name: str) -> None:
    """Lead to the page of a step, or say whose it is: a link out of the menu would fail."""
    if name == "posts" and not actor.may(Act.INTAKE):
        safe.show(cards.meta([w.POSTS_BY.format(roles=who_may(Act.INTAKE))]))
    elif name in _WHOLE and not actor.sees(None):
        safe.show(cards.meta([w.WHOLE_BY]))
    else:
        st.page_link(_GO[name], label=w.GO[name])


def _company(actor: Actor, state: SetupState, *, done: bool) -> None:
    if done:
        line = w.COMPANY_LINE.format(company=state.company, pack=state.pack, zone=state.zone)
        safe.show(cards.meta([line]))
        with st.expander(w.CHANGE):
            _company_form(actor, state)
    else:
        _company_form(actor, state)


def _company_form(actor: Actor, state: SetupState) -> None:
    titles = home.pack_titles()
    names = list(titles)
    with st.form("company", border=False):
        company = st.text_input(w.COMPANY, value=state.company, max_chars=128)
        pack = st.selectbox(
            w.PACK, names, index=names.index(state.pack) if state.pack in names else 0,
            format_func=lambda name: f"{titles[name]}（{name}）", help=w.PACK_HINT,
        )  # fmt: skip
        zone = st.text_input(w.ZONE, value=state.zone)
        if st.form_submit_button(w.SAVE_COMPANY, type="primary"):
            try:
                home.setup(
                    data.app(), company=company, pack=pack, zone=zone, actor=actor,
                    now=data.now(),
                )  # fmt: skip
            except FenghuoError as refused:
                st.error(safe.label(refused))
                return
            st.session_state["start_done"] = w.SAVED_COMPANY
            st.rerun()


page()
