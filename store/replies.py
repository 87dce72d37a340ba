"""Public replies (公开答复): an authority's or our own, beside the post they answer (AD-11)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from domain.access import Act, Actor
from domain.errors import CaseError
from store import access, audit
from store.tables import post, public_reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an office publicly answered to a post."""

    office: str
    text: str
    url: str | None
    at: datetime
    entered_by: str


def add(
    connection: Connection, post_id: int, *, office: str, text: str, url: str | None, at: datetime,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """Keep a reply beside its post; CaseError for a missing field or an unknown post."""
    if not office.strip() or not text.strip():
        raise CaseError("答复单位和答复内容都要填写")
    if at > now:
        raise CaseError("答复时间还没有到：请核对")
    if connection.scalar(select(post.c.id).where(post.c.id == post_id)) is None:
        raise CaseError(f"没有编号为 {post_id} 的帖子：请刷新页面")
    connection.execute(
        insert(public_reply).values(
            post_id=post_id, author=office.strip()[:128], text=text.strip(), url=url, at=at,
            entered_by=actor.name,
        )
    )  # fmt: skip
    audit.append(
        connection, f"post:{post_id}", "replied-publicly", actor=actor, at=now,
        payload={"office": office.strip()[:128], "url": url},
    )  # fmt: skip


def of_post(connection: Connection, actor: Actor, post_id: int) -> list[Reply]:
    """Return the replies to a post the actor may see, oldest first."""
    access.require(actor, Act.VIEW)
    rows = connection.execute(
        select(public_reply)
        .join(post, post.c.id == public_reply.c.post_id)
        .where(
            public_reply.c.post_id == post_id,
            access.posts_of(access.subject_ids(connection, actor)),
        )
        .order_by(public_reply.c.at, public_reply.c.id)
    )
    return [
        Reply(office=row.author, text=row.text, url=row.url, at=row.at, entered_by=row.entered_by)
        for row in rows
    ]
