"""Recipients (收件人): upload, dry run that names subjects nobody would be told about, import."""

import streamlit as st

from dashboard import cards, data, places, safe, session, words
from dashboard import words_setup as w
from domain.access import Act, Actor
from domain.errors import FenghuoError
from pipelines import recipients
from pipelines.projects import STATE_NAMES, State
from pipelines.recipients import RecipientPlan
from store import access, people, subjects
from store.people import Way


def page() -> None:
    """Show the page."""
    st.title(words.RECIPIENTS, anchor=False)
    actor = session.viewer()
    with data.app().db.read() as connection:
        access.require_subject(connection, actor, Act.CONFIGURE, None)
    safe.show(cards.meta([w.PEOPLE_INTRO]))
    if said := st.session_state.pop("recipients_done", None):
        st.success(safe.label(said))
        places.to_start(w.BACK)
    with st.container(horizontal=True):
        st.download_button(w.TEMPLATE, recipients.template(), w.PEOPLE_TEMPLATE, w.XLSX)
        st.download_button(
            w.EXPORT, recipients.export(data.app(), w.PEOPLE_FILE, actor), w.PEOPLE_FILE, w.XLSX
        )
    _upload(actor)
    _table(actor)


def _upload(actor: Actor) -> None:
    turn = st.session_state.get("recipients_turn", 0)
    file = st.file_uploader(w.UPLOAD, type=["xlsx", "csv"], key=f"recipients-file-{turn}")
    replace_all = st.checkbox(w.REPLACE)
    if file is None:
        return
    try:
        plan = recipients.plan(
            data.app(), file.getvalue(), name=file.name, replace_all=replace_all, actor=actor
        )
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.subheader(w.DRY_RUN, anchor=False)
    wanted = sum(one.state is not State.UNCHANGED for one in plan.people) + len(plan.retired)
    if wanted == 0:
        safe.show(cards.meta([w.NOTHING]))
    elif st.button(w.PEOPLE_APPLY.format(n=wanted), type="primary"):
        _apply(actor, plan, turn)
    _dry_run(plan)


def _apply(actor: Actor, plan: RecipientPlan, turn: int) -> None:
    try:
        done = recipients.apply(data.app(), plan, actor, data.now())
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state["recipients_done"] = w.PEOPLE_APPLIED.format(n=done)
    st.session_state["recipients_turn"] = turn + 1
    st.rerun()


def _dry_run(plan: RecipientPlan) -> None:
    if plan.problems:
        st.warning(safe.label(w.WRONG))
        for problem in plan.problems:
            safe.show(safe.tag("div", safe.text(str(problem)), css="fh-meta"))
    for line in plan.warnings:
        safe.show(safe.tag("div", safe.text(line), css="fh-note"))
    if plan.retired:
        names = "、".join(one.name for one in plan.retired)
        safe.show(safe.tag("div", safe.text(w.RETIRED.format(names=names)), css="fh-note"))
    if plan.deaf:
        names = "、".join(plan.deaf)
        safe.show(safe.tag("div", safe.text(w.DEAF.format(names=names)), css="fh-note"))
    rows = [(one.name, STATE_NAMES[one.state], len(one.person.ways)) for one in plan.people]
    safe.show(cards.table(w.PEOPLE_ROW_COLUMNS, rows))


def _table(actor: Actor) -> None:
    with data.app().db.read() as connection:
        listed = people.load(connection, actor)
        names = {one.key: one.name for one in subjects.load(connection)}
    if not listed:
        safe.show(cards.quiet(w.PEOPLE_EMPTY, w.PEOPLE_EMPTY_HINT))
        return
    rows = [
        (
            one.name, one.post or words.NONE, _scope(way, names),
            words.LEVELS[way.min_level], words.CHANNELS.get(way.channel, way.channel),
        )
        for one in listed
        for way in one.ways
    ]  # fmt: skip
    safe.show(cards.table(w.PEOPLE_COLUMNS, rows))


def _scope(way: Way, names: dict[str, str]) -> str:
    if way.subject is not None:
        return names.get(way.subject, way.subject)
    return w.REGION.format(name=way.region) if way.region else w.EVERYTHING


page()
