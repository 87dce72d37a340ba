"""Intake (录入): what people hold — pasted chats and pages, files, complaints, order tables."""

from collections.abc import Callable

import streamlit as st

from dashboard import complaint_forms, intake_forms, places, session, words
from dashboard import words_intake as w
from domain.access import Act, Actor
from store import access

_WAYS: dict[str, Callable[[Actor], None]] = {
    w.CHAT: intake_forms.chat,
    w.PAGE: intake_forms.page,
    w.FILE: intake_forms.file,
    w.COMPLAINT: complaint_forms.complaint,
    w.ORDERS: complaint_forms.orders,
    w.BOOK: complaint_forms.book,
}


def page() -> None:
    """Show the page; `do=complaint` opens the complaint form, `post` fills it in."""
    st.title(words.INTAKE, anchor=False)
    actor = session.viewer()
    access.require(actor, Act.INTAKE)
    asked = w.COMPLAINT if st.query_params.get("do") == "complaint" else w.CHAT
    chosen = st.segmented_control(
        w.PICK, w.TABS, default=asked, key=f"intake-{asked}", label_visibility="collapsed"
    )
    if intake_forms.told() and session.allowed(Act.READ_INBOX):
        places.to_inbox()
    if chosen:
        _WAYS[chosen](actor)


page()
