"""Forms of a case (F3, F4): the stored facts they are pre-filled from, and the forms as saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from domain.access import Act, Actor
from domain.errors import CaseError, ConflictError
from store import access, audit, board
from store.board import Clock
from store.report_posts import Said, mentioned, withheld
from store.tables import (
    alert,
    alert_change,
    case,
    case_alert,
    complaint,
    finding,
    finding_post,
    form,
    media_enquiry,
    outbox,
    own_release,
    person,
    post,
    public_reply,
    relation,
    revision,
    subject,
)
from store.tables import audit as audit_table

#: Forms that can be pre-filled and their names (000 att. 3).
KINDS = {"F3": "危机状况信息表", "F4": "情况报告跟进表"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A form as it was saved: what stood in it, and what the system had filled in."""

    n: int
    at: datetime
    by: str
    values: dict[str, str]
    filled: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to the case, worded by the caller: what, when, by whom, why."""

    at: datetime
    what: str
    by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A post of the case: unmasked; the form cuts and masks it."""

    post_id: int
    kind: str
    outlet: str
    title: str
    text: str
    url: str | None
    published_at: datetime
    negative: bool
    onsite: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """All that is known of a case at one moment."""

    number: str
    subject_id: int
    subject: str
    city: str
    company: str
    title: str
    level: str | None
    pack_copy: str
    registered_at: datetime
    #: Suggested level, number and reason of each alert of the case.
    alerts: tuple[tuple[str, str, str], ...]
    said: tuple[Said, ...]
    texts: tuple[Text, ...]
    events: tuple[Event, ...]
    clocks: tuple[Clock, ...]
    #: Names and posts of those a message reached.
    told: tuple[str, ...]
    #: (outlet, number, masked reporter) of enquiries about this case, with their time.
    enquiries: tuple[tuple[datetime, str, str, str], ...]
    #: (official channel, order number) of complaints about this case, with their time.
    orders: tuple[tuple[datetime, str, str], ...]
    #: Post and phone of the person who fills in the form; "" when not known.
    post: str
    phone: str


def facts(connection: Connection, actor: Actor, number: str) -> CaseFacts:
    """Return what is known of a case; posts that may not be in reports are not among it."""
    row = connection.execute(
        select(case, subject.c.name, subject.c.city, subject.c.legal_entity)
        .join(subject, subject.c.id == case.c.subject_id)
        .where(case.c.number == number)
    ).first()
    if row is None:
        raise CaseError(f"没有编号为 {number} 的个案：请在看板核对编号")
    access.require_subject(connection, actor, Act.FILL_FORMS, row.subject_id)
    alerts = connection.execute(
        select(alert)
        .join(case_alert, case_alert.c.alert_id == alert.c.id)
        .where(case_alert.c.case_id == row.id)
        .order_by(alert.c.opened_at)
    ).all()
    posts = _posts(connection, alerts)
    said = mentioned_among(connection, row.subject_id, posts)
    staff = _staff(connection, actor.name)
    return CaseFacts(
        number=number, subject_id=row.subject_id, subject=row.name, city=row.city or "",
        company=row.legal_entity or "", title=row.title, level=row.level, pack_copy=row.pack_copy,
        registered_at=row.registered_at,
        alerts=tuple((item.level, item.number, item.reason_zh) for item in alerts),
        said=tuple(said), texts=_texts(connection, said), events=_events(connection, row, alerts),
        clocks=tuple(board.clocks(connection, [f"case:{number}"])),
        told=_told(connection, [item.id for item in alerts]),
        enquiries=_enquiries(connection, row.id), orders=_orders(connection, row.id),
        post=staff[0], phone=staff[1],
    )  # fmt: skip


def mentioned_among(connection: Connection, subject_id: int, posts: set[int]) -> list[Said]:
    """Return the current mentions of the subject in these posts, without what is withheld."""
    if not posts:
        return []
    kept_out = withheld(connection, posts)
    first, last = connection.execute(
        select(func.min(post.c.published_at), func.max(post.c.published_at)).where(
            post.c.id.in_(sorted(posts))
        )
    ).one()
    end = last + timedelta(microseconds=1)
    found = mentioned(connection, frozenset({subject_id}), first, end)
    return [row for row in found if row.post_id in posts and row.post_id not in kept_out]


def _posts(connection: Connection, alerts: Any) -> set[int]:
    """Return the posts behind the alerts and those of their events since."""
    ids = [item.id for item in alerts]
    events = [item.event_id for item in alerts if item.event_id is not None]
    behind = connection.scalars(
        select(finding_post.c.post_id)
        .join(finding, finding.c.id == finding_post.c.finding_id)
        .where(finding.c.alert_id.in_(ids))
    )
    related = connection.scalars(select(relation.c.post_id).where(relation.c.event_id.in_(events)))
    return {*behind, *related}


def _texts(connection: Connection, said: list[Said]) -> tuple[Text, ...]:
    negative = {row.post_id: row.negative for row in said}
    version = revision.alias("version")
    newest = (
        select(func.max(version.c.n))
        .where(version.c.post_id == post.c.id, version.c.deleted.is_(False))
        .scalar_subquery()
    )
    found: list[Any] = []
    ids = sorted(negative)
    for start in range(0, len(ids), 500):
        found += connection.execute(
            select(post, revision.c.title, revision.c.text)
            .join_from(post, revision, (revision.c.post_id == post.c.id) & (revision.c.n == newest))
            .where(post.c.id.in_(ids[start : start + 500]), post.c.deleted_at.is_(None))
        ).all()
    return tuple(
        Text(
            post_id=row.id, kind=row.kind, outlet=row.outlet or "", title=row.title,
            text=row.text, url=row.url, published_at=row.published_at,
            negative=negative[row.id], onsite=row.onsite,
        )
        for row in sorted(found, key=lambda row: (row.published_at, row.id))
    )  # fmt: skip


