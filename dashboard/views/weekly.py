"""Weekly report (周报): what it will say, what to list, the editor's notes, then Word (P-03)."""

from datetime import datetime, time

import streamlit as st

from dashboard import cards, data, safe, session, words
from dashboard import words_media as w
from domain.access import Act, Actor
from domain.clock import SHANGHAI, say_time
from domain.errors import FenghuoError
from pipelines import weekly
from pipelines.weekly import Weekly
from reports.weekly import SECTIONS, Material, level_words, summary
from store.weekly import Scope


def page() -> None:
    """Show the page."""
    st.title(words.WEEKLY, anchor=False)
    actor = session.viewer()
    until, scope = _ask(actor)
    try:
        report, material = weekly.prepare(
            data.app(), until=until, actor=actor, now=data.now(), scope=scope
        )
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    span = w.PERIOD.format(
        since=say_time(material.numbers.since), until=say_time(material.numbers.until),
        cutoff=data.app().settings.weekly_cutoff,
    )  # fmt: skip
    safe.show(cards.meta([span]))
    _make(actor, until, scope, report)
    st.subheader(w.SUMMARY, anchor=False)
    safe.show(safe.tag("div", safe.text(summary(material)), css="fh-reason"))
    if not actor.may(Act.EDIT_REPORT):
        safe.show(cards.meta([w.VIEW_ONLY]))
        return
    left, right = st.columns(2, gap="large")
    with left:
        _choose(report, material)
    with right:
        _notes(report, material)


def _ask(actor: Actor) -> tuple[str | None, Scope]:
    """Ask for another cut-off or a part of the company; usually neither."""
    with st.expander(w.CUSTOM):
        one, two, three, four = st.columns(4)
        day = one.date_input(w.UNTIL_DAY, value=None, format="YYYY-MM-DD")
        hour = two.time_input(w.UNTIL_HOUR, value=time(12, 0))
        region = three.selectbox(w.SCOPE_REGION, data.regions(actor), index=None,
                                 placeholder=w.WHOLE)  # fmt: skip
        names = data.subject_keys(actor)
        subject = four.selectbox(
            w.SCOPE_SUBJECT, list(names), index=None, placeholder=w.WHOLE,
            format_func=lambda name: safe.clean(names[name]),
        )  # fmt: skip
    until = datetime.combine(day, hour, SHANGHAI).isoformat() if day else None
    return until, Scope(region=region, subject=subject)


def _make(actor: Actor, until: str | None, scope: Scope, report: str) -> None:
    ready: Weekly | None = st.session_state.get("weekly")
    if st.button(w.MAKE, type="primary"):
        with st.spinner(w.MAKE):
            try:
                ready = weekly.make(
                    data.app(), until=until, actor=actor, now=data.now(), scope=scope
                )
            except FenghuoError as refused:
                st.error(safe.label(refused))
                return
        st.session_state["weekly"] = ready
    if ready is None or ready.report != report:
        return
    st.success(w.MADE)
    day = ready.material.numbers.until.astimezone(SHANGHAI).strftime("%Y-%m-%d")
    with st.container(horizontal=True):
        st.download_button(w.WORD, ready.docx, w.WORD_NAME.format(day=day), w.DOCX,
                           type="primary")  # fmt: skip
        st.download_button(w.ANNEX, ready.annex, w.ANNEX_NAME.format(day=day), w.XLSX)


def _choose(report: str, material: Material) -> None:
    st.subheader(w.CHOOSE, anchor=False)
    safe.show(cards.meta([w.CHOOSE_HINT]))
    items = {
        f"alert:{one.number}": w.ALERT_ITEM.format(
            number=one.number, subject=one.subject, level=level_words(one.level, material.levels)
        )
        for one in material.lists.alerts
    }
    items |= {
        f"enquiry:{one.number}": w.ENQUIRY_ITEM.format(number=one.number, outlet=one.outlet)
        for one in material.enquiries
    }
    items |= {f"release:{one.id}": w.RELEASE_ITEM.format(title=one.title)
              for one in material.releases}  # fmt: skip
    if not items:
        safe.show(cards.meta([w.NO_ITEMS]))
    for item, title in items.items():
        key = f"item-{report}-{item}"
        st.checkbox(
            safe.label(title), value=item not in material.edits.left_out, key=key,
            on_change=_include, args=(report, item, key),
        )  # fmt: skip


def _include(report: str, item: str, key: str) -> None:
    try:
        weekly.list_item(
            data.app(),
            report,
            item,
            included=st.session_state[key],
            actor=session.acting(),
            now=data.now(),
        )
    except FenghuoError as refused:
        st.toast(safe.label(refused))


def _notes(report: str, material: Material) -> None:
    st.subheader(w.NOTES, anchor=False)
    for section, title in SECTIONS.items():
        key = f"note-{report}-{section}"
        st.text_area(
            title, value=material.edits.notes.get(section, ""), key=key, height=68,
            on_change=_note, args=(report, section, key),
        )  # fmt: skip


def _note(report: str, section: str, key: str) -> None:
    try:
        weekly.write_note(
            data.app(),
            report,
            section,
            st.session_state[key],
            actor=session.acting(),
            now=data.now(),
        )
    except FenghuoError as refused:
        st.toast(safe.label(refused))
        return
    st.toast(w.NOTE_SAVED)


page()
