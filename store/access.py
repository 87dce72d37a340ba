"""Access as the store enforces it: no right, no audit row; no audit row, no action (A4, A12).

Every action of a person writes an audit row in its own transaction, and `audit.append` asks
`permit` first: an action that is not listed here, not allowed to the role, or about a subject of
another legal entity is refused, and the transaction rolls back. Hiding a button is only manners.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, or_, select, true

from domain.access import Act, Actor, who_may
from domain.errors import AccessError
from store.tables import (
    alert,
    analyser,
    analysis,
    case,
    complaint,
    media_enquiry,
    mention,
    own_release,
    post,
    subject,
)

#: Audit action → the right it needs. What is not listed, no web user may do.
ACTIONS: dict[str, Act] = {
    # posts and inbox
    "labelled": Act.READ_INBOX,
    "label-undone": Act.READ_INBOX,
    "replied-publicly": Act.INTAKE,
    "revealed": Act.REVEAL,
    # alerts
    "acknowledged": Act.ACKNOWLEDGE,
    "confirmed": Act.TRIAGE,
    "dismissed": Act.TRIAGE,
    "dismissal-undone": Act.TRIAGE,
    "merged": Act.TRIAGE,
    "split": Act.TRIAGE,
    "registered": Act.TRIAGE,
    "silenced": Act.TRIAGE,
    "unsilenced": Act.TRIAGE,
    # cases
    "graded": Act.GRADE,
    "reported": Act.GRADE,
    "routine": Act.GRADE,
    "contact-linked": Act.TRIAGE,
    "customer-contacted": Act.TRIAGE,
    "form-saved": Act.FILL_FORMS,
    # intake
    "imported": Act.INTAKE,
    "complaint-registered": Act.INTAKE,
    "complaint-replied": Act.INTAKE,
    "complaint-withdrawn": Act.INTAKE,
    "onsite-reported": Act.REPORT_ONSITE,
    # media relations and reports
    "enquiry-registered": Act.MEDIA,
    "enquiry-updated": Act.MEDIA,
    "enquiry-withdrawn": Act.MEDIA,
    "release-entered": Act.MEDIA,
    "release-withdrawn": Act.MEDIA,
    "report-edited": Act.EDIT_REPORT,
    "report-made": Act.EDIT_REPORT,
    # company facts
    "subject-saved": Act.CONFIGURE,
    "alias-dismissed": Act.CONFIGURE,
    "model-activated": Act.CONFIGURE,
    "recipients-saved": Act.CONFIGURE,
    "company-saved": Act.CONFIGURE,
    "source-saved": Act.CONFIGURE,
    "source-visit-asked": Act.CONFIGURE,
    # accounts
    "account-made": Act.MANAGE_ACCOUNTS,
    "account-changed": Act.MANAGE_ACCOUNTS,
    "account-disabled": Act.MANAGE_ACCOUNTS,
    "account-enabled": Act.MANAGE_ACCOUNTS,
    "password-changed": Act.VIEW,
    # keys of other systems
    "intake-key-made": Act.MANAGE_ACCOUNTS,
    "intake-key-revoked": Act.MANAGE_ACCOUNTS,
}


def require(actor: Actor, act: Act) -> None:
    """Raise AccessError unless a role of the actor allows `act`."""
    if not actor.may(act):
        raise AccessError(f"{actor.name} 没有这项权限：需要{who_may(act)}角色，请联系管理员")


def require_subject(connection: Connection, actor: Actor, act: Act, subject_id: int | None) -> None:
    """Raise AccessError unless the actor may do `act` for this subject (None = no subject)."""
    require(actor, act)
    entity = (
        connection.scalar(select(subject.c.legal_entity).where(subject.c.id == subject_id))
        if subject_id is not None
        else None
    )
    if not actor.sees(entity):
        raise AccessError(f"{actor.name} 无权处理其他法人主体的事项：请联系管理员")


def permit(connection: Connection, actor: Actor, obj: str, action: str) -> None:
    """Raise AccessError unless the actor may do `action` to `obj`; audit.append calls this."""
    if actor.trusted:
        return
    act = ACTIONS.get(action)
    if act is None:
        raise AccessError(f"不允许从网页执行“{action}”：请联系管理员")
    require(actor, act)
    if action == "password-changed":
        return
    subjects = list(_subjects_of(connection, obj)) or [None]
    if not any(_sees(connection, actor, subject_id) for subject_id in subjects):
        raise AccessError(f"{actor.name} 无权处理其他法人主体的事项：请联系管理员")


def _sees(connection: Connection, actor: Actor, subject_id: int | None) -> bool:
    if subject_id is None:
        return actor.sees(None)
    entity = connection.scalar(select(subject.c.legal_entity).where(subject.c.id == subject_id))
    return actor.sees(entity)


def _subjects_of(connection: Connection, obj: str) -> Iterable[int | None]:
    kind, _, name = obj.partition(":")
    numbered = {
        "alert": alert, "case": case, "complaint": complaint, "enquiry": media_enquiry,
    }  # fmt: skip
    if kind in numbered:
        table = numbered[kind]
        return connection.scalars(select(table.c.subject_id).where(table.c.number == name)).all()
    if kind == "release":
        return connection.scalars(
            select(own_release.c.subject_id).where(own_release.c.id == int(name))
        ).all()
    if kind == "subject":
        return connection.scalars(select(subject.c.id).where(subject.c.key == name)).all()
    if kind == "post":
        return _subjects_of_post(connection, int(name))
    return ()


def _subjects_of_post(connection: Connection, post_id: int) -> list[int | None]:
    mentioned = connection.scalars(
        select(mention.c.subject_id)
        .join(analysis, analysis.c.id == mention.c.analysis_id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .where(mention.c.post_id == post_id)
    )
    own = connection.scalar(select(post.c.subject_id).where(post.c.id == post_id))
    return [*mentioned, *([own] if own is not None else [])]


# ---- what may be seen -------------------------------------------------------------------------


def of_entities(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `subject` rows that keeps those the actor may see."""
    if actor.trusted or actor.entities is None:
        return true()
    return subject.c.legal_entity.in_(sorted(actor.entities))


def subject_ids(connection: Connection, actor: Actor) -> frozenset[int] | None:
    """Return the ids of the subjects the actor may see; None = all, and what has no subject."""
    if actor.trusted or actor.entities is None:
        return None
    return frozenset(connection.scalars(select(subject.c.id).where(of_entities(actor))))


def posts_of(ids: frozenset[int] | None) -> ColumnElement[bool]:
    """Return the condition on `post` rows that mention or belong to one of these subjects."""
    if ids is None:
        return true()
    named = mention.alias("named")  # the query around it may read mentions itself
    said = (
        select(named.c.post_id)
        .where(named.c.post_id == post.c.id, named.c.subject_id.in_(ids))
        .exists()
    )
    return or_(post.c.subject_id.in_(ids), said)
