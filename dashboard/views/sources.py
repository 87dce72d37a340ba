"""Sources (来源): what is collected, adding by address, the catalogue by cities."""

import streamlit as st

from dashboard import (
    cards,
    data,
    places,
    safe,
    session,
    source_add,
    source_catalogue,
    source_list,
    words,
    words_setup,
)
from dashboard import words_sources as w
from domain.access import Act
from store import access


def page() -> None:
    """Show the page."""
    st.title(words.SOURCES, anchor=False)
    actor = session.viewer()
    with data.app().db.read() as connection:
        access.require_subject(connection, actor, Act.CONFIGURE, None)
        listed = source_list.read(connection, actor)
    safe.show(cards.meta([w.INTRO]))
    if said := st.session_state.pop("sources_done", None):
        st.success(safe.label(said))
        places.to_start(words_setup.BACK)
    if refused := st.session_state.pop("sources_refused", None):
        st.error(safe.label(refused))
    view = st.segmented_control(
        w.VIEW, [w.TAB_LIST, w.TAB_ADD, w.TAB_CATALOGUE], key="sources-view",
        default=w.TAB_LIST if listed else w.TAB_ADD, label_visibility="collapsed",
    )  # fmt: skip
    if view == w.TAB_ADD:
        source_add.panel(actor)
    elif view == w.TAB_CATALOGUE:
        source_catalogue.panel()
    else:
        source_list.panel(actor, listed)


page()
