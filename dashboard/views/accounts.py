"""Accounts (账号): who may sign in, with which roles, for which legal entities."""

from collections.abc import Callable, Sequence

import streamlit as st

from config.clock import SystemClock
from dashboard import cards, data, safe, session, words
from dashboard import words_accounts as w
from domain.access import ROLE_NAMES, Actor, Role
from domain.errors import FenghuoError
from pipelines import accounts
from store import accounts as rows
from store.accounts import Account


def page() -> None:
    """Show the page."""
    st.title(words.ACCOUNTS, anchor=False)
    actor = session.viewer()
    with data.app().db.read() as connection:
        listed = rows.listed(connection, actor)
        entities = rows.entities_known(connection)
    safe.show(cards.meta([w.INTRO]))
    if not listed:
        safe.show(cards.quiet(w.NEW, w.FIRST.format(name=actor.name)))
    else:
        safe.show(cards.table(w.COLUMNS, [_row(one) for one in listed]))
    _told()
    _new(actor, entities, first=not listed)
    if listed:
        _edit(actor, listed, entities)
        _bring_back(actor, listed)


def _row(one: Account) -> Sequence[object]:
    now = SystemClock().now()
    locked = one.locked_until is not None and one.locked_until > now
    state = w.DISABLED if one.disabled_at else w.LOCKED if locked else w.ACTIVE
    scope = w.WHOLE if one.entities is None else "、".join(sorted(one.entities))
    return one.login, one.name, _names(one.roles), scope, state


def _names(roles: frozenset[Role]) -> str:
    return "、".join(ROLE_NAMES[role] for role in Role if role in roles)


def _new(actor: Actor, entities: Sequence[str], *, first: bool) -> None:
    with (
        st.expander(w.NEW, expanded=first),
        st.form("new-account", clear_on_submit=False, border=False),
    ):
        login, name = st.text_input(w.LOGIN), st.text_input(w.NAME)
        word = st.text_input(w.FIRST_WORD, type="password")
        again = st.text_input(w.AGAIN, type="password")
        chosen = st.multiselect(
            w.ROLES, list(Role), default=list(Role) if first else [], help=w.ROLE_HELP,
            format_func=ROLE_NAMES.__getitem__, disabled=first,
        )  # fmt: skip
        whole = st.checkbox(w.WHOLE_BOX, value=first, disabled=first)
        scope = st.multiselect(w.SCOPE, entities, disabled=first)
        if st.form_submit_button(w.CREATE, type="primary"):
            roles = frozenset(Role) if first else frozenset(chosen)
            _create(
                actor, login, name, (word, again), roles, _entities(scope, whole=whole), first=first
            )


def _create(
    actor: Actor, login: str, name: str, words_: tuple[str, str], roles: frozenset[Role],
    entities: frozenset[str] | None, *, first: bool,
) -> None:  # fmt: skip
    if words_[0] != words_[1]:
        st.error(w.DIFFERENT)
        return
    app = data.app()
    try:
        accounts.make(
            app, login=login, name=name, password=words_[0], roles=roles,
            entities=entities, actor=actor, now=app.clock.now(),
        )  # fmt: skip
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state["accounts_done"] = (w.DONE_FIRST if first else w.DONE).format(login=login)
    st.rerun()


def _entities(scope: Sequence[str], *, whole: bool) -> frozenset[str] | None:
    """Return what may be seen: everything only where somebody says so, never by an empty choice."""
    return None if whole else frozenset(scope)


def _edit(actor: Actor, listed: Sequence[Account], entities: Sequence[str]) -> None:
    with st.expander(w.EDIT):
        by_login = {one.login: one for one in listed if one.disabled_at is None}
        login: str | None = st.selectbox(
            w.WHICH, list(by_login), format_func=lambda key: f"{by_login[key].name}（{key}）"
        )
        if login is None:
            return
        one = by_login[login]
        with st.form(f"edit-{login}", border=False):
            chosen = st.multiselect(
                w.ROLES, list(Role), default=[role for role in Role if role in one.roles],
                help=w.ROLE_HELP, format_func=ROLE_NAMES.__getitem__,
            )  # fmt: skip
            known = sorted({*entities, *(one.entities or ())})
            whole = st.checkbox(w.WHOLE_BOX, value=one.entities is None)
            scope = st.multiselect(w.SCOPE, known, default=sorted(one.entities or ()))
            if st.form_submit_button(w.SAVE):
                _try(lambda: accounts.change(
                    data.app(), login, roles=frozenset(chosen), actor=actor,
                    entities=_entities(scope, whole=whole), now=data.app().clock.now(),
                ))  # fmt: skip
        with st.form(f"reset-{login}", border=False):
            word = st.text_input(w.FIRST_WORD, type="password")
            if st.form_submit_button(w.RESET):
                _try(lambda: accounts.set_password(
                    data.app(), login, word, actor=actor, now=data.app().clock.now()
                ))  # fmt: skip
        if st.button(w.DISABLE, key=f"disable-{login}"):
            _try(lambda: accounts.disable(
                data.app(), login, actor=actor, now=data.app().clock.now()
            ))  # fmt: skip


def _bring_back(actor: Actor, listed: Sequence[Account]) -> None:
    """Offer to take a disabling back."""
    gone = {one.login: one.name for one in listed if one.disabled_at is not None}
    if not gone:
        return
    with st.expander(w.ENABLE):
        login = st.selectbox(w.WHICH, list(gone), format_func=lambda key: f"{gone[key]}（{key}）")
        if st.button(w.ENABLE):
            _try(lambda: accounts.enable(
                data.app(), login, actor=actor, now=data.app().clock.now()
            ))  # fmt: skip


def _try(deed: Callable[[], object]) -> None:
    try:
        deed()
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state["accounts_done"] = w.SAVED
    st.rerun()


def _told() -> None:
    if said := st.session_state.pop("accounts_done", None):
        st.success(safe.label(said))


page()
