"""Records: the JSONL contract of design §5, between files, the line and the command line."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, overload

from domain.analysis import Analysis, Fact, Span, Why
from domain.clean import clean as clean  # noqa: PLC0414 (others take it from here)
from domain.clock import iso_shanghai, shanghai_day
from domain.post import Answer, ParsedPost, Precision, SourceKind, ThreadCount
from nlp.explain import strongest
from pipelines.pseudonyms import HomeKey, author_key, household_key, no_key
from store.posts import PostRow

#: Counts and floors from here on are nonsense and would not fit an integer column.
MOST = 1 << 31
#: Stretches of a reason that are stored beside an analysis; the rest is made when asked for.
_KEPT = 8
#: Fetched later than this after publishing = back-fill: trend and baseline only (B-EV2).
BACKFILL_AFTER = timedelta(hours=72)


def post_rows(
    posts: Sequence[ParsedPost],
    *,
    site: str,
    kind: SourceKind,
    secret: bytes,
    now: datetime,
    implied: tuple[str, str] | None = None,
    ordinals: Counter[str] | None = None,
) -> list[PostRow]:
    """Return the posts as rows: pseudonymised, timed, with a native id for every chat line.

    `implied` is (subject key, via) of a board or group that is about one subject. `ordinals` are
    the equal lines met before, where a long Page comes here in parts.
    """
    rows = []
    ordinals = Counter() if ordinals is None else ordinals
    for post in posts:
        post_site = post.site or site
        key = author_key(secret, post_site, post)
        title, text = clean(post.title), clean(post.text)
        native_id = _plain(str(post.native_id or _line_id(post_site, key, post, text, ordinals)))
        fetched = min(post.fetched_at or now, now)
        published, precision = _published(post, fetched)
        subject, via = _implied(post, implied)
        rows.append(
            PostRow(
                site=post_site, native_id=native_id, kind=post.source_kind or kind,
                message_kind=post.kind, title=title, text=text,
                content_hash=_content_hash(post, title, text), author_key=key,
                household_key=household_key(secret, subject, post.household),
                onsite=post.onsite, published_at=published,
                published_precision=precision, fetched_at=fetched,
                backfill=_is_backfill(post, published, fetched),
                day_cn=_day_number(published),
                subject_key=subject, subject_via=via,
                thread_id=_plain(post.thread_id), floor=_count(post.floor), url=_plain(post.url),
                outlet=_plain(post.outlet),
                reply_to=_plain(post.quote.post_id) if post.quote else None,
                views=_count(post.views), likes=_count(post.likes), replies=_count(post.replies),
                edited_at=post.edited_at, deleted=post.deleted, hidden=_plain(post.hidden),
                attachments=tuple(clean(name) for name in post.attachments),
                syndicated_from=_plain(post.syndicated_from), state=_plain(post.state),
                answer=_answer(post),
                says_when=post.fetched_at is not None,
            )
        )  # fmt: skip
    return rows


@overload
def _plain(text: str) -> str: ...


@overload
def _plain(text: None) -> None: ...


def _plain(text: str | None) -> str | None:
    """Return a short text as every sink can take it."""
    return text if text is None or (text.isascii() and text.isprintable()) else clean(text)


def _count(number: int | None) -> int | None:
    """Return a count the database can hold; what a site inflates beyond that is no count."""
    return number if number is not None and 0 <= number < MOST else None


def thread_counts(counts: Sequence[ThreadCount]) -> list[ThreadCount]:
    """Return the counts of a list that can be true; an inflated one says nothing of its thread."""
    return [
        item
        for item in counts
        if _count(item.views) == item.views and _count(item.replies) == item.replies
    ]


def with_ids(posts: Sequence[ParsedPost], site: str, secret: bytes) -> list[ParsedPost]:
    """Return the posts, each line that has no native id with a derived one (design §4).

    Equal lines of one second are told apart by their ordinal: counted here, where the posts are
    all there are, or by the reader of a long file (crawlers.ordinals) for all but the first.
    """
    ordinals: Counter[str] = Counter()
    return [
        post
        if post.native_id
        else replace(post, native_id=_named(post, post.site or site, secret, ordinals))
        for post in posts
    ]


def _named(post: ParsedPost, site: str, secret: bytes, ordinals: Counter[str]) -> str:
    return _line_id(site, author_key(secret, site, post), post, clean(post.text), ordinals)


def _line_id(
    site: str, key: str | None, post: ParsedPost, text: str, ordinals: Counter[str]
) -> str:
    """Hash of group, second, sender key, text, ordinal among equals (design §4)."""
    second = int(post.published_at.timestamp()) if post.published_at else 0
    base = "\0".join((site, str(second), key or "", text))
    ordinal = post.ordinal
    if ordinal is None:
        ordinal = ordinals[base]
        ordinals[base] += 1
    return "h:" + hashlib.blake2b(f"{base}\0{ordinal}".encode(), digest_size=12).hexdigest()


def _published(post: ParsedPost, fetched: datetime) -> tuple[datetime, Precision]:
    if post.published_at is None:
        return fetched, Precision.NONE
    # A site whose clock is ahead must not hide its posts from every window until then.
    return min(post.published_at, fetched), post.precision


def _answer(post: ParsedPost) -> Answer | None:
    if post.answer is None:
        return None
    return replace(post.answer, text=clean(post.answer.text), author=clean(post.answer.author))


def _day_number(at: datetime) -> int:
    day = shanghai_day(at)
    return day.year * 10_000 + day.month * 100 + day.day


def _is_backfill(post: ParsedPost, published: datetime, fetched: datetime) -> bool:
    if post.backfill is not None:
        return post.backfill
    return fetched - published > BACKFILL_AFTER


def _implied(post: ParsedPost, implied: tuple[str, str] | None) -> tuple[str | None, str | None]:
    if post.project:
        return post.project, "record"
    return implied or (None, None)


def _content_hash(post: ParsedPost, title: str, text: str) -> str:
    state = "deleted" if post.deleted else f"hidden:{post.hidden}" if post.hidden else ""
    body = "\0".join((state, title, text))
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()


def parsed_out(post: ParsedPost, *, site: str | None, kind: SourceKind, seq: int) -> dict[str, Any]:
    """Return a parsed post as JSON-able "Parsed out": in clear, because nothing is stored."""
    row: dict[str, Any] = {
        "id": post.native_id or str(seq), "text": post.text, "title": post.title or None,
        "url": post.url, "source": post.site or site, "source_kind": post.source_kind or kind,
        "outlet": post.outlet, "author": post.author, "project": post.project,
        "thread_id": post.thread_id, "floor": post.floor, "floor_label": post.floor_label,
        "post_id": post.native_id, "sender_id": post.author_id, "kind": post.kind,
        "published_at": iso_shanghai(post.published_at) if post.published_at else None,
        "fetched_at": iso_shanghai(post.fetched_at) if post.fetched_at else None,
        "edited_at": iso_shanghai(post.edited_at) if post.edited_at else None,
        "views": post.views, "replies": post.replies, "likes": post.likes,
        "backfill": post.backfill, "hidden": post.hidden, "state": post.state,
        "attachments": list(post.attachments) or None, "syndicated_from": post.syndicated_from,
    }  # fmt: skip
    if post.answer:
        row["answer"] = {
            "author": post.answer.author, "text": post.answer.text,
            "at": iso_shanghai(post.answer.at) if post.answer.at else None,
        }  # fmt: skip
    if post.quote:
        row["quote"] = {
            "author": post.quote.author, "post_id": post.quote.post_id, "text": post.quote.text,
        }  # fmt: skip
    kept = ("id", "text", "published_at", "source_kind")
    return {name: value for name, value in row.items() if value is not None or name in kept}


def details(result: Analysis, home_key: HomeKey) -> dict[str, Any]:
    """Return the parts of an analysis that are stored as JSON beside its numbers.

    A room is its masked words and a key that tells one home from another, never the home (A12).
    """
    return {
        "categories": [{"code": c.code, "score": round(c.score, 4)} for c in result.categories],
        "facts": [_fact(fact, home_key) for fact in result.facts],
        "signals": [
            {"code": s.code, "anchored": s.anchored, "anchor": s.anchor, **_span(s.span)}
            for s in result.signals
        ],
        "why": [_why(each) for each in strongest(result.why, _KEPT)],
        "reason": result.reason,
    }


def analysis_out(result: Analysis, *, why: bool, home_key: HomeKey = no_key) -> dict[str, Any]:
    """Return an analysis as JSON-able "Analysis out"."""
    more = details(result, home_key)
    del more["why"], more["reason"]
    if why:
        more |= {
            "why": [_why(each) for each in result.why], "logit": result.logit,
            "reason_zh": result.reason,
        }  # fmt: skip
    return {
        "id": result.id,
        "negativity": round(result.negativity, 4),
        "severity": round(result.severity, 4),
        "label": result.label,
        "relevant": result.relevant,
        "noise": result.noise,
        **more,
        "projects": [
            {
                "project": m.subject, "alias": m.alias, "via": m.via,
                "start": m.span.start if m.span else None, "end": m.span.end if m.span else None,
                "score": round(m.score, 4), "negativity": round(m.negativity, 4),
            }
            for m in result.mentions
        ],
        "model": result.model,
    }  # fmt: skip


def _fact(fact: Fact, home_key: HomeKey) -> dict[str, Any]:
    row = {
        "kind": fact.kind, "low": fact.low, "high": fact.high, "unit": fact.unit,
        **_span(fact.span),
    }  # fmt: skip
    if fact.kind == "room":
        row["key"] = home_key(fact.home)
    return row


def _why(why: Why) -> dict[str, Any]:
    return {**_span(why.span), "weight": round(why.weight, 9)}


def _span(span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {"text": span.text, "start": span.start, "end": span.end}
    if span.field != "text":
        found["field"] = span.field
    return found


def chunks(items: Sequence[ParsedPost], size: int) -> Iterable[Sequence[ParsedPost]]:
    """Yield slices of at most `size` posts."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
