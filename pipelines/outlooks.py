"""Outlook of an alert from the store (AD-8, D-E1): how many more, when at this pace."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.forecast import FLAT, next_score
from alerts.outlook import Outlook, outlook
from alerts.tail import rarity
from domain.alert import Counted, EventView, Rule, Rules
from domain.clock import shanghai_day
from domain.detection import Detector
from domain.indicator import More
from domain.level import Level
from pipelines import rulebook
from store import board_facts, voices
from store.board_facts import Count, Place
from store.db import Connection

#: A window that ended longer ago is no longer that of today: its count has moved on.
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What may come of an alert, of the posts it is about."""

    posts: tuple[Counted, ...]
    outlook: Outlook
    #: What would raise the level, the nearest first; empty at the top or once it is closed.
    more: tuple[More, ...]
    #: "" where no range can honestly be said; else forecast in words.
    forecast_zh: str
    #: Why there is no forecast, "" where there is one.
    refused_zh: str


def ahead(connection: Connection, where: Place, rules: Rules, now: datetime) -> Ahead:
    """Return what may come of an alert."""
    posts = board_facts.of_alert(connection, where)
    rule = _ladder(rules) or _ladder(rulebook.shipped_rules())
    assert rule is not None, "the shipped rules have the company's line"
    seen = outlook(
        EventView(
            subject=where.subject.key, subject_name=where.subject.name, event="", posts=posts
        ),
        rule, where.level, now, handled_at=where.handled_at,
        busy=_busy(connection, where.subject.key, now),
    )  # fmt: skip
    said, refused = _forecast(where, seen)
    return Ahead(
        posts=posts, outlook=seen, more=_more(where, seen, rules, now), forecast_zh=said,
        refused_zh=refused,
    )  # fmt: skip


def line(connection: Connection, number: str, rules: Rules, now: datetime) -> str:
    """Return the one line a push says of what may come; "" where nothing can be said."""
    where = board_facts.place(connection, number)
    if where is None or where.status != "open":
        return ""
    found = ahead(connection, where, rules, now)
    nearest = found.more[0].reason_zh if found.more else ""
    return nearest + found.forecast_zh


def _ladder(rules: Rules) -> Rule | None:
    """Return the rule whose ladder of voices ends at the company's own line (L-03, LC-2)."""
    return next((rule for rule in rules.rules if rule.kind == "voices" and rule.active), None)


def _busy(connection: Connection, subject: str, now: datetime) -> tuple[float, ...]:
    """Return in which hours of the week the subject's channels are awake."""
    today = shanghai_day(now)
    known = voices.pools(connection, today - timedelta(days=today.weekday()))
    shared = known.of(subject) if known else None
    return shared.profile if shared else FLAT


def _forecast(where: Place, seen: Outlook) -> tuple[str, str]:
    """Return the forecast, or why there is none."""
    if where.status != "open":
        return "", "预警已结束，不作预测。"
    if where.event_id is None:
        return "", "声音不属于同一件事，不预测何时达到同一问题的户数界线。"
    found = seen.forecast
    return ("", found.reason_zh) if found.refused else (found.reason_zh, "")


def _more(where: Place, seen: Outlook, rules: Rules, now: datetime) -> tuple[More, ...]:
    if where.status != "open":
        return ()
    of_event = where.event_id is not None and _ladder(rules) is not None
    by_rule = [seen.more] if seen.more and of_event else []
    detector = rules.detector
    by_count = [
        more
        for count in where.counts
        if detector and (more := more_counted(count, detector, where.level, now))
    ]
    return tuple(sorted((*by_rule, *by_count), key=lambda more: (more.missing, -more.level.rank)))


def more_counted(count: Count, detector: Detector, level: Level, now: datetime) -> More | None:
    """Return what would raise the level by the statistics, of a window that has just ended."""
    snapshot = count.snapshot
    if now - datetime.fromisoformat(snapshot["end"]) > FRESH:
        return None
    expected, phi, arrivals = snapshot["expected"], snapshot["phi"], 7 * snapshot["rate"]
    # What the window adds for its overlaps, and what the stream of all leaves out.
    beside = snapshot["rarity"] - rarity(count.observed, expected, phi, arrivals)
    return next_score(
        lambda n: rarity(n, expected, phi, arrivals) + beside,
        count.observed,
        [(grade.rarity, grade.voices, grade.level) for grade in detector.grades],
        level,
    )
