"""Texts rewritten as people write who fear a filter: gaps, homophones, initials (issue 5).

Only the negative rows that no model was trained on are attacked, and only their key words: what a
lexicon or a reader would stop at.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from domain.analysis import TextIn
from domain.post import SourceKind
from nlp.analyse import analyse_many
from nlp.facts import NlpFacts
from nlp.normal import normalise
from pipelines.model_rows import own_rows

LANGUAGE = Path(__file__).with_name("language.jsonl")
#: What people write instead, same sound; from memory, not from the facts of the product.
HOMOPHONES = {
    "维权": "维全", "曝光": "爆光", "开发商": "开发伤", "物业": "勿业", "欺诈": "期诈",
    "骗子": "片子", "诈骗": "炸骗", "烂尾": "兰尾", "停工": "停公", "漏水": "露水",
    "跑路": "跑鹿", "违约": "危约", "投诉": "头诉", "退房": "推房", "举报": "举抱",
    "拉横幅": "拉横福", "上访": "尚访", "质量": "至量", "业主": "业煮", "延期": "沿期",
    "违规": "韦规", "垃圾": "拉圾", "黑心": "嘿心", "坑": "吭", "逾期": "于期", "死": "屎",
    "偷工减料": "偷工剪料", "虚假": "虚贾", "打人": "打仁", "政府": "正府", "法院": "法苑",
}  # fmt: skip
#: First letters people really use.
INITIALS = {
    "维权": "wq", "开发商": "kfs", "业主": "yz", "物业": "wy", "投诉": "ts", "骗子": "pz",
    "垃圾": "lj", "烂尾": "lw", "政府": "zf", "曝光": "bg", "交房": "jf", "退房": "tf",
    "举报": "jb", "上访": "sf", "质量": "zl", "漏水": "ls", "延期": "yq", "停工": "tg",
    "住建局": "zjj", "违约金": "wyj", "精装修": "jzx", "业委会": "ywh", "售楼部": "slb",
}  # fmt: skip


@cache
def plaints() -> tuple[TextIn, ...]:
    """Return the negative rows of the quality set and of the frozen part of our labelled set."""
    return (*_quality(), *_labelled())


def _quality() -> Iterator[TextIn]:
    for line in LANGUAGE.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["negative"]:
            yield TextIn(
                id=row["id"], text=row["text"], title=row.get("title", ""),
                source_kind=SourceKind(row["kind"]),
            )  # fmt: skip


def _labelled() -> Iterator[TextIn]:
    for at, row in enumerate(own_rows()):
        if row.measured and row.negative:
            yield TextIn(id=f"own{at}", text=row.text, title=row.title, source_kind=row.kind)


# ---- attacks -----------------------------------------------------------------------------------

Attack = Callable[[str, NlpFacts], str]


def key_words(text: str, facts: NlpFacts) -> list[tuple[int, int]]:
    """Return where a text (already normal) has words of blame or risk."""
    places = []
    reached = 0
    for start, end, index in facts.terms.find(text):
        term = facts.terms.terms[index]
        blames = term.weight > 0 or term.codes or term.triggers
        if blames and start >= reached and end - start >= 2 and "一" <= text[start] <= "鿿":
            places.append((start, end))
            reached = end
    return places


def apart(mark: str) -> Attack:
    """Return an attack that puts a mark between all characters of a text."""
    return lambda text, _: mark.join(normalise(text).text)


def between(mark: str) -> Attack:
    """Return an attack that puts a mark between all characters of every key word."""

    def attack(text: str, facts: NlpFacts) -> str:
        normal = normalise(text).text
        out, last = [], 0
        for start, end in key_words(normal, facts):
            out += [normal[last:start], mark.join(normal[start:end])]
            last = end
        return "".join([*out, normal[last:]])

    return attack


def instead(words: dict[str, str]) -> Attack:
    """Return an attack that writes every known word in its other spelling."""

    def attack(text: str, _: NlpFacts) -> str:
        for word in sorted(words, key=lambda word: -len(word)):
            text = text.replace(word, words[word])
        return text

    return attack


ATTACKS: dict[str, Attack] = {
    "space 维 权": between(" "),
    "star 维*权": between("*"),
    "dot 维.权": between("."),
    "middle dot 维·权": between("·"),
    "line 维_权": between("_"),
    "dash 维-权": between("-"),
    "bar 维|权": between("|"),
    "tilde 维~权": between("~"),
    "plus 维+权": between("+"),
    "slash 维/权": between("/"),
    "emoji 维🔥权": between("🔥"),
    "zero width": between("\u200b"),
    "a space between all": apart(" "),
    "a dot between all": apart("."),
    "homophones 维全": instead(HOMOPHONES),
    "initials wq": instead(INITIALS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """What an attack does to the recall of the texts it changes at all."""

    name: str
    changed: int
    before: float
    after: float
    lost: tuple[str, ...]

    @property
    def loss(self) -> float:
        """Points of recall lost, of 100."""
        return round(100 * (self.before - self.after), 2)


def attacked(name: str, facts: NlpFacts) -> Attacked:
    """Measure one attack."""
    attack = ATTACKS[name]
    plain = plaints()
    other = [
        replace(item, text=attack(item.text, facts), title=attack(item.title, facts))
        for item in plain
    ]
    pairs = [(one, two) for one, two in zip(plain, other, strict=True) if _differs(one, two)]
    first = analyse_many([one for one, _ in pairs], facts, why=False)
    second = analyse_many([two for _, two in pairs], facts, why=False)
    found = [a.negativity >= 0.5 for a in first]
    still = [a.negativity >= 0.5 for a in second]
    lost = tuple(
        two.text for (_, two), a, b in zip(pairs, found, still, strict=True) if a and not b
    )
    size = max(1, len(pairs))
    return Attacked(
        name=name, changed=len(pairs), before=sum(found) / size, after=sum(still) / size, lost=lost
    )


def _differs(one: TextIn, two: TextIn) -> bool:
    """Whether an attack did more than write the normal form."""
    plain = (normalise(one.text).text, normalise(one.title).text)
    return (two.text, two.title) not in (plain, (one.text, one.title))
