"""Invented texts: what owners complain of in 49 ways and chat about all day, estates and names.

The words are in invented_events.yml and invented_chatter.yml; every draw comes from a Random.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

_FOLDER = Path(__file__).parent
#: Two pools of a character each: an estate is one of either and a last one, no two alike.
_FIRST = "澜岚玥珑琅霁棠栖沁汀苓蘅宸翊晏漪茗筠砚芷"
_SECOND = "映枫泊鹭屿荷桐榭舒颐溪堇禾麓谧璟"
_LAST = ("府", "苑", "里", "湾", "庭", "华府", "雅居", "名邸")
_SURNAMES = "张王李赵陈杨黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭"
_NAMES = (
    "小窗",
    "一杯清茶",
    "晚风",
    "豆豆妈",
    "老兵",
    "木子",
    "阿宽",
    "蓝天",
    "果果爸",
    "北方以北",
)
#: Nothing is longer: what is left out is an opening, a middle or an ending.
LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One invented estate."""

    key: str
    name: str
    alias: str

    def as_subject(self) -> dict[str, Any]:
        """Return its row of a subject file."""
        return {"key": self.key, "kind": "项目", "name": self.name, "aliases": [self.alias]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One kind of trouble and a dozen ways to say it."""

    topic: str
    code: str
    name: str
    says: tuple[str, ...]


@cache
def troubles() -> tuple[Trouble, ...]:
    """Return all kinds of trouble."""
    return tuple(
        Trouble(topic=row["topic"], code=row["code"], name=row["name"], says=tuple(row["says"]))
        for row in _events()["troubles"]
    )


@cache
def _events() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((_FOLDER / "invented_events.yml").read_text("utf-8"))
    return read


@cache
def _chatter() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((_FOLDER / "invented_chatter.yml").read_text("utf-8"))
    return read


def estate(number: int) -> Estate:
    """Return the n-th estate; the first two characters are no other's (up to 320)."""
    first = _FIRST[number % len(_FIRST)]
    second = _SECOND[(number // len(_FIRST)) % len(_SECOND)]
    last = _LAST[number % len(_LAST)]
    if number >= len(_FIRST) * len(_SECOND):
        first, second = second, first
    return Estate(key=f"p{number:04d}", name=first + second + last, alias=first + second)


def nickname(rng: Random, number: int) -> str:
    """Return a name nobody else has; some say a room, as in owners' groups."""
    kind = rng.random()
    if kind < 0.25:
        # One room a number: buildings 1-18, floors 1-30, four doors.
        building, rest = number % 18 + 1, number // 18
        return f"{building}-{rest % 2 + 1}-{rest // 8 % 30 + 1}{rest // 2 % 4 + 1:02d}"
    if kind < 0.6:
        return f"{rng.choice(_SURNAMES)}{rng.choice(('先生', '女士', '哥', '姐', ''))}{number}"
    return f"{rng.choice(_NAMES)}{number}"


def filled(rng: Random, text: str, name: str = "") -> str:
    """Return a template with its slots filled: building, number, month, thing, place, time."""
    pools: Mapping[str, Iterable[Any]] = {
        "X": range(1, 19), "N": range(2, 10), "M": range(1, 13), "O": _chatter()["things"],
        "P": _chatter()["places"], "T": _chatter()["times"], "E": (name,),
    }  # fmt: skip
    return "".join(str(rng.choice(list(pools[c]))) if c in pools else c for c in text)


def complaint(rng: Random, says: str, name: str = "") -> str:
    """Return one owner's way to say it, 4 to 120 characters; `name` stands in it if given."""
    words = _events()
    core = filled(rng, says)
    if name:
        core = rng.choice((f"{name}{core}", f"{core}（{name}）", f"我们{name}，{core}"))
    kind = rng.random()
    parts = [core]
    if kind > 0.25:
        parts.append("。" + rng.choice(words["endings"]))
    if kind > 0.45:
        parts.insert(0, rng.choice(words["openings"]))
    if kind > 0.65:
        parts.insert(-1, "，" + "，".join(rng.sample(words["middles"], rng.choice((1, 2, 3, 6)))))
    while sum(map(len, parts)) > LONGEST:
        parts.pop()
    return filled(rng, "".join(parts))


def wordings(rng: Random, trouble: Trouble, size: int) -> list[str]:
    """Return so many ways to say it: each once before one comes again."""
    says: list[str] = []
    while len(says) < size:
        says += rng.sample(trouble.says, len(trouble.says))
    return says[:size]


def chatter(rng: Random, name: str) -> str:
    """Return what is said when nothing is wrong; one in eight names something small."""
    kind = rng.random()
    words = _chatter()
    pool = "mild" if kind < 0.12 else "ads" if kind < 0.17 else "chatter"
    return filled(rng, rng.choice(words[pool]), name)


def said_by(rng: Random, pool: str, name: str, size: int) -> list[str]:
    """Return so many texts of a pool (ads, own, news), each naming the estate."""
    words: list[str] = []
    while len(words) < size:
        words += rng.sample(_chatter()[pool], len(_chatter()[pool]))
    texts = [filled(rng, said, name) for said in words[:size]]
    return [text if name in text else f"【{name}】{text}" for text in texts]
