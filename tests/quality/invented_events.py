"""Two hundred invented events of ten and more voices, and two hundred that only look like one.

Each stands at estates of its own (a look-alike of two estates at two), among everyday talk; one
file for `fenghuo replay --projects`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from domain.clock import SHANGHAI
from tests.quality.invented_texts import (
    Estate,
    chatter,
    complaint,
    estate,
    nickname,
    said_by,
    troubles,
    wordings,
)

Row = dict[str, Any]
START = datetime(2026, 3, 2, 8, tzinfo=SHANGHAI)
SITES = (("江城业主论坛", "forum"), ("业主群", "group"), ("投诉平台", "complaint"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One event or look-alike: where it stands, what it is made of and its posts."""

    kind: str
    estates: tuple[Estate, ...]
    about: tuple[str, ...]
    #: Distinct people with texts of their own.
    voices: int
    posts: tuple[Row, ...]


@dataclass(slots=True, kw_only=True)
class _Scene:
    """Where a case is made: its estate, its site and who has spoken."""

    rng: Random
    home: Estate
    site: tuple[str, str]
    spoken: int = 0

    def name(self) -> str:
        """Return how a text calls the estate; "" = not at all, the board or group says it."""
        named = ("", "", self.home.name, self.home.alias) if self.site[1] != "complaint" else ("",)
        return self.rng.choice(named) or (self.home.name if self.site[1] == "complaint" else "")

    def author(self) -> str:
        """Return somebody who has not spoken yet."""
        self.spoken += 1
        return nickname(self.rng, self.spoken)

    def row(self, text: str, at: datetime, author: str | None = None) -> Row:
        """Return a post; boards and groups belong to the estate, a platform does not."""
        site, kind = self.site
        implied = {"project": self.home.key} if kind != "complaint" else {}
        own = f"{site}-{self.home.key}" if implied else site
        return {
            "text": text, "author": author or self.author(), "source": own, "source_kind": kind,
            "published_at": at.isoformat(), **implied,
        }  # fmt: skip

    def times(self, size: int, days: float) -> list[datetime]:
        """Return so many waking hours within the days, in order."""
        start = START + timedelta(days=self.rng.randint(0, 40))
        found = sorted(start + timedelta(days=self.rng.random() * days) for _ in range(size))
        return [at.replace(hour=7 + at.hour * 16 // 24) for at in found]


def cases(seed: int, size: int = 200) -> list[Case]:
    """Return `size` events and as many look-alikes, all at estates of their own."""
    makers: list[Callable[[_Scene, int], Case]] = [_event] * size
    traps = (_angry, _copied, _two_problems, _two_estates, _ads, _own)
    makers += [traps[number % len(traps)] for number in range(size)]
    made, used = [], 0
    for number, make in enumerate(makers):
        rng = Random(f"{seed}-{number}")
        weights = (6, 3, 1) if make is not _two_estates else (1, 0, 1)
        site = rng.choices(SITES, weights)[0]
        scene = _Scene(rng=rng, home=estate(used), site=site, spoken=number * 60)
        made.append(make(scene, used))
        used += len(made[-1].estates)
    return made


def rows(made: list[Case]) -> Iterator[Row]:
    """Yield all posts with their ids: case-post."""
    for number, case in enumerate(made):
        for place, post in enumerate(case.posts):
            yield {"id": f"{number}-{place}", **post}


# ---- events -------------------------------------------------------------------------------------


def _event(scene: _Scene, _: int) -> Case:
    rng = scene.rng
    trouble = rng.choice(troubles())
    size = rng.choice((10, 10, 11, 12, 14, 17, 20))
    texts = [complaint(rng, said, scene.name()) for said in wordings(rng, trouble, size)]
    return _case(scene, "event", (trouble.name,), texts, size)


def _case(
    scene: _Scene, kind: str, about: tuple[str, ...], texts: list[str], size: int,
    author: str | None = None,
) -> Case:  # fmt: skip
    """Return a case of these texts within ten days, among eight posts of everyday talk."""
    rng = scene.rng
    times = scene.times(len(texts), rng.choice((1, 3, 10)))
    posts = [scene.row(text, at, author) for text, at in zip(texts, times, strict=True)]
    return _among(scene, kind, about, posts, size)


def _among(
    scene: _Scene, kind: str, about: tuple[str, ...], posts: list[Row], size: int, *others: Estate
) -> Case:
    around = scene.times(8, 30)
    talk = [scene.row(chatter(scene.rng, scene.home.name), at) for at in around]
    return Case(
        kind=kind, estates=(scene.home, *others), about=about, voices=size, posts=(*posts, *talk)
    )  # fmt: skip


# ---- look-alikes --------------------------------------------------------------------------------


def _angry(scene: _Scene, _: int) -> Case:
    trouble = scene.rng.choice(troubles())
    says = wordings(scene.rng, trouble, 30)
    texts = [complaint(scene.rng, said, scene.name()) for said in says]
    return _case(scene, "angry", (trouble.name,), texts, 1, scene.author())


def _copied(scene: _Scene, _: int) -> Case:
    """Fifteen accounts post one text, some with a header or a word more; two speak themselves."""
    rng, trouble = scene.rng, scene.rng.choice(troubles())
    text = ""
    while len(text) < 45:
        text = complaint(rng, rng.choice(trouble.says), scene.home.name)
    copies = [
        rng.choice((text, f"转发：{text}", f"【转自业主群】{text}", f"{text} 顶", f"扩散！{text}"))
        for _ in range(15)
    ]
    own = [complaint(rng, said, scene.name()) for said in rng.sample(trouble.says, 2)]
    return _case(scene, "copied", (trouble.name,), [text, *copies, *own], 3)


def _two_problems(scene: _Scene, _: int) -> Case:
    rng = scene.rng
    pair = rng.sample(troubles(), 2)
    texts = [complaint(rng, said, scene.name()) for one in pair for said in rng.sample(one.says, 6)]
    rng.shuffle(texts)
    kind = "two problems, one code" if pair[0].code == pair[1].code else "two problems"
    return _case(scene, kind, tuple(one.name for one in pair), texts, 6)


def _two_estates(scene: _Scene, used: int) -> Case:
    """Six voices each at two estates on one platform, the same trouble at the same time."""
    rng, trouble, other = scene.rng, scene.rng.choice(troubles()), estate(used + 1)
    names = [scene.home.name, other.name] * 6
    says = rng.sample(trouble.says, 12)
    posts = []
    for said, name, at in zip(says, names, scene.times(12, 3), strict=True):
        row = scene.row(complaint(rng, said, name), at)
        posts.append({k: v for k, v in row.items() if k != "project"} | {"source": "江城网"})
    return _among(scene, "two estates", (trouble.name,), posts, 6, other)


def _ads(scene: _Scene, _: int) -> Case:
    texts = said_by(scene.rng, "ads", scene.home.name, 14)
    return _case(scene, "ads", (), texts, 0)


def _own(scene: _Scene, _: int) -> Case:
    texts = said_by(scene.rng, "own", scene.home.name, 14)
    return _case(scene, "own announcements", (), texts, 0)
