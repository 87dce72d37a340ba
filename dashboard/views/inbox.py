"""Inbox (今日待阅): read, judge with one click, take it back; grave and fresh first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from dashboard import cards, data, places, safe, session, words
from dashboard import words_inbox as w
from dashboard.safe import Html, tag, text
from domain.access import Actor
from domain.clock import SHANGHAI, say_time, shanghai_day
from domain.errors import FenghuoError
from domain.label import NO, YES, Field, Judgement
from pipelines import actions
from store import inbox, reading
from store.inbox import Group, Inbox, Item
from store.reading import Handled

#: Posts on one screen, and seconds between looks at what colleagues did.
PAGE = 20
REFRESH = 20


def page() -> None:
    """Show the page; the visit is noted once a browser session."""
    st.title(w.INBOX, anchor=False)
    actor = session.viewer()
    if "inbox_open" not in st.session_state:
        with data.app().db.write() as connection:
            reading.visit(connection, actor, data.now())
        st.session_state["inbox_open"] = True
    _reading()


@st.fragment(run_every=REFRESH)
def _reading() -> None:
    actor = session.viewer()  # a fragment outlives the page: the session may have ended
    if "go_complaint" in st.session_state:
        chosen = str(st.session_state.pop("go_complaint"))
        st.switch_page(places.INTAKE, query_params={"do": "complaint", "post": chosen})
    now = data.now()
    with data.app().db.read() as connection:
        seen = inbox.read(connection, actor, now)
        lately = reading.handled(connection, actor, now - timedelta(hours=12))
        watched = reading.watched(connection, actor)
    _head(seen)
    _last_deed()
    wanted = st.segmented_control(
        w.FILTER, w.FILTERS, default=w.ALL, key="inbox_filter", label_visibility="collapsed"
    )
    if wanted == w.WATCHED:
        _watched(watched)
    else:
        _groups(actor, [g for g in (_fit(g, wanted) for g in seen.groups) if g], wanted or w.ALL)
    _handled(lately)
    _log(actor, now)


# ---- head --------------------------------------------------------------------------------------


def _head(seen: Inbox) -> None:
    facts = [w.hand_over_line(seen.hand_over.unread, seen.hand_over.oldest)]
    if seen.hand_over.unread:
        facts.append(
            w.HAND_OVER_DETAIL.format(
                negative=seen.hand_over.negative, unassigned=seen.hand_over.unassigned
            )
        )
    facts.append(
        w.SINCE_LAST.format(time=say_time(seen.since), n=seen.new) if seen.since else w.FIRST_VISIT
    )
    safe.show(tag("div", *(tag("span", text(fact)) for fact in facts), css="fh-sub"))


def _last_deed() -> None:
    """Offer to take back what this browser did last."""
    deed = st.session_state.get("inbox_deed")
    if not deed:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        safe.show(tag("span", text(deed["said"]), css="fh-note"))
        st.button(w.UNDO, key="undo-last", on_click=_undo, args=(deed["labels"],))


# ---- groups and posts --------------------------------------------------------------------------


def _kept(item: Item, wanted: str | None) -> bool:
    if wanted == w.NEGATIVE:
        return item.negative
    if wanted == w.NEW:
        return item.new
    return wanted != w.UNASSIGNED or not item.about


def _fit(group: Group, wanted: str | None) -> Group | None:
    """Return the part of a group that the filter keeps."""
    items = tuple(item for item in group.items if _kept(item, wanted))
    return Group(
        subject=group.subject, subject_key=group.subject_key, event=group.event,
        title=group.title, alert=group.alert, level=group.level, items=items,
    ) if items else None  # fmt: skip


def _groups(actor: Actor, groups: Sequence[Group], wanted: str) -> None:
    if not groups:
        if wanted == w.ALL:
            safe.show(cards.quiet(w.EMPTY, w.EMPTY_HINT))
        else:
            safe.show(cards.quiet(w.EMPTY_FILTER, ""))
        return
    screens = _screens(groups)
    number = st.pagination(len(screens), key=f"inbox-page-{wanted}") if len(screens) > 1 else 1
    for group in screens[min(number, len(screens)) - 1]:
        with st.container(border=True, gap="xsmall"):
            _group(actor, group)


def _screens(groups: Sequence[Group]) -> list[list[Group]]:
    """Cut the groups into screens of about PAGE posts, none of them torn apart."""
    screens: list[list[Group]] = [[]]
    held = 0
    for group in groups:
        if held and held + len(group.items) > PAGE:
            screens.append([])
            held = 0
        screens[-1].append(group)
        held += len(group.items)
    return screens


def _group(actor: Actor, group: Group) -> None:
    parts = [tag("span", text(group.subject or w.NOBODY), css="fh-name")]
    if group.level is not None:
        parts.insert(0, cards.level_chip(group.level))
    parts.append(tag("span", text(safe.clean(group.title)[:60]), css="fh-num"))
    with st.container(horizontal=True, vertical_alignment="center"):
        safe.show(cards.row(parts))
        if group.alert:
            places.to_alert(group.alert, words.OPEN_ALERT_OF.format(number=group.alert))
        if len(group.items) > 1:
            ids = [item.post_id for item in group.items]
            st.button(
                w.GROUP_READ.format(n=len(ids)), key=f"group-{ids[0]}-{len(ids)}",
                on_click=_read_all, args=(ids, group.title),
            )  # fmt: skip
    if group.subject is None:
        safe.show(cards.meta([w.NOBODY_HINT]))
    for item in group.items:
        _item(actor, item)


def _item(actor: Actor, item: Item) -> None:
    safe.show(_post(item))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        key = f"verb-{item.post_id}"
        st.pills(
            words.NONE, w.VERBS, key=key, label_visibility="collapsed",
            on_change=_say, args=(item, key),
        )  # fmt: skip
        places.to_post(item.post_id)
        places.original(item.url, key=f"original-{item.post_id}", brief=True)
    if not item.about:
        key = f"subject-{item.post_id}"
        st.selectbox(
            w.CHOOSE_SUBJECT, list(_subjects(actor)), index=None, key=key,
            placeholder=w.CHOOSE_SUBJECT, label_visibility="collapsed",
            format_func=lambda found: safe.clean(_subjects(actor)[found]),
            on_change=_assign, args=(item, key),
        )  # fmt: skip


def _post(item: Item) -> Html:
    chips = [cards.chip(w.NEW_MARK, "fh-soon")] if item.new else []
    if item.edited:
        chips.append(cards.chip(w.EDITED_MARK, "fh-soon"))
    if item.copy_of:
        chips.append(cards.chip(w.COPY_MARK.format(id=item.copy_of)))
    chips += [cards.chip(one.name, "fh-bad" if one.negative else "") for one in item.about]
    names = data.category_names()
    chips += [cards.chip(names.get(c["code"], c["code"])) for c in item.details["categories"]]
    chips += [
        cards.chip(cards.signal_name(signal), "fh-soon")
        for signal in item.details["signals"]
        if signal.get("anchored")
    ]
    chips += [
        cards.chip(w.BARE_RED_LINE.format(name=words.SIGNALS.get(code, code)), "fh-soon")
        for code in item.red_lines
    ]
    when = say_time(item.published_at) + words.PRECISION.get(item.precision, "")
    where = [words.KINDS.get(item.kind, item.kind), item.source, when]
    return tag(
        "div",
        cards.meta(where),
        cards.row(chips),
        cards.reading(item.title, item.text, item.details, (), limit=cards.LIST_TEXT),
        css=f"fh-post {'negative' if item.negative else ''}".strip(),
    )


def _watched(ids: Sequence[int]) -> None:
    if not ids:
        safe.show(cards.quiet(w.EMPTY_FILTER, ""))
    for post_id in ids[:50]:
        seen = data.post(session.viewer(), post_id)
        if seen is not None:
            with st.container(border=True):
                line = seen.line
                safe.show(cards.post_meta(line))
                safe.show(
                    cards.reading(
                        line.title, line.text, line.details, line.mentions, limit=cards.LIST_TEXT
                    )
                )
                places.to_post(post_id)


# ---- what a click does -------------------------------------------------------------------------


def judgements(item: Item, verb: str) -> list[Judgement]:
    """Return the labels that one click stands for."""
    first = item.about[0] if item.about else None
    subject = first.key if first else None
    flipped = NO if item.negative else YES
    return {
        w.READ: [Judgement(field=Field.READ, value=YES)],
        w.IRRELEVANT: [Judgement(field=Field.RELEVANT, value=NO)],
        w.WRONG_SUBJECT: [Judgement(field=Field.SUBJECT, value=NO, subject=subject)],
        w.WRONG_POLARITY: [Judgement(field=Field.NEGATIVE, value=flipped, subject=subject)],
        w.HIGHER: [Judgement(field=Field.SEVERITY, value="higher", subject=subject)],
        w.LOWER: [Judgement(field=Field.SEVERITY, value="lower", subject=subject)],
        w.WATCH: [Judgement(field=Field.WATCH, value=YES)],
        w.NOT_CRISIS: [Judgement(field=Field.VERDICT, value="negative_not_crisis")],
    }[verb]


def _say(item: Item, key: str) -> None:
    verb = st.session_state.get(key)
    if not verb:
        return
    st.session_state[key] = None
    if verb == w.COMPLAINT:
        st.session_state["go_complaint"] = item.post_id
        return
    _label([item.post_id], judgements(item, verb), verb, item.title or item.text)


def _assign(item: Item, key: str) -> None:
    chosen = st.session_state.get(key)
    if chosen:
        said = [Judgement(field=Field.SUBJECT, value=YES, subject=chosen)]
        _label([item.post_id], said, w.CHOOSE_SUBJECT, item.title or item.text)


def _read_all(post_ids: Sequence[int], title: str) -> None:
    _label(post_ids, [Judgement(field=Field.READ, value=YES)], w.READ, title)


def _label(post_ids: Sequence[int], said: Sequence[Judgement], verb: str, title: str) -> None:
    app, now = data.app(), data.now()
    try:
        actor = session.acting()
        before = _already(actor, post_ids, now)
        ids = actions.label_posts(app, post_ids, said, actor, now)
    except FenghuoError as refused:
        st.toast(safe.label(refused))
        return
    told = w.DONE.format(verb=verb, title=safe.clean(title)[:30])
    st.session_state["inbox_deed"] = {"said": told + before, "labels": ids}


def _already(actor: Actor, post_ids: Sequence[int], now: datetime) -> str:
    """Return what a colleague said of these posts meanwhile, to be told beside one's own."""
    with data.app().db.read() as connection:
        lately = reading.handled(connection, actor, now - timedelta(hours=1), limit=200)
    others = [one for one in lately if one.post_id in post_ids and one.by != actor.name]
    if not others:
        return ""
    one = others[0]
    said = w.label_name(one.field, one.value, one.subject)
    return "　" + w.BEFORE_YOU.format(by=one.by, time=say_time(one.at), said=said)


