"""Read models of posts (帖子检索): search, one page of results, and one post's whole record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from domain.access import Act, Actor
from store import access, search
from store.board import current_mentions, day_number, is_current, of_subject
from store.tables import (
    alert,
    analyser,
    analysis,
    event,
    evidence,
    finding,
    finding_post,
    mention,
    post,
    post_seen,
    relation,
    revision,
    source,
    subject,
)

#: Matches of the words looked at, newest first; more are said to be left out.
MATCHES = 5000
#: Counting stops here: "more than" is enough and stays quick at a million posts.
COUNTED = 10_000
PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person looks for; None and "" do not restrict."""

    words: str = ""
    subject: str | None = None
    kind: str | None = None
    label: str | None = None
    source: str | None = None
    since: date | None = None
    until: date | None = None
    negative: bool = False
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine:
    """One post as lists show it: its text now and what the active analyser says."""

    id: int
    site: str
    source: str
    kind: str
    outlet: str | None
    url: str | None
    title: str
    text: str
    published_at: datetime
    precision: str
    fetched_at: datetime
    deleted_at: datetime | None
    #: Number of its newest readable revision (a deletion carries no text).
    revision: int
    label: str | None
    negativity: float | None
    noise: str | None
    details: dict[str, Any]
    #: (subject name, via, alias, start, end, field, negative).
    mentions: tuple["MentionLine", ...]
    copy_of: int | None
    edge: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionLine:
    """One subject named by, or implied for, a post."""

    subject: str
    via: str
    alias: str
    start: int | None
    end: int | None
    field: str
    negative: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of results; `total` is exact up to COUNTED, else COUNTED + 1."""

    total: int
    lines: tuple[PostLine, ...]
    #: The words matched more posts than were looked at.
    capped: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionLine:
    """One version of a post's text and its analysis."""

    n: int
    title: str
    text: str
    fetched_at: datetime
    edited_at: datetime | None
    deleted: bool
    hidden: str | None
    sha256: str | None
    label: str | None
    negativity: float | None
    severity: float | None
    noise: str | None
    relevant: bool | None
    details: dict[str, Any]
    mentions: tuple[MentionLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """Everything the page shows of one post."""

    line: PostLine
    revisions: tuple[RevisionLine, ...]
    seen_by: tuple[str, ...]
    event_key: str | None
    event_title: str
    event_posts: int
    alerts: tuple[tuple[str, str], ...]


# ---- searching ---------------------------------------------------------------------------------


def find(connection: Connection, actor: Actor, wanted: Wanted, *, page: int = 1) -> Found:
    """Return one page of the posts that fit and that this person may see, newest first."""
    access.require(actor, Act.VIEW)
    seen = access.subject_ids(connection, actor)
    matched: list[int] | None = None
    if wanted.words.strip():
        matched = search.find(connection, wanted.words, limit=MATCHES + 1)
    query = _fitting(wanted, None if matched is None else matched[:MATCHES])
    query = query.where(access.posts_of(seen))
    if wanted.subject:
        query = query.where(of_subject(mention.c.subject_id, seen))
    total = connection.scalar(select(func.count()).select_from(query.limit(COUNTED + 1).subquery()))
    ids = connection.scalars(
        query.order_by(_published(wanted).desc(), _post_id(wanted).desc())
        .limit(PAGE)
        .offset(PAGE * (page - 1))
    ).all()
    by_id = {line.id: line for line in lines_by_id(connection, ids, seen=seen)}
    return Found(
        total=total or 0,
        lines=tuple(by_id[post_id] for post_id in ids),
        capped=matched is not None and len(matched) > MATCHES,
    )


def _published(wanted: Wanted) -> ColumnElement[datetime]:
    return (mention if wanted.subject else post).c.published_at


def _post_id(wanted: Wanted) -> ColumnElement[int]:
    return mention.c.post_id if wanted.subject else post.c.id


def _fitting(wanted: Wanted, matched: Sequence[int] | None) -> Select[int]:
    """Select post ids; a subject leads through its mentions, so its index gives the order."""
    if wanted.subject:
        query = current_mentions().join(post, post.c.id == mention.c.post_id)
        named = select(func.min(subject.c.id)).where(subject.c.name == wanted.subject)
        query = query.where(mention.c.subject_id == named.scalar_subquery())
        if wanted.negative:
            query = query.where(mention.c.negative)
    else:
        query = select(post.c.id)
        if wanted.negative:
            bad = current_mentions().where(mention.c.post_id == post.c.id, mention.c.negative)
            query = query.where(bad.exists())
    return query.where(*_conditions(wanted, matched))


def _conditions(wanted: Wanted, matched: Sequence[int] | None) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool] | None] = [
        post.c.id.in_(matched) if matched is not None else None,
        post.c.kind == wanted.kind if wanted.kind else None,
        post.c.day_cn >= day_number(wanted.since) if wanted.since else None,
        post.c.day_cn <= day_number(wanted.until) if wanted.until else None,
        _labelled(wanted.label) if wanted.label else None,
        _from_source(wanted.source) if wanted.source else None,
        _in_event(wanted.event) if wanted.event else None,
    ]
    return [test for test in tests if test is not None]


