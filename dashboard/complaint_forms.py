"""Forms of complaints: F1 by hand, tables of 12345 and hotlines, and the book they stand in."""

from collections.abc import Callable
from datetime import datetime, time

import streamlit as st

from dashboard import cards, data, intake_forms, safe, session, words
from dashboard import words_intake as w
from dashboard.intake_forms import done, key
from domain.access import Act, Actor
from domain.clock import SHANGHAI, say_time
from domain.errors import FenghuoError
from pipelines import complaints
from pipelines import orders as order_tables
from pipelines.complaints import CATEGORIES, WAYS, ComplaintForm
from pipelines.orders import FIELDS, OrderPlan
from store import complaints as rows
from store.complaints import Complaint

# ---- F1 ----------------------------------------------------------------------------------------


def complaint(actor: Actor) -> None:
    """Register a complaint; from the inbox it is filled in with the post."""
    asked = st.query_params.get("post", "")
    seen = data.post(actor, int(asked)) if asked.isdecimal() and len(asked) < 16 else None
    safe.show(cards.meta([w.FORM_HINT]))
    if seen is not None:
        safe.show(cards.meta([w.FROM_POST.format(id=asked)]))
    with st.form(key(f"complaint-{asked}"), border=False):
        named = {name: one for one, name in data.subject_keys(actor).items()}
        first = seen.line.mentions[0].subject if seen and seen.line.mentions else ""
        chosen = intake_forms.subject(actor, default=named.get(first))
        one, two = st.columns(2)
        category = one.selectbox(w.CATEGORY, CATEGORIES)
        way = two.selectbox(w.WAY, WAYS, index=WAYS.index(w.BY_WEB) if seen else 0)
        text = st.text_area(w.OPINION, value=safe.clean(seen.line.text) if seen else "")
        one, two = st.columns(2)
        name, phone = one.text_input(w.NAME), two.text_input(w.PHONE)
        places = st.columns(4)
        home = [
            place.text_input(label)
            for place, label in zip(places, (w.PHASE, w.BUILDING, w.UNIT, w.ROOM), strict=True)
        ]
        parts = st.columns(4)
        channel = parts[0].text_input(w.ORDER_CHANNEL)
        order_no = parts[1].text_input(w.ORDER_NO)
        day = parts[2].date_input(w.REPLY_DUE, value=None, format="YYYY-MM-DD")
        hour = parts[3].time_input(w.DUE_TIME, value=time(18, 0))
        if st.form_submit_button(w.REGISTER, type="primary"):
            form = ComplaintForm(
                text=text, category=category, way=way, subject=chosen, name=name, phone=phone,
                phase=home[0], building=home[1], unit=home[2], room=home[3],
                channel=channel.strip(), order_no=order_no.strip() or None,
                reply_due_at=datetime.combine(day, hour, SHANGHAI) if day else None,
            )  # fmt: skip
            _register(actor, form, int(asked) if seen else None)


def _register(actor: Actor, form: ComplaintForm, post_id: int | None) -> None:
    app, now = data.app(), data.now()
    try:
        number = complaints.register_complaint(app, form, actor, now, post_id=post_id)
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    done(w.REGISTERED.format(number=number))


# ---- order tables ------------------------------------------------------------------------------


def orders(actor: Actor) -> None:
    """Take in a table of 12345 or a hotline: columns, preview, import."""
    safe.show(cards.meta([w.ORDERS_HINT]))
    channel = st.text_input(w.CHANNEL, value="12345", key=key("channel"))
    chosen = st.file_uploader(w.UPLOAD, type=["xlsx", "csv"], key=key("orders"))
    if chosen is None:
        return
    body, name = chosen.getvalue(), chosen.name
    try:
        header = order_tables.header_of(body, name)
        plan = order_tables.plan(
            data.app(), body, name=name, now=data.now(), channel=channel, actor=actor
        )
    except FenghuoError as refused:
        plan = None
        header = _header(body, name)
        st.error(safe.label(refused))
    if not header:
        return
    mapping = _columns(header, plan)
    try:
        plan = order_tables.plan(
            data.app(),
            body,
            name=name,
            now=data.now(),
            channel=channel,
            mapping=mapping,
            actor=actor,
        )
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    _orders(actor, plan)


def _header(body: bytes, name: str) -> tuple[str, ...]:
    try:
        return order_tables.header_of(body, name)
    except FenghuoError:
        return ()


