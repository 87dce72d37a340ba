"""Media relations (媒介): enquiries with a clock each, own releases, all audited (AD-1)."""

from datetime import datetime, timedelta
from typing import Any

from alerts.clocks import WARN_AT
from domain.access import Act, Actor
from domain.case import Due, StartedClock
from domain.clock import say_time
from domain.errors import CaseError
from pipelines.wiring import App
from reports.text import web_address
from store import access, audit, cases, clocks, enquiries, releases, subjects
from store.db import Connection
from store.enquiries import EnquiryLine

#: Clock of an enquiry with a deadline; the reply stops it, so does a moved deadline.
CLOCK, CLOCK_NAME, REPLIED = "media-reply", "媒体回复期限", "media-replied"


def register_enquiry(
    app: App,
    *,
    outlet: str,
    question: str,
    actor: Actor,
    now: datetime,
    subject: str | None = None,
    case_number: str | None = None,
    reporter: str = "",
    phone: str = "",
    received_at: datetime | None = None,
    deadline_at: datetime | None = None,
) -> str:
    """Register an enquiry and return its number M-YYYYMMDD-nnn; a deadline starts a clock.

    `subject` is a key, None = that of the case, else the company as a whole. Raises CaseError
    naming the missing field or a case of another subject, AccessError for what is not the actor's.
    """
    received = received_at or now
    _need(outlet, "媒体名称")
    _need(question, "问题")
    if received > now:
        raise CaseError(f"来访时间 {say_time(received)} 还没有到：请核对")
    if deadline_at is not None and deadline_at <= received:
        raise CaseError(f"回复期限 {say_time(deadline_at)} 早于来访时间：请核对")
    with app.db.write() as connection:
        subject_id, case_id = _about(connection, actor, subject, case_number)
        number = enquiries.add(
            connection, now=now, subject_id=subject_id, case_id=case_id,
            outlet=outlet.strip(), question=question.strip(),
            contact={"reporter": reporter.strip(), "phone": phone.strip()},
            received_at=received, received_by=actor.name, deadline_at=deadline_at,
        )  # fmt: skip
        if deadline_at is not None:
            _start(connection, number, received, deadline_at)
        audit.append(
            connection, f"enquiry:{number}", "enquiry-registered", actor=actor, at=now,
            payload={"outlet": outlet.strip(), "has_deadline": deadline_at is not None},
        )  # fmt: skip
        return number


def update_enquiry(
    app: App,
    number: str,
    *,
    actor: Actor,
    now: datetime,
    reply: str | None = None,
    wording: str | None = None,
    called_back: bool = False,
    written_sent: bool = False,
    published_url: str | None = None,
    deadline_at: datetime | None = None,
) -> EnquiryLine:
    """Write what was done about an enquiry; a first reply stops its clock. Return it as it is now.

    A reply must name the version of the wording (口径版本) it used.
    """
    with app.db.write() as connection:
        line = _open(connection, actor, number)
        values: dict[str, Any] = {}
        if wording is not None:
            values["wording"] = wording.strip()
        if reply is not None:
            _need(reply, "答复内容")
            _need(wording if wording is not None else line.wording, "口径版本")
            values |= {"reply": reply.strip(), "replied_at": line.replied_at or now}
        if called_back:
            values["called_back_at"] = line.called_back_at or now
        if written_sent:
            values["written_sent_at"] = line.written_sent_at or now
        if published_url is not None:
            values["published_url"] = _address(published_url)
        if deadline_at is not None and deadline_at != line.deadline_at:
            values["deadline_at"] = deadline_at
            _move(connection, line, deadline_at, actor, now)
        if not values:
            raise CaseError(f"媒体来访 {number}：没有要更新的内容")
        enquiries.change(connection, number, values)
        if reply is not None:
            clocks.stop(connection, f"enquiry:{number}", REPLIED, actor.name, now)
        audit.append(
            connection, f"enquiry:{number}", "enquiry-updated", actor=actor, at=now,
            payload={"fields": sorted(values), "wording": values.get("wording", line.wording)},
        )  # fmt: skip
        return enquiries.by_number(connection, actor, number)


def withdraw_enquiry(app: App, number: str, *, actor: Actor, now: datetime, reason: str) -> None:
    """Take a registration back (undo); the row and its history stay, its clock no longer runs."""
    _need(reason, "撤销理由")
    with app.db.write() as connection:
        _open(connection, actor, number)
        enquiries.change(connection, number, {"withdrawn_at": now})
        clocks.stop(connection, f"enquiry:{number}", REPLIED, actor.name, now)
        audit.append(
            connection, f"enquiry:{number}", "enquiry-withdrawn", actor=actor, at=now,
            reason=reason,
        )  # fmt: skip