def _labelled(label: str) -> ColumnElement[bool]:
    return (
        select(analysis.c.id)
        .where(analysis.c.post_id == post.c.id, analysis.c.label == label, is_current())
        .exists()
    )


def _from_source(name: str) -> ColumnElement[bool]:
    wanted = select(source.c.id).where(source.c.name == name).scalar_subquery()
    return post.c.source_id == wanted


def _in_event(key: str) -> ColumnElement[bool]:
    inside = (
        select(relation.c.post_id)
        .join(event, event.c.id == relation.c.event_id)
        .where(or_(event.c.key == key))
    )
    return post.c.id.in_(inside)


# ---- posts by id -------------------------------------------------------------------------------


def lines_by_id(
    connection: Connection,
    ids: Sequence[int],
    *,
    seen: frozenset[int] | None,
    revisions: Mapping[int, int] | None = None,
) -> list[PostLine]:
    """Return these posts with their newest readable text, or that of the revisions named.

    Only mentions of the subjects `seen` (None = all) are told.
    """
    chosen = dict(revisions) if revisions is not None else _readable(connection, ids)
    rows = connection.execute(
        select(
            post,
            source.c.name.label("source_name"),
            relation.c.duplicate_of,
            relation.c.edge,
        )
        .join_from(post, source, source.c.id == post.c.source_id)
        .join(relation, relation.c.post_id == post.c.id, isouter=True)
        .where(post.c.id.in_(ids))
    ).all()
    texts = {
        row.post_id: row
        for row in connection.execute(select(revision).where(revision.c.id.in_(chosen.values())))
    }
    said = _analyses(connection, list(chosen.values()))
    named = _mentions(connection, [row.id for row in said.values()], seen)
    return [_line(row, texts[row.id], said, named) for row in rows if row.id in texts]


