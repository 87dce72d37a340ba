"""Facts of an event (事件概况) beside its alert: words, indicators, risk, kin (AD-6…AD-13).

Everything is computed when somebody looks, from the stored posts, by the pure functions of
`alerts` and `nlp`; nothing of it is stored, so nothing of it can be stale.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from alerts import heat as heats
from alerts import key_dates, matrix
from alerts.counting import by_voice
from alerts.elsewhere import OpenEvent, Same, elsewhere
from alerts.media import attention
from alerts.share import share, usual_share
from config.indicator_facts import indicator_facts, press
from config.language import read_language
from domain.access import Act, Actor
from domain.alert import Counted, Rules
from domain.clock import shanghai_day
from domain.indicator import Indicator, IndicatorFacts, Risk, WatchWindow
from domain.language import CategoryFacts
from domain.post import SourceKind
from nlp.event_words import EventWords, Said, event_words
from pipelines import outlooks, rulebook
from pipelines.outlooks import Ahead
from pipelines.wiring import App
from store import access, board_facts
from store.board_facts import MOST_TEXTS, Place, Seen
from store.db import Connection

#: How far back heat compares a project with itself (D-H1).
HISTORY = timedelta(days=90)
DAY = timedelta(hours=24)
#: Other open events that are compared, and texts read of each.
KIN, KIN_TEXTS = 12, 30
#: Key dates that lie further ahead are not shown.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What stands beside an alert about posts, each number with the posts it comes from."""

    words: EventWords
    first_at: datetime | None
    last_at: datetime | None
    ahead: Ahead
    #: Of the whole subject, not of the event alone.
    heat: Indicator
    share: Indicator
    media: Indicator
    risk: Risk
    elsewhere: tuple[Same, ...]
    #: Key dates watched now or soon.
    windows: tuple[WatchWindow, ...]
    #: Days of history, and how many the statistics need; fewer = 基线不足 (D-X1).
    days: int
    warm_up: int
    #: Natural key → id of every post a number here comes from.
    ids: Mapping[str, int]


def event_facts(app: App, actor: Actor, number: str, now: datetime) -> EventFacts | None:
    """Return the facts of an alert this person may see; None for one about a source."""
    access.require(actor, Act.VIEW)
    rules = rulebook.active_rules(app)
    with app.db.read() as connection:
        seen = access.subject_ids(connection, actor)
        where = board_facts.place(connection, number)
        if where is None or (seen is not None and where.subject_id not in seen):
            return None
        return _facts(connection, where, seen, rules, now)


def _facts(
    connection: Connection,
    where: Place,
    visible: frozenset[int] | None,
    rules: Rules,
    now: datetime,
) -> EventFacts:
    facts = indicator_facts()
    ahead = outlooks.ahead(connection, where, rules, now)
    said = _said(connection, ahead.posts)
    words = event_words(said, _categories(), names=_names(where))
    around = board_facts.of_subject_since(connection, where.subject_id, now - HISTORY)
    own = _open_event(where, words, ahead, said, now)
    today = shanghai_day(now)
    return EventFacts(
        words=words,
        first_at=min((post.published_at for post in _new(ahead.posts)), default=None),
        last_at=max((post.published_at for post in _new(ahead.posts)), default=None),
        ahead=ahead,
        heat=_heat(around, facts, now),
        share=_share(around, where, facts, rules, now),
        media=attention([one.post for one in around], facts.media, press, now),
        risk=_risk(where, ahead, facts, rules),
        elsewhere=_elsewhere(connection, own, where, visible, rules, now),
        windows=tuple(
            one
            for one in key_dates.windows(where.subject.key_dates, facts.watch, now)
            if one.open or now < one.opens <= now + SOON
        ),
        days=(today - where.known_since).days if where.known_since else 0,
        warm_up=rules.detector.warm_up_days if rules.detector else 0,
        ids=_ids(connection, ahead.posts, around),
    )


def _new(posts: Sequence[Counted]) -> Sequence[Counted]:
    """Return the posts that were no back-fill; all where all were."""
    return [post for post in posts if not post.backfill] or posts


@cache
def _categories() -> CategoryFacts:
    return read_language().categories


def _names(where: Place) -> tuple[str, ...]:
    watched = where.subject
    more = (watched.filing_name or "", watched.promotion_name or "")
    return (watched.name, *watched.aliases, *watched.ambiguous, *more)


def _ids(
    connection: Connection, posts: Sequence[Counted], around: Sequence[Seen]
) -> dict[str, int]:
    found = {one.post.key: one.id for one in around}
    rest = {post.revision: post.key for post in posts if post.key not in found}
    known = board_facts.ids(connection, rest)
    return found | {rest[revision]: post_id for revision, post_id in known.items()}


# ---- words --------------------------------------------------------------------------------------


