"""Complaints (客户投诉处理单 F1): registered, replied, withdrawn, revealed; each audited.

The text becomes a post of the line; name, phone and room stay in the complaint's contact alone.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.access import Act, Actor
from domain.case import Due, StartedClock
from domain.clock import say_time
from domain.errors import CaseError
from domain.label import Field, Judgement
from domain.post import Page, ParsedPost, SourceKind
from domain.source import Source
from pipelines import ingest, intake
from pipelines.wiring import App
from store import access, audit, clocks, complaints, labels, posts, sources
from store.complaints import ComplaintRow, Kept
from store.db import Connection

#: F1 投诉类别 and 投诉方式 (requirements A6).
CATEGORIES = ("工程质量", "规划设计", "销售管理", "客户服务", "物业管理服务", "其他")
WAYS = ("来电", "来信", "来访", "网上", "消息", "其它")
DESK = "客服登记"
WITHDRAWN = "（登记有误，已撤回）"
#: The deadline an authority sets for our reply (AD-11).
EXTERNAL = "external-reply"
_WARN_AT = (50, 80, 100)
#: Two clicks within this time are one registration.
DOUBLE_TAP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintForm:
    """What the form F1 asks; name, phone and home are personal."""

    text: str
    category: str = "其他"
    way: str = "来电"
    subject: str | None = None
    name: str = ""
    phone: str = ""
    phase: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""
    received_at: datetime | None = None
    #: Official channel and its order number; "" and None for our own desk.
    channel: str = ""
    order_no: str | None = None
    reply_due_at: datetime | None = None
    #: Further fields of the form by their Chinese names: 物业公司意见 …; never personal data.
    details: dict[str, str] = field(default_factory=dict)


def register_complaint(
    app: App, form: ComplaintForm, actor: Actor, now: datetime, *, post_id: int | None = None
) -> str:
    """Store a complaint with its post and, where an authority set one, its deadline's clock.

    With `post_id` that post is the complaint's: it is labelled, and no second one is made.
    Returns the number C-YYYYMMDD-nnnn; the same form twice within 60 s is one complaint. Raises
    CaseError naming the field that is wrong, or the number an order has already.
    """
    _check(form, now)
    with app.db.write() as connection:
        subject_id = intake.require_subject(connection, actor, Act.INTAKE, form.subject)
        known = complaints.twin(connection, _row(form, subject_id, actor, now), DOUBLE_TAP)
        if known is not None and form.order_no is None:
            return known
        return store_form(app, connection, form, actor, now, post_id=post_id)


def store_form(
    app: App, connection: Connection, form: ComplaintForm, actor: Actor, now: datetime,
    *, reason: str = "", post_id: int | None = None,
) -> str:  # fmt: skip
    """Store one checked form in the caller's transaction; return its number.

    A withdrawn order comes to life again under its number; CaseError for one that stands.
    """
    subject_id = intake.require_subject(connection, actor, Act.INTAKE, form.subject)
    row = _row(form, subject_id, actor, now)
    known = _withdrawn(connection, actor, form)
    number = known.number if known else complaints.next_number(connection, now)
    if known is None:
        complaints.add(connection, number, row)
    else:
        complaints.restore(connection, number, row)
    if post_id is None:
        post_id = _own_post(app, connection, form, number, row.received_at, now)
    else:
        said = [Judgement(field=Field.COMPLAINT, value=number)]
        labels.add(connection, post_id, said, actor=actor, now=now)
    complaints.link_post(connection, number, post_id)
    if form.reply_due_at is not None:
        start = now if known else row.received_at
        start_clock(connection, number, start, form.reply_due_at)
    audit.append(
        connection, f"complaint:{number}", "complaint-registered", actor=actor, at=now,
        reason=reason or ("撤回后重新登记" if known else ""),
        payload={"category": form.category, "way": form.way, "channel": form.channel},
    )  # fmt: skip
    return number


def _withdrawn(connection: Connection, actor: Actor, form: ComplaintForm) -> Kept | None:
    """Return the withdrawn complaint of this order, None for a new one; CaseError if it stands."""
    if form.order_no is None:
        return None
    known = complaints.by_order(connection, form.channel, form.order_no)
    if known is None:
        return None
    access.require_subject(connection, actor, Act.INTAKE, known.subject_id)
    if known.withdrawn_at is None:
        channel = form.channel or "本单位"
        raise CaseError(f"{channel} 单号 {form.order_no} 已登记为 {known.number}：请在登记簿里处理")
    return known


def _row(form: ComplaintForm, subject_id: int | None, actor: Actor, now: datetime) -> ComplaintRow:
    return ComplaintRow(
        subject_id=subject_id, post_id=None, category=form.category, way=form.way,
        text=form.text.strip(), contact=_contact(form), received_at=form.received_at or now,
        received_by=actor.name, channel=form.channel, order_no=form.order_no,
        reply_due_at=form.reply_due_at, details=form.details,
    )  # fmt: skip


def _own_post(
    app: App, connection: Connection, form: ComplaintForm, number: str, received: datetime,
    now: datetime,
) -> int | None:  # fmt: skip
    """Store the post that carries the text and return its id."""
    site, native_id = form.channel or DESK, form.order_no or number
    # What was withdrawn said something else last: only a line that says when it is news.
    item = replace(_post(form, native_id, received), fetched_at=now)
    _store(app, connection, site, item)
    return posts.id_of(connection, site, native_id)


def _check(form: ComplaintForm, now: datetime) -> None:
    if not form.text.strip():
        raise CaseError("客户意见没有填：请写明反映的问题")
    if form.category not in CATEGORIES:
        raise CaseError(f"投诉类别“{form.category}”不认识：请选 {'、'.join(CATEGORIES)}")
    if form.way not in WAYS:
        raise CaseError(f"投诉方式“{form.way}”不认识：请选 {'、'.join(WAYS)}")
    if form.received_at is not None and form.received_at > now + timedelta(minutes=5):
        raise CaseError("受理时间晚于现在：请核对")
    if form.reply_due_at is not None and form.reply_due_at <= (form.received_at or now):
        raise CaseError(
            f"对方要求回复日期 {say_time(form.reply_due_at)} 早于受理时间：请核对日期与时刻"
        )


def _contact(form: ComplaintForm) -> dict[str, str]:
    said = {
        "name": form.name, "phone": form.phone, "phase": form.phase, "building": form.building,
        "unit": form.unit, "room": form.room,
    }  # fmt: skip
    return {name: value.strip() for name, value in said.items() if value.strip()}


def _post(form: ComplaintForm, native_id: str, received: datetime) -> ParsedPost:
    """Return the post that carries the text; who it was is told only by keyed hashes."""
    who = form.phone.strip() or None
    home = intake.household(form.building, form.unit, form.room, form.phase) if form.room else None
    return ParsedPost(
        native_id=native_id, text=form.text.strip(), author_id=who, published_at=received,
        project=form.subject, household=home,
    )  # fmt: skip


def _store(app: App, connection: Connection, site: str, item: ParsedPost) -> None:
    source = Source(
        name=site[:64], engine="file", url="登记", site=site, kind=SourceKind.COMPLAINT,
        every=timedelta(days=1),
    )  # fmt: skip
    if sources.find(connection, source.name) is None:
        sources.put(connection, source)
    page = Page(source=source.name, site=site, kind=source.kind, posts=(item,))
    ingest.store_in(app, connection, page)


def start_clock(connection: Connection, number: str, start: datetime, due_at: datetime) -> None:
    """Start the clock of an external deadline; a deadline before its start starts none."""
    if due_at <= start:
        return
    length = due_at - start
    steps = (f"对方要求 {say_time(due_at)} 前回复（自 {say_time(start)} 起）",)
    clocks.start(
        connection, f"complaint:{number}",
        StartedClock(
            definition=EXTERNAL, name="外部回复期限", role="客服监测员", started_at=start,
            start_event="registered", stop_event="replied", calendar="wall",
            due=Due(at=due_at, steps=steps),
            warn_at={percent: start + length * percent / 100 for percent in _WARN_AT},
        ),
    )  # fmt: skip


def reply_complaint(app: App, number: str, text: str, actor: Actor, now: datetime) -> None:
    """Record the reply and stop the external deadline; CaseError if there is nothing to reply."""
    if not text.strip():
        raise CaseError("回复内容没有填：请写明答复了什么")
    with app.db.write() as connection:
        item = complaints.kept(connection, number)
        access.require_subject(connection, actor, Act.INTAKE, item.subject_id)
        if item.withdrawn_at is not None:
            raise CaseError(f"{number} 已撤回，不能回复")
        if item.replied_at is not None:
            raise CaseError(f"{number} 已于 {say_time(item.replied_at)} 回复：请刷新查看")
        complaints.reply(connection, number, text.strip(), actor.name, now)
        stopped = clocks.stop(connection, f"complaint:{number}", "replied", actor.name, now)
        audit.append(
            connection, f"complaint:{number}", "complaint-replied", actor=actor, at=now,
            payload={"stopped": stopped},
        )  # fmt: skip


def withdraw_complaint(app: App, number: str, reason: str, actor: Actor, now: datetime) -> None:
    """Take a wrong registration back (undo): its post says so and no longer counts as a voice.

    A post that others wrote keeps its words and loses the label; a case loses the complaint, and
    the customer clocks it started run on until the customer is spoken to.
    """
    with app.db.write() as connection:
        item = complaints.kept(connection, number)
        access.require_subject(connection, actor, Act.INTAKE, item.subject_id)
        if item.withdrawn_at is not None:
            raise CaseError(f"{number} 已撤回")
        complaints.withdraw(connection, number, now)
        clocks.stop(connection, f"complaint:{number}", "replied", actor.name, now)
        if item.native_id and item.site and item.own_post:
            gone = ParsedPost(
                native_id=item.native_id,
                text=WITHDRAWN,
                published_at=now,
                project=item.subject,
                fetched_at=now,
            )
            _store(app, connection, item.site, gone)
        elif item.post_id is not None:
            _unlabel(connection, item.post_id, number, actor, now)
        audit.append(
            connection, f"complaint:{number}", "complaint-withdrawn", actor=actor, at=now,
            reason=reason, payload={"case": item.case},
        )  # fmt: skip


def _unlabel(
    connection: Connection, post_id: int, number: str, actor: Actor, now: datetime
) -> None:
    """Take back the labels that say this complaint was registered from the post."""
    given = [
        one.id
        for one in labels.of_post(connection, actor, post_id)
        if one.undone_at is None and (one.field, one.value) == (Field.COMPLAINT, number)
    ]
    labels.undo(connection, given, actor=actor, now=now)


def reveal_contact(
    app: App, number: str, actor: Actor, now: datetime, reason: str
) -> dict[str, str]:
    """Return name, phone and home in clear; who looked and why is audited first (A12 privacy)."""
    if not reason.strip():
        raise CaseError("查看联系方式须写明理由")
    with app.db.write() as connection:
        item = complaints.kept(connection, number)
        access.require_subject(connection, actor, Act.REVEAL, item.subject_id)
        audit.append(
            connection, f"complaint:{number}", "revealed", actor=actor, at=now,
            reason=reason.strip(), payload={"fields": sorted(item.contact)},
        )  # fmt: skip
        return item.contact