def _readable(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Return post id → id of its newest revision that is no deletion, else its newest."""
    rows = connection.execute(
        select(revision.c.post_id, revision.c.id)
        .where(revision.c.post_id.in_(ids))
        .order_by(revision.c.post_id, revision.c.deleted.desc(), revision.c.n)
    )
    return dict(rows.all())


def _analyses(connection: Connection, revision_ids: Sequence[int]) -> dict[int, Any]:
    rows = connection.execute(
        select(analysis)
        .join(analyser, and_(analyser.c.id == analysis.c.analyser_id, analyser.c.active))
        .where(analysis.c.revision_id.in_(revision_ids))
    )
    return {row.revision_id: row for row in rows}


def _mentions(
    connection: Connection, analysis_ids: Sequence[int], seen: frozenset[int] | None
) -> dict[int, list[MentionLine]]:
    rows = connection.execute(
        select(mention, subject.c.name)
        .join(subject, subject.c.id == mention.c.subject_id)
        .where(mention.c.analysis_id.in_(analysis_ids), of_subject(mention.c.subject_id, seen))
    )
    found: dict[int, list[MentionLine]] = {}
    for row in rows:
        found.setdefault(row.analysis_id, []).append(
            MentionLine(
                subject=row.name,
                via=row.via,
                alias=row.alias,
                start=row.start,
                end=row.end,
                field=row.field,
                negative=row.negative,
            )
        )
    return found


def _line(
    row: Any, text: Any, said: Mapping[int, Any], named: Mapping[int, list[MentionLine]]
) -> PostLine:
    judged = said.get(text.id)
    return PostLine(
        id=row.id,
        site=row.site,
        source=row.source_name,
        kind=row.kind,
        outlet=row.outlet,
        url=row.url,
        title=text.title,
        text=text.text,
        published_at=row.published_at,
        precision=row.published_precision,
        fetched_at=row.fetched_at,
        deleted_at=row.deleted_at,
        revision=text.n,
        label=judged.label if judged else None,
        negativity=judged.negativity if judged else None,
        noise=judged.noise if judged else None,
        details=dict(judged.details) if judged else {},
        mentions=tuple(named.get(judged.id, ())) if judged else (),
        copy_of=row.duplicate_of,
        edge=row.edge,
    )


# ---- one post ----------------------------------------------------------------------------------


def view(connection: Connection, actor: Actor, post_id: int) -> PostView | None:
    """Return everything known of one post, None if there is none this person may see."""
    access.require(actor, Act.VIEW)
    seen = access.subject_ids(connection, actor)
    ours = select(post.c.id).where(post.c.id == post_id, access.posts_of(seen))
    lines = lines_by_id(connection, [post_id], seen=seen)
    if not lines or connection.scalar(ours) is None:
        return None
    place = connection.execute(
        select(event.c.id, event.c.key, event.c.title)
        .join(relation, relation.c.event_id == event.c.id)
        .where(relation.c.post_id == post_id)
    ).first()
    members = (
        0
        if place is None
        else connection.scalar(select(func.count()).where(relation.c.event_id == place.id))
    )
    return PostView(
        line=lines[0],
        revisions=_revisions(connection, post_id, seen),
        seen_by=tuple(
            connection.scalars(
                select(source.c.name)
                .join(post_seen, post_seen.c.source_id == source.c.id)
                .where(post_seen.c.post_id == post_id)
            )
        ),
        event_key=place.key if place else None,
        event_title=place.title if place else "",
        event_posts=members or 0,
        alerts=_alerts_behind(connection, post_id, seen),
    )


def _revisions(
    connection: Connection, post_id: int, seen: frozenset[int] | None
) -> tuple[RevisionLine, ...]:
    rows = connection.execute(
        select(revision, evidence.c.sha256)
        .join_from(revision, evidence, evidence.c.id == revision.c.evidence_id, isouter=True)
        .where(revision.c.post_id == post_id)
        .order_by(revision.c.n.desc())
    ).all()
    said = _analyses(connection, [row.id for row in rows])
    named = _mentions(connection, [row.id for row in said.values()], seen)
    return tuple(_revision(row, said.get(row.id), named) for row in rows)


def _revision(row: Any, judged: Any, named: Mapping[int, list[MentionLine]]) -> RevisionLine:
    return RevisionLine(
        n=row.n,
        title=row.title,
        text=row.text,
        fetched_at=row.fetched_at,
        edited_at=row.edited_at,
        deleted=row.deleted,
        hidden=row.hidden,
        sha256=row.sha256,
        label=judged.label if judged else None,
        negativity=judged.negativity if judged else None,
        severity=judged.severity if judged else None,
        noise=judged.noise if judged else None,
        relevant=judged.relevant if judged else None,
        details=dict(judged.details) if judged else {},
        mentions=tuple(named.get(judged.id, ())) if judged else (),
    )


def _alerts_behind(
    connection: Connection, post_id: int, seen: frozenset[int] | None
) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(
        select(alert.c.number, alert.c.level)
        .join(finding, finding.c.alert_id == alert.c.id)
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .where(finding_post.c.post_id == post_id, of_subject(alert.c.subject_id, seen))
        .distinct()
        .order_by(alert.c.number.desc())
    )
    return tuple((row.number, row.level) for row in rows)
