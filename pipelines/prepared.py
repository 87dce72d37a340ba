"""Replay of posts that carry their own judgement (`replay --analysed`): pure detection.

Each line has project, category, negative (or mentions [{project, category, negative}]) and, for
event rules, event_id; without it the line is read but no event rule sees it (design §5).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from alerts import baseline as normal
from config.calendar import workday
from crawlers.decode import decode
from crawlers.times import read_time
from domain.alert import Counted, EventView, Rules
from domain.errors import ParseError
from domain.post import Precision, SourceKind
from pipelines.alert_book import AlertBook, Pair
from pipelines.records import BACKFILL_AFTER
from pipelines.replay import ceil_to
from pipelines.subject_book import SubjectBook


class PreparedLine(NamedTuple):
    """A judged post: when it became known, its id, and what it counts as where."""

    at: datetime
    given_id: str
    pairs: tuple[tuple[Pair, Counted], ...]


def replay(
    data: bytes, name: str, rules: Rules, step: timedelta, lag: str
) -> Iterator[dict[str, Any]]:
    """Yield alert events; a line that cannot be read becomes an error row."""
    if not data.strip():
        raise ParseError(f"{name}：文件是空的，请重新导出")
    lines: list[PreparedLine] = []
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
    yield from PreparedReplay(rules, step).run(in_order(lines))


def in_order(lines: Iterable[PreparedLine]) -> list[PreparedLine]:
    """Return the lines by when they became known: any order, any repetition gives this (E-DU1).

    A post read again as it was changes nothing; edited, it stays known since the first reading.
    """
    by_id: dict[str, list[PreparedLine]] = {}
    for line in lines:
        by_id.setdefault(line.given_id, []).append(line)
    kept = [line for same in by_id.values() for line in _readings(same)]
    return sorted(kept, key=lambda line: (line.at, line.given_id))


def _readings(same: list[PreparedLine]) -> list[PreparedLine]:
    """Return the readings of one post that say something new, oldest first."""
    if len(same) == 1:
        return same
    first, *later = sorted(same, key=lambda line: (line.at, repr(line.pairs)))
    known = {counted.fetched_at: counted.backfill for _, counted in first.pairs}
    fetched = min(known, default=first.at)
    kept = [first]
    for line in later:
        pairs = tuple(
            (pair, replace(counted, fetched_at=fetched, backfill=known.get(fetched, False)))
            for pair, counted in line.pairs
        )
        if pairs != kept[-1].pairs:
            kept.append(line._replace(pairs=pairs))
    return kept


def _problem(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"不是完整的 JSON（第 {error.colno} 列起读不懂）"
    if isinstance(error, KeyError):
        return f"缺少 {error.args[0]}"
    return str(error) if isinstance(error, ValueError) else "应是一个 JSON 对象 {…}"


class PreparedReplay:
    """The line on prepared posts: views of events, the subjects' statistics, the alerts."""

    def __init__(self, rules: Rules, step: timedelta) -> None:
        self._book = AlertBook(rules=rules)
        self._step = step
        self._subjects = SubjectBook(rules=rules, weekday=normal.calendar(workday))
        self._views: dict[Pair, dict[str, Counted]] = {}
        self._given_ids: dict[str, str] = {}

    def run(self, lines: list[PreparedLine]) -> Iterator[dict[str, Any]]:
        """Yield alert events; `lines` come in the order they became known."""
        self._given_ids = {line.given_id: line.given_id for line in lines}
        for now, group in groupby(lines, key=lambda line: ceil_to(line.at, self._step)):
            while checks := [at for at in self._book.checks() if ceil_to(at, self._step) < now]:
                moment = ceil_to(min(checks), self._step)
                yield from self._settle(self._book.due(moment), moment)
            dirty = {pair for line in group for pair in self._take_in(line)}
            yield from self._settle(dirty | self._book.due(now), now)

    def _take_in(self, line: PreparedLine) -> Iterator[Pair]:
        for pair, counted in line.pairs:
            self._subjects.put(pair.subject, pair.subject, counted)
            if pair.event:
                self._views.setdefault(pair, {})[counted.key] = counted
            yield pair

    def _settle(self, pairs: set[Pair], now: datetime) -> Iterator[dict[str, Any]]:
        by_subject: dict[str, list[Pair]] = {}
        for pair in sorted(pairs):
            by_subject.setdefault(pair.subject, []).append(pair)
        for subject, own in sorted(by_subject.items()):
            views = {pair.event: view for pair in own if (view := self._view(pair)) is not None}
            found = self._subjects.detect(subject, now, self._book.held(subject, now))
            yield from self._book.settle(subject, views, found, self._given_ids, now)

    def _view(self, pair: Pair) -> EventView | None:
        """Return the posts of an event; None of a stream, which has no event."""
        if not pair.event:
            return None
        posts = sorted(
            self._views.get(pair, {}).values(), key=lambda post: (post.published_at, post.key)
        )
        return EventView(
            subject=pair.subject, subject_name=pair.subject, event=pair.event, posts=tuple(posts)
        )


def _read(raw: dict[str, Any], number: int, *, lagged: bool) -> PreparedLine:
    given_id = str(raw.get("id") or number)
    published = _time(raw["published_at"])
    fetched = _time(raw["fetched_at"]) if raw.get("fetched_at") else published
    mentions = raw.get("mentions") or ([raw] if raw.get("project") else [])
    pairs = tuple(
        (
            Pair(str(raw.get("event_id") or ""), str(mention["project"])),
            _counted(raw, mention, given_id, published, fetched, lagged=lagged),
        )
        for mention in mentions
    )
    return PreparedLine(fetched if lagged else published, given_id, pairs)


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
        event=str(raw.get("event_id") or ""),
        categories=(str(mention["category"]),) if mention.get("category") else (), signals=(),
    )  # fmt: skip
