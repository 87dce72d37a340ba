"""E-DU1: the same posts give the same alerts, whatever their order, repetition and lateness."""

import json
import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alert import Rules
from domain.level import Level, gravest
from pipelines import rulebook
from pipelines.prepared import replay

START = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
Post = dict[str, Any]


@cache
def rules() -> Rules:
    return rulebook.shipped_rules()


def stream(seed: int, posts: int = 160) -> list[Post]:
    """Three quiet weeks at two projects, then a bad night at one; many posts share a minute."""
    rng = random.Random(seed)
    made = []
    for n in range(posts):
        bad = n % 4 == 0
        hours = rng.uniform(22 * 24, 22 * 24 + 14) if bad else rng.uniform(0, 24 * 24)
        at = START + timedelta(minutes=int(hours * 60 // 30 * 30))
        made.append(
            {
                "id": f"p{n}", "project": "A" if bad else rng.choice("AB"), "source": "bbs",
                "category": "K09" if bad else rng.choice(("K09", "K11", "K15")),
                "negative": bad or rng.random() < 0.3, "author": f"u{rng.randrange(40)}",
                "event_id": "E1" if bad else rng.choice((None, "E2", "E3")),
                "published_at": at.isoformat(),
                "fetched_at": (at + rng.choice((0, 0, 2, 30)) * HOUR).isoformat(),
            }
        )  # fmt: skip
    return made


def alerts(posts: list[Post], lag: str = "fetched") -> list[dict[str, Any]]:
    data = "\n".join(json.dumps(one) for one in posts).encode()
    return list(replay(data, "posts.jsonl", rules(), timedelta(minutes=15), lag))


@pytest.mark.parametrize("lag", ["fetched", "none"])
def test_five_runs_are_one(lag: str) -> None:
    posts = stream(7)
    runs = [alerts(posts, lag) for _ in range(5)]
    assert runs == [runs[0]] * 5
    assert {row["event"] for row in runs[0]} >= {"opened", "raised"}, "a stream that alarms"
    assert lag == "none" or "count" in {row["rule"] for row in runs[0]}, "statistics too"


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 3), st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_change_nothing(seed: int, rng: random.Random, data: Any) -> None:
    """Also a post fetched again days later, which is neither new nor back-fill."""
    posts = stream(seed)
    again = data.draw(st.lists(st.sampled_from(posts), max_size=20))
    refetched = [
        one | {"fetched_at": (read(one, "fetched_at") + rng.randrange(0, 200) * HOUR).isoformat()}
        for one in again
    ]
    mixed = [*posts, *again, *refetched]
    rng.shuffle(mixed)
    assert alerts(mixed) == alerts(posts)


def read(one: Post, name: str) -> datetime:
    return datetime.fromisoformat(one[name])


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 72))
def test_posts_that_come_late_lead_to_the_same_level(rng: random.Random, late: int) -> None:
    """Twelve voices on one event, fetched up to 72 h late in any order: critical all the same."""
    posts = [
        {
            "id": f"p{n}", "project": "A", "source": "bbs", "category": "K09", "negative": True,
            "author": f"u{n}", "event_id": "E1", "published_at": (START + n * HOUR).isoformat(),
            "fetched_at": (START + n * HOUR + rng.uniform(0, late) * HOUR).isoformat(),
        }
        for n in range(12)
    ]  # fmt: skip
    rng.shuffle(posts)
    rows = [row for row in alerts(posts) if row["event"] in ("opened", "raised")]
    assert len({row["alert_id"] for row in rows}) == 1
    assert gravest([Level(row["level"]) for row in rows]) is Level.CRITICAL
