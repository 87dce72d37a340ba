"""Labelled texts for training a company's own model; they never leave the machine (A12)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from domain.label import YES, Field
from store.tables import label, post, revision


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledText:
    """One text and whether people said that it complains."""

    title: str
    text: str
    #: Kind of its source, as stored.
    kind: str
    negative: bool


def labelled_texts(connection: Connection) -> Iterator[LabelledText]:
    """Yield each text with a `negative` label in force, oldest first; the last word counts.

    About several subjects it complains as soon as it does about one. Purged texts are gone.
    """
    rows = connection.execute(
        select(label.c.revision_id, label.c.subject_id, label.c.value, revision.c.title,
               revision.c.text, post.c.kind)
        .join(revision, revision.c.id == label.c.revision_id)
        .join(post, post.c.id == revision.c.post_id)
        .where(label.c.field == Field.NEGATIVE, label.c.undone_at.is_(None))
        .order_by(label.c.id)
    )  # fmt: skip
    said: dict[tuple[str, str], dict[int | None, bool]] = {}
    kinds: dict[tuple[str, str], str] = {}
    for row in rows:
        if row.text.strip():
            place = (row.title, row.text)
            said.setdefault(place, {})[row.subject_id] = row.value == YES
            kinds[place] = row.kind
    for (title, text), verdicts in said.items():
        yield LabelledText(
            title=title, text=text, kind=kinds[title, text], negative=any(verdicts.values())
        )
