"""Subjects (监测对象) with their aliases."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from domain.source import Subject, SubjectKind
from store.db import inserted_id
from store.tables import alias, subject


def put(connection: Connection, items: Sequence[Subject], now: datetime) -> None:
    """Insert or update subjects by key; their aliases become exactly the given ones."""
    for item in items:
        values = {
            "kind": item.kind, "name": item.name, "city": item.city,
            "legal_entity": item.legal_entity, "context": list(item.context),
        }  # fmt: skip
        known: int | None = connection.scalar(select(subject.c.id).where(subject.c.key == item.key))
        if known is None:
            row = connection.execute(insert(subject).values(key=item.key, created_at=now, **values))
            known = inserted_id(row)
        else:
            connection.execute(update(subject).where(subject.c.id == known).values(**values))
            connection.execute(delete(alias).where(alias.c.subject_id == known))
        names = dict.fromkeys((*item.aliases, *item.ambiguous))
        for name in names:
            connection.execute(
                insert(alias).values(subject_id=known, text=name, ambiguous=name in item.ambiguous)
            )


def load(connection: Connection) -> list[Subject]:
    """Return all subjects in force, by key."""
    names: dict[int, list[tuple[str, bool]]] = {}
    for row in connection.execute(select(alias).order_by(alias.c.id)):
        names.setdefault(row.subject_id, []).append((row.text, row.ambiguous))
    rows = connection.execute(
        select(subject).where(subject.c.retired_at.is_(None)).order_by(subject.c.key)
    )
    return [
        Subject(
            key=row.key, name=row.name, kind=SubjectKind(row.kind), city=row.city,
            legal_entity=row.legal_entity, context=tuple(row.context),
            aliases=tuple(text for text, ambiguous in names.get(row.id, []) if not ambiguous),
            ambiguous=tuple(text for text, ambiguous in names.get(row.id, []) if ambiguous),
        )
        for row in rows
    ]  # fmt: skip


def ids(connection: Connection) -> dict[str, int]:
    """Return key → id of every subject, retired ones included."""
    return {row.key: row.id for row in connection.execute(select(subject.c.key, subject.c.id))}
