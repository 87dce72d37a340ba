"""Names waiting to be known (待认的名称): recurring unknown estates, decided here one by one."""

from collections.abc import Callable

import streamlit as st

from dashboard import cards, data, safe
from dashboard import words_setup as w
from domain.access import Actor
from domain.errors import FenghuoError
from pipelines import alias_review
from pipelines.alias_review import Proposal
from store import subjects

#: Names on screen at once.
MOST = 10


def show(actor: Actor) -> None:
    """Show the names to decide in an expander; nothing where there are none."""
    if said := st.session_state.pop("alias_done", None):
        st.success(safe.label(said))
    waiting = alias_review.proposals(data.app(), actor, data.now())
    if not waiting:
        return
    with data.app().db.read() as connection:
        names = {item.key: item.name for item in subjects.load(connection, actor)}
    with st.expander(safe.label(w.ALIASES.format(n=len(waiting)))):
        safe.show(cards.meta([w.ALIASES_HINT]))
        for one in waiting[:MOST]:
            _decide(actor, one, names)
        if len(waiting) > MOST:
            safe.show(cards.meta([w.ALIASES_MORE.format(n=len(waiting) - MOST)]))


def _decide(actor: Actor, one: Proposal, names: dict[str, str]) -> None:
    safe.show(safe.tag("div", safe.text(one.said)))
    keys = sorted(names, key=lambda key: (key != one.key, names[key]))
    whose, place = st.columns(2)
    chosen = whose.selectbox(
        safe.label(w.ALIAS_OF.format(word=one.word)), keys, format_func=names.__getitem__,
        index=0 if one.key else None, placeholder=w.ALIAS_PICK, key=f"alias-of-{one.word}",
    )  # fmt: skip
    city = place.text_input(
        safe.label(w.ALIAS_CITY.format(word=one.word)),
        key=f"alias-city-{one.word}",
        max_chars=20,
    )
    app, now = data.app(), data.now()
    with st.container(horizontal=True):
        if st.button(w.ALIAS_YES, key=f"alias-yes-{one.word}", disabled=chosen is None):
            key = chosen or ""
            _do(
                lambda: alias_review.accept(app, one.word, key, actor, now),
                w.ALIAS_SAID["yes"].format(word=one.word, name=names.get(key, "")),
            )
        if st.button(w.ALIAS_NO, key=f"alias-no-{one.word}"):
            _do(
                lambda: alias_review.dismiss(app, one.word, actor, now),
                w.ALIAS_SAID["no"].format(word=one.word),
            )
        if st.button(w.ALIAS_NEW, key=f"alias-new-{one.word}"):
            _do(
                lambda: alias_review.add(app, one.word, city, actor, now),
                w.ALIAS_SAID["new"].format(word=one.word),
            )


def _do(deed: Callable[[], None], said: str) -> None:
    try:
        deed()
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state["alias_done"] = said
    st.rerun()
