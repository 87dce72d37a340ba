"""Count alarm (D-C1…D-C5): more distinct negative voices than chance explains, by topic and in all.

Only windows that hold a post no evaluation has seen may alarm, and they may end at any grid point
since that post was published: a late post is judged as if it had come in time (B-EV2). An open
episode is held up by the windows that end now.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.baseline import Weekday, worths_of
from alerts.counting import KINDS, counts_at
from alerts.looks import LATE, Look, Scan, Stream
from domain.alert import Counted, Finding, Rules, SubjectView
from domain.clock import say_time
from domain.detection import ALL, Baseline, Detector, Grade, Window
from domain.level import Level
from domain.post import SourceKind
from domain.voices import speaks, topics_of, voice_of

#: Rule id of the findings of this module.
RULE = "count"
#: Posts a view holds: the longest window, ending as early as a late post may ask for.
VIEW = LATE + timedelta(hours=72)
#: Share of a stream's voices in one event that makes it that event's alert (B-ID1).
MAIN_SHARE = 0.6
#: Windows end behind this very second, so that a post of now counts (docs/adr/0002).
_MOMENT = timedelta(seconds=1)
#: From here on the other topics' liveliness is said in the reason.
_LIVELY = 1.25
#: What is left of a rate when open topics are taken out is at least this share of it.
_REST = 0.1

Voices = Sequence[tuple[Counted, tuple[str, ...]]]


def detect(
    view: SubjectView,
    baseline: Baseline,
    rules: Rules,
    weekday: Weekday,
    now: datetime,
    held: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Return what the streams of one subject show now, gravest first, all topics together last.

    `held` are streams whose alerts are open: they are looked at without news too, and their
    voices are left out of the stream of all.
    """
    assert rules.detector is not None  # alerts.detect asks first
    scan = Scan(
        baseline=baseline, worths=worths_of(baseline.pooled.profile, weekday),
        detector=rules.detector, now=now + _MOMENT,
    )  # fmt: skip
    voices = [
        (post, topics_of(post.categories, rules.topics))
        for post in view.posts
        if speaks(post) and not post.backfill
    ]
    found = _topics(scan, rules, voices, view.fresh, held - {ALL})
    explained = (held | {finding.stream for finding in found}) - {ALL}
    rest = [post for post, topics in voices if explained.isdisjoint(topics)]
    if ALL in held or any(post.key in view.fresh for post in rest):
        stream = Stream(name=ALL, rate=_rate(baseline, ALL, explained), others_rate=0, posts=rest)
        whole = _judge(scan, rules, stream, view.fresh)
        found += [] if whole is None else [whole]
    return found


def _topics(
    scan: Scan, rules: Rules, voices: Voices, fresh: frozenset[str], held: frozenset[str]
) -> list[Finding]:
    """Return the findings of the topics that have news or an open alert, gravest first."""
    moved = {topic for post, topics in voices if post.key in fresh for topic in topics}
    found = []
    for topic in sorted(moved | held):
        apart = held | {topic}
        stream = Stream(
            name=topic, rate=scan.baseline.rates.get(topic, 0.0),
            others_rate=_rate(scan.baseline, ALL, apart),
            posts=[post for post, topics in voices if topic in topics],
            others=[post for post, topics in voices if apart.isdisjoint(topics)],
        )  # fmt: skip
        finding = _judge(scan, rules, stream, fresh)
        if finding is not None:
            found.append(finding)
    return sorted(found, key=lambda one: (-one.level.rank, not one.opens, -(one.score or 0)))


def _rate(baseline: Baseline, stream: str, without: Collection[str]) -> float:
    """Return a stream's rate less that of some topics."""
    rate = baseline.rates.get(stream, 0.0)
    rest = rate - sum(baseline.rates.get(topic, 0.0) for topic in without)
    return max(rest, rate * _REST)


# ---- one stream ---------------------------------------------------------------------------------


def _judge(scan: Scan, rules: Rules, stream: Stream, fresh: frozenset[str]) -> Finding | None:
    best: tuple[int, float, Look] | None = None
    holding: Look | None = None
    for window in scan.detector.windows:
        for look in scan.looks(stream, window, fresh):
            if look.end == scan.now and (holding is None or look.score > holding.score):
                holding = look
            grade = _grade(look, scan.detector.grades)
            new = grade >= 0 and any(post.key in fresh for post in look.posts)
            if new and (best is None or (grade, look.rarity) > best[:2]):
                best = grade, look.rarity, look
    keeps = _keeps(holding, scan.detector)
    if best is not None:
        level = scan.detector.grades[best[0]].level
        return _finding(scan, rules, stream, best[2], level, keeps, holding, opens=True)
    if holding is None or keeps is None:
        return None
    level = scan.detector.grades[0].level
    return _finding(scan, rules, stream, holding, level, keeps, holding, opens=False)


