"""Posts as reports count them: who may not be in a report is left out here, once (A12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, or_, select

from domain.homes import voices
from domain.label import NO, Field
from store.board import Voices, count_voices, is_current
from store.tables import analysis, label, mention, post, relation, source

#: Left out of reports: the text speaks of self-harm; its group has no provider or basis.
PRIVATE, NO_BASIS = "private", "no_basis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One mention of one subject, as every table of a report counts it."""

    post_id: int
    #: None = relevant, but about nothing watched (未归属).
    subject_id: int | None
    published_at: datetime
    site: str
    kind: str
    negative: bool
    #: The account, None = anonymous: all such posts of a site are one voice.
    author: str | None
    household: str | None
    #: First-hand words of an outsider: no copy, no news, no report of our own staff.
    first_hand: bool
    categories: tuple[str, ...]
    #: Why it may not be in a report, None = it may.
    withheld: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a set of posts comes to; every number is the size of a set of ids."""

    posts: frozenset[int]
    negative: frozenset[int]
    #: Posts the voices were counted from, and the voices: at least, at most.
    voiced: frozenset[int]
    voices: Voices
    #: Negative posts whose author named the household, and how many households.
    homed: frozenset[int]
    households: int


def count(said: Iterable[Said]) -> Count:
    """Count posts, negative posts, voices and self-stated households."""
    rows = [row for row in said if row.withheld is None]
    negative = [row for row in rows if row.negative]
    voiced = [row for row in negative if row.first_hand]
    homed = [row for row in negative if row.household is not None]
    return Count(
        posts=frozenset(row.post_id for row in rows),
        negative=frozenset(row.post_id for row in negative),
        voiced=frozenset(row.post_id for row in voiced),
        voices=count_voices(_heard(voiced)),
        homed=frozenset(row.post_id for row in homed),
        households=len({voice for _, voice in _heard(homed)}),
    )


def _heard(rows: Iterable[Said]) -> list[tuple[str, str | None]]:
    """Return the voices in the order in which the line hears them."""
    ordered = sorted(rows, key=lambda row: (row.published_at, row.post_id))
    return voices((row.site, row.author, row.household) for row in ordered)


def speaks_of_self_harm() -> ColumnElement[bool]:
    """Say of `post`: some analysis of it found the signal (restricted view, never in reports)."""
    heard = analysis.alias("heard")
    return (
        select(heard.c.id)
        .where(heard.c.post_id == post.c.id, cast(heard.c.details, Text).like('%"selfharm"%'))
        .exists()
    )


def of_group() -> ColumnElement[bool]:
    """Say of `post` and `source`: private talk, of a group's source or a line of a mixed file."""
    return or_(source.c.kind == "group", post.c.kind == "group")


def lacks_basis() -> ColumnElement[bool]:
    """Say of `post` and `source`: group talk without provider or basis (依据缺失)."""
    return and_(
        of_group(),
        or_(func.coalesce(source.c.provider, "") == "", func.coalesce(source.c.basis, "") == ""),
    )


def withheld(connection: Connection, post_ids: Iterable[int]) -> dict[int, str]:
    """Return post id → why it may not be in a report, of those that may not."""
    wanted = sorted(set(post_ids))
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 500):
        rows = connection.execute(
            select(post.c.id, speaks_of_self_harm().label("private"))
            .join(source, source.c.id == post.c.source_id)
            .where(
                post.c.id.in_(wanted[start : start + 500]),
                or_(speaks_of_self_harm(), lacks_basis()),
            )
        )
        found.update((row.id, PRIVATE if row.private else NO_BASIS) for row in rows)
    return found


def mentioned(
    connection: Connection, ids: frozenset[int] | None, since: datetime, until: datetime
) -> list[Said]:
    """Return the current mentions of these subjects (None = all) published in [since, until).

    Advertisements, and what a person called none of our business, are no mentions (S-02).
    """
    judged = select(analysis.c.id).where(analysis.c.id == mention.c.analysis_id, is_current())
    query = (
        select(
            mention.c.post_id, mention.c.subject_id, mention.c.published_at,
            post.c.site, post.c.kind, mention.c.negative,
            # Only of negative posts: reading JSON of all would double the time.
            case((mention.c.negative, mention.c.categories)).label("categories"),
            post.c.author_key, post.c.household_key, post.c.onsite, relation.c.duplicate_of,
            speaks_of_self_harm().label("private"), lacks_basis().label("no_basis"),
        )
        .join_from(mention, post, post.c.id == mention.c.post_id)
        .join(source, source.c.id == post.c.source_id)
        .join(relation, relation.c.post_id == mention.c.post_id, isouter=True)
        .where(
            mention.c.published_at >= since, mention.c.published_at < until, judged.exists(),
            mention.c.relevant,
        )
    )  # fmt: skip
    if ids is not None:
        query = query.where(mention.c.subject_id.in_(sorted(ids)))
    return [
        _said(row, subject_id=row.subject_id, negative=row.negative, categories=row.categories)
        for row in connection.execute(query)
    ]


def unassigned(connection: Connection, since: datetime, until: datetime) -> list[Said]:
    """Return relevant posts that mention nothing watched (未归属, AD-9)."""
    known = select(mention.c.id).where(mention.c.analysis_id == analysis.c.id, mention.c.relevant)
    foreign = select(label.c.id).where(
        label.c.revision_id == analysis.c.revision_id, label.c.field == Field.RELEVANT,
        label.c.value == NO, label.c.undone_at.is_(None),
    )  # fmt: skip
    rows = connection.execute(
        select(
            post.c.id.label("post_id"), post.c.published_at, post.c.site, post.c.kind,
            post.c.author_key, post.c.household_key, post.c.onsite, relation.c.duplicate_of,
            analysis.c.label, speaks_of_self_harm().label("private"),
            lacks_basis().label("no_basis"),
        )
        .join_from(post, analysis, analysis.c.post_id == post.c.id)
        .join(source, source.c.id == post.c.source_id)
        .join(relation, relation.c.post_id == post.c.id, isouter=True)
        .where(
            post.c.published_at >= since, post.c.published_at < until,
            post.c.subject_id.is_(None), analysis.c.relevant, analysis.c.noise.is_(None),
            is_current(), ~known.exists(), ~foreign.exists(),
        )
    )  # fmt: skip
    return [
        _said(row, subject_id=None, negative=row.label == "negative", categories=())
        for row in rows
    ]  # fmt: skip


def _said(
    row: Any, *, subject_id: int | None, negative: bool, categories: Iterable[str] | None
) -> Said:
    why = PRIVATE if row.private else NO_BASIS if row.no_basis else None
    return Said(
        post_id=row.post_id,
        subject_id=subject_id,
        published_at=row.published_at,
        site=row.site,
        kind=row.kind,
        negative=negative,
        author=row.author_key,
        household=row.household_key,
        first_hand=(row.duplicate_of is None and row.kind != "news" and row.onsite is None),
        categories=tuple(categories or ()) if negative else (),
        withheld=why,
    )