def _said(
    connection: Connection, posts: Sequence[Counted], most: int = MOST_TEXTS
) -> tuple[Said, ...]:
    """Return the texts of the newest `most` posts that complain; of all where none does."""
    bad = [post for post in posts if post.negative and not post.duplicate] or list(posts)
    chosen = _new(bad)[-most:]
    texts = board_facts.texts(connection, [post.revision for post in chosen])
    voices = by_voice(chosen)
    return tuple(
        Said(
            key=post.key, title=texts[post.revision][1], text=texts[post.revision][2],
            published_at=post.published_at, categories=post.categories, duplicate=post.duplicate,
            voice="|".join(voice),
        )
        for post, voice in zip(chosen, voices, strict=True)
        if post.revision in texts
    )  # fmt: skip


# ---- indicators (W-02) --------------------------------------------------------------------------


def _heat(around: Sequence[Seen], facts: IndicatorFacts, now: datetime) -> Indicator:
    """Return the heat of now without back-fill, which only tells what is usual (B-EV2)."""
    seen = {
        heats.sighting(
            one.post, original=one.original,
            outlet=press(one.post.outlet)[1] if one.post.outlet else None,
        ): one.post.backfill
        for one in around
    }  # fmt: skip
    fresh = [sighting for sighting, backfill in seen.items() if not backfill]
    return heats.heat(fresh, heats.history(seen, facts.heat, now), facts.heat, now)


def _share(
    around: Sequence[Seen], where: Place, facts: IndicatorFacts, rules: Rules, now: datetime
) -> Indicator:
    """Return the negative share of a day; without a baseline it is compared with nothing."""
    posts = [one.post for one in around]
    warm_up = rules.detector.warm_up_days if rules.detector else 0
    known = (shanghai_day(now) - where.known_since).days if where.known_since else 0
    usual = usual_share(_days(posts, now)) if known >= warm_up else None
    return share(
        posts, usual=usual, facts=facts.share, window=DAY, now=now,
        count_score=max((count.score for count in where.counts), default=0.0),
    )  # fmt: skip


def _days(posts: Iterable[Counted], now: datetime) -> list[tuple[int, int]]:
    """Return (negative voices, voices) of each full day since the first."""
    own = [
        post
        for post in posts
        if not post.duplicate and post.kind is not SourceKind.NEWS and post.onsite is None
    ]
    days: dict[int, tuple[set[tuple[str, str]], set[tuple[str, str]]]] = {}
    for post, voice in zip(own, by_voice(own), strict=True):
        bad, every = days.setdefault(shanghai_day(post.published_at).toordinal(), (set(), set()))
        every.add(voice)
        if post.negative:
            bad.add(voice)
    quiet: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())
    today = shanghai_day(now).toordinal()
    counted = (days.get(day, quiet) for day in range(min(days, default=today), today))
    return [(len(bad), len(every)) for bad, every in counted]


# ---- likelihood × impact (W-05…W-07) ------------------------------------------------------------


def _risk(where: Place, ahead: Ahead, facts: IndicatorFacts, rules: Rules) -> Risk:
    seen, posts = ahead.outlook, _new(ahead.posts)
    signs = [
        *matrix.post_signs(posts, facts.matrix, press),
        *matrix.other_signs(
            voices=tuple(one.key for one in seen.voices), facts=facts.matrix,
            repeats=max((post.complaints for post in posts), default=0),
            alarm=where.level if where.status == "open" else None,
            enquiries=where.enquiries, growth=seen.growth,
        ),
    ]  # fmt: skip
    homes = {post.household for post in posts if post.household and post.negative}
    stakes = matrix.Stakes(households=len(homes) or None, households_all=where.subject.households)
    dimensions = matrix.impact(posts, stakes, facts.matrix, rules.words, press)
    return matrix.grade(matrix.likelihood(signs, facts.matrix), dimensions, facts.matrix)


# ---- elsewhere (AD-13) --------------------------------------------------------------------------


def _elsewhere(
    connection: Connection,
    own: OpenEvent,
    where: Place,
    visible: frozenset[int] | None,
    rules: Rules,
    now: datetime,
) -> tuple[Same, ...]:
    others = []
    for number in board_facts.open_elsewhere(connection, visible, where, KIN):
        other = board_facts.place(connection, number)
        if other is not None:
            ahead = outlooks.ahead(connection, other, rules, now)
            said = _said(connection, ahead.posts, KIN_TEXTS)
            words = event_words(said, _categories(), names=_names(other), most=1)
            others.append(_open_event(other, words, ahead, said, now))
    return elsewhere(own, others)


def _open_event(
    where: Place, words: EventWords, ahead: Ahead, said: Sequence[Said], now: datetime
) -> OpenEvent:
    names = {one.code: one.name for one in _categories().categories}
    return OpenEvent(
        event=str(where.event_id or where.topic), subject=where.subject.key,
        subject_name=where.subject.name, alert=where.number, code=words.code,
        category=names.get(words.code or "", ""), problem=words.problem,
        contractors=words.contractors, voices=len(ahead.outlook.voices),
        last_at=max((post.published_at for post in said), default=now),
    )  # fmt: skip