def _grade(look: Look, grades: Sequence[Grade]) -> int:
    """Return the highest grade a window reaches, -1 for none (D-C4)."""
    reached = [
        n
        for n, grade in enumerate(grades)
        if look.voices >= grade.voices and look.rarity >= grade.rarity
    ]
    return max(reached, default=-1)


def _keeps(look: Look | None, detector: Detector) -> Level | None:
    """Return the gravest level the windows of now hold up: each until the one below it (D-C5)."""
    if look is None or look.score < detector.reset:
        return None
    kept = detector.grades[0].level
    for below, grade in pairwise(detector.grades):
        if look.rarity >= below.rarity:
            kept = grade.level
    return kept


def _finding(
    scan: Scan,
    rules: Rules,
    stream: Stream,
    look: Look,
    level: Level,
    keeps: Level | None,
    holding: Look | None,
    *,
    opens: bool,
) -> Finding:
    return Finding(
        rule=RULE, rule_version=scan.detector.version, level=level, observed=look.voices,
        expected=round(look.expected, 4), score=round(look.score, 3),
        reason_zh=_reason(scan, rules, stream.name, look), posts=tuple(look.posts),
        snapshot={
            "stream": stream.name, "window_seconds": look.window.hours * 3600,
            "start": look.start.isoformat(), "end": look.end.isoformat(), "rate": stream.rate,
            "expected": look.expected, "factor": look.factor, "phi": look.phi,
            "recount": scan.baseline.pooled.recount[look.window.hours], "score": look.score,
            "rarity": look.rarity, "baseline_day": scan.baseline.day.isoformat(),
            "baseline_days": scan.baseline.days,
        },
        changes_at=_changes_at(scan, holding or look), keeps=keeps, opens=opens,
        stream=stream.name,
    )  # fmt: skip


def _changes_at(scan: Scan, look: Look) -> datetime:
    """Return when the count of a window that slides on first falls."""
    length = look.window.length
    leaves = [counts_at(post, length) + length for post in look.posts]
    return min((at for at in leaves if at > scan.now), default=scan.now + scan.detector.grid)


# ---- where a finding belongs --------------------------------------------------------------------


def main_event(finding: Finding) -> str | None:
    """Return the event that holds most of a finding's voices, None if none does (B-ID1)."""
    heard = {voice_of(post): post.event for post in reversed(finding.posts)}
    if len(heard) < 2:
        return None
    event, voices = Counter(heard.values()).most_common(1)[0]
    return event if event and voices >= MAIN_SHARE * len(heard) else None


def is_new(finding: Finding, judged: Collection[str]) -> bool:
    """Return whether most of a finding's voices came after a person judged the others (S-02)."""
    heard = {voice_of(post) for post in finding.posts}
    new = heard - {voice_of(post) for post in finding.posts if post.key in judged}
    return 2 * len(new) > len(heard)


# ---- in words (D-E1) ----------------------------------------------------------------------------


def _reason(scan: Scan, rules: Rules, stream: str, look: Look) -> str:
    about = f"谈“{rules.topic_names.get(stream, stream)}”" if stream != ALL else "发出负面声音"
    when = (
        f"过去{_hours(look.window)}"
        if look.end == scan.now
        else f"截至 {say_time(look.end)} 的{_hours(look.window)}"
    )
    chance = 10.0**-look.score
    lively = (
        f"，同期其他专题是平时的 {look.factor:.1f} 倍（已计入）" if look.factor > _LIVELY else ""
    )
    return (
        f"{when} {look.voices} 个不同账号{about}（转载不计），平时同时段"
        f"{_number(look.expected)} 个{lively}，自然波动达到这个数的可能{_percent(chance)}；"
        f"{_sources(look.posts)}，数据延迟 p90 {_delay(look.posts)}。"
    )


def _sources(posts: Sequence[Counted]) -> str:
    """Return how many voices spoke through which kind of channel."""
    kinds: dict[tuple[str, str], SourceKind] = {}
    for post in posts:
        kinds.setdefault(voice_of(post), post.kind)
    found = Counter(KINDS[kind] for kind in kinds.values())
    return "其中" + "、".join(f"{name} {n} 个" for name, n in found.most_common())


def _delay(posts: Sequence[Counted]) -> str:
    """Return the 90th percentile of how long after publishing the posts were fetched."""
    delays = sorted(max(post.fetched_at - post.published_at, timedelta()) for post in posts)
    minutes = delays[-(-len(delays) * 9 // 10) - 1].total_seconds() / 60
    return f"{minutes:.0f} 分钟" if minutes < 100 else f"{minutes / 60:.0f} 小时"


def _hours(window: Window) -> str:
    return f" {window.hours} 小时"


def _number(value: float) -> str:
    if value < 0.01:
        return "不到 0.01"
    return f"约 {value:.1f}" if value >= 0.1 else f"约 {value:.2f}"


def _percent(chance: float) -> str:
    if chance < 1e-6:
        return "不到百万分之一"
    return f"约 {chance * 100:.2g} %" if chance >= 1e-4 else f"约 {chance * 100:.4f} %"
