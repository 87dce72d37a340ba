"""Backtest of alert rules (回看): what would have fired over the stored posts (B-RU1).

Stored judgements, labels and events are taken as they are; only the rules and the statistics run
again, on a simulated clock that knows each post the moment it was published. Back-filled posts
count as if they had been seen in time: that is what a backtest asks.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from domain.alert import Counted, Rules
from domain.level import Level
from pipelines.alert_book import Pair
from pipelines.prepared import PreparedLine, PreparedReplay
from pipelines.wiring import App
from store import backtest as stored
from store import events

#: The grid the line works on (B-EV1).
STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One alert a backtest opened or raised, by the rule that decided its level."""

    at: str
    rule: str
    level: Level
    subject: str
    #: Event or topic it is about.
    place: str
    reason_zh: str
    posts: int
    #: What a person said of the alert the line raised then: right, wrong, or nothing.
    right: bool | None

    @property
    def identity(self) -> tuple[str, str, str, Level]:
        """What makes it the same alarm under other rules: whom, what, why and how grave."""
        return self.subject, self.place, self.rule, self.level


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one rule did in a backtest."""

    rule: str
    fired: int
    #: Of which moderate or graver: these reach people's phones.
    pushed: int
    judged: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The stored posts of a span, as the rules count them."""

    lines: tuple[PreparedLine, ...]
    posts: int
    subjects: int
    verdicts: dict[str, bool]


def load(app: App, since: datetime) -> Past:
    """Read the posts published since then, and what people said of the alerts."""
    lines: list[PreparedLine] = []
    with app.db.read() as connection:
        for pair in stored.pairs(connection, since):
            view = events.view(connection, *pair)
            lines += [
                PreparedLine(
                    post.published_at,
                    post.key,
                    ((Pair(view.event, view.subject), _seen_in_time(post)),),
                )
                for post in view.posts
                if post.published_at >= since
            ]
        verdicts = stored.verdicts(connection, since)
    lines.sort(key=lambda line: (line.at, line.given_id))
    return Past(
        lines=tuple(lines), posts=len({line.given_id for line in lines}),
        subjects=len({pair.subject for line in lines for pair, _ in line.pairs}),
        verdicts=verdicts,
    )  # fmt: skip


def _seen_in_time(post: Counted) -> Counted:
    return replace(post, backfill=False, fetched_at=post.published_at)


def run(past: Past, rules: Rules) -> list[Fired]:
    """Return what these rules, drafts among them, would have opened or raised."""
    tried = tuple(
        replace(rule, status="active") if rule.status == "draft" else rule for rule in rules.rules
    )
    replay = PreparedReplay(replace(rules, rules=tried), STEP)
    return list(_fired(replay.run(list(past.lines)), past.verdicts))


def _fired(rows: Iterator[dict[str, Any]], verdicts: dict[str, bool]) -> Iterator[Fired]:
    for row in rows:
        if row["event"] not in ("opened", "raised"):
            continue
        place = row["event_id"] or f"topic:{row['topic']}"
        yield Fired(
            at=row["at"], rule=row["rule"], level=Level(row["level"]), subject=row["project"],
            place=place, reason_zh=row["reason_zh"], posts=len(row["post_ids"]),
            right=verdicts.get(f"{row['project']}|{place}"),
        )  # fmt: skip


def tallies(fired: Sequence[Fired]) -> list[Tally]:
    """Return what each rule did, by id."""
    count, pushed, judged, right = (
        Counter(one.rule for one in chosen)
        for chosen in (
            fired,
            [one for one in fired if one.level is not Level.MINOR],
            [one for one in fired if one.right is not None],
            [one for one in fired if one.right],
        )
    )
    return [
        Tally(rule=rule, fired=count[rule], pushed=pushed[rule], judged=judged[rule],
              right=right[rule])
        for rule in sorted(count)
    ]  # fmt: skip


def difference(before: Sequence[Fired], after: Sequence[Fired]) -> tuple[list[Fired], list[Fired]]:
    """Return what only the second run fired, and what only the first did."""
    known, now = ({one.identity for one in each} for each in (before, after))
    added = [one for one in after if one.identity not in known]
    gone = [one for one in before if one.identity not in now]
    return added, gone
