"""Media relations (媒介): enquiries with their deadlines, and the company's own releases (AD-1)."""

from collections.abc import Callable
from datetime import datetime, time

import streamlit as st

from dashboard import cards, data, safe, session, words
from dashboard import words_media as w
from dashboard.intake_forms import done, key, told
from domain.access import Act, Actor
from domain.clock import SHANGHAI, say_time
from domain.errors import FenghuoError
from pipelines import media
from store import access, enquiries, releases
from store.enquiries import EnquiryLine


def page() -> None:
    """Show the page."""
    st.title(words.MEDIA, anchor=False)
    actor = session.viewer()
    access.require(actor, Act.MEDIA)
    told()
    chosen = st.segmented_control(
        words.MEDIA, w.TABS, default=w.ENQUIRIES, label_visibility="collapsed"
    )
    if chosen == w.ENQUIRIES:
        _enquiries(actor)
    elif chosen == w.RELEASES:
        _releases(actor)


# ---- enquiries ---------------------------------------------------------------------------------


def _enquiries(actor: Actor) -> None:
    safe.show(cards.meta([w.HINT]))
    with data.app().db.read() as connection:
        lines = enquiries.lines(connection, actor, withdrawn=True)
    if lines:
        safe.show(cards.table(w.COLUMNS, [_line(one) for one in lines]))
    else:
        safe.show(cards.quiet(w.EMPTY, ""))
    with st.expander(w.NEW, expanded=not lines):
        _new(actor)
    standing = {one.number: one for one in lines if one.withdrawn_at is None}
    if standing:
        with st.expander(w.WHICH):
            number = st.selectbox(
                w.WHICH, list(standing), key=key("enquiry"), label_visibility="collapsed",
                format_func=lambda name: safe.clean(f"{name} {standing[name].outlet}"),
            )  # fmt: skip
            _deal_with(actor, standing[number])


def _line(one: EnquiryLine) -> tuple[object, ...]:
    state = w.WITHDRAWN if one.withdrawn_at else w.REPLIED if one.replied_at else w.OPEN
    due = say_time(one.deadline_at) if one.deadline_at else words.NONE
    return (
        one.number, one.outlet, one.reporter or words.NONE, one.subject or words.NONE,
        one.question[:40], say_time(one.received_at), due, state,
    )  # fmt: skip


def _new(actor: Actor) -> None:
    names = data.subject_keys(actor)
    with st.form(key("enquiry-new"), border=False):
        one, two = st.columns(2)
        outlet, reporter = one.text_input(w.OUTLET), two.text_input(w.REPORTER)
        phone, case = one.text_input(w.PHONE), two.text_input(w.CASE)
        question = st.text_area(w.QUESTION)
        one, two, three = st.columns(3)
        chosen = one.selectbox(
            w.SUBJECT, list(names), index=None, format_func=lambda name: safe.clean(names[name])
        )
        day = two.date_input(w.DEADLINE, value=None, format="YYYY-MM-DD")
        hour = three.time_input(w.HOUR, value=time(18, 0))
        if st.form_submit_button(w.REGISTER, type="primary"):
            deadline = datetime.combine(day, hour, SHANGHAI) if day else None
            try:
                number = media.register_enquiry(
                    data.app(), outlet=outlet, question=question, actor=actor, now=data.now(),
                    subject=chosen, case_number=case.strip() or None, reporter=reporter,
                    phone=phone, deadline_at=deadline,
                )  # fmt: skip
            except FenghuoError as refused:
                st.error(safe.label(refused))
                return
            done(w.REGISTERED.format(number=number))


