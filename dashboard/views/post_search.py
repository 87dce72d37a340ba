"""Search (帖子检索): filters held in the address, results marked, one post's whole record."""

from datetime import date

import streamlit as st

from dashboard import cards, data, places, record, safe, session, words
from dashboard.safe import Html, tag, text
from domain.clock import say_time
from store.board_posts import (
    COUNTED,
    MATCHES,
    PAGE,
    Found,
    PostLine,
    PostView,
    RevisionLine,
    Wanted,
)

_KINDS = {name: code for code, name in words.KINDS.items()}
_LABELS = {name: code for code, name in words.LABELS.items()}


def page() -> None:
    """Show one post if the address names one, else the search."""
    st.title(words.SEARCH, anchor=False)
    asked = st.query_params.get("post", "")
    if asked:
        _record(asked)
    else:
        _search()


# ---- searching ---------------------------------------------------------------------------------


def _search() -> None:
    wanted = _wanted()
    if wanted.event:
        safe.show(cards.chip(words.IN_EVENT.format(key=wanted.event)))
    pages = _pages(data.find(session.viewer(), wanted, 1).total)
    number = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    _results(data.find(session.viewer(), wanted, number), wanted)


def _pages(total: int) -> int:
    return max(1, -(-min(total, COUNTED) // PAGE))


def _wanted() -> Wanted:
    typed = st.text_input(
        words.WORDS, key="q", placeholder=words.WORDS_HINT, bind="query-params", max_chars=100
    )
    with st.grid(6, min_column_width=145, gap="small"):
        subject = _choice(words.SUBJECT, data.subjects(session.viewer()), "subject")
        kind = _choice(words.KIND, list(_KINDS), "kind")
        label = _choice(words.LABEL, list(_LABELS), "label")
        source = _choice(words.SOURCE, data.source_names(session.viewer()), "source")
        since = _day(words.SINCE_DAY, "since")
        until = _day(words.UNTIL_DAY, "until")
    negative = st.toggle(words.NEGATIVE_ONLY, key="neg", bind="query-params")
    return Wanted(
        words=typed or "",
        subject=subject,
        kind=_KINDS.get(kind or ""),
        label=_LABELS.get(label or ""),
        source=source,
        since=since,
        until=until,
        negative=negative,
        event=st.query_params.get("event"),
    )


def _choice(label: str, names: list[str], key: str) -> str | None:
    picked = st.selectbox(label, [words.ALL, *names], key=key, bind="query-params")
    return None if picked in (None, words.ALL) else picked


def _day(label: str, key: str) -> date | None:
    picked = st.date_input(label, value=None, key=key, format="YYYY-MM-DD", bind="query-params")
    return picked if isinstance(picked, date) else None


def _results(found: Found, wanted: Wanted) -> None:
    if not found.lines:
        safe.show(cards.quiet(words.NOTHING_FOUND, words.NOTHING_FOUND_HINT))
        return
    template = words.FOUND_MANY if found.total > COUNTED else words.FOUND
    count = template.format(n=min(found.total, COUNTED))
    safe.show(cards.meta([count, *([words.CAPPED.format(n=MATCHES)] if found.capped else [])]))
    safe.show(cards.legend(search=bool(wanted.words)))
    names = data.category_names()
    for line in found.lines:
        with st.container(border=True, gap="xsmall"):
            safe.show(_result(line, wanted, names))
            places.to_post(line.id)


def _result(line: PostLine, wanted: Wanted, names: dict[str, str]) -> Html:
    parts = [
        cards.post_meta(line),
        cards.reading(
            line.title,
            line.text,
            line.details,
            line.mentions,
            wanted.words,
            limit=cards.LIST_TEXT,
        ),
        cards.post_chips(line, line.details, names),
    ]
    if line.deleted_at:
        note = words.DELETED_AT.format(time=say_time(line.deleted_at))
        parts.append(tag("div", text(note), css="fh-note"))
    return tag("div", *parts, css=f"fh-post {line.label or ''}".strip())


# ---- one post ----------------------------------------------------------------------------------


def _record(asked: str) -> None:
    st.page_link(places.SEARCH, label=words.BACK)
    seen = (
        data.post(session.viewer(), int(asked)) if asked.isdecimal() and len(asked) < 16 else None
    )
    if seen is None:
        safe.show(cards.quiet(words.UNKNOWN_POST.format(id=asked), ""))
        return
    st.subheader(words.RECORD.format(id=seen.line.id), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _revisions(seen)
    with right:
        _surroundings(seen)
        record.beside(seen.line.id)


def _revisions(seen: PostView) -> None:
    line = seen.line
    safe.show(cards.post_meta(line))
    places.original(line.url, key="original")
    st.subheader(words.REVISIONS.format(n=len(seen.revisions)), anchor=False)
    safe.show(cards.legend())
    for revision in seen.revisions:
        with st.container(border=True):
            safe.show(_revision(revision, seen))


def _revision(revision: RevisionLine, seen: PostView) -> Html:
    times = [
        words.REVISION.format(n=revision.n),
        words.FETCHED.format(time=say_time(revision.fetched_at)),
    ]
    if revision.edited_at:
        times.append(words.EDITED.format(time=say_time(revision.edited_at)))
    if revision.sha256:
        times.append(words.EVIDENCE.format(sha=revision.sha256[:16]))
    parts = [cards.meta(times)]
    if revision.deleted:
        parts.append(tag("div", text(words.REVISION_DELETED), css="fh-note"))
    if revision.hidden:
        parts.append(tag("div", text(words.HIDDEN.format(why=revision.hidden)), css="fh-note"))
    if revision.text:
        parts += [
            cards.reading(revision.title, revision.text, revision.details, revision.mentions),
            cards.row([cards.chip(fact) for fact in _judgement(revision)]),
        ]
    return tag("div", *parts)


def _judgement(revision: RevisionLine) -> list[str]:
    if revision.label is None:
        return [words.UNANALYSED]
    facts = [
        words.LABELS[revision.label],
        words.NEGATIVITY.format(n=round(100 * (revision.negativity or 0))),
        words.SEVERITY.format(n=round(100 * (revision.severity or 0))),
    ]
    if revision.noise:
        facts.append(words.NOISE.get(revision.noise, revision.noise))
    if revision.relevant is False:
        facts.append(words.IRRELEVANT)
    return facts


def _surroundings(seen: PostView) -> None:
    line = seen.line
    names = data.category_names()
    said = line.details
    _facts(words.CATEGORIES, [names.get(c["code"], c["code"]) for c in said.get("categories", ())])
    _facts(
        words.MENTIONS,
        [
            words.MENTION.format(subject=m.subject, via=words.VIA.get(m.via, m.via))
            for m in line.mentions
        ],
    )
    _facts(words.SIGNALS_TITLE, [cards.signal_name(s) for s in said.get("signals", ())])
    _facts(
        words.FACTS_TITLE,
        [f"{words.FACTS.get(f['kind'], f['kind'])} {f['text']}" for f in said.get("facts", ())],
    )
    st.subheader(words.BEHIND_ALERTS, anchor=False)
    if not seen.alerts:
        safe.show(cards.meta([words.NOT_BEHIND]))
    for number, level in seen.alerts:
        safe.show(cards.row([cards.level_chip(level)]))
        places.to_alert(number, words.OPEN_ALERT_OF.format(number=number))
    if seen.event_key and seen.event_posts > 1:
        st.subheader(words.IN_THE_EVENT.format(n=seen.event_posts), anchor=False)
        safe.show(cards.meta([seen.event_title or seen.event_key]))
        places.to_posts(event=seen.event_key)
    if seen.seen_by:
        safe.show(cards.meta([words.SEEN_BY.format(names="、".join(seen.seen_by))]))


def _facts(title: str, facts: list[str]) -> None:
    if facts:
        safe.show(tag("div", text(title), css="fh-meta"))
        safe.show(cards.row([cards.chip(fact) for fact in facts]))


page()