def _undo(labels: Sequence[int]) -> None:
    try:
        actions.undo_labels(data.app(), labels, session.acting(), data.now())
    except FenghuoError as refused:
        st.toast(safe.label(refused))
        return
    st.session_state.pop("inbox_deed", None)
    st.toast(w.UNDONE)


def _subjects(actor: Actor) -> dict[str, str]:
    return data.subject_keys(actor)


# ---- what was done -----------------------------------------------------------------------------


def _handled(lately: Sequence[Handled]) -> None:
    with st.expander(w.HANDLED.format(n=len(lately))):
        if not lately:
            safe.show(cards.meta([w.NO_HANDLED]))
        for one in lately:
            said = w.label_name(one.field, one.value, one.subject)
            with st.container(horizontal=True, vertical_alignment="center"):
                line = w.HANDLED_LINE.format(time=say_time(one.at), by=one.by, said=said)
                safe.show(cards.meta([line, safe.clean(one.title)[:40]]))
                st.button(
                    w.UNDO, key=f"undo-{one.label_id}", on_click=_undo,
                    args=([one.label_id],),
                )  # fmt: skip


def _log(actor: Actor, now: datetime) -> None:
    with st.expander(w.LOG):
        safe.show(cards.meta([w.LOG_HINT]))
        today = shanghai_day(now)
        with data.app().db.read() as connection:
            lines = reading.reading_log(
                connection, actor, today - timedelta(days=w.LOG_DAYS - 1), today
            )
        if not lines:
            safe.show(cards.meta([w.LOG_EMPTY]))
            return
        rows = [
            (
                line.day.isoformat(), line.who, line.subject, line.posts,
                f"{line.first_at.astimezone(SHANGHAI):%H:%M}",
                f"{line.last_at.astimezone(SHANGHAI):%H:%M}",
            )
            for line in lines
        ]  # fmt: skip
        safe.show(cards.table(w.LOG_COLUMNS, rows))


page()