def _deal_with(actor: Actor, one: EnquiryLine) -> None:
    with st.form(key(f"enquiry-{one.number}"), border=False):
        wording = st.text_input(w.WORDING, value=one.wording)
        reply = st.text_area(w.REPLY, value=one.reply)
        called = st.checkbox(w.CALLED, value=one.called_back_at is not None)
        written = st.checkbox(w.WRITTEN, value=one.written_sent_at is not None)
        link = st.text_input(w.LINK, value=one.published_url or "")
        if st.form_submit_button(w.SAVE, type="primary"):
            _try(w.SAVED.format(number=one.number), lambda: media.update_enquiry(
                data.app(), one.number, actor=actor, now=data.now(),
                reply=reply if reply.strip() and reply != one.reply else None, wording=wording,
                called_back=called, written_sent=written,
                published_url=link if link.strip() else None,
            ))  # fmt: skip
    with st.form(key(f"withdraw-{one.number}"), border=False):
        why = st.text_input(w.WHY)
        if st.form_submit_button(w.WITHDRAW):
            _try(w.WITHDRAWN_DONE.format(number=one.number), lambda: media.withdraw_enquiry(
                data.app(), one.number, actor=actor, now=data.now(), reason=why
            ))  # fmt: skip
    if session.allowed(Act.REVEAL):
        with st.form(key(f"reveal-{one.number}"), border=False):
            why = st.text_input(w.REVEAL_WHY)
            if st.form_submit_button(w.REVEAL):
                _reveal(actor, one, why)


def _reveal(actor: Actor, one: EnquiryLine, why: str) -> None:
    try:
        found = media.reveal_enquiry(
            data.app(), one.number, actor=actor, now=data.now(), reason=why
        )
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    for name, value in ((w.REPORTER, found.get("reporter")), (w.PHONE, found.get("phone"))):
        st.code(f"{name}：{value or words.NONE}", language=None)


# ---- releases ----------------------------------------------------------------------------------


def _releases(actor: Actor) -> None:
    safe.show(cards.meta([w.RELEASE_HINT]))
    with data.app().db.read() as connection:
        lines = releases.lines(connection, actor)
    if lines:
        rows = [
            (
                say_time(one.at), one.outlet, one.title, one.subject or words.NONE,
                one.url or words.NONE, one.entered_by,
            )
            for one in lines
        ]  # fmt: skip
        safe.show(cards.table(w.RELEASE_COLUMNS, rows))
    else:
        safe.show(cards.quiet(w.RELEASE_EMPTY, ""))
    names = data.subject_keys(actor)
    with st.expander(w.ENTER, expanded=not lines), st.form(key("release"), border=False):
        one, two, three = st.columns(3)
        today = data.now().astimezone(SHANGHAI).date()
        day = one.date_input(w.DAY, value=today, format="YYYY-MM-DD")
        hour = two.time_input(w.HOUR, value=time(10, 0))
        outlet = three.text_input(w.CHANNEL)
        title, url = st.text_input(w.TITLE), st.text_input(w.URL)
        chosen = st.selectbox(
            w.SUBJECT, list(names), index=None, format_func=lambda name: safe.clean(names[name])
        )
        note = st.text_input(w.NOTE)
        if st.form_submit_button(w.ENTER, type="primary"):
            _try(w.ENTERED.format(title=title.strip()), lambda: media.enter_release(
                data.app(), at=datetime.combine(day, hour, SHANGHAI), outlet=outlet,
                title=title, actor=actor, now=data.now(), subject=chosen, url=url, note=note,
            ))  # fmt: skip
    if lines:
        with st.expander(w.TAKE_BACK), st.form(key("release-back"), border=False):
            titles = {one.id: one.title for one in lines}
            which = st.selectbox(
                w.TITLE, list(titles), format_func=lambda name: safe.clean(titles[name])
            )
            why = st.text_input(w.WHY)
            if st.form_submit_button(w.TAKE_BACK):
                _try(w.TAKEN_BACK, lambda: media.withdraw_release(
                    data.app(), which, actor=actor, now=data.now(), reason=why
                ))  # fmt: skip


def _try(said: str, deed: Callable[[], object]) -> None:
    try:
        deed()
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    done(said)


page()