def _events(connection: Connection, row: Any, alerts: Any) -> tuple[Event, ...]:
    """Return what people did with the case, what its alerts became, and what was published."""
    found = [
        Event(at=line.at, what=line.action, by=line.actor, text=line.reason)
        for line in connection.execute(
            select(audit_table).where(audit_table.c.object == f"case:{row.number}")
        )
    ]
    ids = [item.id for item in alerts]
    found += [
        Event(at=line.at, what=f"alert-{line.change}", by=line.level, text=line.number)
        for line in connection.execute(
            select(alert_change, alert.c.number)
            .join(alert, alert.c.id == alert_change.c.alert_id)
            .where(alert_change.c.alert_id.in_(ids))
        )
    ]
    found += [
        Event(at=line.at, what="public-reply", by=line.author, text=line.text)
        for line in connection.execute(
            select(public_reply).where(
                public_reply.c.post_id.in_(sorted(_posts(connection, alerts))[:10_000])
            )
        )
    ]
    found += [
        Event(at=line.at, what="release", by=line.outlet, text=line.title)
        for line in connection.execute(
            select(own_release).where(
                own_release.c.subject_id == row.subject_id,
                own_release.c.at >= row.registered_at,
                own_release.c.withdrawn_at.is_(None),
            )
        )
    ]
    return tuple(sorted(found, key=lambda event: event.at))


def _told(connection: Connection, alert_ids: list[int]) -> tuple[str, ...]:
    rows = connection.execute(
        select(person.c.name, person.c.post)
        .join(outbox, outbox.c.recipient == person.c.key)
        .where(outbox.c.alert_id.in_(alert_ids), outbox.c.status == "accepted")
        .order_by(outbox.c.accepted_at, person.c.id)
    )
    return tuple(
        dict.fromkeys(f"{row.name}（{row.post}）" if row.post else row.name for row in rows)
    )


def _enquiries(connection: Connection, case_id: int) -> tuple[tuple[datetime, str, str, str], ...]:
    rows = connection.execute(
        select(media_enquiry)
        .where(media_enquiry.c.case_id == case_id, media_enquiry.c.withdrawn_at.is_(None))
        .order_by(media_enquiry.c.received_at)
    )
    return tuple(
        (row.received_at, row.outlet, row.number, (row.contact.get("reporter") or "")[:1])
        for row in rows
    )


def _orders(connection: Connection, case_id: int) -> tuple[tuple[datetime, str, str], ...]:
    rows = connection.execute(
        select(complaint)
        .where(
            complaint.c.case_id == case_id, complaint.c.withdrawn_at.is_(None),
            complaint.c.channel != "",
        )
        .order_by(complaint.c.received_at)
    )  # fmt: skip
    return tuple((row.received_at, row.channel, row.order_no or row.number) for row in rows)


def _staff(connection: Connection, name: str) -> tuple[str, str]:
    """Return post and phone of the one person of this name; two of a name are nobody."""
    rows = connection.execute(
        select(person.c.post, person.c.phone).where(
            person.c.name == name, person.c.retired_at.is_(None)
        )
    ).all()
    return (rows[0].post, rows[0].phone) if len(rows) == 1 else ("", "")


# ---- as saved ----------------------------------------------------------------------------------


def saved(connection: Connection, actor: Actor, number: str, kind: str) -> list[Saved]:
    """Return the saved forms of a kind, oldest first."""
    row = connection.execute(
        select(case.c.id, case.c.subject_id).where(case.c.number == number)
    ).first()
    if row is None:
        raise CaseError(f"没有编号为 {number} 的个案：请在看板核对编号")
    access.require_subject(connection, actor, Act.VIEW, row.subject_id)
    rows = connection.execute(
        select(form).where(form.c.case_id == row.id, form.c.kind == kind).order_by(form.c.n)
    )
    return [
        Saved(
            n=line.n, at=line.at, by=line.by, values=dict(line.values.get("values", {})),
            filled=dict(line.values.get("filled", {})),
        )
        for line in rows
    ]  # fmt: skip


def save(
    connection: Connection,
    number: str,
    kind: str,
    n: int,
    *,
    values: Mapping[str, str],
    filled: Mapping[str, str],
    actor: Actor,
    now: datetime,
) -> None:
    """Store form n of a case, audited; raises ConflictError if somebody stored n meanwhile."""
    case_id = connection.scalar(select(case.c.id).where(case.c.number == number))
    try:
        connection.execute(
            insert(form).values(
                case_id=case_id, kind=kind, n=n, at=now, by=actor.name,
                values={"values": dict(values), "filled": dict(filled)},
            )
        )  # fmt: skip
    except IntegrityError as clash:
        raise ConflictError(f"{number} 的 {kind} 第 {n} 次已由他人保存：请刷新后重做") from clash
    changed = sorted(key for key, value in values.items() if value != filled.get(key, ""))
    audit.append(
        connection, f"case:{number}", "form-saved", actor=actor, at=now,
        reason=f"{KINDS[kind]}第 {n} 次", payload={"kind": kind, "n": n, "edited": changed},
    )  # fmt: skip
