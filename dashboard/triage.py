"""Triage panel of the alert page: confirm, dismiss, register, grade, merge — each can be undone."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from dashboard import cards, data, places, safe, session, words
from dashboard import words_triage as w
from dashboard.safe import Html, tag, text
from domain.access import Act, Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from domain.level import Level
from pipelines import actions
from store.board_alert import AlertView
from store.board_context import Context
from store.triage import DISMISSALS


def panel(actor: Actor, seen: AlertView, beside: Context, now: datetime) -> None:
    """Show what people said and offer what can be done in this state."""
    st.subheader(w.TRIAGE, anchor=False)
    safe.show(_said(seen, beside))
    _answered()
    if not actor.may(Act.TRIAGE):
        return
    if seen.line.status == "open":
        _open(actor, seen, beside)
    elif seen.line.status == "dismissed":
        st.button(w.UNDO_DISMISSAL, on_click=_undo_dismissal, args=(seen.line.number,))
    elif seen.line.status == "merged":
        st.button(w.SPLIT, on_click=_split, args=(seen.line.number,))


def acknowledging(actor: Actor, seen: AlertView, beside: Context) -> None:
    """Offer what can be done about an interrupted source: to say that somebody looks at it."""
    safe.show(_acknowledged(beside))
    _answered()
    if seen.line.status == "open" and actor.may(Act.ACKNOWLEDGE):
        st.button(w.ACKNOWLEDGE, on_click=_acknowledge, args=(seen.line.number, seen.line.version))


def _answered() -> None:
    """Say what the last click came to."""
    if "triage_done" in st.session_state:
        safe.show(cards.chip(st.session_state.pop("triage_done"), "fh-ok"))
    if "triage_refused" in st.session_state:
        safe.show(tag("div", text(st.session_state.pop("triage_refused")), css="fh-note"))


def _acknowledged(beside: Context) -> Html:
    lines = _who_knows(beside)
    return tag("div", *(tag("div", text(line)) for line in lines), css="fh-meta")


def _who_knows(beside: Context) -> list[str]:
    return [
        w.ACKNOWLEDGED.format(by=one.by, time=say_time(one.at), version=one.version)
        for one in beside.acknowledged
    ] or [w.NOBODY_ACKNOWLEDGED]


def _said(seen: AlertView, beside: Context) -> Html:
    lines = []
    if beside.verdict and beside.verdict_at:
        lines.append(
            w.VERDICTS[beside.verdict].format(
                by=beside.verdict_by, time=say_time(beside.verdict_at),
                reason=beside.verdict_reason, into=beside.merged_into or words.NONE,
            )
        )  # fmt: skip
    elif seen.line.status == "open":
        lines.append(w.UNTRIAGED)
    lines += _who_knows(beside)
    if beside.merged:
        lines.append(w.MERGED_IN.format(numbers="、".join(beside.merged)))
    return tag("div", *(tag("div", text(line)) for line in lines), css="fh-meta")


def _open(actor: Actor, seen: AlertView, beside: Context) -> None:
    number, version = seen.line.number, seen.line.version
    safe.show(cards.meta([w.HINT]))
    with st.container(horizontal=True, gap="small"):
        if actor.may(Act.ACKNOWLEDGE):
            st.button(w.ACKNOWLEDGE, on_click=_acknowledge, args=(number, version))
        if seen.line.case_number is None:
            st.button(
                w.CONFIRM, help=w.CONFIRM_HELP, on_click=_confirm,
                args=(number, beside.seq),
            )  # fmt: skip
        else:
            places.to_case(seen.line.case_number, w.CASE_PAGE.format(number=seen.line.case_number))
    if seen.line.case_number is None:
        _register(actor, seen, beside)
        _dismiss(number, beside.seq)
    _merge(number, beside)


def _register(actor: Actor, seen: AlertView, beside: Context) -> None:
    may_grade, number = actor.may(Act.GRADE), seen.line.number
    with (
        st.expander(w.GRADE if may_grade else w.REGISTER),
        st.form(f"register-{number}", border=False),
    ):
        safe.show(cards.meta([w.SUGGESTION.format(level=words.suggested(seen.line.level))]))
        if may_grade:
            names = [item.value for item in reversed(Level)]
            st.radio(
                w.LEVEL, names, index=None, horizontal=True, key=f"register-level-{number}",
                format_func=data.level_names().__getitem__,
            )  # fmt: skip
        st.text_input(w.REASON, max_chars=400, key=f"register-reason-{number}")
        st.form_submit_button(
            w.GRADE if may_grade else w.REGISTER, type="primary", on_click=_do_register,
            args=(number, beside.seq),
        )  # fmt: skip


def _do_register(number: str, seq: int) -> None:
    app, now = data.app(), data.now()
    level: str | None = st.session_state.get(f"register-level-{number}")
    reason: str = st.session_state[f"register-reason-{number}"]
    try:
        case = actions.register_case(
            app,
            number,
            session.acting(),
            now,
            reason,
            seen=seq,
            level=Level(level) if level else None,
        )
    except FenghuoError as refused:
        st.session_state["triage_refused"] = str(refused)
    else:
        told = w.DONE_GRADE if level else w.DONE_REGISTER
        st.session_state["triage_done"] = told.format(
            number=case, level=words.LEVELS[level] if level else ""
        )


def _dismiss(number: str, seq: int) -> None:
    with st.expander(w.DISMISS), st.form(f"dismiss-{number}", border=False):
        st.radio(
            w.WHY_DISMISS, list(DISMISSALS), index=None, horizontal=True,
            format_func=lambda name: DISMISSALS[name], key=f"dismiss-code-{number}",
        )  # fmt: skip
        st.text_input(w.NOTE, max_chars=400, key=f"dismiss-reason-{number}")
        st.form_submit_button(w.DISMISS, on_click=_do_dismiss, args=(number, seq))


def _do_dismiss(number: str, seq: int) -> None:
    code = st.session_state[f"dismiss-code-{number}"] or ""
    reason = st.session_state[f"dismiss-reason-{number}"]
    _try(w.DONE_DISMISS, lambda: actions.dismiss(
        data.app(), number, code, session.acting(), data.now(), reason=reason, seen=seq
    ))  # fmt: skip


def _merge(number: str, beside: Context) -> None:
    with st.expander(w.MERGE):
        if not beside.siblings:
            safe.show(cards.meta([w.NO_SIBLINGS]))
            return
        labels = dict(beside.siblings)
        with st.form(f"merge-{number}", border=False):
            st.selectbox(
                w.MERGE_TARGET, list(labels), key=f"merge-into-{number}",
                format_func=lambda key: f"{key} {safe.clean(labels[key])[:40]}",
            )  # fmt: skip
            st.text_input(w.REASON, max_chars=400, key=f"merge-reason-{number}")
            st.form_submit_button(w.MERGE, on_click=_do_merge, args=(number, beside.seq))


def _do_merge(number: str, seq: int) -> None:
    into = st.session_state[f"merge-into-{number}"]
    reason = st.session_state[f"merge-reason-{number}"]
    _try(w.DONE_MERGE.format(into=into), lambda: actions.merge(
        data.app(), number, into, session.acting(), data.now(), reason=reason, seen=seq
    ))  # fmt: skip


# ---- what a click does: callbacks, because only they get what the person saw, not what is now ----


def _try(done: str, deed: Callable[[], object]) -> None:
    """Do it and say so; a refusal (also: somebody was quicker) is told and nothing is changed."""
    try:
        deed()
    except FenghuoError as refused:
        st.session_state["triage_refused"] = str(refused)
    else:
        st.session_state["triage_done"] = done


def _confirm(number: str, seq: int) -> None:
    _try(w.DONE_CONFIRM, lambda: actions.confirm(
        data.app(), number, session.acting(), data.now(), seen=seq
    ))  # fmt: skip


def _acknowledge(number: str, version: int) -> None:
    _try(w.DONE_ACKNOWLEDGE, lambda: actions.acknowledge(
        data.app(), number, version, session.acting(), data.now()
    ))  # fmt: skip


def _undo_dismissal(number: str) -> None:
    _try(
        w.DONE_UNDO,
        lambda: actions.undo_dismissal(data.app(), number, session.acting(), data.now()),
    )


def _split(number: str) -> None:
    _try(w.DONE_SPLIT, lambda: actions.split(data.app(), number, session.acting(), data.now()))


# ---- beside the alert --------------------------------------------------------------------------


def elsewhere(beside: Context) -> None:
    """Show the same kind of problem at other subjects (AD-13)."""
    st.subheader(w.ELSEWHERE, anchor=False)
    if not beside.elsewhere:
        safe.show(cards.meta([w.ELSEWHERE_NONE]))
        return
    names = data.category_names()
    rows = [
        (
            one.subject, names.get(one.category, one.category), one.posts, say_time(one.last_at),
            one.alert or words.NONE,
        )
        for one in beside.elsewhere
    ]  # fmt: skip
    safe.show(cards.meta([w.ELSEWHERE_HINT]))
    safe.show(cards.table(w.ELSEWHERE_COLUMNS, rows))


def households(beside: Context) -> Html:
    """Return the households that stated themselves, and how certain that is."""
    said = w.HOUSEHOLDS.format(n=beside.households) if beside.households else w.NO_HOUSEHOLDS
    return cards.meta([said])
