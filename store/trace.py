"""One post's whole way through the tables, for `fenghuo trace`."""

from typing import Any

from sqlalchemy import Connection, Select, select

from store.tables import (
    alert,
    analyser,
    analysis,
    event,
    evidence,
    finding,
    finding_post,
    mention,
    outbox,
    post,
    post_seen,
    relation,
    revision,
    source,
    subject,
)


def way(connection: Connection, wanted: str) -> dict[str, Any] | None:
    """Return post, sightings, revisions with analyses, relation, alerts and messages."""
    head = _find(connection, wanted)
    if head is None:
        return None
    post_id = head["id"]
    alerts = _rows(connection, _alerts(post_id))
    return {
        "post": head,
        "seen": _rows(
            connection,
            select(source.c.name, post_seen.c.first_at)
            .join(source, source.c.id == post_seen.c.source_id)
            .where(post_seen.c.post_id == post_id),
        ),
        "revisions": [
            {**row, "analyses": _analyses(connection, row["id"])}
            for row in _rows(connection, _revisions(post_id))
        ],
        "relation": next(
            iter(
                _rows(
                    connection,
                    select(event.c.key, event.c.title, relation.c.duplicate_of)
                    .join(event, event.c.id == relation.c.event_id)
                    .where(relation.c.post_id == post_id),
                )
            ),
            None,
        ),
        "alerts": alerts,
        "told": _rows(
            connection,
            select(
                alert.c.number, outbox.c.version, outbox.c.recipient, outbox.c.channel,
                outbox.c.status, outbox.c.verdict, outbox.c.reason,
            )
            .join(alert, alert.c.id == outbox.c.alert_id)
            .where(outbox.c.alert_id.in_({row["alert_id"] for row in alerts}))
            .order_by(outbox.c.id),
        ),
    }  # fmt: skip


def _find(connection: Connection, wanted: str) -> dict[str, Any] | None:
    if "|" in wanted:
        site, native_id = wanted.split("|", 1)
        query = select(post).where(post.c.site == site, post.c.native_id == native_id)
    elif wanted.isdecimal() and len(wanted) < 19:  # what does not fit a row id is a native id
        query = select(post).where(post.c.id == int(wanted))
    else:
        query = select(post).where(post.c.native_id == wanted)
    return next(iter(_rows(connection, query)), None)


def _revisions(post_id: int) -> Select[Any]:
    return (
        select(revision, evidence.c.sha256)
        .outerjoin(evidence, evidence.c.id == revision.c.evidence_id)
        .where(revision.c.post_id == post_id)
        .order_by(revision.c.n)
    )


def _alerts(post_id: int) -> Select[Any]:
    return (
        select(
            alert.c.id.label("alert_id"), alert.c.number, alert.c.level, alert.c.status,
            finding.c.rule, finding.c.reason_zh, revision.c.n,
        )
        .join(finding, finding.c.alert_id == alert.c.id)
        .join(finding_post, finding_post.c.finding_id == finding.c.id)
        .join(revision, revision.c.id == finding_post.c.revision_id)
        .where(finding_post.c.post_id == post_id)
        .order_by(alert.c.id, finding.c.rule)
    )  # fmt: skip


def _analyses(connection: Connection, revision_id: int) -> list[dict[str, Any]]:
    rows = _rows(
        connection,
        select(analysis, analyser.c.version, analyser.c.active)
        .join(analyser, analyser.c.id == analysis.c.analyser_id)
        .where(analysis.c.revision_id == revision_id)
        .order_by(analysis.c.id),
    )
    for row in rows:
        row["mentions"] = _rows(
            connection,
            select(subject.c.name, mention.c.via, mention.c.alias, mention.c.negativity)
            .join(subject, subject.c.id == mention.c.subject_id)
            .where(mention.c.analysis_id == row["id"]),
        )
    return rows


def _rows(connection: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(query)]
