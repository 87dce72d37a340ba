"""Replay of posts that carry their own judgement (`replay --analysed`): pure detection.

Each line has project, category, negative (or mentions [{project, category, negative}]) and, for
event rules, event_id; without it the line is read but no event rule sees it (design §5).
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from crawlers.decode import decode
from crawlers.times import read_time
from domain.alert import Counted, EventView, Rules
from domain.errors import ParseError
from domain.post import Precision, SourceKind
from pipelines.alert_book import AlertBook, Pair
from pipelines.records import BACKFILL_AFTER
from pipelines.replay import ceil_to


class _Line(NamedTuple):
    at: datetime
    given_id: str
    pairs: tuple[tuple[Pair, Counted], ...]


def replay(
    data: bytes, name: str, rules: Rules, step: timedelta, lag: str
) -> Iterator[dict[str, Any]]:
    """Yield alert events; a line that cannot be read becomes an error row."""
    if not data.strip():
        raise ParseError(f"{name}：文件是空的，请重新导出")
    lines: list[_Line] = []
    for number, raw in enumerate(decode(data, where=name).split("\n"), start=1):
        if not raw.strip():
            continue
        record = None
        try:
            record = json.loads(raw)
            lines.append(_read(record, number, lagged=lag == "fetched"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            given_id = record.get("id") if isinstance(record, dict) else None
            problem = f"{name} 第 {number} 行：{_problem(error)}；请对照“已分析帖子”的字段"
            yield {"id": given_id, "error": problem}
    yield from _run(sorted(lines, key=lambda line: line.at), AlertBook(rules=rules), step)


def _problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"不是完整的 JSON（第 {error.colno} 列起读不懂）"
    if isinstance(error, KeyError):
        return f"缺少 {error.args[0]}"
    return str(error) if isinstance(error, ValueError) else "应是一个 JSON 对象 {…}"


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
    return moment[0]


def _kind(value: object) -> SourceKind:
    if value not in list(SourceKind):
        raise ValueError(f"source_kind {value!r} 不认识，应为 {'、'.join(SourceKind)} 之一")
    return SourceKind(str(value))


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
        kind=_kind(raw.get("source_kind") or "forum"), author=raw.get("author"),
        household=raw.get("household"), published_at=published, precision=Precision.SECOND,
        fetched_at=fetched, backfill=bool(raw.get("backfill", late)),
        negative=bool(mention["negative"]), relevant=True,
        duplicate=bool(raw.get("duplicate_of")), outlet=raw.get("outlet"),
        categories=(str(mention["category"]),) if mention.get("category") else (), signals=(),
    )  # fmt: skip
