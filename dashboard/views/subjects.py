"""Subjects (监测对象): upload, dry run with its traps, import; the table as it stands."""

import streamlit as st

from dashboard import alias_review, cards, data, places, safe, session, words
from dashboard import words_setup as w
from domain.access import Act, Actor
from domain.errors import FenghuoError
from pipelines import projects, subject_files
from pipelines.projects import STATE_NAMES, ImportPlan, State
from store import access, subjects

#: Rows of the hit table on screen; all of them are in the plan.
MOST = 400


def page() -> None:
    """Show the page."""
    st.title(words.SUBJECTS, anchor=False)
    actor = session.viewer()
    access.require(actor, Act.CONFIGURE)
    safe.show(cards.meta([w.SUBJECTS_INTRO]))
    if said := st.session_state.pop("subjects_done", None):
        st.success(safe.label(said))
        places.to_start(w.BACK)
    with st.container(horizontal=True):
        st.download_button(w.TEMPLATE, subject_files.template(), w.SUBJECTS_TEMPLATE, w.XLSX)
        st.download_button(
            w.EXPORT, projects.export(data.app(), w.SUBJECTS_FILE, actor), w.SUBJECTS_FILE, w.XLSX
        )
    _upload(actor)
    alias_review.show(actor)
    _table(actor)


def _upload(actor: Actor) -> None:
    turn = st.session_state.get("subjects_turn", 0)
    file = st.file_uploader(
        w.UPLOAD, type=["xlsx", "csv", "yml", "yaml"], key=f"subjects-file-{turn}"
    )
    if file is None:
        return
    try:
        plan = projects.plan(
            data.app(), file.getvalue(), name=file.name, now=data.now(), actor=actor
        )
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.subheader(w.DRY_RUN, anchor=False)
    safe.show(cards.meta([plan.summary]))
    wanted = len(plan.of(State.NEW)) + len(plan.of(State.CHANGED))
    if wanted == 0:
        safe.show(cards.meta([w.NOTHING]))
    elif st.button(w.APPLY.format(n=wanted), type="primary"):
        _apply(actor, plan, turn)
    _dry_run(plan)


def _apply(actor: Actor, plan: ImportPlan, turn: int) -> None:
    try:
        done = projects.apply(data.app(), plan, actor, data.now())
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state["subjects_done"] = w.APPLIED.format(
        new=done.new, changed=done.changed, unchanged=done.unchanged
    )
    st.session_state["subjects_turn"] = turn + 1
    st.rerun()


def _dry_run(plan: ImportPlan) -> None:
    wrong = plan.of(State.WRONG)
    if wrong:
        lines = [str(problem) for row in wrong for problem in row.problems]
        st.warning(safe.label(w.WRONG))
        safe.show(safe.tag("div", *(safe.tag("div", safe.text(line)) for line in lines)))
    if plan.warnings:
        with st.expander(safe.label(f"{w.WARNINGS}（{len(plan.warnings)}）"), expanded=True):
            for line in plan.warnings[:200]:
                safe.show(safe.tag("div", safe.text(line), css="fh-meta"))
    rows = [
        (row.where, row.name, STATE_NAMES[row.state], "、".join(row.changes) or words.NONE)
        for row in plan.rows
    ]
    safe.show(cards.table(w.ROW_COLUMNS, rows))
    with st.expander(w.HITS):
        hits = [(hit.subject, hit.name, hit.shown) for hit in plan.hits[:MOST]]
        safe.show(cards.table(w.HITS_COLUMNS, hits))


def _table(actor: Actor) -> None:
    with data.app().db.read() as connection:
        listed = subjects.load(connection, actor)
    if not listed:
        safe.show(cards.quiet(w.SUBJECTS_EMPTY, w.SUBJECTS_EMPTY_HINT))
        return
    rows = [
        (
            one.name, subject_files.KIND_NAMES[one.kind], one.legal_entity or words.NONE,
            one.city or words.NONE, one.region or words.NONE,
            "、".join([*one.aliases, *one.ambiguous][:8]), one.owner or words.NONE,
            "；".join(f"{date.kind} {date.day}" for date in one.key_dates) or words.NONE,
        )
        for one in listed
    ]  # fmt: skip
    safe.show(cards.table(w.SUBJECT_COLUMNS, rows))


page()
