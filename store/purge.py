"""Purge (到期清除): private texts without a basis, past their end, or irrelevant (A12, N-06).

Irrelevant is a group message that is about nothing watched and stands near nothing that is: six or
more lines away from every relevant one of its group. It goes after 30 days, whatever its basis.

Erased in this database: title, text, labels' notes, what analyses quote, the search index, event
titles and the quotes in queued and sent messages. The keys of who wrote become throw-away ones
that nobody can compute again: how many voices there were stays countable, who they were does not.
Kept: rows, counts, codes, the audit chain; forms, cases and reports a person saved (case documents
with their own time limits); pictures somebody chose to keep as evidence; what a rule said in an
alert's reason (how many, when, where).
Out of reach: mails and group messages that were delivered, files people downloaded, the console
channel's `outbox.log`, backups.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    false,
    func,
    insert,
    or_,
    select,
    update,
)

from config import retention
from domain.clock import say_time
from store import analyses, search
from store.analyses import PURGED
from store.report_posts import lacks_basis, of_group
from store.tables import (
    analysis,
    complaint,
    daily,
    event,
    finding,
    finding_post,
    issue,
    label,
    mention,
    outbox,
    post,
    revision,
    source,
)

#: Private material without provider and basis is kept for so long (A12 privacy 2).
WITHOUT_BASIS = timedelta(days=30)
#: Group messages that have nothing to do with what is watched are kept for so long.
IRRELEVANT = timedelta(days=30)
#: Lines before and after a relevant message that are kept with it, for its sense.
NEIGHBOURS = 5
#: What stands in a message where its quote was.
GONE = "（原话已按期清除）"
NAME = "purge"
_QUOTE = re.compile(r"^· “.*”（(?P<where>.*)，(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d)）.*$", re.M)


def due(connection: Connection, day: int) -> bool:
    """Whether nobody has purged on this day yet; looking is a scan, so it is done once a day."""
    done = select(daily.c.at).where(daily.c.name == NAME, daily.c.day_cn == day)
    return connection.scalar(done) is None


def mark(connection: Connection, day: int, now: datetime) -> None:
    """Note that this day's purge is done."""
    if due(connection, day):
        connection.execute(insert(daily).values(name=NAME, day_cn=day, at=now))


