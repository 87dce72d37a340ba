"""Where statistical findings belong: their event, their topic, and no wandering (B-ID1)."""

from dataclasses import replace

from alerts.place import place
from domain.alert import Finding
from domain.level import Level
from tests.unit.alerts.test_detect import NOW, post


def finding(events: str, *, opens: bool = True) -> Finding:
    """Return a finding of one voice an event letter."""
    posts = tuple(post(str(n), n, event=event) for n, event in enumerate(events))
    return Finding(
        rule="count", rule_version=1, level=Level.MODERATE, observed=len(posts), reason_zh="",
        posts=posts, snapshot={}, changes_at=NOW, stream="quality", opens=opens,
        keeps=Level.MODERATE,
    )  # fmt: skip


def spot(one: Finding, held: dict[str, str], *, may: bool = True) -> str | None:
    return place([one], held, lambda before, there: may)[1].get("quality")


def test_most_voices_in_one_event_make_it_that_events() -> None:
    assert spot(finding("EEEFG"), {}) == "E"
    assert spot(finding("EEFFG"), {}) == "topic:quality"


def test_a_topics_alert_becomes_the_events_but_never_wanders_on() -> None:
    assert spot(finding("EEEE"), {"quality": "topic:quality"}) == "E"
    assert spot(finding("FFFF"), {"quality": "E"}) == "E"


def test_an_alert_does_not_go_where_it_may_not() -> None:
    assert spot(finding("EEEE"), {"quality": "topic:quality"}, may=False) == "topic:quality"


def test_what_only_holds_up_stays_where_it_was_and_opens_nothing() -> None:
    holding = replace(finding("EEEE"), opens=False)
    assert spot(holding, {"quality": "topic:quality"}) == "topic:quality"
    assert spot(holding, {}) is None
