"""On-site report (现场上报, AD-11): on a phone in half a minute; an alert follows at once."""

import streamlit as st

from config.facts import ONSITE
from dashboard import cards, data, safe, session, words
from dashboard import words_intake as w
from dashboard.intake_forms import done, key, told
from domain.access import Act, Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from pipelines import intake
from store import access


def page() -> None:
    """Show the page: what, where, send; the rest is optional and below."""
    st.title(words.ONSITE, anchor=False)
    actor = session.viewer()
    access.require(actor, Act.REPORT_ONSITE)
    told()
    safe.show(cards.meta([w.ONSITE_HINT]))
    names = data.subject_keys(actor)
    with st.form(key("onsite"), border=False):
        kind = st.pills(w.WHAT, list(ONSITE), format_func=ONSITE.__getitem__)
        chosen = st.selectbox(
            w.SUBJECT, list(names), index=0 if len(names) == 1 else None,
            format_func=lambda one: safe.clean(names[one]), placeholder="",
        )  # fmt: skip
        people = st.number_input(w.PEOPLE, min_value=0, max_value=100000, value=None, step=1)
        sent = st.form_submit_button(w.SEND, type="primary", width="stretch")
        place = st.text_input(w.PLACE)
        text = st.text_area(w.MORE, height=80)
        picture = st.file_uploader(w.PICTURE, type=["png", "jpg", "jpeg", "webp", "heic"])
    if sent:
        shown = (picture.name, picture.getvalue()) if picture else None
        _send(actor, kind, chosen, people, place, text, shown)


def _send(
    actor: Actor, kind: str | None, chosen: str | None, people: int | None, place: str,
    text: str, picture: tuple[str, bytes] | None,
) -> None:  # fmt: skip
    if kind is None or chosen is None:
        st.error(w.CHOOSE_FIRST)
        return
    now = data.now()
    try:
        found = intake.report_onsite(
            data.app(), kind=kind, subject_key=chosen, text=text, people=people, place=place,
            picture=picture, actor=actor, now=now,
        )  # fmt: skip
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    done(w.SENT.format(time=say_time(now)) if found.created else w.SENT_TWICE)


page()
