"""What people added to one post: their labels, and what was publicly answered (AD-11)."""

from datetime import datetime, time

import streamlit as st

from dashboard import cards, data, safe, session
from dashboard import words_record as w
from dashboard.words_inbox import label_name
from domain.access import Act, Actor
from domain.clock import SHANGHAI, say_time
from domain.errors import FenghuoError
from pipelines import actions
from store import labels, replies


def beside(post_id: int) -> None:
    """Show labels and replies of a post, and the form for another reply."""
    actor = session.viewer()
    with data.app().db.read() as connection:
        said = labels.of_post(connection, actor, post_id)
        answered = replies.of_post(connection, actor, post_id)
    st.subheader(w.LABELS, anchor=False)
    lines = [
        w.LABEL_LINE.format(
            time=say_time(one.at), by=one.by, said=label_name(one.field, one.value, one.subject)
        )
        + (w.UNDONE if one.undone_at else "")
        for one in said
    ]
    for line in lines or [w.NO_LABELS]:
        safe.show(cards.meta([line]))
    st.subheader(w.REPLIES, anchor=False)
    if not answered:
        safe.show(cards.meta([w.NO_REPLIES]))
    for number, one in enumerate(answered):
        head = w.REPLY_LINE.format(time=say_time(one.at), office=one.office, by=one.entered_by)
        with st.container(border=True):
            safe.show(cards.meta([head]))
            safe.show(safe.tag("div", safe.text(one.text), css="fh-text"))
            if one.url and (target := safe.link(one.url)):
                st.link_button(w.URL, target, key=f"reply-{number}")
    if actor.may(Act.INTAKE):
        _add(actor, post_id)


def _add(actor: Actor, post_id: int) -> None:
    with st.expander(w.ADD), st.form(f"reply-{post_id}", border=False, clear_on_submit=False):
        office, text = st.text_input(w.OFFICE), st.text_area(w.TEXT)
        one, two = st.columns(2)
        now = data.now().astimezone(SHANGHAI)
        day = one.date_input(w.DAY, value=now.date(), format="YYYY-MM-DD")
        hour = two.time_input(w.HOUR, value=time(now.hour, 0))
        url = st.text_input(w.URL)
        if st.form_submit_button(w.SAVE, type="primary"):
            at = datetime.combine(day, hour, SHANGHAI)
            try:
                actions.reply_publicly(
                    data.app(), post_id, office=office, text=text, url=safe.link(url.strip()),
                    at=at, actor=actor, now=data.now(),
                )  # fmt: skip
            except FenghuoError as refused:
                st.error(safe.label(refused))
                return
            st.rerun()
