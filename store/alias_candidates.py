"""Relevant texts that name nothing watched (未归属), and what people said of the names in them."""

import json
from datetime import datetime

from sqlalchemy import Connection, func, select

from domain.label import NO, Field
from store import installation
from store.board import is_current
from store.tables import analyser, analysis, audit, label, mention, post, relation, revision

_KEY = "alias-dismissed"


def texts(connection: Connection, since: datetime, *, most: int) -> list[tuple[int, str, datetime]]:
    """Return (post id, title and text, published) of the newest posts nobody is found in.

    Copies, noise, and what a person called irrelevant stay out.
    """
    known = select(mention.c.id).where(mention.c.analysis_id == analysis.c.id, mention.c.relevant)
    foreign = select(label.c.id).where(
        label.c.revision_id == analysis.c.revision_id, label.c.field == Field.RELEVANT,
        label.c.value == NO, label.c.undone_at.is_(None),
    )  # fmt: skip
    rows = connection.execute(
        select(post.c.id, post.c.published_at, revision.c.title, revision.c.text)
        .join_from(post, analysis, analysis.c.post_id == post.c.id)
        .join(revision, revision.c.id == analysis.c.revision_id)
        .join(relation, relation.c.post_id == post.c.id, isouter=True)
        .where(
            post.c.published_at >= since, post.c.subject_id.is_(None), post.c.deleted_at.is_(None),
            relation.c.duplicate_of.is_(None), analysis.c.relevant, analysis.c.noise.is_(None),
            is_current(), ~known.exists(), ~foreign.exists(),
        )
        .order_by(post.c.published_at.desc(), post.c.id.desc())
        .limit(most)
    )  # fmt: skip
    return [(row.id, f"{row.title}\n{row.text}", row.published_at) for row in rows]


def stamp(connection: Connection) -> tuple[int | None, ...]:
    """Return what changes with every post, reading and decision: equal stamps, equal `texts`.

    Five look-ups at the ends of indexes: what people decide is audited, labels and subjects too.
    """
    active = select(analyser.c.id).where(analyser.c.active).scalar_subquery()
    newest = (
        select(func.max(table.c.id)).scalar_subquery()
        for table in (revision, analysis, relation, audit)
    )
    return tuple(connection.execute(select(active, *newest)).one())


def dismissed(connection: Connection) -> frozenset[str]:
    """Return the names people said are nobody's."""
    return frozenset(json.loads(installation.get(connection, _KEY, "[]")))


def dismiss(connection: Connection, word: str) -> None:
    """Propose this name no more."""
    words = sorted(dismissed(connection) | {word})
    installation.put(connection, _KEY, json.dumps(words, ensure_ascii=False))
