"""Adding a source from an address: look, show what it would collect, choose, save."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import streamlit as st

from crawlers.pages.guess import Choice
from dashboard import cards, data, safe, session, words
from dashboard import words_sources as w
from domain.access import Actor
from domain.clock import say_time
from domain.errors import FenghuoError
from domain.post import ParsedPost, SourceKind
from domain.source import Source
from pipelines import preview, source_book
from pipelines.preview import Preview, Proposal

#: More addresses to choose from are a list and not buttons.
MOST_BUTTONS = 12
#: Letters of a text in the preview.
LETTERS = 80
_FOUND, _REFUSED = "sources_found", "sources_look_refused"


def panel(actor: Actor) -> None:
    """Show the form, then what the address turned out to be."""
    with st.form("sources-look", border=False):
        url = st.text_input(w.URL, placeholder=w.URL_HINT, key="sources-url")
        asked = st.form_submit_button(w.LOOK, type="primary")
    if asked and url.strip():
        _look(url)
    if refused := st.session_state.get(_REFUSED):
        safe.show(cards.quiet(w.NO_SOURCE, refused))
    found: Proposal | None = st.session_state.get(_FOUND)
    if found is None:
        return
    if found.source is None or found.preview is None:
        _choices(found)
        return
    safe.show(_what(found, found.source))
    preview_table(found.preview)
    if found.preview.good:
        _save(actor, found.source)
    else:
        st.error(safe.label(w.NOTHING_SEEN.format(why=found.preview.problem)))


def _look(url: str) -> None:
    """Visit the address; what comes of it, or why nothing does, is kept for this session."""
    st.session_state.pop(_FOUND, None)
    st.session_state.pop(_REFUSED, None)
    with st.spinner(w.LOOKING, show_time=True):
        try:
            st.session_state[_FOUND] = preview.propose(url)
        except FenghuoError as refused:
            st.session_state[_REFUSED] = str(refused)
    st.rerun()


def _what(found: Proposal, source: Source) -> safe.Html:
    head = cards.row([
        cards.chip(w.engine(source.engine), "fh-ok"),
        safe.tag("span", safe.text(found.guess.why), css="fh-name"),
    ])  # fmt: skip
    return safe.tag("div", head, cards.meta([source.url]))


def _choices(found: Proposal) -> None:
    safe.show(cards.quiet(w.NO_SOURCE, found.guess.why))
    if not found.choices:
        return
    safe.show(cards.meta([w.CHOOSE_ONE]))
    if len(found.choices) > MOST_BUTTONS:
        labels = {one.url: _label(one) for one in found.choices}
        url = st.selectbox(
            w.CHOOSE_ONE, list(labels), key="sources-choice", label_visibility="collapsed",
            format_func=lambda key: safe.clean(labels[key]),
        )  # fmt: skip
        if st.button(w.LOOK, key="sources-choose"):
            _look(url)
        return
    for number, one in enumerate(found.choices):
        if st.button(safe.label(_label(one)), key=f"sources-choice-{number}"):
            _look(one.url)


def _label(one: Choice) -> str:
    parts = urlsplit(one.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return w.CHOICE.format(title=one.title, path=path)


def preview_table(seen: Preview) -> None:
    """Show what a source would collect, masked."""
    st.subheader(w.PREVIEW, anchor=False)
    told = w.PREVIEW_SUM.format(requests=seen.outcome.requests, posts=seen.outcome.posts)
    safe.show(cards.meta([told]))
    if seen.posts:
        safe.show(cards.table(w.PREVIEW_COLUMNS, [_row(post) for post in seen.posts]))
    if seen.outcome.errors:
        with st.expander(w.PREVIEW_PROBLEMS):
            for problem in seen.outcome.errors[:10]:
                safe.show(cards.meta([problem]))


def _row(post: ParsedPost) -> tuple[str, str, str]:
    at = say_time(post.published_at) if post.published_at else w.NO_TIME
    # Masked before it is cut: half a phone number would not be recognised as one.
    text = safe.clean(" ".join(post.text.split()))
    return at, post.title or words.NONE, text[:LETTERS] + ("…" if len(text) > LETTERS else "")


def subject_box(actor: Actor, chosen: str | None, *, key: str) -> str | None:
    """Ask which subject the whole source is about; None = found in the texts."""
    names = data.subject_keys(actor)
    options: list[str | None] = [None, *names]
    if chosen not in options:
        options.append(chosen)
    said: str | None = st.selectbox(
        w.SUBJECT, options, index=options.index(chosen), key=key,
        format_func=lambda one: safe.clean(names.get(one) or one) if one else w.BY_TEXT,
    )  # fmt: skip
    return said


def pace_boxes(every: timedelta, least: int, *, key: str) -> tuple[timedelta, int]:
    """Ask how often and how much."""
    left, right = st.columns(2)
    minutes = left.number_input(
        w.EVERY, 2, 10080, max(2, int(every.total_seconds() / 60)), help=w.EVERY_HELP,
        key=f"{key}-every",
    )  # fmt: skip
    count = right.number_input(
        w.LEAST, 0, 100_000, least, help=w.LEAST_HELP, key=f"{key}-least"
    )  # fmt: skip
    return timedelta(minutes=int(minutes)), int(count)


def _save(actor: Actor, source: Source) -> None:
    with st.form("sources-save"):
        name = st.text_input(w.NAME, value=source.name, max_chars=64, key="sources-name")
        kinds = [kind.value for kind in source_book.KINDS]
        kind = st.selectbox(
            w.KIND, kinds, index=kinds.index(source.kind.value), key="sources-kind",
            format_func=words.KINDS.__getitem__,
        )  # fmt: skip
        subject = subject_box(actor, None, key="sources-subject")
        every, least = pace_boxes(source.every, 0, key="sources")
        if not st.form_submit_button(w.SAVE, type="primary"):
            return
    item = replace(
        source, name=name.strip(), kind=SourceKind(kind), subject=subject, every=every,
        min_posts=least,
    )  # fmt: skip
    try:
        source_book.add(data.app(), item, actor=session.acting(), now=data.now())
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    st.session_state.pop(_FOUND, None)
    st.session_state["sources_done"] = w.SAVED.format(name=item.name)
    st.rerun()
