"""Everything placed so far, by keys: in memory alone, or over a store that keeps it (Known)."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import chain

from domain.relation import Entry, Known, Placed, Profile, RelateIn, Relation, Trace
from nlp.relate_event import grown
from nlp.relate_post import Candidates, Idf, Keyed, decide, keys, stands_for_itself

#: Entries looked at under one key: the latest; bounds the cost where everybody says the same.
LATEST = 24
#: … under the key of a whole text.
LATEST_SAME = 4
#: Posts offered as originals and events offered by words and by each matter: ≤ 200 in all.
TRACES, BY_WORDS, BY_MATTER = 24, 10, 10
#: Most telling words a post is listed under; it asks for more of them.
LISTED_WORDS = 10
#: Words an event must share to be offered; one alone says nothing.
SHARED = 2
#: An exact copy counts for more than any number of stretches.
_SAME = 1000
_NONE: list[int] = []


class Nothing:
    """Known of an index that stands alone."""

    def last(self) -> Entry:
        """Return the numbers before the first."""
        return Entry(0, 0)

    def listed(self, _keys: Collection[int], _latest: int) -> Mapping[int, list[int]]:
        """Return no entries."""
        return {}

    def traces(self, _posts: Collection[int]) -> Iterable[Trace]:
        """Return no posts."""
        return ()

    def profiles(self, _events: Collection[int]) -> Iterable[Profile]:
        """Return no events."""
        return ()


class RelateIndex:
    """Places posts one by one; reads from `known` what it does not hold itself."""

    def __init__(self, idf: Idf, known: Known | None = None) -> None:
        self._idf = idf
        self._known = known or Nothing()
        self._alone = known is None
        self._last = self._known.last()
        self._lists: dict[int, list[int]] = {}
        self._traces: dict[int, Trace] = {}
        self._profiles: dict[int, Profile] = {}
        self._numbers: dict[str, int] = {}

    def over(self, known: Known) -> "RelateIndex":
        """Return an index of the same words that finds what somebody else keeps."""
        return RelateIndex(self._idf, known)

    def keys(self, item: RelateIn) -> Keyed:
        """Prepare a post: the long part, and it needs nothing of what is known."""
        return keys(item, self._idf)

    def place(self, item: RelateIn) -> Relation:
        """Decide where a post stands and remember it."""
        return self.settle(self.keys(item)).relation

    def expect(self, posts: Iterable[Keyed]) -> None:
        """Read what these posts will need in few large questions instead of many small ones."""
        posts = list(posts)
        self._load_lists({name for post in posts for name in post.all})
        traces = {number for post in posts for number in self._trace_numbers(post)}
        self._load_traces(traces)
        events = {number for post in posts for number in self._event_numbers(post)}
        self._load_profiles(events | {t.event for n in traces if (t := self._traces.get(n))})

    def settle(self, post: Keyed) -> Placed:
        """Decide where a prepared post stands and remember it."""
        return self.remember(post, decide(post, self.candidates(post)))

    def candidates(self, post: Keyed) -> Candidates:
        """Return the posts and events a post is compared with."""
        self._load_lists(post.all)
        numbers = self._trace_numbers(post)
        self._load_traces(numbers)
        traces = [self._traces[n] for n in numbers if n in self._traces]
        events = dict.fromkeys([*(t.event for t in traces), *self._event_numbers(post)])
        self._load_profiles(events)
        return Candidates(
            traces=traces, events=[self._profiles[n] for n in events if n in self._profiles]
        )

    def remember(self, post: Keyed, relation: Relation, at: Entry | None = None) -> Placed:
        """Take in a decision; `at` gives the numbers it has where it was stored before."""
        self._load_lists(post.all)
        event = self._numbers.get(relation.event) if at is None else at.event
        if at is None:
            fresh = self._last.event + 1
            at = Entry(self._last.post + 1, event or fresh)
        self._last = Entry(max(self._last.post, at.post), max(self._last.event, at.event))
        self._load_profiles([at.event])
        profile = grown(
            self._profiles.get(at.event), post.matter, number=at.event, key=relation.event
        )
        self._keep(profile)
        self._traces[at.post] = Trace(
            number=at.post, id=post.item.id, root=relation.duplicate_of or post.item.id,
            at=post.item.published_at, event=at.event, subjects=post.matter.subjects,
            title=post.item.title, text=post.item.text,
        )  # fmt: skip
        to_post = (*post.same, *(post.stretches if stands_for_itself(relation) else ()))
        to_event = self._unlisted(post, at.event)
        for name in to_post:
            self._list(name, at.post)
        for name in to_event:
            self._list(name, at.event)
        return Placed(
            relation=relation, at=post.item.published_at, number=at.post, profile=profile,
            to_post=to_post, to_event=to_event,
        )  # fmt: skip

    # ---- which posts and events ----------------------------------------------------------------

    def _trace_numbers(self, post: Keyed) -> list[int]:
        """Return the posts that share most stretches, the same text first, then the latest."""
        shared = Counter(chain.from_iterable(map(self._latest, post.stretches)))
        for name in post.same:
            shared.update(dict.fromkeys(self._latest(name)[-LATEST_SAME:], _SAME))
        ranked = sorted([(count, number) for number, count in shared.items()], reverse=True)
        return [number for _, number in ranked[:TRACES]]

    def _event_numbers(self, post: Keyed) -> list[int]:
        """Return the events that share most words, the latest first, and those of its matters."""
        shared = Counter(chain.from_iterable(map(self._latest, post.words)))
        ranked = sorted(
            [(count, number) for number, count in shared.items() if count >= SHARED], reverse=True
        )
        found = [number for _, number in ranked[:BY_WORDS]]
        for name in post.matters:
            found.extend(list(dict.fromkeys(self._latest(name)[::-1]))[:BY_MATTER])
        return list(dict.fromkeys(found))

    def _unlisted(self, post: Keyed, event: int) -> tuple[int, ...]:
        """Return the keys that do not lead to the event already."""
        names = (*post.words[:LISTED_WORDS], *post.matters)
        return tuple(name for name in names if event not in self._latest(name))

    def _latest(self, name: int) -> list[int]:
        return self._lists.get(name, _NONE)[-LATEST:]

    def _list(self, name: int, number: int) -> None:
        numbers = self._lists.setdefault(name, [])
        numbers.append(number)
        if self._alone and len(numbers) > 2 * LATEST:
            del numbers[:-LATEST]

    # ---- what somebody else keeps --------------------------------------------------------------

    def _load_lists(self, names: Collection[int]) -> None:
        missing = set() if self._alone else {name for name in names if name not in self._lists}
        if missing:
            self._lists.update({name: [] for name in missing})
            self._lists.update(self._known.listed(missing, LATEST))

    def _load_traces(self, numbers: Collection[int]) -> None:
        missing = {number for number in numbers if number not in self._traces}
        if missing:
            self._traces.update({t.number: t for t in self._known.traces(missing)})

    def _load_profiles(self, numbers: Collection[int]) -> None:
        missing = {number for number in numbers if number not in self._profiles}
        if missing:
            for profile in self._known.profiles(missing):
                self._keep(profile)

    def _keep(self, profile: Profile) -> None:
        self._profiles[profile.number] = profile
        self._numbers[profile.key] = profile.number
