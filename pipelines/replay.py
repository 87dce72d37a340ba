"""Replay: the line's pure functions on in-memory state and a simulated clock (design §2, §5).

What the line keeps in the store, `Memory` keeps in dictionaries; everything that decides is the
same code, and tests/acceptance/test_replay_is_line.py shows the same alerts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from alerts import baseline as normal
from config.calendar import workday
from domain.alert import Counted, EventView
from domain.analysis import Analysis, Mention, TextIn
from domain.claims import stated
from domain.post import MessageKind, ParsedPost, Precision, SourceKind
from domain.relation import RelateIn
from nlp.analyse import analyse_many
from nlp.facts import NlpFacts
from nlp.relate import RelateIndex, canonical
from pipelines import pseudonyms, records
from pipelines.alert_book import AlertBook, Pair
from pipelines.subject_book import SubjectBook
from store.events import natural_key
from store.labels import LEANS_FROM, NEGATIVE_FROM
from store.posts import PostRow

#: Subject of an event in which no place was found, when no subjects are given.
NO_SUBJECT = "未归属"
#: Pseudonyms of a replay are thrown away with it.
_SECRET = b"replay"


class _Known(NamedTuple):
    """A post and when it became known."""

    at: datetime
    order: int
    given_id: str
    post: ParsedPost


@dataclass(slots=True, kw_only=True)
class _Kept:
    """One post as the store would hold it."""

    row: PostRow
    analysis: Analysis
    event: str
    duplicate: bool


@dataclass(slots=True, kw_only=True)
class Memory:
    """What the store would hold."""

    posts: dict[str, _Kept] = field(default_factory=dict)
    by_event: dict[str, list[str]] = field(default_factory=dict)
    given_ids: dict[str, str] = field(default_factory=dict)
    dirty: set[Pair] = field(default_factory=set)
    #: Without subjects: the place an event is shown under.
    places: dict[str, str] = field(default_factory=dict)
    #: (site, author) → the household key he counts under.
    homes: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay: rules and language in, alert events out."""

    book: AlertBook
    facts: NlpFacts
    index: RelateIndex
    #: Subject key → name; empty = places become candidate subjects and every event counts.
    names: dict[str, str]
    step: timedelta
    #: Keys of the subjects that are projects: only there a stated room is a household.
    projects: frozenset[str] = frozenset()
    memory: Memory = field(default_factory=Memory)
    subjects: SubjectBook = field(init=False)

    def __post_init__(self) -> None:
        """Give the statistics a book of their own, under the rules of the alerts."""
        book = SubjectBook(rules=self.book.rules, weekday=normal.calendar(workday))
        object.__setattr__(self, "subjects", book)

    def run(self, posts: Sequence[ParsedPost], *, lag: bool) -> Iterator[dict[str, Any]]:
        """Yield "Alert event out" rows; with `lag` a post is known when it was fetched."""
        # Over all posts at once: equal lines without an id are told apart by their ordinal.
        named = records.with_ids(posts, "", _SECRET)
        timed = [
            _known(post, given.native_id or str(order), order, lag=lag)
            for order, (post, given) in enumerate(zip(named, posts, strict=True))
        ]
        timed.sort(key=lambda known: known[:2])
        position = 0
        while position < len(timed):
            now = self._next_tick(timed[position].at)
            end = position
            while end < len(timed) and timed[end].at <= now:
                end += 1
            yield from self._tick(timed[position:end], now)
            position = end

    def _next_tick(self, next_post: datetime) -> datetime:
        """Ticks in between find nothing to do, so the clock jumps over them."""
        return ceil_to(min([next_post, *self.book.checks()]), self.step)

    # ---- one tick, in the order of pipelines/line.py -------------------------------------------

    def _tick(self, batch: Sequence[_Known], now: datetime) -> Iterator[dict[str, Any]]:
        self._take_in(batch)
        pairs, self.memory.dirty = self.memory.dirty | self.book.due(now), set()
        by_subject: dict[str, list[Pair]] = {}
        for pair in sorted(pairs):
            by_subject.setdefault(pair.subject, []).append(pair)
        for subject, own in sorted(by_subject.items()):
            views = {pair.event: self._view(pair) for pair in own}
            found = self.subjects.detect(subject, now, self.book.held(subject, now))
            yield from self.book.settle(subject, views, found, self.memory.given_ids, now)

    def _take_in(self, batch: Sequence[_Known]) -> None:
        """Read, then relate what is new in canonical order; an edited post keeps its event."""
        rows = {}
        for known in batch:
            row = self._row(known)
            if row.message_kind == MessageKind.TEXT and self._is_news(row):
                rows[natural_key(row.site, row.native_id)] = row
        texts = [_text_in(row, self.names) for row in rows.values()]
        results = dict(zip(rows, analyse_many(texts, self.facts, why=False), strict=True))
        rows = {key: self._with_home(key, row, results[key]) for key, row in rows.items()}
        fresh = [
            self._relate_in(key, rows[key], results[key])
            for key in rows
            if key not in self.memory.posts
        ]
        for key in rows.keys() & self.memory.posts.keys():
            self._edit(key, rows[key], results[key])
        for item in canonical(fresh):
            relation = self.index.place(item)
            kept = _Kept(
                row=rows[item.id], analysis=results[item.id], event=relation.event,
                duplicate=relation.duplicate_of is not None,
            )  # fmt: skip
            self.memory.posts[item.id] = kept
            self.memory.by_event.setdefault(relation.event, []).append(item.id)
            self._count(item.id, self._mark_dirty(kept))

    def _row(self, known: _Known) -> PostRow:
        row = records.post_rows(
            [replace(known.post, fetched_at=known.at)], site="", kind=SourceKind.COMPLAINT,
            secret=_SECRET, now=known.at,
        )[0]  # fmt: skip
        self.memory.given_ids.setdefault(natural_key(row.site, row.native_id), known.given_id)
        return row

    def _with_home(self, key: str, row: PostRow, result: Analysis) -> PostRow:
        """Return the row with the home its author states, as store.homes.fresh does."""
        kept = self.memory.posts.get(key)
        home = (
            (kept.row.household_key if kept else None)
            or row.household_key
            or pseudonyms.stated_keys(_SECRET, result, self.projects)(result.home)
        )
        if home is None or row.author_key is None:
            return replace(row, household_key=home)
        first = self.memory.homes.setdefault((row.site, row.author_key), home)
        return replace(row, household_key=row.household_key or (home if home == first else None))

    def _is_news(self, row: PostRow) -> bool:
        kept = self.memory.posts.get(natural_key(row.site, row.native_id))
        return kept is None or kept.row.content_hash != row.content_hash

    def _edit(self, key: str, row: PostRow, result: Analysis) -> None:
        kept = self.memory.posts[key]
        before = self._mark_dirty(kept)
        if row.deleted or row.hidden:  # a deletion hides a post, it does not erase it
            return
        kept.row, kept.analysis = row, result
        self._count(key, before | self._mark_dirty(kept))

    def _relate_in(self, key: str, row: PostRow, result: Analysis) -> RelateIn:
        subjects = sorted({m.subject for m in result.mentions if m.subject in self.names})
        return RelateIn(
            id=key, title=row.title, text=row.text, published_at=row.published_at,
            subjects=tuple(subjects), categories=tuple(c.code for c in result.categories),
        )  # fmt: skip

    def _count(self, key: str, subjects: set[str]) -> None:
        """Tell the statistics of a post; where it is no longer mentioned it counts for nothing."""
        for subject in sorted(subjects - {""}):
            counted = self._counted(key, subject)
            if counted is None:
                counted = replace(self._whole(key), negative=False)
            self.subjects.put(subject, self.names[subject], counted)

    def _mark_dirty(self, kept: _Kept) -> set[str]:
        """Ask for the post's event to be assessed at its subjects, and return these."""
        if self.names:
            subjects = {m.subject for m in kept.analysis.mentions if m.subject in self.names}
        else:
            places = [m.subject for m in kept.analysis.mentions]
            place = places[0] if places else NO_SUBJECT
            if self.memory.places.get(kept.event, NO_SUBJECT) == NO_SUBJECT:
                self.memory.places[kept.event] = place
            subjects = {""}
        self.memory.dirty |= {Pair(kept.event, subject) for subject in subjects}
        return subjects

    def _view(self, pair: Pair) -> EventView:
        counted = [
            item
            for key in self.memory.by_event.get(pair.event, ())
            if (item := self._counted(key, pair.subject)) is not None
        ]
        counted.sort(key=lambda post: (post.published_at, post.key))
        subject = pair.subject or self.memory.places.get(pair.event, NO_SUBJECT)
        return EventView(
            subject=subject, subject_name=self.names.get(subject, subject), event=pair.event,
            posts=tuple(counted),
        )  # fmt: skip

    def _counted(self, key: str, subject: str) -> Counted | None:
        """Return the post as it counts for a subject; "" = every post counts (no subjects)."""
        mentions = self.memory.posts[key].analysis.mentions
        mention = next((m for m in mentions if m.subject == subject), None)
        if subject and mention is None:
            return None
        return self._whole(key, mention, subject)

    def _whole(self, key: str, mention: Mention | None = None, subject: str = "") -> Counted:
        kept = self.memory.posts[key]
        result, row = kept.analysis, kept.row
        of_interest = result.noise is None and (result.relevant or not subject)
        negativity = mention.negativity if mention else result.negativity
        codes = mention.categories if mention else tuple(c.code for c in result.categories)
        return Counted(
            key=key, revision=0, site=row.site, kind=SourceKind(row.kind),
            author=row.author_key, household=row.household_key, published_at=row.published_at,
            precision=Precision(row.published_precision), fetched_at=row.fetched_at,
            backfill=row.backfill, negative=of_interest and negativity >= NEGATIVE_FROM,
            relevant=of_interest, duplicate=kept.duplicate, outlet=row.outlet,
            categories=codes, signals=result.signals, event=kept.event,
            claims=stated(result.facts),
            leans=of_interest and LEANS_FROM <= negativity < NEGATIVE_FROM,
        )  # fmt: skip


def _known(post: ParsedPost, given_id: str, order: int, *, lag: bool) -> _Known:
    assert post.published_at is not None  # the reader refuses records without a time
    at = max(post.fetched_at or post.published_at, post.published_at) if lag else post.published_at
    return _Known(at, order, given_id, post)


def ceil_to(moment: datetime, step: timedelta) -> datetime:
    """Return the first grid point at or after a moment; the grid starts at midnight UTC."""
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    return moment + (epoch - moment) % step


def _text_in(row: PostRow, names: dict[str, str]) -> TextIn:
    implied = ((row.subject_key, "record"),) if row.subject_key in names else ()
    return TextIn(
        id=row.native_id, title=row.title, text=row.text, source_kind=SourceKind(row.kind),
        implied=implied, published_at=row.published_at,
    )  # fmt: skip
