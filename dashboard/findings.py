"""Findings (发现) on an alert page: which rule or statistic, which numbers, which posts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import streamlit as st

from dashboard import cards, data, safe, words
from dashboard import words_facts as w
from dashboard.safe import tag, text
from domain.clock import say_span, say_time
from store.board_alert import Evidence, Finding

#: From this window on, in seconds, a post whose hour nobody knows counts by its day.
_LONG = 72 * 3600


def show(finding: Finding, evidence: Sequence[Evidence]) -> None:
    """Show what was found, its numbers, its window, and the posts that were counted."""
    chips = [cards.level_chip(finding.level, closed=finding.closed_at is not None)]
    if finding.closed_at is not None:
        chips.append(cards.chip(words.FINDING_CLOSED))
    posts = _behind(finding, evidence)
    safe.show(
        tag(
            "div",
            cards.row([*chips, tag("span", text(_title(finding)), css="fh-name")]),
            tag("div", text(finding.reason), css="fh-reason"),
            cards.row([cards.chip(number) for number in _numbers(finding)]),
            cards.meta([_how(finding, len(posts))]),
        )
    )
    if posts:
        with st.expander(w.THESE_POSTS.format(n=len(posts))):
            safe.show(cards.post_list([item.post for item in posts]))


def _title(finding: Finding) -> str:
    if not finding.stream:
        return data.rule_titles().get(finding.rule, finding.rule)
    return w.COUNTED.format(topic=cards.topic_name(finding.stream))


def _behind(finding: Finding, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the posts of a finding; of a statistical one those its window counted."""
    found = [item for item in evidence if item.post.id in finding.post_ids]
    if not finding.stream:
        return found
    window = finding.snapshot["window_seconds"]
    start, end = (datetime.fromisoformat(finding.snapshot[name]) for name in ("start", "end"))
    return [item for item in found if start <= _counted_at(item, window) < end]


def _counted_at(item: Evidence, window: int) -> datetime:
    """Return when a post counts: a vague time when fetched, in windows under 72 h (B-EV2)."""
    vague = item.post.precision in ("day", "none") and window < _LONG
    return item.post.fetched_at if vague else item.post.published_at


def _how(finding: Finding, posts: int) -> str:
    if finding.stream:
        start, end = (datetime.fromisoformat(finding.snapshot[name]) for name in ("start", "end"))
        return w.COUNTED_META.format(
            version=finding.rule_version, window=_window(finding), start=say_time(start),
            end=say_time(end), since=say_time(finding.opened_at),
        )  # fmt: skip
    return words.FINDING_META.format(
        rule=finding.rule, version=finding.rule_version, window=_window(finding), posts=posts,
        since=say_time(finding.opened_at),
    )  # fmt: skip


def _numbers(finding: Finding) -> list[str]:
    if finding.stream:
        return [
            w.OBSERVED.format(n=f"{finding.observed:g}"),
            w.EXPECTED.format(n=w.few(finding.expected or 0.0)),
            w.CHANCE.format(n=w.chance(finding.score or 0.0)),
            w.BASELINE.format(n=finding.snapshot["baseline_days"]),
        ]
    numbers = [words.OBSERVED.format(n=f"{finding.observed:g}")]
    if finding.expected is not None:
        numbers.append(words.EXPECTED.format(n=f"{finding.expected:g}"))
    if "threshold" in finding.snapshot:
        numbers.append(words.THRESHOLD.format(n=finding.snapshot["threshold"]))
    if finding.snapshot.get("anchors"):
        numbers.append(words.ANCHORS.format(anchors="；".join(finding.snapshot["anchors"])))
    return numbers


def _window(finding: Finding) -> str:
    seconds = finding.snapshot.get("window_seconds")
    return say_span(timedelta(seconds=seconds)) if seconds else words.NONE
