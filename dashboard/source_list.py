"""The sources there are: how each stands, changing it, checking and visiting it now, files."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from dashboard import cards, data, places, safe, session, source_add, words
from dashboard import words_sources as w
from dashboard.safe import Html, tag, text
from domain.access import Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from domain.source import Source
from pipelines import source_book
from store import board_health, sources
from store.board_health import SourceLine, State
from store.db import Connection

#: Sources on one screen.
PAGE = 25


def read(connection: Connection, actor: Actor) -> list[SourceLine]:
    """Return the sources as they stand now: people look at what they just changed."""
    return board_health.sources(connection, actor, data.now())


def panel(actor: Actor, listed: Sequence[SourceLine]) -> None:
    """Show the table and one source."""
    if not listed:
        safe.show(cards.quiet(w.EMPTY, w.EMPTY_HINT))
    else:
        _counts(listed)
        _table(_found(listed), data.subject_keys(actor))
        _one(actor, listed)
    _files()


def _counts(listed: Sequence[SourceLine]) -> None:
    counts = Counter(line.state for line in listed)
    chips = [
        cards.chip(w.COUNTS.format(name=w.STATES[state], n=counts[state]), cards.STATE_CSS[state])
        for state in State
        if counts[state]
    ]
    safe.show(cards.row(chips))


def _found(listed: Sequence[SourceLine]) -> list[SourceLine]:
    if len(listed) <= PAGE:
        return list(listed)
    asked = st.text_input(w.FIND, placeholder=w.FIND_HINT, key="sources-find").strip().lower()
    rows = [line for line in listed if asked in f"{line.name} {line.url}".lower()]
    if len(rows) <= PAGE:
        return rows
    first = PAGE * (st.pagination(-(-len(rows) // PAGE), key="sources-page") - 1)
    return rows[first : first + PAGE]


def _table(rows: Sequence[SourceLine], names: dict[str, str]) -> None:
    safe.show(cards.table(w.LIST_COLUMNS, [_row(line, names) for line in rows]))


def _row(line: SourceLine, names: dict[str, str]) -> tuple[str, ...]:
    minutes = w.MINUTES.format(n=f"{line.every.total_seconds() / 60:g}")
    pace = words.NONE if line.engine == "file" else f"{minutes} · {_pace(line)}"
    return (
        line.name, w.STATES[line.state], names.get(line.subject or "", words.NONE), pace,
        _last(line),
        words.ago(60 * line.lag.median) if line.lag else words.NONE, _expected(line),
        w.rejected_line(line.rejected) or words.NONE,
    )  # fmt: skip


def _last(line: SourceLine) -> str:
    if line.last_at is not None:
        return say_time(line.last_at)
    return words.NONE if line.engine == "file" else words.NEVER_VISITED


def _pace(line: SourceLine) -> str:
    return w.pace_words(line.pace, line.pace_reason)


def _expected(line: SourceLine) -> str:
    if not line.min_posts:
        return w.NO_LEAST.format(seen=line.taken_day)
    return w.EXPECTED.format(seen=line.taken_day, least=line.min_posts)


# ---- one source ----------------------------------------------------------------------------------


def _one(actor: Actor, listed: Sequence[SourceLine]) -> None:
    by_name = {line.name: line for line in listed}
    asked = st.query_params.get("source")
    names = list(by_name)
    name = st.selectbox(
        w.ONE, names, index=names.index(asked) if asked in by_name else None,
        format_func=safe.clean, key="sources-one", placeholder=w.PICK_SOURCE,
    )  # fmt: skip
    if name is None:
        return
    line = by_name[name]
    with data.app().db.read() as connection:
        item = sources.find(connection, name)
    if item is None:
        return
    with st.container(border=True):
        safe.show(_facts(line))
        if line.alert:
            places.to_alert(line.alert, w.INTERRUPTED_BY.format(number=line.alert))
        _now(item)
        _edit(actor, item)


def _facts(line: SourceLine) -> Html:
    proof = w.NOT_VERIFIED
    if line.verified_at:
        proof = w.VERIFIED.format(time=say_time(line.verified_at))
    parts = [
        cards.row([
            tag("span", text(line.name), css="fh-name"),
            cards.chip(w.STATES[line.state], cards.STATE_CSS[line.state]),
            cards.chip(words.KINDS.get(line.kind, line.kind)),
        ]),
        cards.meta([w.engine(line.engine), line.url]),
        cards.meta([proof, f"{words.PACE}：{_pace(line)}"]),
    ]  # fmt: skip
    if line.rejected:
        parts.append(cards.meta([words.REJECTED_WEEK.format(told=w.rejected_line(line.rejected))]))
    for issue in line.issues:
        advice = words.ADVICE.get(issue.code, words.ADVICE_DEFAULT)
        parts.append(tag("div", text(issue.message), css="fh-note"))
        parts.append(cards.meta([f"{words.WHAT_TO_DO}：{advice}"]))
    return tag("div", *parts)


def _now(item: Source) -> None:
    with st.container(horizontal=True):
        check = st.button(w.CHECK_NOW, key="sources-check")
        visit = st.button(w.VISIT_NOW, key="sources-visit", disabled=not item.enabled)
    if check:
        _check(item)
    if visit:
        _try(
            w.VISIT_ASKED.format(name=item.name),
            lambda: source_book.ask_visit(
                data.app(), item.name, actor=session.acting(), now=data.now()
            ),
        )


def _check(item: Source) -> None:
    """Visit it as a preview does and say what came; nothing but 未验证 changes."""
    session.acting()
    try:
        with st.spinner(w.LOOKING, show_time=True):
            [found] = source_book.check(data.app(), [item.name], now=data.now())
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    if found.preview is None:
        st.info(safe.label(w.CHECK_BY_HAND.format(name=item.name)))
    elif found.preview.good:
        n = len(found.preview.posts)
        st.success(safe.label(w.CHECK_GOOD.format(name=item.name, n=n)))
        source_add.preview_table(found.preview)
    else:
        why = found.preview.problem
        st.error(safe.label(w.CHECK_BAD.format(name=item.name, why=why)))


def _edit(actor: Actor, item: Source) -> None:
    with st.form(f"sources-edit-{item.name}", border=False):
        enabled = st.checkbox(w.ENABLE_ONE, value=item.enabled, key=f"edit-on-{item.name}")
        subject = source_add.subject_box(actor, item.subject, key=f"edit-subject-{item.name}")
        every, least = source_add.pace_boxes(item.every, item.min_posts, key=f"edit-{item.name}")
        safe.show(cards.meta([w.EDIT_HINT]))
        if not st.form_submit_button(w.SAVE_CHANGES, type="primary"):
            return
    changed = replace(item, enabled=enabled, subject=subject, every=every, min_posts=least)
    _try(
        w.CHANGED.format(name=item.name),
        lambda: source_book.save(data.app(), changed, actor=session.acting(), now=data.now()),
    )


def _try(done: str, deed: Callable[[], object]) -> None:
    """Do it, say so, and show the page anew."""
    try:
        deed()
    except FenghuoError as refused:
        st.session_state["sources_refused"] = str(refused)
    else:
        st.session_state["sources_done"] = done
    st.rerun()


# ---- files ---------------------------------------------------------------------------------------


def _files() -> None:
    with data.app().db.read() as connection:
        rows = [item for item in sources.everything(connection) if item.engine != "file"]
    if rows:
        st.download_button(w.EXPORT, source_book.to_yaml(rows), w.EXPORT_FILE, w.YAML)
    turn = st.session_state.get("sources_turn", 0)
    file = st.file_uploader(w.IMPORT, type=["yml", "yaml"], key=f"sources-file-{turn}")
    if file is None:
        return
    try:
        items = source_book.from_yaml(file.getvalue(), name=file.name)
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    names = "、".join(item.name for item in items)
    safe.show(cards.meta([w.IMPORT_FOUND.format(n=len(items), names=names)]))
    if st.button(w.IMPORT_NOW.format(n=len(items)), type="primary", key="sources-import"):
        try:
            new, changed = source_book.import_all(
                data.app(), items, actor=session.acting(), now=data.now()
            )
        except FenghuoError as refused:
            st.error(safe.label(refused))
            return
        st.session_state["sources_done"] = w.IMPORTED.format(new=new, changed=changed)
        st.session_state["sources_turn"] = turn + 1
        st.rerun()
