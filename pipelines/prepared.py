"""Replay of posts that carry their own judgement (`replay --analysed`): pure detection.

Each line has project, category, negative (or mentions [{project, category, negative}]) and, for
event rules, event_id; without it the line is read but no event rule sees it (design §5).
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from crawlers.times import read_time
from domain.alert import Counted, EventView, Rules
from domain.post import Precision, SourceKind
from pipelines.alert_book import AlertBook, Pair
from pipelines.records import BACKFILL_AFTER
from pipelines.replay import ceil_to


class _Line(NamedTuple):
    at: datetime
    given_id: str
    pairs: tuple[tuple[Pair, Counted], ...]


def replay(data: bytes, rules: Rules, step: timedelta, lag: str) -> Iterator[dict[str, Any]]:
    """Yield alert events; a line that cannot be read becomes an error row."""
    lines: list[_Line] = []
    for number, raw in enumerate(data.decode("utf-8-sig", "replace").split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            lines.append(_read(json.loads(raw), number, lagged=lag == "fetched"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield {"id": None, "error": f"第 {number} 行读不出：{error}；请对照“已分析帖子”的字段"}
    yield from _run(sorted(lines, key=lambda line: line.at), AlertBook(rules=rules), step)


def _run(lines: list[_Line], book: AlertBook, step: timedelta) -> Iterator[dict[str, Any]]:
    views: dict[Pair, dict[str, Counted]] = {}
    given_ids = {line.given_id: line.given_id for line in lines}
    for now, group in groupby(lines, key=lambda line: ceil_to(line.at, step)):
        while checks := [at for at in book.checks() if ceil_to(at, step) < now]:
            moment = ceil_to(min(checks), step)
            for pair in sorted(book.due(moment)):
                yield from book.assess(pair, _view(pair, views), given_ids, moment)
        dirty = set()
        for line in group:
            for pair, counted in line.pairs:
                views.setdefault(pair, {})[counted.key] = counted
                dirty.add(pair)
        for pair in [*sorted(dirty), *sorted(book.due(now) - dirty)]:
            yield from book.assess(pair, _view(pair, views), given_ids, now)


def _view(pair: Pair, views: dict[Pair, dict[str, Counted]]) -> EventView:
    posts = sorted(views[pair].values(), key=lambda post: (post.published_at, post.key))
    return EventView(
        subject=pair.subject, subject_name=pair.subject, event=pair.event, posts=tuple(posts)
    )


def _read(raw: dict[str, Any], number: int, *, lagged: bool) -> _Line:
    given_id = str(raw.get("id") or number)
    published = _time(raw["published_at"])
    fetched = _time(raw["fetched_at"]) if raw.get("fetched_at") else published
    mentions = raw.get("mentions") or ([raw] if raw.get("project") else [])
    pairs = tuple(
        (
            Pair(str(raw["event_id"]), str(mention["project"])),
            _counted(raw, mention, given_id, published, fetched, lagged=lagged),
        )
        for mention in mentions
        if raw.get("event_id")
    )
    return _Line(fetched if lagged else published, given_id, pairs)


def _time(value: object) -> datetime:
    moment = read_time(value)
    if moment is None:
        raise ValueError(f"时间 {value!r} 读不懂")
    return moment.at


def _counted(
    raw: dict[str, Any],
    mention: dict[str, Any],
    key: str,
    published: datetime,
    fetched: datetime,
    *,
    lagged: bool,
) -> Counted:
    late = lagged and fetched - published > BACKFILL_AFTER
    return Counted(
        key=key, revision=0, site=str(raw.get("source") or ""),
        kind=SourceKind(raw.get("source_kind") or "forum"), author=raw.get("author"),
        household=raw.get("household"), published_at=published, precision=Precision.SECOND,
        fetched_at=fetched, backfill=bool(raw.get("backfill", late)),
        negative=bool(mention["negative"]), relevant=True,
        duplicate=bool(raw.get("duplicate_of")), outlet=raw.get("outlet"),
        categories=(str(mention["category"]),) if mention.get("category") else (), signals=(),
    )  # fmt: skip
