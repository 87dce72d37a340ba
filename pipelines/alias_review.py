"""Alias review (别名复核): estate names that recur in 未归属 texts, proposed to a person to decide.

Nothing is learnt silently: a name becomes an alias, a subject of its own or nobody's only by an
audited choice; then all texts are read again with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from domain.access import Act, Actor
from domain.errors import ConflictError, FenghuoError
from domain.source import Subject, SubjectKind
from nlp.alias_forms import plain
from nlp.aliases import find_candidates
from nlp.normal import normalise
from pipelines.projects import names_of
from pipelines.wiring import App
from store import access, alias_candidates, audit, subjects

#: Texts of so many days, the newest so many, are read; a name must stand in so many different ones.
LOOK_BACK, MOST_TEXTS, LEAST_POSTS = timedelta(days=30), 3_000, 3
#: Similarity from which a known name is suggested as the one meant.
_ALIKE = 0.6
_WHY = "别名复核"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A name nobody watches by, how many posts say it, and whom it may mean."""

    word: str
    posts: int
    last_at: datetime
    #: Key and name of the most similar subject, "" where none is alike.
    key: str = ""
    name: str = ""

    @property
    def said(self) -> str:
        """The question to a person."""
        guess = f"，可能是“{self.name}”的别名" if self.name else "，没有相近的监测对象"
        return f"“{self.word}”在未归属的 {self.posts} 帖里出现{guess}"


def proposals(app: App, actor: Actor, now: datetime) -> list[Proposal]:
    """Return the recurring unknown names, most frequent first.

    What has no subject is seen by people of the whole company only: others get none.
    """
    access.require(actor, Act.CONFIGURE)
    if not (actor.trusted or actor.sees(None)):
        return []
    with app.db.read() as connection:
        watched = subjects.load(connection)
        texts = alias_candidates.texts(connection, now - LOOK_BACK, most=MOST_TEXTS)
        done = alias_candidates.dismissed(connection)
    known = {plain(name) for item in watched for name in names_of(item)}
    said: dict[str, dict[int, datetime]] = {}
    for post_id, text, at in texts:
        for found in find_candidates(normalise(text).text):
            if found.subject not in known and found.subject not in done:
                said.setdefault(found.subject, {})[post_id] = at
    recurring = [(word, posts) for word, posts in said.items() if len(posts) >= LEAST_POSTS]
    return [
        _proposal(word, posts, watched)
        for word, posts in sorted(recurring, key=lambda each: (-len(each[1]), each[0]))
    ]


def _proposal(word: str, posts: dict[int, datetime], watched: Sequence[Subject]) -> Proposal:
    alike = max(
        ((_likeness(word, item), item.key, item.name) for item in watched), default=(0.0, "", "")
    )
    key, name = alike[1:] if alike[0] >= _ALIKE else ("", "")
    return Proposal(
        word=word, posts=len(posts), last_at=max(posts.values()), key=key, name=name
    )  # fmt: skip


def _likeness(word: str, item: Subject) -> float:
    """Return how alike two names look, 0 to 1; competitors are never suggested."""
    if item.kind is SubjectKind.COMPETITOR:
        return 0.0
    return max(
        SequenceMatcher(None, word, plain(name), autojunk=False).ratio() for name in names_of(item)
    )


def accept(app: App, word: str, key: str, actor: Actor, now: datetime) -> None:
    """Make the name an alias of a subject; raises ConflictError where it is already a name."""
    with app.db.write() as connection:
        stored = {item.key: item for item in subjects.load(connection)}
        _unused(word, stored.values())
        if key not in stored:
            raise FenghuoError(f"没有编号为 {key} 的监测对象：请刷新后重选")
        access.require_subject(connection, actor, Act.CONFIGURE, subjects.ids(connection)[key])
        item = stored[key]
        subjects.put(connection, [replace(item, aliases=(*item.aliases, word))], now)
        audit.append(
            connection, f"subject:{key}", "subject-saved", actor=actor, at=now, reason=_WHY,
            payload={"changed": ["别名"], "alias": word},
        )  # fmt: skip


def add(app: App, word: str, city: str, actor: Actor, now: datetime) -> None:
    """Watch the name as a project of its own; whole-company people only, as it has no entity."""
    with app.db.write() as connection:
        _unused(word, subjects.load(connection))
        if word in subjects.ids(connection):
            raise ConflictError(f"编号“{word}”已被停用的对象占用：请用导入表恢复它")
        item = Subject(key=word, name=word, city=city.strip() or None)
        subjects.put(connection, [item], now)
        audit.append(
            connection, f"subject:{word}", "subject-saved", actor=actor, at=now, reason=_WHY,
            payload={"changed": ["名称"]},
        )  # fmt: skip


def dismiss(app: App, word: str, actor: Actor, now: datetime) -> None:
    """Propose the name no more: it is nobody's."""
    with app.db.write() as connection:
        audit.append(
            connection, f"aliases:{word}", "alias-dismissed", actor=actor, at=now, reason=_WHY
        )
        alias_candidates.dismiss(connection, word)


def _unused(word: str, items: Iterable[Subject]) -> None:
    for item in items:
        if word in {plain(name) for name in names_of(item)}:
            raise ConflictError(f"“{word}”已经是“{item.name}”的名称：请刷新")
