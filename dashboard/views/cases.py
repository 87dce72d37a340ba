"""Cases (个案): clocks, grading by a person, forms F3 and F4 filled in at one click."""

from collections.abc import Callable, Sequence
from datetime import datetime

import streamlit as st

from dashboard import cards, data, places, safe, session, words
from dashboard import words_cases as w
from dashboard.clock_cards import clock_list
from domain.access import Act, Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from domain.level import Level
from pipelines import actions, forms
from reports.forms import FormDraft
from store import board, board_alert, complaints
from store.board import CaseLine

#: States from which a person may set the level (S-05, S-28, S-34).
GRADABLE = ("registered", "graded", "reported", "routine")


def page() -> None:
    """Show the page."""
    st.title(words.CASES_PAGE, anchor=False)
    actor, now = session.viewer(), data.now()
    with data.app().db.read() as connection:
        lines = {line.number: line for line in board.cases(connection, actor)}
    if not lines:
        safe.show(cards.quiet(w.NONE_YET, w.NONE_HINT))
        return
    asked = st.query_params.get("id")
    if asked and asked not in lines:
        safe.show(cards.quiet(w.UNKNOWN.format(number=safe.clean(asked)), ""))
    number = _choose(lines, asked)
    _told()
    _show(actor, lines[number], now)


def _choose(lines: dict[str, CaseLine], asked: str | None) -> str:
    names = list(lines)
    key = f"case-{asked}"
    chosen: str = st.selectbox(
        w.CHOOSE, names, index=names.index(asked) if asked in lines else 0, key=key,
        format_func=lambda number: safe.clean(f"{lines[number].subject} · {number}"),
        on_change=lambda: st.query_params.update(id=st.session_state[key]),
    )  # fmt: skip
    return chosen


def _show(actor: Actor, line: CaseLine, now: datetime) -> None:
    with st.container(border=True):
        level = (
            words.GRADED.format(level=words.LEVELS[line.level]) if line.level else words.UNGRADED
        )
        state = words.CASE_STATES.get(line.state, line.state)
        facts = w.FACTS.format(
            time=say_time(line.registered_at), by=line.registered_by, state=state, level=level
        )
        safe.show(
            safe.tag(
                "div",
                cards.row([safe.tag("span", safe.text(line.title), css="fh-name fh-big")]),
                cards.meta([facts]),
            )
        )
        for number in line.alerts:
            places.to_alert(number, words.OPEN_CASE_ALERT.format(number=number))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(w.FORMS, anchor=False)
        _forms(actor, line, now)
    with right:
        st.subheader(w.CLOCKS, anchor=False)
        clock_list(line.clocks, now)
        _grade(actor, line)
        _contacts(actor, line)
    with st.expander(w.TRAIL), data.app().db.read() as connection:
        safe.show(_trail(board_alert.trail(connection, [f"case:{line.number}"])))


def _trail(lines: Sequence[board_alert.AuditLine]) -> safe.Html:
    rows = [
        (
            one.seq, say_time(one.at), one.actor, words.VIAS.get(one.via, one.via),
            words.ACTIONS.get(one.action, one.action), one.reason, one.hash[:12],
        )
        for one in lines
    ]  # fmt: skip
    return cards.table(words.COLUMNS_TRAIL, rows)


# ---- grading and reporting ---------------------------------------------------------------------


def _grade(actor: Actor, line: CaseLine) -> None:
    if not actor.may(Act.GRADE) or line.state not in GRADABLE:
        return
    if line.state == "graded":
        with st.container(horizontal=True):
            reported = st.button(w.REPORT)
            routine = st.button(w.ROUTINE)
        if reported:
            _try(w.REPORTED, lambda: actions.report_case(
                data.app(), line.number, actor, data.now(), ""
            ))  # fmt: skip
        if routine:
            _try(w.ROUTINE_DONE, lambda: actions.route_routine(
                data.app(), line.number, actor, data.now(), ""
            ))  # fmt: skip
    with (
        st.expander(w.GRADE if line.level is None else w.GRADE_AGAIN, expanded=line.level is None),
        st.form(f"grade-{line.number}", border=False),
    ):
        safe.show(cards.meta([w.GRADE_HINT]))
        level = st.radio(
            w.LEVEL, [item.value for item in reversed(Level)], index=None, horizontal=True,
            format_func=data.level_names().__getitem__,
        )  # fmt: skip
        reason = st.text_input(w.REASON, max_chars=400)
        if st.form_submit_button(w.GRADE, type="primary") and level:
            _try(w.GRADED.format(level=words.LEVELS[level]), lambda: actions.grade_case(
                data.app(), line.number, Level(level), actor, data.now(), reason
            ))  # fmt: skip


