"""Subjects (监测对象) with their aliases."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from domain.access import Actor
from domain.source import KeyDate, Subject, SubjectKind
from store import access
from store.db import inserted_id
from store.tables import alias, subject


def put(connection: Connection, items: Sequence[Subject], now: datetime) -> None:
    """Insert or update subjects by key; their aliases become exactly the given ones."""
    for item in items:
        values = {
            "kind": item.kind, "name": item.name, "city": item.city, "region": item.region,
            "legal_entity": item.legal_entity, "context": list(item.context),
            "details": _details(item), "retired_at": None,
        }  # fmt: skip
        known: int | None = connection.scalar(select(subject.c.id).where(subject.c.key == item.key))
        if known is None:
            row = connection.execute(insert(subject).values(key=item.key, created_at=now, **values))
            known = inserted_id(row)
        else:
            connection.execute(update(subject).where(subject.c.id == known).values(**values))
            connection.execute(delete(alias).where(alias.c.subject_id == known))
        names = dict.fromkeys((*item.aliases, *item.ambiguous))
        if names:
            connection.execute(
                insert(alias),
                [
                    {"subject_id": known, "text": name, "ambiguous": name in item.ambiguous}
                    for name in names
                ],
            )


def load(connection: Connection, actor: Actor | None = None) -> list[Subject]:
    """Return the subjects in force by key: all, or those of the actor's legal entities.

    Filing and promotion name are no aliases here; `language.load_facts` finds them in texts too.
    """
    names: dict[int, list[tuple[str, bool]]] = {}
    for row in connection.execute(select(alias).order_by(alias.c.id)):
        names.setdefault(row.subject_id, []).append((row.text, row.ambiguous))
    wanted = select(subject).where(subject.c.retired_at.is_(None)).order_by(subject.c.key)
    if actor is not None:
        wanted = wanted.where(access.of_entities(actor))
    return [_subject(row, names.get(row.id, [])) for row in connection.execute(wanted)]


def by_id(connection: Connection, subject_id: int) -> Subject | None:
    """Return one subject, a retired one too."""
    row = connection.execute(select(subject).where(subject.c.id == subject_id)).first()
    names = connection.execute(
        select(alias).where(alias.c.subject_id == subject_id).order_by(alias.c.id)
    )
    return None if row is None else _subject(row, [(one.text, one.ambiguous) for one in names])


def ids(connection: Connection) -> dict[str, int]:
    """Return key → id of every subject, retired ones included."""
    return {row.key: row.id for row in connection.execute(select(subject.c.key, subject.c.id))}


def _subject(row: Any, names: Sequence[tuple[str, bool]]) -> Subject:
    more = row.details or {}
    return Subject(
        key=row.key, name=row.name, kind=SubjectKind(row.kind), city=row.city,
        legal_entity=row.legal_entity, context=tuple(row.context), region=row.region,
        aliases=tuple(text for text, ambiguous in names if not ambiguous),
        ambiguous=tuple(text for text, ambiguous in names if ambiguous),
        filing_name=more.get("filing_name"), promotion_name=more.get("promotion_name"),
        phases=tuple(more.get("phases", ())), buildings=tuple(more.get("buildings", ())),
        households=more.get("households"),
        key_dates=tuple(
            KeyDate(kind=item["kind"], day=date.fromisoformat(item["day"]), note=item["note"])
            for item in more.get("key_dates", ())
        ),
        owner=more.get("owner"), owner_phone=more.get("owner_phone"),
        service=more.get("service"), service_phone=more.get("service_phone"),
    )  # fmt: skip


def _details(item: Subject) -> dict[str, Any]:
    """Return what no query asks for as JSON; what is unknown is left out."""
    found = {
        "filing_name": item.filing_name, "promotion_name": item.promotion_name,
        "phases": list(item.phases), "buildings": list(item.buildings),
        "households": item.households,
        "key_dates": [
            {"kind": day.kind, "day": day.day.isoformat(), "note": day.note}
            for day in item.key_dates
        ],
        "owner": item.owner, "owner_phone": item.owner_phone,
        "service": item.service, "service_phone": item.service_phone,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, [], "")}
