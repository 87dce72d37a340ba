"""Complaints (客户投诉处理单 F1) and official orders (12345 …): personal data in `contact` only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from domain.access import Actor
from domain.clock import shanghai_day
from domain.errors import CaseError
from domain.mask import mask
from store import access, dirty
from store.db import inserted_id
from store.tables import case, clock, complaint, post, subject


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintRow:
    """A complaint ready to be stored."""

    subject_id: int | None
    post_id: int | None
    category: str
    way: str
    text: str
    contact: dict[str, str]
    received_at: datetime
    received_by: str
    channel: str = ""
    order_no: str | None = None
    reply_due_at: datetime | None = None
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint as screens show it: text and contact masked."""

    number: str
    subject: str | None
    subject_name: str
    post_id: int | None
    category: str
    way: str
    text: str
    contact: dict[str, str]
    channel: str
    order_no: str | None
    received_at: datetime
    received_by: str
    reply_due_at: datetime | None
    reply: str
    replied_at: datetime | None
    replied_by: str | None
    withdrawn_at: datetime | None
    details: dict[str, str]


def next_number(connection: Connection, now: datetime) -> str:
    """Return the next number of the day, C-YYYYMMDD-nnnn; call it in the writing transaction."""
    day = f"C-{shanghai_day(now):%Y%m%d}-"
    last: str | None = connection.scalar(
        select(func.max(complaint.c.number)).where(complaint.c.number.startswith(day))
    )
    return f"{day}{int(last.rsplit('-', 1)[1]) + 1 if last else 1:04d}"


def add(connection: Connection, number: str, row: ComplaintRow) -> int:
    """Store a complaint under its number; return its id."""
    values = {name: getattr(row, name) for name in ComplaintRow.__slots__}
    values["details"] = dict(row.details)
    added = connection.execute(insert(complaint).values(number=number, **values))
    return inserted_id(added)