def _columns(header: tuple[str, ...], plan: OrderPlan | None) -> dict[str, str]:
    """Ask which column is which; what was remembered or guessed is filled in."""
    known = plan.mapping if plan else order_tables.guess(header)
    if plan is not None and plan.remembered:
        safe.show(cards.meta([w.REMEMBERED]))
    mapping: dict[str, str] = {}
    with st.expander(w.ORDERS_HINT, expanded=plan is None or not plan.remembered):
        cells = st.columns(4)
        for number, (field, (title, _)) in enumerate(FIELDS.items()):
            options = [name for name in header if name]
            index = options.index(known[field]) if known.get(field) in options else None
            chosen = cells[number % 4].selectbox(
                w.COLUMN_OF.format(title=title), options, index=index,
                placeholder=w.NO_COLUMN, key=key(f"column-{field}-{hash(header)}"),
                format_func=safe.clean,
            )  # fmt: skip
            if chosen:
                mapping[field] = chosen
    return mapping


def _orders(actor: Actor, plan: OrderPlan) -> None:
    safe.show(cards.meta([plan.summary]))
    wanted = len(plan.of("new")) + len(plan.of("changed"))
    if wanted == 0:
        safe.show(cards.meta([w.NOTHING_NEW]))
    elif st.button(w.IMPORT_ORDERS.format(n=wanted), type="primary"):
        try:
            found = order_tables.apply(data.app(), plan, actor, data.now())
        except FenghuoError as refused:
            st.error(safe.label(refused))
            return
        done(w.IMPORTED_ORDERS.format(**found))
    shown = [row.shown for row in plan.rows[:100]]
    if shown:
        safe.show(cards.table(list(shown[0]), [list(line.values()) for line in shown]))


# ---- book --------------------------------------------------------------------------------------


def book(actor: Actor) -> None:
    """Show what was registered; reply, withdraw, look at the contact with a reason."""
    safe.show(cards.meta([w.BOOK_HINT]))
    with data.app().db.read() as connection:
        listed = rows.listing(connection, actor)
    if not listed:
        safe.show(cards.quiet(w.BOOK_EMPTY, ""))
        return
    safe.show(cards.table(w.BOOK_COLUMNS, [_line(one) for one in listed]))
    by_number = {one.number: one for one in listed}
    number = st.selectbox(
        w.WHICH, list(by_number), key=key("book"),
        format_func=lambda name: f"{name} {safe.clean(by_number[name].text)[:30]}",
    )  # fmt: skip
    _deal_with(actor, by_number[number])


def _line(one: Complaint) -> tuple[object, ...]:
    state = w.WITHDRAWN if one.withdrawn_at else w.REPLIED if one.replied_at else w.OPEN
    due = say_time(one.reply_due_at) if one.reply_due_at else words.NONE
    return (
        one.number, one.subject_name, one.category, one.channel or words.NONE,
        one.order_no or words.NONE, say_time(one.received_at), due, one.text[:40], state,
    )  # fmt: skip


def _deal_with(actor: Actor, one: Complaint) -> None:
    app = data.app()
    if one.replied_at is None and one.withdrawn_at is None:
        with st.form(key(f"reply-{one.number}")):
            text = st.text_area(w.REPLY_TEXT)
            if st.form_submit_button(w.REPLY):
                _try(w.REPLY_DONE, lambda: complaints.reply_complaint(
                    app, one.number, text, actor, data.now()
                ))  # fmt: skip
    if one.withdrawn_at is None:
        with st.form(key(f"withdraw-{one.number}")):
            why = st.text_input(w.WITHDRAW_WHY)
            if st.form_submit_button(w.WITHDRAW):
                _try(w.WITHDRAW_DONE, lambda: complaints.withdraw_complaint(
                    app, one.number, why, actor, data.now()
                ))  # fmt: skip
    if session.allowed(Act.REVEAL) and one.contact:
        with st.form(key(f"reveal-{one.number}")):
            why = st.text_input(w.REVEAL_WHY)
            if st.form_submit_button(w.REVEAL):
                _reveal(actor, one, why)


def _reveal(actor: Actor, one: Complaint, why: str) -> None:
    try:
        found = complaints.reveal_contact(data.app(), one.number, actor, data.now(), why)
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    # The one place where a contact is shown in clear: typed by a colleague, looked at on record.
    for name, value in found.items():
        st.code(f"{w.CONTACT.get(name, name)}：{value}", language=None)


def _try(said: str, deed: Callable[[], object]) -> None:
    try:
        deed()
    except FenghuoError as refused:
        st.error(safe.label(refused))
        return
    done(said)
