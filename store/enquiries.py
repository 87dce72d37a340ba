"""Media enquiries (媒体来访登记, AD-1): rows, numbers, and the list people see, contacts masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from domain.access import Act, Actor
from domain.clock import shanghai_day
from domain.errors import CaseError
from domain.mask import mask
from store import access
from store.tables import case, media_enquiry, subject


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquiryLine:
    """One enquiry; reporter and phone are masked."""

    number: str
    subject_id: int | None
    subject: str
    case_number: str | None
    outlet: str
    reporter: str
    phone: str
    question: str
    received_at: datetime
    received_by: str
    deadline_at: datetime | None
    wording: str
    reply: str
    replied_at: datetime | None
    called_back_at: datetime | None
    written_sent_at: datetime | None
    published_url: str | None
    withdrawn_at: datetime | None


def add(connection: Connection, *, now: datetime, **values: Any) -> str:
    """Insert an enquiry with the next number of the day and return it."""
    prefix = f"M-{shanghai_day(now):%Y%m%d}-"
    used = connection.scalar(
        select(func.count())
        .select_from(media_enquiry)
        .where(media_enquiry.c.number.startswith(prefix))
    )
    number = f"{prefix}{(used or 0) + 1:03d}"
    connection.execute(insert(media_enquiry).values(number=number, **values))
    return number


def change(connection: Connection, number: str, values: Mapping[str, Any]) -> None:
    """Write these columns of an enquiry."""
    connection.execute(
        update(media_enquiry).where(media_enquiry.c.number == number).values(**values)
    )


def contact(connection: Connection, number: str) -> dict[str, str]:
    """Return reporter and phone in clear; only behind Act.REVEAL and an audit row."""
    found = connection.scalar(
        select(media_enquiry.c.contact).where(media_enquiry.c.number == number)
    )
    return dict(found or {})


def by_number(connection: Connection, actor: Actor, number: str) -> EnquiryLine:
    """Return one enquiry; raises CaseError if there is none the actor may see."""
    for line in lines(connection, actor, number=number, withdrawn=True):
        return line
    raise CaseError(f"没有编号为 {number} 的媒体来访：请在媒体登记页核对编号")


def lines(
    connection: Connection,
    actor: Actor,
    *,
    number: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    withdrawn: bool = False,
    limit: int = 500,
) -> list[EnquiryLine]:
    """Return the enquiries of subjects the actor may see, newest first."""
    access.require(actor, Act.VIEW)
    query = (
        select(media_enquiry, subject.c.name, case.c.number.label("case_number"))
        .join_from(media_enquiry, subject, subject.c.id == media_enquiry.c.subject_id, isouter=True)
        .join(case, case.c.id == media_enquiry.c.case_id, isouter=True)
        .order_by(media_enquiry.c.received_at.desc(), media_enquiry.c.id.desc())
        .limit(limit)
    )
    seen = access.subject_ids(connection, actor)
    if seen is not None:
        query = query.where(media_enquiry.c.subject_id.in_(sorted(seen)))
    if number is not None:
        query = query.where(media_enquiry.c.number == number)
    if since is not None:
        query = query.where(media_enquiry.c.received_at >= since)
    if until is not None:
        query = query.where(media_enquiry.c.received_at < until)
    if not withdrawn:
        query = query.where(media_enquiry.c.withdrawn_at.is_(None))
    return [
        EnquiryLine(
            number=row.number, subject_id=row.subject_id, subject=row.name or "",
            case_number=row.case_number, outlet=row.outlet,
            reporter=mask_name(row.contact.get("reporter", "")),
            phone=mask(row.contact.get("phone", "")),
            question=row.question, received_at=row.received_at, received_by=row.received_by,
            deadline_at=row.deadline_at, wording=row.wording, reply=row.reply,
            replied_at=row.replied_at, called_back_at=row.called_back_at,
            written_sent_at=row.written_sent_at, published_url=row.published_url,
            withdrawn_at=row.withdrawn_at,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def mask_name(name: str) -> str:
    """Return a name with all but its first character starred."""
    return name[:1] + "*" * (len(name) - 1)