def link_post(connection: Connection, number: str, post_id: int | None) -> None:
    """Say which post carries the text of a complaint."""
    connection.execute(
        update(complaint).where(complaint.c.number == number).values(post_id=post_id)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What deciding about a stored complaint needs."""

    number: str
    subject_id: int | None
    subject: str | None
    post_id: int | None
    native_id: str | None
    site: str | None
    reply_due_at: datetime | None
    replied_at: datetime | None
    withdrawn_at: datetime | None
    contact: dict[str, str]
    #: Number of the case it is linked to.
    case: str | None
    #: Whether its post was made by the registration itself, and carries nobody else's words.
    own_post: bool


def kept(connection: Connection, number: str) -> Kept:
    """Return a complaint by number; raises CaseError if there is none."""
    found = _kept(connection, complaint.c.number == number)
    if found is None:
        raise CaseError(f"没有投诉单 {number}：请核对编号")
    return found


def by_order(connection: Connection, channel: str, order_no: str) -> Kept | None:
    """Return the complaint of an official order, None if it is new."""
    return _kept(connection, (complaint.c.channel == channel) & (complaint.c.order_no == order_no))


def _kept(connection: Connection, wanted: Any) -> Kept | None:
    row = connection.execute(
        select(
            complaint,
            subject.c.key,
            post.c.native_id,
            post.c.site,
            case.c.number.label("case_number"),
        )
        .outerjoin(subject, subject.c.id == complaint.c.subject_id)
        .outerjoin(case, case.c.id == complaint.c.case_id)
        .outerjoin(post, post.c.id == complaint.c.post_id)
        .where(wanted)
    ).first()
    if row is None:
        return None
    return Kept(
        number=row.number, subject_id=row.subject_id, subject=row.key, post_id=row.post_id,
        native_id=row.native_id, site=row.site, reply_due_at=row.reply_due_at,
        replied_at=row.replied_at, withdrawn_at=row.withdrawn_at, contact=dict(row.contact),
        case=row.case_number,
        own_post=row.native_id is not None and row.native_id in (row.number, row.order_no)
        and row.channel in ("", row.site),
    )  # fmt: skip


def twin(connection: Connection, row: ComplaintRow, within: timedelta) -> str | None:
    """Return the number of the same complaint by the same person, received just before."""
    same = [
        getattr(complaint.c, name) == getattr(row, name)
        for name in ("text", "category", "way", "received_by", "channel")
    ]
    found = connection.execute(
        select(complaint.c.number, complaint.c.contact)
        .where(
            *same, complaint.c.subject_id.is_not_distinct_from(row.subject_id),
            complaint.c.reply_due_at.is_not_distinct_from(row.reply_due_at),
            complaint.c.order_no.is_(None), complaint.c.withdrawn_at.is_(None),
            complaint.c.received_at >= row.received_at - within,
            complaint.c.received_at <= row.received_at,
        )
        .order_by(complaint.c.id)
    )  # fmt: skip
    return next((one.number for one in found if one.contact == row.contact), None)


def restore(connection: Connection, number: str, row: ComplaintRow) -> None:
    """Put a withdrawn complaint in force again, with what is said now."""
    values = {name: getattr(row, name) for name in ComplaintRow.__slots__ if name != "post_id"}
    values |= {
        "details": dict(row.details), "withdrawn_at": None, "reply": "", "replied_at": None,
        "replied_by": None,
    }  # fmt: skip
    connection.execute(update(complaint).where(complaint.c.number == number).values(**values))


def reply(connection: Connection, number: str, text: str, by: str, now: datetime) -> None:
    """Record what was replied, by whom and when."""
    connection.execute(
        update(complaint)
        .where(complaint.c.number == number)
        .values(reply=text, replied_at=now, replied_by=by)
    )


def withdraw(connection: Connection, number: str, now: datetime) -> None:
    """Take a complaint back and out of its case; the row stays."""
    case_id = connection.scalar(select(complaint.c.case_id).where(complaint.c.number == number))
    connection.execute(
        update(complaint).where(complaint.c.number == number).values(withdrawn_at=now, case_id=None)
    )
    if case_id is not None:
        _recount(connection, case_id)


def move_due(connection: Connection, number: str, due_at: datetime | None) -> None:
    """Store a changed external deadline."""
    connection.execute(
        update(complaint).where(complaint.c.number == number).values(reply_due_at=due_at)
    )


def listing(
    connection: Connection, actor: Actor, *, open_only: bool = False, limit: int = 200
) -> list[Complaint]:
    """Return the complaints the actor may see, newest first, contact masked."""
    ids = access.subject_ids(connection, actor)
    wanted = _shown().order_by(complaint.c.received_at.desc(), complaint.c.id.desc()).limit(limit)
    if ids is not None:
        wanted = wanted.where(complaint.c.subject_id.in_(sorted(ids)))
    if open_only:
        wanted = wanted.where(complaint.c.replied_at.is_(None), complaint.c.withdrawn_at.is_(None))
    return [_complaint(row) for row in connection.execute(wanted)]


def detail(connection: Connection, actor: Actor, number: str) -> Complaint:
    """Return one complaint, contact masked; CaseError if the actor may not see it or none is."""
    ids = access.subject_ids(connection, actor)
    row = connection.execute(_shown().where(complaint.c.number == number)).first()
    if row is None or (ids is not None and row.subject_id not in ids):
        raise CaseError(f"没有投诉单 {number}：请核对编号，或向管理员申请查看该法人主体")
    return _complaint(row)


def of_case(connection: Connection, actor: Actor, case_number: str) -> list[Complaint]:
    """Return the complaints linked to a case: whom the customer clocks are about (AD-10)."""
    wanted = (
        _shown()
        .join(case, case.c.id == complaint.c.case_id)
        .where(
            case.c.number == case_number, complaint.c.withdrawn_at.is_(None),
            access.of_entities(actor),
        )
        .order_by(complaint.c.id)
    )  # fmt: skip
    return [_complaint(row) for row in connection.execute(wanted)]


def linkable(connection: Connection, actor: Actor, case_number: str) -> list[Complaint]:
    """Return the complaints on the same subject that belong to no case, newest first."""
    own = select(case.c.subject_id).where(case.c.number == case_number).scalar_subquery()
    wanted = (
        _shown()
        .where(
            complaint.c.subject_id == own, complaint.c.case_id.is_(None),
            complaint.c.withdrawn_at.is_(None), access.of_entities(actor),
        )
        .order_by(complaint.c.id.desc())
        .limit(200)
    )  # fmt: skip
    return [_complaint(row) for row in connection.execute(wanted)]


def link_case(connection: Connection, number: str, case_id: int, subject_id: int) -> None:
    """Link a complaint to a case of its subject; CaseError if it is linked or another subject's."""
    changed = connection.execute(
        update(complaint)
        .where(
            complaint.c.number == number, complaint.c.case_id.is_(None),
            complaint.c.subject_id == subject_id, complaint.c.withdrawn_at.is_(None),
        )
        .values(case_id=case_id)
    )  # fmt: skip
    if not changed.rowcount:
        raise CaseError(f"投诉单 {number} 已关联个案、已撤回，或不属于这个对象：请刷新后重选")
    _recount(connection, case_id)


def _recount(connection: Connection, case_id: int) -> None:
    """Have the events of a case's complaints assessed again: repeats move up (X-03)."""
    linked = select(complaint.c.post_id).where(
        complaint.c.case_id == case_id, complaint.c.post_id.is_not(None)
    )
    dirty.mark_posts(connection, list(connection.scalars(linked)))


def has_contact(connection: Connection, case_id: int) -> bool:
    """Whether a complaint is linked to the case."""
    found = select(complaint.c.id).where(
        complaint.c.case_id == case_id, complaint.c.withdrawn_at.is_(None)
    )
    return connection.scalar(found.limit(1)) is not None


def due_of(connection: Connection, number: str) -> datetime | None:
    """Return when the running external deadline of a complaint is due, None if none runs."""
    found: datetime | None = connection.scalar(
        select(clock.c.due_at).where(
            clock.c.object == f"complaint:{number}", clock.c.stopped_at.is_(None)
        )
    )
    return found


def _shown() -> Any:
    return select(complaint, subject.c.key, subject.c.name).outerjoin(
        subject, subject.c.id == complaint.c.subject_id
    )


def _complaint(row: Any) -> Complaint:
    return Complaint(
        number=row.number, subject=row.key, subject_name=row.name or "未归属",
        post_id=row.post_id, category=row.category, way=row.way, text=mask(row.text),
        contact={field: hide(value) for field, value in row.contact.items() if value},
        channel=row.channel, order_no=row.order_no, received_at=row.received_at,
        received_by=row.received_by, reply_due_at=row.reply_due_at, reply=mask(row.reply),
        replied_at=row.replied_at, replied_by=row.replied_by, withdrawn_at=row.withdrawn_at,
        details={field: mask(value) for field, value in row.details.items()},
    )  # fmt: skip


def hide(value: str) -> str:
    """Return a contact value with all but its first character covered (张**, 1**********)."""
    return value[:1] + "*" * (len(value) - 1)
