"""The catalogue as a wizard: choose cities, look at their sites, enable what works."""

from collections.abc import Sequence
from contextlib import closing
from itertools import groupby

import streamlit as st

from config import catalogue
from config.catalogue import NATIONAL, Catalogue, Status, Template
from dashboard import cards, data, safe, session, words
from dashboard import words_sources as w
from domain.errors import FenghuoError
from pipelines import catalogue_check
from pipelines.catalogue_check import Seen
from store import sources

#: What was looked at in this session: name → what came of it.
_SEEN = "sources_seen"


@st.cache_data(show_spinner=False)
def book() -> Catalogue:
    """Return the catalogue, read once."""
    return catalogue.load()


def panel() -> None:
    """Show the wizard."""
    listed = book()
    safe.show(cards.meta([w.CATALOGUE_INTRO.format(n=len(listed.templates))]))
    places = st.multiselect(w.CITIES, listed.places(), placeholder=w.CITIES_HINT, key="cat-places")
    groups = list(dict.fromkeys(item.group for item in listed.templates))
    chosen = st.multiselect(w.GROUPS, groups, placeholder=w.ALL_GROUPS, key="cat-groups") or groups
    national = st.checkbox(w.WITH_NATIONAL, value=True, key="cat-national")
    items = [
        item for item in listed.of_places(places)
        if item.group in chosen and (national or item.place != NATIONAL)
    ]  # fmt: skip
    if not items:
        safe.show(cards.meta([w.NO_PLACE]))
        return
    seen: dict[str, Seen] = st.session_state.setdefault(_SEEN, {})
    known = _registered()
    _check(items, seen, known)
    _enable(items, seen, known)
    for group, row in groupby(sorted(items, key=lambda one: groups.index(one.group)), _group_of):
        _group(group, list(row), seen, known)


def _group_of(item: Template) -> str:
    return item.group


def _registered() -> frozenset[str]:
    with data.app().db.read() as connection:
        rows = sources.everything(connection)
    return frozenset([*(row.url for row in rows), *(row.name for row in rows)])


def _is_registered(item: Template, seen: Seen | None, known: frozenset[str]) -> bool:
    made = seen.source.url if seen is not None and seen.source is not None else item.url
    return bool(known & {item.name, item.url, made})


def _check(items: Sequence[Template], seen: dict[str, Seen], known: frozenset[str]) -> None:
    open_ones = [
        item for item in items
        if not item.by_hand and item.name not in known and item.url not in known
    ]  # fmt: skip
    unseen = [item for item in open_ones if item.name not in seen]
    failed = [
        item for item in open_ones
        if item.name in seen and seen[item.name].status is not Status.WORKS
    ]  # fmt: skip
    todo = unseen or failed
    label = w.CHECK.format(n=len(unseen)) if unseen else w.CHECK_AGAIN.format(n=len(failed))
    if not todo or not st.button(safe.label(label), key="cat-check"):
        return
    session.acting()  # a session that ended meanwhile visits nobody
    bar = st.progress(0.0)
    # Any click runs the page anew; the next step of the bar then ends this loop and its visits.
    st.button(w.STOP_CHECK, key="cat-stop", on_click=_say_stopped)
    done = works = 0
    with closing(catalogue_check.visits(todo)) as rounds:
        for several in rounds:
            for one in several:
                seen[one.template.name] = one
                works += one.status is Status.WORKS
            done += len(several)
            told = w.CHECKING.format(done=done, all=len(todo), works=works)
            bar.progress(done / len(todo), text=safe.label(told))
    st.rerun()


def _say_stopped() -> None:
    st.session_state["sources_done"] = w.STOPPED


def _enable(items: Sequence[Template], seen: dict[str, Seen], known: frozenset[str]) -> None:
    works = [
        one for item in items
        if (one := seen.get(item.name)) is not None and one.status is Status.WORKS
        and not _is_registered(item, one, known)
    ]  # fmt: skip
    if not works:
        return
    if not st.button(w.ENABLE.format(n=len(works)), type="primary", key="cat-enable"):
        return
    try:
        added, refused = catalogue_check.enable(
            data.app(), works, actor=session.acting(), now=data.now()
        )
    except FenghuoError as problem:
        st.session_state["sources_refused"] = str(problem)
    else:
        if added:
            st.session_state["sources_done"] = w.ENABLED.format(
                n=len(added), names="、".join(added)
            )
        if refused:
            st.session_state["sources_refused"] = w.ENABLE_REFUSED.format(why="；".join(refused))
    st.rerun()


def _group(
    name: str, items: Sequence[Template], seen: dict[str, Seen], known: frozenset[str]
) -> None:
    st.subheader(safe.label(w.GROUP_TITLE.format(group=name, n=len(items))), anchor=False)
    rows = []
    for item in items:
        one = seen.get(item.name)
        state, told = _state(item, one, registered=_is_registered(item, one, known))
        rows.append((item.name, item.place, state, told, item.url))
    safe.show(cards.table(w.CATALOGUE_COLUMNS, rows))


def _state(item: Template, seen: Seen | None, *, registered: bool) -> tuple[str, str]:
    if registered:
        return w.REGISTERED, item.note or words.NONE
    if item.by_hand:
        return w.STATUSES[Status.BY_HAND], item.note
    if seen is None:
        return w.UNSEEN, item.note or words.NONE
    if seen.status is Status.WORKS:
        return w.STATUSES[seen.status], w.WORKS_WITH.format(n=seen.posts)
    return w.STATUSES[seen.status], w.status_told(seen.status, seen.why, item.url)