def _contacts(actor: Actor, line: CaseLine) -> None:
    """Show whom the case is about; customer clocks start with the first of them (AD-10)."""
    st.subheader(w.CONTACTS, anchor=False)
    with data.app().db.read() as connection:
        linked = complaints.of_case(connection, actor, line.number)
        free = complaints.linkable(connection, actor, line.number)
    if not linked:
        safe.show(safe.tag("div", safe.text(w.NO_CONTACT), css="fh-note"))
    for one in linked:
        who = "、".join(one.contact.values()) or words.NONE
        told = w.CONTACT_LINE.format(number=one.number, category=one.category, who=who)
        safe.show(cards.meta([told]))
    if not actor.may(Act.TRIAGE):
        return
    if linked:
        with st.form(f"contacted-{line.number}"):
            note = st.text_input(w.CONTACT_NOTE, max_chars=400)
            if st.form_submit_button(w.CONTACTED):
                _try(w.CONTACTED_DONE, lambda: actions.customer_contacted(
                    data.app(), line.number, actor, data.now(), note
                ))  # fmt: skip
    with st.expander(w.LINK):
        if not free:
            safe.show(cards.meta([w.NOTHING_TO_LINK]))
            return
        texts = {one.number: f"{one.number} {safe.clean(one.text)[:30]}" for one in free}
        chosen = st.selectbox(w.LINK_WHICH, list(texts), format_func=texts.__getitem__)
        if st.button(w.LINK):
            _try(w.LINKED.format(number=chosen), lambda: actions.link_contact(
                data.app(), line.number, chosen, actor, data.now()
            ))  # fmt: skip


def _try(done: str, deed: Callable[[], object]) -> None:
    try:
        deed()
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state["cases_done"] = done
    st.rerun()


def _told() -> None:
    if said := st.session_state.pop("cases_done", None):
        st.success(safe.label(said))


# ---- forms -------------------------------------------------------------------------------------


def _forms(actor: Actor, line: CaseLine, now: datetime) -> None:
    if not actor.may(Act.FILL_FORMS):
        safe.show(cards.meta([w.FORMS_NOT_YOURS]))
        return
    safe.show(cards.meta([w.FORMS_HINT]))
    kind = st.segmented_control(
        w.FORMS, list(w.KINDS), default="F4", format_func=w.KINDS.__getitem__,
        label_visibility="collapsed", key=f"kind-{line.number}",
    )  # fmt: skip
    if kind is None:
        return
    draft = forms.prefill(data.app(), line.number, kind, actor, now)
    ready = st.session_state.get(f"form-{line.number}-{kind}")
    if ready is not None:
        _ready(line, kind, ready)
    st.download_button(
        w.DOWNLOAD, forms.word(draft), w.FILE.format(number=line.number, kind=kind, n=draft.n),
        w.WORD_TYPE, key=f"word-{line.number}-{kind}",
    )  # fmt: skip
    with st.expander(safe.label(w.NUMBERED.format(title=draft.title, n=draft.n)), expanded=True):
        _form(actor, line, draft, now)
    with st.expander(w.COPY):
        st.code(safe.clean(forms.text(draft)), language=None, wrap_lines=True)
    _before(actor, line, kind)


def _form(actor: Actor, line: CaseLine, draft: FormDraft, now: datetime) -> None:
    with st.form(f"form-fields-{line.number}-{draft.kind}-{draft.n}", border=False):
        values: dict[str, str] = {}
        for section in draft.sections:
            safe.show(safe.tag("b", safe.text(section.title)))
            columns = st.columns(2)
            for number, field in enumerate(section.fields):
                place = st if field.long else columns[number % 2]
                widget = place.text_area if field.long else place.text_input
                values[field.label] = widget(
                    safe.label(field.label), value=field.value,
                    help=safe.label(w.SOURCE_OF.format(source=field.source))
                    if field.source else None,
                    key=f"{line.number}-{draft.kind}-{draft.n}-{field.label}",
                )  # fmt: skip
        if st.form_submit_button(w.SAVE, type="primary"):
            _save(actor, line, draft, values, now)


def _save(
    actor: Actor, line: CaseLine, draft: FormDraft, values: dict[str, str], now: datetime
) -> None:
    app = data.app()
    try:
        n = forms.save_form(app, line.number, draft.kind, values, n=draft.n, actor=actor, now=now)
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    final = forms.with_values(draft, values)
    st.session_state[f"form-{line.number}-{draft.kind}"] = (n, final)
    st.rerun()


def _ready(line: CaseLine, kind: str, ready: tuple[int, FormDraft]) -> None:
    n, final = ready
    st.success(safe.label(w.SAVED.format(n=n, title=final.title)))
    st.download_button(
        w.DOWNLOAD, forms.word(final), w.FILE.format(number=line.number, kind=kind, n=n),
        w.WORD_TYPE, type="primary", key=f"saved-{line.number}-{kind}-{n}",
    )  # fmt: skip


def _before(actor: Actor, line: CaseLine, kind: str) -> None:
    saved = forms.history(data.app(), line.number, kind, actor)
    if saved:
        with st.expander(w.BEFORE):
            lines = [w.BEFORE_LINE.format(n=one.n, time=say_time(one.at), by=one.by)
                     for one in saved]  # fmt: skip
            safe.show(cards.meta(lines))


page()