def reveal_enquiry(
    app: App, number: str, *, actor: Actor, now: datetime, reason: str
) -> dict[str, str]:
    """Return reporter and phone in clear; needs the right to reveal, and every look is audited."""
    _need(reason, "查看理由")
    with app.db.write() as connection:
        access.require(actor, Act.REVEAL)
        enquiries.by_number(connection, actor, number)
        audit.append(
            connection, f"enquiry:{number}", "revealed", actor=actor, at=now, reason=reason,
            payload={"fields": ["reporter", "phone"]},
        )  # fmt: skip
        return enquiries.contact(connection, number)


def enter_release(
    app: App,
    *,
    at: datetime,
    outlet: str,
    title: str,
    actor: Actor,
    now: datetime,
    subject: str | None = None,
    url: str = "",
    note: str = "",
) -> int:
    """Enter what the company published and return its id."""
    _need(outlet, "发布渠道")
    _need(title, "题目")
    with app.db.write() as connection:
        key = releases.add(
            connection, subject_id=_subject(connection, subject), at=at, outlet=outlet.strip(),
            title=title.strip(), url=_address(url), note=note.strip(), entered_by=actor.name,
        )  # fmt: skip
        audit.append(
            connection, f"release:{key}", "release-entered", actor=actor, at=now,
            payload={"outlet": outlet.strip(), "title": title.strip()},
        )  # fmt: skip
        return key


def withdraw_release(
    app: App, release_id: int, *, actor: Actor, now: datetime, reason: str
) -> None:
    """Take an entered release back (undo)."""
    _need(reason, "撤回理由")
    with app.db.write() as connection:
        releases.withdraw(connection, release_id, now)
        audit.append(
            connection, f"release:{release_id}", "release-withdrawn", actor=actor, at=now,
            reason=reason,
        )  # fmt: skip


def _open(connection: Connection, actor: Actor, number: str) -> EnquiryLine:
    line = enquiries.by_number(connection, actor, number)
    if line.withdrawn_at is not None:
        raise CaseError(f"媒体来访 {number} 已撤销登记，不能再更改")
    return line


def _move(
    connection: Connection, line: EnquiryLine, deadline: datetime, actor: Actor, now: datetime
) -> None:
    """Replace the running clock by one with the new deadline."""
    if line.replied_at is not None:
        raise CaseError(f"媒体来访 {line.number} 已答复，回复期限不再更改")
    if deadline <= now:
        raise CaseError(f"回复期限 {say_time(deadline)} 已过：请核对")
    clocks.stop(connection, f"enquiry:{line.number}", REPLIED, actor.name, now)
    _start(connection, line.number, now, deadline)


def _start(connection: Connection, number: str, at: datetime, deadline: datetime) -> None:
    length: timedelta = deadline - at
    clocks.start(
        connection,
        f"enquiry:{number}",
        StartedClock(
            definition=CLOCK, name=CLOCK_NAME, role="媒介", started_at=at,
            start_event="enquiry-registered", stop_event=REPLIED, calendar="wall",
            due=Due(at=deadline, steps=(f"媒体提出的期限：{say_time(deadline)}",)),
            warn_at={percent: at + length * percent / 100 for percent in WARN_AT},
        ),
    )  # fmt: skip


def _about(
    connection: Connection, actor: Actor, key: str | None, case_number: str | None
) -> tuple[int | None, int | None]:
    """Return the ids of subject and case, which belong together and to the actor's business."""
    subject_id = _subject(connection, key)
    if not case_number:
        access.require_subject(connection, actor, Act.MEDIA, subject_id)
        return subject_id, None
    row = cases.by_number(connection, case_number)
    access.require_subject(connection, actor, Act.MEDIA, row.subject_id)
    if subject_id is not None and subject_id != row.subject_id:
        raise CaseError(f"个案 {case_number} 不属于所选的监测对象：请核对个案编号或对象")
    return row.subject_id, row.id


def _subject(connection: Connection, key: str | None) -> int | None:
    if not key:
        return None
    known = subjects.ids(connection).get(key)
    if known is None:
        raise CaseError(f"没有监测对象“{key}”：请从列表中选择")
    return known


def _address(url: str) -> str | None:
    if not url.strip():
        return None
    if web_address(url.strip()) is None:
        raise CaseError(f"链接“{url.strip()}”不对：请填 http:// 或 https:// 开头的网址")
    return url.strip()


def _need(value: str, name: str) -> None:
    if not value.strip():
        raise CaseError(f"{name}不能为空：请填写")