def overdue(
    connection: Connection, now: datetime, today: date, limit: int
) -> list[tuple[int, str]]:
    """Return (post id, source name) of group posts whose time is over and that still have text."""
    rows = connection.execute(
        select(post.c.id, source.c.name)
        .join(source, source.c.id == post.c.source_id)
        .where(_over(connection, now, today))
        .order_by(post.c.id)
        .limit(limit)
    )
    return [(row.id, row.name) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A source some of whose texts are erased soon, and whether for want of a basis."""

    source: str
    posts: int
    without_basis: bool


def coming(connection: Connection, now: datetime, today: date, ahead: timedelta) -> list[Coming]:
    """Return the sources of which texts will be overdue within `ahead`, by name."""
    rows = connection.execute(
        select(
            source.c.name,
            func.count(post.c.id).label("n"),
            func.max(case((lacks_basis(), 1), else_=0)).label("lacks"),
        )
        .join(source, source.c.id == post.c.source_id)
        .where(_over(connection, now + ahead, today + ahead))
        .group_by(source.c.id)
        .order_by(source.c.name)
    )
    return [Coming(source=row.name, posts=row.n, without_basis=bool(row.lacks)) for row in rows]


def announced(connection: Connection, code: str) -> list[str]:
    """Return the sources with an open issue of this code."""
    rows = connection.scalars(
        select(source.c.name)
        .join(issue, issue.c.source_id == source.c.id)
        .where(issue.c.code == code, issue.c.closed_at.is_(None))
        .order_by(source.c.name)
    )
    return list(rows)


def _over(connection: Connection, now: datetime, today: date) -> ColumnElement[bool]:
    """Say of `post` and `source`: private, its time is over by then, and there is still text."""
    over = or_(
        lacks_basis() & (post.c.fetched_at <= now - WITHOUT_BASIS),
        func.nullif(source.c.ends_on, "") < today.isoformat(),
        _aged(connection, now),
    )
    return and_(of_group(), over, _has_text())


def _aged(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """Say of `post`: older than the retention class of its source allows."""
    known = retention.classes()
    rows = connection.execute(select(source.c.id, source.c.options))
    limits = {row.id: known.get(str(row.options.get("retention") or "")) for row in rows}
    return or_(
        false(),
        *(
            and_(post.c.source_id == number, post.c.fetched_at <= now - timedelta(days=kind.days))
            for number, kind in limits.items()
            if kind is not None and kind.days is not None
        ),
    )


def _has_text() -> ColumnElement[bool]:
    """Say of `post`: there is still something of it to erase."""
    return (
        select(revision.c.id)
        .where(
            revision.c.post_id == post.c.id,
            or_(revision.c.hidden.is_(None), revision.c.text != "", revision.c.title != ""),
        )
        .exists()
    )


def irrelevant(connection: Connection, now: datetime) -> list[tuple[int, int]]:
    """Return (post id, source id) of the group messages that are irrelevant and 30 days old.

    One pass over the group posts in the order of their talk; lines not analysed yet count as
    relevant, so that they and their neighbours stay until it is known.
    """
    weight = case((_is_relevant(), 1), else_=0).label("weight")
    near = func.max(weight).over(
        partition_by=post.c.site, order_by=(post.c.published_at, post.c.id),
        rows=(-NEIGHBOURS, NEIGHBOURS),
    )  # fmt: skip
    talk = (
        select(post.c.id, post.c.source_id, post.c.fetched_at, near.label("near"))
        .join(source, source.c.id == post.c.source_id)
        .where(of_group())
        .subquery()
    )
    rows = connection.execute(
        select(talk.c.id, talk.c.source_id)
        .join(post, post.c.id == talk.c.id)
        .where(talk.c.near == 0, talk.c.fetched_at <= now - IRRELEVANT, _has_text())
    )
    return [(row.id, row.source_id) for row in rows]


def still_irrelevant(connection: Connection, post_ids: Sequence[int]) -> list[int]:
    """Return those of the posts that nobody labelled and nothing found relevant meanwhile."""
    return list(
        connection.scalars(
            select(post.c.id).where(post.c.id.in_(post_ids), ~_is_relevant()).order_by(post.c.id)
        )
    )


def _is_relevant() -> ColumnElement[bool]:
    """Say of `post`: it counts, somebody looked after it, or nobody knows yet."""
    of_post = post.c.id
    labelled = select(label.c.id).join(revision, revision.c.id == label.c.revision_id)
    return or_(
        post.c.onsite.is_not(None),
        select(analysis.c.id).where(analysis.c.post_id == of_post, analysis.c.relevant).exists(),
        select(mention.c.id).where(mention.c.post_id == of_post, mention.c.relevant).exists(),
        labelled.where(revision.c.post_id == of_post, label.c.undone_at.is_(None)).exists(),
        select(finding_post.c.post_id).where(finding_post.c.post_id == of_post).exists(),
        select(complaint.c.id).where(complaint.c.post_id == of_post).exists(),
        ~select(analysis.c.id).where(analysis.c.post_id == of_post).exists(),
    )


def erase(connection: Connection, post_ids: list[int], salt: bytes) -> None:
    """Erase the texts of these posts as the module says; `salt` is forgotten by the caller.

    One salt serves all posts of one purge, so that one author stays one voice.
    """
    _blank_quotes(connection, post_ids)
    revisions = select(revision.c.id).where(revision.c.post_id.in_(post_ids)).scalar_subquery()
    connection.execute(update(label).where(label.c.revision_id.in_(revisions)).values(note=None))
    connection.execute(
        update(revision)
        .where(revision.c.post_id.in_(post_ids))
        .values(text="", title="", hidden=func.coalesce(revision.c.hidden, PURGED))
    )
    _blank_analyses(connection, post_ids)
    connection.execute(
        update(mention)
        .where(mention.c.post_id.in_(post_ids))
        .values(alias="", start=None, end=None)
    )
    connection.execute(update(event).where(event.c.first_post_id.in_(post_ids)).values(title=""))
    _forget_who(connection, post_ids, salt)
    search.index_posts(connection, dict.fromkeys(post_ids, ""))
    analyses.carry_over(connection, post_ids)


def _blank_analyses(connection: Connection, post_ids: list[int]) -> None:
    """Keep codes, by which posts count and some stay out of reports; drop all words."""
    rows = connection.execute(
        select(analysis.c.id, analysis.c.details).where(analysis.c.post_id.in_(post_ids))
    ).all()
    if rows:
        connection.execute(
            update(analysis)
            .where(analysis.c.id == bindparam("row"))
            .values(details=bindparam("kept")),
            [{"row": row.id, "kept": _codes(row.details)} for row in rows],
        )


def _codes(details: dict[str, Any]) -> dict[str, Any]:
    nowhere = {"anchor": "", "text": "", "start": 0, "end": 0}
    return {
        "categories": details.get("categories", []),
        "facts": [],
        "signals": [
            {"code": s["code"], "anchored": bool(s.get("anchored")), **nowhere}
            for s in details.get("signals", [])
        ],
        "why": [],
    }


def _forget_who(connection: Connection, post_ids: list[int], salt: bytes) -> None:
    rows = connection.execute(
        select(post.c.id, post.c.author_key, post.c.household_key).where(
            post.c.id.in_(post_ids),
            or_(post.c.author_key.is_not(None), post.c.household_key.is_not(None)),
        )
    ).all()
    if rows:
        connection.execute(
            update(post)
            .where(post.c.id == bindparam("row"))
            .values(author_key=bindparam("author"), household_key=bindparam("home")),
            [
                {
                    "row": row.id,
                    "author": _forgotten(row.author_key, salt),
                    "home": _forgotten(row.household_key, salt),
                }
                for row in rows
            ],
        )


def _forgotten(key: str | None, salt: bytes) -> str | None:
    return None if key is None else hashlib.blake2b(
        key.encode(), key=salt, digest_size=12
    ).hexdigest()  # fmt: skip


def _blank_quotes(connection: Connection, post_ids: Sequence[int]) -> None:
    """Blank quotes in messages of the alerts these posts stand behind, by site and minute."""
    said: dict[int, set[tuple[str, str]]] = {}
    for row in connection.execute(
        select(finding.c.alert_id, post.c.site, post.c.published_at)
        .join_from(finding, finding_post, finding_post.c.finding_id == finding.c.id)
        .join(post, post.c.id == finding_post.c.post_id)
        .where(post.c.id.in_(post_ids))
    ):
        words = said.setdefault(row.alert_id, set())
        words.add((_letters(row.site), say_time(row.published_at)))
    for message in connection.execute(
        select(outbox.c.id, outbox.c.alert_id, outbox.c.body).where(
            outbox.c.alert_id.in_(list(said))
        )
    ).all():
        body = _without(message.body, said[message.alert_id])
        if body != message.body:
            connection.execute(update(outbox).where(outbox.c.id == message.id).values(body=body))


def _without(body: str, said: set[tuple[str, str]]) -> str:
    def gone(found: re.Match[str]) -> str:
        where = _letters(found["where"])
        mine = any(at == found["at"] and site.startswith(where) for site, at in said)
        return f"· {GONE}" if mine else found[0]

    return _QUOTE.sub(gone, body)


def _letters(site: str) -> str:
    """Return a site without the signs that channels change or cut."""
    return re.sub(r"[\W_]", "", site)
