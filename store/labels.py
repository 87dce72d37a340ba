"""Labels: written with their audit row, and at once in force in what counts (design §4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from domain.access import Act, Actor
from domain.clock import iso_shanghai
from domain.errors import AccessError, CaseError
from domain.label import Counts, Field, Judgement, counts
from store import access, audit, dirty
from store.db import inserted_id
from store.tables import analyser, analysis, label, mention, post, revision, subject

#: From here on a mention counts as a voice of complaint.
NEGATIVE_FROM = 0.5
#: From here on a mention counts as one where most posts of its event complain.
LEANS_FROM = 0.18


def add(
    connection: Connection,
    post_id: int,
    judgements: Sequence[Judgement],
    *,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> list[int]:
    """Label the newest revision of a post and return the label ids, for undo.

    Raises CaseError for an unknown post or subject, AccessError if it is not the actor's business.
    """
    revision_id = _newest(connection, post_id)
    scope = _scope(connection, actor, post_id)
    ids = []
    for item in _scoped(connection, actor, judgements, scope):
        row = connection.execute(
            insert(label).values(
                revision_id=revision_id, subject_id=_subject_id(connection, item.subject),
                field=item.field, value=item.value[:64], by=actor.name, at=now, note=note or None,
            )
        )  # fmt: skip
        ids.append(inserted_id(row))
    audit.append(
        connection, f"post:{post_id}", "labelled", actor=actor, at=now, reason=note,
        payload={"labels": ids, "judgements": [_plain(item) for item in judgements]},
    )  # fmt: skip
    apply(connection, [revision_id])
    return ids


def _scope(connection: Connection, actor: Actor, post_id: int) -> list[str] | None:
    """Return the subjects an actor's word on this post is limited to; None = it is for everybody.

    Somebody of one legal entity speaks for the subjects of that entity only, where a post is the
    business of others, too.
    """
    if actor.trusted or actor.entities is None:
        return None
    rows = connection.execute(
        select(subject.c.key, subject.c.legal_entity)
        .join(mention, mention.c.subject_id == subject.c.id)
        .join(analysis, analysis.c.id == mention.c.analysis_id)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .where(mention.c.post_id == post_id)
        .distinct()
    ).all()
    if all(actor.sees(row.legal_entity) for row in rows):
        return None
    return sorted(row.key for row in rows if actor.sees(row.legal_entity))


def _scoped(
    connection: Connection, actor: Actor, judgements: Sequence[Judgement], scope: list[str] | None
) -> Iterator[Judgement]:
    """Yield the judgements, those about no subject once per subject in scope."""
    for item in judgements:
        if item.subject is not None:
            key = _subject_id(connection, item.subject)
            access.require_subject(connection, actor, Act.READ_INBOX, key)
        if item.subject is not None or scope is None:
            yield item
        else:
            yield from (replace(item, subject=key) for key in scope)


def undo(
    connection: Connection, ids: Sequence[int], *, actor: Actor, now: datetime
) -> list[tuple[int, str]]:
    """Take labels back; return (post id, field) of those that stood. Undoing twice is once."""
    rows = connection.execute(
        select(
            label.c.id, label.c.field, label.c.revision_id, label.c.subject_id,
            revision.c.post_id,
        )
        .join(revision, revision.c.id == label.c.revision_id)
        .where(label.c.id.in_(ids), label.c.undone_at.is_(None))
    ).all()  # fmt: skip
    for row in rows:
        if row.subject_id is not None:
            access.require_subject(connection, actor, Act.READ_INBOX, row.subject_id)
        elif _scope(connection, actor, row.post_id) is not None:
            raise AccessError("这条标注也关系到其他法人主体：请全公司的同事撤销")
    connection.execute(
        update(label)
        .where(label.c.id.in_([row.id for row in rows]))
        .values(undone_at=now, undone_by=actor.name)
    )
    for post_id in sorted({row.post_id for row in rows}):
        audit.append(
            connection, f"post:{post_id}", "label-undone", actor=actor, at=now,
            payload={"labels": [row.id for row in rows if row.post_id == post_id]},
        )  # fmt: skip
    apply(connection, sorted({row.revision_id for row in rows}))
    return [(row.post_id, row.field) for row in rows]


def _plain(item: Judgement) -> dict[str, Any]:
    return {"field": item.field, "value": item.value, "subject": item.subject}


def _newest(connection: Connection, post_id: int) -> int:
    found: int | None = connection.scalar(
        select(revision.c.id)
        .where(revision.c.post_id == post_id)
        .order_by(revision.c.n.desc())
        .limit(1)
    )
    if found is None:
        raise CaseError(f"没有编号为 {post_id} 的帖子：请刷新页面")
    return found


def _subject_id(connection: Connection, key: str | None) -> int | None:
    if key is None:
        return None
    found: int | None = connection.scalar(select(subject.c.id).where(subject.c.key == key))
    if found is None:
        raise CaseError(f"没有编号为 {key} 的监测对象：请刷新页面")
    return found


# ---- in force ----------------------------------------------------------------------------------


def apply(connection: Connection, revision_ids: Sequence[int]) -> None:
    """Make the mentions of the active analyses count as the labels in force say.

    Called after every label, undo and re-scoring, so that a person's word is never older than
    what is counted.
    """
    if not revision_ids:
        return
    said = _in_force(connection, revision_ids)
    posts = list(
        connection.scalars(select(revision.c.post_id).where(revision.c.id.in_(revision_ids)))
    )
    dirty.mark_posts(connection, posts)
    read = connection.execute(
        select(analysis)
        .join(analyser, (analyser.c.id == analysis.c.analyser_id) & analyser.c.active)
        .where(analysis.c.revision_id.in_(revision_ids))
    ).all()
    for row in read:
        _add_missing(connection, row, said.get(row.revision_id, []))
        _recount(connection, row, said.get(row.revision_id, []))
    dirty.mark_posts(connection, posts)


def labelled(connection: Connection, revision_ids: Sequence[int]) -> list[int]:
    """Return those of the revisions that carry a label in force."""
    return list(
        connection.scalars(
            select(label.c.revision_id)
            .where(label.c.revision_id.in_(revision_ids), label.c.undone_at.is_(None))
            .distinct()
        )
    )


def _in_force(connection: Connection, revision_ids: Sequence[int]) -> dict[int, list[Judgement]]:
    rows = connection.execute(
        select(label.c.revision_id, label.c.field, label.c.value, subject.c.key)
        .outerjoin(subject, subject.c.id == label.c.subject_id)
        .where(label.c.revision_id.in_(revision_ids), label.c.undone_at.is_(None))
        .order_by(label.c.id)
    )
    found: dict[int, list[Judgement]] = {}
    for row in rows:
        item = Judgement(field=Field(row.field), value=row.value, subject=row.key)
        found.setdefault(row.revision_id, []).append(item)
    return found


def _add_missing(connection: Connection, read: Any, said: Iterable[Judgement]) -> None:
    """Mention the subjects only a person saw; forget those nobody says any more."""
    connection.execute(
        delete(mention).where(mention.c.analysis_id == read.id, mention.c.via == "label")
    )
    wanted = {i.subject for i in said if i.field is Field.SUBJECT and i.value == "yes"}
    known = set(
        connection.scalars(
            select(subject.c.key)
            .join(mention, mention.c.subject_id == subject.c.id)
            .where(mention.c.analysis_id == read.id)
        )
    )
    where = connection.execute(
        select(post.c.published_at, post.c.day_cn).where(post.c.id == read.post_id)
    ).one()
    for key in sorted(k for k in wanted - known if k):
        connection.execute(
            insert(mention).values(
                analysis_id=read.id, post_id=read.post_id,
                subject_id=_subject_id(connection, key), via="label",
                negativity=read.negativity, severity=read.severity, label=read.label,
                categories=[item["code"] for item in read.details["categories"]],
                relevant=True, negative=False,
                published_at=where.published_at, day_cn=where.day_cn,
            )
        )  # fmt: skip


def _recount(connection: Connection, read: Any, said: Sequence[Judgement]) -> None:
    ours = read.relevant and read.noise is None
    rows = connection.execute(
        select(mention, subject.c.key)
        .join(subject, subject.c.id == mention.c.subject_id)
        .where(mention.c.analysis_id == read.id)
    ).all()
    for row in rows:
        machine = Counts(relevant=ours, negative=ours and row.negativity >= NEGATIVE_FROM)
        now = counts(machine, said, row.key)
        if (row.relevant, row.negative) != (now.relevant, now.negative):
            connection.execute(
                update(mention)
                .where(mention.c.id == row.id)
                .values(relevant=now.relevant, negative=now.negative)
            )


# ---- export ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """A label as the post page and the reading log show it."""

    id: int
    field: str
    value: str
    subject: str | None
    by: str
    at: datetime
    undone_at: datetime | None
    note: str


def of_post(connection: Connection, actor: Actor, post_id: int) -> list[LabelRow]:
    """Return all labels of a post, oldest first, taken-back ones included."""
    access.require(actor, Act.VIEW)
    ids = access.subject_ids(connection, actor)
    rows = connection.execute(
        select(label, subject.c.name)
        .join(revision, revision.c.id == label.c.revision_id)
        .join(post, post.c.id == revision.c.post_id)
        .outerjoin(subject, subject.c.id == label.c.subject_id)
        .where(post.c.id == post_id, access.posts_of(ids))
        .order_by(label.c.id)
    )
    return [
        LabelRow(
            id=row.id, field=row.field, value=row.value, subject=row.name, by=row.by, at=row.at,
            undone_at=row.undone_at, note=row.note or "",
        )
        for row in rows
    ]  # fmt: skip


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield every label with the text it was given to, as JSON-able rows (labels export).

    The text is in clear for training on the same machine; authors are not part of it.
    """
    rows = connection.execute(
        select(
            label, revision.c.title, revision.c.text, revision.c.n, post.c.site,
            post.c.native_id, subject.c.key,
        )
        .join(revision, revision.c.id == label.c.revision_id)
        .join(post, post.c.id == revision.c.post_id)
        .outerjoin(subject, subject.c.id == label.c.subject_id)
        .order_by(label.c.id)
        .execution_options(yield_per=500)
    )  # fmt: skip
    for row in rows:
        yield {
            "id": f"{row.site}|{row.native_id}", "revision": row.n, "title": row.title,
            "text": row.text, "field": row.field, "value": row.value, "project": row.key,
            "by": row.by, "at": iso_shanghai(row.at), "note": row.note or "",
            "undone_at": iso_shanghai(row.undone_at) if row.undone_at else None,
        }  # fmt: skip


