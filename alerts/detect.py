"""Detect: what the statistics find in one subject now; pure (D-C1…D-C5, D-R1)."""

from datetime import datetime, timedelta

from alerts import counts
from alerts.baseline import Weekday
from alerts.share import share
from domain.alert import Finding, Rules, SubjectView
from domain.detection import Baseline
from domain.level import Level

#: Stream and rule of the negative share.
SHARE = "share"
_DAY = timedelta(hours=24)


def detect(
    view: SubjectView,
    baseline: Baseline,
    rules: Rules,
    weekday: Weekday,
    now: datetime,
    held: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Return the findings of one subject, gravest first; `held` are streams with an open alert.

    The negative share speaks only where no count does: it would say the same again.
    """
    if rules.detector is None or baseline.days < rules.detector.warm_up_days:
        return []
    found = counts.detect(view, baseline, rules, weekday, now, held - {SHARE})
    if SHARE in held or not (found or held):
        of_share = _share(view, baseline, rules, now)
        found += [of_share] if of_share else []
    return found


def _share(view: SubjectView, baseline: Baseline, rules: Rules, now: datetime) -> Finding | None:
    """Return the finding of an unusual negative share (D-R1)."""
    if rules.share is None:
        return None
    seen = share(view.day, usual=baseline.share, facts=rules.share, window=_DAY, now=now)
    if not seen.alarm:
        return None
    bad = set(seen.parts[0].keys)
    posts = tuple(post for post in view.day if post.key in bad)
    return Finding(
        rule=SHARE, rule_version=1, level=Level.MINOR, observed=seen.numbers["k"],
        expected=round(seen.numbers["n"] * baseline.share, 4), reason_zh=seen.reason_zh,
        posts=posts, snapshot={"stream": SHARE, **seen.numbers},
        changes_at=min(post.published_at for post in posts) + _DAY, stream=SHARE,
        keeps=Level.MINOR, opens=any(post.key in view.fresh for post in posts),
    )  # fmt: skip
