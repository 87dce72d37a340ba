"""Three detectors as everyone writes them, on the same streams: the rows beside ours in the table.

Each looks once an hour at a project's distinct negative voices of the last 24 hours, copies left
out, as far as they are fetched by then (more than their authors give them). Each one's threshold
is set on other streams so that it raises as many false alarms a project-week as asked.

fixed  N voices in 24 h. EARS C1 (CDC): z of the 24 h against the 7 before, sd at least 0.5.
spike  ElastAlert's `spike`: these 24 h against the 24 h before, at least 3 voices.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tests.exams.detection_alarms import histories
from tests.exams.detection_figures import quiet
from tests.quality.crisis_families import Floats
from tests.quality.crisis_posts import DAY, HOUR
from tests.quality.crisis_rows import iso
from tests.quality.crisis_streams import Stream

#: An episode closes when the alarm has not held for so many hours (as D-C5).
CALM_HOURS = 24
LEAST = 3
WARM_UP_HOURS = 8 * 24


class Scored(NamedTuple):
    """One project's score at every full hour from `zero` on."""

    project: str
    zero: float
    scores: Floats


def voices_24h(stream: Stream) -> tuple[float, Floats]:
    """Return the first hour and, for each hour from it, the distinct voices of the 24 h before."""
    posts = stream.posts
    counted = (posts.negative > 0) & (posts.copy_of < 0) & (stream.fetched - posts.at < DAY)
    order = np.lexsort((stream.fetched[counted], posts.author[counted]))
    seen, gone = stream.fetched[counted][order], posts.at[counted][order] + DAY
    author = posts.author[counted][order]
    zero = np.floor(stream.project.live / HOUR) * HOUR
    hours = int((stream.project.end - zero) // HOUR) + 1
    change = np.zeros(hours + 1)
    # A voice is in the window from its first fetched post until its last one is a day old.
    first, last = np.ceil((seen - zero) / HOUR), np.ceil((gone - zero) / HOUR)
    held = 0.0
    for k, (who, visible, end) in enumerate(zip(author, first, last, strict=True)):
        same = k > 0 and who == author[k - 1]
        start = max(visible, held) if same else visible
        if end > start:
            change[int(min(max(start, 0), hours))] += 1
            change[int(min(max(end, 0), hours))] -= 1
        held = max(held, end) if same else end
    return zero, np.cumsum(change)[:hours]


def fixed(counts: Floats) -> Floats:
    """Return the count itself."""
    return counts


def spike(counts: Floats) -> Floats:
    """Return these 24 h by the 24 h before (none counts as one)."""
    before = np.concatenate([np.zeros(24), counts[:-24]])
    return np.where(counts >= LEAST, counts / np.maximum(before, 1), 0.0)


def ears_c1(counts: Floats) -> Floats:
    """Return the z of these 24 h against the mean and sd of the seven before."""
    days = np.stack([np.roll(counts, 24 * day) for day in range(1, 8)])
    z = (counts - days.mean(axis=0)) / np.maximum(days.std(axis=0, ddof=1), 0.5)
    return np.where(counts >= LEAST, z, 0.0)


PEERS: dict[str, Callable[[Floats], Floats]] = {
    "fixed N / 24 h": fixed,
    "EARS C1": ears_c1,
    "spike (ElastAlert)": spike,
}


def scored(streams: Sequence[Stream], peer: Callable[[Floats], Floats]) -> list[Scored]:
    """Return every stream's scores; none before the baseline's first eight days."""
    made = []
    for item in streams:
        zero, counts = voices_24h(item)
        scores = peer(counts)
        scores[:WARM_UP_HOURS] = 0.0
        made.append(Scored(item.project.key, zero, scores))
    return made


def alarms(found: Sequence[Scored], threshold: float) -> Iterator[dict[str, Any]]:
    """Yield "Alert event out" rows of episodes at or above the threshold."""
    for item in found:
        above = np.flatnonzero(item.scores >= threshold)
        if not len(above):
            continue
        new = np.flatnonzero(np.diff(above, prepend=above[0] - CALM_HOURS - 1) > CALM_HOURS)
        ends = np.append(above[new[1:] - 1], above[-1]) + CALM_HOURS
        opened, closed = (iso(item.zero + hours * HOUR) for hours in (above[new], ends))
        for number, (at, end) in enumerate(zip(opened, closed, strict=True)):
            same = {"alert_id": number, "project": item.project, "level": "moderate"}
            yield {"at": f"{at}+08:00", "event": "opened", "rule": "peer", **same}
            yield {"at": f"{end}+08:00", "event": "closed", "rule": "peer", **same}


def calibrate(streams: Sequence[Stream], found: Sequence[Scored], wanted: float) -> float:
    """Return the lowest threshold (to 1 %) whose false alarms a project-week are as wanted."""
    projects = [item.project for item in streams]
    crises = [crisis for item in streams for crisis in item.crises]

    def too_many(threshold: float) -> bool:
        rises = quiet(projects, crises, histories(alarms(found, threshold)))
        return rises.rate(1).value > wanted

    low, high = 0.5, 512.0
    while high / low > 1.01:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if too_many(middle) else (low, middle)
    return high