def bring_in(connection: Connection, row: dict[str, Any], *, actor: Actor, now: datetime) -> bool:
    """Add one exported label to the same post here; False if that post or label is not new here."""
    site, _, native_id = str(row["id"]).partition("|")
    found = connection.execute(
        select(post.c.id, revision.c.id.label("revision_id"))
        .join(revision, revision.c.post_id == post.c.id)
        .where(post.c.site == site, post.c.native_id == native_id, revision.c.n == row["revision"])
    ).first()
    if found is None or row.get("undone_at"):
        return False
    subject_id = _subject_id(connection, row.get("project"))
    same = select(label.c.id).where(
        label.c.revision_id == found.revision_id, label.c.field == row["field"],
        label.c.value == row["value"], label.c.subject_id.is_not_distinct_from(subject_id),
        label.c.undone_at.is_(None),
    )  # fmt: skip
    if connection.scalar(same) is not None:
        return False
    item = Judgement(field=Field(row["field"]), value=str(row["value"]), subject=row.get("project"))
    connection.execute(
        insert(label).values(
            revision_id=found.revision_id, subject_id=subject_id, field=item.field,
            value=item.value, by=str(row["by"]), at=now, note=str(row.get("note") or "") or None,
        )
    )  # fmt: skip
    audit.append(
        connection, f"post:{found.id}", "labelled", actor=actor, at=now, reason="导入标注",
        payload={"judgements": [_plain(item)], "by": str(row["by"])},
    )  # fmt: skip
    apply(connection, [found.revision_id])
    return True
