"""Forms of intake: a pasted chat, a pasted web page, a file."""

from collections.abc import Sequence
from time import monotonic
from typing import Any

import streamlit as st

from config import retention
from dashboard import cards, data, safe, words
from dashboard import words_intake as w
from domain.access import Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from domain.post import SourceKind
from pipelines import files, intake
from pipelines.files import Terms
from pipelines.intake import Basis, ChatLine

#: Lines of a preview.
SHOWN = 30


#: Seconds what a submit came to stays to be read, however often the page is drawn meanwhile.
STAYS = 20.0


def told() -> bool:
    """Say what the last submit came to; return whether there is something to say."""
    said, warned, since = st.session_state.get("intake_done", ("", "", None))
    now = monotonic()
    if not said or (since is not None and now - since > STAYS):
        st.session_state.pop("intake_done", None)
        return False
    st.session_state["intake_done"] = said, warned, now if since is None else since
    st.success(safe.label(said))
    if warned:
        st.warning(safe.label(warned))
    return True


def done(said: str, *, warning: str = "") -> None:
    """Keep what to say, clear the form, and draw the page again."""
    st.session_state["intake_done"] = said, warning, None
    st.session_state["intake_turn"] = st.session_state.get("intake_turn", 0) + 1
    st.rerun()


def key(name: str) -> str:
    """Return a widget key that changes with every finished submit, so that forms start empty."""
    return f"{name}-{st.session_state.get('intake_turn', 0)}"


def subject(actor: Actor, *, default: str | None = None, optional: bool = True) -> str | None:
    """Ask which subject it is about; None = left to the analysis."""
    names = data.subject_keys(actor)
    chosen: str | None = st.selectbox(
        w.SUBJECT, list(names), index=list(names).index(default) if default in names else None,
        format_func=lambda one: safe.clean(names[one]), key=key("subject"),
        placeholder=w.NO_SUBJECT if optional else "",
    )  # fmt: skip
    return chosen


# ---- chat --------------------------------------------------------------------------------------


def chat(actor: Actor) -> None:
    """Take in a pasted chat: preview first, then store."""
    safe.show(cards.meta([w.CHAT_HINT]))
    left, right = st.columns([3, 2], gap="large")
    with left:
        text = st.text_area(w.CHAT_TEXT, height=260, key=key("chat"))
    with right:
        chosen = subject(actor)
        group = st.text_input(w.GROUP, key=key("group"))
        provider = st.text_input(w.PROVIDER, key=key("provider"))
        basis = st.text_input(w.BASIS, key=key("basis"))
        ends = st.date_input(w.ENDS, value=None, key=key("ends"), format="YYYY-MM-DD")
        notice = st.checkbox(w.NOTICE, key=key("notice"))
        pictures = st.file_uploader(
            w.PICTURES, type=["png", "jpg", "jpeg", "webp", "gif"], accept_multiple_files=True,
            key=key("pictures"),
        )  # fmt: skip
        keep = st.checkbox(w.KEEP, key=key("keep"))
    if not text.strip():
        return
    try:
        lines = intake.preview_chat(text, data.now())
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    _preview(lines)
    if st.button(w.STORE_CHAT.format(n=len(lines)), type="primary"):
        said = Basis(
            provider=provider, basis=basis, ends_on=ends.isoformat() if ends else "",
            notice=notice,
        )  # fmt: skip
        _store_chat(actor, text, chosen, group, said, pictures, keep=keep)


def _preview(lines: Sequence[ChatLine]) -> None:
    people = len({line.speaker for line in lines})
    safe.show(cards.meta([w.READ_N.format(n=len(lines), people=people)]))
    rows = [
        (
            line.speaker, say_time(line.at) if line.at else w.NO_TIME, line.text[:80],
            "✓" if line.household else "",
        )
        for line in lines[:SHOWN]
    ]  # fmt: skip
    safe.show(cards.table(w.PREVIEW_COLUMNS, rows))


def _store_chat(
    actor: Actor, text: str, chosen: str | None, group: str, basis: Basis,
    pictures: Sequence[Any], *, keep: bool,
) -> None:  # fmt: skip
    try:
        stored = intake.paste_chat(
            data.app(), text, subject_key=chosen, group=group, basis=basis,
            pictures=[(one.name, one.getvalue()) for one in pictures], keep=keep, actor=actor,
            now=data.now(),
        )  # fmt: skip
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    done(
        w.STORED_CHAT.format(
            n=stored.messages, new=stored.stored.new_posts, known=stored.stored.unchanged
        ),
        warning=w.WITHOUT_BASIS if stored.without_basis else "",
    )


# ---- page and file -----------------------------------------------------------------------------


def page(actor: Actor) -> None:
    """Take in a web page somebody copied."""
    safe.show(cards.meta([w.PAGE_HINT]))
    with st.form(key("page"), border=False):
        url = st.text_input(w.URL)
        text = st.text_area(w.PAGE_TEXT, height=220)
        kinds = [SourceKind.NEWS, SourceKind.FORUM, SourceKind.SOCIAL, SourceKind.COMPLAINT]
        kind = st.selectbox(w.KIND, kinds, format_func=lambda one: words.KINDS[one])
        chosen = subject(actor)
        if st.form_submit_button(w.STORE_PAGE, type="primary"):
            try:
                stored = intake.paste_page(
                    data.app(), text, url=url, kind=kind, subject_key=chosen, actor=actor,
                    now=data.now(),
                )  # fmt: skip
            except FenghuoError as refused:
                st.error(safe.label(refused))
                return
            done(w.STORED_PAGE.format(new=stored.new_posts, revised=stored.new_revisions))


def file(actor: Actor) -> None:
    """Take in an export file."""
    safe.show(cards.meta([w.FILE_HINT]))
    with st.form(key("file"), border=False):
        chosen = st.file_uploader(
            w.UPLOAD, type=["txt", "json", "jsonl", "csv", "xlsx", "mht", "gz"], key=key("upload")
        )
        name = st.text_input(w.SOURCE_NAME)
        safe.show(cards.meta([w.FILE_TERMS]))
        provider = st.text_input(w.PROVIDER, key=key("file-provider"))
        basis = st.text_input(w.BASIS, key=key("file-basis"))
        kept = st.selectbox(
            w.RETENTION, list(retention.classes()), index=None, key=key("file-retention"),
            format_func=lambda code: retention.classes()[code].name, placeholder=w.NO_RETENTION,
        )  # fmt: skip
        backfill = st.checkbox(w.BACKFILL)
        if st.form_submit_button(w.STORE_FILE, type="primary"):
            if chosen is None:
                st.error(w.NO_FILE)
                return
            try:
                found = files.import_upload(
                    data.app(), chosen.getvalue(), name=chosen.name, source_name=name or None,
                    backfill=backfill, actor=actor, now=data.now(),
                    terms=Terms(provider=provider, basis=basis, retention=kept or ""),
                )  # fmt: skip
            except FenghuoError as refused:
                st.error(safe.label(refused))
                return
            warned = ""
            if found.refused:
                lines = "；".join(f"{bad.where}：{bad.problem}" for bad in found.bad[:5])
                warned = w.REFUSED_LINES.format(n=found.refused) + lines
            done(
                w.STORED_FILE.format(
                    file=chosen.name, n=found.messages, new=found.stored.new_posts,
                    known=found.stored.unchanged,
                ),
                warning=warned,
            )  # fmt: skip
