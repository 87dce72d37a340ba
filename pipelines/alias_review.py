"""Alias review (别名复核): estate names that recur in 未归属 texts, proposed to a person to decide.

Nothing is learnt silently: a name becomes an alias, a subject of its own or nobody's only by an
audited choice; then all texts are read again with it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from pathlib import Path

from domain.access import Act, Actor
from domain.errors import ConflictError, FenghuoError
from domain.source import Subject, SubjectKind
from nlp.alias_forms import plain
from nlp.aliases import find_candidates
from nlp.normal import normalise
from pipelines.projects import common_words, names_of
from pipelines.wiring import App
from store import access, alias_candidates, audit, subjects
from store.db import Connection

#: Texts of so many days, the newest so many, are read; a name must stand in so many different ones.
LOOK_BACK, MOST_TEXTS, LEAST_POSTS = timedelta(days=30), 3_000, 3
#: Similarity from which a known name is suggested as the one meant.
_ALIKE = 0.6
#: How a subject is named to people of another legal entity.
_ELSEWHERE = "其他法人主体的对象"
_WHY = "别名复核"
#: A name is a few letters, characters or figures, and no markup; at least one is no figure.
_NAME, _MOST = re.compile(r"(?=.*[^\W\d_])[\w·.（）()\- ]+"), 40
_CITY = re.compile(r"[^\W\d_·]{1,20}")

#: Home → stamp of what is stored and the hour, and what was found then: a page that is drawn again
#: reads no text again.
_FOUND: dict[Path, tuple[tuple[object, ...], list["Proposal"]]] = {}


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
        stamp = (*alias_candidates.stamp(connection), now.date(), now.hour)
    known = _FOUND.get(app.settings.home)
    if known is None or known[0] != stamp:
        known = _FOUND[app.settings.home] = (stamp, _find(app, now))
    return list(known[1])


def _find(app: App, now: datetime) -> list[Proposal]:
    with app.db.read() as connection:
        watched = subjects.load(connection)
        texts = alias_candidates.texts(connection, now - LOOK_BACK, most=MOST_TEXTS)
        done = alias_candidates.dismissed(connection)
    known = {plain(name) for item in watched for name in names_of(item)}
    said: dict[str, dict[int, datetime]] = {}
    for post_id, text, at in texts:
        for word in {plain(found.subject) for found in find_candidates(normalise(text).text)}:
            if word not in known and word not in done:
                said.setdefault(word, {})[post_id] = at
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
    """Make the name an alias of a subject; raises ConflictError where it is decided already."""
    with app.db.write() as connection:
        stored = {item.key: item for item in subjects.load(connection)}
        if key not in stored:
            raise FenghuoError(f"没有编号为 {key[:_MOST]} 的监测对象：请刷新后重选")
        access.require_subject(connection, actor, Act.CONFIGURE, subjects.ids(connection)[key])
        word = _undecided(connection, word, stored.values(), actor)
        if word in common_words():
            raise FenghuoError(
                f"“{word}”是常用词，单独作别名会误认：请在监测对象表的“需语境的别名”里填写"
            )
        item = stored[key]
        subjects.put(connection, [replace(item, aliases=(*item.aliases, word))], now)
        audit.append(
            connection, f"subject:{key}", "subject-saved", actor=actor, at=now, reason=_WHY,
            payload={"changed": ["别名"], "alias": word},
        )  # fmt: skip


def add(app: App, word: str, city: str, actor: Actor, now: datetime) -> None:
    """Watch the name as a project of its own; whole-company people only, as it has no entity."""
    city = plain(city)
    if city and _CITY.fullmatch(city) is None:
        raise FenghuoError(f"“{city[:20]}”不是城市名：请只写城市，如 江城，或留空")
    with app.db.write() as connection:
        access.require_subject(connection, actor, Act.CONFIGURE, None)
        word = _undecided(connection, word, subjects.load(connection), actor)
        if word in subjects.ids(connection):
            raise ConflictError(f"编号“{word}”已被停用的对象占用：请用导入表恢复它")
        item = Subject(key=word, name=word, city=city or None)
        subjects.put(connection, [item], now)
        audit.append(
            connection, f"subject:{word}", "subject-saved", actor=actor, at=now, reason=_WHY,
            payload={"changed": ["名称"]},
        )  # fmt: skip


def dismiss(app: App, word: str, actor: Actor, now: datetime) -> None:
    """Propose the name no more: it is nobody's."""
    with app.db.write() as connection:
        access.require_subject(connection, actor, Act.CONFIGURE, None)
        word = _undecided(connection, word, subjects.load(connection), actor)
        audit.append(
            connection, f"aliases:{word}", "alias-dismissed", actor=actor, at=now, reason=_WHY
        )
        alias_candidates.dismiss(connection, word)


def _undecided(
    connection: Connection, word: str, items: Iterable[Subject], actor: Actor
) -> str:  # fmt: skip
    """Return the name in normal form.

    Raises FenghuoError where it is none, ConflictError where somebody has decided it already.
    """
    said, word = word[:_MOST], plain(word[: 2 * _MOST])
    if not 2 <= len(word) <= _MOST or _NAME.fullmatch(word) is None:
        raise FenghuoError(f"“{said}”不能作名称：请写 2 到 {_MOST} 个汉字、字母或数字，不带符号")
    for item in items:
        if _bare(word) in map(_bare, names_of(item)):
            whose = item.name if actor.trusted or actor.sees(item.legal_entity) else _ELSEWHERE
            raise ConflictError(f"“{word}”已经是“{whose}”的名称：请刷新")
    if word in alias_candidates.dismissed(connection):
        raise ConflictError(f"“{word}”已被认定不是我们的：请刷新；要改主意请用导入表添加")
    return word


def _bare(name: str) -> str:
    """Return a name as it is compared: in normal form, without spaces."""
    return "".join(plain(name).split())
